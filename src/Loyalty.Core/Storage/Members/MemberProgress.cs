using System.Text.Json.Serialization;
using Loyalty.Activities;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>A member's sums, all up to one as-of date.</summary>
/// <param name="Lifetime">All activity.</param>
/// <param name="Window">The activity dated in the member's window.</param>
/// <param name="LifetimeAdjustments">All adjustments.</param>
/// <param name="WindowAdjustments">The adjustments dated in the member's window.</param>
public readonly record struct MemberTotals(
    ActivityTotals Lifetime, ActivityTotals Window, AdjustmentTotals LifetimeAdjustments, AdjustmentTotals WindowAdjustments);

/// <summary>A member's progress: one row, read without aggregation.</summary>
/// <remarks>Immutable. Amounts are in the program's metric: minor units of the currency for sales, a count for units.</remarks>
[JsonConverter(typeof(MemberProgressConverter))]
public sealed class MemberProgress
{
    // Exactly one of them is there. What follows from tiers and sums is not kept: there may be a million of these.
    private readonly TierProgram? _tiers;
    private readonly StoredProgress? _stored;

    /// <summary>Describes a member's progress under a program.</summary>
    /// <param name="handle">The member's handle.</param>
    /// <param name="standing">Where the member stands.</param>
    /// <param name="totals">The member's sums up to the as-of date.</param>
    /// <param name="tiers">The tiers of the program.</param>
    /// <exception cref="OverflowException">The value leaves the range of <see cref="long"/>.</exception>
    public MemberProgress(string handle, MemberStanding standing, MemberTotals totals, TierProgram tiers)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(tiers);
        CheckValue(totals, tiers);
        Handle = handle;
        Standing = standing;
        Totals = totals;
        _tiers = tiers;
        Level = tiers.Ladder[standing.Level];
    }

    /// <summary>Creates a progress from all that it says.</summary>
    internal MemberProgress(StoredProgress stored)
    {
        (Handle, Standing, Totals, Level) = (stored.Handle, stored.Standing, stored.Totals, stored.Level);
        _stored = stored;
    }

    /// <summary>The member's handle.</summary>
    public string Handle { get; }

    /// <summary>Where the member stands: level, since when, window.</summary>
    public MemberStanding Standing { get; }

    /// <summary>The member's sums up to the as-of date.</summary>
    public MemberTotals Totals { get; }

    /// <summary>The present level.</summary>
    public TierLevel Level { get; }

    /// <summary>What the level is measured by: the window's metric plus adjustments, or the lifetime's in mode lifetime.</summary>
    public long Value => _stored?.Value ?? ValueFromActivity + ValueFromAdjustments;

    /// <summary>The part of the value that came from activity.</summary>
    public long ValueFromActivity => _stored?.ValueFromActivity ?? ActivityOf(Totals, _tiers!);

    /// <summary>The part of the value that came from adjustments.</summary>
    public long ValueFromAdjustments => _stored?.ValueFromAdjustments ?? AdjustmentsOf(Totals, _tiers!);

    /// <summary>The level above the present one, or <see langword="null"/> on the highest.</summary>
    public TierLevel? NextLevel => _stored is not null ? _stored.NextLevel
        : Standing.Level + 1 < _tiers!.Ladder.Count ? _tiers.Ladder[Standing.Level + 1]
        : null;

    /// <summary>What is missing to the next level, 0 when its threshold is reached; <see langword="null"/> on the highest.</summary>
    public long? ToNextLevel => _stored is not null ? _stored.ToNextLevel : NextLevel is { } next ? Missing(next) : null;

    /// <summary>What is missing to stay on the level; 0 where it cannot be lost.</summary>
    public long ToStay => _stored?.ToStay ?? (_tiers!.CanBeLost(Standing.Level) ? Missing(Level) : 0);

    /// <summary>The level the member would get if the window closed now, grace aside.</summary>
    public TierLevel LevelIfClosedNow => _stored is not null ? _stored.LevelIfClosedNow : _tiers!.Ladder[_tiers.LevelAtCheckpoint(Standing.Level, Value)];

    /// <summary>The adjustments in the window, in the program's metric.</summary>
    public long MetricWindowAdjustments => _stored?.MetricWindowAdjustments ?? Totals.WindowAdjustments.Of(_tiers!.Metric);

    /// <summary>All adjustments up to the as-of date, in the program's metric.</summary>
    public long MetricLifetimeAdjustments => _stored?.MetricLifetimeAdjustments ?? Totals.LifetimeAdjustments.Of(_tiers!.Metric);

    /// <summary>The same standing and sums seen with other tiers; the level is found by its name.</summary>
    /// <exception cref="ArgumentException">The tiers have no level of that name.</exception>
    public MemberProgress Under(TierProgram tiers)
    {
        ArgumentNullException.ThrowIfNull(tiers);
        var level = tiers.Ladder.IndexOf(Level.Name);
        return level < 0
            ? throw new ArgumentException($"The tiers have no level '{Level.Name}'.", nameof(tiers))
            : new MemberProgress(Handle, Standing.Ranked(level), Totals, tiers);
    }

    /// <summary>Handle, level and value on one line, for debugging.</summary>
    public override string ToString() => $"{Handle}: {Level}, {Value}";

    /// <summary>Refuses totals whose value could not be shown.</summary>
    /// <exception cref="OverflowException">The value leaves the range of <see cref="long"/>.</exception>
    internal static void CheckValue(in MemberTotals totals, TierProgram tiers)
    {
        _ = checked(ActivityOf(totals, tiers) + AdjustmentsOf(totals, tiers));
    }

    private static long ActivityOf(in MemberTotals totals, TierProgram tiers) =>
        (tiers.Mode == TierMode.Lifetime ? totals.Lifetime : totals.Window).Of(tiers.Metric);

    private static long AdjustmentsOf(in MemberTotals totals, TierProgram tiers) =>
        (tiers.Mode == TierMode.Lifetime ? totals.LifetimeAdjustments : totals.WindowAdjustments).Of(tiers.Metric);

    private long Missing(TierLevel level)
    {
        // A value far below zero against a high threshold still has an answer.
        var missing = (Int128)level.Threshold - Value;
        return missing <= 0 ? 0 : (long)Int128.Min(missing, long.MaxValue);
    }
}

/// <summary>A mission instance and whose it is.</summary>
/// <param name="Handle">The member's handle.</param>
/// <param name="Instance">The instance.</param>
public sealed record MemberMission(string Handle, MissionInstance Instance);

/// <summary>A member with everything that was decided.</summary>
/// <param name="Program">The program that applied last.</param>
/// <param name="AsOf">The date the member is shown at.</param>
/// <param name="Progress">Where the member stands.</param>
/// <param name="Decisions">Every decision through the date, in order.</param>
/// <param name="Missions">Every mission instance, in order of mission and window start.</param>
public sealed record MemberDetail(
    LoyaltyProgram Program,
    DateOnly AsOf,
    MemberProgress Progress,
    IReadOnlyList<Decision> Decisions,
    IReadOnlyList<MissionInstance> Missions)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(MemberDetail), PrintMembers);
}

/// <summary>What a store holds.</summary>
/// <param name="Program">The program of the last run.</param>
/// <param name="AsOf">The date through which members were reviewed.</param>
/// <param name="Members">The number of members.</param>
/// <param name="Activities">The number of activities.</param>
/// <param name="Adjustments">The number of adjustments.</param>
public sealed record StoreStatus(LoyaltyProgram Program, DateOnly AsOf, long Members, long Activities, long Adjustments)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(StoreStatus), PrintMembers);
}
