using FsCheck;
using FsCheck.Fluent;
using Loyalty.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory.Creators;

namespace Loyalty.Testing.Creators;

/// <summary>The same generated imports and changes on the in-memory store and on yours: every answer and every state must be the same text.</summary>
/// <remarks>See <see cref="GeneratedCases"/> for how many are tried and how one is replayed.</remarks>
public abstract class GeneratedImports
{
    private static readonly string[] Handles = ["ann", "ann.b", "bob", "zoë", "_x"];

    private int _tenants;

    /// <summary>How many cases to try unless the environment says otherwise.</summary>
    protected virtual int Cases => 60;

    /// <summary>Creates an empty store of a tenant, which keeps amounts in USD; each case has a tenant of its own.</summary>
    protected abstract ICreatorStore NewStore(string tenant);

    private static Gen<ExportRow> Rows { get; } =
        from handle in Gen.Elements(Handles)
        from email in Gen.Elements("", "a@x.example", "b@x.example")
        from name in Gen.Elements("", "Ann", "Zoë \"Z\"", "\U0001F600")
        from order in Gen.Elements("", "", "o1", "o2", "o3")
        from video in Gen.Elements("", "", "v1", "v2", "v3")
        from day in Gen.Choose(1, 120)
        from gmv in Gen.Elements(0, 1, 999, 1_000, 5_000)
        select new ExportRow(handle, email, name, order, video, day, gmv);

    private static Gen<Step> Steps { get; } = Gen.Frequency(
        (6, from source in Gen.Elements(CreatorSource.Euka, CreatorSource.Phones, CreatorSource.Refunnel, CreatorSource.Samples, CreatorSource.Videos)
            from rows in Rows.ListOf(5)
            from file in Gen.Choose(1, 3)
            from day in Gen.Elements<int?>(null, 60, 90, 120)
            from isKept in Gen.Frequency((6, Gen.Constant(true)), (1, Gen.Constant(false)))
            select (Step)new Import(new Export(source, $"f{file}.csv", [.. rows]), day, isKept)),
        (2, from handle in Gen.Elements(Handles) from tag in Gen.Elements("vip", "é") from add in Gen.Elements(true, false) select (Step)new Tag(handle, tag, add)),
        (2, from handle in Gen.Elements(Handles) from other in Gen.Elements("ann", "bob", "new.name") select (Step)new Rename(handle, other)),
        (1, from handle in Gen.Elements(Handles) from minute in Gen.Choose(0, 3) select (Step)new Log(handle, minute)));

    [Fact]
    public void Both_stores_answer_the_same() => GeneratedCases.Check(
        from count in Gen.Choose(1, 8)
        from steps in Steps.ListOf(count)
        select steps.ToArray(),
        static steps => Enumerable.Range(0, steps.Length).Select(i => steps.Where((_, j) => j != i).ToArray()),
        async steps =>
        {
            var tenant = $"t{++_tenants}";
            var (memory, other) = ((ICreatorStore)new InMemoryCreatorStore(), NewStore(tenant));
            foreach (var step in steps)
            {
                Assert.Equal(await step.OnAsync(memory, tenant), await step.OnAsync(other, tenant));
            }

            Assert.Equal(await memory.DumpAsync(), await other.DumpAsync());
            foreach (var term in (string[])["an", "ann", "x.exa", "\U0001F600"])
            {
                var query = new CreatorQuery { Search = term, Limit = 2 };
                Assert.Equal(await ListAsync(memory, query), await ListAsync(other, query));
            }
        },
        Cases);

    private static async Task<string> ListAsync(ICreatorStore store, CreatorQuery query)
    {
        var page = await store.ListAsync(query);
        return $"{string.Join(',', page.Creators.Select(static c => $"{c.Creator.Handle}:{c.Badge}"))} {page.Next}";
    }

    /// <summary>One thing that is done to a store.</summary>
    private abstract record Step
    {
        public abstract Task<string> OnAsync(ICreatorStore store, string tenant);
    }

    private sealed record Import(Export File, int? Day, bool IsKept) : Step
    {
        public override Task<string> OnAsync(ICreatorStore store, string tenant) => store.ImportAsync(tenant, [File], CreatorGiven.Options(Day), IsKept);
    }

    private sealed record Tag(string Handle, string Name, bool Add) : Step
    {
        public override async Task<string> OnAsync(ICreatorStore store, string tenant) =>
            string.Join(',', await store.TagAsync(Handle, Add ? [Name] : [], Add ? [] : [Name]) ?? ["nobody"]);
    }

    private sealed record Rename(string Handle, string Current) : Step
    {
        public override async Task<string> OnAsync(ICreatorStore store, string tenant) => string.Equals(Handle, Current, StringComparison.Ordinal)
            ? string.Empty
            : (await store.RenameAsync(Handle, Current, new DateOnly(2025, 5, 1)))?.Handle ?? "nobody";
    }

    private sealed record Log(string Handle, int Minute) : Step
    {
        public override async Task<string> OnAsync(ICreatorStore store, string tenant) => $"{await store.AppendCommunicationsAsync([CreatorGiven.Sent(Handle, Minute)])}";
    }
}
