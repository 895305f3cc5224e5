using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Points;

/// <summary>Holds that are over end when somebody says what time it is. Inherit it, give it your store, and run it.</summary>
public abstract class HoldTimeOutContract
{
    private static readonly DateOnly Day = PointsGiven.Date(0);
    private static readonly DateTime Now = PointsGiven.Noon;

    /// <summary>Whether a call is told that a run is open, rather than waiting for it.</summary>
    protected virtual bool TellsOpenRuns => true;

    /// <summary>Creates an empty store of a tenant.</summary>
    protected abstract IPointsStore NewStore(string tenant);

    [Fact]
    public async Task Holds_end_at_their_end_and_not_before_and_what_they_kept_returns()
    {
        var store = await NewStore("ends").OpenedAsync(PointsGiven.Program("ends"));
        await store.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, 100, "gift"));
        await store.ApplyAsync(LedgerOperation.Reserve("h1", "ann", Day, 30, Now.AddHours(1)));
        await store.ApplyAsync(LedgerOperation.Reserve("h2", "ann", Day, 40, Now.AddHours(2)));
        Assert.Equal(0, await store.TimeOutHoldsAsync(Now.AddHours(1).AddTicks(-1)));
        Assert.Equal(70, (await store.FindMemberAsync("ann"))!.Held);

        Assert.Equal(1, await store.TimeOutHoldsAsync(Now.AddHours(1)));
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((100L, 40L, 60L), (ann.Balance, ann.Held, ann.Lots.Sum(static l => l.Remaining)));
        Assert.Single(ann.Entries);
        Assert.Equal(0, await store.TimeOutHoldsAsync(Now.AddHours(1)));

        // The clock may be wrong: what was ended stays so.
        Assert.Equal(LedgerOutcome.HoldExpired, (await store.ApplyAsync(LedgerOperation.Commit("c", "h1", Day, 30), at: Now)).Outcome);
        Assert.Equal(1, await store.TimeOutHoldsAsync(Now.AddYears(10)));
        Assert.Equal(0, (await store.FindMemberAsync("ann"))!.Held);
    }

    [Fact]
    public async Task A_run_ends_no_hold_and_what_ran_out_in_one_expires_once_it_is_free()
    {
        var store = await NewStore("runs").OpenedAsync(PointsGiven.Program("runs", 1));
        await store.RunAsync(PointsGiven.Program("runs", 1), 0, [new OrderRow("o", "ann", Day, 10_000)]);
        await store.ApplyAsync(LedgerOperation.Reserve("h", "ann", Day, 60, Now.AddDays(1)));
        await store.RunAsync(PointsGiven.Program("runs", 1), 30);
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((60L, 60L), (ann.Balance, ann.Held));

        Assert.Equal(1, await store.TimeOutHoldsAsync(Now.AddDays(30)));
        ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((60L, 0L, 2), (ann.Balance, ann.Held, ann.Entries.Count));

        // The lot ran out on day 20; the next day that is closed records it, as does the next operation of the member.
        await store.RunAsync(PointsGiven.Program("runs", 1), 30);
        ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((0L, -60L, PointsGiven.Date(20)), (ann.Balance, ann.Entries[^1].Points, ann.Entries[^1].EffectiveOn));
        Assert.Empty(await store.VerifyAsync());
    }

    [Fact]
    public async Task What_a_debt_takes_follows_the_order_of_the_ends()
    {
        var store = await NewStore("debt").OpenedAsync(PointsGiven.Program("debt", 4));
        await store.ApplyAsync(LedgerOperation.Earn("o1", "ann", Day, 1_000));
        await store.ApplyAsync(LedgerOperation.Earn("o2", "ann", Day, 2_000));
        await store.ApplyAsync(LedgerOperation.Reserve("late", "ann", Day, 11, Now.AddHours(2)));
        await store.ApplyAsync(LedgerOperation.Reserve("early", "ann", Day, 22, Now.AddHours(1)));
        await store.ApplyAsync(LedgerOperation.Refund("x", "o2", Day, 1_000));
        Assert.Equal(22, (await store.FindMemberAsync("ann"))!.Balance);
        Assert.Equal(2, await store.TimeOutHoldsAsync(Now.AddHours(3)));

        // The hold that ended first pays the debt of 11 from the second order, also where the other one was made first.
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal(11, ann.Lots.Where(static l => string.Equals(l.Key.Id, "o1", StringComparison.Ordinal)).Sum(static l => l.Remaining));
        Assert.Equal(11, ann.Lots.Where(static l => string.Equals(l.Key.Id, "o2", StringComparison.Ordinal)).Sum(static l => l.Remaining));
        Assert.Empty(await store.VerifyAsync());
    }

    [Fact]
    public async Task A_store_says_what_is_wrong()
    {
        var store = await NewStore("wrong").OpenedAsync(PointsGiven.Program("wrong"));
        Assert.Equal(0, await NewStore("empty").TimeOutHoldsAsync(Now));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TimeOutHoldsAsync(new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Local)));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.TimeOutHoldsAsync(Now, cancelled.Token));
        if (TellsOpenRuns)
        {
            await using var run = await store.BeginRunAsync(PointsGiven.Program("wrong"), Day, Now);
            Assert.Equal(StoreFault.AlreadyRunning, (await Assert.ThrowsAsync<StoreException>(async () => await store.TimeOutHoldsAsync(Now))).Fault);
        }
    }
}
