using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Storage.InMemory.Queue;

/// <summary>The queue as a run in memory sees it: what is written waits for the commit.</summary>
internal sealed class InMemoryRunOutbox(InMemoryQueueStore store) : IRunOutbox
{
    private readonly List<NewDelivery> _deliveries = [];
    private readonly List<Contact> _contacts = [];
    private readonly List<ConsentEntry> _consent = [];

    public ValueTask EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(deliveries);
        return Add(_deliveries, deliveries);
    }

    public ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(contacts);
        return Add(_contacts, contacts);
    }

    public ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(entries);
        return Add(_consent, entries);
    }

    public async IAsyncEnumerable<ConsentEntry> ReadConsentAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var entry in store.ReadConsentAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }

        foreach (var entry in _consent)
        {
            yield return entry;
        }
    }

    /// <summary>Keeps everything, as the commit does; nothing is refused any more.</summary>
    public async ValueTask CommitAsync()
    {
        await store.PutContactsAsync(_contacts, CancellationToken.None).ConfigureAwait(false);
        await store.AppendConsentAsync(_consent, CancellationToken.None).ConfigureAwait(false);
        await store.EnqueueAsync(_deliveries, CancellationToken.None).ConfigureAwait(false);
    }

    private static ValueTask Add<T>(List<T> all, IReadOnlyList<T> some)
    {
        all.AddRange(some);
        return ValueTask.CompletedTask;
    }
}
