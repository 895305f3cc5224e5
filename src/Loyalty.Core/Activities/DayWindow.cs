using System.Globalization;
using System.Runtime.InteropServices;

namespace Loyalty.Activities;

/// <summary>
/// A half-open range of dates <c>[start, end)</c> in day numbers, as the columns of activities hold them.
/// </summary>
/// <remarks>
/// A day number is <see cref="DateOnly.DayNumber"/>: 0 for 0001-01-01 to 3,652,058 for 9999-12-31. The start is inside, the
/// end is outside; <see cref="NoEnd"/> means that the window never closes. A window whose start is its end is empty and
/// contains no day; <see langword="default"/> is such a window. Two windows are equal when both bounds are.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct DayWindow : IEquatable<DayWindow>
{
    /// <summary>The end of a window that never closes.</summary>
    public const int NoEnd = int.MaxValue;

    /// <summary>Creates the window <c>[start, end)</c>.</summary>
    /// <param name="start">The first day inside.</param>
    /// <param name="end">The first day outside, or <see cref="NoEnd"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The end lies before the start.</exception>
    public DayWindow(int start, int end = NoEnd)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        Start = start;
        End = end;
    }

    /// <summary>Creates the window <c>[start, end)</c>; no end means that it never closes.</summary>
    /// <param name="start">The first date inside.</param>
    /// <param name="end">The first date outside, or <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The end lies before the start.</exception>
    public DayWindow(DateOnly start, DateOnly? end)
        : this(start.DayNumber, end?.DayNumber ?? NoEnd)
    {
    }

    /// <summary>The first day inside.</summary>
    public int Start { get; }

    /// <summary>The first day outside; <see cref="NoEnd"/> when the window never closes.</summary>
    public int End { get; }

    /// <summary>Whether the window contains the day.</summary>
    public bool Contains(int day) => Start <= day && day < End;

    /// <summary>Whether both bounds are equal.</summary>
    public static bool operator ==(DayWindow left, DayWindow right) => left.Equals(right);

    /// <summary>Whether a bound differs.</summary>
    public static bool operator !=(DayWindow left, DayWindow right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(DayWindow other) => Start == other.Start && End == other.End;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DayWindow other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Start, End);

    /// <summary>The range, as <c>[739000, 739120)</c> or <c>[739000, no end)</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"[{Start}, {(End == NoEnd ? "no end" : End.ToString(CultureInfo.InvariantCulture))})");
}
