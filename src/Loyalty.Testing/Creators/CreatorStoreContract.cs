using Loyalty.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Creators;

/// <summary>What every store of creators does, in words. Inherit it, give it your store, and run it.</summary>
public abstract class CreatorStoreContract
{
    private const string Tenant = "acme";

    private static readonly Export Phones = new(
        CreatorSource.Phones, "phones.csv", new("ann", "ann@x.example", "Ann"), new("bob", "bob@x.example", "Bob"), new("zoë", "", "Zoë"));

    private static readonly Export Samples = new(
        CreatorSource.Samples, "samples.csv", new("ann", "ann@other.example", Order: "o1"), new("ann", Order: "o2"), new("bob", Order: "o3"));

    private static readonly Export Videos = new(
        CreatorSource.Videos, "videos.csv", new("ann", Video: "v1", Day: 65, Gmv: 600), new("ann", Video: "v2", Day: 70, Gmv: 500), new("bob", Video: "v3", Day: 88, Gmv: 6_000));

    /// <summary>Creates an empty store of a tenant, which keeps amounts in USD.</summary>
    protected abstract ICreatorStore NewStore(string tenant);

    [Fact]
    public async Task An_empty_store_shows_nothing()
    {
        var store = NewStore(Tenant);
        Assert.Null(await store.GetStatusAsync());
        Assert.Empty((await store.ListAsync(new CreatorQuery { Search = "a" })).Creators);
        Assert.Null(await store.FindAsync("ann"));
        Assert.Null(await store.TagAsync("ann", ["vip"], []));
        Assert.Null(await store.RenameAsync("ann", "ann.b", new DateOnly(2025, 1, 1)));
        Assert.Empty(await store.ReadCommunicationsAsync("ann"));
    }

    [Fact]
    public async Task A_run_that_is_not_committed_leaves_no_trace()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones], isKept: false);
        Assert.Null(await store.GetStatusAsync());
        await store.ImportAsync(Tenant, [Phones]);
        var before = await store.DumpAsync();
        await store.ImportAsync(Tenant, [Samples, Videos], isKept: false);
        Assert.Equal(before, await store.DumpAsync());
    }

    [Fact]
    public async Task I01_The_same_files_again_change_nothing_and_are_known()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones, Samples, Videos]);
        var before = await store.DumpAsync();
        var outcome = await store.RunAsync(CreatorGiven.Program(Tenant), CreatorGiven.Options(), async (run, stop) =>
        {
            await run.TakeAsync([Phones.Statements(), Samples.Statements(), Videos.Statements()], stop);
            return await run.DecideAsync(stop);
        });
        Assert.True(outcome.Created.AreZero);
        Assert.True(outcome.Changed.AreZero);
        Assert.Equal([CreatorSource.Phones, CreatorSource.Samples, CreatorSource.Videos], outcome.Known.Select(static k => k.Source));
        Assert.Equal(before, await store.DumpAsync());
    }

    [Fact]
    public async Task What_sources_say_otherwise_is_a_conflict_and_the_first_source_counts()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones, Samples]);
        var ann = (await store.FindAsync("ann"))!;
        Assert.Equal("ann@x.example", ann.Creator.Email);
        Assert.Equal(2, ann.Creator.Samples);
        var conflict = Assert.Single(ann.Conflicts);
        Assert.Equal(("ann@x.example", "ann@other.example", CreatorSource.Samples), (conflict.Kept, conflict.Other, conflict.OtherSource));
        Assert.Equal(("Acme", 2), (ann.Brands[0].Brand, ann.Brands[0].Samples));
    }

    [Fact]
    public async Task Lists_are_in_order_by_pages_and_follow_every_condition()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones, Samples, Videos]);
        await store.TagAsync("bob", ["vip", "x y"], []);
        Assert.Equal(["vip"], await store.TagAsync("bob", [], ["x y", "none"]));
        Assert.Equal(["ann", "bob", "zoë"], await HandlesAsync(new CreatorQuery()));
        var page = await store.ListAsync(new CreatorQuery { Limit = 2 });
        Assert.Equal("bob", page.Next);
        Assert.Equal(["zoë"], await HandlesAsync(new CreatorQuery { After = page.Next, Limit = 2 }));
        Assert.Null((await store.ListAsync(new CreatorQuery { After = page.Next, Limit = 1 })).Next);
        Assert.Equal(["bob"], await HandlesAsync(new CreatorQuery { Tag = "vip" }));
        Assert.Equal(["ann", "bob"], await HandlesAsync(new CreatorQuery { Brand = "Acme" }));
        Assert.Equal(["bob"], await HandlesAsync(new CreatorQuery { Badge = "gold" }));
        Assert.Equal(["ann"], await HandlesAsync(new CreatorQuery { Badge = "Silver", Brand = "Acme" }));
        Assert.Empty(await HandlesAsync(new CreatorQuery { Badge = "none" }));

        // Anywhere from three bytes on, else at a beginning; the case of the ends of the alphabet does not matter.
        Assert.Equal(["ann", "bob"], await HandlesAsync(new CreatorQuery { Search = "X.EXAMPLE" }));
        Assert.Equal(["bob"], await HandlesAsync(new CreatorQuery { Search = "@BO" }));
        Assert.Empty(await HandlesAsync(new CreatorQuery { Search = "nn" }));
        Assert.Equal(["zoë"], await HandlesAsync(new CreatorQuery { Search = "ZOË" }));
        Assert.Empty(await HandlesAsync(new CreatorQuery { Search = "%" }));
        Assert.Empty(await HandlesAsync(new CreatorQuery { Search = "a\0b", Tag = "\0" }));
        Assert.Empty(await HandlesAsync(new CreatorQuery { Search = "ab\ud800" }));
        Assert.Null(await store.FindAsync("a\ud800"));

        async Task<string[]> HandlesAsync(CreatorQuery query) => [.. (await store.ListAsync(query)).Creators.Select(static c => c.Creator.Handle)];
    }

    [Fact]
    public async Task Whoever_takes_another_handle_takes_everything_along_and_is_found_under_both()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones, Samples, Videos]);
        await store.TagAsync("ann", ["vip"], []);
        await store.TagAsync("bob", ["new"], []);
        Assert.Equal(2, await store.AppendCommunicationsAsync([CreatorGiven.Sent("ann", 1), CreatorGiven.Sent("bob", 2), CreatorGiven.Sent("ann", 1)]));
        Assert.Equal(0, await store.AppendCommunicationsAsync([CreatorGiven.Sent("ann", 1)]));
        var both = (await store.RenameAsync("ann", "bob", new DateOnly(2025, 5, 1)))!;
        Assert.Equal(("bob", 3, 3), (both.Handle, both.Samples, both.Videos));
        Assert.Equal(["new", "vip"], both.Tags);
        var found = (await store.FindAsync("ann"))!;
        Assert.Equal("bob", found.Creator.Handle);
        Assert.Equal(["ann"], found.EarlierHandles.Select(static e => e.Handle));
        Assert.Equal(["m-2", "m-1"], (await store.ReadCommunicationsAsync("ann")).Select(static c => c.ExternalId));
        Assert.Equal(["m-2"], (await store.ReadCommunicationsAsync("bob", 1)).Select(static c => c.ExternalId));
        Assert.Equal(2, (await store.GetStatusAsync())!.Totals.Creators);

        // What names the earlier handle means the creator.
        await store.ImportAsync(Tenant, [new Export(CreatorSource.Samples, "more.csv", new ExportRow("ann", Order: "o9"))]);
        Assert.Equal(4, (await store.FindAsync("bob"))!.Creator.Samples);
        Assert.Equal(2, (await store.GetStatusAsync())!.Totals.Creators);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_refused_before_anything_is_changed()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones]);
        var before = await store.DumpAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TagAsync("ann", [" x"], []));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.RenameAsync("ann", "ann", new DateOnly(2025, 1, 1)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.RenameAsync("ann", "No Handle", new DateOnly(2025, 1, 1)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendCommunicationsAsync([CreatorGiven.Sent("ann", 1), CreatorGiven.Sent("ann", 2, "")]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.ReadCommunicationsAsync("ann", 0));
        var run = await store.BeginRunAsync(CreatorGiven.Program(Tenant), CreatorGiven.Options(day: null));
        await using (run)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await run.CommitAsync());
            await Assert.ThrowsAsync<ArgumentException>(async () => await run.TakeAsync([new Export(CreatorSource.Refunnel, "r.csv", new ExportRow("ann", Gmv: 5)).Statements()]));
        }

        var e = await Assert.ThrowsAsync<StoreException>(async () => await store.BeginRunAsync(CreatorGiven.Program("other"), CreatorGiven.Options()));
        Assert.Equal(StoreFault.OtherTenant, e.Fault);
        e = await Assert.ThrowsAsync<StoreException>(async () => await store.BeginRunAsync(CreatorGiven.Program(Tenant, "JPY"), CreatorGiven.Options()));
        Assert.Equal(StoreFault.OtherCurrency, e.Fault);
        Assert.Equal(before, await store.DumpAsync());
    }

    [Fact]
    public async Task Reads_see_what_was_last_committed_while_a_run_is_open()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones]);
        var before = await store.DumpAsync();
        var run = await store.BeginRunAsync(CreatorGiven.Program(Tenant), CreatorGiven.Options());
        await using (run)
        {
            await run.TakeAsync([Samples.Statements()]);
            await run.DecideAsync();
            Assert.Equal(before, await store.DumpAsync());
            await run.CommitAsync();
        }

        Assert.NotEqual(before, await store.DumpAsync());
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        var store = NewStore(Tenant);
        await store.ImportAsync(Tenant, [Phones]);
        var before = await store.DumpAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.TagAsync("ann", ["vip"], [], cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.AppendCommunicationsAsync([CreatorGiven.Sent("ann", 1)], cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.ListAsync(new CreatorQuery(), cancelled.Token));
        Assert.Equal(before, await store.DumpAsync());
    }
}
