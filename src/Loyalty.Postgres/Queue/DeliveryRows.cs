using Loyalty.Messages;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;

namespace Loyalty.Postgres.Queue;

/// <summary>Deliveries on their way into the queue.</summary>
internal sealed class DeliveryRows : RowBlock
{
    /// <summary>The columns below, in their order, as blocks name them.</summary>
    public const int Layout = 1;

    private readonly List<(byte[] Id, string Customer, string Route, long Position)> _rows = [];
    private readonly LongColumn _position;
    private readonly LongColumn _dueAt;
    private readonly BytesColumn _id;
    private readonly TextColumn _kind;
    private readonly TextColumn _route;
    private readonly TextColumn _customer;
    private readonly TextColumn _what;
    private readonly TextColumn _channel;
    private readonly TextColumn _key;
    private readonly TextColumn _payload;

    public DeliveryRows()
        : base(QueueSql.InsertDeliveries)
    {
        (_position, _dueAt, _id, _kind, _route) = (Long("position"), Long("due_at"), Bytes("id"), Text("kind"), Text("route"));
        (_customer, _what, _channel, _key, _payload) = (Text("customer"), Text("what"), Text("channel"), Text("key"), Text("payload"));
    }

    public void Add(NewDelivery delivery, long position)
    {
        var id = QueueInstant.IdOf(delivery.Key);
        _rows.Add((id, delivery.Customer, delivery.Route, position));
        _position.Add(position);
        _dueAt.Add(QueueInstant.Of(delivery.DueAt));
        _id.Add(id);
        _kind.Add(delivery.Kind.Word());
        _route.Add(delivery.Route);
        _customer.Add(delivery.Customer);
        _what.Add(delivery.What);
        _channel.Add(delivery.Channel);
        _key.Add(delivery.Key);
        _payload.Add(delivery.Payload);
    }

    /// <summary>Stores the rows as a block, which <see cref="QueueBlocks"/> makes rows later.</summary>
    public async ValueTask WriteBlockAsync(TenantTransaction transaction, CancellationToken cancellationToken)
    {
        if (Count > 0)
        {
            await transaction.Command(QueueSql.InsertBlock).With(_rows[0].Position).With(Count).With(Layout)
                .With([.. _rows.Select(static r => r.Route).Distinct(StringComparer.Ordinal)]).With(ToBytes()).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stores the rows of a block.</summary>
    public static ValueTask WriteAsync(byte[] block, TenantTransaction transaction, CancellationToken cancellationToken) =>
        new DeliveryRows().WriteEncodedAsync(block, transaction, cancellationToken);

    /// <remarks>
    /// Which delivery is the first of its lane is known here, but for those whose key was there before, and for those of a block. So the server need not keep what it stored,
    /// sort it, and go through it again.
    /// </remarks>
    protected override async ValueTask WriteStagedAsync(TenantTransaction transaction, string staged, CancellationToken cancellationToken)
    {
        if (_rows.Count == 0)
        {
            await base.WriteStagedAsync(transaction, staged, cancellationToken).ConfigureAwait(false);
            return;
        }

        var stored = await transaction.ExecuteAsync(QueueSql.InsertManyDeliveries.Replace("{0}", staged, StringComparison.Ordinal), cancellationToken).ConfigureAwait(false);
        var firsts = Firsts(stored == _rows.Count ? null : await StoredAsync(transaction, cancellationToken).ConfigureAwait(false));
        await transaction.Command(QueueSql.BeginLanes.Replace("{0}", staged, StringComparison.Ordinal)).With(firsts).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The places of the deliveries that have their own key: the others are of deliveries that were stored before.</summary>
    private async ValueTask<HashSet<long>> StoredAsync(TenantTransaction transaction, CancellationToken cancellationToken)
    {
        var stored = new HashSet<long>();
        var command = transaction.Command(QueueSql.PlacesOfKeys).With([.. _rows.Select(static r => r.Id)]);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    stored.Add(reader.GetInt64(0));
                }
            }
        }

        return stored;
    }

    private long[] Firsts(HashSet<long>? stored)
    {
        var firsts = new List<long>();
        var lanes = new HashSet<(string, string)>();
        foreach (var (_, customer, route, position) in _rows)
        {
            if (stored?.Contains(position) is not false && lanes.Add((customer, route)))
            {
                firsts.Add(position);
            }
        }

        return [.. firsts];
    }
}

/// <summary>Contacts on their way into the store.</summary>
internal sealed class ContactRows : RowBlock
{
    private readonly TextColumn[] _columns;

    public ContactRows()
        : base(QueueSql.PutContacts) =>
        _columns = [Text("customer"), Text("email"), Text("phone"), Text("first_name"), Text("last_name"), Text("locale")];

    public void Add(Contact contact)
    {
        string[] values = [contact.Customer, contact.Email, contact.Phone, contact.FirstName, contact.LastName, contact.Locale];
        for (var i = 0; i < values.Length; i++)
        {
            _columns[i].Add(values[i]);
        }
    }
}

/// <summary>Entries on their way into the consent log.</summary>
internal sealed class ConsentRows : RowBlock
{
    private readonly LongColumn _sequence;
    private readonly LongColumn _at;
    private readonly BooleanColumn _allowed;
    private readonly BooleanColumn _isHard;
    private readonly TextColumn _customer;
    private readonly TextColumn _kind;
    private readonly TextColumn _channel;
    private readonly TextColumn _source;
    private readonly TextColumn _words;

    public ConsentRows()
        : base(QueueSql.InsertConsent)
    {
        (_sequence, _at, _allowed, _isHard) = (Long("sequence"), Long("at"), Boolean("allowed"), Boolean("is_hard"));
        (_customer, _kind, _channel, _source, _words) = (Text("customer"), Text("kind"), Text("channel"), Text("source"), Text("words"));
    }

    public void Add(ConsentEntry entry, long sequence)
    {
        _sequence.Add(sequence);
        _at.Add(QueueInstant.Of(entry.At));
        _allowed.Add(entry.Allowed);
        _isHard.Add(entry.IsHard);
        _customer.Add(entry.Customer);
        _kind.Add(entry.Kind?.Word());
        _channel.Add(entry.Channel);
        _source.Add(entry.Source.Word());
        _words.Add(entry.Text);
    }
}

/// <summary>Instants and ids as the tables have them.</summary>
internal static class QueueInstant
{
    public static long Of(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset From(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public static long Of(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    public static byte[] IdOf(string key) => DeliveryKey.Digest(key).ToByteArray(bigEndian: true);
}
