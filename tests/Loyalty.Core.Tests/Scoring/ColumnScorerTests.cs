using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

public sealed class ColumnScorerTests
{
    [Fact]
    public void Columns_score_as_one_customer_after_the_other()
    {
        var any = ScoringInputs.Customer.ArrayOf(70).Zip(Gen.Choose(0, 70)).ToArbitrary();
        foreach (var quantiles in new[] { false, true })
        {
            Check.One(ScoringCases.Config.WithMaxTest(2_000), Prop.ForAll(any, found =>
            {
                var inputs = found.Item1[..found.Item2];
                var days = inputs.Select(static i => i.LastOrderOn?.DayNumber ?? RfmColumns.Never).ToArray();
                var orders = inputs.Select(static i => i.Orders).ToArray();
                var net = inputs.Select(static i => (long)(i.Net * 10_000)).ToArray();
                var columns = new RfmColumns(days, orders, net, 4);
                var rule = quantiles
                    ? ScoreRule.FromQuantiles(columns, ScoringCases.AsOf, found.Item2 % 2 == 0 ? CutRule.Exact : CutRule.RPackage)
                    : ScoreRule.FromThresholds(ThresholdModel.Default);
                var (fast, plain) = (new byte[inputs.Length], new byte[inputs.Length]);
                rule.Score(columns, ScoringCases.AsOf, fast);
                ColumnScorer.ScoreRows(columns, new ColumnThresholds(rule, ScoringCases.AsOf, 4), plain, 0);
                return fast.SequenceEqual(plain) && inputs.Select(i => (byte)rule.Score(i, ScoringCases.AsOf).Index).SequenceEqual(fast);
            }));
        }
    }

    [Fact]
    public void Values_at_the_ends_of_their_range_are_scored()
    {
        var days = new int[70];
        var orders = new int[70];
        var net = new long[70];
        for (var i = 0; i < 70; i++)
        {
            days[i] = (i % 3) switch { 0 => RfmColumns.Never, 1 => 0, _ => ScoringCases.AsOf.DayNumber };
            orders[i] = (i % 2) == 0 ? 0 : int.MaxValue - 1;
            net[i] = (i % 2) == 0 ? long.MinValue + 2 : long.MaxValue - 1;
        }

        foreach (var digits in new[] { 0, 2, 15 })
        {
            var columns = new RfmColumns(days, orders, net, digits);
            var (fast, plain) = (new byte[70], new byte[70]);
            foreach (var rule in new[] { ScoreRule.FromThresholds(ThresholdModel.Default), ScoreRule.FromQuantiles(columns, ScoringCases.AsOf, CutRule.RPackage) })
            {
                rule.Score(columns, ScoringCases.AsOf, fast);
                ColumnScorer.ScoreRows(columns, new ColumnThresholds(rule, ScoringCases.AsOf, digits), plain, 0);
                Assert.Equal(plain, fast);
                Assert.All(fast.Where((_, i) => i % 3 == 0), static cell => Assert.Equal(1, RfmCell.FromIndex(cell).Recency));
            }
        }
    }

    [Fact]
    public void Scoring_columns_allocates_nothing()
    {
        var (days, orders, net, cells) = (new int[1000], new int[1000], new long[1000], new byte[1000]);
        var rule = ScoreRule.FromThresholds(ThresholdModel.Default);
        rule.Score(new RfmColumns(days, orders, net, 2), ScoringCases.AsOf, cells);
        var before = GC.GetAllocatedBytesForCurrentThread();
        rule.Score(new RfmColumns(days, orders, net, 2), ScoringCases.AsOf, cells);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Columns_of_different_length_and_too_little_room_are_refused()
    {
        Assert.Throws<ArgumentException>(static () => { _ = new RfmColumns(new int[2], new int[2], new long[1], 2); });
        Assert.Throws<ArgumentOutOfRangeException>(static () => { _ = new RfmColumns([], [], [], 16); });
        Assert.Throws<ArgumentException>(static () => ScoreRule.FromThresholds(ThresholdModel.Default)
            .Score(new RfmColumns(new int[2], new int[2], new long[2], 2), ScoringCases.AsOf, new byte[1]));
    }

    [Property(MaxTest = 10_000, Arbitrary = [typeof(RankedNumbers)])]
    public bool Selection_by_rank_is_what_sorting_finds(long[] values, int[] picks)
    {
        var ranks = picks.Select(p => p % values.Length).Order().ToArray();
        var results = new long[ranks.Length];
        OrderStatistics.Select<long>(values, long.MinValue, ranks, results);
        var sorted = values.Order().ToArray();
        return results.SequenceEqual(ranks.Select(r => sorted[r]));
    }

    [Fact]
    public void Selection_among_many_values_is_what_sorting_finds()
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, 200_000).Select(i => i % 3 == 0 ? (long)random.Next(100) : random.NextInt64(-1L << 50, 1L << 50)).ToArray();
        int[] ranks = [0, 1, 40_000, 79_999, 80_000, 80_001, 199_998, 199_999];
        var results = new long[ranks.Length];
        OrderStatistics.Select<long>(values, long.MinValue, ranks, results);
        Array.Sort(values);
        Assert.Equal(ranks.Select(r => values[r]), results);
    }

    private static class RankedNumbers
    {
        public static Arbitrary<long[]> Values { get; } = Gen.Frequency(
            (3, Gen.Choose(-20, 20).Select(static i => (long)i)),
            (2, Gen.Choose(int.MinValue, int.MaxValue).Select(static i => (long)i << 20)),
            (1, Gen.Elements(long.MinValue, long.MaxValue, 0, -1))).ArrayOf().Resize(40).Where(static a => a.Length > 0).ToArbitrary();

        /// <summary>Ranks are these, modulo the number of values.</summary>
        public static Arbitrary<int[]> Picks { get; } = Gen.Choose(0, 1_000_000).ArrayOf(5).ToArbitrary();
    }
}
