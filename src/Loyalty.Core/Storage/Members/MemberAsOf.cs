using System.Globalization;
using Loyalty.Activities;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>Shows a member at a date: as stored for the last one, rebuilt from the decisions for an earlier one.</summary>
public static class MemberAsOf
{
    /// <summary>Shows a member at a date.</summary>
    /// <param name="program">The program of the last run.</param>
    /// <param name="at">The date to show.</param>
    /// <param name="last">The date through which the store was reviewed.</param>
    /// <param name="handle">The member's handle.</param>
    /// <param name="stored">Where the member stands on <paramref name="last"/>.</param>
    /// <param name="decisions">All decisions about the member, in order.</param>
    /// <param name="missions">All mission instances of the member.</param>
    /// <param name="history">All activity and adjustments of the member; it is sealed.</param>
    /// <exception cref="ArgumentException">The program has no tiers.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="at"/> is after <paramref name="last"/>.</exception>
    public static MemberDetail Show(
        LoyaltyProgram program,
        DateOnly at,
        DateOnly last,
        string handle,
        in MemberStanding stored,
        IReadOnlyList<Decision> decisions,
        IReadOnlyList<MissionInstance> missions,
        MemberHistory history)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(missions);
        ArgumentNullException.ThrowIfNull(history);
        if (at > last)
        {
            throw new ArgumentOutOfRangeException(nameof(at), at, string.Create(CultureInfo.InvariantCulture, $"The store was reviewed through {last:O}."));
        }

        history.Seal();
        var tiers = program.Tiers ?? throw new ArgumentException("The program has no tiers.", nameof(program));
        missions = [.. missions.OrderBy(static m => m.MissionId, StringComparer.Ordinal).ThenBy(static m => m.Window.StartDay)];
        var standing = stored;
        if (at < last)
        {
            decisions = [.. decisions.Where(d => d.Date <= at)];
            missions = [.. missions.Where(m => m.Window.Start <= at).Select(m => Earlier(m, history, at))];
            standing = Rebuild(stored, decisions, tiers, at);
        }

        return new MemberDetail(
            program, at, new MemberProgress(handle, standing, Sum(standing, history, at.DayNumber), tiers), decisions, missions);
    }

    /// <summary>A member's sums up to a date, in the window of a standing and over all time.</summary>
    /// <param name="standing">Where the member stands.</param>
    /// <param name="history">All activity and adjustments of the member; it is sealed.</param>
    /// <param name="through">The last date that counts.</param>
    /// <exception cref="OverflowException">A sum leaves the range of <see cref="long"/>.</exception>
    public static MemberTotals Sum(in MemberStanding standing, MemberHistory history, DateOnly through)
    {
        ArgumentNullException.ThrowIfNull(history);
        history.Seal();
        return Sum(standing, history, through.DayNumber);
    }

    internal static MemberTotals Sum(in MemberStanding standing, MemberHistory history, int throughDay)
    {
        var start = standing.Window.StartDay;
        var until = MemberHistory.Until(standing.Window, throughDay);
        return new MemberTotals(
            history.Activity(int.MinValue, throughDay + 1),
            history.Activity(start, until),
            history.Adjustments(int.MinValue, throughDay + 1),
            history.Adjustments(start, until));
    }

    /// <summary>The totals of a member whose activity was added up apart from the history.</summary>
    internal static MemberTotals Sum(in MemberStanding standing, MemberHistory history, int throughDay, in AggregatedTotals activity) => new(
        activity.Lifetime,
        activity.Window,
        history.Adjustments(int.MinValue, throughDay + 1),
        history.Adjustments(standing.Window.StartDay, MemberHistory.Until(standing.Window, throughDay)));

    internal static MemberStanding Rebuild(in MemberStanding stored, IReadOnlyList<Decision> decisions, TierProgram tiers, DateOnly at)
    {
        var standing = MemberStanding.New(stored.JoinedDay);
        foreach (var decision in decisions)
        {
            var level = tiers.Ladder.IndexOf(decision.LevelAfter);
            var moved = !string.Equals(decision.LevelAfter, decision.LevelBefore, StringComparison.Ordinal);
            standing = standing.On(
                level < 0 ? standing.Level : level,
                moved ? decision.AchievedDay : standing.AchievedDay,
                decision.NextWindow,
                decision.Kind == DecisionKind.GraceStarted);
        }

        return standing.Reviewed(Math.Max(at.DayNumber, standing.ReviewedThroughDay));
    }

    private static MissionInstance Earlier(MissionInstance instance, MemberHistory history, DateOnly at)
    {
        var current = history.Activity(instance.Window, at).Of(instance.Metric);
        var status = instance.CompletedOn is { } on && on <= at ? MissionStatus.Completed
            : instance.Window.EndDay <= at.DayNumber ? MissionStatus.Expired
            : MissionStatus.Active;
        return new MissionInstance(instance.Goal, instance.Window, status, current, status == MissionStatus.Completed ? instance.CompletedOn!.Value.DayNumber : 0);
    }
}
