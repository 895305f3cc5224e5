using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Storage.Queue;

/// <summary>Where the deliveries, contacts and consent of one tenant are kept.</summary>
/// <remarks>
/// <para>
/// A delivery is stored once for its key, in the transaction of the change that caused it. Workers claim deliveries under leases, report what
/// happens to them, and may be ended at any moment: what they held is claimed again when the lease has ended. Deliveries of one customer to one
/// target are claimed one at a time, in the order in which they were caused. All rules are those of <see cref="QueueRules"/>.
/// </para>
/// <para>Thread-safe. Instants are those of the store's own clock.</para>
/// </remarks>
public interface IQueueStore
{
    /// <summary>The clock of the store.</summary>
    ValueTask<DateTimeOffset> GetNowAsync(CancellationToken cancellationToken = default);

    /// <summary>Stores deliveries that no other change caused, in one transaction, in order; those whose key exists are left out.</summary>
    /// <returns>How many were stored.</returns>
    /// <exception cref="ArgumentException">A delivery cannot be kept: see <see cref="QueueInput"/>. Nothing was stored.</exception>
    ValueTask<int> EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default);

    /// <summary>Claims deliveries that are due, each the first of its customer and target, the longest due first.</summary>
    ValueTask<IReadOnlyList<ClaimedDelivery>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default);

    /// <summary>Takes reports about claimed deliveries, durably and together.</summary>
    /// <returns>For each report whether it was taken; it is not when the token is no longer that of the lease.</returns>
    ValueTask<IReadOnlyList<bool>> ReportAsync(IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken = default);

    /// <summary>Puts parked deliveries back, with fresh attempts and due at once.</summary>
    /// <param name="keys">Which; <see langword="null"/>: all parked ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many.</returns>
    /// <exception cref="QueueRefusalException">A key is unknown, or a delivery is not parked; nothing was changed.</exception>
    ValueTask<int> RetryAsync(IReadOnlyList<string>? keys, CancellationToken cancellationToken = default);

    /// <summary>Ends deliveries that are waiting, blocked or parked, so that those behind them go on.</summary>
    /// <param name="keys">Which; <see langword="null"/>: all parked ones.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many.</returns>
    /// <exception cref="QueueRefusalException">A key is unknown, or a delivery has another status; nothing was changed.</exception>
    ValueTask<int> DropAsync(IReadOnlyList<string>? keys, string reason, CancellationToken cancellationToken = default);

    /// <summary>All deliveries in the order in which they were caused; operations behind a parked one show as blocked.</summary>
    IAsyncEnumerable<Delivery> ReadAsync(CancellationToken cancellationToken = default);

    /// <summary>The deliveries of these keys, in no particular order; unknown keys are left out.</summary>
    ValueTask<IReadOnlyList<Delivery>> FindAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default);

    /// <summary>The operations of these customers that are blocked.</summary>
    ValueTask<IReadOnlyList<Delivery>> FindBlockedAsync(IReadOnlyList<string> customers, CancellationToken cancellationToken = default);

    /// <summary>How many deliveries there are, by target and status.</summary>
    ValueTask<IReadOnlyList<QueueCount>> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Keeps contacts; one replaces the earlier one of its customer whole, and later ones win.</summary>
    /// <exception cref="ArgumentException">A contact cannot be kept: see <see cref="QueueInput"/>. Nothing was stored.</exception>
    ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default);

    /// <summary>Appends to the consent log, in order.</summary>
    /// <exception cref="ArgumentException">An entry cannot be kept: see <see cref="QueueInput"/>. Nothing was stored.</exception>
    ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default);

    /// <summary>What is known of customers: their contacts and their consent, oldest entry first. Every name gets an answer.</summary>
    ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadCustomersAsync(
        IReadOnlyCollection<string> customers, CancellationToken cancellationToken = default);

    /// <summary>The whole consent log by customer, oldest entry first for each.</summary>
    IAsyncEnumerable<ConsentEntry> ReadConsentAsync(CancellationToken cancellationToken = default);
}

/// <summary>What is known of a customer.</summary>
/// <param name="Contact">How the customer can be reached.</param>
/// <param name="Consent">The customer's consent log, oldest entry first.</param>
public sealed record CustomerRecord(Contact Contact, IReadOnlyList<ConsentEntry> Consent);

/// <summary>What a worker asks for.</summary>
/// <param name="Target">The target.</param>
/// <param name="Routes">The routes that lead to it; deliveries that were tried at it already are claimed whatever their route.</param>
/// <param name="Count">At most so many, at least 1.</param>
/// <param name="Lease">How long the claim holds.</param>
/// <param name="Token">The token of the claim, random and new.</param>
/// <param name="Shift">What is added to the store's clock to tell what is due; leases end by the clock itself.</param>
public sealed record ClaimRequest(string Target, IReadOnlyList<string> Routes, int Count, TimeSpan Lease, Guid Token, TimeSpan Shift = default);

/// <summary>A delivery under a lease.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Token">The token of the claim.</param>
/// <param name="IsLost">Whether an attempt began under an earlier lease and did not end: its answer is lost.</param>
public sealed record ClaimedDelivery(Delivery Delivery, Guid Token, bool IsLost);

/// <summary>What a worker reports.</summary>
public enum ReportKind
{
    /// <summary>An attempt begins; the lease starts anew.</summary>
    Begin,

    /// <summary>The lease starts anew.</summary>
    Renew,

    /// <summary>The attempt ended, or the delivery is over without one.</summary>
    End,

    /// <summary>The claim is given back; nothing was tried.</summary>
    Release,
}

/// <summary>A report about a claimed delivery.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Kind">What is reported.</param>
/// <param name="Target">The target, kept from the first attempt on.</param>
/// <param name="Lease">How long the lease holds from now, for <see cref="ReportKind.Begin"/> and <see cref="ReportKind.Renew"/>.</param>
/// <param name="End">How the attempt ended, for <see cref="ReportKind.End"/>.</param>
/// <param name="Event">A line for the history, for <see cref="ReportKind.Begin"/>.</param>
public sealed record DeliveryReport(
    ClaimedDelivery Claim, ReportKind Kind, string Target, TimeSpan Lease = default, DeliveryEnd? End = null, DeliveryEvent? Event = null);

/// <summary>How many deliveries of a target have a status.</summary>
/// <param name="Target">The target; empty for those that were not tried yet.</param>
/// <param name="Status">The status.</param>
/// <param name="Count">How many.</param>
/// <param name="OldestDueAt">When the oldest of them was due.</param>
public sealed record QueueCount(string Target, DeliveryStatus Status, long Count, DateTimeOffset OldestDueAt)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(QueueCount), PrintMembers);
}

/// <summary>Thrown when a person asks for what the queue does not do; nothing was changed.</summary>
public sealed class QueueRefusalException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which delivery, what was found, what was expected.</param>
    public QueueRefusalException(string message)
        : base(message)
    {
    }
}
