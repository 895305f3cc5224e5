using System.Globalization;
using System.Text;
using Loyalty.Activities;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Tests.Tiers;
using Loyalty.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>Drives a store as a host would, and shows what it holds as lines that a failure can print.</summary>
internal static class Drive
{
    public static SyncOutcome Sync(IMemberStore store, LoyaltyProgram program, Run run, int batchSize = int.MaxValue) =>
        RunAsync(store, program, run, batchSize).GetAwaiter().GetResult().Outcome;

    public static (SyncOutcome Outcome, int[] Rejected) SyncAll(IMemberStore store, LoyaltyProgram program, Run run, int batchSize = int.MaxValue) =>
        RunAsync(store, program, run, batchSize).GetAwaiter().GetResult();

    public static async Task<(SyncOutcome Outcome, int[] Rejected)> RunAsync(IMemberStore store, LoyaltyProgram program, Run run, int batchSize)
    {
        await using var session = await store.BeginRunAsync(program, run.AsOf);
        var rejected = await ApplyAsync(session, run, batchSize);
        var outcome = await session.ReviewAsync();
        await session.CommitAsync();
        return (outcome, rejected);
    }

    public static async Task<int[]> ApplyAsync(IMemberRun session, Run run, int batchSize = int.MaxValue)
    {
        var batch = new ActivityBatch();
        foreach (var video in run.Videos)
        {
            Add(batch, video);
            if (batch.Count >= batchSize)
            {
                await session.ApplyAsync(batch);
                batch.Clear();
            }
        }

        await session.ApplyAsync(batch);
        var rejected = new List<int>();
        for (var start = 0; start < run.Corrections.Length;)
        {
            var part = run.Corrections[start..(int)Math.Min(run.Corrections.Length, (long)start + batchSize)];
            var unknown = await session.ApplyAsync(
                [.. part.Select(c => new Adjustment(c.Id, c.Handle, c.Date, (long)(c.Sales * 100), c.Units, c.Reason))]);
            rejected.AddRange(unknown.Select(i => i + start));
            start += part.Length;
        }

        return [.. rejected];
    }

    public static void Add(ActivityBatch batch, Video video) => batch.Add(new Activity
    {
        Handle = Encoding.UTF8.GetBytes(video.Handle),
        Key = Encoding.UTF8.GetBytes(video.Key),
        Date = video.Date,
        Sales = (long)(video.Sales * 100),
        Units = video.Units,
        Views = video.Views,
        Likes = video.Likes,
        Comments = video.Comments,
        Title = Encoding.UTF8.GetBytes(video.Title),
        Url = Encoding.UTF8.GetBytes($"https://www.tiktok.com/@{video.Handle}/video/{video.Key}"),
    });

    /// <summary>The part of a snapshot that keeps the store, byte by byte.</summary>
    public static byte[] Bytes(InMemoryMemberStore store)
    {
        if (store.Program is null)
        {
            return [];
        }

        var stream = new MemoryStream();
        using (var writer = new SnapshotWriter(stream, bufferSize: 512))
        {
            SnapshotContent.Write(writer, store);
            writer.Seal();
        }

        return stream.ToArray();
    }

    public static InMemoryMemberStore Reload(byte[] bytes)
    {
        var reader = new SnapshotReader(new MemoryStream(bytes), bytes.Length - 32);
        var store = SnapshotContent.Read(reader);
        reader.End();
        return store;
    }

    /// <summary>Everything a store shows about its members, one line for each fact.</summary>
    public static List<string> Show(IMemberStore store)
    {
        var lines = new List<string>();
        foreach (var member in store.ReadMembersAsync().ToBlockingEnumerable())
        {
            var s = member.Standing;
            var t = member.Totals;
            lines.Add($"{member.Handle} {member.Level} joined {Day(s.Joined)} achieved {Day(s.AchievedOn)} [{Day(s.Window.Start)},{Day(s.Window.End)}) grace {s.InGrace} through {Day(s.ReviewedThrough)}");
            lines.Add($"{member.Handle} lifetime {Sums(t.Lifetime)} adj {t.LifetimeAdjustments.Sales} {t.LifetimeAdjustments.Units}");
            lines.Add($"{member.Handle} window {Sums(t.Window)} adj {t.WindowAdjustments.Sales} {t.WindowAdjustments.Units}");
            lines.Add($"{member.Handle} value {member.Value}={member.ValueFromActivity}+{member.ValueFromAdjustments} next {member.NextLevel} {member.ToNextLevel} stay {member.ToStay} closed {member.LevelIfClosedNow} madj {member.MetricWindowAdjustments}");
            var detail = store.FindMemberAsync(member.Handle).AsTask().GetAwaiter().GetResult()!;
            lines.AddRange(detail.Decisions.Select(d => $"{member.Handle} {Show(d)}{(d.HasLaterData ? " later data" : "")}"));
        }

        lines.AddRange(store.ReadMissionsAsync().ToBlockingEnumerable().Select(m =>
            $"{m.Handle} {m.Instance.MissionId} [{Day(m.Instance.Window.Start)},{Day(m.Instance.Window.End)}) {m.Instance.Current} of {m.Instance.Target} {m.Instance.Status} {Day(m.Instance.CompletedOn)}"));
        return lines;
    }

    /// <summary>The same lines from the oracle.</summary>
    public static List<string> Show(NaiveStore store, Rules rules, DateOnly asOf)
    {
        var lines = new List<string>();
        var members = store.Members.OrderBy(m => m.Handle, StringComparer.Ordinal).ToList();
        foreach (var m in members)
        {
            var review = store.ReviewOf(rules, m);
            lines.Add($"{m.Handle} {m.Level} joined {Day(m.Joined)} achieved {Day(m.Achieved)} [{Day(m.From)},{Day(m.Until)}) grace {m.InGrace} through {Day(m.ReviewedThrough)}");
            lines.Add($"{m.Handle} lifetime {Sums(review, null, null, asOf)}");
            lines.Add($"{m.Handle} window {Sums(review, m.From, m.Until, asOf)}");
            DateOnly? from = rules.Lifetime ? null : m.From;
            var until = rules.Lifetime ? null : m.Until;
            var activity = review.Sum(rules.Metric, from, until, asOf);
            var adjustments = review.SumCorrections(rules.Metric, from, until, asOf);
            var value = activity + adjustments;
            var rank = review.Rank(m.Level);
            var next = rank + 1 < review.Levels ? review.Level(rank + 1) : null;
            var toNext = next is null ? "" : Amount(rules.Metric, Math.Max(0, next.Threshold - value));
            var canFall = rank > 0 && !rules.Lifetime && rules.Demotion != "never" && !review.Level(rank).Protected;
            var stay = canFall ? Math.Max(0, review.Level(rank).Threshold - value) : 0;
            lines.Add($"{m.Handle} value {Amount(rules.Metric, value)}={Amount(rules.Metric, activity)}+{Amount(rules.Metric, adjustments)} next {next?.Name} {toNext} stay {Amount(rules.Metric, stay)} closed {review.Level(review.AtCheckpoint(rank, value)).Name} madj {Amount(rules.Metric, review.SumCorrections(rules.Metric, m.From, m.Until, asOf))}");
            lines.AddRange(m.Rulings.Select(r => $"{m.Handle} {Show(r)}{(r.LaterData ? " later data" : "")}"));
        }

        lines.AddRange(members.SelectMany(m => m.Attempts.OrderBy(a => a.Mission, StringComparer.Ordinal).ThenBy(a => a.From).Select(a =>
            $"{m.Handle} {a.Mission} [{Day(a.From)},{Day(a.Until)}) {Amount(a.Metric, a.Current)} of {Amount(a.Metric, a.Target)} {char.ToUpperInvariant(a.Status[0])}{a.Status[1..]} {Day(a.CompletedOn)}")));
        return lines;
    }

    public static string Show(Decision d) =>
        $"{Day(d.Date)} {d.Kind} {d.LevelBefore} {d.ThresholdBefore} → {d.LevelAfter} {d.ThresholdAfter} [{Day(d.Measured.Start)},{Day(d.Measured.End)}) {d.ValueFromActivity}+{d.ValueFromAdjustments}={d.Value} next [{Day(d.NextWindow.Start)},{Day(d.NextWindow.End)}) lifetime {d.IsLifetime}";

    public static string Show(Ruling r)
    {
        // Money is compared in cents; what is counted in units is told apart by having been measured so.
        var scale = r.Scale;
        return $"{Day(r.Date)} {r.Kind} {r.Before} {r.ThresholdBefore * scale:0} → {r.After} {r.ThresholdAfter * scale:0} [{Day(r.From)},{Day(r.Until)}) {r.Activity * scale:0}+{r.Adjustments * scale:0}={(r.Activity + r.Adjustments) * scale:0} next [{Day(r.NextFrom)},{Day(r.NextUntil)}) lifetime {r.IsLifetime}";
    }

    private static string Sums(ActivityTotals t) => $"{t.Sales} {t.Units} {t.Videos} {t.Views} {t.Likes} {t.Comments}";

    private static string Sums(NaiveReview review, DateOnly? from, DateOnly? until, DateOnly asOf) =>
        string.Join(' ', ((string[])["sales", "units", "videos", "views", "likes", "comments"]).Select(m => Amount(m, review.Sum(m, from, until, asOf))))
        + $" adj {Amount("sales", review.SumCorrections("sales", from, until, asOf))} {Amount("units", review.SumCorrections("units", from, until, asOf))}";

    private static string Amount(string metric, decimal amount) => ((long)(metric == "sales" ? amount * 100 : amount)).ToString(CultureInfo.InvariantCulture);

    private static string Day(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-";
}
