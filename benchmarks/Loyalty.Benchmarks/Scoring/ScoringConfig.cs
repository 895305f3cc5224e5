using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Loyalty.Benchmarks.Aggregation;

namespace Loyalty.Benchmarks.Scoring;

/// <summary>Runs in this process, because the columns are shared by all methods of a class, and shows customers per second.</summary>
public sealed class ScoringConfig : ManualConfig
{
    /// <summary>Enough rounds for a steady median.</summary>
    public ScoringConfig()
    {
        AddJob(new Job()
            .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(30), logOutput: true))
            .WithStrategy(RunStrategy.Monitoring)
            .WithWarmupCount(3)
            .WithIterationCount(15)
            .WithInvocationCount(1)
            .WithUnrollFactor(1));
        AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)));
        AddColumn(StatisticColumn.Median, StatisticColumn.Min, new CustomersColumn());
        HideColumns(Column.RatioSD, Column.Error, Column.StdDev, Column.AllocRatio);
    }

    private sealed class CustomersColumn : IColumn
    {
        public string Id => ColumnName;

        public string ColumnName => "M customers/s";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => "Millions of customers scored in a second, from the median";

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
            summary[benchmarkCase]?.ResultStatistics is { } statistics
                ? (RowsAttribute.Of(benchmarkCase) * 1e3 / statistics.Median).ToString("0.0", CultureInfo.InvariantCulture)
                : "NA";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
    }
}
