namespace Loyalty.Checkpoints;

/// <summary>The date from which the cycle of a member's checkpoints is counted.</summary>
public enum CheckpointAnchor
{
    /// <summary>The date on which the member achieved the present level: each member has windows of their own.</summary>
    TierAchieved,

    /// <summary>The date on which the member joined: anniversaries.</summary>
    Joined,

    /// <summary>A month and day that is the same for all members: a common cycle.</summary>
    Calendar,
}

/// <summary>When checkpoints fall: cycle dates are the anchor plus a whole number of lengths.</summary>
/// <remarks>
/// Immutable. Worked example: length 1 month, achieved on January 31 → cycle dates February 28, March 31, April 30: months are counted
/// from the anchor, never from the previous checkpoint, so they do not drift.
/// </remarks>
public sealed class CheckpointSchedule
{
    private CheckpointSchedule(CheckpointLength length, CheckpointAnchor anchor, int calendarMonth, int calendarDay)
    {
        Length = length;
        Anchor = anchor;
        CalendarMonth = calendarMonth;
        CalendarDay = calendarDay;
    }

    /// <summary>The length of a window.</summary>
    public CheckpointLength Length { get; }

    /// <summary>What the cycle is counted from.</summary>
    public CheckpointAnchor Anchor { get; }

    /// <summary>The month of the calendar anchor, 1 to 12; 0 for the other anchors.</summary>
    public int CalendarMonth { get; }

    /// <summary>The day of the calendar anchor; 0 for the other anchors.</summary>
    public int CalendarDay { get; }

    /// <summary>Rolling windows of each member, counted from the date the present level was achieved.</summary>
    public static CheckpointSchedule FromTierAchieved(CheckpointLength length) => new(Checked(length), CheckpointAnchor.TierAchieved, 0, 0);

    /// <summary>Anniversaries of joining.</summary>
    public static CheckpointSchedule FromJoined(CheckpointLength length) => new(Checked(length), CheckpointAnchor.Joined, 0, 0);

    /// <summary>A common cycle: the given month and day of every year, and whole lengths after it.</summary>
    /// <param name="length">Months that divide 12.</param>
    /// <param name="month">1 to 12.</param>
    /// <param name="day">A day that the month has every year; February 29 is refused.</param>
    /// <exception cref="ArgumentException">The length is in days or does not divide a year, or the date does not exist every year.</exception>
    public static CheckpointSchedule FromCalendar(CheckpointLength length, int month, int day)
    {
        if (!Checked(length).IsMonths || 12 % length.Count != 0)
        {
            throw new ArgumentException("A calendar cycle needs a length in months that divides 12: 1, 2, 3, 4, 6 or 12.", nameof(length));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(month, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(month, 12);
        ArgumentOutOfRangeException.ThrowIfLessThan(day, 1);

        // 2023 is no leap year: a day it has, every year has.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(day, DateTime.DaysInMonth(2023, month));
        return new(length, CheckpointAnchor.Calendar, month, day);
    }

    /// <summary>The first cycle date after <paramref name="date"/>: the end of a window that starts on it.</summary>
    /// <param name="date">The start of the window.</param>
    /// <param name="joined">The date the member joined.</param>
    /// <param name="achieved">The date the member achieved the present level.</param>
    /// <returns>The date, or <see langword="null"/> when it would lie after 9999-12-31.</returns>
    public DateOnly? NextAfter(DateOnly date, DateOnly joined, DateOnly achieved)
    {
        var day = NextAfter(date.DayNumber, joined.DayNumber, achieved.DayNumber);
        return day == Window.NoEnd ? null : DateOnly.FromDayNumber(day);
    }

    internal int NextAfter(int day, int joinedDay, int achievedDay) => Anchor switch
    {
        CheckpointAnchor.Joined => FirstAfter(joinedDay, day),
        CheckpointAnchor.Calendar => FirstAfter(CalendarAnchorBefore(day), day),
        _ => FirstAfter(achievedDay, day),
    };

    /// <summary>The anchor of the calendar cycle in the year before <paramref name="day"/>: the next cycle date is at most two years on.</summary>
    private int CalendarAnchorBefore(int day) =>
        new DateOnly(Math.Max(1, DateOnly.FromDayNumber(day).Year - 1), CalendarMonth, CalendarDay).DayNumber;

    /// <summary>The first of <c>anchor + k·length</c>, k ≥ 1, after <paramref name="day"/>.</summary>
    private int FirstAfter(int anchorDay, int day)
    {
        var k = 1;
        if (day > anchorDay)
        {
            if (Length.IsMonths)
            {
                var anchor = DateOnly.FromDayNumber(anchorDay);
                var date = DateOnly.FromDayNumber(day);
                var months = ((date.Year - anchor.Year) * 12) + date.Month - anchor.Month;
                k = Math.Max(1, months / Length.Count);
            }
            else
            {
                k = ((day - anchorDay) / Length.Count) + 1;
            }
        }

        while (true)
        {
            var candidate = Length.DayAfter(anchorDay, k);
            if (candidate > day)
            {
                return candidate;
            }

            k++;
        }
    }

    private static CheckpointLength Checked(CheckpointLength length) => length.Count > 0
        ? length
        : throw new ArgumentException("The length of a checkpoint window must be given.", nameof(length));
}
