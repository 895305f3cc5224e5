using System.Data;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>What goes wrong when applications of several hosts claim at the same time, on PostgreSQL.</summary>
public sealed class RedemptionsAtOnceTrapTests(TestServer server) : IDisposable
{
    private const int Writers = 16;

    private static readonly DateOnly Day = PointsGiven.Date(1);
    private static readonly DateTime Now = PointsGiven.Noon;
    private static readonly PostgresStoreOptions Options = new() { RetryDelay = TimeSpan.FromMilliseconds(5), MaxAttempts = 20 };

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task P01_Of_16_writers_that_claim_the_last_item_one_gets_it()
    {
        string[] members = ["early", .. Enumerable.Range(0, Writers).Select(static n => $"m{n}")];
        var hosts = await WithPointsAsync("p01", 100, members);
        Assert.False((await TakeAsync(hosts[0], Claim("first", "early", "tote"))).IsRejected);
        var results = await AllAsync(hosts, static n => Claim($"r{n}", $"m{n}", "tote"));
        Assert.Equal(1, results.Count(static r => !r.IsRejected));
        Assert.Equal(Writers - 1, results.Count(static r => r.Claim == ClaimRefusal.OutOfStock));
        var (pending, balance) = (0, 0L);
        await foreach (var member in hosts[1].ReadMembersAsync())
        {
            pending += member.Redemptions.Count(static r => r.Status == RedemptionStatus.Pending);
            balance += member.Balance;
        }

        Assert.Equal((2, (100L * members.Length) - 120), (pending, balance));
        await CheckAsync(hosts[2]);
    }

    [Theory]
    [InlineData(IsolationLevel.ReadCommitted)]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    public async Task P02_Of_16_writers_that_claim_for_one_member_with_a_balance_for_one_one_gets_it(IsolationLevel isolation)
    {
        var hosts = await WithPointsAsync($"p02 {isolation}", 89, ["ann"], options: HostOptions.At(isolation));
        var results = await AllAsync(hosts, static n => Claim($"r{n}", "ann", "tote"));
        Assert.Equal(1, results.Count(static r => !r.IsRejected));
        Assert.Equal(Writers - 1, results.Count(static r => r.Claim == ClaimRefusal.InsufficientPoints));
        var ann = (await hosts[3].FindMemberAsync("ann"))!;
        Assert.Equal([(1, 89L), (2, 29)], ann.Entries.Select(static e => (e.Sequence, e.Balance)));
        Assert.Equal(Writers, ann.Redemptions.Count);
        await CheckAsync(hosts[0]);
    }

    [Fact]
    public async Task P03_The_same_claim_in_parallel_is_taken_once_and_with_another_reward_a_conflict()
    {
        var hosts = await WithPointsAsync("p03", 100, ["ann"]);
        var results = await AllAsync(hosts, static n => Claim("r", "ann", n % 2 == 0 ? "tote" : "cup"));
        Assert.Equal(1, results.Count(static r => r is { IsNew: true, IsRejected: false }));
        Assert.Equal((Writers / 2) - 1, results.Count(static r => r is { IsNew: false, IsRejected: false }));
        Assert.Equal(Writers / 2, results.Count(static r => r is { Refusal: RowRefusal.Conflict, Column: RowColumn.Reward }));
        Assert.Single((await hosts[1].FindMemberAsync("ann"))!.Redemptions);
        await CheckAsync(hosts[0]);
    }

    [Fact]
    public async Task P04_A_refund_races_a_claim_and_a_cancel_a_fulfilment_and_one_of_both_orders_happens()
    {
        for (var round = 0; round < 20; round++)
        {
            var hosts = await WithPointsAsync($"p04 {round}", 1, ["bob"]);
            await hosts[0].ApplyAsync(LedgerOperation.Earn("o", "ann", Day, 6_000), day: 1); // 60 points and 6
            var tote = Claim("r", "ann", "tote");
            var refund = Task.Run(() => hosts[1].ApplyAsync(LedgerOperation.Refund("x", "o", Day, 6_000), day: 1));
            var claim = Task.Run(() => TakeAsync(hosts[2], tote));
            await Task.WhenAll(refund, claim);
            var ann = (await hosts[3].FindMemberAsync("ann"))!;
            var isGranted = !(await claim).IsRejected;
            Assert.True((await refund).IsApplied);
            Assert.Equal((0L, isGranted ? -60L : 0L), (ann.Balance, ann.Entries.Where(static e => e.Kind == EntryKind.Redeemed).Sum(static e => e.Points)));

            // With or without a refund in between there is a claim to cancel now.
            tote = tote with { Id = "s", Reward = "card" };
            await TakeAsync(hosts[0], tote);
            var events = await Task.WhenAll(
                Task.Run(() => TakeAsync(hosts[1], tote with { Event = RedemptionEvent.Cancelled })), Task.Run(() => TakeAsync(hosts[2], tote with { Event = RedemptionEvent.Fulfilled })));
            Assert.Equal(1, events.Count(static r => r is { Refusal: RowRefusal.WrongStatus, Column: RowColumn.Event }));
            await CheckAsync(hosts[0]);
        }
    }

    [Fact]
    public async Task P06_Of_16_cancels_and_rejections_of_one_claim_one_gives_points_and_stock_back()
    {
        var hosts = await WithPointsAsync("p06", 130, ["ann"]);
        var tote = Claim("r", "ann", "tote");
        Assert.All([await TakeAsync(hosts[0], tote), await TakeAsync(hosts[1], tote with { Id = "s" })], static r => Assert.False(r.IsRejected));
        var results = await AllAsync(hosts, n => tote with { Event = n % 2 == 0 ? RedemptionEvent.Cancelled : RedemptionEvent.Rejected, Date = Day.AddDays(-(n % 3)) });
        Assert.Equal(1, results.Count(static r => r is { IsNew: true, IsRejected: false }));
        Assert.Equal([130L, 70, 10, 70], (await hosts[2].FindMemberAsync("ann"))!.Entries.Select(static e => e.Balance));

        // One of two is in stock again, and no more.
        Assert.Equal(
            [ClaimRefusal.None, ClaimRefusal.OutOfStock],
            [(await TakeAsync(hosts[1], tote with { Id = "t" })).Claim, (await TakeAsync(hosts[3], tote with { Id = "u" })).Claim]);
        await CheckAsync(hosts[0]);
    }

    [Fact]
    public async Task P07_The_close_of_a_day_races_claims_of_the_same_lot_and_each_point_is_spent_or_expired()
    {
        for (var round = 0; round < 5; round++)
        {
            var hosts = await WithPointsAsync($"p07 {round}", 80, ["ann"], program: 1); // 20 days
            var close = Task.Run(async () => await RunAsync(hosts[0], 20, program: 1));
            var claims = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => Task.Run(() =>
                TakeAsync(hosts[n], new($"r{n}", "ann", PointsGiven.Date(19), n % 2 == 0 ? "tote" : "cup", RedemptionEvent.Claimed)))));
            await close;
            var ann = (await hosts[1].FindMemberAsync("ann"))!;
            var spent = ann.Redemptions.Sum(static r => r.Points);
            Assert.Equal(claims.Count(static c => !c.IsRejected), ann.Redemptions.Count(static r => r.Status == RedemptionStatus.Pending));
            Assert.Equal((0L, 80 - spent), (ann.Balance, -ann.Entries.Where(static e => e.Kind == EntryKind.Expired).Sum(static e => e.Points)));
            await CheckAsync(hosts[0]);
        }
    }

    [Fact]
    public async Task L20_A_refused_row_leaves_all_tables_as_they_were_but_for_its_key_and_a_repeated_one_all()
    {
        var hosts = await WithPointsAsync("l20", 100, ["ann"], program: 1);
        await TakeAsync(hosts[0], Claim("r", "ann", "cup"));
        string[] keys = ["points_book", "points_happening", "points_redemption"];
        var before = await PointsTables.RowsAsync(_database.Owner, "l20", keys);

        // Day 20: the lot has run out, which only a granted claim would record.
        foreach (var (id, reward, refusal) in new[]
        {
            ("none", "no such", ClaimRefusal.UnknownReward), ("seat", "seat", ClaimRefusal.NotEligible), ("limit", "cup", ClaimRefusal.LimitReached), ("points", "tote", ClaimRefusal.InsufficientPoints),
        })
        {
            Assert.Equal(refusal, (await TakeAsync(hosts[1], Claim(id, "ann", reward) with { Date = PointsGiven.Date(20) })).Claim);
            Assert.Equal(before, await PointsTables.RowsAsync(_database.Owner, "l20", keys));
        }

        Assert.Equal(RowRefusal.UnknownRedemption, (await TakeAsync(hosts[2], Claim("?", "ann", "cup") with { Event = RedemptionEvent.Refunded })).Refusal);
        Assert.Equal(RowRefusal.WrongStatus, (await TakeAsync(hosts[2], Claim("r", "ann", "cup") with { Event = RedemptionEvent.Refunded })).Refusal);
        Assert.Equal(before, await PointsTables.RowsAsync(_database.Owner, "l20", keys));
        var all = await PointsTables.RowsAsync(_database.Owner, "l20");
        Assert.False((await TakeAsync(hosts[3], Claim("r", "ann", "cup"))).IsNew);
        Assert.Equal(RowRefusal.Conflict, (await TakeAsync(hosts[3], Claim("r", "bob", "cup"))).Refusal);
        Assert.Equal(all, await PointsTables.RowsAsync(_database.Owner, "l20"));
    }

    [Fact]
    public async Task L18_Claims_that_are_interrupted_at_any_statement_are_taken_once_and_told_as_new_once()
    {
        using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
        await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
        var (points, tenants) = (0, 0);
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            for (var point = 1; ; point++)
            {
                var tenant = $"l18 {++tenants}";
                var direct = (await WithPointsAsync(tenant, 100, ["ann", "bob"]))[0];
                var store = new PostgresPointsStore(proxied, tenant, new PostgresStoreOptions { RetryDelay = TimeSpan.FromMilliseconds(2), MaxAttempts = 8 });
                proxy.Arm(point, kind);
                var outcomes = await store.TakeRedemptionsAsync(
                    [
                        new(Claim("r", "ann", "tote")), new(Claim("r", "ann", "tote")), new(Claim("s", "bob", "cup")), new(Claim("r", "bob", "tote")),
                        new(Claim("s", "bob", "cup") with { Event = RedemptionEvent.Cancelled }),
                    ],
                    Day,
                    Now);
                var seen = proxy.Points;
                Assert.Equal([true, false, true, false, true], outcomes.Select(static o => o.IsNew));
                Assert.Equal([RowRefusal.None, RowRefusal.None, RowRefusal.None, RowRefusal.Conflict, RowRefusal.None], outcomes.Select(static o => o.Refusal));
                Assert.Equal([100L, 40], (await direct.FindMemberAsync("ann"))!.Entries.Select(static e => e.Balance));
                Assert.Equal([100L, 85, 100], (await direct.FindMemberAsync("bob"))!.Entries.Select(static e => e.Balance));
                if (seen < point)
                {
                    break;
                }

                points++;
                point += point > 20 ? 2 : 0;
            }
        }

        Assert.True(points >= 16, $"only {points} fault points");
    }

    [Fact]
    public async Task A_claim_and_a_time_out_that_were_not_kept_and_that_another_host_makes_meanwhile_are_that_host_s()
    {
        using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
        await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
        var options = new PostgresStoreOptions { RetryDelay = TimeSpan.FromMilliseconds(300), MaxAttempts = 8 };
        for (var point = 1; ; point++)
        {
            // The message never arrives, so that the attempt keeps nothing; the other host comes before or after the next attempt.
            var tenant = $"meanwhile {point}";
            var other = (await WithPointsAsync(tenant, 100, ["ann"]))[0];
            await other.ApplyAsync(LedgerOperation.Reserve("h", "ann", Day, 10, Now.AddDays(2)), day: 1);
            var store = new PostgresPointsStore(proxied, tenant, options);
            proxy.Arm(point, FaultKind.FailsBefore);
            var taking = Task.Run(() => TakeAsync(store, Claim("r", "ann", "tote")));
            var isLast = !await FailedAsync(taking);
            var outcome = await TakeAsync(other, Claim("r", "ann", "tote"));
            Assert.Equal((true, false, false), (outcome.IsNew != (await taking).IsNew, outcome.IsRejected, (await taking).IsRejected));

            proxy.Arm(point, FaultKind.FailsBefore);
            var timingOut = Task.Run(async () => await store.TimeOutHoldsAsync(Now.AddDays(3)));
            await FailedAsync(timingOut);
            Assert.Equal(1, await other.TimeOutHoldsAsync(Now.AddDays(3)) + await timingOut);
            var ann = (await other.FindMemberAsync("ann"))!;
            Assert.Equal((40L, 0L, 2), (ann.Balance, ann.Held, ann.Entries.Count));
            if (isLast)
            {
                Assert.True(point > 4, $"only {point - 1} fault points");
                break;
            }

            async Task<bool> FailedAsync(Task task)
            {
                while (proxy.Points < point && !task.IsCompleted)
                {
                    await Task.Delay(5);
                }

                return proxy.Points >= point;
            }
        }
    }

    [Fact]
    public async Task A_claim_waits_for_no_other_tenant_and_is_told_when_a_run_takes_too_long()
    {
        var (busy, quiet) = (await WithPointsAsync("busy", 100, ["ann"]), await WithPointsAsync("quiet", 100, ["ann"]));
        await using (await busy[0].BeginRunAsync(PointsGiven.Program("busy"), PointsGiven.Date(5), Now))
        {
            var told = Task.Run(() => Assert.ThrowsAsync<StoreException>(() => TakeAsync(busy[1], Claim("r", "ann", "cup"))));
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Assert.False((await TakeAsync(quiet[0], Claim("r", "ann", "cup"))).IsRejected);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(4), $"{clock.Elapsed}");
            Assert.Equal(StoreFault.AlreadyRunning, (await told).Fault);
        }

        Assert.True((await TakeAsync(busy[1], Claim("r", "ann", "cup"))).IsNew);
    }

    private static RedemptionRow Claim(string id, string member, string reward) => new(id, member, Day, reward, RedemptionEvent.Claimed);

    private static async Task<RowOutcome> TakeAsync(PostgresPointsStore host, RedemptionRow row) =>
        (await host.TakeRedemptionsAsync([new(row)], row.Date > Day ? row.Date : Day, Now))[0];

    private static Task<RowOutcome[]> AllAsync(PostgresPointsStore[] hosts, Func<int, RedemptionRow> row) => Task.WhenAll(
        Enumerable.Range(0, Writers).Select(n => Task.Run(() => TakeAsync(hosts[n % hosts.Length], row(n)))));

    private static async Task RunAsync(PostgresPointsStore host, int asOf, int program)
    {
        while (true)
        {
            try
            {
                await host.RunAsync(PointsGiven.Program(host.Tenant, program), asOf);
                return;
            }
            catch (StoreException e) when (e.Fault == StoreFault.AlreadyRunning)
            {
                await Task.Delay(5);
            }
        }
    }

    /// <summary>A host for each writer, of one tenant whose members have points on day 0.</summary>
    private async Task<PostgresPointsStore[]> WithPointsAsync(string tenant, long points, string[] members, PostgresStoreOptions? options = null, int program = 0)
    {
        PostgresPointsStore[] hosts = [.. Enumerable.Range(0, Writers).Select(_ => new PostgresPointsStore(_database.App, tenant, options ?? Options))];
        await hosts[0].OpenedAsync(PointsGiven.Program(tenant, program));
        await hosts[0].ApplyAsync([.. members.Select(m => LedgerOperation.Adjust($"opening {m}", m, PointsGiven.Date(0), points, "opening"))], PointsGiven.Date(0), Now);
        return hosts;
    }

    private async Task CheckAsync(PostgresPointsStore host)
    {
        Assert.Empty(await host.VerifyAsync());
        await PointsInvariants.CheckAsync(_database.Owner, host.Tenant);
    }
}
