using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Orders;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Queue;

namespace Loyalty.Queue.Plans;

/// <summary>Brings messages of the queue into the log of communications of the creators whom they went to.</summary>
public static class DeliveryCommunications
{
    private const int Block = 1_000;

    /// <summary>The entry of a message that ended, or <see langword="null"/> when there is nothing to log: it waits, was skipped, or is no message.</summary>
    /// <remarks>
    /// A message that was sent is <c>sent</c>, one that failed for good <c>failed</c>, one whose answer was lost <c>unknown</c>; the subject is the kind of the message, the
    /// instant that of its end. The same end always gives the same entry, so that it is logged once.
    /// </remarks>
    /// <param name="delivery">The delivery.</param>
    /// <param name="handle">The creator.</param>
    public static Communication? Of(Delivery delivery, string handle)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        if (delivery.Kind != DeliveryKind.Message || delivery.Status is not (DeliveryStatus.Done or DeliveryStatus.Parked)
            || delivery.History.LastOrDefault(e => string.Equals(e.Event, delivery.Status.Word(), StringComparison.Ordinal)) is not { } end)
        {
            return null;
        }

        var id = delivery.ExternalId;
        return new Communication
        {
            Handle = handle,
            Channel = delivery.Channel,
            Status = delivery.Status == DeliveryStatus.Done ? "sent" : string.Equals(delivery.Error, DeliveryAnswer.AnswerLost, StringComparison.Ordinal) ? "unknown" : "failed",
            ExternalId = id.Length > Communication.MaxIdLength ? id[..Communication.MaxIdLength] : id,
            Subject = delivery.What,
            At = end.At.UtcDateTime,
        };
    }

    /// <summary>Logs every message of a queue that ended; what is logged already is not logged again.</summary>
    /// <remarks>A customer is a creator when it is one's handle, an earlier handle too, or one's e-mail address, and the address of one creator only.</remarks>
    /// <param name="queue">The queue.</param>
    /// <param name="creators">The creators of the same tenant.</param>
    /// <param name="cancellationToken">Gives up between blocks; what was logged stays.</param>
    /// <returns>How many messages of creators there were, and how many entries were new.</returns>
    public static async ValueTask<(int Messages, int Added)> AppendAsync(IQueueStore queue, ICreatorStore creators, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(creators);
        var known = new Dictionary<string, string?>(StringComparer.Ordinal);
        var block = new List<Communication>();
        var (messages, added) = (0, 0);
        await foreach (var delivery in queue.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (Of(delivery, delivery.Customer) is not { } entry)
            {
                continue;
            }

            if (!known.TryGetValue(delivery.Customer, out var handle))
            {
                known.Add(delivery.Customer, handle = await FindAsync(creators, delivery.Customer, cancellationToken).ConfigureAwait(false));
            }

            if (handle is null)
            {
                continue;
            }

            messages++;
            block.Add(entry with { Handle = handle });
            if (block.Count == Block)
            {
                added += await creators.AppendCommunicationsAsync(block, cancellationToken).ConfigureAwait(false);
                block.Clear();
            }
        }

        return (messages, added + (block.Count == 0 ? 0 : await creators.AppendCommunicationsAsync(block, cancellationToken).ConfigureAwait(false)));
    }

    private static async ValueTask<string?> FindAsync(ICreatorStore creators, string customer, CancellationToken cancellationToken)
    {
        if (CustomerEmail.TryNormalize(customer, out var email))
        {
            // Two pages would be two creators with one address already.
            var page = await creators.ListAsync(new CreatorQuery { Search = email, Limit = 50 }, cancellationToken).ConfigureAwait(false);
            var found = page.Creators.Where(c => CustomerEmail.TryNormalize(c.Creator.Email, out var theirs) && string.Equals(theirs, email, StringComparison.Ordinal)).ToList();
            return found.Count == 1 ? found[0].Creator.Handle : null;
        }

        return Handle.Read(customer, HandlePlatform.TikTok, out var handle, out _) == HandleStatus.Ok
            && await creators.FindAsync(handle.Value, cancellationToken).ConfigureAwait(false) is { } detail
            ? detail.Creator.Handle
            : null;
    }
}
