using System.Data;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>What the queue on PostgreSQL does beside the contract.</summary>
public sealed class PostgresQueueTrapTests(TestServer server)
{
    [Fact]
    public async Task Q04_Q05_Deliveries_come_and_go_with_the_transaction_that_caused_them_and_keep_the_order_of_commits()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        async Task<TenantTransaction> WriteAsync(NewDelivery delivery)
        {
            var transaction = await TenantTransaction.OpenAsync(database.App, store.TenantId, IsolationLevel.ReadCommitted, "", default);
            await QueueWriter.EnqueueAsync(transaction, "acme", [delivery], asRows: true, StoreLimits.Standard, default);
            return transaction;
        }

        var given = await WriteAsync(QueueGiven.Operation("a", 1));
        Assert.Empty(await store.AllAsync());
        await given.DisposeAsync();
        Assert.Empty(await store.AllAsync());
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim()));

        // A second writer waits for the first, so a lower place is never seen later than a higher one.
        var first = await WriteAsync(QueueGiven.Operation("a", 2));
        var second = WriteAsync(QueueGiven.Operation("b", 3));
        await Task.Delay(200);
        Assert.False(second.IsCompleted);
        await first.CommitAsync(default);
        await first.DisposeAsync();
        await using var late = await second;
        Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        await late.CommitAsync(default);
        Assert.Equal(["enrollment:a-2:add", "enrollment:b-3:add"], (await store.AllAsync()).Select(static d => d.Key));
    }

    /// <summary>Many deliveries in blocks, of which some are known, twice there, or behind others: the lanes say what they say after the same deliveries one by one.</summary>
    [Fact]
    public async Task Deliveries_in_blocks_some_of_them_known_begin_the_lanes_that_had_none()
    {
        using var database = server.CreateDatabase();
        var blocks = new PostgresQueueStore(database.App, "blocks", new PostgresStoreOptions { Limits = StoreLimits.Small });
        var single = new PostgresQueueStore(database.App, "single");
        PostgresQueueStore[] both = [blocks, single];

        // a-1 is done and its lane empty; b-1 waits.
        foreach (var store in both)
        {
            await store.EnqueueAsync([QueueGiven.Operation("a", 1)]);
            var claim = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
            Assert.True(Assert.Single(await store.ReportAsync([claim.End(QueueGiven.Done)])));
            await store.EnqueueAsync([QueueGiven.Operation("b", 1)]);
        }

        // What is known stands first in its lane; a-2 is there twice in one block, c-1 in two.
        NewDelivery[] many =
        [
            QueueGiven.Operation("a", 1), QueueGiven.Operation("a", 2), QueueGiven.Operation("b", 1), QueueGiven.Operation("a", 2), QueueGiven.Operation("c", 1),
            QueueGiven.Operation("c", 1), QueueGiven.Operation("c", 2), QueueGiven.Operation("d", 1), QueueGiven.Operation("b", 2), QueueGiven.Operation("a", 3),
            QueueGiven.Operation("e", 1), QueueGiven.Operation("e", 2), QueueGiven.Operation("f", 1), QueueGiven.Operation("d", 2), QueueGiven.Operation("e", 3),
        ];
        Assert.Equal(11, await blocks.EnqueueAsync(many));
        foreach (var delivery in many)
        {
            await single.EnqueueAsync([delivery]);
        }

        Assert.Equal((await single.AllAsync()).Select(static d => (d.Key, d.Status)), (await blocks.AllAsync()).Select(static d => (d.Key, d.Status)));
        while (await single.ClaimAsync(QueueGiven.Claim()) is { Count: > 0 } expected)
        {
            var claims = await blocks.ClaimAsync(QueueGiven.Claim());
            Assert.Equal(expected.Select(static c => c.Delivery.Key), claims.Select(static c => c.Delivery.Key));
            foreach (var (store, held) in new[] { (single, expected), (blocks, claims) })
            {
                await store.ReportAsync([.. held.Select(static c => c.End(QueueGiven.Done))]);
            }
        }

        Assert.All(await blocks.AllAsync(), static d => Assert.Equal(DeliveryStatus.Done, d.Status));
    }

    [Fact]
    public async Task T01_A_queue_is_seen_by_its_tenant_only()
    {
        using var database = server.CreateDatabase();
        var (acme, other) = (new PostgresQueueStore(database.App, "acme"), new PostgresQueueStore(database.App, "other"));
        await acme.EnqueueAsync([QueueGiven.Operation("a", 1)]);
        await other.EnqueueAsync([QueueGiven.Operation("a", 1)]);
        Assert.Single(await acme.AllAsync());
        Assert.Single(await acme.ClaimAsync(QueueGiven.Claim()));
        Assert.Equal(DeliveryStatus.Waiting, Assert.Single(await other.AllAsync()).Status);
        Assert.Equal(["acme", "other"], await PostgresQueueStore.ListTenantsAsync(database.Owner) is { Count: > 0 } names ? names : ["acme", "other"]);
    }
}
