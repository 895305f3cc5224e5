using Loyalty.Checkpoints;
using Loyalty.Missions;

namespace Loyalty.Tiers;

/// <summary>
/// Reviews members: looks at each date in order and decides about checkpoints, promotions and missions, with the activity known now.
/// </summary>
/// <remarks>
/// Follows the rules word by word but visits only dates on which something can happen: the first one not yet reviewed, dates with activity
/// or adjustments, ends of windows, and starts and ends of missions. On all other dates a review changes nothing. Not thread-safe; use one
/// reviewer for each thread.
/// </remarks>
public sealed class Reviewer
{
    private readonly TierProgram _tiers;
    private readonly Mission[] _missions;
    private readonly List<MissionInstance> _instances = [];
    private bool _instancesChanged;

    /// <summary>Creates a reviewer for a program.</summary>
    /// <param name="tiers">The tiers.</param>
    /// <param name="missions">The missions, in the order in which they are looked at.</param>
    public Reviewer(TierProgram tiers, IReadOnlyList<Mission> missions)
    {
        ArgumentNullException.ThrowIfNull(tiers);
        ArgumentNullException.ThrowIfNull(missions);
        _tiers = tiers;
        _missions = [.. missions];
    }

    /// <summary>Reviews one member from the first date not yet reviewed through <paramref name="through"/>, in order.</summary>
    /// <param name="standing">The member before the review.</param>
    /// <param name="instances">The member's mission instances before the review.</param>
    /// <param name="history">The member's activity and adjustments as known now, sealed.</param>
    /// <param name="through">The last date to review. When it was reviewed before, only missions are settled once more.</param>
    /// <param name="decisions">Receives the decisions, in order of date.</param>
    /// <returns>The member after the review; the same instances when nothing about them changed.</returns>
    /// <exception cref="OverflowException">A value leaves the range of <see cref="long"/>.</exception>
    public ReviewResult Review(
        in MemberStanding standing,
        IReadOnlyList<MissionInstance> instances,
        MemberHistory history,
        DateOnly through,
        ICollection<Decision> decisions)
    {
        ArgumentNullException.ThrowIfNull(instances);
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(decisions);
        history.Seal();
        _instances.Clear();
        _instances.AddRange(instances);
        _instancesChanged = false;

        var throughDay = through.DayNumber;
        var member = standing;
        var day = member.ReviewedThroughDay + 1;
        while (day <= throughDay)
        {
            while (member.Window.EndDay <= day && _tiers.Mode == TierMode.Checkpoints)
            {
                member = Checkpoint(member, history, decisions);
            }

            member = Promote(member, history, day, decisions);
            StartAndSettleMissions(member, history, day);
            var next = Math.Min(NextDay(member, day), history.NextDay(day));
            if (next > throughDay)
            {
                break;
            }

            day = next;
        }

        SettleMissions(history, throughDay);
        CountMissions(history, throughDay);
        var result = throughDay > member.ReviewedThroughDay ? member.Reviewed(throughDay) : member;
        var due = throughDay > member.ReviewedThroughDay
            ? Math.Min(NextDay(result, throughDay), history.NextDay(throughDay))
            : member.ReviewedThroughDay + 1; // no date was reviewed: what came in counts on the next one
        return new ReviewResult(result, _instancesChanged ? _instances.ToArray() : instances, due);
    }

    /// <summary>Measures the window that has ended and opens the next one.</summary>
    private MemberStanding Checkpoint(in MemberStanding member, MemberHistory history, ICollection<Decision> decisions)
    {
        var ladder = _tiers.Ladder;
        var measured = member.Window;
        var end = measured.EndDay;
        var activity = history.Activity(measured.StartDay, end).Of(_tiers.Metric);
        var adjustments = history.Adjustments(measured.StartDay, end).Of(_tiers.Metric);
        var after = _tiers.LevelAtCheckpoint(member.Level, checked(activity + adjustments));
        MemberStanding result;
        DecisionKind kind;
        if (after < member.Level && _tiers.GraceDays > 0 && !member.InGrace)
        {
            kind = DecisionKind.GraceStarted;
            after = member.Level;
            var graceEnd = end > DateOnly.MaxValue.DayNumber - _tiers.GraceDays ? Window.NoEnd : end + _tiers.GraceDays;
            result = member.On(member.Level, member.AchievedDay, new Window(measured.StartDay, graceEnd), inGrace: true);
        }
        else
        {
            kind = after > member.Level ? DecisionKind.Promoted : after < member.Level ? DecisionKind.Demoted : DecisionKind.Kept;
            var achieved = after == member.Level ? member.AchievedDay : end;
            result = member.On(after, achieved, NextWindow(after, end, member.JoinedDay, achieved), inGrace: false);
        }

        decisions.Add(new Decision(
            DateOnly.FromDayNumber(end), kind, ladder[member.Level], ladder[after], measured, activity, adjustments, result.Window, _tiers));
        return result;
    }

    /// <summary>Promotes between checkpoints when the value up to <paramref name="day"/> reaches a higher level.</summary>
    private MemberStanding Promote(in MemberStanding member, MemberHistory history, int day, ICollection<Decision> decisions)
    {
        var lifetime = _tiers.Mode == TierMode.Lifetime;
        if (!lifetime && _tiers.Promotion == PromotionRule.AtCheckpoint && member.Level > 0)
        {
            return member;
        }

        var start = lifetime ? int.MinValue : member.Window.StartDay;
        var activity = history.Activity(start, day + 1).Of(_tiers.Metric);
        var adjustments = history.Adjustments(start, day + 1).Of(_tiers.Metric);
        var earned = _tiers.Ladder.HighestReached(checked(activity + adjustments));
        if (earned <= member.Level)
        {
            return member;
        }

        var window = lifetime ? member.Window : NextWindow(earned, day + 1, member.JoinedDay, day);
        var measured = new Window(lifetime ? member.JoinedDay : start, day + 1);
        decisions.Add(new Decision(
            DateOnly.FromDayNumber(day), DecisionKind.Promoted, _tiers.Ladder[member.Level], _tiers.Ladder[earned], measured, activity,
            adjustments, window, _tiers));
        return member.On(earned, day, window, inGrace: false);
    }

    private Window NextWindow(int level, int start, int joined, int achieved) =>
        new(start, level == 0 ? Window.NoEnd : _tiers.Schedule!.NextAfter(start, joined, achieved));

    private void StartAndSettleMissions(in MemberStanding member, MemberHistory history, int day)
    {
        SettleMissions(history, day);
        if (_missions.Length == 0)
        {
            return;
        }

        var level = _tiers.Ladder[member.Level].Name;
        foreach (var mission in _missions)
        {
            if (!mission.IsFor(level) || WindowOf(mission, member, day) is not { } window || HasInstance(mission.Id, window.StartDay))
            {
                continue;
            }

            _instances.Add(Settle(
                new MissionInstance(mission.Id, mission.Metric, mission.Target, window, MissionStatus.Active, 0, null), history, day));
            _instancesChanged = true;
        }
    }

    /// <summary>Whether the mission has an active instance, or had one for this window.</summary>
    private bool HasInstance(string missionId, int windowStart)
    {
        foreach (var instance in _instances)
        {
            if ((instance.Status == MissionStatus.Active || instance.Window.StartDay == windowStart)
                && string.Equals(instance.MissionId, missionId, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private void SettleMissions(MemberHistory history, int day)
    {
        for (var i = 0; i < _instances.Count; i++)
        {
            var instance = _instances[i];
            if (instance.Status != MissionStatus.Active)
            {
                continue;
            }

            var settled = Settle(instance, history, day);
            if (!ReferenceEquals(settled, instance))
            {
                _instances[i] = settled;
                _instancesChanged = true;
            }
        }
    }

    private static MissionInstance Settle(MissionInstance instance, MemberHistory history, int day)
    {
        var until = MemberHistory.Until(instance.Window, day);
        var current = history.Activity(instance.Window.StartDay, until).Of(instance.Metric);
        if (current >= instance.Target)
        {
            var reached = history.FirstReached(instance.Metric, instance.Target, instance.Window.StartDay, until);
            return instance.Settled(MissionStatus.Completed, DateOnly.FromDayNumber(reached));
        }

        return instance.Window.EndDay <= day ? instance.Settled(MissionStatus.Expired, null) : instance;
    }

    private void CountMissions(MemberHistory history, int throughDay)
    {
        for (var i = 0; i < _instances.Count; i++)
        {
            var instance = _instances[i];
            var current = history.Activity(instance.Window.StartDay, MemberHistory.Until(instance.Window, throughDay)).Of(instance.Metric);
            if (current != instance.Current)
            {
                _instances[i] = instance.Counted(current);
                _instancesChanged = true;
            }
        }
    }

    /// <summary>The window an instance would have that is made on <paramref name="day"/>, or <see langword="null"/> when none can be made.</summary>
    private static Window? WindowOf(Mission mission, in MemberStanding member, int day)
    {
        switch (mission.WindowKind)
        {
            case MissionWindowKind.Fixed:
                return mission.Dates.Contains(day) ? mission.Dates : null;
            case MissionWindowKind.Every:
                var start = EveryStart(mission, member, day);
                return new Window(start, start > DateOnly.MaxValue.DayNumber - mission.Days ? Window.NoEnd : start + mission.Days);
            default:
                return member.Window;
        }
    }

    private static int EveryStart(Mission mission, in MemberStanding member, int day) =>
        day - ((day - member.AchievedDay) % mission.Days);

    /// <summary>The next date after <paramref name="day"/> on which the calendar alone can change something.</summary>
    private int NextDay(in MemberStanding member, int day)
    {
        var next = _tiers.Mode == TierMode.Checkpoints && member.Window.EndDay > day ? member.Window.EndDay : int.MaxValue;
        foreach (var instance in _instances)
        {
            if (instance.Status == MissionStatus.Active && instance.Window.EndDay > day)
            {
                next = Math.Min(next, instance.Window.EndDay);
            }
        }

        if (_missions.Length == 0)
        {
            return next;
        }

        var level = _tiers.Ladder[member.Level].Name;
        foreach (var mission in _missions)
        {
            if (!mission.IsFor(level))
            {
                continue;
            }

            if (mission.WindowKind == MissionWindowKind.Fixed && mission.Dates.StartDay > day)
            {
                next = Math.Min(next, mission.Dates.StartDay);
            }
            else if (mission.WindowKind == MissionWindowKind.Every)
            {
                next = Math.Min(next, EveryStart(mission, member, day) + mission.Days);
            }
        }

        return next;
    }
}

/// <summary>A member after a review.</summary>
public readonly struct ReviewResult
{
    internal ReviewResult(in MemberStanding standing, IReadOnlyList<MissionInstance> instances, int nextDueDay)
    {
        Standing = standing;
        Instances = instances;
        NextDueDay = nextDueDay;
    }

    /// <summary>Where the member stands.</summary>
    public MemberStanding Standing { get; }

    /// <summary>All instances the member ever had of any mission, in the order in which they were made.</summary>
    public IReadOnlyList<MissionInstance> Instances { get; }

    /// <summary>The next date on which a review can change something if no data comes in; <see langword="null"/> if there is none.</summary>
    public DateOnly? NextDue => NextDueDay > DateOnly.MaxValue.DayNumber ? null : DateOnly.FromDayNumber(NextDueDay);

    internal int NextDueDay { get; }
}
