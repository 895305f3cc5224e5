using System.Globalization;

namespace Loyalty.Points;

/// <summary>How the expiry of points is found.</summary>
public enum ExpiryKind
{
    /// <summary>Points do not expire.</summary>
    None,

    /// <summary>A duration after the date of the entry.</summary>
    Fixed,

    /// <summary>The first day of the next month, quarter or year.</summary>
    Calendar,

    /// <summary>A duration after the member's last activity; it moves with each activity.</summary>
    Inactivity,
}

/// <summary>A period of the calendar.</summary>
public enum CalendarPeriod
{
    /// <summary>A month.</summary>
    Month,

    /// <summary>Three months, from January, April, July or October.</summary>
    Quarter,

    /// <summary>A year, from January 1.</summary>
    Year,
}

/// <summary>When points expire. An expiry is the first day on which the points are gone.</summary>
/// <remarks>
/// A value. <see langword="default"/> is <see cref="None"/>. A number of months later is the same day of the month or the month's last day.
/// An expiry after 9999-12-31 is none.
/// </remarks>
public readonly struct ExpiryPolicy : IEquatable<ExpiryPolicy>
{
    /// <summary>The day number that stands for "does not expire".</summary>
    internal const int Never = int.MaxValue;

    internal const int MaxMonths = 1_200;
    internal const int MaxDays = 36_600;

    private ExpiryPolicy(ExpiryKind kind, int count, bool isMonths, CalendarPeriod period)
    {
        Kind = kind;
        Count = count;
        IsMonths = isMonths;
        Period = period;
    }

    /// <summary>Points do not expire.</summary>
    public static ExpiryPolicy None => default;

    /// <summary>How the expiry is found.</summary>
    public ExpiryKind Kind { get; }

    /// <summary>The months or days of a duration; 0 for kinds without one.</summary>
    public int Count { get; }

    /// <summary>Whether <see cref="Count"/> counts months; otherwise days.</summary>
    public bool IsMonths { get; }

    /// <summary>The period of kind <see cref="ExpiryKind.Calendar"/>.</summary>
    public CalendarPeriod Period { get; }

    /// <summary>A policy of inactivity as one number, months or days below zero; 0 for every other policy.</summary>
    internal int InactivityCode => Kind != ExpiryKind.Inactivity ? 0 : IsMonths ? Count : -Count;

    /// <summary>Whether both are the same policy.</summary>
    public static bool operator ==(ExpiryPolicy left, ExpiryPolicy right) => left.Equals(right);

    /// <summary>Whether the policies differ.</summary>
    public static bool operator !=(ExpiryPolicy left, ExpiryPolicy right) => !left.Equals(right);

    /// <summary>Points expire a number of months, 1 to 1,200, after the date of their entry.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="months"/> is out of bounds.</exception>
    public static ExpiryPolicy AfterMonths(int months) => new(ExpiryKind.Fixed, Checked(months, MaxMonths), isMonths: true, default);

    /// <summary>Points expire a number of days, 1 to 36,600, after the date of their entry.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="days"/> is out of bounds.</exception>
    public static ExpiryPolicy AfterDays(int days) => new(ExpiryKind.Fixed, Checked(days, MaxDays), isMonths: false, default);

    /// <summary>Points expire on the first day of the next period.</summary>
    public static ExpiryPolicy AtEndOf(CalendarPeriod period) => new(ExpiryKind.Calendar, 0, isMonths: false, period);

    /// <summary>Points expire a number of months, 1 to 1,200, after the member's last activity.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="months"/> is out of bounds.</exception>
    public static ExpiryPolicy InactiveMonths(int months) => new(ExpiryKind.Inactivity, Checked(months, MaxMonths), isMonths: true, default);

    /// <summary>Points expire a number of days, 1 to 36,600, after the member's last activity.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="days"/> is out of bounds.</exception>
    public static ExpiryPolicy InactiveDays(int days) => new(ExpiryKind.Inactivity, Checked(days, MaxDays), isMonths: false, default);

    /// <summary>The expiry of points, or <see langword="null"/> when they do not expire.</summary>
    /// <param name="from">The date of the entry; under inactivity the date of the last activity.</param>
    public DateOnly? ExpiryFrom(DateOnly from) => DayFrom(from.DayNumber) is var day and not Never ? DateOnly.FromDayNumber(day) : null;

    /// <inheritdoc/>
    public bool Equals(ExpiryPolicy other) =>
        Kind == other.Kind && Count == other.Count && IsMonths == other.IsMonths && Period == other.Period;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ExpiryPolicy other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Count, IsMonths, Period);

    /// <summary>The policy in words.</summary>
    public override string ToString() => Kind switch
    {
        ExpiryKind.None => "none",
        ExpiryKind.Calendar => string.Create(CultureInfo.InvariantCulture, $"at the end of the {Period}"),
        _ => string.Create(
            CultureInfo.InvariantCulture, $"{Count} {(IsMonths ? "months" : "days")} after {(Kind == ExpiryKind.Fixed ? "the entry" : "the last activity")}"),
    };

    /// <summary>The policy of a number; <see cref="None"/> for 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No policy has that number.</exception>
    public static ExpiryPolicy OfInactivity(int code) => code switch
    {
        0 => None,
        > 0 => InactiveMonths(code),
        _ => InactiveDays(-code),
    };

    internal int DayFrom(int day) => Kind switch
    {
        ExpiryKind.None => Never,
        ExpiryKind.Calendar => NextPeriod(day),
        _ => IsMonths ? AddMonths(day, Count) : day > DateOnly.MaxValue.DayNumber - Count ? Never : day + Count,
    };

    private static int Checked(int count, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, max);
        return count;
    }

    private static int AddMonths(int day, int months)
    {
        var date = DateOnly.FromDayNumber(day);
        return months > ((9999 - date.Year) * 12) + 12 - date.Month ? Never : date.AddMonths(months).DayNumber;
    }

    private int NextPeriod(int day)
    {
        var date = DateOnly.FromDayNumber(day);
        var months = Period switch { CalendarPeriod.Month => 1, CalendarPeriod.Quarter => 3, _ => 12 };
        var first = new DateOnly(date.Year, date.Month - ((date.Month - 1) % months), 1);
        return AddMonths(first.DayNumber, months);
    }
}
