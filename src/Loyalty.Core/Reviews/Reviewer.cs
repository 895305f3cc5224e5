using System.Runtime.CompilerServices;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Tiers;

namespace Loyalty.Reviews;

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
    private readonly MissionTracker _missions;
    private MemberHistory _history = new();

    // How many activities and adjustments are dated on the date under review or before, and before the window's start.
    private int _activities;
    private int _adjustments;
    private int _activitiesBeforeWindow;
    private int _adjustmentsBeforeWindow;

    /// <summary>Creates a reviewer for a program.</summary>
    /// <param name="tiers">The tiers.</param>
    /// <param name="missions">The missions, in the order in which they are looked at.</param>
    public Reviewer(TierProgram tiers, IReadOnlyList<Mission> missions)
    {
        ArgumentNullException.ThrowIfNull(tiers);
        ArgumentNullException.ThrowIfNull(missions);
        _tiers = tiers;
        _missions = new MissionTracker(tiers.Ladder, missions);
    }

    internal TierProgram Tiers => _tiers;

    /// <summary>Reviews one member from the first date not yet reviewed through <paramref name="through"/>, in order.</summary>
    /// <param name="standing">The member before the review.</param>
    /// <param name="instances">The member's mission instances before the review.</param>
    /// <param name="history">The member's activity and adjustments as known now; it is sealed.</param>
    /// <param name="through">The last date to review. When it was reviewed before, only missions are settled once more.</param>
    /// <param name="decisions">Receives the decisions, in order of date.</param>
    /// <returns>The member after the review; the same instances when nothing about them changed.</returns>
    /// <exception cref="OverflowException">A value leaves the range of <see cref="long"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
        _history = history;
        _missions.Begin(instances, history);

        var throughDay = through.DayNumber;
        var member = standing;
        var day = member.ReviewedThroughDay + 1;
        MeasureFrom(member.Window.StartDay);

        // A member who joins later can have data dated before joining, which counts in lifetime totals from its own date on.
        _activities = history.ActivitiesBefore(Math.Min(day, throughDay + 1));
        _adjustments = history.AdjustmentsBefore(Math.Min(day, throughDay + 1));
        while (day <= throughDay)
        {
            Advance(day);
            while (member.Window.EndDay <= day && _tiers.Mode == TierMode.Checkpoints)
            {
                member = Checkpoint(member, day, decisions);
            }

            member = Promote(member, day, decisions);
            _missions.Review(member, day, _activities);
            var next = Math.Min(NextDay(member, day), NextDayWithData());
            if (next > throughDay)
            {
                break;
            }

            day = next;
        }

        Advance(throughDay);
        instances = _missions.End(throughDay, _activities);
        var isReviewed = throughDay > member.ReviewedThroughDay;
        var result = isReviewed ? member.Reviewed(throughDay) : member;

        // When no date was reviewed, what came in counts on the next one that is.
        var due = Math.Min(isReviewed ? NextDay(result, throughDay) : member.ReviewedThroughDay + 1, NextDayWithData());
        return new ReviewResult(result, instances, due);
    }

    /// <summary>Measures the window that has ended and opens the next one.</summary>
    private MemberStanding Checkpoint(in MemberStanding member, int day, ICollection<Decision> decisions)
    {
        var ladder = _tiers.Ladder;
        var measured = member.Window;
        var end = measured.EndDay;
        var activity = _history.Sum(_tiers.Metric, _activitiesBeforeWindow, _history.ActivitiesBefore(end));
        var adjustments = _history.SumAdjustments(_tiers.Metric, _adjustmentsBeforeWindow, _history.AdjustmentsBefore(end));
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
            MeasureFrom(end);
        }

        decisions.Add(new Decision(
            DateOnly.FromDayNumber(day), kind, ladder[member.Level], ladder[after], measured, activity, adjustments, result.Window, _tiers));
        return result;
    }

    /// <summary>
    /// Promotes between checkpoints when the value up to <paramref name="day"/> reaches a higher level; under
    /// <see cref="PromotionRule.AtCheckpoint"/> only members who have no checkpoint.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private MemberStanding Promote(in MemberStanding member, int day, ICollection<Decision> decisions)
    {
        var lifetime = _tiers.Mode == TierMode.Lifetime;
        if (!lifetime && _tiers.Promotion == PromotionRule.AtCheckpoint && member.Level > 0 && member.Window.HasEnd)
        {
            return member;
        }

        var activity = _history.Sum(_tiers.Metric, lifetime ? 0 : _activitiesBeforeWindow, _activities);
        var adjustments = _history.SumAdjustments(_tiers.Metric, lifetime ? 0 : _adjustmentsBeforeWindow, _adjustments);
        var earned = _tiers.Ladder.HighestReached(checked(activity + adjustments));
        if (earned <= member.Level)
        {
            return member;
        }

        var window = lifetime ? member.Window : NextWindow(earned, day + 1, member.JoinedDay, day);
        var measured = new Window(lifetime ? member.JoinedDay : member.Window.StartDay, day + 1);
        decisions.Add(new Decision(
            DateOnly.FromDayNumber(day), DecisionKind.Promoted, _tiers.Ladder[member.Level], _tiers.Ladder[earned], measured, activity,
            adjustments, window, _tiers));
        MeasureFrom(window.StartDay);
        return member.On(earned, day, window, inGrace: false);
    }

    private Window NextWindow(int level, int start, int joined, int achieved) =>
        new(start, level == 0 ? Window.NoEnd : _tiers.Schedule!.NextAfter(start, joined, achieved));

    private void MeasureFrom(int startDay)
    {
        _activitiesBeforeWindow = _history.ActivitiesBefore(startDay);
        _adjustmentsBeforeWindow = _history.AdjustmentsBefore(startDay);
    }

    /// <summary>Counts what is dated on <paramref name="day"/> or before.</summary>
    private void Advance(int day)
    {
        var days = _history.Days;
        while (_activities < days.Length && days[_activities] <= day)
        {
            _activities++;
        }

        days = _history.AdjustmentDays;
        while (_adjustments < days.Length && days[_adjustments] <= day)
        {
            _adjustments++;
        }
    }

    /// <summary>The first date after the one under review with an activity or an adjustment.</summary>
    private int NextDayWithData()
    {
        var days = _history.Days;
        var adjustmentDays = _history.AdjustmentDays;
        return Math.Min(
            _activities < days.Length ? days[_activities] : int.MaxValue,
            _adjustments < adjustmentDays.Length ? adjustmentDays[_adjustments] : int.MaxValue);
    }

    /// <summary>The next date after <paramref name="day"/> on which the calendar alone can change something.</summary>
    private int NextDay(in MemberStanding member, int day)
    {
        var next = _tiers.Mode == TierMode.Checkpoints && member.Window.EndDay > day ? member.Window.EndDay : int.MaxValue;
        return Math.Min(next, _missions.NextDay(member, day));
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
