using Loyalty.Testing.Members;
using FsCheck;
using FsCheck.Fluent;
using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.InMemory.Scores;
using Loyalty.Storage.Scores;

namespace Loyalty.Testing.Scores;

/// <summary>The same generated runs on the in-memory store and on yours: every answer and every state must be the same text.</summary>
/// <remarks>See <see cref="GeneratedCases"/> for how many are tried and how one is replayed.</remarks>
public abstract class GeneratedScoreRuns
{
    private static readonly string[] Names = ["a@x.com", "b@x.com", "c@x.com", "zoë@x.com"];
    private static readonly string[] Ids = ["1", "2", "3", "h1", "h2", "é", "\uFF5E", "\U0001F600", "10"];

    private int _tenants;

    /// <summary>How many cases to try unless the environment says otherwise.</summary>
    protected virtual int Cases => 60;

    /// <summary>Creates an empty store of a tenant; each case has a tenant of its own.</summary>
    protected abstract IScoreStore NewStore(string tenant);

    private static Gen<Sale> Orders { get; } =
        from id in Gen.Elements(Ids)
        from customer in Gen.Frequency((6, Gen.Elements<string?>(Names)), (1, Gen.Constant<string?>(null)))
        from day in Gen.Choose(0, 140)
        from hour in Gen.Choose(0, 1)
        from net in Gen.Elements(0m, 0.01m, 19.999999999999999m, 20.50m, 20.5m, 50m, 199.99m, 500m, 1000m, -3m, 123456789012m)
        from standing in Gen.Frequency((5, Gen.Constant(OrderStanding.Counts)), (3, Gen.Elements(OrderStanding.Cancelled, OrderStanding.Refunded, OrderStanding.Credit)))
        from item in Gen.Elements("", "show", "übung \"x\"")
        select new Sale(id, customer, day, net, standing, hour, item);

    // What an order of 20.50 or 50 comes to at once, in two parts, or almost; of any id, its own and unknown ones included, from any day on.
    private static Gen<Sale> Credits { get; } =
        from sale in Orders
        from original in Gen.Elements([.. Ids, "unknown"])
        from refunded in Gen.Elements(21.75m, 51.25m, 51.2499999999m, 10.25m, 11.50m, 41m, 0m, -10.25m, 1m, 123456789013.25m)
        from standing in Gen.Frequency((4, Gen.Constant(OrderStanding.Credit)), (1, Gen.Constant(OrderStanding.Counts)))
        select sale with { Standing = standing, RefundOf = original, Refunded = refunded, Net = sale.Net > 1000 ? -refunded : sale.Net };

    private static Gen<Sale> Refunded { get; } =
        from sale in Orders
        from refunded in Gen.Elements(10m, 41m, 0.25m)
        select sale with { Refunded = refunded };

    private static Gen<Sale> Sales { get; } = Gen.Frequency((5, Orders), (1, Refunded), (3, Credits));

    private static Gen<Step> Steps { get; } = Gen.Frequency(
        (6, from sales in Sales.ListOf(6) from count in Gen.Choose(1, 6) select (Step)new Step.Put([.. sales.Take(count)])),
        (2, from id in Gen.Elements(Ids) select (Step)new Step.Remove(id)),
        (2, from email in Gen.Elements(Names) from customer in Gen.Elements([.. Names, "Ann"]) select (Step)new Step.Link(email, customer)),
        (1, from email in Gen.Elements(Names) select (Step)new Step.Unlink(email)));

    private static Gen<ScoringCase> Runs { get; } =
        from asOf in Gen.Choose(0, 40)
        from scope in Gen.Frequency((4, Gen.Constant(OrderScope.Changes)), (1, Gen.Constant(OrderScope.All)))
        from steps in Steps.ListOf(4)
        from count in Gen.Choose(0, 4)
        from given in Sales.ListOf(4)
        from isGiven in Gen.Frequency((12, Gen.Constant(false)), (1, Gen.Constant(true)))
        from variant in Gen.Frequency((6, Gen.Constant(-1)), (2, Gen.Choose(0, 4)))
        from complete in Gen.Frequency((7, Gen.Constant(true)), (1, Gen.Constant(false)))
        select isGiven
            ? new ScoringCase(asOf, OrderScope.All, [.. steps.Where(static s => s is Step.Link)], variant, complete, [.. given.Select(static g => g with { Day = 0 })])
            : new ScoringCase(asOf, scope, [.. steps.Take(count)], variant, complete);

    private static Gen<ScoringCase[]> Sequences { get; } =
        from first in Gen.Choose(0, 4)
        from count in Gen.Choose(1, 7)
        from runs in Runs.ListOf(count)
        select runs.Select((r, i) => r with { Variant = r.Variant < 0 ? first : r.Variant, AsOf = (r.AsOf / 2) + (i * 15) }).ToArray();

    /// <summary>Runs the cases.</summary>
    [Fact]
    public void Generated_runs_give_the_same_as_in_memory() => GeneratedCases.Check(Sequences, Shrink, CompareAsync, Cases);

    private static IEnumerable<ScoringCase[]> Shrink(ScoringCase[] runs)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            if (runs.Length > 1)
            {
                yield return [.. runs[..i], .. runs[(i + 1)..]];
            }

            for (var j = 0; j < runs[i].Steps.Count; j++)
            {
                var k = j;
                yield return [.. runs[..i], runs[i] with { Steps = [.. runs[i].Steps.Where((_, n) => n != k)] }, .. runs[(i + 1)..]];
                if (runs[i].Steps[j] is Step.Put { Sales.Count: > 1 } put)
                {
                    for (var l = 0; l < put.Sales.Count; l++)
                    {
                        var m = l;
                        Step[] steps = [.. runs[i].Steps];
                        steps[j] = new Step.Put([.. put.Sales.Where((_, n) => n != m)]);
                        yield return [.. runs[..i], runs[i] with { Steps = steps }, .. runs[(i + 1)..]];
                    }
                }
            }
        }
    }

    private async Task CompareAsync(ScoringCase[] runs)
    {
        var model = new InMemoryScoreStore();
        var actual = NewStore($"t{++_tenants}");
        using var disposable = actual as IDisposable;
        foreach (var run in runs)
        {
            var before = await model.ReadScoresAsync();
            var told = await run.OnAsync(model);
            Assert.Equal(told, await run.OnAsync(actual));
            Assert.Equal(await ScoreDump.OfAsync(model), await ScoreDump.OfAsync(actual));
            if (run.Complete && !told.Contains("Exception", StringComparison.Ordinal))
            {
                await EqualsScoringEverybodyAsync(model, run, before, told);
            }
        }
    }

    private static async Task EqualsScoringEverybodyAsync(IScoreStore store, ScoringCase run, StoredScores? before, string told)
    {
        var stored = (await store.ReadScoresAsync())!;
        var population = new CustomerPopulation();
        foreach (var score in stored.Scores)
        {
            population.TryAdd(score.Customer, score.Input);
        }

        var whole = run.Program.Score(population, Given.Date(run.AsOf));
        Assert.Equal(StoredScores.Of(whole).Scores, stored.Scores);
        var moves = new SegmentMoves(before, whole);
        Assert.Contains($"new {moves.New} gone {moves.Gone}\n{string.Join('\n', moves.Moves)}\n{whole.AsOf:O} ", told, StringComparison.Ordinal);
    }
}
