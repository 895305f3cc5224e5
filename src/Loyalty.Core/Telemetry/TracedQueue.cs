using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Telemetry;

/// <summary>The queue, traced.</summary>
internal sealed class TracedQueue(IQueueStore store, TracedCalls calls) : IQueueStore
{
    public ValueTask<DateTimeOffset> GetNowAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.GetNowAsync(cancellationToken));

    public ValueTask<int> EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.EnqueueAsync(deliveries, cancellationToken));

    public ValueTask<IReadOnlyList<ClaimedDelivery>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ClaimAsync(request, cancellationToken));

    public ValueTask<IReadOnlyList<bool>> ReportAsync(IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ReportAsync(reports, cancellationToken));

    public ValueTask<int> RetryAsync(IReadOnlyList<string>? keys, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.RetryAsync(keys, cancellationToken));

    public ValueTask<int> DropAsync(IReadOnlyList<string>? keys, string reason, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.DropAsync(keys, reason, cancellationToken));

    public IAsyncEnumerable<Delivery> ReadAsync(CancellationToken cancellationToken = default) => calls.EachAsync(store.ReadAsync, cancellationToken);

    public ValueTask<IReadOnlyList<Delivery>> FindAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindAsync(keys, cancellationToken));

    public ValueTask<IReadOnlyList<Delivery>> FindBlockedAsync(IReadOnlyList<string> customers, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindBlockedAsync(customers, cancellationToken));

    public ValueTask<IReadOnlyList<QueueCount>> CountAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.CountAsync(cancellationToken));

    public ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.PutContactsAsync(contacts, cancellationToken));

    public ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.AppendConsentAsync(entries, cancellationToken));

    public ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadCustomersAsync(
        IReadOnlyCollection<string> customers, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ReadCustomersAsync(customers, cancellationToken));

    public IAsyncEnumerable<ConsentEntry> ReadConsentAsync(CancellationToken cancellationToken = default) => calls.EachAsync(store.ReadConsentAsync, cancellationToken);
}
