using System.Globalization;
using System.Text.Json;

namespace Loyalty.Queue;

/// <summary>Makes domain events: JSON with the attributes of CloudEvents 1.0, of a type <c>loyalty.THING.WHAT.v1</c>.</summary>
/// <remarks>
/// An event has no key until it is stored: the tenant's sequence gives it one, and with it its id. <c>source</c> is <c>loyalty:TENANT</c>,
/// <c>subject</c> the customer. Within a version members are only ever added.
/// </remarks>
public static class DomainEvents
{
    private const string Number = "\u0000";

    /// <summary>Makes an event for a target; its key comes when it is stored.</summary>
    /// <param name="tenant">Whose program.</param>
    /// <param name="target">The name of the target.</param>
    /// <param name="type">What happened, such as <c>loyalty.tier.changed.v1</c>.</param>
    /// <param name="customer">To whom.</param>
    /// <param name="time">When it counts; due from then on.</param>
    /// <param name="data">The members of <c>data</c>; numbers stay numbers.</param>
    public static NewDelivery Create(string tenant, string target, string type, string customer, DateTimeOffset time, params ReadOnlySpan<(string Name, object? Value)> data)
    {
        var json = JsonText.Of(Write, new Happening(tenant, type, customer, time, data));
        return new NewDelivery(string.Empty, DeliveryKind.Event, QueueRules.EventPrefix + target, customer, type, string.Empty, json, time.ToUniversalTime());
    }

    private static void Write(Utf8JsonWriter writer, Happening happening)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion", "1.0");
        writer.WriteString("id", Number);
        writer.WriteString("source", $"loyalty:{Uri.EscapeDataString(happening.Tenant)}");
        writer.WriteString("type", happening.Type);
        writer.WriteString("subject", happening.Customer);
        writer.WriteString("time", happening.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        writer.WriteString("datacontenttype", "application/json");
        writer.WriteStartObject("data");
        foreach (var (name, value) in happening.Data)
        {
            switch (value)
            {
                case null:
                    writer.WriteNull(name);
                    break;
                case long number:
                    writer.WriteNumber(name, number);
                    break;
                case int number:
                    writer.WriteNumber(name, number);
                    break;
                case decimal number:
                    writer.WriteNumber(name, number);
                    break;
                case DateOnly date:
                    writer.WriteString(name, date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                    break;
                default:
                    writer.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                    break;
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The event with its place in the tenant's sequence.</summary>
    public static NewDelivery Numbered(NewDelivery happening, long sequence)
    {
        ArgumentNullException.ThrowIfNull(happening);
        var number = sequence.ToString(CultureInfo.InvariantCulture);

        // The id is the first member of its name, and nothing else can hold a NUL, which JSON escapes the same way everywhere.
        return happening with { Key = DeliveryKey.OfEvent(sequence), Payload = ReplaceFirst(happening.Payload, "\"id\":\"\\u0000\"", $"\"id\":\"{number}\"") };
    }

    private static string ReplaceFirst(string text, string old, string with) =>
        text.IndexOf(old, StringComparison.Ordinal) is >= 0 and var at ? string.Concat(text.AsSpan(0, at), with, text.AsSpan(at + old.Length)) : text;

    /// <summary>What is written about an event.</summary>
    private readonly ref struct Happening(string tenant, string type, string customer, DateTimeOffset time, ReadOnlySpan<(string Name, object? Value)> data)
    {
        public readonly string Tenant = tenant;
        public readonly string Type = type;
        public readonly string Customer = customer;
        public readonly DateTimeOffset Time = time;
        public readonly ReadOnlySpan<(string Name, object? Value)> Data = data;
    }
}
