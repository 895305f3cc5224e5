using System.Globalization;

namespace Loyalty.Checkpoints;

/// <summary>How long a checkpoint window is: a number of months, or a number of days.</summary>
/// <remarks>
/// Months are counted from an anchor and clamp to the last day of the month, so that month ends do not drift:
/// from January 31, one month is February 28 and two months are March 31.
/// <see langword="default"/> is no length and is refused wherever a length is taken.
/// </remarks>
public readonly struct CheckpointLength : IEquatable<CheckpointLength>
{
    private const int MaxMonths = 1_200;
    private const int MaxDays = 36_600;

    private CheckpointLength(int count, bool isMonths)
    {
        Count = count;
        IsMonths = isMonths;
    }

    /// <summary>The number of months or days.</summary>
    public int Count { get; }

    /// <summary>Whether <see cref="Count"/> counts months; otherwise it counts days.</summary>
    public bool IsMonths { get; }

    /// <summary>The fewest days that the length can cover: a month counts as 28 days.</summary>
    public int FewestDays => IsMonths ? Count * 28 : Count;

    /// <summary>Whether both have the same count of the same unit.</summary>
    public static bool operator ==(CheckpointLength left, CheckpointLength right) => left.Equals(right);

    /// <summary>Whether count or unit differ.</summary>
    public static bool operator !=(CheckpointLength left, CheckpointLength right) => !left.Equals(right);

    /// <summary>A length in months, 1 to 1,200.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is outside the bounds.</exception>
    public static CheckpointLength Months(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxMonths);
        return new(count, isMonths: true);
    }

    /// <summary>A length in days, 2 to 36,600 (one day would leave an empty window after a promotion).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is outside the bounds.</exception>
    public static CheckpointLength Days(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxDays);
        return new(count, isMonths: false);
    }

    /// <summary>
    /// The date <paramref name="times"/> lengths after <paramref name="anchor"/>, or <see langword="null"/> when that lies after 9999-12-31.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is negative.</exception>
    public DateOnly? After(DateOnly anchor, int times)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        var day = DayAfter(anchor.DayNumber, times);
        return day == Window.NoEnd ? null : DateOnly.FromDayNumber(day);
    }

    internal int DayAfter(int anchorDay, int times)
    {
        var steps = (long)Count * times;
        if (!IsMonths)
        {
            var day = anchorDay + steps;
            return day > DateOnly.MaxValue.DayNumber ? Window.NoEnd : (int)day;
        }

        var anchor = DateOnly.FromDayNumber(anchorDay);
        return steps > ((9999 - anchor.Year) * 12) + 12 - anchor.Month
            ? Window.NoEnd
            : anchor.AddMonths((int)steps).DayNumber;
    }

    /// <inheritdoc/>
    public bool Equals(CheckpointLength other) => Count == other.Count && IsMonths == other.IsMonths;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CheckpointLength other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, IsMonths);

    /// <summary>The length as <c>4 months</c> or <c>90 days</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Count} {(IsMonths ? "month" : "day")}{(Count == 1 ? string.Empty : "s")}");
}
