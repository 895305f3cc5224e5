using BenchmarkDotNet.Attributes;
using Loyalty.Scoring;
using Loyalty.Benchmarks.Aggregation;

namespace Loyalty.Benchmarks.Scoring;

/// <summary>A day in the life of a million scores: a thousand customers ordered, and the calendar moved those who were due.</summary>
[Config(typeof(ScoringConfig))]
public class ScoreBookBenchmarks
{
    private const int Customers = 1_000_000;
    private const int Ordered = 1_000;

    private readonly CustomerPopulation _population = new();
    private readonly ScoreBook _book = new(ScoringProgram.Default, new DateOnly(2025, 1, 1));
    private readonly Random _random = new(1);

    [GlobalSetup]
    public void SetUp()
    {
        for (var i = 0; i < Customers; i++)
        {
            var input = new RfmInput(_book.AsOf.AddDays(-_random.Next(1500)), 1 + (i % 7), i % 900);
            _population.TryAdd($"c{i}", input);
            _book.Set($"c{i}", input);
        }

        _book.Rescore();
    }

    [Benchmark(Description = "Score everybody", Baseline = true), Rows(Customers)]
    public int Everybody() => ScoringProgram.Default.Score(_population, _book.AsOf).Count;

    [Benchmark(Description = "**A day by differences**"), Rows(Customers)]
    public int Day()
    {
        _book.AdvanceTo(_book.AsOf.AddDays(1));
        for (var i = 0; i < Ordered; i++)
        {
            _book.Set($"c{_random.Next(Customers)}", new RfmInput(_book.AsOf, 1 + _random.Next(20), _random.Next(2000)));
        }

        return _book.Rescore().Count;
    }
}
