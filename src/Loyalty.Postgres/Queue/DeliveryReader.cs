using Loyalty.Messages;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Npgsql;

namespace Loyalty.Postgres.Queue;

/// <summary>Reads deliveries from rows.</summary>
internal static class DeliveryReader
{
    /// <summary>Reads the columns of <see cref="QueueSql"/>, with the status as people see it when it follows them.</summary>
    public static Delivery Read(NpgsqlDataReader reader, bool isShown)
    {
        var kind = DeliveryWords.TryParse(reader.GetString(7), out DeliveryKind found) ? found : throw new InvalidDataException("The kind of a delivery is unknown.");
        var status = Status(reader.GetString(isShown ? 19 : 8));
        return new Delivery
        {
            Position = reader.GetInt64(0),
            DueAt = QueueInstant.From(reader.GetInt64(1)),
            NextAttemptAt = QueueInstant.From(reader.GetInt64(2)),
            Lease = reader.IsDBNull(3) || reader.IsDBNull(6) ? null : new Lease(reader.GetGuid(6), QueueInstant.From(reader.GetInt64(3))),
            Attempts = reader.GetInt32(4),
            IsBegun = reader.GetBoolean(5),
            Kind = kind,
            Status = status,
            Route = reader.GetString(9),
            Customer = reader.GetString(10),
            What = reader.GetString(11),
            Channel = reader.GetString(12),
            Target = reader.IsDBNull(13) ? string.Empty : reader.GetString(13),
            Key = reader.GetString(14),
            ExternalId = reader.GetString(15),
            Error = reader.GetString(16),
            Payload = reader.GetString(17),
            History = HistoryLine.Read(reader.GetString(18)),
        };
    }

    /// <summary>The status of a word that is stored.</summary>
    public static DeliveryStatus Status(string word) =>
        DeliveryWords.TryParse(word, out DeliveryStatus status) ? status : throw new InvalidDataException("The status of a delivery is unknown.");
}

/// <summary>Reads contacts and consent.</summary>
internal static class CustomerReader
{
    public static async ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadAsync(
        TenantTransaction transaction, IReadOnlyCollection<string> customers, CancellationToken cancellationToken)
    {
        string[] names = [.. customers.Distinct(StringComparer.Ordinal)];
        var contacts = new Dictionary<string, Contact>(StringComparer.Ordinal);
        var consent = new Dictionary<string, List<ConsentEntry>>(StringComparer.Ordinal);
        var batch = transaction.Batch();
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(transaction.BatchCommand(QueueSql.ReadContacts).With(names));
            batch.BatchCommands.Add(transaction.BatchCommand(QueueSql.ReadConsentOf).With(names));
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    contacts[reader.GetString(0)] = new(
                        reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5));
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var entry = ReadEntry(reader);
                    if (!consent.TryGetValue(entry.Customer, out var log))
                    {
                        consent.Add(entry.Customer, log = []);
                    }

                    log.Add(entry);
                }
            }
        }

        return names.ToDictionary(
            static n => n, n => new CustomerRecord(contacts.GetValueOrDefault(n) ?? Contact.Unknown(n), consent.GetValueOrDefault(n) ?? []), StringComparer.Ordinal);
    }

    public static ConsentEntry ReadEntry(NpgsqlDataReader reader)
    {
        MessageKind? kind = !reader.IsDBNull(1) && MessageKinds.TryParse(reader.GetString(1), out var found) ? found : null;
        var source = ConsentSources.TryParse(reader.GetString(6), out var known) ? known : throw new InvalidDataException("The source of a consent is unknown.");
        return new(
            reader.GetString(0), kind, reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4),
            QueueInstant.From(reader.GetInt64(5)), source, reader.GetString(7));
    }
}
