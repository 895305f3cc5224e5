using System.Globalization;
using System.Text;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Tests.Ingest.Orders;

/// <summary>Public data with published answers.</summary>
public sealed class PublishedDataTests
{
    [Fact]
    public void The_995_customers_of_the_R_package_have_its_scores_and_segments()
    {
        using var files = new OrderFiles();
        var rows = Rows("rfm-r/rfm_data_orders.csv");
        var text = new StringBuilder("customer,order_id,date,net\n");
        rows.ForEach(r => text.Append(CultureInfo.InvariantCulture, $"{r[0]},,{r[1]},{r[2]}\n"));
        files.Read("orders.csv", text.ToString());
        var program = new ScoringProgram { Model = ScoringModel.Quantiles, Cuts = CutRule.RPackage, Segments = SegmentPlan.RPackage };
        var run = program.Score(files.Book(new DateOnly(2006, 12, 31)).ToPopulation(), new DateOnly(2006, 12, 31));

        // The raised cuts: the quantiles plus 1.
        Assert.Equal([115m, 181m, 297.4m, 482m], Cuts(run.Rule.Recency));
        Assert.Equal([4m, 5m, 6m, 8m], Cuts(run.Rule.Frequency));
        Assert.Equal([255.8m, 382m, 506.4m, 666m], Cuts(run.Rule.Money));

        // The published rows stand in the order of first appearance, under names with titles.
        var published = Rows("rfm-r/published_transaction_level.csv");
        var customers = rows.Select(static r => r[0]).Distinct(StringComparer.Ordinal).ToList();
        Assert.Equal(995, customers.Count);
        Assert.Equal(995, published.Count);
        var named = 0;
        for (var i = 0; i < customers.Count; i++)
        {
            var row = published[i];
            named += row[1].Contains(customers[i], StringComparison.Ordinal) ? 1 : 0;
            Assert.True(run.Customers.TryFind(customers[i], out var position));
            var score = run[position];
            Assert.Equal(
                (row[2], row[4], row[5], row[6], row[7], row[8], row[9]),
                (score.Segment, Text(score.Input.Orders), Text(score.Input.RecencyDays(run.AsOf)!.Value), Text(score.Input.Net),
                    Text(score.Cell.Recency), Text(score.Cell.Frequency), Text(score.Cell.Money)));
        }

        Assert.Equal(994, named);
        Assert.Equal(464_158m, run.Distribution.Segments.Sum(static s => s.Net));
        foreach (var row in Rows("rfm-r/published_segment_summary.csv"))
        {
            var segment = run.Distribution.Segments.Single(s => s.Segment == row[0]);
            Assert.Equal((row[1], row[2], row[3]), (Text(segment.Customers), Text((int)segment.Orders), Text(segment.Net)));
        }

        static decimal[] Cuts(ScoreBoundaries boundaries) => [.. Enumerable.Range(0, 4).Select(i => boundaries[i])];
    }

    [Fact]
    public void The_Online_Retail_invoices_of_December_2010_come_to_the_known_sums()
    {
        using var files = new OrderFiles();
        var report = files.Import.Read(Path.Combine(OrderFiles.Shared, "online-retail", "2010-12.csv"));
        Assert.Equal((OrderPlatform.OnlineRetail, 42_481, 0), (report.Platform, report.RowsRead, report.RowsRejected));
        var orders = files.Import.Complete();
        var linked = orders.Where(static o => o.CustomerKey is not null && o.Standing == OrderStanding.Counts).ToList();
        Assert.Equal(1_400, linked.Count);
        Assert.Equal(885, linked.Select(static o => o.CustomerKey).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(572_713.89m, linked.Sum(static o => o.Net));
        var credits = orders.Where(static o => o.CustomerKey is not null && o.Standing == OrderStanding.Credit).ToList();
        Assert.Equal(-18_109.87m, credits.Sum(static o => o.Net));

        var population = files.Book(new DateOnly(2010, 12, 31)).ToPopulation();
        var inputs = Enumerable.Range(0, population.Count).Select(population.InputAt).ToList();
        Assert.Equal(572_713.89m - 18_109.87m, inputs.Sum(static i => i.Net));
        Assert.Equal(885, inputs.Count(static i => i.Orders > 0));
        Assert.True(population.TryFind("17850", out _));
        Assert.All(inputs.Where(static i => i.Orders == 0), static i => Assert.True(i.LastOrderOn is null && i.Net < 0));
    }

    [Fact]
    public void The_CDNOW_sample_keeps_its_exact_duplicates()
    {
        using var files = new OrderFiles();
        var lines = File.ReadAllLines(Path.Combine(OrderFiles.Shared, "cdnow", "CDNOW_sample.txt"))
            .Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(static p => p.Length > 0).ToList();
        var text = new StringBuilder("customer,order_id,date,net\n");
        lines.ForEach(p => text.Append(CultureInfo.InvariantCulture, $"{p[1]},,{p[2][..4]}-{p[2][4..6]}-{p[2][6..]},{p[4]}\n"));
        files.Read("cdnow.csv", text.ToString());
        var orders = files.Import.Complete();
        Assert.Equal(6_919, orders.Count);
        Assert.Equal(21, lines.Count - lines.Select(static p => string.Join(' ', p)).Distinct(StringComparer.Ordinal).Count());
        var book = files.Book(new DateOnly(1998, 6, 30));
        Assert.Equal(2_357, book.CustomerCount);
        Assert.Equal(244_091.94m, orders.Sum(static o => o.Net));

        // The published summary counts days with repeat purchases up to the end of September 1997.
        foreach (var row in Rows("cdnow/cdnow_customers_summary_with_transactions.csv"))
        {
            var days = book.Timeline(lines.First(p => int.Parse(p[1], CultureInfo.InvariantCulture) == int.Parse(row[0], CultureInfo.InvariantCulture))[1], null, 1_000)
                .Entries.Select(static e => DateOnly.FromDateTime(e.PlacedAt)).Where(static d => d <= new DateOnly(1997, 9, 30)).Distinct().Count();
            Assert.Equal(row[1], Text(days - 1));
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);

    private static List<string[]> Rows(string file) =>
        [.. File.ReadAllLines(Path.Combine(OrderFiles.Shared, file)).Skip(1).Where(static l => l.Length > 0).Select(static l => l.Split(','))];
}
