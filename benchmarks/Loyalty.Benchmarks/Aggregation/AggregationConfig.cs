using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>How many activities one call of a benchmark handles.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RowsAttribute(int count) : Attribute
{
    /// <summary>The number of activities.</summary>
    public int Count { get; } = count;

    internal static int Of(BenchmarkCase benchmark) =>
        ((RowsAttribute)GetCustomAttribute(benchmark.Descriptor.WorkloadMethod, typeof(RowsAttribute))!).Count;
}

/// <summary>Runs in this process, because gigabytes of generated rows are shared by all methods of a class, and shows rates.</summary>
public class AggregationConfig : ManualConfig
{
    /// <summary>Enough rounds for a steady median.</summary>
    public AggregationConfig()
        : this(warmups: 3, rounds: 15)
    {
    }

    /// <summary>With fewer rounds, for what takes half a minute.</summary>
    protected AggregationConfig(int warmups, int rounds)
    {
        AddJob(new Job()
            .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(30), logOutput: true))
            .WithStrategy(RunStrategy.Monitoring)
            .WithWarmupCount(warmups)
            .WithIterationCount(rounds)
            .WithInvocationCount(1)
            .WithUnrollFactor(1));
        AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)));
        AddColumn(new RateColumn("M activities/s", rows => rows * 1e3, "0.0"));
        AddColumn(new RateColumn("ns/activity", rows => 1 / rows, "0.00"));
        AddColumn(new RateColumn("GB/s", rows => rows * AggregationData.BytesPerActivity, "0.0"));
        HideColumns(Column.RatioSD, Column.Error, Column.StdDev, Column.AllocRatio);
    }

    /// <param name="name">The header.</param>
    /// <param name="of">The value from the activities per nanosecond.</param>
    /// <param name="format">How it is written.</param>
    private sealed class RateColumn(string name, Func<double, double> of, string format) : IColumn
    {
        public string Id => name;

        public string ColumnName => name;

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => $"{name}, from the median";

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
            summary[benchmarkCase]?.ResultStatistics is { } statistics
                ? of(RowsAttribute.Of(benchmarkCase) / statistics.Median).ToString(format, CultureInfo.InvariantCulture)
                : "NA";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
    }
}

/// <summary>The same with few rounds.</summary>
public sealed class AggregationRivalsConfig() : AggregationConfig(warmups: 1, rounds: 3);
