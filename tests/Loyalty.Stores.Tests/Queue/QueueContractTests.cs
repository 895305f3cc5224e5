using System.Data;
using Loyalty.Messages;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>What every queue does, whatever keeps it.</summary>
public sealed class QueueContractTests(TestServer server)
{
    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task A_key_exists_once_for_ever_and_the_order_is_that_of_storing(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        Assert.Equal(3, await store.EnqueueAsync([QueueGiven.Operation("a", 2), QueueGiven.Operation("b", 1), QueueGiven.Operation("a", 1)]));
        Assert.Equal(1, await store.EnqueueAsync([QueueGiven.Operation("b", 1), QueueGiven.Operation("c", 1), QueueGiven.Operation("c", 1)]));
        Assert.Equal(["enrollment:a-2:add", "enrollment:b-1:add", "enrollment:a-1:add", "enrollment:c-1:add"], (await store.AllAsync()).Select(static d => d.Key));
        var first = await store.ClaimAsync(QueueGiven.Claim());
        Assert.Equal(["enrollment:b-1:add", "enrollment:c-1:add", "enrollment:a-2:add"], first.OrderBy(static c => c.Delivery.DueAt).ThenBy(static c => c.Delivery.Position).Select(static c => c.Delivery.Key));
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.All(await store.ReportAsync([.. first.Select(static c => c.Begin())]), Assert.True);
        Assert.All(await store.ReportAsync([.. first.Select(static c => c.End(QueueGiven.Done))]), Assert.True);
        Assert.Equal("enrollment:a-1:add", Assert.Single(await store.ClaimAsync(QueueGiven.Claim())).Delivery.Key);
        Assert.Equal(0, await store.EnqueueAsync([QueueGiven.Operation("c", 1)]));
        var done = Assert.Single(await store.FindAsync(["enrollment:c-1:add", "nothing"]));
        Assert.Equal((DeliveryStatus.Done, "shop", 1, "x-1"), (done.Status, done.Target, done.Attempts, done.ExternalId));
        Assert.Equal(["begun", "done"], done.History.Select(static h => h.Event));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task Q02_Whoever_comes_back_after_another_took_over_is_told_and_changes_nothing(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        await store.EnqueueAsync([QueueGiven.Operation("a", 1)]);
        var paused = Assert.Single(await store.ClaimAsync(QueueGiven.Claim(lease: TimeSpan.FromMilliseconds(1))));
        await Task.Delay(20);
        var other = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.False(other.IsLost); // nothing had begun
        Assert.Equal([false, true], await store.ReportAsync([paused.Begin(), other.Begin()]));
        Assert.Equal([false], await store.ReportAsync([paused.End(QueueGiven.Parked)]));
        Assert.Equal([true], await store.ReportAsync([other.End(QueueGiven.Done)]));
        Assert.Equal([false], await store.ReportAsync([other.End(QueueGiven.Parked)]));
        Assert.Equal(DeliveryStatus.Done, (await store.AllAsync())[0].Status);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task An_attempt_that_began_under_a_lease_that_ended_is_lost_also_when_it_is_given_back(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        await store.EnqueueAsync([QueueGiven.Operation("a", 1)]);
        var killed = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        await store.ReportAsync([killed.Begin() with { Lease = TimeSpan.FromMilliseconds(1) }]);
        await Task.Delay(20);
        var second = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.True(second.IsLost);
        Assert.Equal([true], await store.ReportAsync([new DeliveryReport(second, ReportKind.Release, "shop")]));
        await Task.Delay(20);
        var third = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.True(third.IsLost);
        Assert.Equal(1, third.Delivery.Attempts);
        var fresh = third with { IsLost = false };
        Assert.Equal([true], await store.ReportAsync([new DeliveryReport(fresh, ReportKind.Release, "shop")]));
        Assert.False(Assert.Single(await store.ClaimAsync(QueueGiven.Claim())).IsLost);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task A_parked_operation_blocks_those_behind_it_and_a_parked_message_nothing(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        await store.EnqueueAsync(
        [
            QueueGiven.Operation("a", 1), QueueGiven.Operation("a", 2), QueueGiven.Operation("b", 1), QueueGiven.Message("a", 1), QueueGiven.Message("a", 2),
            QueueGiven.Operation("a", 3),
        ]);
        var operation = (await store.ClaimAsync(QueueGiven.Claim())).Single(static c => c.Delivery.Customer == "a");
        var message = Assert.Single(await store.ClaimAsync(QueueGiven.Claim("mail", 100, null, "email")));
        await store.ReportAsync([operation.Begin(), message.Begin("mail")]);
        await store.ReportAsync([operation.End(QueueGiven.Parked), message.End(QueueGiven.Parked, "mail")]);
        Assert.Equal(
            [DeliveryStatus.Parked, DeliveryStatus.Blocked, DeliveryStatus.Leased, DeliveryStatus.Parked, DeliveryStatus.Waiting, DeliveryStatus.Blocked],
            (await store.AllAsync()).Select(static d => d.Status));
        Assert.Equal(["enrollment:a-2:add", "enrollment:a-3:add"], (await store.FindBlockedAsync(["a", "b"])).Select(static d => d.Key).Order(StringComparer.Ordinal));
        Assert.Equal(2, (await store.CountAsync()).Where(static c => c.Status == DeliveryStatus.Blocked).Sum(static c => c.Count));
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.Single(await store.ClaimAsync(QueueGiven.Claim("mail", 100, null, "email")));

        // Ended by a person, it holds back nothing any more; put back, it goes first.
        await Assert.ThrowsAsync<QueueRefusalException>(async () => await store.DropAsync(["enrollment:a-1:add", "nothing"], "why"));
        await Assert.ThrowsAsync<QueueRefusalException>(async () => await store.RetryAsync(["enrollment:a-2:add"]));
        Assert.Equal(1, await store.DropAsync(["enrollment:a-1:add"], "done by hand"));
        var next = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.Equal("enrollment:a-2:add", next.Delivery.Key);
        await store.ReportAsync([next.Begin()]);
        await store.ReportAsync([next.End(QueueGiven.Parked)]);
        Assert.Equal(2, await store.RetryAsync(null)); // the message, too
        Assert.Equal(0, await store.RetryAsync(null));
        next = Assert.Single(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.Equal(("enrollment:a-2:add", 0), (next.Delivery.Key, next.Delivery.Attempts));
        Assert.Equal(["begun", "parked", "put-back"], next.Delivery.History.Select(static h => h.Event));
        Assert.Equal("dropped", (await store.FindAsync(["enrollment:a-1:add"]))[0].History[^1].Event);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task Two_routes_to_one_target_keep_one_order_and_what_was_tried_keeps_its_target(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        await store.EnqueueAsync([QueueGiven.Message("a", 1, "email"), QueueGiven.Message("a", 2, "sms"), QueueGiven.Message("a", 3, "email")]);
        ClaimRequest Both() => QueueGiven.Claim("hook", 100, null, "sms", "email");
        var first = Assert.Single(await store.ClaimAsync(Both()));
        Assert.Equal("email", first.Delivery.Channel);
        await store.ReportAsync([first.Begin("hook")]);
        await store.ReportAsync([first.End(QueueGiven.Again(QueueGiven.Past), "hook")]);

        // The channel leads elsewhere now: the one that was tried stays where it was tried, and those behind it wait for it.
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim("other", 100, null, "email")));
        Assert.Equal(first.Delivery.Key, Assert.Single(await store.ClaimAsync(QueueGiven.Claim("hook", 100, null, "sms"))).Delivery.Key);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task What_is_not_due_is_not_claimed_unless_the_clock_is_moved(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        var now = await store.GetNowAsync();
        Assert.InRange((now - DateTimeOffset.UtcNow).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        await store.EnqueueAsync([QueueGiven.Operation("a", 1, now.AddHours(1))]);
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.Single(await store.ClaimAsync(QueueGiven.Claim() with { Shift = TimeSpan.FromHours(2) }));

        // A moved clock moves no lease: nobody else gets it.
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim() with { Shift = TimeSpan.FromHours(20) }));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("postgres")]
    public async Task Contacts_and_consent_are_kept_in_order(string kind)
    {
        using var database = server.CreateDatabase();
        var store = QueueGiven.Store(kind, database);
        await store.PutContactsAsync([new("a", "a@x.example", "", "A", "", ""), new("b", "", "+1", "", "", "fr"), new("a", "a2@x.example", "", "", "Lee", "")]);
        var entry = new ConsentEntry("a", MessageKind.Expired, "email", false, false, QueueGiven.Past, ConsentSource.Import);
        await store.AppendConsentAsync([entry, entry with { Kind = null, Channel = null, Allowed = true, IsHard = true, Source = ConsentSource.Keyword, Text = "START" }]);
        await store.AppendConsentAsync([entry with { Customer = "b" }]);
        var known = await store.ReadCustomersAsync(["a", "b", "c"]);
        Assert.Equal(new Contact("a", "a2@x.example", "", "", "Lee", ""), known["a"].Contact);
        Assert.Equal(2, known["a"].Consent.Count);
        Assert.Equal("START", known["a"].Consent[1].Text);
        Assert.Equal(Contact.Unknown("c"), known["c"].Contact);
        var all = new List<ConsentEntry>();
        await foreach (var line in store.ReadConsentAsync())
        {
            all.Add(line);
        }

        Assert.Equal(["a", "a", "b"], all.Select(static e => e.Customer));
    }

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

    /// <summary>Random histories of claims, reports and people leave every store with the same queue.</summary>
    [Fact]
    public async Task Generated_histories_leave_the_same_queue_in_memory_and_on_PostgreSQL()
    {
        using var database = server.CreateDatabase();
        var cases = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_CASES"), out var wanted) ? Math.Min(wanted, 40) : 40;
        for (var seed = 1; seed <= cases; seed++)
        {
            var random = new Random(seed);
            IQueueStore[] stores = [QueueGiven.Store("memory", database), QueueGiven.Store("postgres", database, $"tenant-{seed}")];
            var claims = new List<(ClaimedDelivery Memory, ClaimedDelivery Postgres, string Target)>();
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
                        claims.AddRange(mine.Select(m => (m, theirs.Single(t => t.Delivery.Key == m.Delivery.Key), request.Target)));
                        break;
                    case 3 when claims.Count > 0:
                        var (memory, postgres, target) = claims[random.Next(claims.Count)];
                        claims.Remove((memory, postgres, target));
                        Assert.Equal(await stores[0].ReportAsync([memory.Begin(target)]), await stores[1].ReportAsync([postgres.Begin(target)]));
                        var end = random.Next(4) switch
                        {
                            0 => QueueGiven.Parked,
                            1 => QueueGiven.Again(QueueGiven.Past.AddMinutes(random.Next(100))),
                            2 => QueueRules.Skip(QueueRules.Preference, QueueGiven.Past),
                            _ => QueueGiven.Done,
                        };
                        Assert.Equal(await stores[0].ReportAsync([memory.End(end, target)]), await stores[1].ReportAsync([postgres.End(end, target)]));
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
