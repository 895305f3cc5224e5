using Loyalty.Messages;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Queue;

/// <summary>Writes deliveries, contacts and consent within a transaction that somebody else began: that of the change which caused them.</summary>
/// <remarks>
/// To be called last before the commit: from the first delivery on the transaction holds the lock of the tenant's order, for which every other
/// transaction of the tenant that stores deliveries waits.
/// </remarks>
internal static class QueueWriter
{
    /// <summary>Stores deliveries, in order; those whose key exists are left out. Many, and those that come while there are blocks, are stored as blocks.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="tenant">The tenant's name.</param>
    /// <param name="deliveries">The deliveries. Those without a key are events, which get theirs from the tenant's sequence.</param>
    /// <param name="asRows">Whether the caller has the lock of the order, and saw that there is no block: rows are made at once.</param>
    /// <param name="limits">Sizes of blocks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask EnqueueAsync(
        TenantTransaction transaction, string tenant, IReadOnlyList<NewDelivery> deliveries, bool asRows, StoreLimits limits, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0)
        {
            return;
        }

        var events = deliveries.Count(static d => d.Kind == DeliveryKind.Event && d.Key.Length == 0);
        var (position, happening) = await TakePlacesAsync(transaction, tenant, deliveries.Count, events, cancellationToken).ConfigureAwait(false);
        var isBlock = !asRows && (deliveries.Count > limits.MostInParameters || await QueueBlocks.ExistAsync(transaction, cancellationToken).ConfigureAwait(false));
        var most = isBlock ? limits.BlockDeliveries : limits.FetchRows;
        var rows = new DeliveryRows();
        var writing = Task.CompletedTask;
        try
        {
            foreach (var delivery in deliveries)
            {
                rows.Add(delivery.Key.Length == 0 ? DomainEvents.Numbered(delivery, happening++) : delivery, position++);
                if (rows.Count >= most)
                {
                    // While the server takes these, the next ones are made.
                    if (!isBlock)
                    {
                        rows.Encode(limits);
                    }

                    await writing.ConfigureAwait(false);
                    writing = WriteAsync(rows).AsTask();
                    rows = new DeliveryRows();
                }
            }
        }
        finally
        {
            // Whatever happened here, the connection is free only when the server has answered.
            await writing.ConfigureAwait(false);
        }

        await WriteAsync(rows).ConfigureAwait(false);

        ValueTask WriteAsync(DeliveryRows made) =>
            isBlock ? made.WriteBlockAsync(transaction, cancellationToken) : made.WriteAsync(transaction, limits, cancellationToken);
    }

    /// <summary>Takes the lock of the tenant's order to the commit.</summary>
    public static async ValueTask LockAsync(TenantTransaction transaction, string tenant, CancellationToken cancellationToken)
    {
        if (await transaction.Command(QueueSql.LockBook).ScalarAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            await transaction.Command(QueueSql.CreateBook).With(tenant).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await transaction.Command(QueueSql.LockBook).ScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps contacts, the last one of each customer.</summary>
    public static async ValueTask PutContactsAsync(
        TenantTransaction transaction, IReadOnlyList<Contact> contacts, StoreLimits limits, CancellationToken cancellationToken)
    {
        var rows = new ContactRows();
        var last = new Dictionary<string, Contact>(StringComparer.Ordinal);
        foreach (var contact in contacts)
        {
            last[contact.Customer] = contact;
        }

        foreach (var contact in last.Values.OrderBy(static c => c.Customer, Loyalty.Memory.CodePointOrder.Instance))
        {
            rows.Add(contact);
        }

        if (rows.Count > 0)
        {
            await rows.WriteAsync(transaction, limits, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Appends to the consent log, in order.</summary>
    public static async ValueTask AppendConsentAsync(
        TenantTransaction transaction, string tenant, IReadOnlyList<ConsentEntry> entries, StoreLimits limits, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return;
        }

        var (position, _) = await TakePlacesAsync(transaction, tenant, entries.Count, 0, cancellationToken).ConfigureAwait(false);
        var rows = new ConsentRows();
        foreach (var entry in entries)
        {
            rows.Add(entry, position++);
        }

        await rows.WriteAsync(transaction, limits, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<(long Position, long Event)> TakePlacesAsync(
        TenantTransaction transaction, string tenant, int count, int events, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var command = transaction.Command(QueueSql.TakePlaces).With((long)count).With((long)events);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        return (reader.GetInt64(0), reader.GetInt64(1));
                    }
                }
            }

            if (attempt > 0)
            {
                throw new StoreException(StoreFault.Refused, "The row of the tenant's queue cannot be seen; is the connection's tenant another one?");
            }

            await transaction.Command(QueueSql.CreateBook).With(tenant).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
