using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>What goes wrong with claims, refunds and the close of days, with runs and operations of several hosts at the same time.</summary>
public sealed class ClaimTrapTests(TestServer server) : IDisposable
{
    private const int Writers = 16;

    private static readonly PostgresStoreOptions Options = new() { RetryDelay = TimeSpan.FromMilliseconds(5), MaxAttempts = 10 };

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task P01_Of_16_writers_that_claim_the_last_item_one_gets_it()
    {
        // Whoever had the first item would be refused for another reason while there still is a last one.
        var store = await WithPointsAsync("p01", 100, ["early", .. Enumerable.Range(0, Writers).Select(static n => $"m{n}")]);
        await RunAsync(store, 1, redemptions: [Claim("first", "early", 1, "tote")]);
        var results = await AllAsync("p01", n => [Claim($"r{n}", $"m{n}", 1, "tote")], 1);
        Assert.Equal(1, results.Count(static r => !r.IsRejected));
        Assert.Equal(Writers - 1, results.Count(static r => r.Claim == ClaimRefusal.OutOfStock));
        Assert.Equal(2, await CountAsync("p01", "points_redemption", "status = 'pending'"));
        await PointsInvariants.CheckAsync(_database.Owner, "p01");
    }

    [Fact]
    public async Task P02_Of_16_writers_that_claim_for_one_member_with_a_balance_for_one_one_gets_it()
    {
        // There are two of them in stock and no limit: what refuses is the balance.
        var store = await WithPointsAsync("p02", 110, ["ann"]);
        var results = await AllAsync("p02", static n => [Claim($"r{n}", "ann", 1, "tote")], 1);
        Assert.Equal(1, results.Count(static r => !r.IsRejected));
        Assert.Equal(Writers - 1, results.Count(static r => r.Claim == ClaimRefusal.InsufficientPoints));
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal(50, ann.Balance);
        Assert.Equal([(1, EntryKind.Adjusted), (2, EntryKind.Redeemed)], ann.Entries.Select(static e => (e.Sequence, e.Kind)));
        Assert.Equal(Writers, ann.Redemptions.Count);
        await PointsInvariants.CheckAsync(_database.Owner, "p02");

        // A limit refuses likewise, and what costs nothing is counted, too.
        var limited = await WithPointsAsync("p02 once", 100, ["ann"]);
        results = await AllAsync("p02 once", static n => [Claim($"r{n}", "ann", 1, n % 2 == 0 ? "cup" : "card")], 1);
        Assert.Equal(2, results.Count(static r => !r.IsRejected));
        Assert.Equal(Writers - 2, results.Count(static r => r.Claim == ClaimRefusal.LimitReached));
        Assert.Equal(85, (await limited.FindMemberAsync("ann"))!.Balance);
        await PointsInvariants.CheckAsync(_database.Owner, "p02 once");
    }

    [Fact]
    public async Task P03_The_same_order_in_parallel_runs_is_taken_once_and_with_another_amount_a_conflict()
    {
        var store = await WithPointsAsync("p03", 1, ["ann"]);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => Task.Run(async () =>
            (await RunAsync(Host("p03"), 1, orders: [new OrderRow("o", "bob", PointsGiven.Date(1), 5_000 + (n % 2))])).Orders[0])));
        Assert.Equal(1, outcomes.Count(static o => o is { IsNew: true, IsRejected: false }));
        Assert.Equal(Writers / 2, outcomes.Count(static o => o.Refusal == RowRefusal.Conflict && o.Column == RowColumn.Amount));
        Assert.Single((await store.FindMemberAsync("bob"))!.Entries, static e => e.Kind == EntryKind.Earned);
        await PointsInvariants.CheckAsync(_database.Owner, "p03");
    }

    [Fact]
    public async Task P04_A_refund_races_a_claim_and_a_cancel_a_fulfilment_and_one_of_both_orders_happens()
    {
        for (var round = 0; round < 20; round++)
        {
            var tenant = $"p04 {round}";
            var store = await WithPointsAsync(tenant, 1, ["bob"]);
            await RunAsync(store, 1, orders: [new OrderRow("o", "ann", PointsGiven.Date(1), 6_000)]); // 60 points and 6
            var refund = Task.Run(() => RunAsync(Host(tenant), 1, refunds: [new RefundRow("x", "o", PointsGiven.Date(1), 6_000)]));
            var claim = Task.Run(() => RunAsync(Host(tenant), 1, redemptions: [Claim("r", "ann", 1, "tote")]));
            await Task.WhenAll(refund, claim);
            var ann = (await store.FindMemberAsync("ann"))!;
            var isGranted = !(await claim).Redemptions[0].IsRejected;
            Assert.Equal((0L, isGranted ? -60L : 0L), (ann.Balance, ann.Entries.Where(static e => e.Kind == EntryKind.Redeemed).Sum(static e => e.Points)));
            if (isGranted)
            {
                var cancel = Task.Run(() => RunAsync(Host(tenant), 1, redemptions: [Claim("r", "ann", 1, "tote") with { Event = RedemptionEvent.Cancelled }]));
                var fulfil = Task.Run(() => RunAsync(Host(tenant), 1, redemptions: [Claim("r", "ann", 1, "tote") with { Event = RedemptionEvent.Fulfilled }]));
                var results = await Task.WhenAll(cancel, fulfil);
                Assert.Equal(1, results.Count(static r => r.Redemptions[0].IsRejected && r.Redemptions[0].Refusal == RowRefusal.WrongStatus));
            }

            Assert.Empty(await store.VerifyAsync());
            await PointsInvariants.CheckAsync(_database.Owner, tenant);
        }
    }

    [Fact]
    public async Task P06_Of_16_cancels_of_one_claim_one_gives_points_and_stock_back_once()
    {
        // Both totes are taken.
        var store = await WithPointsAsync("p06", 60, ["ann", "bob", "carl"]);
        await RunAsync(store, 1, redemptions: [Claim("r", "ann", 1, "tote"), Claim("s", "bob", 1, "tote")]);
        Assert.Equal(0, (await store.FindMemberAsync("ann"))!.Balance);

        // Half of them are one and the same row, the others have dates of their own.
        var cancels = await AllAsync(
            "p06", static n => [Claim("r", "ann", 1 + (n % 2 == 0 ? 0 : n), "tote") with { Event = RedemptionEvent.Cancelled }], 20);
        Assert.Equal(1, cancels.Count(static r => r is { IsNew: true, IsRejected: false }));
        Assert.All(cancels.Where(static r => r.IsRejected), static r => Assert.Equal(RowRefusal.WrongStatus, r.Refusal));
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((60L, 60L), (ann.Balance, ann.Lots.Sum(static l => l.Remaining)));
        Assert.Single(ann.Entries, static e => e.Kind == EntryKind.Reversed);

        // One tote is back, and not two.
        var claims = await AllAsync("p06", static n => [Claim($"t{n}", n % 2 == 0 ? "ann" : "carl", 20, "tote")], 20);
        Assert.Equal(1, claims.Count(static r => !r.IsRejected));
        Assert.Equal(2, await CountAsync("p06", "points_redemption", "status = 'pending'"));
        await PointsInvariants.CheckAsync(_database.Owner, "p06");
    }

    [Fact]
    public async Task P07_The_close_of_a_day_races_claims_of_the_same_lot_and_each_point_is_spent_or_expired()
    {
        for (var round = 0; round < 6; round++)
        {
            var tenant = $"p07 {round}";
            var store = await new PostgresPointsStore(_database.App, tenant, Options).OpenedAsync(PointsGiven.Program(tenant, 1));
            await store.RunAsync(PointsGiven.Program(tenant, 1), 1, [new OrderRow("o", "ann", PointsGiven.Date(1), 8_000)]);
            var close = Task.Run(() => RunAsync(Host(tenant), 21, program: 1));
            var claims = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => Task.Run(() =>
                Host(tenant).ApplyAsync(LedgerOperation.Redeem($"r{n}", "ann", PointsGiven.Date(20), 10), day: 20))));
            await close;
            var ann = (await store.FindMemberAsync("ann"))!;
            var spent = claims.Count(static c => c.IsApplied) * 10;
            Assert.Equal(0, ann.Balance);
            Assert.Equal(80 - spent, -ann.Entries.Where(static e => e.Kind == EntryKind.Expired).Sum(static e => e.Points));
            await PointsInvariants.CheckAsync(_database.Owner, tenant);
        }
    }

    [Fact]
    public async Task P09_A_tenant_under_load_keeps_nobody_else_waiting_and_nothing_crosses()
    {
        var (busy, quiet) = (await WithPointsAsync("p09 busy", 1_000, ["ann"]), await WithPointsAsync("p09 quiet", 1_000, ["ann"]));
        await using (var run = await busy.BeginRunAsync(PointsGiven.Program("p09 busy"), PointsGiven.Date(5), PointsGiven.Noon))
        {
            // The book of the busy tenant is locked, as long as the run is open.
            Assert.Equal(StoreFault.AlreadyRunning, (await Assert.ThrowsAsync<StoreException>(async () =>
                await Host("p09 busy").BeginRunAsync(PointsGiven.Program("p09 busy"), PointsGiven.Date(5), PointsGiven.Noon))).Fault);

            // Had they to wait for it, they would be told so: the run is still open.
            Assert.All(
                await Task.WhenAll(Enumerable.Range(0, 50).Select(n => quiet.ApplyAsync(LedgerOperation.Redeem($"r{n}", "ann", PointsGiven.Date(1), 1)))),
                static r => Assert.True(r.IsApplied));
        }

        Assert.Equal(950, (await quiet.FindMemberAsync("ann"))!.Balance);
        Assert.Equal(1_000, (await busy.FindMemberAsync("ann"))!.Balance);
        Assert.False((await busy.ApplyAsync(LedgerOperation.Redeem("r1", "ann", PointsGiven.Date(1), 1))).IsRepeat);
    }

    [Fact]
    public async Task P09_While_a_tenant_has_many_writers_another_with_equal_ids_waits_for_no_lock_of_it()
    {
        await WithPointsAsync("p09 loaded", 1_000_000, ["ann"]);
        await WithPointsAsync("p09 calm", 1_000, ["ann"]);
        await using var loaded = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.AppConnectionString) { ApplicationName = "loaded" }.ConnectionString);
        await using var calm = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.AppConnectionString) { ApplicationName = "calm" }.ConnectionString);
        using var stop = new CancellationTokenSource();

        // Eight hosts that fight for the book, each with the ids that the calm tenant uses, too.
        var load = Enumerable.Range(0, 8).Select(host => Task.Run(async () =>
        {
            var store = new PostgresPointsStore(loaded, "p09 loaded", Options);
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                await store.ApplyAsync([LedgerOperation.Redeem($"r{n}", "ann", PointsGiven.Date(1), 1), LedgerOperation.Earn($"e{host}-{n}", $"m{n % 50}", PointsGiven.Date(1), 500)], PointsGiven.Date(1), PointsGiven.Noon);
            }
        })).ToArray();

        // Tenants share the files of a table, and who makes one longer keeps all others for an instant: locks of type extend and page are no tenant's.
        var (looks, among, crossing) = (0, 0L, 0L);
        var watch = Task.Run(async () =>
        {
            await using var command = _database.Owner.CreateCommand(
                """
                SELECT count(*) FILTER (WHERE w.application_name = b.application_name), count(*) FILTER (WHERE w.application_name <> b.application_name)
                FROM pg_stat_activity w CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS p (pid) JOIN pg_stat_activity b ON b.pid = p.pid
                WHERE w.application_name IN ('loaded', 'calm') AND w.datname = current_database() AND w.wait_event NOT IN ('extend', 'page')
                """);
            while (!stop.IsCancellationRequested)
            {
                await using var reader = await command.ExecuteReaderAsync();
                await reader.ReadAsync();
                (looks, among, crossing) = (looks + 1, among + reader.GetInt64(0), crossing + reader.GetInt64(1));
            }
        });
        try
        {
            var store = new PostgresPointsStore(calm, "p09 calm", Options);
            for (var n = 0; n < 300 || looks < 50; n++)
            {
                var result = await store.ApplyAsync(LedgerOperation.Redeem($"r{n}", "ann", PointsGiven.Date(1), 1));
                Assert.Equal((n < 1_000 ? LedgerOutcome.Applied : LedgerOutcome.InsufficientPoints, false), (result.Outcome, result.IsRepeat));
                Assert.Equal(Math.Max(0, 999 - n), result.Balance);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll([watch, .. load]);
        }

        Assert.True(among > 0, "nobody ever waited, so that nothing was shown");
        Assert.Equal(0, crossing);
        foreach (var tenant in (string[])["p09 loaded", "p09 calm"])
        {
            Assert.Empty(await Host(tenant).VerifyAsync());
            await PointsInvariants.CheckAsync(_database.Owner, tenant);
        }
    }

    [Fact]
    public async Task A_store_says_what_is_wrong_with_a_run()
    {
        var store = await WithPointsAsync("refusals", 10, ["ann"]);
        var empty = new PostgresPointsStore(_database.App, "nothing yet");
        Assert.Null(await empty.GetStatusAsync());
        Assert.Empty(await empty.VerifyAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => empty.ApplyAsync(LedgerOperation.Redeem("r", "ann", PointsGiven.Date(0), 1)));
        await RunAsync(store, 10, orders: [new OrderRow("o", "ann", PointsGiven.Date(10), 100)]);
        Assert.Equal(StoreFault.Stale, (await FaultAsync(PointsGiven.Program("refusals"), 9)).Fault);
        Assert.Equal(StoreFault.OtherTenant, (await FaultAsync(PointsGiven.Program("another"), 10)).Fault);
        Assert.Equal(StoreFault.OtherCurrency, (await FaultAsync(PointsGiven.Program("refusals", currency: "EUR"), 10)).Fault);
        var silver = Loyalty.Programs.LoyaltyProgram.Parse(
            """{"tenant":"refusals","currency":"USD","timeZone":"UTC","club":{"stages":[{"name":"Silver","discountPercent":1,"months":2,"minimumPurchase":0}]},"points":{"perUnit":1} }""");
        Assert.Equal(StoreFault.UnknownLevel, (await FaultAsync(silver, 10)).Fault);
        using var bare = server.CreateEmptyDatabase();
        Assert.Equal(
            StoreFault.NotMigrated,
            (await Assert.ThrowsAsync<StoreException>(async () => await new PostgresPointsStore(bare.Owner, "t").GetStatusAsync())).Fault);

        async Task<StoreException> FaultAsync(Loyalty.Programs.LoyaltyProgram program, int day) =>
            await Assert.ThrowsAsync<StoreException>(async () => await store.BeginRunAsync(program, PointsGiven.Date(day), PointsGiven.Noon));
    }

    private static RedemptionRow Claim(string id, string member, int day, string reward) => new(id, member, PointsGiven.Date(day), reward, RedemptionEvent.Claimed);

    private PostgresPointsStore Host(string tenant) => new(_database.App, tenant, Options);

    private async Task<PostgresPointsStore> WithPointsAsync(string tenant, long points, string[] members)
    {
        var store = await Host(tenant).OpenedAsync(PointsGiven.Program(tenant));
        await store.ApplyAsync([.. members.Select(m => LedgerOperation.Adjust($"opening {m}", m, PointsGiven.Date(0), points, "opening"))], PointsGiven.Date(0), PointsGiven.Noon);
        return store;
    }

    [Fact]
    public async Task A_claim_that_is_granted_when_it_comes_stands_with_its_redemption_and_its_entry_alone()
    {
        var store = await WithPointsAsync("told", 200, ["ann"]);
        Assert.False((await store.TakeRedemptionsAsync([new(new("live", "ann", PointsGiven.Date(0), "tote", RedemptionEvent.Claimed))], PointsGiven.Date(0), PointsGiven.Noon))[0].IsRejected);
        Assert.False((await RunAsync(store, 1, redemptions: [new("run", "ann", PointsGiven.Date(1), "tote", RedemptionEvent.Claimed)])).Redemptions[0].IsRejected);
        Assert.Equal((0, 0, 2), (await CountAsync("told", "points_happening", "true"), await CountAsync("told", "points_operation", "kind = 'redeem'"), await CountAsync("told", "points_redemption", "true")));

        // Whoever forgot everything still knows both ids, and gives back once what they took.
        RedemptionRow[] again = [new("live", "ann", PointsGiven.Date(0), "tote", RedemptionEvent.Claimed), new("run", "ann", PointsGiven.Date(1), "tote", RedemptionEvent.Claimed)];
        Assert.All((await RunAsync(Host("told"), 1, redemptions: again)).Redemptions, static r => Assert.Equal(default, r));
        Assert.Equal(LedgerOutcome.Conflict, (await Host("told").ApplyAsync(LedgerOperation.Redeem("run", "ann", PointsGiven.Date(1), 7), day: 1)).Outcome);
        Assert.True((await Host("told").ApplyAsync(LedgerOperation.GiveBack("back", "run", PointsGiven.Date(1)), day: 1)).IsApplied);
        Assert.Equal(LedgerOutcome.AlreadyReversed, (await Host("told").ApplyAsync(LedgerOperation.GiveBack("twice", "run", PointsGiven.Date(1)), day: 1)).Outcome);
        Assert.Equal(1, await CountAsync("told", "points_operation", "kind = 'redeem' AND id = 'run' AND is_given_back"));
        Assert.Empty(await store.VerifyAsync());

        // A claim for a later day waits, and keeps its row when it is granted.
        await RunAsync(store, 2, redemptions: [new("waits", "ann", PointsGiven.Date(4), "cup", RedemptionEvent.Claimed)]);
        await RunAsync(store, 4);
        Assert.Equal(1, await CountAsync("told", "points_happening", "id = 'waits' AND state = 'taken'"));
        Assert.Equal((0, 0, 1), (await CountAsync("told", "points_operation", "kind = 'redeem' AND id = 'waits'"), await CountAsync("told", "points_happening", "id <> 'waits'"), await CountAsync("told", "points_redemption", "id = 'waits' AND status = 'pending'")));
    }

    /// <summary>Runs, and again as long as another run is at work.</summary>
    private static async Task<PointsRunResult> RunAsync(
        PostgresPointsStore store, int asOf, OrderRow[]? orders = null, RefundRow[]? refunds = null, RedemptionRow[]? redemptions = null, int program = 0)
    {
        while (true)
        {
            try
            {
                return await store.RunAsync(PointsGiven.Program(store.Tenant, program), asOf, orders, refunds, redemptions);
            }
            catch (StoreException e) when (e.Fault == StoreFault.AlreadyRunning)
            {
                await Task.Delay(10);
            }
        }
    }

    private async Task<RowOutcome[]> AllAsync(string tenant, Func<int, RedemptionRow[]> rows, int asOf) => await Task.WhenAll(
        Enumerable.Range(0, Writers).Select(n => Task.Run(async () => (await RunAsync(Host(tenant), asOf, redemptions: rows(n))).Redemptions[0])));

    private async Task<long> CountAsync(string tenant, string table, string condition)
    {
        await using var command = _database.Owner.CreateCommand($"SELECT count(*) FROM loyalty.{table} WHERE tenant_id = {TenantId.FromName(tenant)} AND {condition}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
