using System.Data.Common;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Npgsql;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>
/// What is stored under the keys of a batch and of what it names: read in one round trip, together with the lock of the book.
/// </summary>
internal sealed class BatchKeys
{
    private readonly HashSet<(LedgerOperationKind Kind, string Id)> _operations = [];
    private readonly HashSet<string> _orders = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refunds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _redemptionRows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _redemptions = new(StringComparer.Ordinal);

    private readonly int _items;

    public BatchKeys(IReadOnlyList<BatchItem> items)
    {
        _items = items.Count;
        foreach (var item in items)
        {
            switch (item.Row)
            {
                case null:
                    _operations.Add((item.Operation.Kind, item.Operation.Id));
                    if (TargetOf(item.Operation) is { } target)
                    {
                        _operations.Add(target);
                    }

                    break;
                case OrderRow order when LiveRows.Fault(order) == RowColumn.None:
                    HasRows = true;
                    _orders.Add(order.Id);
                    _operations.Add((LedgerOperationKind.Earn, order.Id));
                    break;
                case RefundRow refund when LiveRows.Fault(refund) == RowColumn.None:
                    HasRows = true;
                    _refunds.Add(refund.Id);
                    _operations.Add((LedgerOperationKind.Refund, refund.Id));
                    _operations.Add((LedgerOperationKind.Earn, refund.Order));
                    break;
                case RedemptionRequest request when LiveRows.Fault(request.Row) == RowColumn.None:
                    HasRows = true;
                    _redemptionRows.Add(request.Row.Id);
                    _operations.Add((LedgerOperationKind.Redeem, request.Row.Id));
                    _operations.Add((LedgerOperationKind.GiveBack, request.Row.Id));
                    break;
            }
        }

        foreach (var (kind, id) in _operations)
        {
            if (kind == LedgerOperationKind.Earn)
            {
                _orders.Add(id);
            }
            else if (kind == LedgerOperationKind.Redeem)
            {
                _redemptions.Add(id);
            }
        }
    }

    /// <summary>Whether there are rows among the items.</summary>
    public bool HasRows { get; }

    /// <summary>The book; <see langword="null"/> while the tenant has none.</summary>
    public BookState? Book { get; private set; }

    /// <summary>The number of the transaction, where there are rows.</summary>
    public string? TransactionId { get; private set; }

    /// <summary>Whether the attempt was kept whose answer was lost.</summary>
    public bool WasLostKept { get; private set; }

    public Dictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> Operations { get; } = [];

    /// <summary>The orders of rows that were found, by id.</summary>
    public Dictionary<string, RowRecord<OrderRow>> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them whose key of the ledger stands in their row.</summary>
    public HashSet<string> OwnOrders { get; } = new(StringComparer.Ordinal);

    /// <summary>Orders that were taken and whose answer the entries of their member tell, unless they did not come to the ledger.</summary>
    public Dictionary<string, OrderRow> Untold { get; } = new(StringComparer.Ordinal);

    /// <summary>The refunds that were taken last of their order.</summary>
    public HashSet<string> LastRefunds { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RowRecord<RefundRow>> Refunds { get; } = new(StringComparer.Ordinal);

    public List<RowRecord<RedemptionRow>> RedemptionEvents { get; } = [];

    /// <summary>The claims that rows and operations are about.</summary>
    public List<Redemption> Redemptions { get; } = [];

    /// <summary>Those of them whose operation does not stand among the operations.</summary>
    public IEnumerable<Redemption> UntoldRedemptions => Redemptions.Where(r => !Operations.ContainsKey((LedgerOperationKind.Redeem, r.Id)));

    /// <summary>What an operation is about.</summary>
    public static (LedgerOperationKind Kind, string Id)? TargetOf(in LedgerOperation operation) => operation.Kind switch
    {
        LedgerOperationKind.GiveBack => (LedgerOperationKind.Redeem, operation.Target!),
        LedgerOperationKind.Refund => (LedgerOperationKind.Earn, operation.Target!),
        LedgerOperationKind.Commit or LedgerOperationKind.Release => (LedgerOperationKind.Reserve, operation.Target!),
        _ => null,
    };

    /// <summary>Locks the book and reads what stands under the keys.</summary>
    /// <param name="transaction">Where to work.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="lost">The token of the attempt whose answer was lost.</param>
    /// <param name="lostId">The number of its transaction.</param>
    public async ValueTask LockAsync(TenantTransaction transaction, string tenant, AttemptToken? lost, string? lostId)
    {
        var batch = transaction.FirstBatch(PointsSql.BatchSettings, _items);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(transaction.BatchCommand(PointsSql.LockBook));
            List<Action<DbDataReader>> steps = [];
            Ask(PointsSql.Operations, r => ReadOperation(r, lost), c => c
                .With([.. _operations.Select(static k => EnumText.Operation[k.Kind])]).With([.. _operations.Select(static k => k.Id)]));
            if (_orders.Count > 0)
            {
                Ask(PointsSql.Orders, ReadOrder, c => c.With([.. _orders]));
            }

            if (_refunds.Count > 0)
            {
                Ask(PointsSql.Refunds, ReadRefund, c => c.With([.. _refunds]));
                Ask(PointsSql.OrdersOfRefunds, ReadOrder, c => c.With([.. _refunds]));
            }

            if (_redemptionRows.Count > 0)
            {
                Ask(PointsSql.RedemptionEvents, r => RedemptionEvents.Add(KeyReader.RedemptionEvent(r)), c => c.With([.. _redemptionRows]));
            }

            if (_redemptions.Count > 0)
            {
                Ask(PointsSql.Redemptions, r => Redemptions.Add(MemberReader.Redemption(r)), c => c.With([.. _redemptions]));
            }

            if (HasRows)
            {
                Ask(PointsSql.Transactions, ReadTransaction, c => c.With(lostId));
            }

            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                Book = await BookState.ReadFirstAsync(reader, tenant).ConfigureAwait(false);
                foreach (var step in steps)
                {
                    while (await reader.ReadAsync().ConfigureAwait(false))
                    {
                        step(reader);
                    }

                    await reader.NextResultAsync().ConfigureAwait(false);
                }
            }

            AddToldRows();

            void Ask(string sql, Action<DbDataReader> step, Func<NpgsqlBatchCommand, NpgsqlBatchCommand> with)
            {
                batch.BatchCommands.Add(with(transaction.BatchCommand(sql)));
                steps.Add(step);
            }
        }
    }

    /// <summary>Reads what stands under further keys.</summary>
    public async ValueTask LoadMoreAsync(
        TenantTransaction transaction, IReadOnlyCollection<(LedgerOperationKind Kind, string Id)> keys, IReadOnlyCollection<string> redemptions)
    {
        var more = keys.Where(k => !Operations.ContainsKey(k)).ToArray();
        var batch = transaction.Batch();
        batch.BatchCommands.Add(
            transaction.BatchCommand(PointsSql.Operations).With([.. more.Select(static k => EnumText.Operation[k.Kind])]).With([.. more.Select(static k => k.Id)]));
        batch.BatchCommands.Add(transaction.BatchCommand(PointsSql.Redemptions).With([.. redemptions.Where(id => !_redemptions.Contains(id))]));
        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    ReadOperation(reader, lost: null);
                }

                await reader.NextResultAsync().ConfigureAwait(false);
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    Redemptions.Add(MemberReader.Redemption(reader));
                }
            }
        }
    }

    /// <summary>Reads the orders whose refunds may ask for points that are given back, each with the refund that was taken last.</summary>
    public async ValueTask LoadLastRefundsAsync(TenantTransaction transaction, IReadOnlyCollection<string> orders)
    {
        var refunded = new List<string>();
        await ReadAsync(transaction.Command(PointsSql.LastRefunds).With([.. orders]), reader =>
        {
            var (record, _, _) = KeyReader.Operation(reader);
            Operations.TryAdd((record.Operation.Kind, record.Operation.Id), record);
            LastRefunds.Add(record.Operation.Id);
            refunded.Add(record.Operation.Target!);
        }).ConfigureAwait(false);
        refunded.RemoveAll(id => Operations.ContainsKey((LedgerOperationKind.Earn, id)));
        if (refunded.Count > 0)
        {
            await LoadMoreAsync(transaction, [.. refunded.Select(static id => (LedgerOperationKind.Earn, id))], []).ConfigureAwait(false);
            await ReadAsync(transaction.Command(PointsSql.Orders).With([.. refunded]), ReadOrder).ConfigureAwait(false);
        }
    }

    private static async ValueTask ReadAsync(NpgsqlCommand command, Action<DbDataReader> read)
    {
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    read(reader);
                }
            }
        }
    }

    /// <summary>Adds the rows of claims that stand with their redemption alone.</summary>
    private void AddToldRows()
    {
        var claimed = RedemptionEvents.Where(static r => r.Row.Event == RedemptionEvent.Claimed).Select(static r => r.Row.Id).ToHashSet(StringComparer.Ordinal);
        RedemptionEvents.AddRange(Redemptions.Where(r => _redemptionRows.Contains(r.Id) && !claimed.Contains(r.Id)).Select(ToldClaims.Row).OfType<RowRecord<RedemptionRow>>());
    }

    private void ReadTransaction(DbDataReader reader)
    {
        TransactionId = reader.GetString(0);
        WasLostKept |= reader.GetBoolean(1);
    }

    private void ReadOperation(DbDataReader reader, AttemptToken? lost)
    {
        var (record, version, number) = KeyReader.Operation(reader);
        Operations.Add((record.Operation.Kind, record.Operation.Id), record);
        Untold.Remove(record.Operation.Kind == LedgerOperationKind.Earn ? record.Operation.Id : string.Empty);
        WasLostKept |= lost?.IsOn(version, number) == true;
    }

    /// <summary>Reads an order, unless it was read already.</summary>
    public void ReadOrder(DbDataReader reader)
    {
        var record = KeyReader.Order(reader);
        if (!Orders.TryAdd(record.Row.Id, record))
        {
            return;
        }

        var key = (LedgerOperationKind.Earn, record.Row.Id);
        if (KeyReader.Earned(reader) is { } earned)
        {
            Operations.Add(key, earned);
            OwnOrders.Add(record.Row.Id);
        }
        else if (record.State == RowState.Taken && !Operations.ContainsKey(key))
        {
            Untold.Add(record.Row.Id, record.Row);
        }
    }

    private void ReadRefund(DbDataReader reader)
    {
        var record = KeyReader.Refund(reader);
        Refunds.Add(record.Row.Id, record);
    }
}
