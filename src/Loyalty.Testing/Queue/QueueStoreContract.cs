using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Testing.Queue;

/// <summary>What every queue does, in words. Inherit it, give it your store, and run it.</summary>
public abstract class QueueStoreContract
{
    /// <summary>Creates an empty queue, whose clock is that of the system.</summary>
    protected abstract IQueueStore NewStore(string tenant);

    [Fact]
    public async Task A_key_exists_once_for_ever_and_the_order_is_that_of_storing()
    {
        var store = NewStore("acme");
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

    [Fact]
    public async Task Q02_Whoever_comes_back_after_another_took_over_is_told_and_changes_nothing()
    {
        var store = NewStore("acme");
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

    [Fact]
    public async Task An_attempt_that_began_under_a_lease_that_ended_is_lost_also_when_it_is_given_back()
    {
        var store = NewStore("acme");
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

    [Fact]
    public async Task A_parked_operation_blocks_those_behind_it_and_a_parked_message_nothing()
    {
        var store = NewStore("acme");
        await store.EnqueueAsync(
        [
            QueueGiven.Operation("a", 1), QueueGiven.Operation("a", 2), QueueGiven.Operation("b", 1), QueueGiven.Message("a", 1), QueueGiven.Message("a", 2),
            QueueGiven.Operation("a", 3),
        ]);
        var operation = (await store.ClaimAsync(QueueGiven.Claim())).Single(static c => string.Equals(c.Delivery.Customer, "a", StringComparison.Ordinal));
        var message = Assert.Single(await store.ClaimAsync(QueueGiven.Claim("mail", 100, null, "email")));
        await store.ReportAsync([operation.Begin(), message.Begin("mail")]);
        await store.ReportAsync([operation.End(QueueGiven.Parked), message.End(QueueGiven.Parked, "mail")]);
        Assert.Equal(
            [DeliveryStatus.Parked, DeliveryStatus.Blocked, DeliveryStatus.Leased, DeliveryStatus.Parked, DeliveryStatus.Waiting, DeliveryStatus.Blocked],
            (await store.AllAsync()).Select(static d => d.Status));
        Assert.Equal(["enrollment:a-2:add", "enrollment:a-3:add"], (await store.FindBlockedAsync(["a", "b", "half a \ud800"])).Select(static d => d.Key).Order(StringComparer.Ordinal));
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

    [Fact]
    public async Task Two_routes_to_one_target_keep_one_order_and_what_was_tried_keeps_its_target()
    {
        var store = NewStore("acme");
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

    [Fact]
    public async Task What_is_not_due_is_not_claimed_unless_the_clock_is_moved()
    {
        var store = NewStore("acme");
        var now = await store.GetNowAsync();
        Assert.InRange((now - DateTimeOffset.UtcNow).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        await store.EnqueueAsync([QueueGiven.Operation("a", 1, now.AddHours(1))]);
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim()));
        Assert.Single(await store.ClaimAsync(QueueGiven.Claim() with { Shift = TimeSpan.FromHours(2) }));

        // A moved clock moves no lease: nobody else gets it.
        Assert.Empty(await store.ClaimAsync(QueueGiven.Claim() with { Shift = TimeSpan.FromHours(20) }));
    }

    [Fact]
    public async Task Contacts_and_consent_are_kept_in_order()
    {
        var store = NewStore("acme");
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
    public async Task What_not_every_store_can_keep_is_refused_by_each_and_nothing_is_stored()
    {
        var store = NewStore("acme");
        var good = QueueGiven.Operation("a", 1);
        foreach (var bad in (NewDelivery[])
            [
                good with { Key = "nul \0" }, good with { Key = "" }, good with { Kind = (DeliveryKind)9 }, good with { Payload = "half \ud800" },
                good with { Customer = new string('x', 10_000) }, good with { Route = "half \udc00" }, good with { What = "\0" }, good with { Channel = "\0" },
            ])
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await store.EnqueueAsync([good, bad]));
        }

        Assert.Empty(await store.AllAsync());
        var contact = new Contact("a", "a@x.example", "", "A", "", "");
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.PutContactsAsync([contact, contact with { LastName = "half \ud800" }]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.PutContactsAsync([contact, contact with { Customer = new string('x', 10_000) }]));
        var entry = new ConsentEntry("a", MessageKind.Expired, "email", false, false, QueueGiven.Past, ConsentSource.Import);
        foreach (var bad in (ConsentEntry[])
            [entry with { Kind = (MessageKind)77 }, entry with { Source = (ConsentSource)77 }, entry with { Customer = "\0" }, entry with { Channel = "\0" }, entry with { Text = "\0" }])
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendConsentAsync([entry, bad]));
        }

        var known = await store.ReadCustomersAsync(["a"]);
        Assert.Equal(Contact.Unknown("a"), known["a"].Contact);
        Assert.Empty(known["a"].Consent);
        Assert.Equal(1, await store.EnqueueAsync([good]));
    }
}
