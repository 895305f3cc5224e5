using Loyalty.Activities;
using Loyalty.Checkpoints;

namespace Loyalty.Tiers;

/// <summary>What decides a member's level.</summary>
public enum TierMode
{
    /// <summary>The value of the checkpoint window; levels are reviewed at each checkpoint.</summary>
    Checkpoints,

    /// <summary>The lifetime total; promotion is immediate and nobody is ever demoted.</summary>
    Lifetime,
}

/// <summary>When members are promoted between checkpoints.</summary>
public enum PromotionRule
{
    /// <summary>On the first date on which the value reaches a higher level.</summary>
    Immediate,

    /// <summary>Only at a checkpoint; members of the entry level, which has none, are promoted at once.</summary>
    AtCheckpoint,
}

/// <summary>How far a member falls whose value at a checkpoint is below the present level.</summary>
public enum DemotionRule
{
    /// <summary>To the level that the value reaches; levels may be skipped.</summary>
    EarnedLevel,

    /// <summary>One level down.</summary>
    OneLevel,

    /// <summary>Not at all.</summary>
    Never,
}

/// <summary>The tiers of a program: how members are measured, promoted and demoted.</summary>
/// <remarks>Immutable. A program in mode <see cref="TierMode.Lifetime"/> has no schedule, and its other rules are without effect.</remarks>
public sealed class TierProgram
{
    /// <summary>Creates the rules.</summary>
    /// <param name="ladder">The levels.</param>
    /// <param name="metric"><see cref="Metric.Sales"/> or <see cref="Metric.Units"/>.</param>
    /// <param name="mode">What decides the level.</param>
    /// <param name="schedule">When checkpoints fall; required in mode <see cref="TierMode.Checkpoints"/>, ignored otherwise.</param>
    /// <param name="promotion">When members are promoted between checkpoints.</param>
    /// <param name="demotion">How far members fall.</param>
    /// <param name="graceDays">For how many days a demotion is put off; 0 or more, less than the checkpoint length (a month counts as 28 days).</param>
    /// <param name="version">What decisions name as the version of the rules; see <see cref="Version"/>.</param>
    /// <exception cref="ArgumentException">The rules do not fit together; the message says why.</exception>
    public TierProgram(
        TierLadder ladder,
        Metric metric,
        TierMode mode,
        CheckpointSchedule? schedule,
        PromotionRule promotion = PromotionRule.Immediate,
        DemotionRule demotion = DemotionRule.EarnedLevel,
        int graceDays = 0,
        string version = "")
    {
        ArgumentNullException.ThrowIfNull(ladder);
        ArgumentNullException.ThrowIfNull(version);
        if (metric is not (Metric.Sales or Metric.Units))
        {
            throw new ArgumentException("A tier program measures sales or units.", nameof(metric));
        }

        if (mode == TierMode.Checkpoints)
        {
            ArgumentNullException.ThrowIfNull(schedule);
            if (graceDays < 0 || graceDays >= schedule.Length.FewestDays)
            {
                throw new ArgumentException(
                    $"The grace must be at least 0 days and shorter than a checkpoint window ({schedule.Length}).", nameof(graceDays));
            }
        }

        Ladder = ladder;
        Metric = metric;
        Mode = mode;
        Schedule = mode == TierMode.Checkpoints ? schedule : null;
        Promotion = promotion;
        Demotion = demotion;
        GraceDays = mode == TierMode.Checkpoints ? graceDays : 0;
        Version = version;
    }

    /// <summary>The levels.</summary>
    public TierLadder Ladder { get; }

    /// <summary>Sales or units.</summary>
    public Metric Metric { get; }

    /// <summary>What decides a member's level.</summary>
    public TierMode Mode { get; }

    /// <summary>When checkpoints fall; <see langword="null"/> in mode <see cref="TierMode.Lifetime"/>.</summary>
    public CheckpointSchedule? Schedule { get; }

    /// <summary>When members are promoted between checkpoints.</summary>
    public PromotionRule Promotion { get; }

    /// <summary>How far members fall.</summary>
    public DemotionRule Demotion { get; }

    /// <summary>For how many days a demotion is put off.</summary>
    public int GraceDays { get; }

    /// <summary>
    /// The version that decisions carry: for a program read from JSON, the first 12 hexadecimal digits of the SHA-256 of its
    /// <c>tiers</c> section in canonical form (members sorted, no white space, numbers without needless digits).
    /// </summary>
    public string Version { get; }

    /// <summary>Whether a member on level <paramref name="level"/> can lose it: not the entry level, nor a protected one, nor under rules that never demote.</summary>
    public bool CanBeLost(int level) =>
        level > 0 && Mode == TierMode.Checkpoints && Demotion != DemotionRule.Never && !Ladder[level].IsProtected;

    /// <summary>The level a member on <paramref name="level"/> gets at a checkpoint with <paramref name="value"/>, grace aside.</summary>
    public int LevelAtCheckpoint(int level, long value)
    {
        var earned = Ladder.HighestReached(value);
        if (earned >= level)
        {
            return earned;
        }

        if (!CanBeLost(level))
        {
            return level;
        }

        return Demotion == DemotionRule.OneLevel ? level - 1 : earned;
    }
}
