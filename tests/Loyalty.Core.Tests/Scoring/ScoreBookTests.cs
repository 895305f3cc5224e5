using FsCheck;
using FsCheck.Fluent;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

public sealed class ScoreBookTests
{
    [Fact]
    public void Rescoring_by_differences_equals_scoring_everybody()
    {
        var step = from kind in Gen.Choose(0, 9) from customer in Gen.Choose(0, 11) from input in ScoringInputs.Customer select (kind, customer, input);
        var any = step.ArrayOf().Resize(14).ToArbitrary();
        foreach (var program in new[] { ScoringProgram.Default, new() { Model = ScoringModel.Quantiles, Segments = SegmentPlan.Grid }, new() { Model = ScoringModel.Quantiles, Cuts = CutRule.RPackage } })
        {
            Check.One(ScoringCases.Config, Prop.ForAll(any, steps =>
            {
                var book = new ScoreBook(program, ScoringCases.AsOf);
                var known = new SortedDictionary<string, RfmInput>(StringComparer.Ordinal);
                foreach (var (kind, customer, input) in steps)
                {
                    var name = $"c{customer:D2}";
                    switch (kind)
                    {
                        case 0:
                            Assert.Equal(known.Remove(name), book.Remove(name));
                            break;
                        case 1:
                            book.AdvanceTo(book.AsOf.AddDays(customer * 7));
                            break;
                        case 2:
                            book.Rescore();
                            break;
                        default:
                            book.Set(name, input);
                            known[name] = input;
                            break;
                    }
                }

                book.Rescore();
                var population = new CustomerPopulation();
                known.ToList().ForEach(c => population.TryAdd(c.Key, c.Value));
                var run = program.Score(population, book.AsOf);
                return book.Count == run.Count
                    && Enumerable.Range(0, run.Count).All(i => book.Find(run.Customers.NameAt(i))!.Cell == run[i].Cell)
                    && run.Distribution.Segments.All(s => book.CustomersIn(s.Segment) == s.Customers);
            }));
        }
    }

    [Fact]
    public void The_calendar_moves_only_who_is_due()
    {
        var book = new ScoreBook(ScoringProgram.Default, ScoringCases.AsOf);
        for (var i = 0; i < 1000; i++)
        {
            book.Set($"c{i:D4}", new RfmInput(ScoringCases.AsOf.AddDays(-i), 1, 60));
        }

        Assert.Equal(1000, book.Rescore().Count);
        Assert.Equal(1000, book.LastExamined);
        Assert.Empty(book.Rescore());
        Assert.Equal(0, book.LastExamined);

        book.AdvanceTo(ScoringCases.AsOf.AddDays(1));
        var changes = book.Rescore();
        Assert.Equal(["c0030", "c0060", "c0090", "c0180"], changes.Select(static c => c.Customer));
        Assert.Equal(4, book.LastExamined);
        Assert.All(changes, static c => Assert.Equal(c.Before!.Cell.Recency - 1, c.After!.Cell.Recency));

        book.Set("c0500", new RfmInput(book.AsOf, 2, 80));
        var one = Assert.Single(book.Rescore());
        Assert.Equal(("c0500", 1, 5), (one.Customer, one.Before!.Cell.Recency, one.After!.Cell.Recency));
        Assert.Equal(1, book.LastExamined);
    }

    [Fact]
    public void Under_quantiles_the_calendar_alone_changes_nothing()
    {
        foreach (var cuts in new[] { CutRule.Exact, CutRule.RPackage })
        {
            var program = new ScoringProgram { Model = ScoringModel.Quantiles, Cuts = cuts };
            Check.One(ScoringCases.Config.WithMaxTest(1_000), Prop.ForAll(ScoringInputs.Some, Gen.Choose(0, 3_000).ToArbitrary(), (inputs, days) =>
            {
                var run = program.Score(ScoringCases.Population(inputs), ScoringCases.AsOf.AddDays(days));
                return ScoringCases.Cells(program, inputs).SequenceEqual(Enumerable.Range(0, run.Count).Select(i => run[i].Cell));
            }));
        }
    }

    [Fact]
    public void A_removed_customer_who_comes_back_is_new()
    {
        var book = new ScoreBook(ScoringProgram.Default, ScoringCases.AsOf);
        book.Set("a", new RfmInput(ScoringCases.AsOf, 1, 10));
        book.Rescore();
        Assert.True(book.Remove("a"));
        Assert.False(book.Remove("a"));
        Assert.Null(Assert.Single(book.Rescore()).After);
        Assert.Null(book.Find("a"));
        book.Set("a", new RfmInput(ScoringCases.AsOf, 1, 10));
        Assert.Null(Assert.Single(book.Rescore()).Before);
        Assert.Throws<ArgumentOutOfRangeException>(() => book.AdvanceTo(ScoringCases.AsOf.AddDays(-1)));
        Assert.Throws<ArgumentException>(() => book.Set("b", new RfmInput(ScoringCases.AsOf.AddDays(1), 1, 10)));
    }
}
