using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>Holds that are over end when somebody says what time it is: on PostgreSQL with several hosts at work.</summary>
public sealed class HoldTimeOutTests(TestServer server) : IDisposable
{
    private static readonly DateOnly Day = PointsGiven.Date(0);
    private static readonly DateTime Now = PointsGiven.Noon;
    private static readonly PostgresStoreOptions Options = new() { RetryDelay = TimeSpan.FromMilliseconds(5), MaxAttempts = 20 };

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

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

    private PostgresPointsStore Host(string tenant, StoreLimits limits) =>
        new(_database.App, tenant, new PostgresStoreOptions { RetryDelay = Options.RetryDelay, MaxAttempts = Options.MaxAttempts, Limits = limits });
}
