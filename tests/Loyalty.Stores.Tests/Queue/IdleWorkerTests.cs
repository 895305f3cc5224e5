using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Queue;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>When a run that goes on until there is nothing to do ends: not while something may still come free.</summary>
public sealed class IdleWorkerTests
{
    /// <summary>
    /// A customer's second operation comes free while the store is asked, after it has looked: an answer that comes late told the worker that all was done (seen on a
    /// slow cluster: 63 of 65 sent).
    /// </summary>
    [Fact]
    public async Task What_comes_free_while_the_store_is_asked_is_delivered_by_the_same_run()
    {
        var store = new InMemoryQueueStore(TimeProvider.System);
        var first = QueueGiven.Operation("ann@x.example", 0);
        await store.EnqueueAsync([first, QueueGiven.Operation("ann@x.example", 1), QueueGiven.Operation("ann@x.example", 2)]);
        var slow = new MortalStore(store)
        {
            Claimed = async claims =>
            {
                if (claims.Count > 0)
                {
                    return;
                }

                while ((await store.FindAsync([first.Key]))[0].Status != DeliveryStatus.Done)
                {
                    await Task.Delay(5);
                }

                await Task.Delay(100);
            },
        };
        using var target = Target();
        var result = await new DeliveryWorker(slow, [target], new DeliveryOptions { Tenant = "acme", Workers = 2 }).RunAsync();
        Assert.Equal(3, result.Done);
        Assert.All(await store.AllAsync(), static d => Assert.Equal(DeliveryStatus.Done, d.Status));
    }

    /// <summary>A store that fails for a moment is asked again, until it answers.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_store_that_fails_for_a_moment_ends_no_run(int failures)
    {
        var store = new InMemoryQueueStore(TimeProvider.System);
        await store.EnqueueAsync([QueueGiven.Operation("ann@x.example", 0), QueueGiven.Operation("bob@x.example", 0)]);
        var failing = new MortalStore(store)
        {
            // Before anything was claimed: a claim that is lost comes back with its lease, which is another test.
            Asked = () => failures-- > 0 ? throw new StoreException(StoreFault.Interrupted, "the connection was lost") : default,
        };
        using var target = Target();
        var result = await new DeliveryWorker(failing, [target], new DeliveryOptions { Tenant = "acme", Workers = 2 }).RunAsync();
        Assert.Equal(2, result.Done);
    }

    private static DeliveryTarget Target() =>
        new(new TargetOptions { Name = "shop", Kind = TargetKind.Commerce7, Timeout = TimeSpan.FromSeconds(1) }, ["operations", "email"], new Sink(), TimeProvider.System);

    private sealed class Sink : IOperationSink
    {
        public async Task<DeliveryAnswer> SendAsync(OutgoingOperation operation, CallScope scope)
        {
            await scope.EnterAsync();
            try
            {
                // The worker looks for more while this is on its way.
                await Task.Delay(50);
                return DeliveryAnswer.Done();
            }
            finally
            {
                scope.Leave();
            }
        }
    }
}
