using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Queue;

namespace Loyalty.Sqlite.Queue;

/// <summary>What the file holds of the queue, as values of the domain and back.</summary>
/// <param name="lease">Where to read and write.</param>
internal sealed class QueueRows(SqliteConnectionLease lease)
{
    private const string Columns =
        "d.position, d.key, d.kind, d.route, d.target, d.customer, d.what, d.channel, d.payload, d.due_at, d.status, d.attempts, d.next_at, d.lease_token, d.lease_until, "
        + "d.is_begun, d.external_id, d.error, d.history";

    /// <summary>Whether a parked operation stands before a delivery in its lane.</summary>
    private const string IsBehindParked =
        "EXISTS (SELECT 1 FROM queue_delivery AS p WHERE p.customer = d.customer AND p.route = d.route AND p.status = 'parked' AND p.position < d.position)";

    /// <summary>The condition of the index of deliveries that have not ended, to the letter.</summary>
    private const string IsOpen = "d.status IN ('waiting', 'leased', 'parked')";

    /// <summary>Deliveries as people see them.</summary>
    private const string Shown = $"SELECT {Columns}, {IsBehindParked} FROM queue_delivery AS d";

    private const string ConsentColumns = "customer, kind, channel, allowed, is_hard, at, source, words";

    /// <summary>Stores deliveries whose key is new, in order.</summary>
    /// <returns>How many were stored.</returns>
    public int Enqueue(IReadOnlyList<NewDelivery> deliveries)
    {
        var book = lease["SELECT next_position, next_event FROM queue_book"];
        book.Step();
        var (position, number) = (book.Long(0), book.Long(1));
        book.Reset();
        var (first, lanes) = (position, new HashSet<(string Customer, string Route)>());
        foreach (var given in deliveries)
        {
            var delivery = given.Kind == DeliveryKind.Event && given.Key.Length == 0 ? DomainEvents.Numbered(given, number++) : given;
            if (!HasKey(delivery.Key))
            {
                Put(Delivery.Store(delivery, position++));
                lanes.Add((delivery.Customer, delivery.Route));
            }
        }

        lease["UPDATE queue_book SET next_position = ?, next_event = ?"].With(position).With(number).Run();
        Advance(lanes);
        return (int)(position - first);
    }

    /// <summary>The deliveries that a worker may claim, the longest due first.</summary>
    /// <param name="request">What the worker asks for.</param>
    /// <param name="now">The instant of the store.</param>
    public List<Delivery> Due(ClaimRequest request, DateTimeOffset now)
    {
        // Of several lanes of one customer that lead to one target, the one whose head was caused first goes first.
        const string Rest =
            """
            AND l.next_at <= ?2 AND (l.lease_until IS NULL OR l.lease_until <= ?3) AND NOT EXISTS (SELECT 1 FROM queue_lane AS o
                WHERE o.customer = l.customer AND o.route <> l.route AND o.next_at IS NOT NULL AND o.head < l.head
                AND (o.target = ?4 OR (o.target = '' AND o.route IN (SELECT value FROM json_each(?5))))) ORDER BY l.next_at, l.head LIMIT ?6
            """;
        var (routes, heads) = (JsonTexts.Write(request.Routes), new List<(long At, long Position)>());
        foreach (var place in request.Routes.Append(null))
        {
            var rows = lease[place is null
                ? $"SELECT l.next_at, l.head FROM queue_lane AS l WHERE l.target = ?1 AND l.target <> '' {Rest}"
                : $"SELECT l.next_at, l.head FROM queue_lane AS l WHERE l.route = ?1 AND l.target = '' {Rest}"]
                .With(place ?? request.Target).With((now + request.Shift).UtcTicks).With(now.UtcTicks).With(request.Target).With(routes).With(request.Count);
            while (rows.Step())
            {
                heads.Add((rows.Long(0), rows.Long(1)));
            }
        }

        heads.Sort();
        return [.. heads.Take(request.Count).Select(h => Stored("position = ?", statement => statement.With(h.Position)).Single())];
    }

    /// <summary>All deliveries, in order, as people see them.</summary>
    public IEnumerable<Delivery> All() => Read(lease[$"{Shown} ORDER BY d.position"]);

    public List<Delivery> Parked() => [.. Read(lease[$"{Shown} WHERE d.status = 'parked' ORDER BY d.position"])];

    /// <summary>The delivery of a key as people see it.</summary>
    public Delivery? Find(string key) => Read(lease[$"{Shown} WHERE d.key = ?"].With(key)).FirstOrDefault();

    /// <summary>The delivery of a key as it is stored.</summary>
    public Delivery? FindStored(string key) => Stored("key = ?", statement => statement.With(key)).FirstOrDefault();

    /// <summary>The operations of a customer that wait behind a parked one.</summary>
    public List<Delivery> Blocked(string customer) =>
        [.. Read(lease[$"{Shown} WHERE d.customer = ? AND d.route = '{QueueRules.Operations}' AND {IsOpen} AND d.status = 'waiting' AND {IsBehindParked} ORDER BY d.position"].With(customer))
            .Where(static d => d.Status == DeliveryStatus.Blocked)];

    public List<QueueCount> Counts()
    {
        var counts = new List<QueueCount>();
        var rows = lease[
            $"""
            SELECT s.target, s.shown, count(*), min(s.due_at) FROM (SELECT d.target, d.due_at, iif(d.status = 'waiting' AND d.kind = 'operation' AND {IsBehindParked},
                'blocked', d.status) AS shown FROM queue_delivery AS d) AS s GROUP BY 1, 2
            """];
        while (rows.Step())
        {
            counts.Add(new(rows.Text(0), Status(rows.Text(1)), rows.Long(2), Instant(rows.Long(3))));
        }

        return [.. counts.OrderBy(static c => c.Target, StringComparer.Ordinal).ThenBy(static c => c.Status)];
    }

    /// <summary>Stores a delivery as it is now.</summary>
    public void Put(Delivery delivery) => lease["INSERT OR REPLACE INTO queue_delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(delivery.Position).With(delivery.Key).With(delivery.Kind.Word()).With(delivery.Route).With(delivery.Target).With(delivery.Customer).With(delivery.What)
        .With(delivery.Channel).With(delivery.Payload).With(delivery.DueAt.UtcTicks).With(delivery.Status.Word()).With(delivery.Attempts)
        .With(delivery.NextAttemptAt.UtcTicks).With(delivery.Lease?.Token.ToString()).With(delivery.Lease?.Until.UtcTicks).With(delivery.IsBegun)
        .With(delivery.ExternalId).With(delivery.Error).With(HistoryJson.Write(delivery.History)).Run();

    /// <summary>Finds anew which delivery of each lane goes next.</summary>
    public void Advance(IEnumerable<(string Customer, string Route)> lanes)
    {
        foreach (var (customer, route) in lanes)
        {
            lease["DELETE FROM queue_lane WHERE customer = ? AND route = ?"].With(customer).With(route).Run();
            lease[
                $"""
                INSERT INTO queue_lane (customer, route, head, next_at, target, lease_until)
                    SELECT d.customer, d.route, d.position, iif(d.status = 'parked', NULL, d.next_at), d.target, d.lease_until FROM queue_delivery AS d
                    WHERE d.customer = ? AND d.route = ? AND {IsOpen} AND (d.status <> 'parked' OR d.kind = 'operation')
                    ORDER BY d.position LIMIT 1
                """].With(customer).With(route).Run();
        }
    }

    public void Put(Contact contact) => lease["INSERT OR REPLACE INTO queue_contact VALUES (?, ?, ?, ?, ?, ?)"]
        .With(contact.Customer).With(contact.Email).With(contact.Phone).With(contact.FirstName).With(contact.LastName).With(contact.Locale).Run();

    public void Append(ConsentEntry entry) => lease[
        $"INSERT INTO queue_consent ({ConsentColumns}, sequence) VALUES (?1, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(sequence), 0) + 1 FROM queue_consent WHERE customer = ?1))"]
        .With(entry.Customer).With(entry.Kind?.Word()).With(entry.Channel).With(entry.Allowed).With(entry.IsHard).With(entry.At.UtcTicks).With(entry.Source.Word())
        .With(entry.Text).Run();

    /// <summary>What is known of a customer.</summary>
    public CustomerRecord Customer(string customer)
    {
        var row = lease["SELECT email, phone, first_name, last_name, locale FROM queue_contact WHERE customer = ?"].With(customer);
        var contact = row.Step() ? new Contact(customer, row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4)) : Contact.Unknown(customer);
        row.Reset();
        return new(contact, [.. ReadConsent(lease[$"SELECT {ConsentColumns} FROM queue_consent WHERE customer = ? ORDER BY sequence"].With(customer))]);
    }

    /// <summary>The whole consent log by customer, oldest entry first.</summary>
    public IEnumerable<ConsentEntry> Consent() => ReadConsent(lease[$"SELECT {ConsentColumns} FROM queue_consent ORDER BY customer, sequence"]);

    public static DateTimeOffset Instant(long ticks) => new(ticks, TimeSpan.Zero);

    private bool HasKey(string key)
    {
        var row = lease["SELECT 1 FROM queue_delivery WHERE key = ?"].With(key);
        var has = row.Step();
        row.Reset();
        return has;
    }

    private IEnumerable<Delivery> Stored(string condition, Action<SqliteStatement> bind)
    {
        var rows = lease[$"SELECT {Columns}, 0 FROM queue_delivery AS d WHERE d.{condition}"];
        bind(rows);
        return Read(rows);
    }

    private static IEnumerable<Delivery> Read(SqliteStatement rows)
    {
        try
        {
            while (rows.Step())
            {
                var kind = DeliveryWords.TryParse(rows.Text(2), out DeliveryKind known) ? known : throw new InvalidDataException($"'{rows.Text(2)}' is no kind of delivery");
                yield return new Delivery
                {
                    Position = rows.Long(0), Key = rows.Text(1), Kind = kind, Route = rows.Text(3), Target = rows.Text(4), Customer = rows.Text(5), What = rows.Text(6),
                    Channel = rows.Text(7), Payload = rows.Text(8), DueAt = Instant(rows.Long(9)), Status = QueueRules.Shown(kind, Status(rows.Text(10)), rows.Bool(19)),
                    Attempts = rows.Int(11), NextAttemptAt = Instant(rows.Long(12)),
                    Lease = rows.MaybeText(13) is { } token ? new Lease(Guid.Parse(token), Instant(rows.Long(14))) : null,
                    IsBegun = rows.Bool(15), ExternalId = rows.Text(16), Error = rows.Text(17), History = HistoryJson.Read(rows.Text(18)),
                };
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    private static IEnumerable<ConsentEntry> ReadConsent(SqliteStatement rows)
    {
        try
        {
            while (rows.Step())
            {
                MessageKind? kind = rows.MaybeText(1) is not { } word ? null
                    : MessageKinds.TryParse(word, out var known) ? known : throw new InvalidDataException($"'{word}' is no kind of message");
                var source = ConsentSources.TryParse(rows.Text(6), out var said) ? said : throw new InvalidDataException($"'{rows.Text(6)}' is no source of consent");
                yield return new(rows.Text(0), kind, rows.MaybeText(2), rows.Bool(3), rows.Bool(4), Instant(rows.Long(5)), source, rows.Text(7));
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    private static DeliveryStatus Status(string word) =>
        DeliveryWords.TryParse(word, out DeliveryStatus status) ? status : throw new InvalidDataException($"'{word}' is no status of a delivery");
}
