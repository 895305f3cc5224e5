using System.Data.Common;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Rewards;
using Npgsql;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>
/// The part of a tenant's book that a batch may touch: what stands under its keys, the members concerned, and what waits for those of rows. For the
/// rules it is a whole book. Members come from the cache where it is sure of them.
/// </summary>
internal sealed class BatchBook
{
    private readonly TenantTransaction _transaction;
    private readonly LoyaltyProgram _program;
    private readonly BatchKeys _keys;
    private readonly MemberCache _cache;
    private readonly HashSet<object> _waited = [];
    private readonly HashSet<int> _ofRows = [];
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    public BatchBook(TenantTransaction transaction, LoyaltyProgram program, BatchKeys keys, BookState stored, MemberCache cache)
    {
        _transaction = transaction;
        _program = program;
        _keys = keys;
        _cache = cache;
        Stored = stored;

        // Members outlive the ledger in the cache, each as long as it is used.
        Book = new PointsBook(program.Points!, stored.AsOf, stored.Arrivals);
    }

    public BookState Stored { get; }

    public PointsBook Book { get; }

    /// <summary>The members that the database has, of those in the book; receives the new ones when they are written.</summary>
    public Dictionary<string, StoredMember> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>The operations that the database has, of those in the ledger.</summary>
    public Dictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> Operations => _keys.Operations;

    /// <summary>Orders that hold their key of the ledger themselves.</summary>
    public HashSet<string> OwnOrders => _keys.OwnOrders;

    /// <summary>How many claims were on the desk before the batch.</summary>
    public int ClaimsBefore { get; private set; }

    /// <summary>Whether something took a key or left its waiting.</summary>
    public bool IsChanged => Book.Ledger.Operations.Count > Operations.Count || Book.Arrivals > Stored.Arrivals || _waited.Any(IsLeft);

    /// <summary>Whether a row took its key in this batch.</summary>
    public bool IsNew<T>(RowRecord<T> record)
        where T : struct => record.Arrival >= Stored.Arrivals;

    /// <summary>Whether a row that waited was taken or refused in this batch.</summary>
    public bool IsMoved<T>(RowRecord<T> record)
        where T : struct => record.State != RowState.Waiting && _waited.Contains(record);

    /// <summary>Says that rows made the operations between two numbers.</summary>
    public void AddOfRows(int first, int end)
    {
        for (var number = first; number < end; number++)
        {
            _ofRows.Add(number);
        }
    }

    /// <summary>Whether a row made an operation; an order that did stands with its answer in its own row.</summary>
    public bool IsOfRow(int number) => _ofRows.Contains(number);

    /// <summary>Reads what the batch may touch and the cache is not sure of.</summary>
    public async ValueTask LoadAsync(IReadOnlyList<BatchItem> items)
    {
        foreach (var record in _keys.Orders.Values)
        {
            Know(record);
        }

        foreach (var record in _keys.Refunds.Values)
        {
            Know(record);
        }

        foreach (var record in _keys.RedemptionEvents.Select(Know))
        {
            if (record.State == RowState.Waiting)
            {
                _waited.Add(record);
            }
        }

        var names = new BatchNames();
        foreach (var item in items)
        {
            See(item, names);
        }

        await ReadMembersAsync(names).ConfigureAwait(false);
        await LoadWaitingAsync().ConfigureAwait(false);
        foreach (var redeemed in ToldClaims.Find([.. _keys.UntoldRedemptions], Members))
        {
            Operations.Add((LedgerOperationKind.Redeem, redeemed.Operation.Id), redeemed);
        }

        await LoadLastRefundsAsync(items).ConfigureAwait(false);
        foreach (var earned in EarnedOrders.Find(_keys.Untold.Values, Members))
        {
            Operations.Add((LedgerOperationKind.Earn, earned.Operation.Id), earned);
            OwnOrders.Add(earned.Operation.Id);
        }

        foreach (var (name, member) in Members)
        {
            if (member.Book is { } book)
            {
                Book.Add(book);
            }
            else
            {
                Book.Ledger.Restore(member.Ledger);
            }

            // Until the batch is kept, the member is not as in the database.
            _cache.Forget(name);
        }

        foreach (var redemption in _keys.Redemptions)
        {
            // Of members who are not whole: why it was refused, or whose it is, is all that is asked of it.
            if (Book.Desk.Find(redemption.Id) is null)
            {
                Book.Desk.Add(redemption);
            }
        }

        ClaimsBefore = Book.Desk.Redemptions.Count;
        foreach (var (reward, count) in _taken)
        {
            Book.Desk.Restore(reward, count);
        }

        _cache.Taken.Clear();
        Book.Ledger.RestoreIssued(Stored.Issued);
        Book.Ledger.Restore(Operations.Values, _keys.LastRefunds);
    }

    /// <summary>Gives the members to the cache, as they are at a version of the book.</summary>
    public void Keep(MemberCache cache, long version)
    {
        foreach (var name in Book.WaitingOrders.Select(static r => r.Row.Customer)
            .Concat(Book.WaitingRefunds.Select(r => Book.Orders[r.Row.Order].Row.Customer)).Concat(Book.WaitingRedemptions.Select(static r => r.Row.Customer)))
        {
            if (Members.TryGetValue(name, out var member))
            {
                member.HasNothingWaiting = false;
            }
        }

        foreach (var reward in _taken.Keys)
        {
            cache.Taken[reward] = Book.Desk.TakenOf(reward);
        }

        cache.Keep(Members.Values, version);
    }

    private static bool IsLeft(object record) => record switch
    {
        RowRecord<OrderRow> order => order.State != RowState.Waiting,
        RowRecord<RefundRow> refund => refund.State != RowState.Waiting,
        _ => ((RowRecord<RedemptionRow>)record).State != RowState.Waiting,
    };

    private void See(in BatchItem item, BatchNames names)
    {
        switch (item.Row)
        {
            case null:
                See(item.Operation, names);
                break;
            case OrderRow order when LiveRows.Fault(order) == RowColumn.None && (!Book.Orders.TryGetValue(order.Id, out var record) || record.State == RowState.Waiting):
                names.AddWaiting(order.Customer);
                names.Add(record?.Row.Customer);
                break;
            case RefundRow refund when LiveRows.Fault(refund) == RowColumn.None && (!Book.Refunds.TryGetValue(refund.Id, out var record) || record.State == RowState.Waiting):
                if (Book.Orders.TryGetValue(refund.Order, out var known))
                {
                    names.AddWaiting(known.Row.Customer);
                }

                // An operation may have earned under the id for somebody else.
                names.Add(Operations.GetValueOrDefault((LedgerOperationKind.Earn, refund.Order)).Operation.Member);
                break;
            case RedemptionRequest { Row: var row } when LiveRows.Fault(row) == RowColumn.None && Find(row) is not { State: not RowState.Waiting }:
                names.AddWhole(row.Customer);
                foreach (var redemption in _keys.Redemptions)
                {
                    names.AddWhole(string.Equals(redemption.Id, row.Id, StringComparison.Ordinal) ? redemption.Member : null);
                }

                names.Add(Operations.GetValueOrDefault((LedgerOperationKind.Redeem, row.Id)).Operation.Member);
                break;
        }
    }

    private void See(in LedgerOperation operation, BatchNames names)
    {
        if (Operations.ContainsKey((operation.Kind, operation.Id)))
        {
            return;
        }

        names.Add(operation.Member);
        names.Add(operation.Kind == LedgerOperationKind.Transfer ? operation.Target : null);
        names.Add(BatchKeys.TargetOf(operation) is { } target && Operations.TryGetValue(target, out var record) ? record.Operation.Member : null);
        names.Add(_keys.Untold.GetValueOrDefault(operation.Kind == LedgerOperationKind.Refund ? operation.Target! : operation.Id).Customer);
        if (operation.Kind is LedgerOperationKind.Redeem or LedgerOperationKind.GiveBack)
        {
            var redeemed = operation.Kind == LedgerOperationKind.GiveBack ? operation.Target : operation.Id;
            names.Add(_keys.Redemptions.Find(r => string.Equals(r.Id, redeemed, StringComparison.Ordinal))?.Member);
        }
    }

    private RowRecord<RedemptionRow>? Find(in RedemptionRow row) => row.Event == RedemptionEvent.Claimed
        ? Book.Claims.GetValueOrDefault(row.Id)
        : Book.Events.GetValueOrDefault((row.Id, row.Event, row.Date));

    private async ValueTask ReadMembersAsync(BatchNames names)
    {
        var known = new Dictionary<string, StoredMember>(StringComparer.Ordinal);
        var unsure = new List<string>();
        foreach (var (name, need) in names.All)
        {
            if (_cache.Find(name, out var isRight) is not { } member)
            {
                unsure.Add(name);
            }
            else if (isRight && (need == BatchNeed.Ledger || member.Book is not null) && (need != BatchNeed.Waiting || member.HasNothingWaiting))
            {
                Members.Add(name, member);
            }
            else
            {
                unsure.Add(name);
                known.Add(name, member);
            }
        }

        var isWhole = unsure.Exists(n => names[n] > BatchNeed.Ledger);
        var waiting = unsure.Where(n => names[n] == BatchNeed.Waiting).ToArray();
        List<(NpgsqlBatchCommand, Action<DbDataReader>)> besides = [];
        if (waiting.Length > 0)
        {
            besides.Add((_transaction.BatchCommand(PointsSql.WaitingOrdersOf).With(waiting), r => Wait(Know(KeyReader.Order(r)))));
            besides.Add((_transaction.BatchCommand(PointsSql.WaitingRefundsOf).With(waiting), r =>
            {
                _keys.ReadOrder(r);
                Know(_keys.Orders[r.GetString(0)]);
                Wait(Know(KeyReader.Refund(r, KeyReader.OrderColumns)));
            }));
            besides.Add((_transaction.BatchCommand(PointsSql.WaitingRedemptionEventsOf).With(waiting), r => Wait(Know(KeyReader.RedemptionEvent(r)))));
        }

        AskTaken(besides);
        if (unsure.Count > 0 || besides.Count > 0)
        {
            var reader = new MemberReader(_transaction, isWhole, withHashes: false);
            foreach (var (name, member) in await reader.ReadAsync([.. unsure], known, CancellationToken.None, besides).ConfigureAwait(false))
            {
                Members.Add(name, member);
            }
        }

        foreach (var name in waiting)
        {
            if (Members.TryGetValue(name, out var member))
            {
                member.HasNothingWaiting = true;
            }
        }
    }

    /// <summary>Reads what stands under the keys of rows that wait, which may be taken with those of the batch. Mostly nothing waits.</summary>
    private async ValueTask LoadWaitingAsync()
    {
        var keys = new HashSet<(LedgerOperationKind Kind, string Id)>();
        var redemptions = new HashSet<string>(StringComparer.Ordinal);
        foreach (var order in Book.WaitingOrders)
        {
            keys.Add((LedgerOperationKind.Earn, order.Row.Id));
        }

        foreach (var refund in Book.WaitingRefunds)
        {
            keys.Add((LedgerOperationKind.Refund, refund.Row.Id));
            keys.Add((LedgerOperationKind.Earn, refund.Row.Order));
        }

        foreach (var redemption in Book.WaitingRedemptions)
        {
            redemptions.Add(redemption.Row.Id);
            keys.Add((LedgerOperationKind.Redeem, redemption.Row.Id));
            keys.Add((LedgerOperationKind.GiveBack, redemption.Row.Id));
        }

        if (keys.Count > 0)
        {
            await _keys.LoadMoreAsync(_transaction, keys, redemptions).ConfigureAwait(false);
        }

        // What waits may stand under the key of an operation of somebody else.
        var others = new BatchNames();
        foreach (var key in keys)
        {
            if (Operations.GetValueOrDefault(key).Operation.Member is { } member && !Members.ContainsKey(member))
            {
                others.Add(member);
            }
        }

        foreach (var redemption in _keys.UntoldRedemptions.Where(r => redemptions.Contains(r.Id) && !Members.ContainsKey(r.Member)))
        {
            others.Add(redemption.Member);
        }

        if (others.All.Any())
        {
            await ReadMembersAsync(others).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the orders whose refunds may ask for points that are given back. Mostly none are.</summary>
    private async ValueTask LoadLastRefundsAsync(IReadOnlyList<BatchItem> items)
    {
        var orders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item.Row is null && item.Operation.Kind == LedgerOperationKind.GiveBack)
            {
                AddOrders(item.Operation.Target!, customer: null);
            }
            else if (item.Row is RedemptionRequest { Row: var row } && LiveRows.Fault(row) == RowColumn.None && Redemption.GivesBack(row.Event))
            {
                AddOrders(row.Id, row.Customer);
            }
        }

        foreach (var waiting in Book.WaitingRedemptions.Select(static r => r.Row).Where(static r => Redemption.GivesBack(r.Event)))
        {
            AddOrders(waiting.Id, waiting.Customer);
        }

        if (orders.Count > 0)
        {
            await _keys.LoadLastRefundsAsync(_transaction, orders).ConfigureAwait(false);
        }

        // What is claimed in the batch itself is of the member's lots.
        void AddOrders(string redemption, string? customer)
        {
            var redeemed = Operations.GetValueOrDefault((LedgerOperationKind.Redeem, redemption));
            if ((redeemed.Operation.Member ?? customer ?? ClaimantOf(redemption)) is { } name && Members.TryGetValue(name, out var member))
            {
                orders.UnionWith(member.Ledger.OrdersToAsk(redeemed.Result.IsApplied ? redeemed.Lot : 0));
            }
        }

        string? ClaimantOf(string redemption)
        {
            foreach (var item in items)
            {
                if (item.Row is null && item.Operation.Kind == LedgerOperationKind.Redeem && string.Equals(item.Operation.Id, redemption, StringComparison.Ordinal))
                {
                    return item.Operation.Member;
                }
            }

            return null;
        }
    }

    /// <summary>Counts what is taken of rewards with a stock. The cache knows it where nobody else wrote.</summary>
    private void AskTaken(List<(NpgsqlBatchCommand, Action<DbDataReader>)> besides)
    {
        if (!_keys.HasRows)
        {
            return;
        }

        // Claims that wait may be taken with any row of their member.
        var limited = _program.Rewards.Where(static r => r.Stock is not null).ToList();
        foreach (var reward in limited)
        {
            if (_cache.Taken.TryGetValue(reward.Id, out var count))
            {
                _taken[reward.Id] = count;
            }
        }

        foreach (var reward in limited.Where(r => !_taken.ContainsKey(r.Id)))
        {
            besides.Add((_transaction.BatchCommand(PointsSql.Taken).With(reward.Id), r => _taken[reward.Id] = r.GetInt32(0)));
        }
    }

    private RowRecord<OrderRow> Know(RowRecord<OrderRow> record) => Book.Add(record);

    private RowRecord<RefundRow> Know(RowRecord<RefundRow> record) => Book.Add(record);

    private RowRecord<RedemptionRow> Know(RowRecord<RedemptionRow> record) => Book.Add(record);

    private void Wait(object record) => _waited.Add(record);
}
