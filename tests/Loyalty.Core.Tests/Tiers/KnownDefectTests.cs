using Loyalty.Tests.Storage;

namespace Loyalty.Tests.Tiers;

/// <summary>The defects of older systems that must not come back, and cases that were wrong here once.</summary>
public sealed class KnownDefectTests
{
    [Fact]
    public void A_late_job_does_not_move_anybodys_window()
    {
        var punctual = new Example(Example.FourMonths);
        var late = new Example(Example.FourMonths);
        punctual.Run("2025-05-15", punctual.Sale("2025-01-15", 1000), punctual.Sale("2025-02-01", 1000));
        punctual.Run("2025-08-01");
        late.Run("2025-08-01", late.Sale("2025-01-15", 1000), late.Sale("2025-02-01", 1000));
        Assert.Equal("[2025-05-15, 2025-09-15)", late.Window());
        Assert.Equal(punctual.Decisions(), late.Decisions());
        Assert.Equal(punctual.Window(), late.Window());
    }

    [Fact]
    public void An_adjustment_counts_in_the_window_that_holds_its_date_and_in_no_other()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-10-01", e.Sale("2025-01-15", 1000), e.Adjust("2025-02-01", 1000));
        Assert.Equal(
            ["2025-05-15 Kept Silver→Silver 100000 [2025-01-16,2025-05-15)", "2025-09-15 Demoted Silver→Bronze 0 [2025-05-15,2025-09-15)"], e.Decisions()[1..]);
        Assert.Equal((100000, 0), (e.Progress().Totals.LifetimeAdjustments.Sales, e.Progress().Totals.WindowAdjustments.Sales));
    }

    [Fact]
    public void A_recomputation_does_not_overwrite_adjustments()
    {
        var e = new Example(Example.FourMonths);
        var sale = e.Sale("2025-01-15", 400);
        e.Run("2025-01-20", sale, e.Adjust("2025-01-16", 300));
        e.Run("2025-01-21", sale with { Sales = 500 });
        Assert.Equal((80000, 30000), (e.Progress().Value, e.Progress().ValueFromAdjustments));
        Assert.Empty(e.Verify().Differences);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Members_of_the_entry_level_are_promoted_although_they_have_no_checkpoint(bool atCheckpoint)
    {
        var e = new Example(Example.FourMonths with { AtCheckpoint = atCheckpoint });
        e.Run("2027-01-01", e.Sale("2025-01-15", 1), e.Sale("2026-12-31", 999));
        Assert.Equal(["2026-12-31 Promoted Bronze→Silver 100000 [2025-01-15,2027-01-01)"], e.Decisions());
    }

    [Fact]
    public void Whoever_has_no_checkpoint_is_promoted_although_the_entry_level_became_another()
    {
        var e = new Example(Example.OneMonth with { AtCheckpoint = true });
        e.Run("2025-01-01", e.Sale("2025-01-01", 1));
        e.Rules = e.Rules with { Levels = [new("Paper", 0), new("Bronze", 50), new("Silver", 100)] };
        e.Run("2025-02-20", e.Sale("2025-02-01", 99));
        Assert.Equal(["2025-02-01 Promoted Bronze→Silver 10000 [2025-01-01,2025-02-02)"], e.Decisions());
    }

    [Fact]
    public void An_adjustment_dated_before_a_member_joins_counts_from_its_date_on_without_any_other_change()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-01", e.Sale("2025-02-01", 10), e.Adjust("2025-01-10", 5));
        Assert.Equal(0, e.Progress().Totals.LifetimeAdjustments.Sales);
        e.Run("2025-01-10");
        Assert.Equal(500, e.Progress().Totals.LifetimeAdjustments.Sales);
        Assert.Empty(e.Verify().Differences);
    }

    [Fact]
    public void A_decision_is_dated_when_it_was_made_though_its_window_ended_under_other_rules()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-15", e.Sale("2025-01-01", 200), e.Sale("2025-01-10", 100));
        e.Rules = e.Rules with { Lifetime = true };
        e.Run("2025-02-15");
        Assert.Single(e.Decisions());
        e.Rules = e.Rules with { Lifetime = false };
        e.Run("2025-02-20");
        Assert.Equal(["2025-02-16 Demoted Gold→Silver 10000 [2025-01-02,2025-02-01)"], e.Decisions()[1..]);
        Assert.Equal("[2025-02-01, 2025-03-01)", e.Window());
        Assert.Equal(Example.Date("2025-02-01"), e.Progress().Standing.AchievedOn);
        Assert.Equal("Gold", e.Member(asOf: "2025-02-15").Progress.Level.Name);
        Assert.Equal(Example.Date("2025-02-01"), e.Member(asOf: "2025-02-19").Progress.Standing.AchievedOn);
    }

    [Fact]
    public void A_promotion_under_lifetime_rules_ends_a_grace()
    {
        var e = new Example(Example.OneMonth with { Grace = 10 });
        e.Run("2025-02-02", e.Sale("2025-01-01", 100));
        Assert.True(e.Progress().Standing.InGrace);
        e.Rules = e.Rules with { Lifetime = true };
        e.Run("2025-02-03", e.Sale("2025-02-03", 100));
        Assert.Equal(("Gold", false), (e.Progress().Level.Name, e.Progress().Standing.InGrace));
    }
}
