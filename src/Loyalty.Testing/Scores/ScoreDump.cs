using System.Globalization;
using System.Text;
using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Scores;

namespace Loyalty.Testing.Scores;

/// <summary>Everything that a store of scores shows, as text, to be compared.</summary>
internal static class ScoreDump
{
    public static async Task<string> OfAsync(IScoreStore store)
    {
        if (await store.GetStatusAsync() is not { } status)
        {
            Assert.Null(await store.ReadScoresAsync());
            return "empty";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{status}\n");
        var scores = (await store.ReadScoresAsync())!;
        Assert.Equal(status.AsOf, scores.AsOf);
        Assert.Equal(status.Customers, scores.Count);
        long linked = 0;
        foreach (var score in scores.Scores)
        {
            text.Append(CultureInfo.InvariantCulture, $"{score.Customer} {Of(score.Input)} {score.Cell} {score.LeadScore} {score.Segment} ");
            var found = (await store.FindScoreAsync(score.Customer))!;
            Assert.Equal((score.Input, score.Cell, score.LeadScore, score.Segment), (found.Input, found.Cell, found.LeadScore, found.Segment));
            var totals = (await store.FindTotalsAsync(score.Customer))!;
            Assert.Equal(score.Input, totals.ToRfmInput());
            text.Append(CultureInfo.InvariantCulture, $"made {found.AsOf:O} {totals.DeadOrders} {totals.Gross:G29} {totals.Fees:G29} {totals.Refunded:G29} {totals.FirstOrderOn:O}\n");
            linked += await TimelineAsync(store, score.Customer, text);
        }

        Assert.Equal(status.OrdersLinked, linked);
        foreach (var segment in scores.Scores.GroupBy(static s => s.Segment, StringComparer.Ordinal))
        {
            Assert.Equal(segment, (await store.ReadScoresAsync(segment.Key))!.Scores);
        }

        Assert.Null(await store.FindScoreAsync("nobody at all"));
        Assert.Null(await store.FindScoreAsync("half a \ud800"));
        Assert.Empty((await store.ReadTimelineAsync("half a \ud800", null, 5)).Entries);
        Assert.Null(await store.FindTotalsAsync("nobody at all"));
        Assert.Empty((await store.ReadTimelineAsync("nobody at all", null, 5)).Entries);
        return text.ToString();
    }

    /// <summary>The whole timeline by pages of two, which must be that of one page.</summary>
    private static async Task<int> TimelineAsync(IScoreStore store, string customer, StringBuilder text)
    {
        var all = await store.ReadTimelineAsync(customer, null, 1_000);
        Assert.Null(all.Next);
        var paged = new List<TimelineEntry>();
        TimelineCursor? after = null;
        do
        {
            var page = await store.ReadTimelineAsync(customer, after, 2);
            paged.AddRange(page.Entries);
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(all.Entries, paged);
        foreach (var entry in all.Entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {entry.Key} {entry.PlacedAt:s} {entry.Amount:G29} {entry.Standing} {entry.Status} {entry.Item} {entry.Purchaser}\n");
        }

        return all.Entries.Count;
    }

    private static string Of(RfmInput input) =>
        string.Create(CultureInfo.InvariantCulture, $"{input.LastOrderOn:O} {input.Orders} {input.Net:G29}");
}
