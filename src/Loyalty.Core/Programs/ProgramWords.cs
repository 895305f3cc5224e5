using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Points;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>The words that choices have in a program file; reader and writer use the same.</summary>
internal static class ProgramWords
{
    public static readonly (string Word, Metric Value)[] TierMetrics = [("sales", Metric.Sales), ("units", Metric.Units)];

    public static readonly (string Word, Metric Value)[] Metrics =
    [
        ("sales", Metric.Sales),
        ("units", Metric.Units),
        ("videos", Metric.Videos),
        ("views", Metric.Views),
        ("likes", Metric.Likes),
        ("comments", Metric.Comments),
    ];

    public static readonly (string Word, TierMode Value)[] TierModes = [("checkpoints", TierMode.Checkpoints), ("lifetime", TierMode.Lifetime)];

    public static readonly (string Word, PromotionRule Value)[] Promotions = [("immediate", PromotionRule.Immediate), ("at-checkpoint", PromotionRule.AtCheckpoint)];

    public static readonly (string Word, DemotionRule Value)[] Demotions =
        [("earned-level", DemotionRule.EarnedLevel), ("one-level", DemotionRule.OneLevel), ("never", DemotionRule.Never)];

    public static readonly (string Word, CheckpointAnchor Value)[] Anchors =
        [("tier-achieved", CheckpointAnchor.TierAchieved), ("joined", CheckpointAnchor.Joined), ("calendar", CheckpointAnchor.Calendar)];

    public static readonly (string Word, MissionWindowKind Value)[] MissionWindows =
        [("checkpoint", MissionWindowKind.Checkpoint), ("fixed", MissionWindowKind.Fixed), ("every", MissionWindowKind.Every)];

    public static readonly (string Word, ScoringModel Value)[] ScoringModels = [("thresholds", ScoringModel.Thresholds), ("quantiles", ScoringModel.Quantiles)];

    public static readonly (string Word, CutRule Value)[] CutRules = [("exact", CutRule.Exact), ("r-rfm", CutRule.RPackage)];

    public static readonly (string Word, PointsRounding Value)[] Roundings =
        [("down", PointsRounding.Down), ("nearest", PointsRounding.Nearest), ("up", PointsRounding.Up)];

    public static readonly (string Word, NegativeRule Value)[] NegativeRules = [("clamp", NegativeRule.Clamp), ("allow-negative", NegativeRule.AllowNegative)];

    public static readonly (string Word, RefundExcess Value)[] RefundExcesses = [("ignore", RefundExcess.Ignore), ("refuse", RefundExcess.Refuse)];

    public static readonly (string Word, ExpiryKind Value)[] Expiries =
        [("fixed", ExpiryKind.Fixed), ("calendar", ExpiryKind.Calendar), ("inactivity", ExpiryKind.Inactivity)];

    public static readonly (string Word, CalendarPeriod Value)[] Periods =
        [("month", CalendarPeriod.Month), ("quarter", CalendarPeriod.Quarter), ("year", CalendarPeriod.Year)];

    public static readonly (string Word, RewardKind Value)[] RewardKinds =
    [
        ("merchandise", RewardKind.Merchandise),
        ("event", RewardKind.Event),
        ("tasting", RewardKind.Tasting),
        ("wine-point-sale", RewardKind.WinePointSale),
        ("gift-card", RewardKind.GiftCard),
        ("discount", RewardKind.Discount),
        ("experience", RewardKind.Experience),
        ("boost", RewardKind.Boost),
    ];

    public static readonly (string Word, RewardLimitKind Value)[] LimitPeriods = [("week", RewardLimitKind.Week), ("month", RewardLimitKind.Month)];
}
