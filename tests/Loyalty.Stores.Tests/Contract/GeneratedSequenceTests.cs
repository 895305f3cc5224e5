using FsCheck;
using FsCheck.Fluent;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Contract;

/// <summary>The same generated runs on the in-memory store and on PostgreSQL: every answer and every state must be the same text.</summary>
public sealed class GeneratedSequenceTests(TestServer server) : IDisposable
{
    private static readonly string[] Handles = ["ann", "ann.b", "bob", "zoë", "_x"];

    private readonly TestDatabase _database = server.CreateDatabase();
    private int _tenants;

    private static Gen<long> Amount { get; } = Gen.Elements<long>(0, 1, 5, 999, 1000, 1001, 1999, 2000, -300, 1200);

    private static Gen<Video> Videos { get; } =
        from handle in Gen.Elements(Handles)
        from key in Gen.Choose(1, 9)
        from day in Gen.Choose(0, 100)
        from sales in Amount
        from units in Gen.Choose(0, 3)
        from views in Gen.Choose(0, 2)
        from title in Gen.Elements("", "t", "übung \"x\"")
        select new Video(handle, $"70{key}", day, sales, units, views * 10, title);

    private static Gen<Correction> Corrections { get; } =
        from id in Gen.Choose(1, 5)
        from handle in Gen.Elements([.. Handles, "stranger"])
        from day in Gen.Choose(0, 100)
        from sales in Amount
        from units in Gen.Choose(-2, 2)
        from reason in Gen.Elements("", "because")
        select new Correction($"id{id}", handle, day, sales, units, reason);

    private static Gen<StoreRun> Runs { get; } =
        from asOf in Gen.Choose(0, 130)
        from videos in Videos.ListOf(7)
        from count in Gen.Choose(0, 7)
        from corrections in Corrections.ListOf(3)
        from correctionCount in Gen.Choose(0, 3)
        from variant in Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Choose(0, 5)))
        from complete in Gen.Frequency((7, Gen.Constant(true)), (1, Gen.Constant(false)))
        from cut in Gen.Choose(1, 5)
        select new StoreRun(asOf, [.. videos.Take(count)], [.. corrections.Take(correctionCount)], variant, complete, cut);

    private static Gen<StoreRun[]> Sequences { get; } =
        from first in Gen.Choose(0, 5)
        from count in Gen.Choose(1, 6)
        from runs in Runs.ListOf(count)
        let sorted = runs.Select((r, i) => r with { Variant = r.Variant == 0 ? first : r.Variant, AsOf = Math.Min(130, (r.AsOf / 4) + (i * 22)) })
        select sorted.ToArray();

    public void Dispose() => _database.Dispose();

    [Fact]
    public void Generated_runs_give_the_same_on_both_stores() => Check(StoreLimits.Standard);

    [Fact]
    public void Generated_runs_give_the_same_when_every_limit_is_crossed() => Check(StoreLimits.Small);

    private void Check(StoreLimits limits)
    {
        var cases = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_CASES"), out var given) ? given : 150;
        var config = Config.QuickThrowOnFailure.WithMaxTest(cases);
        if (Environment.GetEnvironmentVariable("LOYALTY_TEST_SEED") is { Length: > 0 } seed)
        {
            // As FsCheck prints it: (seed,gamma).
            var parts = seed.Trim('(', ')').Split(',');
            config = config.WithReplay(ulong.Parse(parts[0]), ulong.Parse(parts[1]));
        }

        Prop.ForAll(Arb.From(Sequences, Shrink), runs => CompareAsync(runs, limits).GetAwaiter().GetResult()).Check(config);
    }

    private static IEnumerable<StoreRun[]> Shrink(StoreRun[] runs)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            StoreRun[] without = [.. runs[..i], .. runs[(i + 1)..]];
            if (without.Length > 0)
            {
                yield return without;
            }
        }

        for (var i = 0; i < runs.Length; i++)
        {
            for (var j = 0; j < runs[i].Videos.Count; j++)
            {
                var k = j;
                yield return [.. runs[..i], runs[i] with { Videos = [.. runs[i].Videos.Where((_, n) => n != k)] }, .. runs[(i + 1)..]];
            }

            for (var j = 0; j < runs[i].Corrections.Count; j++)
            {
                var k = j;
                yield return [.. runs[..i], runs[i] with { Corrections = [.. runs[i].Corrections.Where((_, n) => n != k)] }, .. runs[(i + 1)..]];
            }
        }
    }

    private async Task CompareAsync(StoreRun[] runs, StoreLimits limits)
    {
        var tenant = $"t{++_tenants}";
        var model = new InMemoryStore();
        var actual = new PostgresStore(_database.App, tenant, new PostgresStoreOptions { Limits = limits });
        foreach (var run in runs)
        {
            Assert.Equal(await run.OnAsync(model, tenant), await run.OnAsync(actual, tenant));
            Assert.Equal(await StoreDump.OfAsync(model), await StoreDump.OfAsync(actual));
        }
    }
}
