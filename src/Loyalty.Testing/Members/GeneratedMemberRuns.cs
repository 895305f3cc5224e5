using FsCheck;
using FsCheck.Fluent;
using Loyalty.Storage.Members;
using Loyalty.Storage.InMemory.Members;

namespace Loyalty.Testing.Members;

/// <summary>The same generated runs on the in-memory store and on yours: every answer and every state must be the same text.</summary>
/// <remarks>See <see cref="GeneratedCases"/> for how many are tried and how one is replayed.</remarks>
public abstract class GeneratedMemberRuns
{
    private static readonly string[] Handles = ["ann", "ann.b", "bob", "zoë", "_x"];

    private int _tenants;

    /// <summary>How many cases to try unless the environment says otherwise.</summary>
    protected virtual int Cases => 150;

    /// <summary>Creates an empty store of a tenant; each case has a tenant of its own.</summary>
    protected abstract IMemberStore NewStore(string tenant);

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

    /// <summary>Runs the cases.</summary>
    [Fact]
    public void Generated_runs_give_the_same_as_in_memory() => GeneratedCases.Check(Sequences, Shrink, CompareAsync, Cases);

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

    private async Task CompareAsync(StoreRun[] runs)
    {
        var tenant = $"t{++_tenants}";
        var model = new InMemoryMemberStore();
        var actual = NewStore(tenant);
        using var disposable = actual as IDisposable;
        foreach (var run in runs)
        {
            Assert.Equal(await run.OnAsync(model, tenant), await run.OnAsync(actual, tenant));
            Assert.Equal(await StoreDump.OfAsync(model), await StoreDump.OfAsync(actual));
        }
    }
}
