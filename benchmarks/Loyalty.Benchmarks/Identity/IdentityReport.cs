using System.Diagnostics;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Loyalty.Identity;

namespace Loyalty.Benchmarks.Identity;

/// <summary>Which inputs one call of a benchmark reads.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InputsAttribute(string name) : Attribute
{
    /// <summary>How many there are.</summary>
    public int Count { get; } = name switch
    {
        "phones" => IdentityInputs.Phones.Length,
        "handles" => IdentityInputs.Handles.Length,
        "plain handles" => IdentityInputs.PlainHandles.Length,
        "names" => IdentityInputs.Names.Length,
        _ => IdentityInputs.AsciiNames.Length,
    };

    /// <summary>What they are called.</summary>
    public string Name { get; } = name;

    internal static InputsAttribute Of(BenchmarkCase benchmark) =>
        (InputsAttribute)GetCustomAttribute(benchmark.Descriptor.WorkloadMethod, typeof(InputsAttribute))!;
}

/// <summary>Millions of inputs a second.</summary>
internal sealed class RateColumn : IColumn
{
    public string Id => nameof(RateColumn);

    public string ColumnName => "M/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Millions of inputs per second, from the median";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        summary[benchmarkCase]?.ResultStatistics is { } statistics
            ? (InputsAttribute.Of(benchmarkCase).Count / statistics.Median * 1e3).ToString("0.00", CultureInfo.InvariantCulture)
            : "–";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}

/// <summary>Runs the identity suite and writes its table; <c>identity first</c> is the first number of a fresh process.</summary>
internal static class IdentityReport
{
    /// <summary><c>identity [FILE]</c> writes the table to a file too; <c>identity first</c> prints the milliseconds of the first number.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments is ["first"])
        {
            var watch = Stopwatch.StartNew();
            PhoneNumber.Read("+13159212129"u8, default, out _);
            Console.WriteLine(watch.Elapsed.TotalMilliseconds.ToString("0.00", CultureInfo.InvariantCulture));
            return 0;
        }

        var summary = BenchmarkRunner.Run<IdentityBenchmarks>();
        var first = Enumerable.Range(0, 9).Select(_ => First()).Order().ElementAt(4);
        var text = Table(summary, first);
        Console.WriteLine(text);
        if (arguments.Length > 0)
        {
            File.WriteAllText(arguments[0], text);
        }

        return 0;
    }

    private static double First()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(IdentityReport).Assembly.Location);
        }

        start.ArgumentList.Add("identity");
        start.ArgumentList.Add("first");
        using var process = Process.Start(start)!;
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.Parse(line, CultureInfo.InvariantCulture);
    }

    private static string Table(Summary summary, double first)
    {
        var text = new StringBuilder();
        var host = summary.HostEnvironmentInfo;
        text.Append("# Identity: phones, handles, names\n\n");
        text.Append(CultureInfo.InvariantCulture, $"One core, medians of one run, inputs: {IdentityInputs.Source}. Rows in bold are the library; the first row of each kind is what one would write without it.\n\n");
        text.Append("<!-- table -->\n| | inputs | M/s | ns each | to baseline | allocated each |\n|---|--:|--:|--:|--:|--:|\n");
        foreach (var report in summary.Reports)
        {
            var descriptor = report.BenchmarkCase.Descriptor;
            var inputs = InputsAttribute.Of(report.BenchmarkCase);
            var each = report.ResultStatistics!.Median / inputs.Count;
            var baseline = summary.Reports.First(other => other.BenchmarkCase.Descriptor.Baseline && other.BenchmarkCase.Descriptor.Categories.SequenceEqual(descriptor.Categories));
            var ratio = baseline.ResultStatistics!.Median / InputsAttribute.Of(baseline.BenchmarkCase).Count / each;
            var allocated = (report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0) / (double)inputs.Count;
            text.Append(CultureInfo.InvariantCulture, $"| {descriptor.WorkloadMethodDisplayInfo.Trim('\'')} | {inputs.Count} {inputs.Name} | {1e3 / each:0.00} | {each:0.0} | {ratio:0.0} × | {allocated:0.0} B |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"<!-- /table -->\n\nFirst number of a fresh process, +1 (25 regions), compilation included: {first:0.0} ms (median of 9).\n\n");
        text.Append(CultureInfo.InvariantCulture, $"```\n{host.CpuInfo.Value.ProcessorName}, {host.RuntimeVersion}, BenchmarkDotNet {host.BenchmarkDotNetVersion}\n```\n");
        return text.ToString();
    }
}
