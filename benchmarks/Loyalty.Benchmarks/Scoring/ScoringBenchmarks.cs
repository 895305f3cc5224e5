using BenchmarkDotNet.Attributes;
using Loyalty.Scoring;
using Loyalty.Benchmarks.Aggregation;

namespace Loyalty.Benchmarks.Scoring;

/// <summary>Ten million customers from columns, against reading the columns, a plain loop, sorting, and LINQ over objects.</summary>
[Config(typeof(ScoringConfig))]
public class ScoringBenchmarks
{
    internal const int Customers = 10_000_000;
    internal const int Objects = 1_000_000;

    private static readonly DateOnly AsOf = new(2025, 10, 15);
    private static readonly ScoreRule Rule = ScoreRule.FromThresholds(ThresholdModel.Default);

    private readonly int[] _days = new int[Customers];
    private readonly int[] _orders = new int[Customers];
    private readonly long[] _net = new long[Customers];
    private readonly byte[] _cells = new byte[Customers];
    private readonly byte[] _segments = new byte[Customers];
    private readonly byte[] _segmentOfCell = new byte[RfmCell.Count];
    private readonly Customer[] _objects = new Customer[Objects];

    private RfmColumns Columns => new(_days, _orders, _net, 2);

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        for (var i = 0; i < Customers; i++)
        {
            _orders[i] = Math.Min(60, (int)(-Math.Log(1 - random.NextDouble()) * 3));
            _days[i] = _orders[i] == 0 ? RfmColumns.Never : AsOf.DayNumber - random.Next(1500);
            _net[i] = (long)(_orders[i] * -Math.Log(1 - random.NextDouble()) * 6_000);
        }

        for (var i = 0; i < Objects; i++)
        {
            _objects[i] = new Customer($"c{i}", _orders[i] == 0 ? null : DateOnly.FromDayNumber(_days[i]), _orders[i], _net[i] / 100m);
        }

        for (var i = 0; i < RfmCell.Count; i++)
        {
            _segmentOfCell[i] = (byte)SegmentPlan.Grid.IndexOf(RfmCell.FromIndex(i));
        }
    }

    [Benchmark(Description = "Read all columns once", Baseline = true), Rows(Customers)]
    public long ReadColumns()
    {
        long sum = 0;
        foreach (var day in _days)
        {
            sum += day;
        }

        foreach (var orders in _orders)
        {
            sum += orders;
        }

        foreach (var net in _net)
        {
            sum += net;
        }

        return sum;
    }

    [Benchmark(Description = "Thresholds, plain loop"), Rows(Customers)]
    public void Plain() => ColumnScorer.ScoreRows(Columns, new ColumnThresholds(Rule, AsOf, 2), _cells, 0);

    [Benchmark(Description = "**Thresholds from columns**"), Rows(Customers)]
    public void Thresholds() => Rule.Score(Columns, AsOf, _cells);

    [Benchmark(Description = "**Thresholds and segments from columns**"), Rows(Customers)]
    public void ThresholdsAndSegments()
    {
        Rule.Score(Columns, AsOf, _cells);
        for (var i = 0; i < _cells.Length; i++)
        {
            _segments[i] = _segmentOfCell[_cells[i]];
        }
    }

    [Benchmark(Description = "**Quantiles: cuts and scores**"), Rows(Customers)]
    public void Quantiles() => ScoreRule.FromQuantiles(Columns, AsOf, CutRule.Exact).Score(Columns, AsOf, _cells);

    [Benchmark(Description = "Quantiles by sorting each column"), Rows(Customers)]
    public long SortedQuantiles()
    {
        long sum = 0;
        var (days, orders, net) = ((int[])_days.Clone(), (int[])_orders.Clone(), (long[])_net.Clone());
        Array.Sort(days);
        Array.Sort(orders);
        Array.Sort(net);
        for (var k = 1; k <= 4; k++)
        {
            var at = (int)((Customers - 1L) * k / 5);
            sum += days[at] + orders[at] + net[at];
        }

        return sum;
    }

    [Benchmark(Description = "LINQ over objects"), Rows(Objects)]
    public int Linq() => _objects
        .Select(static c => (c.Name, R: R(c.LastOrderOn), F: F(c.Orders), M: M(c.Net)))
        .Select(static s => (s.Name, Lead: (3 * s.R) + (2 * s.F) + s.M))
        .GroupBy(static s => s.Lead >= 24 ? "Hot" : s.Lead >= 18 ? "Warm" : s.Lead >= 12 ? "Cool" : "Cold")
        .Sum(static g => g.Count());

    private static int R(DateOnly? last) => last is not { } day ? 1 : (AsOf.DayNumber - day.DayNumber) switch { <= 30 => 5, <= 60 => 4, <= 90 => 3, <= 180 => 2, _ => 1 };

    private static int F(int orders) => orders switch { >= 10 => 5, >= 5 => 4, >= 3 => 3, >= 1 => 2, _ => 1 };

    private static int M(decimal net) => net switch { >= 1000 => 5, >= 500 => 4, >= 200 => 3, >= 50 => 2, _ => 1 };

    private sealed record Customer(string Name, DateOnly? LastOrderOn, int Orders, decimal Net);
}
