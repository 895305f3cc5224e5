using System.Text.Json.Serialization;
using Loyalty.Checkpoints;

namespace Loyalty.Tiers;

/// <summary>What a review decided about a member.</summary>
public enum DecisionKind
{
    /// <summary>Moved to a higher level.</summary>
    Promoted,

    /// <summary>Stayed on the level at a checkpoint.</summary>
    Kept,

    /// <summary>Moved to a lower level at a checkpoint.</summary>
    Demoted,

    /// <summary>Below the level at a checkpoint; the demotion is put off by the grace.</summary>
    GraceStarted,
}

/// <summary>One decision about a member's level, with everything it was made from.</summary>
/// <remarks>
/// Immutable, and never rewritten by later data. Amounts are in the metric of the program that decided: minor units for sales, a count
/// for units. The words for the kinds in files are <c>promoted</c>, <c>kept</c>, <c>demoted</c> and <c>grace-started</c>.
/// </remarks>
public sealed class Decision
{
    internal Decision(
        DateOnly date,
        DecisionKind kind,
        TierLevel before,
        TierLevel after,
        Window measured,
        long activity,
        long adjustments,
        Window next,
        TierProgram program)
    {
        Date = date;
        Kind = kind;
        LevelBefore = before.Name;
        LevelAfter = after.Name;
        ThresholdBefore = before.Threshold;
        ThresholdAfter = after.Threshold;
        Measured = measured;
        ValueFromActivity = activity;
        ValueFromAdjustments = adjustments;
        Value = checked(activity + adjustments);
        NextWindow = next;
        Metric = program.Metric;
        IsLifetime = program.Mode == TierMode.Lifetime;
        ProgramVersion = program.Version;
    }

    private Decision(Decision other, bool hasLaterData)
        : this(other.Date, other.Kind, other.LevelBefore, other.LevelAfter, other.ThresholdBefore, other.ThresholdAfter, other.Measured,
            other.ValueFromActivity, other.ValueFromAdjustments, other.NextWindow, other.Metric, other.IsLifetime, other.ProgramVersion,
            hasLaterData)
    {
    }

    /// <summary>Creates a decision from what a store kept of it.</summary>
    /// <param name="date">The date reviewed.</param>
    /// <param name="kind">What was decided.</param>
    /// <param name="levelBefore">The name of the level before.</param>
    /// <param name="levelAfter">The name of the level after.</param>
    /// <param name="thresholdBefore">The threshold of the level before, at least 0.</param>
    /// <param name="thresholdAfter">The threshold of the level after, at least 0.</param>
    /// <param name="measured">The dates that were measured.</param>
    /// <param name="valueFromActivity">The part of the value that came from activity.</param>
    /// <param name="valueFromAdjustments">The part of the value that came from adjustments.</param>
    /// <param name="nextWindow">The member's window after the decision.</param>
    /// <param name="metric"><see cref="Activities.Metric.Sales"/> or <see cref="Activities.Metric.Units"/>.</param>
    /// <param name="isLifetime">Whether the value was the lifetime total.</param>
    /// <param name="programVersion">The version of the tier program that decided.</param>
    /// <param name="hasLaterData">Whether data dated in the measured window changed after the decision was recorded.</param>
    /// <exception cref="ArgumentException">The values are no decision; the message says which does not fit.</exception>
    /// <exception cref="OverflowException">The value leaves the range of <see cref="long"/>.</exception>
    [JsonConstructor]
    public Decision(
        DateOnly date,
        DecisionKind kind,
        string levelBefore,
        string levelAfter,
        long thresholdBefore,
        long thresholdAfter,
        Window measured,
        long valueFromActivity,
        long valueFromAdjustments,
        Window nextWindow,
        Activities.Metric metric,
        bool isLifetime,
        string programVersion,
        bool hasLaterData)
    {
        ArgumentException.ThrowIfNullOrEmpty(levelBefore);
        ArgumentException.ThrowIfNullOrEmpty(levelAfter);
        ArgumentNullException.ThrowIfNull(programVersion);
        ArgumentOutOfRangeException.ThrowIfNegative(thresholdBefore);
        ArgumentOutOfRangeException.ThrowIfNegative(thresholdAfter);
        if (!Enum.IsDefined(kind) || metric is not (Activities.Metric.Sales or Activities.Metric.Units))
        {
            throw new ArgumentException($"There is no decision of kind {(int)kind} by the metric {(int)metric}.", nameof(kind));
        }

        if (!measured.HasEnd || measured.EndDay == 0 || nextWindow.EndDay == 0)
        {
            throw new ArgumentException($"A decision measures a window that ends and opens one, not {measured} and {nextWindow}.", nameof(measured));
        }

        Date = date;
        Kind = kind;
        LevelBefore = levelBefore;
        LevelAfter = levelAfter;
        ThresholdBefore = thresholdBefore;
        ThresholdAfter = thresholdAfter;
        Measured = measured;
        ValueFromActivity = valueFromActivity;
        ValueFromAdjustments = valueFromAdjustments;
        Value = checked(valueFromActivity + valueFromAdjustments);
        NextWindow = nextWindow;
        Metric = metric;
        IsLifetime = isLifetime;
        ProgramVersion = programVersion;
        HasLaterData = hasLaterData;
    }

    /// <summary>The date reviewed.</summary>
    public DateOnly Date { get; }

    /// <summary>What was decided.</summary>
    public DecisionKind Kind { get; }

    /// <summary>The name of the level before.</summary>
    public string LevelBefore { get; }

    /// <summary>The name of the level after; the same as before when the level was kept or grace started.</summary>
    public string LevelAfter { get; }

    /// <summary>The threshold of the level before.</summary>
    public long ThresholdBefore { get; }

    /// <summary>The threshold of the level after.</summary>
    public long ThresholdAfter { get; }

    /// <summary>The dates that were measured, half-open; for a promotion between checkpoints they end the day after <see cref="Date"/>.</summary>
    public Window Measured { get; }

    /// <summary>The value that decided: activity plus adjustments.</summary>
    public long Value { get; }

    /// <summary>The part of the value that came from activity.</summary>
    public long ValueFromActivity { get; }

    /// <summary>The part of the value that came from adjustments.</summary>
    public long ValueFromAdjustments { get; }

    /// <summary>The member's window after the decision.</summary>
    public Window NextWindow { get; }

    /// <summary>What was measured: sales or units.</summary>
    public Activities.Metric Metric { get; }

    /// <summary>Whether the value was the lifetime total, which reaches back before the joined date.</summary>
    public bool IsLifetime { get; }

    /// <summary>The version of the tier program that decided.</summary>
    public string ProgramVersion { get; }

    /// <summary>
    /// Whether data dated in the measured window changed after the decision was recorded. The decision stands; its value can no longer be
    /// recomputed from the activity known now.
    /// </summary>
    public bool HasLaterData { get; }

    /// <summary>
    /// The achieved-on date when the decision changed the level: the date of a promotion between checkpoints, the end of the window at a
    /// checkpoint, also when it was looked at later because no date between was under rules with checkpoints.
    /// </summary>
    internal int AchievedDay => Math.Min(Date.DayNumber, Measured.EndDay);

    /// <summary>The same decision, marked: data dated in its window has changed since.</summary>
    public Decision WithLaterData() => HasLaterData ? this : new Decision(this, hasLaterData: true);

    /// <summary>Whether a change of data dated <paramref name="date"/> changes what the value would be now.</summary>
    public bool Covers(DateOnly date) => Covers(date.DayNumber);

    /// <inheritdoc cref="Covers(DateOnly)"/>
    internal bool Covers(int day) => day < Measured.EndDay && (IsLifetime || day >= Measured.StartDay);

    /// <summary>The decision on one line, for debugging.</summary>
    public override string ToString() => $"{Date:O} {Kind}: {LevelBefore} → {LevelAfter}, {Value} in {Measured}";
}
