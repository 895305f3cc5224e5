using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Loyalty.Tests.Stores.Server;
using static Loyalty.Benchmarks.ProcessRuns;

namespace Loyalty.Benchmarks.Import;

/// <summary>
/// <c>bench import</c>: the host as a process on six exports in the shape of a real shop's, in memory with a new state file, into an empty PostgreSQL and once more
/// there, in turn with DuckDB as a process that reads the same files and groups them. Pairs are compared, because machines drift.
/// </summary>
internal static class ImportProcesses
{
    private const int Creators = 36_876;

    private static readonly string[] Kinds = ["euka", "phones", "refunnel", "samples", "videos", "products"];

    public static int Run(string[] args)
    {
        var rounds = args.Select(static a => int.TryParse(a, CultureInfo.InvariantCulture, out var n) ? n : 0).FirstOrDefault(static n => n > 0, 5);
        var root = Root();
        var folder = Path.Combine(root, "artifacts", "bench");
        var host = Path.Combine(root, "artifacts", "bin", "Loyalty.Host", "release", "loyalty");
        var data = Path.Combine(folder, "import");
        Require(host, "build samples/Loyalty.Host first (`./build bench import` does)");
        if (!File.Exists(Path.Combine(data, "creators", "truth", "summary.json")))
        {
            Measure(host, root, "sample-data", "--members", "10", "--videos", "10", "--creators", $"{Creators}", "--out", data);
        }

        var native = Path.Combine(root, "artifacts", "native", "loyalty");
        var hasNative = File.Exists(native);
        if (!hasNative)
        {
            Console.Error.WriteLine("the host compiled ahead of time is left out: ./build native makes it");
        }

        var duckFolder = InstallDuckDb(folder);
        string[] import =
        [
            "import", "--program", Path.Combine(data, "program.json"), .. Kinds.SelectMany(k => (string[])["--source", $"{k}={Path.Combine(data, "creators", k + ".csv")}"]),
            "--brand", "Acme", "--as-of", "2025-06-30", "--out", Path.Combine(data, "out"),
        ];
        string[] duck = [Path.Combine(root, "benchmarks", "duckdb", "import.mjs"), Path.Combine(data, "creators"), "2"];
        var state = Path.Combine(data, "acme.loyalty");
        string[] kept = [.. import, "--state", state];
        File.Delete(state);
        Measure(host, root, kept);
        Measure("node", duckFolder, duck);
        using var server = new TestServer(fsync: true, ["max_wal_size=8GB", "shared_buffers=512MB"]);
        var runs = new Dictionary<string, List<(double Seconds, long Peak, double Processor)>>(StringComparer.Ordinal)
        {
            ["`loyalty import --state`, in memory: read, merged, every file and the state written"] = [],
            ["`loyalty import --postgres`, empty before"] = [],
            ["the same files again, nothing changed"] = [],
            ["DuckDB: read and grouped"] = [],
        };
        if (hasNative)
        {
            runs["compiled ahead of time (`./build native`), in memory"] = [];
            runs["compiled ahead of time, PostgreSQL, empty before"] = [];
            runs["compiled ahead of time, the same files again"] = [];
        }

        var lists = runs.Values.ToArray();
        for (var i = 0; i < rounds; i++)
        {
            using var database = server.CreateDatabase();
            string[] stored = [.. import, "--postgres", database.AppConnectionString];
            File.Delete(state);
            lists[0].Add(Measure(host, root, kept));
            lists[3].Add(Measure("node", duckFolder, duck));
            lists[1].Add(Measure(host, root, stored));
            lists[2].Add(Measure(host, root, stored));
            if (hasNative)
            {
                using var other = server.CreateDatabase();
                string[] ahead = [.. import, "--postgres", other.AppConnectionString];
                File.Delete(state);
                lists[4].Add(Measure(native, root, kept));
                lists[5].Add(Measure(native, root, ahead));
                lists[6].Add(Measure(native, root, ahead));
            }

            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"round {i + 1}: memory {lists[0][i].Seconds:F2} s, DuckDB {lists[3][i].Seconds:F2} s, PostgreSQL {lists[1][i].Seconds:F2} s, again {lists[2][i].Seconds:F2} s"));
        }

        var table = new StringBuilder();
        table.AppendLine("| whole process, 2 cores | median | fastest | processor time, least | peak memory |");
        table.AppendLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (var (name, list) in runs)
        {
            table.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {Median(list.Select(static r => r.Seconds)):F2} s | {list.Min(static r => r.Seconds):F2} s | {list.Min(static r => r.Processor):F2} s | {list.Max(static r => r.Peak) / 1e6:F0} MB |");
        }

        table.Replace("\r\n", "\n");
        Console.WriteLine(table);
        if (args.Contains("--write"))
        {
            Keep(
                "import.md",
                $"# An import of creators as a process\n\n<!-- table -->\n{table}<!-- /table -->\n\n{Creators:N0} creators; {Environment.ProcessorCount} cores of {Cpu()}, {RuntimeInformation.FrameworkDescription}, DuckDB {DuckVersion(duckFolder)} with 2 threads, {rounds} rounds. Reproduce: `./build bench import`.\n");
        }

        var fits = Median(lists[0].Select(static r => r.Seconds)) <= 2 && Median(lists[1].Select(static r => r.Seconds)) <= 8 && Median(lists[2].Select(static r => r.Seconds)) <= 3
            && lists[..3].All(static l => l.Max(static r => r.Peak) <= 400_000_000);
        Console.WriteLine($"{(fits ? "within" : "OUT OF")} the bounds: 2.0 s in memory, 8 s into an empty PostgreSQL, 3 s again, peak 400 MB");
        return fits ? 0 : 1;
    }
}
