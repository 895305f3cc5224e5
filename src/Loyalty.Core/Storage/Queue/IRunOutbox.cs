using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Storage.Queue;

/// <summary>The queue as a run sees it: what is written here is kept with the run, or not at all.</summary>
/// <remarks>To be used last, before the commit: other transactions of the tenant that store deliveries wait for it from then on.</remarks>
public interface IRunOutbox
{
    /// <summary>Stores deliveries, in order; those whose key exists are left out.</summary>
    /// <exception cref="ArgumentException">A delivery cannot be kept: see <see cref="QueueInput"/>. None of them was taken.</exception>
    ValueTask EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default);

    /// <summary>Keeps contacts; later ones win.</summary>
    /// <exception cref="ArgumentException">A contact cannot be kept: see <see cref="QueueInput"/>. None of them was taken.</exception>
    ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default);

    /// <summary>Appends to the consent log, in order.</summary>
    /// <exception cref="ArgumentException">An entry cannot be kept: see <see cref="QueueInput"/>. None of them was taken.</exception>
    ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default);

    /// <summary>The whole consent log by customer, as the run leaves it.</summary>
    IAsyncEnumerable<ConsentEntry> ReadConsentAsync(CancellationToken cancellationToken = default);
}
