using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

public sealed class QuantileModelTests
{
    private static readonly ScoringProgram Exact = new() { Model = ScoringModel.Quantiles };
    private static readonly ScoringProgram AsInR = new() { Model = ScoringModel.Quantiles, Cuts = CutRule.RPackage };

    [Fact]
    public void Ten_customers_with_ten_different_numbers_take_two_of_each_score()
    {
        var inputs = Enumerable.Range(1, 10).Select(i => new RfmInput(ScoringCases.AsOf.AddDays(-i * 10), i, i * 1.25m)).ToList();
        var run = Exact.Score(ScoringCases.Population(inputs), ScoringCases.AsOf);

        // h = 9·k/5: the cuts of 10, 20, …, 100 days lie at 28, 46, 64 and 82.
        Assert.Equal([28m, 46m, 64m, 82m], Enumerable.Range(0, 4).Select(i => run.Rule.Recency[i]));
        Assert.Equal([2.8m, 4.6m, 6.4m, 8.2m], Enumerable.Range(0, 4).Select(i => run.Rule.Frequency[i]));
        Assert.Equal([3.5m, 5.75m, 8m, 10.25m], Enumerable.Range(0, 4).Select(i => run.Rule.Money[i]));
        Assert.Equal([5, 5, 4, 4, 3, 3, 2, 2, 1, 1], Enumerable.Range(0, 10).Select(i => run[i].Cell.Recency));
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], Enumerable.Range(0, 10).Select(i => run[i].Cell.Frequency));
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], Enumerable.Range(0, 10).Select(i => run[i].Cell.Money));
    }

    [Fact]
    public void A_value_on_a_cut_takes_the_lower_bin()
    {
        // Six customers: h = 5·k/5 is whole, so that every cut is one of the values.
        var inputs = Enumerable.Range(1, 6).Select(i => new RfmInput(ScoringCases.AsOf, i, i * 100)).ToList();
        Assert.Equal([1, 1, 2, 3, 4, 5], ScoringCases.Cells(Exact, inputs).Select(static c => c.Frequency));

        // As the R package does it, the cut is raised by one: 2, 3, 4, 5 become 3, 4, 5, 6, and a value on a raised cut takes the upper bin.
        Assert.Equal([1, 1, 2, 3, 4, 5], ScoringCases.Cells(AsInR, inputs).Select(static c => c.Frequency));
        Assert.Equal([1, 1, 2, 3, 4, 5], ScoringCases.Cells(AsInR, inputs).Select(static c => c.Money));
    }

    [Fact]
    public void Raised_cuts_differ_from_exact_ones_between_whole_numbers()
    {
        // The cut at 20 % of 0, 0.5, 1, 1.5, 2, 2.5 is 0.5; raised it is 1.5, so that only 1.5 and more are above it.
        var inputs = Enumerable.Range(0, 6).Select(i => new RfmInput(null, 0, i * 0.5m)).ToList();
        Assert.Equal([1, 1, 2, 3, 4, 5], ScoringCases.Cells(Exact, inputs).Select(static c => c.Money));
        Assert.Equal([1, 1, 1, 2, 3, 4], ScoringCases.Cells(AsInR, inputs).Select(static c => c.Money));
    }

    [Fact]
    public void Who_never_ordered_has_R_1_and_moves_no_recency_cut()
    {
        var ordered = Enumerable.Range(1, 20).Select(i => new RfmInput(ScoringCases.AsOf.AddDays(-i), 1, 5)).ToList();
        var both = ordered.Concat(Enumerable.Repeat(default(RfmInput), 500)).ToList();
        var (few, all) = (ScoringCases.Cells(Exact, ordered), ScoringCases.Cells(Exact, both));
        Assert.Equal(few.Select(static c => c.Recency), all.Take(20).Select(static c => c.Recency));
        Assert.All(all.Skip(20), static cell => Assert.Equal(1, cell.Recency));
        Assert.All(ScoringCases.Cells(AsInR, [default, default]), static cell => Assert.Equal(1, cell.Recency));
    }

    [Fact]
    public void Nobody_and_one_customer_are_scored_too()
    {
        Assert.Empty(ScoringCases.Cells(Exact, []));
        Assert.Equal(new RfmCell(5, 1, 1), Assert.Single(ScoringCases.Cells(Exact, [new RfmInput(ScoringCases.AsOf, 7, 70)])));
    }

    [Property(MaxTest = 10_000, Arbitrary = [typeof(ScoringInputs)])]
    public bool Cuts_are_the_type_7_quantiles(RfmInput[] inputs)
    {
        if (inputs.Length == 0)
        {
            return true;
        }

        var run = Exact.Score(ScoringCases.Population(inputs), ScoringCases.AsOf);
        var net = inputs.Select(static i => i.Net).Order().ToArray();
        var orders = inputs.Select(static i => (decimal)i.Orders).Order().ToArray();
        var days = inputs.Where(static i => i.LastOrderOn is not null).Select(i => (decimal)i.RecencyDays(ScoringCases.AsOf)!.Value).Order().ToArray();
        return Enumerable.Range(0, 4).All(k => run.Rule.Money[k] == Type7(net, k) && run.Rule.Frequency[k] == Type7(orders, k)
            && (days.Length == 0 || run.Rule.Recency[k] == Type7(days, k)));
    }

    [Fact]
    public void Scores_are_one_more_than_the_cuts_below_the_value()
    {
        foreach (var program in new[] { Exact, AsInR })
        {
            Check.One(ScoringCases.Config, Prop.ForAll(ScoringInputs.Some, inputs =>
            {
                var days = inputs.Where(static i => i.LastOrderOn is not null).Select(i => (decimal)i.RecencyDays(ScoringCases.AsOf)!.Value).Order().ToArray();
                var orders = inputs.Select(static i => (decimal)i.Orders).Order().ToArray();
                var net = inputs.Select(static i => i.Net).Order().ToArray();
                var cells = ScoringCases.Cells(program, inputs);
                return inputs.Zip(cells).All(pair => pair.Second == new RfmCell(
                    pair.First.RecencyDays(ScoringCases.AsOf) is { } age ? 6 - Bin(days, age) : 1, Bin(orders, pair.First.Orders), Bin(net, pair.First.Net)));

                int Bin(decimal[] sorted, decimal value) => 1 + Enumerable.Range(0, 4)
                    .Count(k => program.Cuts == CutRule.Exact ? Type7(sorted, k) < value : Type7(sorted, k) + 1 <= value);
            }));
        }
    }

    [Fact]
    public void Equal_values_score_equally_whatever_the_order_of_rows()
    {
        var any = ScoringInputs.Some.Generator.Zip(Gen.Choose(0, int.MaxValue)).ToArbitrary();
        foreach (var program in new[] { Exact, AsInR, ScoringProgram.Default })
        {
            Check.One(ScoringCases.Config, Prop.ForAll(any, found =>
            {
                var (inputs, seed) = found;
                var order = Enumerable.Range(0, inputs.Length).ToArray();
                new Random(seed).Shuffle(order);
                var straight = ScoringCases.Cells(program, inputs);
                var shuffled = ScoringCases.Cells(program, [.. order.Select(i => inputs[i])]);
                return order.Select((from, to) => straight[from] == shuffled[to]).All(static same => same)
                    && inputs.Zip(straight).GroupBy(static p => p.First).All(static g => g.Select(static p => p.Second).Distinct().Count() == 1);
            }));
        }
    }

    [Fact]
    public void Every_score_rises_with_its_input()
    {
        foreach (var program in new[] { Exact, AsInR })
        {
            Check.One(ScoringCases.Config, Prop.ForAll(ScoringInputs.Some, inputs =>
            {
                var cells = ScoringCases.Cells(program, inputs);
                return Rises(inputs, cells, static i => i.LastOrderOn?.DayNumber ?? -1, static c => c.Recency)
                    && Rises(inputs, cells, static i => i.Orders, static c => c.Frequency)
                    && Rises(inputs, cells, static i => i.Net, static c => c.Money);
            }));
        }
    }

    [Fact]
    public void Amounts_without_a_common_unit_are_scored_as_exactly()
    {
        RfmInput[] inputs = [.. Enumerable.Range(0, 6).Select(static i => new RfmInput(null, 0, (i * 100_000_000_000m) + (i * 0.000_000_000_000_001m)))];
        Assert.Equal([1, 1, 2, 3, 4, 5], ScoringCases.Cells(Exact, inputs).Select(static c => c.Money));
        Assert.Equal([1, 1, 1, 1, 1, 1], ScoringCases.Cells(Exact with { Segments = SegmentPlan.Grid }, inputs).Select(static c => c.Recency));
        Assert.Equal(100_000_000_000.000_000_000_000_001m, Exact.Score(ScoringCases.Population(inputs), ScoringCases.AsOf).Rule.Money[0]);
    }

    private static bool Rises<T>(RfmInput[] inputs, RfmCell[] cells, Func<RfmInput, T> value, Func<RfmCell, int> score)
    {
        var scores = inputs.Zip(cells).OrderBy(p => value(p.First)).Select(p => score(p.Second)).ToList();
        return scores.Zip(scores.Skip(1)).All(static p => p.First <= p.Second);
    }

    /// <summary>The definition of Hyndman and Fan: the value at h = (n − 1)·p, between its neighbours in proportion.</summary>
    private static decimal Type7(decimal[] sorted, int k)
    {
        var h = (sorted.Length - 1) * (k + 1) * 0.2m;
        var low = (int)decimal.Floor(h);
        return sorted[low] + ((h - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low]));
    }
}
