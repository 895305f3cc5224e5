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
            await QueueWriter.EnqueueAsync(transaction, "acme", [delivery], StoreLimits.Standard, default);
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
