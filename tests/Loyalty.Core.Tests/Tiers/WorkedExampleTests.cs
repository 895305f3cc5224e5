using Loyalty.Tests.Storage;
using Loyalty.Tiers;

namespace Loyalty.Tests.Tiers;

/// <summary>The worked examples of the rule books with their numbers.</summary>
public sealed class WorkedExampleTests
{
    [Fact]
    public void Gold_with_1800_and_an_adjustment_of_300_is_kept_and_the_next_window_starts_at_the_end()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-01-15", e.Sale("2025-01-15", 2000));
        Assert.Equal("[2025-01-16, 2025-05-15)", e.Window());
        e.Run("2025-06-01", e.Sale("2025-02-01", 1800), e.Adjust("2025-03-01", 300));
        Assert.Equal(
            ["2025-01-15 Promoted Bronze→Gold 200000 [2025-01-15,2025-01-16)", "2025-05-15 Kept Gold→Gold 210000 [2025-01-16,2025-05-15)"],
            e.Decisions());
        Assert.Equal("[2025-05-15, 2025-09-15)", e.Window());
        Assert.Equal(Example.Date("2025-01-15"), e.Progress().Standing.AchievedOn);
        var kept = e.Member().Decisions[1];
        Assert.Equal((180000, 30000, 200000, 200000), (kept.ValueFromActivity, kept.ValueFromAdjustments, kept.ThresholdBefore, kept.ThresholdAfter));
    }

    [Theory]
    [InlineData("earned-level", "Silver", 100000)]
    [InlineData("one-level", "Gold", 200000)]
    public void Platinum_with_1100_is_demoted_by_the_rule(string rule, string level, long threshold)
    {
        var e = new Example(Example.FourMonths with { Demotion = rule });
        e.Run("2025-06-01", e.Sale("2025-01-15", 3000), e.Sale("2025-02-01", 1100));
        var demoted = e.Member().Decisions[^1];
        Assert.Equal((DecisionKind.Demoted, "Platinum", level, 110000, 300000, threshold), (demoted.Kind, demoted.LevelBefore, demoted.LevelAfter, demoted.Value, demoted.ThresholdBefore, demoted.ThresholdAfter));
        Assert.Equal(Example.Date("2025-05-15"), e.Progress().Standing.AchievedOn);
        Assert.Equal("[2025-05-15, 2025-09-15)", e.Window());
    }

    [Fact]
    public void A_new_member_is_promoted_on_the_date_the_sum_reaches_the_threshold()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-03-20", e.Sale("2025-03-01", 600), e.Sale("2025-03-09", 500));
        Assert.Equal(["2025-03-09 Promoted Bronze→Silver 110000 [2025-03-01,2025-03-10)"], e.Decisions());
        Assert.Equal("[2025-03-10, 2025-07-09)", e.Window());
    }

    [Fact]
    public void W03_Months_are_counted_from_the_anchor_and_do_not_drift()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-04-30", e.Sale("2025-01-31", 100), e.Sale("2025-02-10", 100), e.Sale("2025-03-10", 100), e.Sale("2025-04-10", 100));
        Assert.Equal(["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"], e.Member().Decisions.Select(d => d.Date.ToString("O", System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("[2025-04-30, 2025-05-31)", e.Window());
    }

    [Fact]
    public void W03_A_demotion_makes_its_own_date_the_anchor()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-03-01", e.Sale("2025-01-31", 200), e.Sale("2025-02-10", 100));
        Assert.Equal("Silver", e.Progress().Level.Name);
        Assert.Equal(Example.Date("2025-02-28"), e.Progress().Standing.AchievedOn);
        Assert.Equal("[2025-02-28, 2025-03-28)", e.Window());
    }

    [Fact]
    public void W11_Kept_after_grace_goes_on_with_the_cycle_of_the_anchor()
    {
        var e = new Example(Example.OneMonth with { Grace = 14 });
        e.Run("2025-02-03", e.Sale("2025-01-01", 100), e.Sale("2025-01-20", 50));
        Assert.Equal("[2025-01-02, 2025-02-15)", e.Window());
        Assert.True(e.Progress().Standing.InGrace);
        Assert.Equal("Bronze", e.Progress().LevelIfClosedNow.Name);
        Assert.Equal(5000, e.Progress().ToStay);
        e.Run("2025-02-20", e.Sale("2025-02-14", 50));
        Assert.Equal(
            [
                "2025-01-01 Promoted Bronze→Silver 10000 [2025-01-01,2025-01-02)", "2025-02-01 GraceStarted Silver→Silver 5000 [2025-01-02,2025-02-01)",
                "2025-02-15 Kept Silver→Silver 10000 [2025-01-02,2025-02-15)",
            ],
            e.Decisions());
        Assert.Equal("[2025-02-15, 2025-03-01)", e.Window());
        Assert.False(e.Progress().Standing.InGrace);
    }

    [Fact]
    public void W11_Demoted_after_grace_makes_the_end_of_the_grace_the_anchor()
    {
        var e = new Example(Example.OneMonth with { Grace = 14 });
        e.Run("2025-02-20", e.Sale("2025-01-01", 200), e.Sale("2025-01-20", 100), e.Sale("2025-02-15", 99));
        Assert.Equal("2025-02-15 Demoted Gold→Silver 10000 [2025-01-02,2025-02-15)", e.Decisions()[^1]);
        Assert.Equal(Example.Date("2025-02-15"), e.Progress().Standing.AchievedOn);
        Assert.Equal("[2025-02-15, 2025-03-15)", e.Window());
    }

    [Theory]
    [InlineData("joined", null)]
    [InlineData("calendar", "03-10")]
    public void W01_A_promotion_on_the_day_before_a_cycle_date_opens_no_empty_window(string anchor, string? start)
    {
        var e = new Example(Example.OneMonth with { Anchor = anchor, CalendarStart = start });
        e.Run("2025-04-09", e.Sale("2025-03-10", 1), e.Sale("2025-04-09", 99));
        Assert.Equal("[2025-04-10, 2025-05-10)", e.Window());
    }

    [Fact]
    public void In_mode_lifetime_decisions_show_the_time_since_joining_and_nobody_is_demoted()
    {
        var e = new Example(Example.OneMonth with { Lifetime = true });
        e.Run("2025-05-01", e.Sale("2025-01-01", 60), e.Sale("2025-03-01", 60), e.Adjust("2025-03-02", 80));
        Assert.Equal(
            ["2025-03-01 Promoted Bronze→Silver 12000 [2025-01-01,2025-03-02)", "2025-03-02 Promoted Silver→Gold 20000 [2025-01-01,2025-03-03)"], e.Decisions());
        Assert.Equal("[2025-01-01, no end)", e.Window());
        e.Run("2026-05-01", e.Adjust("2025-03-03", -150));
        Assert.Equal(("Gold", 5000, 0, "Gold"), (e.Progress().Level.Name, e.Progress().Value, e.Progress().ToStay, e.Progress().LevelIfClosedNow.Name));
    }

    [Fact]
    public void Checkpoint_and_promotion_on_one_date_are_two_decisions_in_that_order()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-02-01", e.Sale("2025-01-01", 100), e.Sale("2025-01-10", 100), e.Sale("2025-02-01", 200));
        Assert.Equal(
            ["2025-02-01 Kept Silver→Silver 10000 [2025-01-02,2025-02-01)", "2025-02-01 Promoted Silver→Gold 20000 [2025-02-01,2025-02-02)"],
            e.Decisions()[1..]);
        Assert.Equal("[2025-02-02, 2025-03-01)", e.Window());
    }

    [Fact]
    public void Promotion_at_a_checkpoint_may_skip_levels_and_is_dated_at_the_end_of_the_window()
    {
        var e = new Example(Example.FourMonths with { AtCheckpoint = true });
        e.Run("2025-06-01", e.Sale("2025-01-15", 1000), e.Sale("2025-02-01", 3000));
        Assert.Equal("2025-05-15 Promoted Silver→Platinum 300000 [2025-01-16,2025-05-15)", e.Decisions()[^1]);
        Assert.Equal(Example.Date("2025-05-15"), e.Progress().Standing.AchievedOn);
    }

    [Fact]
    public void A_protected_level_is_not_left_downwards_but_is_passed_by_those_who_stand_above()
    {
        var rules = Example.FourMonths with { Levels = [new("Bronze", 0), new("Silver", 1000, Protected: true), new("Gold", 2000)] };
        var e = new Example(rules);
        e.Run("2025-12-01", e.Sale("2025-01-15", 1000), e.Sale("2025-01-15", 2000, "bob"));
        Assert.Equal(("Silver", 0), (e.Progress().Level.Name, e.Progress().ToStay));
        Assert.Equal("2025-05-15 Kept Silver→Silver 0 [2025-01-16,2025-05-15)", e.Decisions()[1]);
        Assert.Equal("Bronze", e.Progress("bob").Level.Name);
        Assert.Equal("[2025-05-15, no end)", e.Window("bob"));
    }

    [Fact]
    public void Progress_says_what_is_missing_and_what_would_happen_now()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-02-01", e.Sale("2025-01-15", 2000), e.Sale("2025-01-20", 1200), e.Adjust("2025-01-21", -100.5m));
        var p = e.Progress();
        Assert.Equal((109950, "Platinum", 190050, 90050, "Silver"), (p.Value, p.NextLevel!.Name, p.ToNextLevel, p.ToStay, p.LevelIfClosedNow.Name));
        Assert.Equal((120000, -10050, -10050), (p.ValueFromActivity, p.ValueFromAdjustments, p.MetricWindowAdjustments));
        e.Run("2025-02-02", e.Sale("2025-02-02", 5000));
        Assert.Null(e.Progress().NextLevel);
        Assert.Null(e.Progress().ToNextLevel);
    }

    [Fact]
    public void A_value_below_zero_stands_on_the_entry_level()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-06-01", e.Sale("2025-01-15", 1000), e.Sale("2025-02-01", -50));
        Assert.Equal("2025-05-15 Demoted Silver→Bronze -5000 [2025-01-16,2025-05-15)", e.Decisions()[^1]);
        Assert.Equal("[2025-05-15, no end)", e.Window());
    }
}
