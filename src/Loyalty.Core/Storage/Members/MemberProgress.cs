using System.Runtime.CompilerServices;
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
    /// <summary>Describes a member's progress under a program.</summary>
    /// <param name="handle">The member's handle.</param>
    /// <param name="standing">Where the member stands.</param>
    /// <param name="totals">The member's sums up to the as-of date.</param>
    /// <param name="tiers">The tiers of the program.</param>
    /// <exception cref="OverflowException">The value leaves the range of <see cref="long"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public MemberProgress(string handle, MemberStanding standing, MemberTotals totals, TierProgram tiers)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(tiers);
        var ladder = tiers.Ladder;
        Handle = handle;
        Standing = standing;
        Totals = totals;
        Level = ladder[standing.Level];
        (ValueFromActivity, ValueFromAdjustments) = PartsOf(totals, tiers);
        Value = checked(ValueFromActivity + ValueFromAdjustments);
        NextLevel = standing.Level + 1 < ladder.Count ? ladder[standing.Level + 1] : null;
        ToNextLevel = NextLevel is null ? null : Missing(NextLevel);
        ToStay = tiers.CanBeLost(standing.Level) ? Missing(Level) : 0;
        LevelIfClosedNow = ladder[tiers.LevelAtCheckpoint(standing.Level, Value)];
        MetricWindowAdjustments = totals.WindowAdjustments.Of(tiers.Metric);
        MetricLifetimeAdjustments = totals.LifetimeAdjustments.Of(tiers.Metric);
    }

    /// <summary>Creates a progress from all that it says.</summary>
    internal MemberProgress(StoredProgress stored)
    {
        (Handle, Standing, Totals, Level) = (stored.Handle, stored.Standing, stored.Totals, stored.Level);
        (Value, ValueFromActivity, ValueFromAdjustments) = (stored.Value, stored.ValueFromActivity, stored.ValueFromAdjustments);
        (NextLevel, ToNextLevel, ToStay, LevelIfClosedNow) = (stored.NextLevel, stored.ToNextLevel, stored.ToStay, stored.LevelIfClosedNow);
        (MetricWindowAdjustments, MetricLifetimeAdjustments) = (stored.MetricWindowAdjustments, stored.MetricLifetimeAdjustments);
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
    public long Value { get; }

    /// <summary>The part of the value that came from activity.</summary>
    public long ValueFromActivity { get; }

    /// <summary>The part of the value that came from adjustments.</summary>
    public long ValueFromAdjustments { get; }

    /// <summary>The level above the present one, or <see langword="null"/> on the highest.</summary>
    public TierLevel? NextLevel { get; }

    /// <summary>What is missing to the next level, 0 when its threshold is reached; <see langword="null"/> on the highest.</summary>
    public long? ToNextLevel { get; }

    /// <summary>What is missing to stay on the level; 0 where it cannot be lost.</summary>
    public long ToStay { get; }

    /// <summary>The level the member would get if the window closed now, grace aside.</summary>
    public TierLevel LevelIfClosedNow { get; }

    /// <summary>The adjustments in the window, in the program's metric.</summary>
    public long MetricWindowAdjustments { get; }

    /// <summary>All adjustments up to the as-of date, in the program's metric.</summary>
    public long MetricLifetimeAdjustments { get; }

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
        var (activity, adjustments) = PartsOf(totals, tiers);
        _ = checked(activity + adjustments);
    }

    private static (long Activity, long Adjustments) PartsOf(in MemberTotals totals, TierProgram tiers)
    {
        var lifetime = tiers.Mode == TierMode.Lifetime;
        return (
            (lifetime ? totals.Lifetime : totals.Window).Of(tiers.Metric),
            (lifetime ? totals.LifetimeAdjustments : totals.WindowAdjustments).Of(tiers.Metric));
    }

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
    IReadOnlyList<MissionInstance> Missions);

/// <summary>What a store holds.</summary>
/// <param name="Program">The program of the last run.</param>
/// <param name="AsOf">The date through which members were reviewed.</param>
/// <param name="Members">The number of members.</param>
/// <param name="Activities">The number of activities.</param>
/// <param name="Adjustments">The number of adjustments.</param>
public sealed record StoreStatus(LoyaltyProgram Program, DateOnly AsOf, long Members, long Activities, long Adjustments);
