using System.Globalization;
using System.Text.Json.Serialization;

namespace Loyalty.Checkpoints;

/// <summary>
/// A half-open range of calendar dates <c>[Start, End)</c>: the start belongs to it, the end does not. A window may have no end.
/// </summary>
/// <remarks>
/// A value; two windows are equal when both ends are. Never empty, except <see langword="default"/>, which holds no date.
/// Dates are days of the program's time zone; nothing here knows hours.
/// </remarks>
public readonly struct Window : IEquatable<Window>
{
    /// <summary>The day number that stands for "no end"; no date has it.</summary>
    internal const int NoEnd = int.MaxValue;

    /// <summary>Creates <c>[start, end)</c>, or <c>[start, no end)</c>.</summary>
    /// <param name="start">The first date inside.</param>
    /// <param name="end">The first date after it, or <see langword="null"/> for a window without end.</param>
    /// <exception cref="ArgumentException"><paramref name="end"/> is not after <paramref name="start"/>.</exception>
    [JsonConstructor]
    public Window(DateOnly start, DateOnly? end)
        : this(start.DayNumber, end?.DayNumber ?? NoEnd)
    {
    }

    internal Window(int startDay, int endDay)
    {
        if (endDay <= startDay)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A window must end after it starts, but its end (day {endDay}) is not after its start (day {startDay})."),
                nameof(endDay));
        }

        StartDay = startDay;
        EndDay = endDay;
    }

    /// <summary>The first date inside.</summary>
    public DateOnly Start => DateOnly.FromDayNumber(StartDay);

    /// <summary>The first date after the window; <see langword="null"/> when it has no end.</summary>
    public DateOnly? End => HasEnd ? DateOnly.FromDayNumber(EndDay) : null;

    /// <summary>Whether the window ends.</summary>
    public bool HasEnd => EndDay != NoEnd;

    internal int StartDay { get; }

    /// <summary>The first day after the window, or <see cref="NoEnd"/>.</summary>
    internal int EndDay { get; }

    /// <summary>Whether both windows have the same start and end.</summary>
    public static bool operator ==(Window left, Window right) => left.Equals(right);

    /// <summary>Whether the windows differ.</summary>
    public static bool operator !=(Window left, Window right) => !left.Equals(right);

    /// <summary>Whether <paramref name="date"/> lies inside: on or after the start, before the end.</summary>
    public bool Contains(DateOnly date) => Contains(date.DayNumber);

    internal bool Contains(int day) => day >= StartDay && day < EndDay;

    /// <inheritdoc/>
    public bool Equals(Window other) => StartDay == other.StartDay && EndDay == other.EndDay;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Window other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StartDay, EndDay);

    /// <summary>The window as <c>[2025-01-16, 2025-05-15)</c> or <c>[2025-01-16, no end)</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"[{Start:O}, {(End is { } end ? end.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "no end")})");
}
