using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>Runs the suite and DuckDB one after the other and writes the results file of this processor.</summary>
internal static class AggregationReport
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <summary><c>aggregation [DIRECTORY]</c>: with a directory that holds <c>node_modules/@duckdb/node-api</c>, DuckDB runs too.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        var duckDb = arguments.Length > 0 ? RunDuckDb(arguments[0]) : null;
        var suite = BenchmarkRunner.Run<AggregationBenchmarks>();
        var rivals = BenchmarkRunner.Run<AggregationRivals>();
        var layouts = BenchmarkRunner.Run<AggregationLayouts>();
        var lines = Lines(suite).Concat(Lines(rivals)).ToList();
        if (duckDb is { } answer)
        {
            lines.Add(new($"DuckDB {answer.Version}, join and aggregate, 2 threads", AggregationBenchmarks.Activities, answer.MedianSeconds * 1e9, null));
        }

        var host = suite.HostEnvironmentInfo;
        var text = new StringBuilder();
        text.Append(Plain, $"# Aggregation: {AggregationBenchmarks.Activities:N0} activities of {AggregationBenchmarks.Members:N0} members\n\n");
        text.Append("Lifetime and window totals of six metrics, 36 bytes an activity. Medians of one run; “of reading” is the rate to that of reading all\n");
        text.Append("columns once. Rows in bold are the library; the others are what it is measured against.\n\n");
        text.Append("<!-- table -->\n");
        Table(text, lines);
        text.Append("<!-- /table -->\n\n");
        text.Append("A batch of 1 % of the activities is a quarter each inserted, corrected, moved to another member and removed, at random places; its rate\n");
        text.Append("counts the activities touched, its time is the call's.\n\n## Layouts\n\n");
        Table(text, [.. Lines(layouts)]);
        text.Append("\n## Versions\n\n```\n");
        text.AppendJoin('\n', host.ToFormattedString()).Append("\n```\n\nMade by `benchmarks/aggregation`.\n");

        var directory = Path.Combine(ProjectDirectory(), "results", Cpu(host.Cpu.Value?.ProcessorName ?? "unknown"));
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "aggregation.md"), text.ToString());
        Console.WriteLine(text);
        var table = new StringBuilder();
        Table(table, lines);
        foreach (var document in (string[])["README.md", "docs/aggregation.md"])
        {
            ReplaceTable(Path.Combine(ProjectDirectory(), "..", "..", document), table.ToString());
        }

        return 0;
    }

    /// <summary>Puts the table between the markers of a document; a test compares them ever after.</summary>
    private static void ReplaceTable(string document, string table)
    {
        const string Start = "<!-- bench:aggregation -->\n";
        var text = File.ReadAllText(document);
        var from = text.IndexOf(Start, StringComparison.Ordinal);
        var to = text.IndexOf("<!-- /bench:aggregation -->", StringComparison.Ordinal);
        if (from >= 0 && to > from)
        {
            File.WriteAllText(document, text[..(from + Start.Length)] + table + text[to..]);
        }
    }

    private static IEnumerable<Line> Lines(Summary summary) =>
        from report in summary.Reports
        let statistics = report.ResultStatistics ?? throw new InvalidOperationException($"{report.BenchmarkCase.DisplayInfo} gave no result.")
        select new Line(
            report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
            RowsAttribute.Of(report.BenchmarkCase),
            statistics.Median,
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase));

    private static void Table(StringBuilder text, List<Line> lines)
    {
        var read = lines[0];
        text.Append("| | time | M activities/s | ns/activity | GB/s | of reading | allocated |\n|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (var line in lines)
        {
            var ns = line.Nanoseconds / line.Rows;
            text.Append(Plain, $"| {line.Name} | {line.Nanoseconds / 1e6:#,0.0} ms | {1e3 / ns:0.0} | {ns:0.00} | {AggregationData.BytesPerActivity / ns:0.0} ");
            text.Append(Plain, $"| {read.Nanoseconds / read.Rows / ns:0.0 %} | {(line.Allocated is { } bytes ? $"{bytes.ToString("#,0", Plain)} B" : "–")} |\n");
        }
    }

    private static DuckDbAnswer RunDuckDb(string directory)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(ProjectDirectory(), "..", "duckdb", "aggregation.mjs"), AggregationBenchmarks.Activities.ToString(Plain), AggregationBenchmarks.Members.ToString(Plain)])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = directory,
        };
        using var node = Process.Start(start)!;
        var answer = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return node.ExitCode == 0
            ? JsonSerializer.Deserialize<DuckDbAnswer>(answer, JsonSerializerOptions.Web)!
            : throw new InvalidOperationException($"node ended with {node.ExitCode}.");
    }

    /// <summary>Lower-case words: <c>AMD EPYC 9R14 (Max: 3.70GHz)</c> becomes <c>amd-epyc-9r14</c>.</summary>
    private static string Cpu(string name) =>
        string.Join('-', name.Split('(')[0].ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    internal static string ProjectDirectory([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, ".."));

    private sealed record Line(string Name, int Rows, double Nanoseconds, long? Allocated);

    private sealed record DuckDbAnswer(string Version, double MedianSeconds);
}
