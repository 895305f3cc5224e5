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

/// <summary>Runs the identity suite and writes its table; <c>identity first</c> is the first number of fresh processes.</summary>
internal static class IdentityReport
{
    private const int Processes = 25;

    private static readonly (string What, string Number)[] Firsts =
    [
        ("+1, 25 regions", "+13159212129"), ("+44, 4 regions", "+442079460000"), ("+86, the longest prefix rule", "+8613812345678"), ("+800, no region", "+80012345678"),
    ];

    /// <summary><c>identity [FILE]</c> writes the table to a file too; <c>identity first</c> measures only the first number of a process, each code in fresh processes.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments is ["first", var number])
        {
            var text = Encoding.ASCII.GetBytes(number);
            var elapsed = TimeSpan.Zero;
            var processor = ThreadTime.Of(() =>
            {
                var start = Stopwatch.GetTimestamp();
                PhoneNumber.Read(text, default, out _);
                elapsed = Stopwatch.GetElapsedTime(start);
            });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalMilliseconds:0.00} {processor * 1e3:0.00}"));
            return 0;
        }

        if (arguments is ["first"])
        {
            Console.WriteLine(FirstRows());
            return 0;
        }

        var table = Table(BenchmarkRunner.Run<IdentityBenchmarks>());
        Console.WriteLine(table);
        if (arguments.Length > 0)
        {
            File.WriteAllText(arguments[0], table);
        }

        return 0;
    }

    private static string FirstRows()
    {
        var rows = new StringBuilder();
        foreach (var (what, number) in Firsts)
        {
            var times = Enumerable.Range(0, Processes).Select(_ => First(number)).ToArray();
            var elapsed = times.Select(time => time.Elapsed).Order().ToArray();
            var processor = times.Select(time => time.Processor).Order().ElementAt(Processes / 2);
            rows.Append(
                CultureInfo.InvariantCulture,
                $"| Phone: the first of a process, {what} | {Processes} processes | | {elapsed[0]:0.0} to {elapsed[Processes / 2]:0.0} ms, processor {processor:0.0} ms | | |\n");
        }

        return rows.ToString();
    }

    private static (double Elapsed, double Processor) First(string number)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(IdentityReport).Assembly.Location);
        }

        start.ArgumentList.Add("identity");
        start.ArgumentList.Add("first");
        start.ArgumentList.Add(number);
        using var process = Process.Start(start)!;
        var times = process.StandardOutput.ReadToEnd().Split(' ');
        process.WaitForExit();
        return (double.Parse(times[0], CultureInfo.InvariantCulture), double.Parse(times[1], CultureInfo.InvariantCulture));
    }

    private static string Table(Summary summary)
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

        text.Append(FirstRows());
        text.Append("<!-- /table -->\n\nThe first of a process includes what is loaded and compiled for it: least to median elapsed time, median processor time, which other work on the machine stretches less.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"```\n{host.Cpu.Value.ProcessorName}, {host.RuntimeVersion}, BenchmarkDotNet {host.BenchmarkDotNetVersion}\n```\n");
        return text.ToString();
    }
}
