using Loyalty.Tests.Storage;

namespace Loyalty.Tests.Tiers;

/// <summary>One cent and one day on both sides of every bound.</summary>
public sealed class BoundaryTests
{
    [Theory]
    [InlineData(999.99, "Bronze")]
    [InlineData(1000, "Silver")]
    [InlineData(1000.01, "Silver")]
    [InlineData(2999.99, "Gold")]
    [InlineData(3000, "Platinum")]
    public void W06_Value_exactly_on_the_threshold_promotes(decimal sales, string level)
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-01-15", e.Sale("2025-01-15", sales));
        Assert.Equal(level, e.Progress().Level.Name);
    }

    [Theory]
    [InlineData(1999.99, "Silver", 0, "Silver")]
    [InlineData(2000, "Gold", 0, "Gold")]
    [InlineData(2000.01, "Gold", 0, "Gold")]
    [InlineData(1999.99, "Gold", 5, "Silver")]
    [InlineData(2000, "Gold", 5, "Gold")]
    public void W06_Value_exactly_on_the_threshold_is_kept(decimal sales, string level, int grace, string closed)
    {
        var e = new Example(Example.FourMonths with { Grace = grace });
        e.Run("2025-05-14", e.Sale("2025-01-15", 2000), e.Sale("2025-05-14", sales));
        if (sales < 2000)
        {
            Assert.Equal((1, closed), (e.Progress().ToStay, e.Progress().LevelIfClosedNow.Name));
        }

        e.Run("2025-05-15");
        Assert.Equal(level, e.Progress().Level.Name);
        Assert.Equal(grace > 0 && sales < 2000, e.Progress().Standing.InGrace);
    }

    [Theory]
    [InlineData("2025-01-15", 0)] // the date of the promotion belongs to the window before
    [InlineData("2025-01-16", 1)]
    [InlineData("2025-05-14", 1)]
    [InlineData("2025-05-15", 0)]
    public void W01_Activity_on_the_ends_of_a_window_counts_once(string date, int inside)
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-05-15", e.Sale("2025-01-15", 1000), e.Sale(date, 999.99m));
        var checkpoint = Assert.Single(e.Member().Decisions, d => d.Date == Example.Date("2025-05-15") && d.Measured.Start == Example.Date("2025-01-16"));
        Assert.Equal(inside * 99999, checkpoint.Value);
        Assert.Equal(date == "2025-05-15" ? 99999 : 0, e.Progress().Totals.Window.Sales);
    }

    [Theory]
    [InlineData("2025-05-14", 1)]
    [InlineData("2025-05-15", 2)]
    public void W09_A_checkpoint_falls_on_the_end_of_the_window_not_a_day_earlier(string asOf, int decisions)
    {
        var e = new Example(Example.FourMonths);
        e.Run(asOf, e.Sale("2025-01-15", 1000));
        Assert.Equal(decisions, e.Decisions().Length);
    }

    [Theory]
    [InlineData("2025-02-14", true)]
    [InlineData("2025-02-15", false)]
    public void W11_Activity_saves_the_level_until_the_last_day_of_the_grace(string date, bool saves)
    {
        var e = new Example(Example.OneMonth with { Grace = 14 });
        e.Run("2025-02-20", e.Sale("2025-01-01", 100), e.Sale(date, 99.99m), e.Sale(date, 0.01m));
        Assert.Equal(saves, e.Decisions().Contains("2025-02-15 Kept Silver→Silver 10000 [2025-01-02,2025-02-15)"));
    }

    [Fact]
    public void W10_A_changed_program_applies_from_the_first_date_not_reviewed_and_leaves_decisions_and_windows()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-01-15", e.Sale("2025-01-15", 1000));
        var before = e.Member().Decisions[0];
        e.Rules = e.Rules with { Months = 1, Levels = [new("Bronze", 0), new("Silver", 500), new("Gold", 600)] };
        e.Run("2025-01-15", e.Sale("2025-01-10", 1, "bob"));
        Assert.Equal("[2025-01-16, 2025-05-15)", e.Window());
        e.Run("2025-05-15", e.Sale("2025-03-01", 599.99m));
        Assert.Equal("2025-05-15 Kept Silver→Silver 59999 [2025-01-16,2025-05-15)", e.Decisions()[1]);
        Assert.Equal("[2025-05-15, 2025-06-15)", e.Window());
        var after = e.Member().Decisions;
        Assert.Equal((before.ProgramVersion, 100000), (after[0].ProgramVersion, after[0].ThresholdAfter));
        Assert.NotEqual(after[0].ProgramVersion, after[1].ProgramVersion);
        Assert.Empty(e.Verify().Differences);
    }

    [Fact]
    public void Later_data_leaves_a_decision_and_counts_in_lifetime_totals_and_is_listed()
    {
        var e = new Example(Example.FourMonths);
        e.Run("2025-05-15", e.Sale("2025-01-15", 1000));
        Assert.Equal("Bronze", e.Progress().Level.Name);
        e.Run("2025-05-16", e.Sale("2025-05-14", 1000), e.Sale("2025-05-15", 1));
        Assert.Equal("Bronze", e.Progress().Level.Name);
        Assert.Equal((200100, 100), (e.Progress().Totals.Lifetime.Sales, e.Progress().Totals.Window.Sales));
        var verification = e.Verify();
        Assert.Empty(verification.Differences);
        var later = Assert.Single(verification.LaterData);
        Assert.Equal((Example.Date("2025-05-15"), 0, 100000), (later.Date, later.Recorded, later.Now));
    }
}
