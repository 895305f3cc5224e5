using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Checkpoints;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Checkpoints;

[Properties(MaxTest = 10_000, Arbitrary = [typeof(Anchors)])]
public sealed class ScheduleTests
{
    [Theory]
    [InlineData("2025-01-31", 1, "2025-01-31", "2025-02-28")]
    [InlineData("2025-01-31", 1, "2025-02-28", "2025-03-31")]
    [InlineData("2025-01-31", 1, "2025-03-31", "2025-04-30")]
    [InlineData("2024-01-31", 1, "2024-02-01", "2024-02-29")]
    [InlineData("2024-02-29", 12, "2024-02-29", "2025-02-28")]
    [InlineData("2024-02-29", 12, "2027-03-01", "2028-02-29")]
    [InlineData("2025-01-15", 4, "2025-01-16", "2025-05-15")]
    [InlineData("2025-01-15", 4, "2025-05-15", "2025-09-15")]
    [InlineData("2025-01-01", 1, "2025-02-15", "2025-03-01")]
    public void W03_Cycle_dates_clamp_to_the_month_and_do_not_drift(string anchor, int months, string after, string expected) =>
        Assert.Equal(Date(expected), CheckpointSchedule.FromTierAchieved(CheckpointLength.Months(months)).NextAfter(Date(after), Date("2001-01-01"), Date(anchor)));

    [Theory]
    [InlineData(6, 4, 1, "2025-03-31", "2025-04-01")]
    [InlineData(6, 4, 1, "2025-04-01", "2025-10-01")]
    [InlineData(3, 12, 15, "2025-01-01", "2025-03-15")]
    [InlineData(1, 1, 31, "2025-02-01", "2025-02-28")]
    [InlineData(1, 1, 31, "2024-02-28", "2024-02-29")]
    [InlineData(12, 1, 1, "2025-01-01", "2026-01-01")]
    [InlineData(12, 12, 31, "2025-12-30", "2025-12-31")]
    public void A_calendar_cycle_is_common_to_all(int months, int month, int day, string after, string expected) =>
        Assert.Equal(Date(expected), CheckpointSchedule.FromCalendar(CheckpointLength.Months(months), month, day).NextAfter(Date(after), Date("2001-01-01"), Date("2002-02-02")));

    [Property]
    public bool W03_Lengths_equal_months_counted_by_hand(DateOnly anchor, MonthCount months, CycleCount cycles) =>
        CheckpointLength.Months(months.Value).After(anchor, cycles.Value) == Calendar.PlusMonths(anchor, months.Value * cycles.Value);

    [Property]
    public void The_next_cycle_date_is_the_first_after_the_date(Cycle cycle, DateOnly anchor, DaysAfter days)
    {
        var (length, joined) = cycle;
        var after = anchor.AddDays(days.Count);
        var k = 1;
        while (length.After(anchor, k) <= after)
        {
            k++;
        }

        var other = new DateOnly(1990, 5, 5);
        var schedule = joined ? CheckpointSchedule.FromJoined(length) : CheckpointSchedule.FromTierAchieved(length);
        Assert.Equal(length.After(anchor, k), joined ? schedule.NextAfter(after, anchor, other) : schedule.NextAfter(after, other, anchor));
    }

    [Fact]
    public void Lengths_at_the_end_of_time_have_no_date()
    {
        Assert.Equal(new DateOnly(9999, 12, 31), CheckpointLength.Months(1).After(new DateOnly(9999, 11, 30), 1)?.AddDays(1));
        Assert.Null(CheckpointLength.Months(1).After(new DateOnly(9999, 12, 1), 1));
        Assert.Null(CheckpointLength.Days(2).After(new DateOnly(9999, 12, 30), 1));
        Assert.Equal(DateOnly.MaxValue, CheckpointLength.Days(2).After(new DateOnly(9999, 12, 29), 1));
        Assert.Null(CheckpointLength.Months(1_200).After(new DateOnly(2025, 1, 1), int.MaxValue));
        Assert.Null(CheckpointSchedule.FromJoined(CheckpointLength.Months(12)).NextAfter(new DateOnly(9999, 6, 1), new DateOnly(9999, 1, 1), default));
    }

    [Fact]
    public void Lengths_and_cycles_out_of_bounds_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointLength.Months(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointLength.Months(1_201));
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointLength.Days(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointLength.Days(36_601));
        Assert.Throws<ArgumentException>(() => CheckpointSchedule.FromJoined(default));
        Assert.Throws<ArgumentException>(() => CheckpointSchedule.FromCalendar(CheckpointLength.Months(5), 4, 1));
        Assert.Throws<ArgumentException>(() => CheckpointSchedule.FromCalendar(CheckpointLength.Days(30), 4, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointSchedule.FromCalendar(CheckpointLength.Months(6), 2, 29));
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointSchedule.FromCalendar(CheckpointLength.Months(6), 13, 1));
    }

    [Fact]
    public void W01_A_window_holds_its_start_and_not_its_end()
    {
        var window = new Window(Date("2025-01-16"), Date("2025-05-15"));
        Assert.Equal(
            [false, true, true, false],
            ((string[])["2025-01-15", "2025-01-16", "2025-05-14", "2025-05-15"]).Select(d => window.Contains(Date(d))));
        Assert.True(new Window(Date("2025-01-16"), null).Contains(DateOnly.MaxValue));
        Assert.False(default(Window).Contains(DateOnly.MinValue));
        Assert.Throws<ArgumentException>(() => new Window(Date("2025-01-16"), Date("2025-01-16")));
        Assert.Equal(("[2025-01-16, 2025-05-15)", "[2025-01-16, no end)"), (window.ToString(), new Window(Date("2025-01-16"), null).ToString()));
    }

    private static DateOnly Date(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The months of a length.</summary>
public readonly record struct MonthCount(int Value);

/// <summary>How many cycles have passed.</summary>
public readonly record struct CycleCount(int Value);

/// <summary>A date so many days after, or a little before, the anchor.</summary>
public readonly record struct DaysAfter(int Count);

/// <summary>A length counted from the joined date, or else from the day on which the tier was achieved.</summary>
public readonly record struct Cycle(CheckpointLength Length, bool Joined);

internal static class Anchors
{
    public static Arbitrary<DateOnly> Dates { get; } = Gen.Choose(0, 4_000).Select(static days => new DateOnly(2019, 12, 15).AddDays(days)).ToArbitrary();

    public static Arbitrary<MonthCount> Months { get; } = Gen.Choose(1, 14).Select(static months => new MonthCount(months)).ToArbitrary();

    public static Arbitrary<CycleCount> Counts { get; } = Gen.Choose(0, 40).Select(static cycles => new CycleCount(cycles)).ToArbitrary();

    public static Arbitrary<DaysAfter> Days { get; } = Gen.Choose(-30, 3_000).Select(static days => new DaysAfter(days)).ToArbitrary();

    public static Arbitrary<Cycle> Cycles { get; } = Gen.OneOf(
        from n in Gen.Choose(2, 400) from joined in Gen.Elements(true, false) select new Cycle(CheckpointLength.Days(n), joined),
        from n in Gen.Choose(1, 26) from joined in Gen.Elements(true, false) select new Cycle(CheckpointLength.Months(n), joined)).ToArbitrary();
}
