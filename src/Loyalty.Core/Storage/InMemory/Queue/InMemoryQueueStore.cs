using Loyalty.Memory;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Storage.InMemory.Queue;

/// <summary>A queue in the memory of the process.</summary>
/// <remarks>Thread-safe. With a journal, what a worker reports is on the disk before the call returns.</remarks>
public sealed class InMemoryQueueStore : IQueueStore
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, Delivery> _byKey = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, string> _order = [];
    private readonly QueueLanes _lanes = new();
    private readonly Dictionary<string, Contact> _contacts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<ConsentEntry>> _consent = new(CodePointOrder.Instance);

    /// <summary>Creates an empty queue.</summary>
    /// <param name="clock">The clock of the store.</param>
    public InMemoryQueueStore(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
    }

    /// <summary>Whether there is nothing to keep.</summary>
    public bool IsEmpty => _byKey.Count == 0 && _contacts.Count == 0 && _consent.Count == 0 && NextEvent == 1;

    internal long NextPosition { get; set; } = 1;

    internal long NextEvent { get; set; } = 1;

    /// <summary>Which writing of the queue into a file this is: a journal belongs to one.</summary>
    internal (long Number, long At) Mark { get; set; }

    /// <summary>Where changes go before they count, while a worker is at work on a state file.</summary>
    internal IQueueJournal? Journal { get; set; }

    internal IEnumerable<Delivery> Deliveries => _order.Values.Select(k => _byKey[k]);

    internal IEnumerable<Contact> Contacts => _contacts.Values.OrderBy(static c => c.Customer, CodePointOrder.Instance);

    internal IEnumerable<ConsentEntry> Consent => _consent.Values.SelectMany(static e => e);

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset> GetNowAsync(CancellationToken cancellationToken = default) => new(_clock.GetUtcNow());

    /// <inheritdoc/>
    public ValueTask<int> EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(deliveries);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var fresh = new List<Delivery>();
            var keys = new HashSet<string>(StringComparer.Ordinal);
            var happening = NextEvent;
            foreach (var given in deliveries)
            {
                var delivery = given.Kind == DeliveryKind.Event && given.Key.Length == 0 ? DomainEvents.Numbered(given, happening++) : given;
                if (!_byKey.ContainsKey(delivery.Key) && keys.Add(delivery.Key))
                {
                    fresh.Add(Delivery.Store(delivery, NextPosition + fresh.Count));
                }
            }

            Journal?.Append(fresh, [], []);
            NextEvent = happening;
            fresh.ForEach(Put);
            return new(fresh.Count);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ClaimedDelivery>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            var claimed = new List<ClaimedDelivery>();
            foreach (var position in _lanes.Due(request.Target, request.Routes, now + request.Shift, now, request.Count))
            {
                var delivery = _byKey[_order[position]];
                claimed.Add(new(QueueTransitions.Claim(delivery, request.Token, request.Lease, now), request.Token, delivery.IsBegun));
                Put(claimed[^1].Delivery);
            }

            return new(claimed);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<bool>> ReportAsync(IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reports);
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            var taken = new bool[reports.Count];
            var changed = new List<Delivery>();
            for (var i = 0; i < taken.Length; i++)
            {
                var report = reports[i];
                if (_byKey.TryGetValue(report.Claim.Delivery.Key, out var delivery) && delivery.Status == DeliveryStatus.Leased
                    && delivery.Lease?.Token == report.Claim.Token)
                {
                    taken[i] = true;
                    changed.Add(QueueTransitions.Apply(delivery, report, now));
                }
            }

            // A lease is worth nothing to the next process, so renewing it needs no line.
            if (Journal is not null && changed.Exists(static d => d.IsBegun || d.Status != DeliveryStatus.Leased))
            {
                Journal.Append(changed, [], []);
            }

            changed.ForEach(Put);
            return new(taken);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> RetryAsync(IReadOnlyList<string>? keys, CancellationToken cancellationToken = default) =>
        Change(keys, QueueRules.CanRetry, "retry", "parked", static (d, now) => QueueTransitions.Retry(d, now));

    /// <inheritdoc/>
    public ValueTask<int> DropAsync(IReadOnlyList<string>? keys, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return Change(keys, QueueRules.CanDrop, "drop", "waiting, blocked and parked", (d, now) => QueueTransitions.Drop(d, reason, now));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Delivery> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        Delivery[] all;
        lock (_gate)
        {
            all = [.. Deliveries.Select(Show)];
        }

        foreach (var delivery in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return delivery;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Delivery>> FindAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        lock (_gate)
        {
            return new([.. from key in keys where _byKey.ContainsKey(key) select Show(_byKey[key])]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Delivery>> FindBlockedAsync(IReadOnlyList<string> customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        lock (_gate)
        {
            return new([.. customers.Distinct(StringComparer.Ordinal)
                .SelectMany(c => _lanes.Of(c, QueueRules.Operations)).Select(p => Show(_byKey[_order[p]])).Where(static d => d.Status == DeliveryStatus.Blocked)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueCount>> CountAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new([.. Deliveries.Select(Show).GroupBy(static d => (d.Target, d.Status))
                .Select(static g => new QueueCount(g.Key.Target, g.Key.Status, g.LongCount(), g.Min(static d => d.DueAt)))
                .OrderBy(static c => c.Target, CodePointOrder.Instance).ThenBy(static c => c.Status)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(contacts);
        lock (_gate)
        {
            Journal?.Append([], contacts, []);
            foreach (var contact in contacts)
            {
                Put(contact);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(entries);
        lock (_gate)
        {
            Journal?.Append([], [], entries);
            foreach (var entry in entries)
            {
                Put(entry);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadCustomersAsync(
        IReadOnlyCollection<string> customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        lock (_gate)
        {
            var found = new Dictionary<string, CustomerRecord>(StringComparer.Ordinal);
            foreach (var customer in customers)
            {
                found[customer] = new(
                    _contacts.GetValueOrDefault(customer) ?? Contact.Unknown(customer), _consent.TryGetValue(customer, out var log) ? [.. log] : []);
            }

            return new(found);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ConsentEntry> ReadConsentAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        ConsentEntry[] all;
        lock (_gate)
        {
            all = [.. Consent];
        }

        foreach (var entry in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    internal void NextMark() => Mark = (Mark.Number + 1, _clock.GetUtcNow().UtcTicks);

    /// <summary>Takes a delivery as it was kept; the leases of an ended process have ended.</summary>
    internal void Put(Delivery delivery)
    {
        _byKey[delivery.Key] = delivery;
        _order[delivery.Position] = delivery.Key;
        _lanes.Set(delivery);
        NextPosition = Math.Max(NextPosition, delivery.Position + 1);
        if (delivery.Kind == DeliveryKind.Event && DeliveryKey.TryReadEvent(delivery.Key, out var sequence))
        {
            NextEvent = Math.Max(NextEvent, sequence + 1);
        }
    }

    internal void Put(Contact contact) => _contacts[contact.Customer] = contact;

    internal void Put(ConsentEntry entry)
    {
        if (!_consent.TryGetValue(entry.Customer, out var log))
        {
            _consent.Add(entry.Customer, log = []);
        }

        log.Add(entry);
    }

    private Delivery Show(Delivery delivery) =>
        delivery with { Status = QueueRules.Shown(delivery.Kind, delivery.Status, _lanes.IsBehindParked(delivery)) };

    private ValueTask<int> Change(
        IReadOnlyList<string>? keys, Func<DeliveryStatus, bool> isRight, string verb, string expected, Func<Delivery, DateTimeOffset, Delivery> change)
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            keys ??= [.. Deliveries.Where(static d => d.Status == DeliveryStatus.Parked).Select(static d => d.Key)];
            var changed = new List<Delivery>();
            foreach (var key in keys.Distinct(StringComparer.Ordinal))
            {
                if (!_byKey.TryGetValue(key, out var delivery))
                {
                    throw QueueTransitions.Unknown(key);
                }

                if (Show(delivery).Status is var status && !isRight(status))
                {
                    throw QueueTransitions.Refuse(key, status, verb, expected);
                }

                changed.Add(change(delivery, now));
            }

            Journal?.Append(changed, [], []);
            changed.ForEach(Put);
            return new(changed.Count);
        }
    }
}

/// <summary>Takes changes of a queue durably before they count.</summary>
internal interface IQueueJournal
{
    /// <summary>Appends the changes together; when the call returns they are on the disk.</summary>
    void Append(IReadOnlyList<Delivery> deliveries, IReadOnlyList<Contact> contacts, IReadOnlyList<ConsentEntry> consent);
}
