using System.Text;
using Loyalty.Activities;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Members;

/// <summary>What every store of members does, in words. Inherit it, give it your store, and run it.</summary>
public abstract class MemberStoreContract
{
    private const string Tenant = "acme";

    /// <summary>Creates an empty store of a tenant.</summary>
    protected abstract IMemberStore NewStore(string tenant);

    [Fact]
    public async Task An_empty_store_shows_nothing()
    {
        var store = NewStore(Tenant);
        Assert.Null(await store.GetStatusAsync());
        Assert.Empty(await store.ReadMembersAsync().ToListAsync());
        Assert.Empty(await store.ReadMissionsAsync().ToListAsync());
        Assert.Null(await store.FindMemberAsync("ann"));
        Assert.Null(await store.FindProgressAsync("ann"));
        Assert.True((await store.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task A_session_that_is_not_completed_leaves_no_trace()
    {
        var store = NewStore(Tenant);
        await new StoreRun(10, [new("ann", "1", 1, 500)], [], Complete: false).OnAsync(store, Tenant);
        Assert.Null(await store.GetStatusAsync());
        await new StoreRun(10, [new("ann", "1", 1, 500)], []).OnAsync(store, Tenant);
        var before = await StoreDump.OfAsync(store);
        await new StoreRun(20, [new("ann", "1", 1, 700), new("bob", "2", 2, 1)], [new("a", "ann", 3, 5)], Complete: false).OnAsync(store, Tenant);
        Assert.Equal(before, await StoreDump.OfAsync(store));
    }

    [Fact]
    public async Task S01_The_same_rows_again_change_nothing()
    {
        var store = NewStore(Tenant);
        var run = new StoreRun(40, [new("ann", "1", 1, 1500), new("bob", "2", 2, 900)], [new("a", "bob", 3, 200)]);
        await run.OnAsync(store, Tenant);
        var before = await StoreDump.OfAsync(store);
        var outcome = await OutcomeAsync(store, run);
        Assert.Equal(new RowCounts(0, 0, 2, 0), outcome.Activities);
        Assert.Equal(new RowCounts(0, 0, 1, 0), outcome.Adjustments);
        Assert.Empty(outcome.Decisions);
        Assert.Equal(before, await StoreDump.OfAsync(store));
    }

    [Fact]
    public async Task S02_A_date_before_the_last_one_is_stale_and_changes_nothing()
    {
        var store = NewStore(Tenant);
        await new StoreRun(40, [new("ann", "1", 1, 1500)], []).OnAsync(store, Tenant);
        var before = await StoreDump.OfAsync(store);
        Assert.Equal("StoreException Stale", await new StoreRun(39, [new("ann", "1", 1, 900)], []).OnAsync(store, Tenant));
        Assert.Equal(before, await StoreDump.OfAsync(store));
    }

    [Fact]
    public async Task S03_The_last_row_of_a_key_wins_and_the_others_are_superseded()
    {
        var store = NewStore(Tenant);
        Video[] rows = [new("ann", "1", 1, 100), new("ghost", "1", 2, 200), new("bob", "2", 2, 1), new("ann", "1", 3, 300)];
        var outcome = await OutcomeAsync(store, new StoreRun(40, rows, [], Cut: 9));
        Assert.Equal(new RowCounts(2, 0, 0, 2), outcome.Activities);
        Assert.Equal(300, (await store.FindProgressAsync("ann"))!.Totals.Lifetime.Sales);
        Assert.Null(await store.FindProgressAsync("ghost")); // its only row was superseded
        Assert.Null(await store.FindProgressAsync("half a \ud800"));
        Assert.Null(await store.FindMemberAsync("half a \ud800"));
    }

    [Fact]
    public async Task S03_A_row_that_was_changed_and_changed_back_in_one_run_is_unchanged()
    {
        var store = NewStore(Tenant);
        Video[] stored = [.. Enumerable.Range(0, 8).Select(static i => new Video("ann", $"{i}", i, 100 * i))];
        await new StoreRun(40, stored, []).OnAsync(store, Tenant);
        var outcome = await OutcomeAsync(store, new StoreRun(40, [.. stored, stored[3] with { Sales = 1 }, stored[3], stored[4] with { Sales = 2 }], [], Cut: 2));
        Assert.Equal(new RowCounts(0, 1, 7, 3), outcome.Activities);
    }

    [Fact]
    public async Task S10_A_zero_replaces_a_stored_number()
    {
        var store = NewStore(Tenant);
        await new StoreRun(40, [new("ann", "1", 1, 1500, 3, 70)], []).OnAsync(store, Tenant);
        var outcome = await OutcomeAsync(store, new StoreRun(40, [new("ann", "1", 1, 0, 0, 0)], []));
        Assert.Equal(1, outcome.Activities.Updated);
        var totals = (await store.FindProgressAsync("ann"))!.Totals.Lifetime;
        Assert.Equal((0, 0, 0, 1), (totals.Sales, totals.Units, totals.Views, totals.Videos));
    }

    [Fact]
    public async Task S13_A_second_session_is_told_that_one_is_open()
    {
        var store = NewStore(Tenant);
        await using (await store.BeginRunAsync(Given.Program(Tenant), Given.Date(1)))
        {
            var e = await Assert.ThrowsAsync<StoreException>(async () => await store.BeginRunAsync(Given.Program(Tenant), Given.Date(1)));
            Assert.Equal(StoreFault.AlreadyRunning, e.Fault);
            Assert.True(e.IsTransient);
        }

        await using var session = await store.BeginRunAsync(Given.Program(Tenant), Given.Date(1));
    }

    [Fact]
    public async Task S14_A_video_that_moves_to_another_member_corrects_both()
    {
        var store = NewStore(Tenant);
        await new StoreRun(10, [new("ann", "1", 1, 1500), new("ann", "2", 2, 100), new("bob", "3", 3, 10)], []).OnAsync(store, Tenant);
        var outcome = await OutcomeAsync(store, new StoreRun(10, [new("bob", "1", 1, 1500)], []));
        Assert.Equal(new RowCounts(0, 1, 0, 0), outcome.Activities);
        Assert.Equal(100, (await store.FindProgressAsync("ann"))!.Totals.Lifetime.Sales);
        Assert.Equal(1510, (await store.FindProgressAsync("bob"))!.Totals.Lifetime.Sales);
        Assert.True((await store.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task Data_in_a_window_that_was_decided_marks_the_decision_and_is_no_difference()
    {
        var store = NewStore(Tenant);
        await new StoreRun(40, [new("ann", "1", 1, 1500)], []).OnAsync(store, Tenant);
        await new StoreRun(41, [new("ann", "2", 1, 100)], []).OnAsync(store, Tenant);
        var verification = await store.VerifyAsync();
        Assert.True(verification.IsRight);
        Assert.NotEmpty(verification.LaterData);
    }

    [Fact]
    public async Task Sums_beyond_64_bits_name_the_member_and_change_nothing()
    {
        var store = NewStore(Tenant);
        await new StoreRun(40, [new("ann", "1", 1, 1500)], []).OnAsync(store, Tenant);
        var before = await StoreDump.OfAsync(store);
        await using (var session = await store.BeginRunAsync(Given.Program(Tenant), Given.Date(41)))
        {
            await session.ApplyAsync(Given.Batch([new("bob", "2", 1, long.MaxValue), new("bob", "3", 2, 1)]));
            var e = await Assert.ThrowsAsync<MemberOverflowException>(async () => await session.ReviewAsync());
            Assert.Equal("bob", e.Handle);
            Assert.Contains("'bob'", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await StoreDump.OfAsync(store));
    }

    [Fact]
    public async Task Other_tenants_and_currencies_and_lost_levels_are_refused()
    {
        var store = NewStore(Tenant);
        await new StoreRun(40, [new("ann", "1", 35, 1500)], []).OnAsync(store, Tenant);
        Assert.Equal("StoreException OtherTenant", await new StoreRun(41, [], []).OnAsync(store, "other"));
        Assert.Equal("StoreException OtherCurrency", await new StoreRun(41, [], []).OnAsync(store, Tenant, "EUR"));
        Assert.Equal("StoreException UnknownLevel", await new StoreRun(41, [], [], Variant: 5).OnAsync(store, Tenant));
        Assert.DoesNotContain("Exception", await new StoreRun(41, [], []).OnAsync(store, Tenant), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_out_of_order_are_the_callers_mistake()
    {
        var store = NewStore(Tenant);
        await using var session = await store.BeginRunAsync(Given.Program(Tenant), Given.Date(1));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
        await session.ReviewAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ApplyAsync(new ActivityBatch()));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ApplyAsync([]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ReviewAsync());
        await session.CommitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
        await session.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await session.CommitAsync());
    }

    [Fact]
    public async Task Adjustments_that_not_every_store_can_keep_are_refused_by_each()
    {
        var store = NewStore(Tenant);
        await new StoreRun(10, [new("ann", "1", 1, 500)], []).OnAsync(store, Tenant);
        var good = new Adjustment("a", "ann", Given.Date(1), 5, 0, "r");
        await using (var session = await store.BeginRunAsync(Given.Program(Tenant), Given.Date(11)))
        {
            foreach (var bad in (Adjustment[])
                [
                    good with { Id = "nul \0" }, good with { Id = "half \ud800" }, good with { Reason = "half \udc00" }, good with { Handle = "ann\0" },
                    good with { Id = new string('x', MemberRules.LongestAdjustmentId + 1) },
                ])
            {
                await Assert.ThrowsAsync<ArgumentException>(async () => await session.ApplyAsync([good, bad]));
            }

            Assert.Empty(await session.ApplyAsync([good with { Id = new string('x', MemberRules.LongestAdjustmentId) }]));
            Assert.Equal(new RowCounts(1, 0, 0, 0), (await session.ReviewAsync()).Adjustments);
            await session.CommitAsync();
        }
    }

    [Fact]
    public async Task S09_Keys_and_handles_that_differ_by_a_byte_are_others()
    {
        var store = NewStore(Tenant);
        Video[] rows =
        [
            new("ann", "k", 1, 1), new("Ann", "K", 1, 2), new("ann ", "k ", 1, 3), new("i", "\u212A", 1, 4), new("ı", "k\u0301", 1, 5),
            new("é", "é", 1, 6), new("e\u0301", "e\u0301", 1, 7),
        ];
        var outcome = await OutcomeAsync(store, new StoreRun(10, rows, []));
        Assert.Equal(7, outcome.Activities.Inserted);
        Assert.Equal(7, outcome.MembersCreated);
        var handles = await store.ReadMembersAsync().Select(static m => m.Handle).ToListAsync();
        Assert.Equal(handles.OrderBy(static h => Convert.ToHexString(Encoding.UTF8.GetBytes(h)), StringComparer.Ordinal), handles);
    }

    [Fact]
    public async Task Cancelling_leaves_no_trace()
    {
        var store = NewStore(Tenant);
        using var source = new CancellationTokenSource();
        await using (var session = await store.BeginRunAsync(Given.Program(Tenant), Given.Date(1), source.Token))
        {
            await session.ApplyAsync(Given.Batch([new("ann", "1", 1, 1)]), source.Token);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await session.ReviewAsync(source.Token));
        }

        Assert.Null(await store.GetStatusAsync());
    }

    private static async Task<SyncOutcome> OutcomeAsync(IMemberStore store, StoreRun run)
    {
        await using var session = await store.BeginRunAsync(Given.Program(Tenant, run.Variant), Given.Date(run.AsOf));
        foreach (var chunk in run.Videos.Chunk(run.Cut))
        {
            await session.ApplyAsync(Given.Batch(chunk));
        }

        await session.ApplyAsync([.. run.Corrections.Select(Given.Adjustment)]);
        var outcome = await session.ReviewAsync();
        await session.CommitAsync();
        return outcome;
    }
}
