using System.Collections.Concurrent;
using System.Diagnostics;
using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Postgres.Queue;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>Traps of the queue on PostgreSQL that have to do with clocks, the network and old snapshots.</summary>
public sealed class QueueTrapTests(TestServer server)
{
    /// <summary>A worker whose clock is ten minutes ahead takes nothing early from one whose clock is ten minutes behind: leases are the database's.</summary>
    [Fact]
    public async Task Q09_Workers_with_clocks_ten_minutes_off_claim_nothing_early()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        await store.EnqueueAsync([.. Enumerable.Range(0, 40).Select(static i => QueueGiven.Operation($"c{i % 8}@x.example", i / 8))]);
        var sink = new CountingSink { Delay = TimeSpan.FromMilliseconds(60) };
        await Task.WhenAll(new[] { -10, 0, 10 }.Select(async minutes =>
        {
            var clock = new SkewedClock(TimeSpan.FromMinutes(minutes));
            using var target = Target(sink, repeats: true);
            await new DeliveryWorker(store, [target], Options() with { Clock = clock, Lease = TimeSpan.FromSeconds(4), Until = RunUntil.Told })
                .RunAsync(new CancellationTokenSource(TimeSpan.FromSeconds(4)).Token);
        }));
        Assert.All(await store.AllAsync(), static d => Assert.Equal((DeliveryStatus.Done, 1), (d.Status, d.Attempts)));
        Assert.All(sink.Calls, static c => Assert.Equal(1, c.Value));
        Assert.Equal(0, sink.Overlaps);
    }

    /// <summary>The connection to the database is lost before, within and after every statement of a worker: each effect happens once, in order.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Q10_A_connection_lost_at_any_statement_costs_no_effect_and_makes_none_twice(bool repeats)
    {
        using var database = server.CreateDatabase();
        using var proxy = new FaultProxy(database.AppConnectionString, server.Admin);
        await using var source = NpgsqlDataSource.Create(proxy.ConnectionString);
        foreach (var fault in Enum.GetValues<FaultKind>())
        {
            // Until a run meets no fault any more; every point in the nightly tests.
            var step = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_FAULT_STEP"), out var wanted) ? wanted : 11;
            for (var (point, points) = (1, int.MaxValue); point <= points; point += step)
            {
                var direct = new PostgresQueueStore(database.App, $"{fault}-{point}");
                await direct.EnqueueAsync([QueueGiven.Operation("a@x.example", 1), QueueGiven.Operation("a@x.example", 2), QueueGiven.Operation("b@x.example", 3)]);
                var sink = new CountingSink();
                var watch = Stopwatch.StartNew();
                proxy.Arm(point, fault);
                try
                {
                    using var target = Target(sink, repeats);
                    await new DeliveryWorker(new PostgresQueueStore(source, direct.Tenant), [target], Options()).RunAsync();
                }
                catch (StoreException)
                {
                    // The run ends; another one goes on.
                }

                points = Math.Min(points, proxy.Points < point ? proxy.Points : int.MaxValue);
                proxy.Arm(0, fault);
                // Another worker goes on when the lease has ended; on a busy machine the server may learn late that the first one is gone.
                for (var turn = 0; turn < 12 && !(await direct.AllAsync()).All(static d => d.HasEnded || d.Status is DeliveryStatus.Parked or DeliveryStatus.Blocked); turn++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1.1));
                    using var target = Target(sink, repeats);
                    await new DeliveryWorker(direct, [target], Options()).RunAsync();
                }

                var all = await direct.AllAsync();
                Assert.All(all, d => Assert.True(d.Status == DeliveryStatus.Done || (!repeats && d.Status is DeliveryStatus.Parked or DeliveryStatus.Blocked), $"{fault} at {point}: {d.Key} is {d.Status} ({d.Error})"));
                Assert.All(all.Where(static d => d.Status == DeliveryStatus.Parked), static d => Assert.Equal(DeliveryAnswer.AnswerLost, d.Error));
                Assert.All(all.Where(static d => d.Status == DeliveryStatus.Done), d => Assert.True(sink.Calls.ContainsKey(d.Key)));
                Assert.All(sink.Calls, c => Assert.True(repeats || c.Value == 1, $"{fault} at {point}: {c.Key} {c.Value} times"));
                Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
            }
        }
    }

    /// <summary>A transaction that stays open for long keeps old versions of rows; the queue goes on.</summary>
    [Fact]
    public async Task Q12_The_queue_goes_on_beside_a_transaction_that_stays_open()
    {
        using var database = server.CreateDatabase();
        var store = new PostgresQueueStore(database.App, "acme");
        const int Operations = 1_000;
        async Task<double> RateAsync(string name)
        {
            await store.EnqueueAsync([.. Enumerable.Range(0, Operations).Select(i => QueueGiven.Operation($"{name}{i % 100}@x.example", i / 100))]);
            var watch = Stopwatch.StartNew();
            using var target = Target(new CountingSink(), repeats: true);
            await new DeliveryWorker(store, [target], Options() with { Workers = 8 }).RunAsync();
            return Operations / watch.Elapsed.TotalSeconds;
        }

        var before = await RateAsync("a");
        double beside;
        await using (var connection = await database.Owner.OpenConnectionAsync())
        {
            await using var open = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
            await using (var command = new NpgsqlCommand("SELECT count(*) FROM loyalty.queue_lane", connection, open))
            {
                await command.ExecuteScalarAsync();
            }

            await RateAsync("b");
            beside = await RateAsync("c");
        }

        Assert.All(await store.AllAsync(), static d => Assert.Equal(DeliveryStatus.Done, d.Status));
        Assert.InRange(beside / before, 0.05, double.MaxValue);
        TestContext.Current.SendDiagnosticMessage($"{before:N0} operations a second, beside an open transaction {beside:N0}");
    }

    private static DeliveryTarget Target(CountingSink sink, bool repeats) => new(
        new TargetOptions { Name = "shop", Kind = repeats ? TargetKind.Commerce7 : TargetKind.Webhook, Timeout = TimeSpan.FromMilliseconds(900) }, [QueueRules.Operations], sink,
        TimeProvider.System);

    private static DeliveryOptions Options() => new()
    {
        Tenant = "acme", Retry = new RetryPolicy { First = TimeSpan.FromMilliseconds(20), Attempts = 20 }, Lease = TimeSpan.FromSeconds(1), Workers = 4,
        PollInterval = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>Counts what arrives, and notes whether two operations of a customer are under way at once.</summary>
    private sealed class CountingSink : IOperationSink
    {
        private readonly ConcurrentDictionary<string, byte> _busy = new(StringComparer.Ordinal);
        private int _overlaps;

        public TimeSpan Delay { get; init; }

        public int Overlaps => _overlaps;

        public ConcurrentDictionary<string, int> Calls { get; } = new(StringComparer.Ordinal);

        public async Task<DeliveryAnswer> SendAsync(OutgoingOperation operation, CallScope scope)
        {
            await scope.EnterAsync();
            try
            {
                if (!_busy.TryAdd(operation.Contact.Customer, 0))
                {
                    Interlocked.Increment(ref _overlaps);
                }

                Calls.AddOrUpdate(operation.Key, 1, static (_, n) => n + 1);
                await Task.Delay(Delay);
                _busy.TryRemove(operation.Contact.Customer, out _);
                return DeliveryAnswer.Done();
            }
            finally
            {
                scope.Leave();
            }
        }
    }

    /// <summary>The system's clock, off by a constant.</summary>
    private sealed class SkewedClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
