using System.Runtime.CompilerServices;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Sqlite.Queue;

/// <summary>Deliveries, contacts and consent in a SQLite file.</summary>
/// <remarks>
/// May be used by several threads and processes; calls that write wait for each other. While a run is open they are told so, and change nothing.
/// What a call wrote is on the disk when it returns.
/// </remarks>
internal sealed class SqliteQueueStore(SqliteFile file, TimeProvider clock) : IQueueStore
{
    public ValueTask<DateTimeOffset> GetNowAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(clock.GetUtcNow());
    }

    public ValueTask<int> EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(deliveries);
        return new(Change(rows => rows.Enqueue(deliveries), cancellationToken));
    }

    public ValueTask<IReadOnlyList<ClaimedDelivery>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Read(rows => rows.Due(request, clock.GetUtcNow()).Count, 0, cancellationToken) == 0)
        {
            // Workers ask often: what finds nothing must not keep others from writing.
            return new((IReadOnlyList<ClaimedDelivery>)[]);
        }

        return new(Change(
            rows =>
            {
                var now = clock.GetUtcNow();
                var claimed = rows.Due(request, now).ConvertAll(
                    d => new ClaimedDelivery(QueueTransitions.Claim(d, request.Token, request.Lease, now), request.Token, d.IsBegun));
                Keep(rows, claimed.ConvertAll(static c => c.Delivery));
                return (IReadOnlyList<ClaimedDelivery>)claimed;
            },
            cancellationToken));
    }

    public ValueTask<IReadOnlyList<bool>> ReportAsync(IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return new(reports.Count == 0 ? [] : Change(
            rows =>
            {
                var (now, taken, changed) = (clock.GetUtcNow(), new bool[reports.Count], new List<Delivery>());
                for (var i = 0; i < taken.Length; i++)
                {
                    var report = reports[i];
                    if (rows.FindStored(report.Claim.Delivery.Key) is { Status: DeliveryStatus.Leased } delivery && delivery.Lease?.Token == report.Claim.Token)
                    {
                        taken[i] = true;
                        changed.Add(QueueTransitions.Apply(delivery, report, now));
                        rows.Put(changed[^1]);
                    }
                }

                rows.Advance(changed.Select(static d => (d.Customer, d.Route)).Distinct());
                return (IReadOnlyList<bool>)taken;
            },
            cancellationToken));
    }

    public ValueTask<int> RetryAsync(IReadOnlyList<string>? keys, CancellationToken cancellationToken = default) =>
        new(Change(keys, QueueRules.CanRetry, "retry", "parked", static (d, now) => QueueTransitions.Retry(d, now), cancellationToken));

    public ValueTask<int> DropAsync(IReadOnlyList<string>? keys, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(Change(keys, QueueRules.CanDrop, "drop", "waiting, blocked and parked", (d, now) => QueueTransitions.Drop(d, reason, now), cancellationToken));
    }

    public IAsyncEnumerable<Delivery> ReadAsync(CancellationToken cancellationToken = default) => ReadAllAsync(static rows => rows.All(), cancellationToken);

    public ValueTask<IReadOnlyList<Delivery>> FindAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new(Read(rows => (IReadOnlyList<Delivery>)[.. keys.Select(rows.Find).OfType<Delivery>()], [], cancellationToken));
    }

    public ValueTask<IReadOnlyList<Delivery>> FindBlockedAsync(IReadOnlyList<string> customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        return new(Read(rows => (IReadOnlyList<Delivery>)[.. customers.Distinct(StringComparer.Ordinal).SelectMany(rows.Blocked)], [], cancellationToken));
    }

    public ValueTask<IReadOnlyList<QueueCount>> CountAsync(CancellationToken cancellationToken = default) =>
        new(Read(static rows => (IReadOnlyList<QueueCount>)rows.Counts(), [], cancellationToken));

    public ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(contacts);
        Each(contacts, static (rows, contact) => rows.Put(contact), cancellationToken);
        return default;
    }

    public ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(entries);
        Each(entries, static (rows, entry) => rows.Append(entry), cancellationToken);
        return default;
    }

    public ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadCustomersAsync(
        IReadOnlyCollection<string> customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        var names = customers.Distinct(StringComparer.Ordinal);
        return new(Read(
            rows => names.ToDictionary(static c => c, rows.Customer, StringComparer.Ordinal),
            null,
            cancellationToken) ?? names.ToDictionary(static c => c, static c => new CustomerRecord(Contact.Unknown(c), []), StringComparer.Ordinal));
    }

    public IAsyncEnumerable<ConsentEntry> ReadConsentAsync(CancellationToken cancellationToken = default) =>
        ReadAllAsync(static rows => rows.Consent(), cancellationToken);

    private int Change(
        IReadOnlyList<string>? keys, Func<DeliveryStatus, bool> isRight, string verb, string expected, Func<Delivery, DateTimeOffset, Delivery> change,
        CancellationToken cancellationToken) => Change(
        rows =>
        {
            var changed = new List<Delivery>();
            foreach (var (key, found) in keys is null ? rows.Parked().Select(static d => (d.Key, (Delivery?)d)) : keys.Distinct(StringComparer.Ordinal).Select(k => (k, rows.Find(k))))
            {
                var delivery = found ?? throw QueueTransitions.Unknown(key);
                changed.Add(isRight(delivery.Status) ? change(delivery, clock.GetUtcNow()) : throw QueueTransitions.Refuse(key, delivery.Status, verb, expected));
            }

            Keep(rows, changed);
            return changed.Count;
        },
        cancellationToken);

    private static void Keep(QueueRows rows, List<Delivery> changed)
    {
        changed.ForEach(rows.Put);
        rows.Advance(changed.Select(static d => (d.Customer, d.Route)).Distinct());
    }

    private void Each<T>(IReadOnlyList<T> items, Action<QueueRows, T> put, CancellationToken cancellationToken)
    {
        if (items.Count > 0)
        {
            Change(
                rows =>
                {
                    foreach (var item in items)
                    {
                        put(rows, item);
                    }

                    return items.Count;
                },
                cancellationToken);
        }
    }

    private T Change<T>(Func<QueueRows, T> change, CancellationToken cancellationToken) => file.Change(lease => change(new QueueRows(lease)), cancellationToken);

    private T Read<T>(Func<QueueRows, T> read, T empty, CancellationToken cancellationToken) => file.Read(lease => read(new QueueRows(lease)), empty, cancellationToken);

    private IAsyncEnumerable<T> ReadAllAsync<T>(Func<QueueRows, IEnumerable<T>> read, CancellationToken cancellationToken) =>
        file.ReadEachAsync(lease => read(new QueueRows(lease)), cancellationToken);
}
