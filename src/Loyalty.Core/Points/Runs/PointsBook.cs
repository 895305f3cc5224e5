using Loyalty.Clubs;
using Loyalty.Memory;
using Loyalty.Points.Ledger;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>What a row has come to.</summary>
public enum RowState
{
    /// <summary>Its date has not come.</summary>
    Waiting,

    /// <summary>It was taken.</summary>
    Taken,

    /// <summary>It was refused, and stays so.</summary>
    Refused,
}

/// <summary>A row that holds its key, and what it has come to.</summary>
/// <typeparam name="T">The kind of row.</typeparam>
public sealed class RowRecord<T>
    where T : struct
{
    /// <summary>Creates a record from what a store kept of it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="arrival">The number of the row among all rows ever taken in, from 0.</param>
    /// <param name="state">What it has come to.</param>
    /// <param name="refusal">Why it was refused; a refusal if, and only if, it was.</param>
    /// <param name="column">The column at fault.</param>
    /// <exception cref="ArgumentException">State and refusal do not fit, or the number is negative.</exception>
    public RowRecord(T row, long arrival, RowState state = RowState.Waiting, RowRefusal refusal = RowRefusal.None, RowColumn column = RowColumn.None)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(arrival);
        if ((state == RowState.Refused) != (refusal != RowRefusal.None))
        {
            throw new ArgumentException($"A row that is {state} cannot have the refusal {refusal}.", nameof(refusal));
        }

        (Row, Arrival, State, Refusal, Column) = (row, arrival, state, refusal, column);
    }

    /// <summary>The row.</summary>
    public T Row { get; }

    /// <summary>The number of the row among all rows ever taken in.</summary>
    public long Arrival { get; }

    /// <summary>What it has come to.</summary>
    public RowState State { get; internal set; }

    /// <summary>Why it was refused.</summary>
    public RowRefusal Refusal { get; private set; }

    /// <summary>The column at fault.</summary>
    public RowColumn Column { get; private set; }

    internal void Refuse(RowRefusal refusal, RowColumn column)
    {
        State = RowState.Refused;
        Refusal = refusal;
        Column = column;
    }
}

/// <summary>One member in a book: points, club, claims.</summary>
/// <remarks>Changed by the rules only.</remarks>
public sealed class BookMember
{
    /// <summary>Creates a member from what a store kept.</summary>
    /// <param name="ledger">The points.</param>
    /// <param name="club">The enrollments.</param>
    /// <param name="redemptions">The claims, in the order in which they were taken.</param>
    /// <param name="firstOrderOn">The earliest date of an order that was taken.</param>
    public BookMember(MemberLedger ledger, Membership club, IEnumerable<Redemption> redemptions, DateOnly? firstOrderOn)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(club);
        Ledger = ledger;
        Club = club;
        Redemptions = [.. redemptions];
        FirstOrderOn = firstOrderOn;
    }

    internal BookMember(MemberLedger ledger)
    {
        Ledger = ledger;
        Club = new();
        Redemptions = [];
    }

    /// <summary>The member.</summary>
    public string Member => Ledger.Member;

    /// <summary>The points.</summary>
    public MemberLedger Ledger { get; }

    /// <summary>The enrollments.</summary>
    public Membership Club { get; }

    /// <summary>The claims, in the order in which they were taken.</summary>
    public IReadOnlyList<Redemption> Claims => Redemptions;

    /// <summary>The earliest date of an order that was taken; from then on the member is listed.</summary>
    public DateOnly? FirstOrderOn { get; internal set; }

    /// <summary>Whether an order of the member was taken.</summary>
    public bool HasOrdered => FirstOrderOn is not null;

    internal List<Redemption> Redemptions { get; }
}

/// <summary>
/// What rules work on: rows and their keys, enrollments, points, redemptions. A store puts in what a run or a call may touch; for the rules that is a
/// whole book.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class PointsBook
{
    private Dictionary<string, List<object>>? _waitingOf;

    /// <summary>Creates a book without rows and members.</summary>
    /// <param name="program">The rules of points.</param>
    /// <param name="asOf">The last day that is closed.</param>
    /// <param name="arrivals">How many rows have ever taken a key.</param>
    /// <exception cref="ArgumentException">The number is negative.</exception>
    public PointsBook(PointsProgram program, DateOnly? asOf, long arrivals)
        : this(program, arena: null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(arrivals);
        (AsOf, Arrivals) = (asOf, arrivals);
    }

    internal PointsBook(PointsProgram program)
        : this(program, LedgerArena.Shared())
    {
    }

    /// <param name="program">The rules of points.</param>
    /// <param name="arena">Where the ledgers of members lie; <see langword="null"/> where each is kept by itself, longer than the book.</param>
    private PointsBook(PointsProgram program, LedgerArena? arena) => Ledger = new(program) { Arena = arena };

    /// <summary>The last day that is closed; <see langword="null"/> while there is none.</summary>
    public DateOnly? AsOf { get; internal set; }

    /// <summary>How many rows have ever taken a key: the number of the next one.</summary>
    public long Arrivals { get; internal set; }

    /// <summary>The points of all members.</summary>
    public PointsLedger Ledger { get; }

    /// <summary>The claims.</summary>
    public RewardDesk Desk { get; } = new();

    /// <summary>The members by name.</summary>
    public IReadOnlyDictionary<string, BookMember> Members => MembersByName;

    /// <summary>The orders by id.</summary>
    public IReadOnlyDictionary<string, RowRecord<OrderRow>> Orders => OrdersById;

    /// <summary>The refunds by id.</summary>
    public IReadOnlyDictionary<string, RowRecord<RefundRow>> Refunds => RefundsById;

    /// <summary>The rows of claims by id.</summary>
    public IReadOnlyDictionary<string, RowRecord<RedemptionRow>> Claims => ClaimsById;

    /// <summary>The rows of what happened to claims, by id, event and date.</summary>
    public IReadOnlyDictionary<(string Id, RedemptionEvent Event, DateOnly Date), RowRecord<RedemptionRow>> Events => EventsByKey;

    /// <summary>Orders whose date has not come.</summary>
    public IReadOnlyList<RowRecord<OrderRow>> WaitingOrders => OrdersWaiting;

    /// <summary>Refunds whose date has not come.</summary>
    public IReadOnlyList<RowRecord<RefundRow>> WaitingRefunds => RefundsWaiting;

    /// <summary>Rows of redemptions whose date has not come.</summary>
    public IReadOnlyList<RowRecord<RedemptionRow>> WaitingRedemptions => RedemptionsWaiting;

    internal Dictionary<string, BookMember> MembersByName { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, RowRecord<OrderRow>> OrdersById { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, RowRecord<RefundRow>> RefundsById { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, RowRecord<RedemptionRow>> ClaimsById { get; } = new(StringComparer.Ordinal);

    internal Dictionary<(string Id, RedemptionEvent Event, DateOnly Date), RowRecord<RedemptionRow>> EventsByKey { get; } = [];

    internal List<RowRecord<OrderRow>> OrdersWaiting { get; } = [];

    internal List<RowRecord<RefundRow>> RefundsWaiting { get; } = [];

    internal List<RowRecord<RedemptionRow>> RedemptionsWaiting { get; } = [];

    /// <summary>Puts a member in, with the points and the claims.</summary>
    /// <exception cref="ArgumentException">The member stands in the book already.</exception>
    public void Add(BookMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        Ledger.Restore(member.Ledger);
        MembersByName.Add(member.Member, member);
        member.Redemptions.ForEach(Desk.Add);
    }

    /// <summary>Puts an order in, unless its key stands in the book.</summary>
    /// <returns>The record that holds the key.</returns>
    public RowRecord<OrderRow> Add(RowRecord<OrderRow> record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Add(OrdersById, record.Row.Id, record, OrdersWaiting);
    }

    /// <summary>Puts a refund in, unless its key stands in the book. Its order is put in, too, before any rule is asked.</summary>
    /// <returns>The record that holds the key.</returns>
    public RowRecord<RefundRow> Add(RowRecord<RefundRow> record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Add(RefundsById, record.Row.Id, record, RefundsWaiting);
    }

    /// <summary>Puts a row of a redemption in, unless its key stands in the book.</summary>
    /// <returns>The record that holds the key.</returns>
    public RowRecord<RedemptionRow> Add(RowRecord<RedemptionRow> record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Row.Event == RedemptionEvent.Claimed
            ? Add(ClaimsById, record.Row.Id, record, RedemptionsWaiting)
            : Add(EventsByKey, (record.Row.Id, record.Row.Event, record.Row.Date), record, RedemptionsWaiting);
    }

    /// <summary>The member of a name, who is put in without anything when the book has none.</summary>
    public BookMember Member(string name)
    {
        ref var member = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(MembersByName, name, out _);
        return member ??= new BookMember(Ledger.FindOrAdd(name));
    }

    /// <summary>The record that holds the key of an order; a new one, which waits, when there is none.</summary>
    internal (RowRecord<OrderRow> Record, bool IsNew) FindOrAdd(OrderRow row) => FindOrAdd(OrdersById, row.Id, row);

    /// <summary>The record that holds the key of a refund; a new one, which waits, when there is none.</summary>
    internal (RowRecord<RefundRow> Record, bool IsNew) FindOrAdd(RefundRow row) => FindOrAdd(RefundsById, row.Id, row);

    /// <summary>The record that holds the key of a claim or of what happened to one; a new one, which waits, when there is none.</summary>
    internal (RowRecord<RedemptionRow> Record, bool IsNew) FindOrAdd(RedemptionRow row) => row.Event == RedemptionEvent.Claimed
        ? FindOrAdd(ClaimsById, row.Id, row)
        : FindOrAdd(EventsByKey, (row.Id, row.Event, row.Date), row);

    /// <summary>The members, in order of name (by code points).</summary>
    public IEnumerable<BookMember> InOrder() => Members.Values.OrderBy(static m => m.Member, CodePointOrder.Instance);

    /// <summary>The rows that wait for a member, in no particular order; <see langword="null"/> for none. For callers who take rows one by one.</summary>
    internal List<object>? WaitingOf(string member)
    {
        if (_waitingOf is null)
        {
            _waitingOf = new(StringComparer.Ordinal);
            OrdersWaiting.ForEach(r => WaitFor(r.Row.Customer, r));
            RefundsWaiting.ForEach(r => WaitFor(Orders[r.Row.Order].Row.Customer, r));
            RedemptionsWaiting.ForEach(r => WaitFor(r.Row.Customer, r));
        }

        return _waitingOf.GetValueOrDefault(member);
    }

    /// <summary>Says that a run has changed what waits.</summary>
    internal void ForgetWaitingOf() => _waitingOf = null;

    /// <summary>Has an order wait for its day.</summary>
    internal void Wait(RowRecord<OrderRow> record, bool isNew) => Wait(OrdersWaiting, record.Row.Customer, record, isNew);

    /// <summary>Has a refund wait for its day.</summary>
    internal void Wait(RowRecord<RefundRow> record, bool isNew) => Wait(RefundsWaiting, Orders[record.Row.Order].Row.Customer, record, isNew);

    /// <summary>Says that a row of a member no longer waits; a new one never did.</summary>
    internal void Leave<T>(string member, RowRecord<T> record, bool isNew)
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
                OrdersWaiting.Remove(order);
                break;
            case RowRecord<RefundRow> refund:
                RefundsWaiting.Remove(refund);
                break;
            case RowRecord<RedemptionRow> redemption:
                RedemptionsWaiting.Remove(redemption);
                break;
        }
    }

    private static RowRecord<T> Add<TKey, T>(Dictionary<TKey, RowRecord<T>> records, TKey key, RowRecord<T> record, List<RowRecord<T>> waiting)
        where TKey : notnull
        where T : struct
    {
        if (!records.TryAdd(key, record))
        {
            return records[key];
        }

        if (record.State == RowState.Waiting)
        {
            waiting.Add(record);
        }

        return record;
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
