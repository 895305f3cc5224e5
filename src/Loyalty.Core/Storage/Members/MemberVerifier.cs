using System.Globalization;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>Compares what a store keeps about members with what their activity gives; the same for every store.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class MemberVerifier
{
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly List<VerificationDifference> _differences = [];
    private readonly List<LaterData> _laterData = [];
    private long _members;
    private long _decisions;
    private string _handle = string.Empty;

    /// <summary>Prepares a comparison.</summary>
    /// <param name="program">The program of the last run.</param>
    /// <param name="asOf">The date through which the store was reviewed.</param>
    public MemberVerifier(LoyaltyProgram program, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(program);
        _program = program;
        _asOf = asOf;
    }

    /// <summary>What was found.</summary>
    /// <param name="activities">How many activities the members have together.</param>
    public Verification Result(long activities) => new(_asOf, _members, activities, _decisions, _differences, _laterData);

    /// <summary>Compares a member with sums made from the same history as the decisions' values.</summary>
    /// <param name="handle">The member's handle.</param>
    /// <param name="standing">Where the member stands, as stored.</param>
    /// <param name="stored">The sums, as stored.</param>
    /// <param name="decisions">All decisions about the member, in order.</param>
    /// <param name="missions">All mission instances of the member.</param>
    /// <param name="history">All activity and adjustments of the member; it is sealed.</param>
    /// <exception cref="OverflowException">A sum leaves the range of <see cref="long"/>.</exception>
    public void Verify(
        string handle,
        in MemberStanding standing,
        in MemberTotals stored,
        IReadOnlyList<Decision> decisions,
        IReadOnlyList<MissionInstance> missions,
        MemberHistory history)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(missions);
        ArgumentNullException.ThrowIfNull(history);
        history.Seal();
        var recomputed = MemberAsOf.Sum(standing, history, _asOf.DayNumber);
        Verify(handle, standing, stored, decisions, missions, history, new AggregatedTotals(recomputed.Lifetime, recomputed.Window));
    }

    /// <summary>Compares a member with sums that were made apart from the history.</summary>
    internal void Verify(
        string handle,
        in MemberStanding standing,
        in MemberTotals stored,
        IReadOnlyList<Decision> decisions,
        IReadOnlyList<MissionInstance> missions,
        MemberHistory history,
        in AggregatedTotals recomputedActivity)
    {
        _handle = handle;
        _members++;
        history.Seal();
        var recomputed = MemberAsOf.Sum(standing, history, _asOf.DayNumber, recomputedActivity);
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
            Compare(mission, history);
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

        Compare($"decision {decision.Date:O} activity", decision.Metric, decision.ValueFromActivity, activity);
        Compare($"decision {decision.Date:O} adjustments", decision.Metric, decision.ValueFromAdjustments, adjustments);
    }

    /// <summary>Levels and thresholds must be such that the recorded value decides so.</summary>
    private void CompareKind(Decision decision)
    {
        var below = decision.Value < decision.ThresholdBefore;
        var fits = decision.Kind switch
        {
            DecisionKind.Promoted => decision.ThresholdAfter > decision.ThresholdBefore && decision.Value >= decision.ThresholdAfter,
            DecisionKind.Demoted => decision.ThresholdAfter < decision.ThresholdBefore && below,
            DecisionKind.GraceStarted => Stays(decision) && below,
            _ => Stays(decision),
        };
        if (!fits)
        {
            CompareText(
                $"decision {Text(decision.Date)} kind",
                $"{decision.Kind} from {decision.LevelBefore} ({Amount(decision.Metric, decision.ThresholdBefore)}) to {decision.LevelAfter} "
                    + $"({Amount(decision.Metric, decision.ThresholdAfter)})",
                $"not with the value {Amount(decision.Metric, decision.Value)}");
        }
    }

    /// <summary>Each decision must start where the one before ended, and the standing must be the one that the last left behind.</summary>
    private void CompareStanding(in MemberStanding standing, IReadOnlyList<Decision> decisions)
    {
        var achieved = standing.Joined;
        var window = new Window(standing.Joined, end: null);
        string? level = null;
        foreach (var decision in decisions)
        {
            CompareKind(decision);
            var start = decision.IsLifetime ? standing.Joined : window.Start;
            CompareText($"decision {Text(decision.Date)} level_before", decision.LevelBefore, level ?? decision.LevelBefore);
            CompareText($"decision {Text(decision.Date)} window_start", Text(decision.Measured.Start), Text(start));
            achieved = Stays(decision) ? achieved : DateOnly.FromDayNumber(decision.AchievedDay);
            window = decision.NextWindow;
            level = decision.LevelAfter;
        }

        var stored = _program.Tiers!.Ladder[standing.Level].Name;
        var through = Math.Max(_asOf.DayNumber, standing.JoinedDay - 1);
        CompareText("level", stored, level ?? stored);
        CompareText("achieved_on", Text(standing.AchievedOn), Text(achieved));
        CompareText("window", standing.Window.ToString(), window.ToString());
        CompareText("in_grace", standing.InGrace ? "yes" : "no", decisions is [.., { Kind: DecisionKind.GraceStarted }] ? "yes" : "no");
        CompareText("reviewed_through", Day(standing.ReviewedThroughDay), Day(through));
    }

    /// <summary>What a mission instance has must fit how it stands; what later data changed stays.</summary>
    private void Compare(in MissionInstance mission, MemberHistory history)
    {
        var what = $"mission {mission.MissionId} {mission.Window}";
        Compare($"{what} current", mission.Metric, mission.Current, history.Activity(mission.Window, _asOf).Of(mission.Metric));
        var fits = mission.Status switch
        {
            MissionStatus.Active => mission.Window.EndDay > _asOf.DayNumber && mission.Current < mission.Target,
            MissionStatus.Expired => mission.Window.EndDay <= _asOf.DayNumber,
            _ => mission.CompletedOn <= _asOf && mission.Window.Contains(mission.CompletedOn!.Value),
        };
        if (!fits)
        {
            CompareText(
                $"{what} status",
                $"{mission.Status}{(mission.CompletedOn is { } on ? $" on {Text(on)}" : string.Empty)}",
                $"not with {Amount(mission.Metric, mission.Current)} of {Amount(mission.Metric, mission.Target)} on {Text(_asOf)}");
        }
    }

    private static bool Stays(Decision decision) => string.Equals(decision.LevelBefore, decision.LevelAfter, StringComparison.Ordinal);

    private static string Day(int day) => day < 0 ? "none" : Text(DateOnly.FromDayNumber(day));

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
