using System.Globalization;
using System.Text;
using Loyalty.Activities;
using Loyalty.Programs;

namespace Loyalty.Testing.Members;

/// <summary>An activity in short form.</summary>
internal sealed record Video(string Handle, string Key, int Day, long Sales, int Units = 1, long Views = 10, string Title = "t", string Ctr = "1%", int Likes = 2)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Handle}/{Key}@{Day}:{Sales}/{Units}/{Views}/{Title}");
}

/// <summary>An adjustment in short form.</summary>
internal sealed record Correction(string Id, string Handle, int Day, long Sales, long Units = 0, string Reason = "r")
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id}:{Handle}@{Day}:{Sales}/{Units}/{Reason}");
}

/// <summary>What tests feed stores with; days count from 2025-01-01.</summary>
internal static class Given
{
    public static DateOnly Start { get; } = new(2025, 1, 1);

    public static DateOnly Date(int day) => Start.AddDays(day);

    /// <summary>Programs that differ in every rule that a store could get wrong.</summary>
    public static LoyaltyProgram Program(string tenant, int variant = 0, string currency = "USD")
    {
        var (tiers, missions) = (variant % 6) switch
        {
            0 => ("""{ "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 1, "anchor": "tier-achieved" }, "promotion": "immediate", "demotion": "earned-level", "graceDays": 0, "levels": [ {"name":"Bronze","threshold":0}, {"name":"Silver","threshold":10}, {"name":"Gold","threshold":20} ] }""",
                """[ { "id": "m1", "metric": "videos", "target": 2, "window": { "kind": "checkpoint" } }, { "id": "ä-fixed", "metric": "sales", "target": 15, "window": { "kind": "fixed", "start": "2025-01-10", "end": "2025-02-20" } } ]"""),
            1 => ("""{ "metric": "sales", "mode": "checkpoints", "checkpoint": { "days": 20, "anchor": "joined" }, "promotion": "at-checkpoint", "demotion": "one-level", "graceDays": 7, "levels": [ {"name":"Bronze","threshold":0}, {"name":"Silver","threshold":10}, {"name":"Gold","threshold":20,"protected":true} ] }""",
                """[ { "id": "m1", "metric": "views", "target": 30, "window": { "kind": "every", "days": 9 } } ]"""),
            2 => ("""{ "metric": "units", "mode": "lifetime", "levels": [ {"name":"Bronze","threshold":0}, {"name":"Silver","threshold":3}, {"name":"Gold","threshold":6} ] }""",
                "[]"),
            3 => ("""{ "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 1, "anchor": "calendar", "calendarStart": "01-15" }, "promotion": "immediate", "demotion": "earned-level", "graceDays": 10, "levels": [ {"name":"Bronze","threshold":0}, {"name":"Tin","threshold":5}, {"name":"Silver","threshold":10}, {"name":"Gold","threshold":20} ] }""",
                """[ { "id": "m1", "metric": "likes", "target": 5, "window": { "kind": "checkpoint" }, "levels": ["Silver"] }, { "id": "m2", "metric": "units", "target": 2, "window": { "kind": "every", "days": 14 } } ]"""),
            4 => ("""{ "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 1, "anchor": "tier-achieved" }, "promotion": "immediate", "demotion": "never", "levels": [ {"name":"Bronze","threshold":0}, {"name":"Silver","threshold":12}, {"name":"Gold","threshold":20} ] }""",
                "[]"),
            _ => ("""{ "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 2, "anchor": "tier-achieved" }, "promotion": "immediate", "demotion": "earned-level", "levels": [ {"name":"Bronze","threshold":0}, {"name":"Gold","threshold":20} ] }""",
                "[]"),
        };
        return LoyaltyProgram.Parse(
            $$"""{ "tenant": "{{tenant}}", "currency": "{{currency}}", "timeZone": "UTC", "tiers": {{tiers}}, "missions": {{missions}} }""");
    }

    public static ActivityBatch Batch(IEnumerable<Video> videos)
    {
        var batch = new ActivityBatch();
        foreach (var video in videos)
        {
            batch.Add(new Activity
            {
                Handle = Encoding.UTF8.GetBytes(video.Handle),
                Key = Encoding.UTF8.GetBytes(video.Key),
                Date = Date(video.Day),
                Sales = video.Sales,
                Units = video.Units,
                Views = video.Views,
                Likes = video.Likes,
                Comments = 1,
                ClickThroughRate = Encoding.UTF8.GetBytes(video.Ctr),
                Title = Encoding.UTF8.GetBytes(video.Title),
                Url = Encoding.UTF8.GetBytes($"https://www.tiktok.com/@{video.Handle}/video/{video.Key}"),
            });
        }

        return batch;
    }

    public static Adjustment Adjustment(Correction c) => new(c.Id, c.Handle, Date(c.Day), c.Sales, c.Units, c.Reason);
}
