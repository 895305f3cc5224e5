using System.Globalization;
using Loyalty.Queue;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Testing.Queue;

/// <summary>Random histories of claims, reports and people on the queue in memory and on yours: every answer and every delivery must be the same.</summary>
/// <remarks>LOYALTY_TEST_CASES sets how many histories are tried; the number of a history is its seed.</remarks>
public abstract class GeneratedQueueHistories
{
    /// <summary>How many histories to try unless the environment says otherwise.</summary>
    protected virtual int Cases => 40;

    /// <summary>Creates an empty queue, whose clock is that of the system; each history has a tenant of its own.</summary>
    protected abstract IQueueStore NewStore(string tenant);

    [Fact]
    public async Task Generated_histories_leave_the_same_queue()
    {
        var cases = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_CASES"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Cases;
        for (var seed = 1; seed <= cases; seed++)
        {
            var random = new Random(seed);
            IQueueStore[] stores = [new InMemoryQueueStore(TimeProvider.System), NewStore($"tenant-{seed}")];
            var claims = new List<(ClaimedDelivery Memory, ClaimedDelivery Other, string Target)>();
            for (var step = 0; step < 40; step++)
            {
                switch (random.Next(6))
                {
                    case 0 or 1:
                        var fresh = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(3) switch
                        {
                            0 => QueueGiven.Message($"c{random.Next(4)}", random.Next(30), random.Next(2) == 0 ? "email" : "sms"),
                            _ => QueueGiven.Operation($"c{random.Next(4)}", random.Next(30)),
                        }).ToArray();
                        Assert.Equal(await stores[0].EnqueueAsync(fresh), await stores[1].EnqueueAsync(fresh));
                        break;
                    case 2:
                        var request = random.Next(3) switch
                        {
                            0 => QueueGiven.Claim("hook", random.Next(1, 4), null, "email", "sms"),
                            1 => QueueGiven.Claim("all", 5, null, "operations", "email"),
                            _ => QueueGiven.Claim(count: random.Next(1, 4)),
                        };
                        var (mine, theirs) = (await stores[0].ClaimAsync(request), await stores[1].ClaimAsync(request));
                        Assert.Equal(mine.Select(static c => c.Delivery.Key).Order(StringComparer.Ordinal), theirs.Select(static c => c.Delivery.Key).Order(StringComparer.Ordinal));
                        claims.AddRange(mine.Select(m => (m, theirs.Single(t => string.Equals(t.Delivery.Key, m.Delivery.Key, StringComparison.Ordinal)), request.Target)));
                        break;
                    case 3 when claims.Count > 0:
                        var (memory, other, target) = claims[random.Next(claims.Count)];
                        claims.Remove((memory, other, target));
                        Assert.Equal(await stores[0].ReportAsync([memory.Begin(target)]), await stores[1].ReportAsync([other.Begin(target)]));
                        var end = random.Next(4) switch
                        {
                            0 => QueueGiven.Parked,
                            1 => QueueGiven.Again(QueueGiven.Past.AddMinutes(random.Next(100))),
                            2 => QueueRules.Skip(QueueRules.Preference, QueueGiven.Past),
                            _ => QueueGiven.Done,
                        };
                        Assert.Equal(await stores[0].ReportAsync([memory.End(end, target)]), await stores[1].ReportAsync([other.End(end, target)]));
                        break;
                    case 4:
                        Assert.Equal(await stores[0].RetryAsync(null), await stores[1].RetryAsync(null));
                        break;
                    default:
                        var all = await stores[0].AllAsync();
                        if (all.Length > 0)
                        {
                            var key = all[random.Next(all.Length)].Key;
                            Assert.Equal(await DropAsync(stores[0], key), await DropAsync(stores[1], key));
                        }

                        break;
                }

                Assert.Equal((await stores[0].AllAsync()).Select(static d => d.Text()), (await stores[1].AllAsync()).Select(static d => d.Text()));
            }

            Assert.Equal(
                (await stores[0].CountAsync()).Select(static c => (c.Target, c.Status, c.Count, c.OldestDueAt)),
                (await stores[1].CountAsync()).OrderBy(static c => c.Target, StringComparer.Ordinal).ThenBy(static c => c.Status).Select(static c => (c.Target, c.Status, c.Count, c.OldestDueAt)));
        }

        static async Task<string> DropAsync(IQueueStore store, string key)
        {
            try
            {
                return $"{await store.DropAsync([key], "test")}";
            }
            catch (QueueRefusalException e)
            {
                return e.Message;
            }
        }
    }
}
