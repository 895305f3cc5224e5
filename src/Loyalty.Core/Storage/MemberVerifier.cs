using System.Globalization;
using Loyalty.Activities;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Tiers;

namespace Loyalty.Storage;

/// <summary>Compares what a store keeps about members with what their activity gives; the same for every store.</summary>
internal sealed class MemberVerifier
{
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly List<VerificationDifference> _differences = [];
    private readonly List<LaterData> _laterData = [];
    private long _members;
    private long _decisions;
    private string _handle = string.Empty;

    public MemberVerifier(LoyaltyProgram program, DateOnly asOf)
    {
        _program = program;
        _asOf = asOf;
    }

    public Verification Result(long activities) => new(_asOf, _members, activities, _decisions, _differences, _laterData);

    public void Verify(
        string handle,
        in MemberStanding standing,
        in MemberTotals stored,
        IReadOnlyList<Decision> decisions,
        IReadOnlyList<MissionInstance> missions,
        MemberHistory history)
    {
        _handle = handle;
        _members++;
        history.Seal();
        var recomputed = MemberAsOf.Sum(standing, history, _asOf.DayNumber);
        Compare("lifetime", stored.Lifetime, recomputed.Lifetime);
        Compare("window", stored.Window, recomputed.Window);
        Compare("lifetime_adjustments", stored.LifetimeAdjustments, recomputed.LifetimeAdjustments);
        Compare("window_adjustments", stored.WindowAdjustments, recomputed.WindowAdjustments);
        foreach (var decision in decisions)
        {
            Compare(decision, history);
        }

        foreach (var mission in missions)
        {
            var current = history.Activity(mission.Window, _asOf).Of(mission.Metric);
            Compare($"mission {mission.MissionId} {mission.Window} current", mission.Metric, mission.Current, current);
        }

        CompareStanding(standing, decisions);
    }

    private void Compare(Decision decision, MemberHistory history)
    {
        _decisions++;
        var start = decision.IsLifetime ? int.MinValue : decision.Measured.StartDay;
        var activity = history.Activity(start, decision.Measured.EndDay).Of(decision.Metric);
        var adjustments = history.Adjustments(start, decision.Measured.EndDay).Of(decision.Metric);
        if (decision.HasLaterData)
        {
            _laterData.Add(new LaterData(_handle, decision.Date, decision.Value, checked(activity + adjustments)));
            return;
        }

        Compare($"decision {decision.Date:yyyy-MM-dd} activity", decision.Metric, decision.ValueFromActivity, activity);
        Compare($"decision {decision.Date:yyyy-MM-dd} adjustments", decision.Metric, decision.ValueFromAdjustments, adjustments);
    }

    /// <summary>The standing must be the one that the last decision left behind.</summary>
    private void CompareStanding(in MemberStanding standing, IReadOnlyList<Decision> decisions)
    {
        var level = _program.Tiers!.Ladder[standing.Level].Name;
        if (decisions.Count == 0)
        {
            CompareText("achieved_on", Text(standing.AchievedOn), Text(standing.Joined));
            return;
        }

        var last = decisions[^1];
        CompareText("level", level, last.LevelAfter);
        CompareText("window", standing.Window.ToString(), last.NextWindow.ToString());
    }

    private void Compare(string what, in ActivityTotals stored, in ActivityTotals recomputed)
    {
        for (var metric = Metric.Sales; metric <= Metric.Comments; metric++)
        {
            Compare($"{what}_{NameOf(metric)}", metric, stored.Of(metric), recomputed.Of(metric));
        }
    }

    private void Compare(string what, in AdjustmentTotals stored, in AdjustmentTotals recomputed)
    {
        Compare($"{what}_sales", Metric.Sales, stored.Sales, recomputed.Sales);
        Compare($"{what}_units", Metric.Units, stored.Units, recomputed.Units);
    }

    private void Compare(string what, Metric metric, long stored, long recomputed)
    {
        if (stored != recomputed)
        {
            _differences.Add(new VerificationDifference(_handle, what, Amount(metric, stored), Amount(metric, recomputed)));
        }
    }

    private void CompareText(string what, string stored, string recomputed)
    {
        if (!string.Equals(stored, recomputed, StringComparison.Ordinal))
        {
            _differences.Add(new VerificationDifference(_handle, what, stored, recomputed));
        }
    }

    private string Amount(Metric metric, long value) =>
        metric == Metric.Sales ? _program.Currency.Format(value) : value.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string NameOf(Metric metric) => metric switch
    {
        Metric.Sales => "sales",
        Metric.Units => "units",
        Metric.Videos => "videos",
        Metric.Views => "views",
        Metric.Likes => "likes",
        _ => "comments",
    };
}
