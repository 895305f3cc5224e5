using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Queue;

/// <summary>What every store checks of what callers hand to a queue; what runs make needs no check.</summary>
public static class QueueInput
{
    /// <summary>Refuses deliveries that no store can keep.</summary>
    /// <exception cref="ArgumentException">One has a kind that does not exist or no key (only an event has none), or a text is too long or cannot be kept.</exception>
    public static void Check(IReadOnlyList<NewDelivery> deliveries)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        foreach (var delivery in deliveries)
        {
            ThrowIfNull(delivery, nameof(deliveries));
            if (!Enum.IsDefined(delivery.Kind))
            {
                throw new ArgumentException($"A delivery has the kind {(int)delivery.Kind}, which does not exist.", nameof(deliveries));
            }

            if (delivery.Key is { Length: 0 } && delivery.Kind != DeliveryKind.Event)
            {
                throw new ArgumentException("A delivery needs a key; only an event gets one from the store.", nameof(deliveries));
            }

            StorableText.Check(delivery.Key!, "The key of a delivery");
            StorableText.CheckKey(delivery.Route, "The route of a delivery");
            StorableText.CheckKey(delivery.Customer, "The customer of a delivery");
            StorableText.CheckKey(delivery.What, "The content of a delivery");
            StorableText.CheckKey(delivery.Channel, "The channel of a delivery");
            StorableText.Check(delivery.Payload, "The payload of a delivery");
        }
    }

    /// <summary>Refuses contacts that no store can keep.</summary>
    /// <exception cref="ArgumentException">A customer is too long, or a text cannot be kept.</exception>
    public static void Check(IReadOnlyList<Contact> contacts)
    {
        ArgumentNullException.ThrowIfNull(contacts);
        foreach (var contact in contacts)
        {
            ThrowIfNull(contact, nameof(contacts));
            StorableText.CheckKey(contact.Customer, "The customer of a contact");
            StorableText.Check(contact.Email, "The e-mail of a contact");
            StorableText.Check(contact.Phone, "The telephone number of a contact");
            StorableText.Check(contact.FirstName, "The first name of a contact");
            StorableText.Check(contact.LastName, "The last name of a contact");
            StorableText.Check(contact.Locale, "The locale of a contact");
        }
    }

    /// <summary>Refuses entries of the consent log that no store can keep.</summary>
    /// <exception cref="ArgumentException">A kind or source does not exist, a customer or channel is too long, or a text cannot be kept.</exception>
    public static void Check(IReadOnlyList<ConsentEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        foreach (var entry in entries)
        {
            ThrowIfNull(entry, nameof(entries));
            if ((entry.Kind is { } kind && !Enum.IsDefined(kind)) || !Enum.IsDefined(entry.Source))
            {
                throw new ArgumentException("An entry of the consent log has a kind or a source that does not exist.", nameof(entries));
            }

            StorableText.CheckKey(entry.Customer, "The customer of an entry of the consent log");
            StorableText.CheckKey(entry.Channel ?? string.Empty, "The channel of an entry of the consent log");
            StorableText.Check(entry.Text, "The text of an entry of the consent log");
        }
    }

    private static void ThrowIfNull(object? item, string list)
    {
        if (item is null)
        {
            throw new ArgumentException("An item is null.", list);
        }
    }
}
