using Loyalty.Clubs;
using Loyalty.Memory;
using Loyalty.Points.Ledger;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>What a row has come to.</summary>
internal enum RowState
{
    /// <summary>Its date has not come.</summary>
    Waiting,

    /// <summary>It was taken.</summary>
    Taken,

    /// <summary>It was refused, and stays so.</summary>
    Refused,
}

/// <summary>A row that holds its key, and what it has come to.</summary>
internal sealed class RowRecord<T>(T row, long arrival)
    where T : struct
{
    public T Row { get; } = row;

    /// <summary>The number of the row among all rows ever taken in.</summary>
    public long Arrival { get; } = arrival;

    public RowState State { get; set; }

    public RowRefusal Refusal { get; set; }

    public RowColumn Column { get; set; }

    public void Refuse(RowRefusal refusal, RowColumn column)
    {
        State = RowState.Refused;
        Refusal = refusal;
        Column = column;
    }
}

/// <summary>One member in the book.</summary>
internal sealed class BookMember(MemberLedger ledger)
{
    public string Member => Ledger.Member;

    public MemberLedger Ledger { get; } = ledger;

    public Membership Club { get; } = new();

    public List<Redemption> Redemptions { get; } = [];

    /// <summary>The earliest date of an order that was taken; from then on the member is listed.</summary>
    public DateOnly? FirstOrderOn { get; set; }

    /// <summary>Whether an order of the member was taken.</summary>
    public bool HasOrdered => FirstOrderOn is not null;
}

/// <summary>Everything that runs have recorded: rows and their keys, enrollments, points, redemptions.</summary>
/// <param name="program">The rules of points.</param>
/// <param name="arena">Where the ledgers of members lie; <see langword="null"/> where each is kept by itself, longer than the book.</param>
internal sealed class PointsBook(PointsProgram program, LedgerArena? arena)
{
    private Dictionary<string, List<object>>? _waitingOf;

    public PointsBook(PointsProgram program)
        : this(program, LedgerArena.Shared())
    {
    }

    public DateOnly? AsOf { get; set; }

    public long Arrivals { get; set; }

    public PointsLedger Ledger { get; } = new(program) { Arena = arena };

    public RewardDesk Desk { get; } = new();

    public Dictionary<string, BookMember> Members { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RowRecord<OrderRow>> Orders { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RowRecord<RefundRow>> Refunds { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RowRecord<RedemptionRow>> Claims { get; } = new(StringComparer.Ordinal);

    public Dictionary<(string Id, RedemptionEvent Event, DateOnly Date), RowRecord<RedemptionRow>> Events { get; } = [];

    /// <summary>Rows whose date has not come.</summary>
    public List<RowRecord<OrderRow>> WaitingOrders { get; } = [];

    public List<RowRecord<RefundRow>> WaitingRefunds { get; } = [];

    public List<RowRecord<RedemptionRow>> WaitingRedemptions { get; } = [];

    public BookMember Member(string name)
    {
        ref var member = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Members, name, out _);
        return member ??= new BookMember(Ledger.FindOrAdd(name));
    }

    /// <summary>The record that holds the key of an order; a new one, which waits, when there is none.</summary>
    public (RowRecord<OrderRow> Record, bool IsNew) FindOrAdd(OrderRow row) => FindOrAdd(Orders, row.Id, row);

    /// <summary>The record that holds the key of a refund; a new one, which waits, when there is none.</summary>
    public (RowRecord<RefundRow> Record, bool IsNew) FindOrAdd(RefundRow row) => FindOrAdd(Refunds, row.Id, row);

    /// <summary>The record that holds the key of a claim or of what happened to one; a new one, which waits, when there is none.</summary>
    public (RowRecord<RedemptionRow> Record, bool IsNew) FindOrAdd(RedemptionRow row) => row.Event == RedemptionEvent.Claimed
        ? FindOrAdd(Claims, row.Id, row)
        : FindOrAdd(Events, (row.Id, row.Event, row.Date), row);

    public IEnumerable<BookMember> InOrder() => Members.Values.OrderBy(static m => m.Member, CodePointOrder.Instance);

    /// <summary>The rows that wait for a member, in no particular order; <see langword="null"/> for none. For callers who take rows one by one.</summary>
    public List<object>? WaitingOf(string member)
    {
        if (_waitingOf is null)
        {
            _waitingOf = new(StringComparer.Ordinal);
            WaitingOrders.ForEach(r => WaitFor(r.Row.Customer, r));
            WaitingRefunds.ForEach(r => WaitFor(Orders[r.Row.Order].Row.Customer, r));
            WaitingRedemptions.ForEach(r => WaitFor(r.Row.Customer, r));
        }

        return _waitingOf.GetValueOrDefault(member);
    }

    /// <summary>Says that a run has changed what waits.</summary>
    public void ForgetWaitingOf() => _waitingOf = null;

    /// <summary>Has an order wait for its day.</summary>
    public void Wait(RowRecord<OrderRow> record, bool isNew) => Wait(WaitingOrders, record.Row.Customer, record, isNew);

    /// <summary>Has a refund wait for its day.</summary>
    public void Wait(RowRecord<RefundRow> record, bool isNew) => Wait(WaitingRefunds, Orders[record.Row.Order].Row.Customer, record, isNew);

    /// <summary>Says that a row of a member no longer waits; a new one never did.</summary>
    public void Leave<T>(string member, RowRecord<T> record, bool isNew)
        where T : struct
    {
        if (isNew)
        {
            return;
        }

        _waitingOf?.GetValueOrDefault(member)?.Remove(record);
        switch (record)
        {
            case RowRecord<OrderRow> order:
                WaitingOrders.Remove(order);
                break;
            case RowRecord<RefundRow> refund:
                WaitingRefunds.Remove(refund);
                break;
            case RowRecord<RedemptionRow> redemption:
                WaitingRedemptions.Remove(redemption);
                break;
        }
    }

    private void Wait<T>(List<RowRecord<T>> waiting, string member, RowRecord<T> record, bool isNew)
        where T : struct
    {
        if (isNew)
        {
            waiting.Add(record);
            if (_waitingOf is not null)
            {
                WaitFor(member, record);
            }
        }
    }

    private void WaitFor(string member, object record)
    {
        ref var records = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_waitingOf!, member, out _);
        (records ??= []).Add(record);
    }

    private (RowRecord<T> Record, bool IsNew) FindOrAdd<TKey, T>(Dictionary<TKey, RowRecord<T>> records, TKey key, T row)
        where TKey : notnull
        where T : struct
    {
        ref var record = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(records, key, out var exists);
        record ??= new RowRecord<T>(row, Arrivals++);
        return (record, !exists);
    }
}
