using System.Runtime.CompilerServices;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Queue;

namespace Loyalty.Sqlite.Queue;

/// <summary>The queue as a run sees it: written in the transaction of the run.</summary>
internal sealed class SqliteRunOutbox(SqliteConnectionLease lease) : IRunOutbox
{
    private readonly QueueRows _rows = new(lease);

    public ValueTask EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(deliveries);
        cancellationToken.ThrowIfCancellationRequested();
        _rows.Enqueue(deliveries);
        return default;
    }

    public ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(contacts);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var contact in contacts)
        {
            _rows.Put(contact);
        }

        return default;
    }

    public ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(entries);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var entry in entries)
        {
            _rows.Append(entry);
        }

        return default;
    }

    public async IAsyncEnumerable<ConsentEntry> ReadConsentAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var entry in _rows.Consent())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }
}
