using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Loyalty.Host;

namespace Loyalty.Tests.Host.Score;

/// <summary><c>loyalty score</c> as a process: files in, files out, exit codes.</summary>
public sealed class ScoreCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loyalty-score-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(42)]
    public void The_sample_orders_come_to_the_known_scores(int seed)
    {
        Run(0, "sample-data", "--members", "1", "--videos", "1", "--days", "1", "--seed", $"{seed}", "--out", "sample");
        Assert.Equal(2_179, Lines("sample/orders-humanitix.csv").Length);
        Assert.Equal(9_685 + 3, Lines("sample/orders-eventbrite.csv").Length);
        var summary = JsonDocument.Parse(Run(
            3, "score", "--orders", "humanitix=sample/orders-humanitix.csv", "--orders", "sample/orders-eventbrite.csv", "--orders", "sample/orders-door.csv",
            "--program", "sample/program.json", "--as-of", "2025-10-15", "--out", "out", "--report", "out/report.html", "--strict", "--json").Out).RootElement;
        Assert.Equal(
            (11_864, 11_825, 39, 9_369, 8, 28, 10.06m, 3),
            (Number("orders_read"), Number("orders_linked"), Number("orders_unlinked"), Number("customers"), Number("lead_score_min"), Number("lead_score_max"),
                summary.GetProperty("lead_score_mean").GetDecimal(), Number("rows_rejected")));
        Assert.Equal(
            """{"Hot":20,"Warm":653,"Cool":1148,"Cold":7548}""", JsonSerializer.Serialize(summary.GetProperty("segments")));
        Assert.Equal(
            ["segment,customers,share,orders,net", "Cold,7548,0.8056", "Cool,1148,0.1225", "Hot,20,0.0021", "Warm,653,0.0697"],
            Lines("out/segments.csv").Select(static l => string.Join(',', l.Split(',').Take(l.StartsWith("segment,", StringComparison.Ordinal) ? 5 : 3))));
        var customers = Lines("out/scores.csv").Skip(1).Select(static l => l.Split(',')[0]).ToList();
        Assert.Equal(9_369, customers.Count);
        Assert.Equal(customers.Order(StringComparer.Ordinal), customers);
        Assert.Equal("svg", XDocument.Load(PathOf("out/rfm.svg")).Root!.Name.LocalName);
        Assert.Contains("</svg>", File.ReadAllText(PathOf("out/report.html")), StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("out/moves.csv")));

        int Number(string name) => summary.GetProperty(name).GetInt32();
    }

    [Fact]
    public void Moves_are_those_since_the_last_run()
    {
        Write("o.csv", "customer,order_id,date,net\nb,1,2025-01-01,1000\nA@x.com,2,2025-01-01,10\nc,3,2025-01-31,10\n");
        Run(0, "score", "--orders", "o.csv", "--as-of", "2025-01-31", "--out", "out", "--state", "s");
        Assert.Equal(["customer,segment_before,segment_after"], Lines("out/moves.csv"));
        Assert.Equal(
            [
                "customer,last_order_on,recency_days,orders,net,r,f,m,lead_score,segment,as_of,next_change_on",
                "a@x.com,2025-01-01,30,1,10.00,5,2,1,20,Warm,2025-01-31,2025-02-01",
                "b,2025-01-01,30,1,1000.00,5,2,5,24,Hot,2025-01-31,2025-02-01",
                "c,2025-01-31,0,1,10.00,5,2,1,20,Warm,2025-01-31,2025-03-03",
            ],
            Lines("out/scores.csv"));
        Write("o.csv", "customer,order_id,date,net\nb,1,2025-01-01,1000\nA@x.com,2,2025-01-01,10\nd,4,2025-01-31,10\n");
        Run(0, "score", "--orders", "o.csv", "--as-of", "2025-02-01", "--out", "out", "--state", "s");
        Assert.Equal(["customer,segment_before,segment_after", "a@x.com,Warm,Cool", "b,Hot,Warm"], Lines("out/moves.csv"));
        Run(0, "score", "--orders", "o.csv", "--as-of", "2025-02-01", "--out", "out", "--state", "s");
        Assert.Single(Lines("out/moves.csv"));

        var before = File.ReadAllBytes(PathOf("out/scores.csv"));
        var stale = Run(1, "score", "--orders", "o.csv", "--as-of", "2025-01-15", "--out", "out", "--state", "s");
        Assert.Contains("2025-02-01 already", stale.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(PathOf("out/scores.csv")));
        Assert.Equal(["moves.csv", "rejects.csv", "rfm.svg", "scores.csv", "segments.csv", "summary.json"], Files("out"));
    }

    [Fact]
    public void Customers_can_be_given_instead_of_orders()
    {
        Write("c.csv", "customer,last_order_on,orders,net\nx,2025-01-01,3,200.005\ny,,0,0\nz,soon,1,1\n");
        Run(0, "score", "--customers", "c.csv", "--as-of", "2025-03-01", "--out", "out", "--segments", "grid");
        Assert.Equal(
            ["x,2025-01-01,59,3,200.01,4,3,3,21,Potential loyalist,2025-03-01,2025-03-03", "y,,,0,0.00,1,1,1,6,Hibernating,2025-03-01,"],
            Lines("out/scores.csv").Skip(1));
        Assert.Equal(2, Lines("out/rejects.csv").Length);
        Run(3, "score", "--customers", "c.csv", "--as-of", "2025-03-01", "--out", "out", "--strict");
    }

    [Fact]
    public void Formulas_are_neutralised_for_marketing_always_and_elsewhere_on_request()
    {
        Write("o.csv", "customer,order_id,date,net,purchaser\n=1+1@x.com,1,2025-01-01,-5,\"=HYPERLINK(\"\"http://x\"\")\"\n");
        Run(0, "score", "--orders", "o.csv", "--as-of", "2025-03-01", "--out", "out", "--marketing", "out/list.csv");
        Assert.StartsWith("=1+1@x.com,", Lines("out/scores.csv")[1], StringComparison.Ordinal);
        Assert.Equal("\"'=1+1@x.com\",\"'=HYPERLINK(\"\"http://x\"\")\",Cold,6,,0,-5.00", Lines("out/list.csv")[1]);
        Run(0, "score", "--orders", "o.csv", "--as-of", "2025-03-01", "--out", "out", "--safe-csv");
        Assert.StartsWith("\"'=1+1@x.com\",,,0,-5.00,", Lines("out/scores.csv")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_run_ends_with_one_line_and_changes_nothing()
    {
        Write("o.csv", "customer,order_id,date,net\nb,1,2025-01-01,1000\n");
        Write("p.json", """{ "tenant": "a", "currency": "USD", "timeZone": "UTC", "rfm": { "segments": [ { "name": "X", "r": [2, 5], "f": [1, 5], "m": [1, 5] } ] } }""");
        Run(2, "score", "--orders", "o.csv", "--out", "out");
        Run(2, "score", "--as-of", "2025-01-01", "--out", "out");
        Run(2, "score", "--orders", "o.csv", "--customers", "o.csv", "--as-of", "2025-01-01", "--out", "out");
        Run(2, "score", "--orders", "etsy=o.csv", "--as-of", "2025-01-01", "--out", "out");
        Run(2, "score", "--orders", "o.csv", "--segments", "x", "--as-of", "2025-01-01", "--out", "out");
        var gap = Run(1, "score", "--orders", "o.csv", "--program", "p.json", "--as-of", "2025-01-01", "--out", "out");
        Assert.Contains("$.rfm.segments: no segment covers the cell R 1 F 1 M 1", gap.Error, StringComparison.Ordinal);
        Assert.Contains("no input file", Run(1, "score", "--orders", "none.csv", "--as-of", "2025-01-01", "--out", "out").Error, StringComparison.Ordinal);
        Assert.Contains("lacks 'Long order id'", Run(1, "score", "--orders", "humanitix=o.csv", "--as-of", "2025-01-01", "--out", "out").Error, StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(PathOf("out")) ? Files("out") : []);
    }

    private (string Out, string Error) Run(int exitCode, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "loyalty"), arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(exitCode == process.ExitCode, $"expected exit code {exitCode}, got {process.ExitCode}: {error.Result}");
        return (output, error.Result);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    private string[] Lines(string name) => File.ReadAllLines(PathOf(name));

    private string[] Files(string name) => [.. Directory.GetFiles(PathOf(name)).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
}
