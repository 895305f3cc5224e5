using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Reviews;
using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>Reviews members that a store has loaded, and says what to write: the same for every store.</summary>
/// <remarks>Not thread-safe; use one for each thread.</remarks>
public sealed class MemberReviewer
{
    private readonly Reviewer _reviewer;
    private readonly DateOnly _asOf;
    private readonly List<Decision> _decisions = [];

    /// <summary>Creates a reviewer for a run.</summary>
    /// <param name="program">The program that applies; it has tiers.</param>
    /// <param name="asOf">The date to review through.</param>
    /// <exception cref="ArgumentException">The program has no tiers.</exception>
    public MemberReviewer(LoyaltyProgram program, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (program.Tiers is not { } tiers)
        {
            throw new ArgumentException("The program has no tiers.", nameof(program));
        }

        _reviewer = new Reviewer(tiers, program.Missions);
        _asOf = asOf;
    }

    /// <summary>Reviews one member from the first date not yet reviewed through the date of the run.</summary>
    /// <param name="handle">The member's handle, for errors.</param>
    /// <param name="stored">Where the member stood; <see langword="null"/> for a new one, who joins on the date of the earliest activity.</param>
    /// <param name="missions">The member's mission instances, in the order in which they were made.</param>
    /// <param name="history">The member's activity and adjustments as known now; it is sealed.</param>
    /// <exception cref="ArgumentException">A new member has no activity.</exception>
    /// <exception cref="OverflowException">A total or value leaves the range of <see cref="long"/>; the message names the member.</exception>
    public MemberReview Review(string handle, MemberStanding? stored, IReadOnlyList<MissionInstance> missions, MemberHistory history)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(missions);
        ArgumentNullException.ThrowIfNull(history);
        try
        {
            history.Seal();
            if (stored is null && history.Days.IsEmpty)
            {
                throw new ArgumentException($"The new member '{handle}' has no activity.", nameof(history));
            }

            _decisions.Clear();
            var result = _reviewer.Review(stored ?? MemberStanding.New(history.Days[0]), missions, history, _asOf, _decisions);
            var totals = MemberAsOf.Sum(result.Standing, history, _asOf.DayNumber);
            MemberProgress.CheckValue(totals, _reviewer.Tiers);
            return new MemberReview(result.Standing, totals, result.NextDue, [.. _decisions], Changed(missions, result.Instances));
        }
        catch (OverflowException e)
        {
            throw new MemberOverflowException(handle, e);
        }
    }

    /// <summary>Instances are never taken away, and a review keeps their order: those beyond the old ones are new.</summary>
    private static ChangedMission[] Changed(IReadOnlyList<MissionInstance> before, IReadOnlyList<MissionInstance> after)
    {
        if (ReferenceEquals(before, after))
        {
            return [];
        }

        var changed = new List<ChangedMission>();
        for (var i = 0; i < after.Count; i++)
        {
            if (i >= before.Count || before[i].Status != after[i].Status || before[i].Current != after[i].Current)
            {
                changed.Add(new(i, after[i], after[i].Status == MissionStatus.Completed && (i >= before.Count || before[i].Status != MissionStatus.Completed)));
            }
        }

        return [.. changed];
    }
}

/// <summary>What a review of a member gave: what a store writes.</summary>
/// <param name="Standing">Where the member stands.</param>
/// <param name="Totals">The member's sums up to the date of the run.</param>
/// <param name="NextDue">The next date on which the member must be reviewed though nothing comes in; <see langword="null"/>: never.</param>
/// <param name="Decisions">The new decisions, to be appended in this order.</param>
/// <param name="Missions">The mission instances that are new or changed.</param>
public sealed record MemberReview(
    MemberStanding Standing, MemberTotals Totals, DateOnly? NextDue, IReadOnlyList<Decision> Decisions, IReadOnlyList<ChangedMission> Missions)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(MemberReview), PrintMembers);
}

/// <summary>A mission instance that a review made or changed.</summary>
/// <param name="Number">Its place among all instances of the member, from 0.</param>
/// <param name="Instance">The instance.</param>
/// <param name="IsCompleted">Whether it was completed by this review.</param>
public readonly record struct ChangedMission(int Number, MissionInstance Instance, bool IsCompleted);
