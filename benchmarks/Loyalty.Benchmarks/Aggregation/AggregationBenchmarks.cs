using BenchmarkDotNet.Attributes;
using Loyalty.Activities;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>
/// Ten million activities of a million members, against the limit that memory sets and against what one would write without the hot path.
/// One call is one measurement; nothing is divided, so that a single byte allocated by a call shows.
/// </summary>
[Config(typeof(AggregationConfig))]
public class AggregationBenchmarks
{
    internal const int Activities = 10_000_000;
    internal const int Members = 1_000_000;
    private const int Batch = Activities / 100;
    private const int Missions = 8;

    private readonly Aggregator _one = new(threads: 1);
    private readonly Aggregator _two = new(threads: 2);
    private readonly ActivityTotals[] _missions = new ActivityTotals[Missions];
    private readonly DayWindow[] _missionWindows = new DayWindow[Missions];
    private AggregationData _grouped = null!;
    private AggregationData _busy = null!;
    private AggregationData _scattered = null!;
    private AggregationData _removed = null!;
    private AggregationData _added = null!;
    private AggregationBaselines.Sums[] _sums = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _grouped = AggregationData.Grouped(Activities, Members);
        _busy = AggregationData.Grouped(Activities, Activities / 100, least: 64);
        _scattered = AggregationData.Scattered(Activities, Members);
        (_removed, _added) = AggregationData.Changes(_scattered, Batch);
        _sums = new AggregationBaselines.Sums[Members];
        for (var mission = 0; mission < Missions; mission++)
        {
            _missionWindows[mission] = new(AggregationData.Through - (60 * mission), AggregationData.Through - (30 * mission) + 30);
        }
    }

    [Benchmark(Description = "Read all columns once", Baseline = true), Rows(Activities)]
    public long ReadColumns() => AggregationBaselines.ReadColumns(_grouped);

    [Benchmark(Description = "Grouped, plain loop"), Rows(Activities)]
    public void PlainGrouped() => AggregationBaselines.PlainGrouped(_grouped);

    [Benchmark(Description = "**Grouped, 1 thread**"), Rows(Activities)]
    public void Grouped() => _one.AggregateGrouped(_grouped.Columns, _grouped.Windows, AggregationData.Through, _grouped.Totals);

    [Benchmark(Description = "**Grouped, 2 threads**"), Rows(Activities)]
    public void GroupedTwo() => _two.AggregateGrouped(_grouped.Columns, _grouped.Windows, AggregationData.Through, _grouped.Totals);

    [Benchmark(Description = "**Grouped, 64 or more each, 1 thread**"), Rows(Activities)]
    public void GroupedBusy() => _one.AggregateGrouped(_busy.Columns, _busy.Windows, AggregationData.Through, _busy.Totals);

    [Benchmark(Description = "**8 windows of one member, 1 pass**"), Rows(Activities)]
    public void ManyWindows() => Aggregator.AggregateWindows(0, _grouped.Columns, _missionWindows, AggregationData.Through, _missions);

    [Benchmark(Description = "Scattered, plain loop"), Rows(Activities)]
    public void PlainScattered() => AggregationBaselines.PlainScattered(_scattered, _sums);

    [Benchmark(Description = "**Scattered, 1 thread**"), Rows(Activities)]
    public void Scattered() => _one.AggregateScattered(_scattered.Columns, _scattered.Windows, AggregationData.Through, _scattered.Totals);

    [Benchmark(Description = "**Scattered, 2 threads**"), Rows(Activities)]
    public void ScatteredTwo() => _two.AggregateScattered(_scattered.Columns, _scattered.Windows, AggregationData.Through, _scattered.Totals);

    /// <summary>The totals drift from call to call, which costs nothing: sums are sums.</summary>
    [Benchmark(Description = "**1 % changed, 1 thread**"), Rows(Batch)]
    public void Changes() => _one.ApplyChanges(_removed.Columns, _added.Columns, _scattered.Windows, AggregationData.Through, _scattered.Totals);

    [Benchmark(Description = "**1 % changed, 2 threads**"), Rows(Batch)]
    public void ChangesTwo() => _two.ApplyChanges(_removed.Columns, _added.Columns, _scattered.Windows, AggregationData.Through, _scattered.Totals);
}

/// <summary>What one would write without the hot path. Fewer rounds: one takes up to half a minute.</summary>
[Config(typeof(AggregationRivalsConfig))]
public class AggregationRivals
{
    private AggregationBaselines.Activity[] _activities = null!;
    private Dictionary<string, DayWindow> _windows = null!;

    [GlobalSetup]
    public void SetUp() =>
        (_activities, _windows) = AggregationData.Scattered(AggregationBenchmarks.Activities, AggregationBenchmarks.Members).ToObjects();

    [Benchmark(Description = "Dictionary of objects with decimals"), Rows(AggregationBenchmarks.Activities)]
    public int DictionaryOfObjects() => AggregationBaselines.DictionaryOfObjects(_activities, _windows);

    [Benchmark(Description = "LINQ GroupBy"), Rows(AggregationBenchmarks.Activities)]
    public int Linq() => AggregationBaselines.Linq(_activities, _windows);
}

/// <summary>What the decision on the layout compares: vector widths, and running sums, which were tried and lost.</summary>
[Config(typeof(AggregationConfig))]
public class AggregationLayouts
{
    private readonly Aggregator[] _aggregators = [.. Enum.GetValues<AggregationKernel>().Select(kernel => new Aggregator(kernel, threads: 1))];
    private AggregationData _grouped = null!;
    private AggregationData _busy = null!;
    private long[][] _sums = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _grouped = AggregationData.Grouped(AggregationBenchmarks.Activities, AggregationBenchmarks.Members);
        _busy = AggregationData.Grouped(AggregationBenchmarks.Activities, AggregationBenchmarks.Activities / 100, least: 64);
        _sums = [.. Enumerable.Range(0, 5).Select(_ => new long[AggregationBenchmarks.Activities])];
    }

    [Benchmark(Description = "Read all columns once", Baseline = true), Rows(AggregationBenchmarks.Activities)]
    public long ReadColumns() => AggregationBaselines.ReadColumns(_grouped);

    [Benchmark(Description = "Running sums, making only"), Rows(AggregationBenchmarks.Activities)]
    public void RunningSums() => AggregationBaselines.RunningSums(_grouped, _sums);

    [Benchmark(Description = "Grouped, scalar"), Rows(AggregationBenchmarks.Activities)]
    public void Scalar() => Grouped(AggregationKernel.Scalar, _grouped);

    [Benchmark(Description = "Grouped, vectors of 2"), Rows(AggregationBenchmarks.Activities)]
    public void Two() => Grouped(AggregationKernel.Vector128, _grouped);

    [Benchmark(Description = "Grouped, vectors of 4"), Rows(AggregationBenchmarks.Activities)]
    public void Four() => Grouped(AggregationKernel.Vector256, _grouped);

    [Benchmark(Description = "Grouped, vectors of 8"), Rows(AggregationBenchmarks.Activities)]
    public void Eight() => Grouped(AggregationKernel.Vector512, _grouped);

    [Benchmark(Description = "64 or more each, scalar"), Rows(AggregationBenchmarks.Activities)]
    public void BusyScalar() => Grouped(AggregationKernel.Scalar, _busy);

    [Benchmark(Description = "64 or more each, vectors of 2"), Rows(AggregationBenchmarks.Activities)]
    public void BusyTwo() => Grouped(AggregationKernel.Vector128, _busy);

    [Benchmark(Description = "64 or more each, vectors of 4"), Rows(AggregationBenchmarks.Activities)]
    public void BusyFour() => Grouped(AggregationKernel.Vector256, _busy);

    [Benchmark(Description = "64 or more each, vectors of 8"), Rows(AggregationBenchmarks.Activities)]
    public void BusyEight() => Grouped(AggregationKernel.Vector512, _busy);

    private void Grouped(AggregationKernel kernel, AggregationData data) =>
        _aggregators[(int)kernel].AggregateGrouped(data.Columns, data.Windows, AggregationData.Through, data.Totals);
}
