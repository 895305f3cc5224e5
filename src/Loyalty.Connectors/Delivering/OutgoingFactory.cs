using System.Text.Json;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Connectors.Delivering;

/// <summary>Makes of a delivery what its target is told, or says why it is not told at all.</summary>
internal sealed class OutgoingFactory(DeliveryOptions options)
{
    /// <summary>What to send, or how the delivery ends without being sent.</summary>
    public (object? Outgoing, DeliveryEnd? End) Make(Delivery delivery, CustomerRecord customer, DeliveryTarget target, DateTimeOffset now) => delivery.Kind switch
    {
        DeliveryKind.Operation => MakeOperation(delivery, customer.Contact, target, now),
        DeliveryKind.Message => MakeMessage(delivery, customer, target, now),
        _ => (new OutgoingEvent(delivery.Key, delivery.What, delivery.Customer, delivery.Payload), null),
    };

    private static (object? Outgoing, DeliveryEnd? End) MakeOperation(Delivery delivery, Contact contact, DeliveryTarget target, DateTimeOffset now)
    {
        var values = Values(delivery.Payload);
        var operation = new OutgoingOperation(
            delivery.Key, contact, delivery.What, values.GetValueOrDefault("stage") ?? string.Empty, values.GetValueOrDefault("discount_percent") ?? string.Empty,
            values.GetValueOrDefault("cause") ?? string.Empty, values.GetValueOrDefault("date") ?? string.Empty);
        return target.Hindrance(operation) is { } hindrance ? (null, QueueRules.Park(hindrance, now)) : (operation, null);
    }

    private (object? Outgoing, DeliveryEnd? End) MakeMessage(Delivery delivery, CustomerRecord customer, DeliveryTarget target, DateTimeOffset now)
    {
        if (!MessageKinds.TryParse(delivery.What, out var kind))
        {
            return (null, QueueRules.Park($"refused: '{delivery.What}' is no kind of message", now));
        }

        switch (ConsentRules.Ask(customer.Consent, kind, delivery.Channel))
        {
            case ConsentAnswer.Suppressed:
                return (null, QueueRules.Skip(QueueRules.Suppressed, now));
            case ConsentAnswer.Preference:
                return (null, QueueRules.Skip(QueueRules.Preference, now));
            default:
                break;
        }

        if (options.ExpireAfter.TryGetValue(kind, out var age) && now - delivery.DueAt > age)
        {
            return (null, QueueRules.Skip(QueueRules.TooLate, now));
        }

        var contact = customer.Contact;
        if (target.AddressOf(contact, delivery.Channel) is not { } to)
        {
            return (null, QueueRules.Skip(QueueRules.NoAddress, now));
        }

        var values = Values(delivery.Payload);
        values.Remove("cause", out var cause);
        var link = options.UnsubscribeUrl is { } url
            ? UnsubscribeLink.Create(url, options.UnsubscribeKey.Span, new UnsubscribeRequest(options.Tenant, delivery.Customer, kind, delivery.Channel))
            : null;
        values["customer"] = delivery.Customer;
        values["first_name"] = contact.FirstName;
        values["last_name"] = contact.LastName;
        values["program"] = options.Tenant;
        values["unsubscribe_url"] = link ?? string.Empty;
        var text = options.Templates.Render(kind, delivery.Channel, contact.Locale, values);
        return (new OutgoingMessage(delivery.Key, delivery.What, delivery.Channel, contact, to, text.Subject, text.Text, text.Html, values, link)
        {
            Cause = cause ?? string.Empty,
            DueAt = delivery.DueAt,
        }, null);
    }

    /// <summary>The members of a payload that are texts.</summary>
    private static Dictionary<string, string> Values(string payload)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        using var json = JsonDocument.Parse(payload);
        foreach (var member in json.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String)
            {
                values[member.Name] = member.Value.GetString()!;
            }
        }

        return values;
    }
}
