using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>Holds that are over end when somebody says what time it is, on both stores, and on PostgreSQL with several hosts at work.</summary>
public sealed class HoldTimeOutTests(TestServer server) : IDisposable
{
    private static readonly DateOnly Day = PointsGiven.Date(0);
    private static readonly DateTime Now = PointsGiven.Noon;
    private static readonly PostgresStoreOptions Options = new() { RetryDelay = TimeSpan.FromMilliseconds(5), MaxAttempts = 20 };

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Holds_end_at_their_end_and_not_before_and_what_they_kept_returns(bool onPostgres)
    {
        var store = await StoreAsync(onPostgres, "ends");
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_ends_no_hold_and_what_ran_out_in_one_expires_once_it_is_free(bool onPostgres)
    {
        var store = await StoreAsync(onPostgres, "runs", program: 1);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_debt_takes_follows_the_order_of_the_ends(bool onPostgres)
    {
        var store = await StoreAsync(onPostgres, "debt", program: 4);
        await store.ApplyAsync(LedgerOperation.Earn("o1", "ann", Day, 1_000));
        await store.ApplyAsync(LedgerOperation.Earn("o2", "ann", Day, 2_000));
        await store.ApplyAsync(LedgerOperation.Reserve("late", "ann", Day, 11, Now.AddHours(2)));
        await store.ApplyAsync(LedgerOperation.Reserve("early", "ann", Day, 22, Now.AddHours(1)));
        await store.ApplyAsync(LedgerOperation.Refund("x", "o2", Day, 1_000));
        Assert.Equal(22, (await store.FindMemberAsync("ann"))!.Balance);
        Assert.Equal(2, await store.TimeOutHoldsAsync(Now.AddHours(3)));

        // The hold that ended first pays the debt of 11 from the second order, also where the other one was made first.
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal(11, ann.Lots.Where(static l => l.Key.Id == "o1").Sum(static l => l.Remaining));
        Assert.Equal(11, ann.Lots.Where(static l => l.Key.Id == "o2").Sum(static l => l.Remaining));
        Assert.Empty(await store.VerifyAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_says_what_is_wrong(bool onPostgres)
    {
        var store = await StoreAsync(onPostgres, "wrong");
        IPointsStore empty = onPostgres ? new PostgresPointsStore(_database.App, "empty") : new InMemoryPointsStore();
        Assert.Equal(0, await empty.TimeOutHoldsAsync(Now));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TimeOutHoldsAsync(new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Local)));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.TimeOutHoldsAsync(Now, cancelled.Token));
        if (!onPostgres)
        {
            await using var run = await store.BeginRunAsync(PointsGiven.Program("wrong"), Day, Now);
            Assert.Equal(StoreFault.AlreadyRunning, (await Assert.ThrowsAsync<StoreException>(async () => await store.TimeOutHoldsAsync(Now))).Fault);
        }
    }

    [Fact]
    public async Task L15_Of_1000_races_of_a_commit_and_the_time_out_each_ends_as_posted_or_expired()
    {
        PostgresPointsStore[] hosts = [.. Enumerable.Range(0, 4).Select(_ => Host("l15", StoreLimits.Small))];
        await hosts[0].OpenedAsync(PointsGiven.Program("l15"));
        await hosts[0].ApplyAsync([.. Enumerable.Range(0, 5).Select(static m => LedgerOperation.Adjust($"opening{m}", $"m{m}", Day, 1_000, "opening"))], Day, Now);
        await hosts[0].ApplyAsync([.. Enumerable.Range(0, 1_000).Select(static i => LedgerOperation.Reserve($"h{i}", $"m{i % 5}", Day, 4, Now.AddHours(1).AddTicks(i)))], Day, Now);

        // Each hold has an end of its own. A commit comes just before it, or every fourth time at it; two hosts say that it has come.
        var (posted, expired, ended, atEnd) = (0, 0, 0, 0);
        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, token) =>
        {
            var end = Now.AddHours(1).AddTicks(i);
            var commit = Task.Run(() => hosts[i % 2].ApplyAsync(LedgerOperation.Commit($"c{i}", $"h{i}", Day, 4), at: i % 4 == 0 ? end : end.AddTicks(-1)), token);
            var timeOut = Task.Run(async () => await hosts[2 + (i % 2)].TimeOutHoldsAsync(end, token), token);
            Interlocked.Add(ref ended, await timeOut);
            var outcome = (await commit).Outcome;
            Assert.True(outcome is LedgerOutcome.Applied or LedgerOutcome.HoldExpired, $"{outcome}");
            Interlocked.Increment(ref outcome == LedgerOutcome.Applied ? ref posted : ref expired);
            Interlocked.Add(ref atEnd, i % 4 == 0 && outcome == LedgerOutcome.Applied ? 1 : 0);
        });
        ended += await hosts[0].TimeOutHoldsAsync(Now.AddHours(2));
        Assert.Equal((1_000, 0), (posted + expired, atEnd));
        Assert.Equal(expired, ended);
        Assert.True(posted > 0 && expired > 250, $"{posted} posted, {expired} expired: no race was won by the other side");

        var (balances, held, lots) = (0L, 0L, 0L);
        await foreach (var member in hosts[1].ReadMembersAsync())
        {
            balances += member.Balance;
            held += member.Held;
            lots += member.Lots.Sum(static l => l.Remaining);
        }

        Assert.Equal((5_000 - (4L * posted), 0L, 5_000 - (4L * posted)), (balances, held, lots));
        Assert.Empty(await hosts[3].VerifyAsync());
        await PointsInvariants.CheckAsync(_database.Owner, "l15");
    }

    [Fact]
    public async Task L20_Nothing_else_changes_and_without_a_hold_that_is_over_nothing_at_all()
    {
        var store = await Host("l20", StoreLimits.Small).OpenedAsync(PointsGiven.Program("l20"));
        await store.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, 100, "gift"));
        await store.ApplyAsync([.. Enumerable.Range(0, 10).Select(static i => LedgerOperation.Reserve($"h{i}", i % 3 == 0 ? "ann" : "bob", Day, 5, Now.AddHours(1 + (i % 4))))], Day, Now);
        var all = await PointsTables.RowsAsync(_database.Owner, "l20");
        Assert.Equal(0, await store.TimeOutHoldsAsync(Now));
        Assert.Equal(all, await PointsTables.RowsAsync(_database.Owner, "l20"));

        string[] changing = ["points_operation", "points_member", "points_book"];
        var before = await PointsTables.RowsAsync(_database.Owner, "l20", changing);
        Assert.Equal(4, await store.TimeOutHoldsAsync(Now.AddHours(9)));
        Assert.Equal(before, await PointsTables.RowsAsync(_database.Owner, "l20", changing));
        all = await PointsTables.RowsAsync(_database.Owner, "l20");
        Assert.Equal(0, await Host("l20", StoreLimits.Standard).TimeOutHoldsAsync(Now.AddHours(9)));
        Assert.Equal(all, await PointsTables.RowsAsync(_database.Owner, "l20"));
        await PointsInvariants.CheckAsync(_database.Owner, "l20");
    }

    [Fact]
    public async Task A_time_out_that_is_interrupted_at_any_statement_counts_each_hold_once()
    {
        using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
        await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
        var (points, tenants) = (0, 0);
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            for (var point = 1; ; point++)
            {
                var tenant = $"faults {++tenants}";
                var direct = await Host(tenant, StoreLimits.Standard).OpenedAsync(PointsGiven.Program(tenant));
                await direct.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, 100, "gift"));
                await direct.ApplyAsync([.. Enumerable.Range(0, 7).Select(static i => LedgerOperation.Reserve($"h{i}", "ann", Day, 5, Now.AddHours(1 + i)))], Day, Now);
                var store = new PostgresPointsStore(
                    proxied, tenant, new PostgresStoreOptions { RetryDelay = TimeSpan.FromMilliseconds(2), MaxAttempts = 8, Limits = StoreLimits.Small });
                proxy.Arm(point, kind);
                Assert.Equal(7, await store.TimeOutHoldsAsync(Now.AddHours(9)));
                var seen = proxy.Points;
                Assert.Equal((100L, 0L), ((await direct.FindMemberAsync("ann"))!.Balance, (await direct.FindMemberAsync("ann"))!.Held));
                if (seen < point)
                {
                    break;
                }

                points++;
                point += point > 8 ? 3 : 0;
            }
        }

        Assert.True(points >= 20, $"only {points} fault points");
    }

    private async Task<IPointsStore> StoreAsync(bool onPostgres, string tenant, int program = 0)
    {
        IPointsStore store = onPostgres ? Host(tenant, StoreLimits.Standard) : new InMemoryPointsStore();
        return await store.OpenedAsync(PointsGiven.Program(tenant, program));
    }

    private PostgresPointsStore Host(string tenant, StoreLimits limits) =>
        new(_database.App, tenant, new PostgresStoreOptions { RetryDelay = Options.RetryDelay, MaxAttempts = Options.MaxAttempts, Limits = limits });
}
