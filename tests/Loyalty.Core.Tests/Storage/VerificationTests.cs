using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Tests.Tiers;
using Loyalty.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>A store that is right shows no difference; one in which anything was changed behind its back shows it by name.</summary>
public sealed class VerificationTests
{
    private static readonly MissionGoal Goal = new("m", Metric.Videos, 2);

    public static TheoryData<string> Totals => [.. Names("lifetime"), .. Names("window"), "lifetime_adjustments_sales", "lifetime_adjustments_units", "window_adjustments_sales", "window_adjustments_units"];

    [Fact]
    public void A_store_that_is_right_has_no_difference()
    {
        var verification = Make().Verify();
        Assert.True(verification.IsRight);
        Assert.Equal((2, 5, 4), (verification.Members, verification.Activities, verification.Decisions));
        Assert.Empty(verification.LaterData);
    }

    [Theory]
    [MemberData(nameof(Totals))]
    public void A_corrupted_total_is_found(string which)
    {
        var e = Make();
        ref var totals = ref e.Store.Members.Totals[0];
        totals = Corrupt(totals, which);
        Assert.Equal(which, Assert.Single(e.Verify().Differences).What);
    }

    [Theory]
    [InlineData("level")]
    [InlineData("achieved_on")]
    [InlineData("window")]
    [InlineData("in_grace")]
    [InlineData("reviewed_through")]
    public void A_corrupted_standing_is_found(string which)
    {
        var e = Make();
        ref var s = ref e.Store.Members.Standing[0];
        s = which switch
        {
            "level" => s.Ranked(0),
            "achieved_on" => s.On(s.Level, s.AchievedDay - 1, s.Window, s.InGrace),
            "window" => s.On(s.Level, s.AchievedDay, new Window(s.Window.StartDay, s.Window.EndDay + 1), s.InGrace),
            "in_grace" => s.On(s.Level, s.AchievedDay, s.Window, !s.InGrace),
            _ => s.Reviewed(s.ReviewedThroughDay + 1),
        };
        Assert.Contains(e.Verify().Differences, d => d.What == which && d.Handle == "ann");
    }

    [Fact]
    public void A_window_of_a_member_without_decisions_is_found()
    {
        var e = new Example(Example.OneMonth);
        e.Run("2025-01-05", e.Sale("2025-01-01", 1));
        ref var s = ref e.Store.Members.Standing[0];
        s = s.On(s.Level, s.AchievedDay + 1, new Window(s.Window.StartDay + 1, Window.NoEnd), s.InGrace);
        Assert.Equal(["achieved_on", "window"], e.Verify().Differences.Select(d => d.What).Where(w => !w.StartsWith("window_")));
    }

    [Theory]
    [InlineData("activity", "decision 2025-02-01 activity")]
    [InlineData("adjustments", "decision 2025-02-01 adjustments")]
    [InlineData("kind", "decision 2025-02-01 kind")]
    [InlineData("threshold", "decision 2025-02-01 kind")]
    [InlineData("before", "decision 2025-02-01 level_before")]
    [InlineData("start", "decision 2025-02-01 window_start")]
    [InlineData("end", "decision 2025-02-01 activity")]
    [InlineData("missing", "decision 2025-02-01 level_before")]
    public void A_corrupted_decision_is_found(string which, string what)
    {
        var e = Make();
        var decisions = e.Store.Members.DecisionsOf(0);
        var d = decisions[1];
        Assert.Equal((DecisionKind.Demoted, "Gold", "Silver"), (d.Kind, d.LevelBefore, d.LevelAfter));
        var changed = new Decision(
            d.Date,
            which == "kind" ? DecisionKind.Kept : d.Kind,
            which == "before" ? "Silver" : d.LevelBefore,
            d.LevelAfter,
            which == "threshold" ? 0 : d.ThresholdBefore,
            d.ThresholdAfter,
            new Window(d.Measured.StartDay + (which == "start" ? 1 : 0), d.Measured.EndDay + (which == "end" ? 1 : 0)),
            d.ValueFromActivity + (which == "activity" ? 1 : 0),
            d.ValueFromAdjustments + (which == "adjustments" ? 1 : 0),
            d.NextWindow,
            d.Metric,
            d.IsLifetime,
            d.ProgramVersion,
            d.HasLaterData);
        decisions = which == "missing" ? [d, .. decisions[2..]] : [decisions[0], changed, .. decisions[2..]];
        if (which == "missing")
        {
            decisions = [e.Store.Members.DecisionsOf(1)[0], d];
        }

        Put(e, decisions);

        Assert.Contains(e.Verify().Differences, x => x.What == what && x.Handle == "ann");
    }

    [Theory]
    [InlineData("current")]
    [InlineData("open again")]
    [InlineData("expired early")]
    [InlineData("completed outside")]
    public void A_corrupted_mission_is_found(string which)
    {
        var e = Make();
        var missions = e.Store.Members.MissionsOf(0);
        var completed = missions.Single(m => m.Status == MissionStatus.Completed);
        var active = missions.Single(m => m.Status == MissionStatus.Active);
        missions = which switch
        {
            "current" => [completed.Counted(7)],
            "open again" => [new MissionInstance(Goal, completed.Window, MissionStatus.Active, completed.Current, 0)],
            "expired early" => [active.Expired()],
            _ => [completed.Completed(completed.Window.StartDay - 1)],
        };
        Put(e, missions);
        var difference = Assert.Single(e.Verify().Differences);
        Assert.StartsWith("mission m [", difference.What);
        Assert.EndsWith(which == "current" ? "current" : "status", difference.What);
    }

    [Fact]
    public void A_corrupted_activity_is_found_in_totals_and_decisions()
    {
        var e = Make();
        e.Store.Activities.Rows[1].Sales++;
        Assert.Equal(
            ["decision 2025-02-01 activity", "lifetime_sales"],
            e.Verify().Differences.Select(d => d.What).OrderBy(w => w, StringComparer.Ordinal));
    }

    /// <summary>Ann: Gold, demoted to Silver, kept; with missions and adjustments in all windows.</summary>
    private static Example Make()
    {
        var e = new Example(Example.OneMonth with { Missions = [new("m", "videos", 2, "every") { Days = 20 }] });
        e.Run(
            "2025-03-05", e.Sale("2025-01-01", 200, views: 5), e.Sale("2025-01-10", 100, units: 2), e.Sale("2025-02-01", 100), e.Sale("2025-03-02", 50), e.Sale("2025-03-01", 100, "bob"),
            e.Adjust("2025-01-11", 50, units: 1), e.Adjust("2025-03-03", 9, units: -1));
        Assert.Equal(["Promoted", "Demoted", "Kept"], e.Member().Decisions.Select(d => d.Kind.ToString()));
        return e;
    }

    private static void Put(Example e, Decision[] decisions)
    {
        var batch = new RowBatch<DecisionRow>();
        e.Store.Members.Replace(0, decisions, batch);
        e.Store.Members.Keep(batch);
    }

    private static void Put(Example e, MissionInstance[] missions)
    {
        var batch = new RowBatch<MissionRow>();
        e.Store.Members.Replace(0, missions, batch);
        e.Store.Members.Keep(batch);
    }

    private static IEnumerable<string> Names(string what) => ((string[])["sales", "units", "videos", "views", "likes", "comments"]).Select(m => $"{what}_{m}");

    private static MemberTotals Corrupt(MemberTotals t, string which)
    {
        ActivityTotals Activity(string prefix, ActivityTotals a) => !which.StartsWith(prefix + "_") || which.Contains("adjustments") ? a : a + new ActivityTotals(
            which.EndsWith("sales") ? 1 : 0, which.EndsWith("units") ? 1 : 0, which.EndsWith("videos") ? 1 : 0, which.EndsWith("views") ? 1 : 0,
            which.EndsWith("likes") ? 1 : 0, which.EndsWith("comments") ? 1 : 0);
        AdjustmentTotals Adjustments(string prefix, AdjustmentTotals a) => !which.StartsWith(prefix + "_adjustments") ? a : a + new AdjustmentTotals(
            which.EndsWith("sales") ? 1 : 0, which.EndsWith("units") ? 1 : 0);
        return new(Activity("lifetime", t.Lifetime), Activity("window", t.Window), Adjustments("lifetime", t.LifetimeAdjustments), Adjustments("window", t.WindowAdjustments));
    }
}
