using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Points;

namespace Loyalty.Sqlite.Points;

/// <summary>The part of the book that a run or a call may touch: what stands under its keys, and the members concerned with everything of theirs.</summary>
/// <remarks>First what is known by keys, then <see cref="Load()"/>, which loads the members; then the rules may be asked.</remarks>
internal sealed class LoadedBook
{
    private readonly PointsRows _rows;
    private readonly LoyaltyProgram _program;
    private readonly PointsRunRow? _stored;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Queue<string> _toLoad = [];
    private readonly Dictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> _operations = [];

    /// <summary>The operations of the members, of each in the order in which they were decided.</summary>
    private readonly List<RecordedOperation> _ofMembers = [];
    private ILookup<string, RowRecord<RefundRow>>? _waitingRefunds;

    public LoadedBook(SqliteConnectionLease lease, LoyaltyProgram program, PointsRunRow? stored)
    {
        _rows = new PointsRows(lease);
        _program = program;
        _stored = stored;
        Book = new PointsBook(program.Points!, stored?.AsOf, stored?.Arrivals ?? 0);
    }

    public PointsBook Book { get; }

    /// <summary>The hash of the last entry of each member that the file has.</summary>
    public Dictionary<string, byte[]> Heads { get; } = new(StringComparer.Ordinal);

    /// <summary>How the book stood when it was loaded.</summary>
    public BookMark Mark { get; private set; } = null!;

    /// <summary>Asks for a member and all that waits for it.</summary>
    public void Need(string? member)
    {
        if (member is not null && _stored is not null && _names.Add(member))
        {
            _toLoad.Enqueue(member);
        }
    }

    /// <summary>Asks for what an operation of a run or call touches.</summary>
    public void Need(in LedgerOperation operation)
    {
        Need(operation.Member);
        Need(operation.Kind == LedgerOperationKind.Transfer ? operation.Target : null);
        Need(operation.Kind, operation.Id);
        if (operation.Kind is LedgerOperationKind.GiveBack or LedgerOperationKind.Refund or LedgerOperationKind.Commit or LedgerOperationKind.Release)
        {
            Need(
                operation.Kind switch
                {
                    LedgerOperationKind.GiveBack => LedgerOperationKind.Redeem,
                    LedgerOperationKind.Refund => LedgerOperationKind.Earn,
                    _ => LedgerOperationKind.Reserve,
                },
                operation.Target!);
        }
    }

    /// <summary>Asks for what stands under the id of an order.</summary>
    public void NeedOrder(string id)
    {
        foreach (var order in _rows.Orders("id = ?", id))
        {
            Need(order);
        }

        Need(LedgerOperationKind.Earn, id);
    }

    /// <summary>Asks for what stands under the id of a refund.</summary>
    public void NeedRefund(string id)
    {
        foreach (var refund in _rows.Refunds("id = ?", id))
        {
            Need(refund);
        }

        Need(LedgerOperationKind.Refund, id);
    }

    /// <summary>Asks for what stands under the id of a redemption.</summary>
    public void NeedRedemption(string id)
    {
        foreach (var row in _rows.RedemptionRows("id = ?", id))
        {
            Book.Add(row);
            Need(row.Row.Customer);
        }

        _rows.Texts("SELECT member FROM points_redemption WHERE id = ?", s => s.With(id)).ForEach(Need);
        Need(LedgerOperationKind.Redeem, id);
        Need(LedgerOperationKind.GiveBack, id);
    }

    /// <summary>Asks for everything that a run closes: what waits, and the members of whom something runs out.</summary>
    public void NeedDue(DateOnly asOf)
    {
        _rows.Orders("state = 'waiting'").ForEach(o => NeedOrder(o.Row.Id));
        foreach (var refund in _rows.Refunds("state = 'waiting'"))
        {
            NeedRefund(refund.Row.Id);
            NeedRefundsOf(refund.Row.Order);
        }

        _rows.RedemptionRows("state = 'waiting'").ForEach(r => NeedRedemption(r.Row.Id));
        _rows.Texts("SELECT member FROM points_member WHERE next_due <= ?", s => s.With(asOf)).ForEach(Need);
    }

    /// <summary>Asks for the members whose holds are over at an instant.</summary>
    public void NeedHolds(DateTime instant) =>
        _rows.Texts("SELECT owner FROM points_operation WHERE is_hold AND expires_at <= ?", s => s.With(instant.Ticks)).ForEach(Need);

    /// <summary>Loads the members that were asked for, and notes how the book stands.</summary>
    public void Load()
    {
        while (_toLoad.TryDequeue(out var name))
        {
            Load(name);
        }

        foreach (var operation in _ofMembers)
        {
            _operations.Remove((operation.Operation.Kind, operation.Operation.Id));
        }

        foreach (var operation in _operations.Values.Concat(_ofMembers))
        {
            Book.Ledger.Restore(operation);
        }

        Book.Ledger.RestoreIssued(_stored?.Issued ?? 0);
        foreach (var reward in _program.Rewards.Where(static r => r.Stock is not null))
        {
            Book.Desk.Restore(reward.Id, Taken(reward));
        }

        Mark = new BookMark(Book);
    }

    private void Load(string name)
    {
        foreach (var order in _rows.Orders("state = 'waiting' AND customer = ?", name))
        {
            Need(order);
            Need(LedgerOperationKind.Earn, order.Row.Id);
        }

        // Orders are found by their ids alone, and mostly no refund waits.
        _waitingRefunds ??= _rows.Refunds("state = 'waiting'")
            .SelectMany(r => _rows.Texts("SELECT customer FROM points_order WHERE id = ?", s => s.With(r.Row.Order)).Select(c => (Customer: c, Refund: r)))
            .ToLookup(static w => w.Customer, static w => w.Refund, StringComparer.Ordinal);
        foreach (var refund in _waitingRefunds[name])
        {
            Need(refund);
            Need(LedgerOperationKind.Refund, refund.Row.Id);
        }

        foreach (var row in _rows.RedemptionRows("state = 'waiting' AND customer = ?", name))
        {
            NeedRedemption(row.Row.Id);
        }

        if (_rows.Member(name) is not { } member)
        {
            return;
        }

        Book.Add(member.Book);
        Heads.Add(name, member.Head);
        _ofMembers.AddRange(_rows.OperationsOf(name));
    }

    private void Need(RowRecord<OrderRow> order)
    {
        Book.Add(order);
        Need(order.Row.Customer);
    }

    private void Need(RowRecord<RefundRow> refund)
    {
        if (ReferenceEquals(Book.Add(refund), refund))
        {
            NeedOrder(refund.Row.Order);
        }
    }

    /// <summary>Asks for the earlier refunds of an order: of one that earned nothing the ledger does not know what is left.</summary>
    public void NeedRefundsOf(string order) => _rows.Refunds("state = 'taken' AND order_id = ?", order).ForEach(r => Book.Add(r));

    private void Need(LedgerOperationKind kind, string id)
    {
        if (!_operations.ContainsKey((kind, id)) && _rows.Operation(kind, id) is { } operation)
        {
            _operations.Add((kind, id), operation);
            _rows.Texts("SELECT owner FROM points_operation WHERE kind = ? AND id = ?", s => s.With(EnumText<LedgerOperationKind>.Of(kind)).With(id)).ForEach(Need);
        }
    }

    private int Taken(Reward reward) => checked((int)_rows.Texts(
        "SELECT CAST(count(*) AS TEXT) FROM points_redemption WHERE reward = ? AND status IN ('pending', 'fulfilled', 'concluded')", s => s.With(reward.Id))
        .Sum(static n => long.Parse(n, System.Globalization.CultureInfo.InvariantCulture)));
}
