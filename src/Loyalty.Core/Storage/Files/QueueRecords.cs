using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Storage.Files;

/// <summary>Deliveries, contacts and consent as bytes, in snapshots and journals alike.</summary>
internal static class QueueRecords
{
    public static void Write(SnapshotWriter writer, Delivery delivery)
    {
        writer.Long(delivery.Position);
        writer.Int((int)delivery.Kind);
        writer.Int((int)delivery.Status);
        writer.Int(delivery.Attempts);
        writer.Int(delivery.IsBegun ? 1 : 0);
        writer.Long(delivery.DueAt.UtcTicks);
        writer.Long(delivery.NextAttemptAt.UtcTicks);
        foreach (var text in (ReadOnlySpan<string>)
            [delivery.Key, delivery.Route, delivery.Target, delivery.Customer, delivery.What, delivery.Channel, delivery.Payload, delivery.ExternalId, delivery.Error])
        {
            writer.Text(text);
        }

        writer.Int(delivery.History.Count);
        foreach (var line in delivery.History)
        {
            writer.Long(line.At.UtcTicks);
            writer.Text(line.Event);
            writer.Text(line.Detail);
        }
    }

    /// <summary>Reads a delivery. The lease of a process that is no longer there has ended; what it had not begun is waiting.</summary>
    public static Delivery ReadDelivery(SnapshotReader reader)
    {
        var position = reader.Long();
        var kind = (DeliveryKind)reader.Below(3);
        var status = (DeliveryStatus)reader.Below(7);
        var attempts = reader.Below(int.MaxValue);
        var isBegun = reader.Below(2) == 1;
        var (dueAt, nextAt) = (Instant(reader), Instant(reader));
        var delivery = new Delivery
        {
            Position = position,
            Kind = kind,
            Status = status == DeliveryStatus.Leased && !isBegun ? DeliveryStatus.Waiting : status,
            Attempts = attempts,
            IsBegun = isBegun,
            DueAt = dueAt,
            NextAttemptAt = nextAt,
            Key = reader.Text(),
            Route = reader.Text(),
            Target = reader.Text(),
            Customer = reader.Text(),
            What = reader.Text(),
            Channel = reader.Text(),
            Payload = reader.Text(),
            ExternalId = reader.Text(),
            Error = reader.Text(),
        };
        var history = new DeliveryEvent[reader.Count(16)];
        for (var i = 0; i < history.Length; i++)
        {
            history[i] = new(Instant(reader), reader.Text(), reader.Text());
        }

        return delivery with { History = history };
    }

    public static void Write(SnapshotWriter writer, Contact contact)
    {
        foreach (var text in (ReadOnlySpan<string>)[contact.Customer, contact.Email, contact.Phone, contact.FirstName, contact.LastName, contact.Locale])
        {
            writer.Text(text);
        }
    }

    public static Contact ReadContact(SnapshotReader reader) =>
        new(reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text());

    public static void Write(SnapshotWriter writer, ConsentEntry entry)
    {
        writer.Text(entry.Customer);
        writer.Text(entry.Kind?.Word() ?? string.Empty);
        writer.Text(entry.Channel ?? string.Empty);
        writer.Int((entry.Allowed ? 1 : 0) + (entry.IsHard ? 2 : 0));
        writer.Int((int)entry.Source);
        writer.Long(entry.At.UtcTicks);
        writer.Text(entry.Text);
    }

    public static ConsentEntry ReadConsent(SnapshotReader reader)
    {
        var customer = reader.Text();
        var word = reader.Text();
        if (!MessageKinds.TryParse(word, out var kind) && word.Length > 0)
        {
            throw new InvalidDataException("a kind of message is unknown");
        }

        var channel = reader.Text();
        var flags = reader.Below(4);
        var source = (ConsentSource)reader.Below(5);
        var at = Instant(reader);
        return new(customer, word.Length == 0 ? null : kind, channel.Length == 0 ? null : channel, (flags & 1) != 0, (flags & 2) != 0, at, source, reader.Text());
    }

    private static DateTimeOffset Instant(SnapshotReader reader) =>
        reader.Long() is >= 0 and <= 3_155_378_975_999_999_999 and var ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new InvalidDataException("an instant is out of its bounds");
}
