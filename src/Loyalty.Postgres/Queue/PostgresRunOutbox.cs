using System.Runtime.CompilerServices;
using Loyalty.Messages;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Postgres.Queue;

/// <summary>The queue within the transaction of a run.</summary>
internal sealed class PostgresRunOutbox(TenantTransaction transaction, string tenant, StoreLimits limits) : IRunOutbox
{
    public ValueTask EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(deliveries);
        return MappedAsync(() => QueueWriter.EnqueueAsync(transaction, tenant, deliveries, asRows: false, limits, cancellationToken));
    }

    public ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(contacts);
        return MappedAsync(() => QueueWriter.PutContactsAsync(transaction, contacts, limits, cancellationToken));
    }

    public ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(entries);
        return MappedAsync(() => QueueWriter.AppendConsentAsync(transaction, tenant, entries, limits, cancellationToken));
    }

    public async IAsyncEnumerable<ConsentEntry> ReadConsentAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Read as a whole: the connection is the run's, which goes on with it.
        var entries = new List<ConsentEntry>();
        await MappedAsync(async () =>
        {
            var command = transaction.Command(QueueSql.ReadConsent);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        entries.Add(CustomerReader.ReadEntry(reader));
                    }
                }
            }
        }).ConfigureAwait(false);
        foreach (var entry in entries)
        {
            yield return entry;
        }
    }

    private static async ValueTask MappedAsync(Func<ValueTask> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            throw PostgresErrors.Map(e);
        }
    }
}
