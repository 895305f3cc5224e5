using System.Text;
using Loyalty.Orders;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Scores;

namespace Loyalty.Postgres.Scores;

/// <summary>Takes the orders of a run into a temporary table, finds what differs from what is stored, and writes that.</summary>
internal sealed class OrderStage
{
    // Two of them and a time fit an entry of an index.
    private const int MaxKeyLength = 1_024;

    private readonly TenantTransaction _transaction;
    private readonly int _flushBytes;
    private readonly CopyBuffer _buffer = new();
    private readonly Dictionary<string, (string Before, string Now)> _owners = new(StringComparer.Ordinal);
    private bool _isCreated;
    private long _staged;
    private long _found;

    public OrderStage(TenantTransaction transaction, StoreLimits limits)
    {
        _transaction = transaction;
        _flushBytes = limits.FlushBytes;
    }

    /// <summary>Whether no order came in.</summary>
    public bool IsEmpty => _staged == 0;

    /// <summary>Whether any order came in that names another one.</summary>
    public bool HasCredits { get; private set; }

    /// <summary>Whether any order is new, changed, gone or moved; known after <see cref="ResolveAsync"/>.</summary>
    public bool HasChanges { get; private set; }

    /// <summary>The net over all orders that came in, superseded ones aside; known after <see cref="ResolveAsync"/>.</summary>
    public decimal Net { get; private set; }

    /// <summary>The orders that came in, superseded ones aside; known after <see cref="ResolveAsync"/>.</summary>
    public long Given { get; private set; }

    public async ValueTask PutAsync(IReadOnlyList<Order> orders, CancellationToken cancellationToken)
    {
        await CreateAsync(cancellationToken).ConfigureAwait(false);
        var stream = await CopyStream.OpenAsync(_transaction.Connection, ScoreSql.CopyStage, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            for (var i = 0; i < orders.Count; i++)
            {
                Encode(orders[i]);
                if (_buffer.Length >= _flushBytes)
                {
                    await stream.SendAsync(_buffer, cancellationToken).ConfigureAwait(false);
                }
            }

            await stream.SendAsync(_buffer, cancellationToken).ConfigureAwait(false);
            await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask RemoveAsync(IReadOnlyList<OrderKey> keys, CancellationToken cancellationToken)
    {
        await CreateAsync(cancellationToken).ConfigureAwait(false);
        _buffer.Reset();
        foreach (var key in keys)
        {
            Check(key.Id, "The id of an order");
            _buffer.StartRow(16);
            _buffer.Int64(_staged++);
            _buffer.Boolean(true);
            for (var i = 0; i < 5; i++)
            {
                _buffer.Null();
            }

            _buffer.Int16((short)key.Platform);
            _buffer.Null();
            _buffer.Text(key.Id);
            for (var i = 0; i < 6; i++)
            {
                _buffer.Null();
            }
        }

        await _buffer.SendAsync(_transaction.Connection, ScoreSql.CopyStage, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> TryLinkAsync(string email, string customer, CancellationToken cancellationToken)
    {
        Check(email, "An e-mail");
        Check(customer, "The name of a customer");
        var isNew = await _transaction.Command(ScoreSql.PutEmail).With(email).With(customer).ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1;
        if (isNew)
        {
            Relink(email, email, customer);
            return true;
        }

        return string.Equals(await OwnerAsync(email, cancellationToken).ConfigureAwait(false), customer, StringComparison.Ordinal);
    }

    public async ValueTask<bool> UnlinkAsync(string email, CancellationToken cancellationToken)
    {
        Check(email, "An e-mail");
        if (await OwnerAsync(email, cancellationToken).ConfigureAwait(false) is not { } owner)
        {
            return false;
        }

        await _transaction.Command(ScoreSql.DropEmail).With(email).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        Relink(email, owner, email);
        return true;
    }

    /// <summary>Compares with what is stored: drops superseded rows, and finds new, changed, gone and moved orders, and those that credits undid or no longer undo.</summary>
    public async ValueTask<OrderCounts> ResolveAsync(DateOnly asOf, OrderScope scope, ScoringState? stored, CancellationToken cancellationToken)
    {
        var credits = new CreditStage(_transaction, asOf, scope, stored);
        if (scope == OrderScope.Changes && IsEmpty && Moved().Count == 0 && !await IsAnyAdmittedAsync(asOf, cancellationToken).ConfigureAwait(false)
            && !await credits.IsAnyDueAsync(cancellationToken).ConfigureAwait(false))
        {
            return OrderCounts.None;
        }

        await CreateAsync(cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync($"{ScoreSql.CreateChange}; {ScoreSql.CreateFound}", cancellationToken).ConfigureAwait(false);
        long superseded = 0, differing = 0, moved = 0, gone = 0;
        var more = scope == OrderScope.All ? 0
            : await _transaction.Command(ScoreSql.FindAdmitted).With(asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (_staged > 0)
        {
            await _transaction.ExecuteLocalAsync(ScoreSql.AnalyzeStage, cancellationToken).ConfigureAwait(false);
            superseded = await _transaction.ExecuteLocalAsync(ScoreSql.DropSuperseded, cancellationToken).ConfigureAwait(false);
            await CountAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_staged + more > 0)
        {
            await _transaction.ExecuteAsync(scope == OrderScope.All ? ScoreSql.FindAllOwners : ScoreSql.FindOwners, cancellationToken).ConfigureAwait(false);
        }

        if (_staged > 0)
        {
            await FindStoredAsync(scope, cancellationToken).ConfigureAwait(false);
        }

        if (scope == OrderScope.All)
        {
            gone = await MissingAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            gone = _staged == 0 ? 0 : await _transaction.ExecuteAsync(ScoreSql.FindRemoved, cancellationToken).ConfigureAwait(false);
            more += await FindRelinkedAsync(cancellationToken).ConfigureAwait(false);
        }

        more += await credits.FollowAsync(HasCredits, cancellationToken).ConfigureAwait(false);
        if (_staged > 0)
        {
            differing = await _transaction.LocalCommand(ScoreSql.FindChanges).With(asOf).ExecuteAsync(cancellationToken)
                .ConfigureAwait(false);
        }

        if (more > 0)
        {
            moved = await _transaction.ExecuteLocalAsync(ScoreSql.MoveMore, cancellationToken).ConfigureAwait(false);
        }

        HasChanges = differing + moved + gone > 0;
        if (!HasChanges)
        {
            return new OrderCounts(0, 0, 0, Given, superseded);
        }

        await _transaction.ExecuteLocalAsync(ScoreSql.AnalyzeChange, cancellationToken).ConfigureAwait(false);
        if (gone > 0)
        {
            await _transaction.ExecuteAsync(ScoreSql.DeleteOrders, cancellationToken).ConfigureAwait(false);
        }

        var updated = await _transaction.ExecuteAsync(ScoreSql.UpdateOrders, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteAsync(ScoreSql.UpdateOwners, cancellationToken).ConfigureAwait(false);
        var inserted = await _transaction.ExecuteAsync(ScoreSql.InsertOrders, cancellationToken).ConfigureAwait(false);
        return new OrderCounts(inserted, updated, gone, Given - inserted - updated, superseded);
    }

    /// <summary>Throws unless the text can be kept in an index.</summary>
    public static void Check(string text, string what)
    {
        CopyBuffer.ThrowUnlessStorable(text, what);
        if (text.Length > MaxKeyLength / 3 && Encoding.UTF8.GetByteCount(text) > MaxKeyLength)
        {
            throw new ArgumentException($"{what} is longer than {MaxKeyLength} bytes, which PostgreSQL cannot keep; reject the row.", nameof(text));
        }
    }

    private async ValueTask<long> MissingAsync(CancellationToken cancellationToken)
    {
        // A row that asks to remove an order does not keep it.
        await _transaction.ExecuteLocalAsync(ScoreSql.DropRemovals, cancellationToken).ConfigureAwait(false);
        var stored = (long)(await _transaction.Command(ScoreSql.CountStored).ScalarAsync(cancellationToken).ConfigureAwait(false))!;
        if (stored == _found)
        {
            return 0;
        }

        await _transaction.ExecuteAsync(ScoreSql.KeysStored, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(ScoreSql.DropGiven, cancellationToken).ConfigureAwait(false);
        return await _transaction.ExecuteAsync(ScoreSql.FindMissing, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask FindStoredAsync(OrderScope scope, CancellationToken cancellationToken)
    {
        // To read what is stored once for each piece costs more than to look up the keys of all pieces when there are many.
        var pieces = await StagePieces.OfAsync(_transaction, "loyalty_order", cancellationToken).ConfigureAwait(false);
        var find = scope == OrderScope.All && pieces.Count <= 4 ? ScoreSql.FindManyStored : ScoreSql.FindStored;
        foreach (var (first, end) in pieces)
        {
            _found += await _transaction.Command(find).With(first).With(end).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Finds the orders of e-mails that have another owner now.</summary>
    private async ValueTask<long> FindRelinkedAsync(CancellationToken cancellationToken)
    {
        var moved = Moved();
        return moved.Count == 0 ? 0 : await _transaction.Command(ScoreSql.FindRelinked)
            .With([.. moved.Select(static o => o.Key)]).With([.. moved.Select(static o => o.Value.Before)]).With([.. moved.Select(static o => o.Value.Now)])
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The e-mails that have another owner than before the run.</summary>
    private List<KeyValuePair<string, (string Before, string Now)>> Moved() =>
        [.. _owners.Where(static o => !string.Equals(o.Value.Before, o.Value.Now, StringComparison.Ordinal))];

    private async ValueTask<bool> IsAnyAdmittedAsync(DateOnly asOf, CancellationToken cancellationToken) =>
        await _transaction.Command(ScoreSql.IsAnyAdmitted).With(asOf).ScalarAsync(cancellationToken).ConfigureAwait(false) is not null;

    private async ValueTask CountAsync(CancellationToken cancellationToken)
    {
        var command = _transaction.LocalCommand(ScoreSql.CountStage);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                (Given, Net) = (reader.GetInt64(0), reader.GetDecimal(1));
            }
        }
    }

    private async ValueTask<string?> OwnerAsync(string email, CancellationToken cancellationToken) =>
        await _transaction.Command(ScoreSql.OwnerOfEmail).With(email).ScalarAsync(cancellationToken).ConfigureAwait(false) as string;

    /// <summary>Notes who owned an e-mail before the run and who owns it now.</summary>
    private void Relink(string email, string before, string now) =>
        _owners[email] = (_owners.TryGetValue(email, out var known) ? known.Before : before, now);

    private async ValueTask CreateAsync(CancellationToken cancellationToken)
    {
        if (!_isCreated)
        {
            await _transaction.ExecuteLocalAsync(ScoreSql.CreateStage, cancellationToken).ConfigureAwait(false);
            _isCreated = true;
        }
    }

    private void Encode(Order order)
    {
        if (order.PlacedAt.Ticks % TimeSpan.TicksPerMicrosecond != 0)
        {
            throw new ArgumentException($"The time of order {order.Key} has parts below a microsecond, which PostgreSQL cannot keep; round it.", nameof(order));
        }

        _buffer.StartRow(16);
        _buffer.Int64(_staged++);
        _buffer.Boolean(false);
        _buffer.Timestamp(order.PlacedAt);
        _buffer.Numeric(order.Gross);
        _buffer.Numeric(order.Fees);
        _buffer.Numeric(order.Refunded);
        _buffer.Numeric(order.Net);
        _buffer.Int16((short)order.Key.Platform);
        _buffer.Int16((short)order.Standing);
        _buffer.Text(order.Key.Id);
        TextOrNull(order.CustomerKey);
        _buffer.Text(order.Contact);
        _buffer.Text(order.Status);
        _buffer.Text(order.Item);
        _buffer.Text(order.Purchaser);
        TextOrNull(order.RefundOf);
        HasCredits |= order.RefundOf is not null;
    }

    private void TextOrNull(string? text)
    {
        if (text is null)
        {
            _buffer.Null();
        }
        else
        {
            _buffer.Text(text);
        }
    }
}
