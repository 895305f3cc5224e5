using System.Data;
using Loyalty.Postgres;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>Deliveries of bulk runs, which stand in blocks until somebody looks at the queue: nobody can tell them from rows.</summary>
public sealed class QueueBlockTests(TestServer server)
{
    /// <summary>Stores deliveries as a run does, in blocks of three.</summary>
    internal static async Task RunAsync(NpgsqlDataSource source, string tenant, IReadOnlyList<NewDelivery> deliveries, StoreLimits? limits = null)
    {
        await using var transaction = await TenantTransaction.OpenAsync(source, TenantId.FromName(tenant), IsolationLevel.ReadCommitted, "", default);
        await QueueWriter.EnqueueAsync(transaction, tenant, deliveries, asRows: false, limits ?? StoreLimits.Small, default);
        await transaction.CommitAsync(default);
    }

    [Theory]
    [InlineData("count")]
    [InlineData("read")]
    [InlineData("find")]
    [InlineData("blocked")]
    [InlineData("claim")]
    [InlineData("retry")]
    [InlineData("drop")]
    [InlineData("enqueue")]
    public async Task Whoever_looks_sees_what_a_run_stored(string call)
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await RunAsync(database.App, "acme", [.. Enumerable.Range(1, 7).Select(static i => QueueGiven.Operation("a", i))]);
        Assert.Equal((3, 0), await StoredAsync(database));
        switch (call)
        {
            case "count":
                Assert.Equal(7, Assert.Single(await store.CountAsync()).Count);
                break;
            case "read":
                Assert.Equal(Enumerable.Range(1, 7).Select(static i => $"enrollment:a-{i}:add"), (await store.AllAsync()).Select(static d => d.Key));
                break;
            case "find":
                Assert.Equal(DeliveryStatus.Waiting, Assert.Single(await store.FindAsync(["enrollment:a-7:add"])).Status);
                break;
            case "blocked":
                Assert.Empty(await store.FindBlockedAsync(["a"]));
                break;
            case "claim":
                // It makes rows until it has what it wants, and leaves blocks without its routes alone.
                Assert.Empty(await store.ClaimAsync(QueueGiven.Claim(target: "mail", routes: "email")));
                Assert.Equal((3, 0), await StoredAsync(database));
                Assert.Equal("enrollment:a-1:add", Assert.Single(await store.ClaimAsync(QueueGiven.Claim(count: 1))).Delivery.Key);
                Assert.Equal((2, 3), await StoredAsync(database));
                return;
            case "retry":
                Assert.Equal(0, await store.RetryAsync(null));
                break;
            case "drop":
                Assert.Equal(1, await store.DropAsync(["enrollment:a-1:add"], "no more"));
                break;
            default:
                // A key of a block is known.
                Assert.Equal(1, await store.EnqueueAsync([QueueGiven.Operation("a", 7), QueueGiven.Operation("a", 8)]));
                Assert.Equal((0, 8), await StoredAsync(database));
                return;
        }

        Assert.Equal((0, 7), await StoredAsync(database));
    }

    [Fact]
    public async Task What_a_run_stores_after_a_block_comes_after_it_even_if_it_is_little()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await RunAsync(database.App, "acme", [QueueGiven.Operation("a", 1), QueueGiven.Operation("a", 2), QueueGiven.Operation("b", 1)]);
        await RunAsync(database.App, "acme", [QueueGiven.Operation("a", 3)]);
        Assert.Equal((2, 0), await StoredAsync(database));
        List<string> told = [];
        while (await TellAsync(store, 100, told))
        {
        }

        Assert.Equal(["enrollment:a-1:add", "enrollment:a-2:add", "enrollment:a-3:add"], told.Where(static t => t.StartsWith("a ", StringComparison.Ordinal)).Select(static t => t[(t.IndexOf('|') + 1)..]));

        // Without a block, what is little becomes rows at once.
        await RunAsync(database.App, "acme", [QueueGiven.Operation("a", 4)]);
        Assert.Equal((0, 5), await StoredAsync(database));
    }

    /// <summary>The same calls on a queue whose runs store blocks and on one whose runs store rows: the same deliveries, in the same order for each customer, end the same.</summary>
    [Fact]
    public async Task Blocks_and_rows_tell_the_same_in_the_same_order()
    {
        using var database = server.CreateDatabase();
        for (var seed = 0; seed < 25; seed++)
        {
            var random = new Random(seed);
            var (blocks, rows) = (new PostgresQueueStore(database.App, $"blocks{seed}"), new PostgresQueueStore(database.App, $"rows{seed}"));
            var told = new Dictionary<string, List<string>>(StringComparer.Ordinal) { [blocks.Tenant] = [], [rows.Tenant] = [] };
            for (var step = 0; step < 12; step++)
            {
                NewDelivery[] some = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => Any(random))];
                switch (random.Next(4))
                {
                    case 0:
                        Assert.Equal(await rows.EnqueueAsync(some), await blocks.EnqueueAsync(some));
                        break;
                    case 1:
                        var count = random.Next(1, 4);
                        foreach (var store in new[] { blocks, rows })
                        {
                            await TellAsync(store, count, told[store.Tenant]);
                        }

                        break;
                    default:
                        await RunAsync(database.App, blocks.Tenant, some);
                        await RunAsync(database.App, rows.Tenant, some, StoreLimits.Standard);
                        break;
                }
            }

            foreach (var store in new[] { blocks, rows })
            {
                while (await TellAsync(store, 5, told[store.Tenant]))
                {
                }
            }

            Assert.Equal(
                (await rows.AllAsync()).Select(static d => (d.Key, d.Status, d.Customer, d.Route, d.Payload, d.DueAt)),
                (await blocks.AllAsync()).Select(static d => (d.Key, d.Status, d.Customer, d.Route, d.Payload, d.DueAt)));
            Assert.All(await blocks.AllAsync(), static d => Assert.Equal(DeliveryStatus.Done, d.Status));
            foreach (var lane in told[rows.Tenant].Select(Lane).Distinct())
            {
                Assert.Equal(told[rows.Tenant].Where(k => Lane(k) == lane), told[blocks.Tenant].Where(k => Lane(k) == lane));
            }
        }

        static NewDelivery Any(Random random) => random.Next(3) switch
        {
            0 => QueueGiven.Message($"{(char)('a' + random.Next(3))}", random.Next(12)),
            _ => QueueGiven.Operation($"{(char)('a' + random.Next(3))}", random.Next(12)),
        };

        static string Lane(string told) => told[..told.IndexOf('|', StringComparison.Ordinal)];
    }

    [Fact]
    public async Task A_claim_waits_for_nobody_who_stores_deliveries()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await RunAsync(database.App, "acme", [QueueGiven.Operation("a", 1), QueueGiven.Operation("b", 1), QueueGiven.Operation("c", 1)]);
        var writer = await TenantTransaction.OpenAsync(database.App, store.TenantId, IsolationLevel.ReadCommitted, "", default);
        await QueueWriter.EnqueueAsync(writer, "acme", [QueueGiven.Operation("d", 1)], asRows: false, StoreLimits.Small, default);
        Assert.Equal(3, (await store.ClaimAsync(QueueGiven.Claim()).AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Count);
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim()));
        await writer.CommitAsync(default);
        await writer.DisposeAsync();
        Assert.Equal("enrollment:d-1:add", Assert.Single(await store.ClaimAsync(QueueGiven.Claim())).Delivery.Key);
    }

    /// <summary>Storing beside a run that stores a block: rows are made of the block in a transaction of its own, before the lock of the order is taken again.</summary>
    [Fact]
    public async Task What_is_stored_while_a_run_stores_a_block_comes_after_it()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        var run = await TenantTransaction.OpenAsync(database.App, store.TenantId, IsolationLevel.ReadCommitted, "", default);
        await QueueWriter.EnqueueAsync(run, "acme", [.. Enumerable.Range(1, 7).Select(static i => QueueGiven.Operation("a", i))], asRows: false, StoreLimits.Small, default);
        var storing = store.EnqueueAsync([QueueGiven.Operation("a", 7), QueueGiven.Operation("a", 8)]).AsTask();
        await Task.Delay(300);
        Assert.False(storing.IsCompleted);
        await run.CommitAsync(default);
        await run.DisposeAsync();
        Assert.Equal(1, await storing);
        Assert.Equal(Enumerable.Range(1, 8).Select(static i => $"enrollment:a-{i}:add"), (await store.AllAsync()).Select(static d => d.Key));
    }

    /// <summary>Who claims while another makes rows of a block waits for it: to find nothing would mean that all is told.</summary>
    [Fact]
    public async Task A_claim_waits_for_the_block_that_another_is_at()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await RunAsync(database.App, "acme", [QueueGiven.Operation("a", 1), QueueGiven.Operation("b", 1), QueueGiven.Operation("c", 1)]);
        var other = await TenantTransaction.OpenAsync(database.App, store.TenantId, IsolationLevel.ReadCommitted, "", default);
        await QueueBlocks.TakeFirstAsync(other, default);
        var claim = store.ClaimAsync(QueueGiven.Claim()).AsTask();
        await Task.Delay(300);
        Assert.False(claim.IsCompleted);
        await other.CommitAsync(default);
        await other.DisposeAsync();
        Assert.Equal(3, (await claim).Count);
    }

    [Fact]
    public async Task A_block_becomes_rows_wholly_or_not_at_all_and_once_for_many_who_look()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await RunAsync(database.App, "acme", [.. Enumerable.Range(1, 200).Select(static i => QueueGiven.Operation($"c{i % 20}", i))]);
        await using (var given = await TenantTransaction.OpenAsync(database.App, store.TenantId, IsolationLevel.ReadCommitted, "", default))
        {
            Assert.True(await QueueBlocks.TakeFirstAsync(given, default));
        }

        Assert.Equal((67, 0), await StoredAsync(database));
        var looks = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => Assert.Single(await store.CountAsync()).Count)));
        Assert.All(looks, static n => Assert.Equal(200, n));
        Assert.Equal((0, 200), await StoredAsync(database));
    }

    [Fact]
    public async Task A_block_of_a_newer_library_is_refused_and_kept()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await RunAsync(database.App, "acme", [QueueGiven.Operation("a", 1), QueueGiven.Operation("b", 1), QueueGiven.Operation("c", 1)]);
        await using (var change = database.Owner.CreateCommand("UPDATE loyalty.queue_block SET layout = 2"))
        {
            await change.ExecuteNonQueryAsync();
        }

        foreach (var call in (Func<Task>[])[async () => await store.CountAsync(), async () => await store.ClaimAsync(QueueGiven.Claim())])
        {
            var refused = await Assert.ThrowsAsync<StoreException>(call);
            Assert.Equal(StoreFault.Refused, refused.Fault);
            Assert.Contains("layout 2", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal((1, 0), await StoredAsync(database));
    }

    private static async Task<bool> TellAsync(PostgresQueueStore store, int count, List<string> told)
    {
        var claims = await store.ClaimAsync(QueueGiven.Claim(count: count, routes: [QueueRules.Operations, "email"]));
        told.AddRange(claims.Select(static c => $"{c.Delivery.Customer} {c.Delivery.Route}|{c.Delivery.Key}"));
        Assert.All(await store.ReportAsync([.. claims.Select(static c => c.End(QueueGiven.Done))]), Assert.True);
        return claims.Count > 0;
    }

    private static async Task<(long Blocks, long Rows)> StoredAsync(TestDatabase database)
    {
        await using var command = database.Owner.CreateCommand("SELECT (SELECT count(*) FROM loyalty.queue_block), (SELECT count(*) FROM loyalty.queue_delivery)");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
