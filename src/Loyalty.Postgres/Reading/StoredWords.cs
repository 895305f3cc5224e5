using Loyalty.Activities;
using Loyalty.Missions;
using Loyalty.Storage;
using Loyalty.Tiers;

namespace Loyalty.Postgres.Reading;

/// <summary>The words that stand in tables for what has a name in the code.</summary>
internal static class StoredWords
{
    public static string Of(DecisionKind kind) => kind switch
    {
        Tiers.DecisionKind.Promoted => "promoted",
        Tiers.DecisionKind.Kept => "kept",
        Tiers.DecisionKind.Demoted => "demoted",
        _ => "grace-started",
    };

    public static DecisionKind DecisionKind(string word) => word switch
    {
        "promoted" => Tiers.DecisionKind.Promoted,
        "kept" => Tiers.DecisionKind.Kept,
        "demoted" => Tiers.DecisionKind.Demoted,
        "grace-started" => Tiers.DecisionKind.GraceStarted,
        _ => throw Unknown("kind of decision", word),
    };

    public static string Of(Metric metric) => metric switch
    {
        Activities.Metric.Sales => "sales",
        Activities.Metric.Units => "units",
        Activities.Metric.Videos => "videos",
        Activities.Metric.Views => "views",
        Activities.Metric.Likes => "likes",
        _ => "comments",
    };

    public static Metric Metric(string word) => word switch
    {
        "sales" => Activities.Metric.Sales,
        "units" => Activities.Metric.Units,
        "videos" => Activities.Metric.Videos,
        "views" => Activities.Metric.Views,
        "likes" => Activities.Metric.Likes,
        "comments" => Activities.Metric.Comments,
        _ => throw Unknown("metric", word),
    };

    public static string Of(MissionStatus status) => status switch
    {
        Missions.MissionStatus.Active => "active",
        Missions.MissionStatus.Completed => "completed",
        _ => "expired",
    };

    public static MissionStatus MissionStatus(string word) => word switch
    {
        "active" => Missions.MissionStatus.Active,
        "completed" => Missions.MissionStatus.Completed,
        "expired" => Missions.MissionStatus.Expired,
        _ => throw Unknown("mission status", word),
    };

    private static StoreException Unknown(string what, string word) =>
        new(StoreFault.Damaged, $"The database holds the {what} '{word}', which this version does not know; update the library or restore a backup.");
}
