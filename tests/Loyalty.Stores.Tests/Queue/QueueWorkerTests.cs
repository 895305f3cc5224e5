using System.Collections.Concurrent;
using System.Diagnostics;
using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>The worker of the queue under faults: lost answers, killed workers, poison, limits.</summary>
public sealed class QueueWorkerTests(TestServer server)
{
    private static readonly RetryPolicy Quick = new() { First = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100), Attempts = 1_000 };

    private static int Times(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var times) ? times : usual;

    /// <summary>
    /// Q01, Q03, Q11, P10: workers are ended at any point, answers are lost at any request; every effect happens, for repeatable targets the
    /// state is as if once, and the operations of a customer never overtake each other.
    /// </summary>
    [Theory]
    [InlineData("postgres", 10_000, 200)]
    [InlineData("memory", 10_000, 200)]
    public async Task Q01_Q03_Q11_P10_Operations_survive_killed_workers_and_lost_answers(string kind, int operations, int kills)
    {
        operations = Times("LOYALTY_TEST_QUEUE_OPERATIONS", operations / 5);
        kills = Times("LOYALTY_TEST_QUEUE_KILLS", kills / 5);
        using var database = server.CreateDatabase();
        var store = QueueKind.Store(kind, database);
        var customers = operations / 10;
        NewDelivery[] given = [.. Enumerable.Range(0, operations).Select(i => QueueGiven.Operation($"c{i % customers}@x.example", i / customers))];
        if (store is PostgresQueueStore)
        {
            // As of a bulk run: workers make rows of blocks while others claim, and are killed in the middle of it.
            await QueueBlockTests.RunAsync(database.App, "acme", given, StoreLimits.Standard with { MostInParameters = 8, BlockDeliveries = 64 });
        }
        else
        {
            await store.EnqueueAsync(given);
        }

        // A shop that answers at once has taken everything before anybody is killed.
        var shop = new TestShop(lost: 0.05, seed: 1) { Takes = TimeSpan.FromMilliseconds(10) };
        var random = new Random(1);
        var watch = Stopwatch.StartNew();
        using var over = new CancellationTokenSource();
        var killed = 0;
        async Task HostAsync(int number)
        {
            while (!over.IsCancellationRequested)
            {
                var mortal = new MortalStore(store);
                using var target = shop.Target(mortal);
                var worker = new DeliveryWorker(mortal, [target], Options());
                var run = worker.RunAsync();
                lock (random)
                {
                    if (Volatile.Read(ref killed) < kills)
                    {
                        mortal.KillAfter(TimeSpan.FromMilliseconds(random.Next(5, 120)));
                    }
                }

                try
                {
                    await run;
                    if (await IsOverAsync(store))
                    {
                        return;
                    }

                    await Task.Delay(50);
                }
                catch (KilledException)
                {
                    // A killed worker says nothing; the next one begins.
                    Interlocked.Increment(ref killed);
                }
            }
        }

        var hosts = Enumerable.Range(0, 8).Select(n => Task.Run(() => HostAsync(n))).ToArray();
        await Task.WhenAll(hosts).WaitAsync(TimeSpan.FromMinutes(8));
        var all = await store.AllAsync();

        // Only those count that met a worker at work; the others were about to meet one when the last was counted.
        Assert.InRange(killed, kills, kills + 7);
        Assert.All(all, static d => Assert.Equal(DeliveryStatus.Done, d.Status));
        Assert.Equal(operations, shop.First.Count);
        foreach (var lane in shop.Order)
        {
            // The first time that each operation of a customer arrived: in order.
            Assert.Equal(lane.Value.Distinct(), Enumerable.Range(0, operations / customers).Select(n => QueueGiven.Operation(lane.Key, n).Key));
            Assert.Equal(lane.Value, lane.Value.OrderBy(k => lane.Value.IndexOf(k)));
        }

        Assert.Equal(0, shop.Overlaps);
        TestContext.Current.SendDiagnosticMessage($"{kind}: {operations} operations, {killed} kills, {shop.Calls} calls in {watch.Elapsed}");
    }

    /// <summary>What cannot be repeated is never sent twice: of a lost answer nobody knows, so it waits for a person.</summary>
    [Theory]
    [InlineData("postgres")]
    [InlineData("memory")]
    public async Task Messages_that_cannot_be_repeated_arrive_at_most_once_and_none_is_stuck(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueKind.Store(kind, database);
        const int Messages = 600;
        await store.EnqueueAsync([.. Enumerable.Range(0, Messages).Select(i => QueueGiven.Message($"c{i % 60}@x.example", i / 60))]);
        var shop = new TestShop(lost: 0.1, seed: 2);
        var random = new Random(2);
        using var over = new CancellationTokenSource();
        for (var round = 0; round < 15; round++)
        {
            var mortal = new MortalStore(store);
            using var target = shop.Target(mortal, repeats: false);
            mortal.KillAfter(TimeSpan.FromMilliseconds(random.Next(5, 60)));
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await new DeliveryWorker(mortal, [target], Options()).RunAsync();
                throw new KilledException();
            });
        }

        await Task.Delay(TimeSpan.FromSeconds(2.2));
        using var last = shop.Target(new MortalStore(store), repeats: false);
        await new DeliveryWorker(store, [last], Options()).RunAsync();
        var all = await store.AllAsync();
        Assert.All(all, static d => Assert.Contains(d.Status, new[] { DeliveryStatus.Done, DeliveryStatus.Parked }));
        Assert.All(all.Where(static d => d.Status == DeliveryStatus.Parked), static d => Assert.Equal(DeliveryAnswer.AnswerLost, d.Error));
        Assert.All(shop.First, static f => Assert.Equal(1, f.Value));
        Assert.All(all.Where(static d => d.Status == DeliveryStatus.Done), d => Assert.True(shop.First.ContainsKey(d.Key)));
        Assert.Contains(all, static d => d.Status == DeliveryStatus.Parked);
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("memory")]
    public async Task A_killed_workers_deliveries_go_on_when_the_lease_has_ended(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueKind.Store(kind, database);
        await store.EnqueueAsync([.. Enumerable.Range(0, 20).Select(static i => QueueGiven.Operation($"c{i}@x.example", 0))]);
        var held = await store.ClaimAsync(QueueGiven.Claim(lease: TimeSpan.FromSeconds(2)));
        var watch = Stopwatch.StartNew();
        var shop = new TestShop();
        using var target = shop.Target(new MortalStore(store));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(7));
        var run = new DeliveryWorker(store, [target], Options() with { Until = RunUntil.Told, PollInterval = TimeSpan.FromMilliseconds(200) }).RunAsync(stop.Token);
        while (shop.First.Count < held.Count && !run.IsCompleted)
        {
            await Task.Delay(50);
        }

        Assert.Equal(20, shop.First.Count);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(7));
        await stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("memory")]
    public async Task Q06_Poison_is_parked_with_its_last_error_and_delays_nobody(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueKind.Store(kind, database);
        await store.EnqueueAsync(
        [
            QueueGiven.Operation("poison@x.example", 1) with { Payload = "no json" }, QueueGiven.Operation("throws@x.example", 1), QueueGiven.Operation("good@x.example", 1),
        ]);
        var shop = new TestShop { Throws = "throws@x.example" };
        using var target = shop.Target(new MortalStore(store));
        var options = Options() with { Retry = new RetryPolicy { First = TimeSpan.FromMilliseconds(10), Max = TimeSpan.FromMilliseconds(20), Attempts = 3 } };
        for (var round = 0; round < 6; round++)
        {
            await new DeliveryWorker(store, [target], options).RunAsync();
            await Task.Delay(40);
        }

        var all = (await store.AllAsync()).ToDictionary(static d => d.Customer);
        Assert.Equal(DeliveryStatus.Parked, all["poison@x.example"].Status);
        Assert.Equal((DeliveryStatus.Parked, 3), (all["throws@x.example"].Status, all["throws@x.example"].Attempts));
        Assert.StartsWith("gave up: the connector failed", all["throws@x.example"].Error, StringComparison.Ordinal);
        Assert.Equal(DeliveryStatus.Done, all["good@x.example"].Status);
    }

    [Fact]
    public async Task Credentials_that_are_refused_stop_the_target_for_the_run()
    {
        using var database = server.CreateDatabase();
        var store = QueueKind.Store("memory", database);
        await store.EnqueueAsync([.. Enumerable.Range(0, 50).Select(static i => QueueGiven.Operation($"c{i}@x.example", 0))]);
        var shop = new TestShop { Answer = static _ => DeliveryAnswer.Refused("401 unauthorized", stopsTarget: true) };
        using var target = shop.Target(new MortalStore(store));
        var result = await new DeliveryWorker(store, [target], Options() with { Workers = 1 }).RunAsync();
        Assert.Equal(1, result.Parked);
        var all = await store.AllAsync();
        Assert.Equal(49, all.Count(static d => d is { Status: DeliveryStatus.Waiting, Attempts: 0 }));
        Assert.Equal("refused: 401 unauthorized", all.Single(static d => d.Status == DeliveryStatus.Parked).Error);
    }

    [Fact]
    public async Task A_time_that_an_answer_names_holds_the_whole_target_and_is_not_waited_for()
    {
        using var database = server.CreateDatabase();
        var store = QueueKind.Store("memory", database);
        await store.EnqueueAsync([.. Enumerable.Range(0, 20).Select(static i => QueueGiven.Operation($"c{i}@x.example", 0))]);
        var shop = new TestShop { Answer = static _ => DeliveryAnswer.TryAgain("429", TimeSpan.FromHours(2)) };
        using var target = shop.Target(new MortalStore(store));
        var watch = Stopwatch.StartNew();
        var before = await store.GetNowAsync();
        var result = await new DeliveryWorker(store, [target], Options() with { Workers = 1, Retry = new RetryPolicy { Max = TimeSpan.FromMinutes(1) } }).RunAsync();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal((1L, 1), (result.Retried, shop.Calls));
        var tried = (await store.AllAsync()).Single(static d => d.Attempts == 1);
        Assert.InRange(tried.NextAttemptAt - before, TimeSpan.FromHours(2), TimeSpan.FromHours(2.5));
    }

    private static async Task<bool> IsOverAsync(IQueueStore store) => (await store.CountAsync()).All(static c => c.Status is DeliveryStatus.Done);

    private static DeliveryOptions Options() => new()
    {
        Tenant = "acme", Retry = Quick, Lease = TimeSpan.FromSeconds(2), Workers = 4, PollInterval = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>A shop that notes what arrives, and loses answers.</summary>
    private sealed class TestShop(double lost = 0, int seed = 0)
    {
        private readonly Random _random = new(seed);
        private readonly ConcurrentDictionary<string, int> _atOnce = new(StringComparer.Ordinal);
        private int _calls;
        private int _overlaps;

        public ConcurrentDictionary<string, int> First { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, List<string>> Order { get; } = new(StringComparer.Ordinal);

        public int Calls => _calls;

        public int Overlaps => _overlaps;

        public string? Throws { get; init; }

        /// <summary>How long a call takes.</summary>
        public TimeSpan Takes { get; init; }

        public Func<string, DeliveryAnswer>? Answer { get; init; }

        public DeliveryTarget Target(MortalStore life, bool repeats = true) => new(
            new TargetOptions { Name = "shop", Kind = repeats ? TargetKind.Commerce7 : TargetKind.SendGrid, Timeout = TimeSpan.FromSeconds(1) },
            ["operations", "email"], new Connection(this, life), TimeProvider.System);

        private async Task<DeliveryAnswer> TakeAsync(string key, string customer, MortalStore life, CallScope scope)
        {
            await scope.EnterAsync();
            try
            {
                life.ThrowIfKilled();
                Interlocked.Increment(ref _calls);
                if (customer == Throws)
                {
                    throw new FormatException("a connector with a fault");
                }

                if (Answer is { } answer)
                {
                    return answer(key);
                }

                if (_atOnce.AddOrUpdate(customer, 1, static (_, n) => n + 1) > 1)
                {
                    Interlocked.Increment(ref _overlaps);
                }

                double dice;
                lock (_random)
                {
                    dice = _random.NextDouble();
                }

                // Before the effect, after the effect, or not at all.
                var isBefore = dice < lost / 2;
                if (!isBefore)
                {
                    First.AddOrUpdate(key, 1, static (_, n) => n + 1);
                    var lane = Order.GetOrAdd(customer, static _ => []);
                    lock (lane)
                    {
                        lane.Add(key);
                    }
                }

                await Task.Yield();
                await Task.Delay(Takes);
                _atOnce.AddOrUpdate(customer, 0, static (_, n) => n - 1);
                life.ThrowIfKilled();
                return dice < lost ? DeliveryAnswer.Unknown() : DeliveryAnswer.Done();
            }
            finally
            {
                scope.Leave();
            }
        }

        private sealed class Connection(TestShop shop, MortalStore life) : IOperationSink, IMessageSender
        {
            public Task<DeliveryAnswer> SendAsync(OutgoingOperation operation, CallScope scope) => shop.TakeAsync(operation.Key, operation.Contact.Customer, life, scope);

            public Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope) => shop.TakeAsync(message.Key, message.Contact.Customer, life, scope);
        }
    }
}

/// <summary>What a worker that is ended meets from then on.</summary>
internal sealed class KilledException : OperationCanceledException;

/// <summary>A store as a worker sees it that may be ended at any moment: from then on nothing it does reaches the queue.</summary>
internal sealed class MortalStore(IQueueStore store) : IQueueStore
{
    private volatile bool _isKilled;

    /// <summary>Called before a claim.</summary>
    public Func<ValueTask> Asked { get; init; } = static () => default;

    /// <summary>Called with what a claim brought, before the worker hears of it.</summary>
    public Func<IReadOnlyList<ClaimedDelivery>, ValueTask> Claimed { get; init; } = static _ => default;

    public void KillAfter(TimeSpan time) => _ = Task.Run(async () =>
    {
        await Task.Delay(time);
        _isKilled = true;
    });

    public void ThrowIfKilled()
    {
        if (_isKilled)
        {
            throw new KilledException();
        }
    }

    public ValueTask<DateTimeOffset> GetNowAsync(CancellationToken cancellationToken = default) => Alive().GetNowAsync(cancellationToken);

    public ValueTask<int> EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default) => Alive().EnqueueAsync(deliveries, cancellationToken);

    public async ValueTask<IReadOnlyList<ClaimedDelivery>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        await Asked();
        var claims = await Alive().ClaimAsync(request, cancellationToken);
        ThrowIfKilled();
        await Claimed(claims);
        return claims;
    }

    public async ValueTask<IReadOnlyList<bool>> ReportAsync(IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken = default)
    {
        var taken = await Alive().ReportAsync(reports, cancellationToken);
        ThrowIfKilled();
        return taken;
    }

    public ValueTask<int> RetryAsync(IReadOnlyList<string>? keys, CancellationToken cancellationToken = default) => Alive().RetryAsync(keys, cancellationToken);

    public ValueTask<int> DropAsync(IReadOnlyList<string>? keys, string reason, CancellationToken cancellationToken = default) => Alive().DropAsync(keys, reason, cancellationToken);

    public IAsyncEnumerable<Delivery> ReadAsync(CancellationToken cancellationToken = default) => Alive().ReadAsync(cancellationToken);

    public ValueTask<IReadOnlyList<Delivery>> FindAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) => Alive().FindAsync(keys, cancellationToken);

    public ValueTask<IReadOnlyList<Delivery>> FindBlockedAsync(IReadOnlyList<string> customers, CancellationToken cancellationToken = default) =>
        Alive().FindBlockedAsync(customers, cancellationToken);

    public ValueTask<IReadOnlyList<QueueCount>> CountAsync(CancellationToken cancellationToken = default) => Alive().CountAsync(cancellationToken);

    public ValueTask PutContactsAsync(IReadOnlyList<Loyalty.Messages.Contact> contacts, CancellationToken cancellationToken = default) =>
        Alive().PutContactsAsync(contacts, cancellationToken);

    public ValueTask AppendConsentAsync(IReadOnlyList<Loyalty.Messages.ConsentEntry> entries, CancellationToken cancellationToken = default) =>
        Alive().AppendConsentAsync(entries, cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadCustomersAsync(IReadOnlyCollection<string> customers, CancellationToken cancellationToken = default) =>
        Alive().ReadCustomersAsync(customers, cancellationToken);

    public IAsyncEnumerable<Loyalty.Messages.ConsentEntry> ReadConsentAsync(CancellationToken cancellationToken = default) => Alive().ReadConsentAsync(cancellationToken);

    private IQueueStore Alive()
    {
        ThrowIfKilled();
        return store;
    }
}
