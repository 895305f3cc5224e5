using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using static Loyalty.Benchmarks.ProcessRuns;

namespace Loyalty.Benchmarks.Sync;

/// <summary>
/// <c>bench sync</c>: the host as a process on a generated export, in turn with DuckDB as a process that reads the same file, keeps the
/// newest row of each key and adds up the same totals; the host compiled ahead of time takes part when <c>./build native</c> has made it. Pairs are compared, because
/// machines drift.
/// </summary>
internal static class SyncProcesses
{
    private const int Videos = 1_000_000;
    private const int Members = 100_000;

    public static int Run(string[] args)
    {
        var rounds = 5;
        var write = false;
        foreach (var arg in args)
        {
            write |= arg == "--write";
            rounds = int.TryParse(arg, CultureInfo.InvariantCulture, out var n) ? Math.Clamp(n, 1, 100) : rounds;
        }

        var root = Root();
        var folder = Path.Combine(root, "artifacts", "bench");
        var host = Path.Combine(root, "artifacts", "bin", "Loyalty.Host", "release", "loyalty");
        var data = Path.Combine(folder, "sync");
        Require(host, "build samples/Loyalty.Host first (`./build bench sync` does)");
        var native = Path.Combine(root, "artifacts", "native", "loyalty");
        var hasNative = File.Exists(native);
        if (!hasNative)
        {
            Console.Error.WriteLine("the host compiled ahead of time is left out: ./build native makes it");
        }

        if (!File.Exists(Path.Combine(data, "videos.csv")))
        {
            Measure(host, root, "sample-data", "--members", $"{Members}", "--videos", $"{Videos}", "--days", "1", "--tidy", "--out", data);
        }

        File.WriteAllText(Path.Combine(data, "bench.json"), Program);
        var export = Path.Combine(data, "videos.csv");
        var duckFolder = InstallDuckDb(folder);
        string[] sync = ["sync", "--program", Path.Combine(data, "bench.json"), "--videos", export, "--as-of", "2025-06-30", "--out", Path.Combine(data, "out")];
        string[] duck = [Path.Combine(root, "benchmarks", "duckdb", "sync.mjs"), export, "2025-06-30", "2"];
        Measure(host, root, sync);
        Measure("node", duckFolder, duck);
        var ahead = new List<(double Seconds, long Peak, double Processor)>();
        var ours = new List<(double Seconds, long Peak, double Processor)>();
        var theirs = new List<(double Seconds, long Peak, double Processor)>();
        for (var i = 0; i < rounds; i++)
        {
            ours.Add(Measure(host, root, sync));
            theirs.Add(Measure("node", duckFolder, duck));
            if (hasNative)
            {
                ahead.Add(Measure(native, root, sync));
            }

            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {i + 1}: loyalty {ours[i].Seconds:F2} s, DuckDB {theirs[i].Seconds:F2} s"));
        }

        var ratio = Median(ours.Zip(theirs, static (a, b) => a.Seconds / b.Seconds));
        var table = new StringBuilder();
        table.AppendLine("| whole process, 2 cores | median | fastest | peak memory |");
        table.AppendLine("| --- | ---: | ---: | ---: |");
        Row("`loyalty sync`: read, totals, tiers, missions, five files written", ours);
        if (hasNative)
        {
            Row("the same, compiled ahead of time (`./build native`)", ahead);
        }

        Row("DuckDB: read, newest row of each key, the same totals", theirs);
        table.AppendLine();
        table.AppendLine(CultureInfo.InvariantCulture, $"Ratio of the pairs, median: {ratio:F2}{(hasNative ? string.Create(CultureInfo.InvariantCulture, $"; compiled ahead of time {Median(ahead.Zip(theirs, static (a, b) => a.Seconds / b.Seconds)):F2}") : "")}. {Videos:N0} rows of {Members:N0} creators, {new FileInfo(export).Length / 1e6:F0} MB.");
        table.Replace("\r\n", "\n");
        Console.WriteLine(table);
        if (write)
        {
            Keep(
                "sync.md",
                $"# A sync as a process\n\n<!-- table -->\n{table}<!-- /table -->\n\n{Environment.ProcessorCount} cores of {Cpu()}, {RuntimeInformation.FrameworkDescription}, DuckDB {DuckVersion(duckFolder)} with 2 threads, {rounds} rounds. Reproduce: `./build bench sync`.\n");
        }

        var fits = ratio <= 0.5 && ours.Max(static o => o.Peak) <= 400_000_000;
        Console.WriteLine(fits ? "within the bounds: ratio at most 0.50, peak at most 400 MB" : "OUT OF THE BOUNDS: ratio at most 0.50, peak at most 400 MB");
        return fits ? 0 : 1;

        void Row(string name, List<(double Seconds, long Peak, double Processor)> runs) => table.AppendLine(
            CultureInfo.InvariantCulture,
            $"| {name} | {Median(runs.Select(static r => r.Seconds)):F2} s | {runs.Min(static r => r.Seconds):F2} s | {runs.Max(static r => r.Peak) / 1e6:F0} MB |");
    }

    private const string Program = """
        {
          "tenant": "bench", "currency": "USD", "timeZone": "America/New_York",
          "tiers": {
            "metric": "sales", "checkpoint": { "months": 4 },
            "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 }, { "name": "Gold", "threshold": 2000 }, { "name": "Platinum", "threshold": 3000 } ]
          },
          "missions": [ { "id": "first-10", "metric": "videos", "target": 10, "window": { "kind": "checkpoint" } } ]
        }
        """;
}
