using Loyalty.Points.Ledger;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>
/// Takes rows into a book, day by day. Within a day: enrollments expire, lots expire, then orders (club first, then points), refunds and
/// redemption rows, each kind in the order of dates and then of arrival.
/// </summary>
/// <remarks>
/// A member is brought up to a day just before a row of that day is taken, and all are at the end: expiries of one member touch no other, so
/// this is the same as closing every day for everybody. Claims need not even that: their rules look at what has run out by
/// the day.
/// </remarks>
public sealed class PointsRun
{
    private readonly PointsBook _book;
    private readonly PointsProgram _points;
    private readonly OrderTaker _orderTaker;
    private readonly RedemptionTaker _taker;
    private readonly DateOnly _asOf;
    private readonly DateOnly? _lastAsOf;
    private readonly DateTime _recordedAt;
    private readonly List<RowOutcome> _orders = [];
    private readonly List<RowOutcome> _refunds = [];
    private readonly List<RowOutcome> _redemptions = [];
    private Dictionary<string, long>? _refunded;
    private long _over;
    private RowRecord<OrderRow>?[] _orderRecords = [];
    private RowRecord<RefundRow>?[] _refundRecords = [];
    private RowRecord<RedemptionRow>?[] _redemptionRecords = [];

    /// <summary>Prepares a run.</summary>
    /// <param name="book">All that the run may touch.</param>
    /// <param name="program">The program; it has points.</param>
    /// <param name="asOf">The last day to close, not before the last one that is closed.</param>
    /// <param name="recordedAt">The instant that entries are recorded at, in UTC.</param>
    /// <exception cref="ArgumentException">The program has no points, or the date is before the last one that is closed.</exception>
    public PointsRun(PointsBook book, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(program);
        if (asOf < book.AsOf)
        {
            throw new ArgumentException("The day is closed already.", nameof(asOf));
        }

        _book = book;
        _points = program.Points ?? throw new ArgumentException("The program has no points.", nameof(program));
        _orderTaker = new OrderTaker(book, program);
        _taker = new RedemptionTaker(book, program);
        _asOf = asOf;
        _lastAsOf = book.AsOf;
        _recordedAt = recordedAt;
    }

    /// <summary>Takes the rows of a run and closes its days.</summary>
    /// <param name="orders">The orders, in the order of their file.</param>
    /// <param name="refunds">The refunds, in the order of their file.</param>
    /// <param name="redemptions">Claims and what happened to them, in the order of their file.</param>
    public PointsRunResult Run(IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions)
    {
        Register(orders, refunds, redemptions);
        return Take();
    }

    /// <summary>Gives the rows of the run their keys. The rows that take one are in the book from now on, and what identifies them stays as it is.</summary>
    public void Register(IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions)
    {
        ArgumentNullException.ThrowIfNull(orders);
        ArgumentNullException.ThrowIfNull(refunds);
        ArgumentNullException.ThrowIfNull(redemptions);
        _book.OrdersById.EnsureCapacity(_book.OrdersById.Count + orders.Count);
        _book.RefundsById.EnsureCapacity(_book.RefundsById.Count + refunds.Count);
        _orderRecords = Register(orders, _book.OrdersWaiting, _orders, static r => LiveRows.Fault(r), _book.FindOrAdd, OrderTaker.Difference);
        _refundRecords = Register(refunds, _book.RefundsWaiting, _refunds, static r => LiveRows.Fault(r), _book.FindOrAdd, OrderTaker.Difference);
        _redemptionRecords = Register(redemptions, _book.RedemptionsWaiting, _redemptions, static r => LiveRows.Fault(r), _book.FindOrAdd, RedemptionTaker.Difference);
        ForgetUnknown(_refundRecords);
    }

    /// <summary>Takes the rows whose day has come, and closes the days.</summary>
    public PointsRunResult Take()
    {
        var before = _book.Ledger.EntryCount;
        var marks = _book.Members.Values.ToDictionary(static m => m.Member, MarkOf, StringComparer.Ordinal);
        _book.Ledger.Program = _points;
        TakeDue();
        foreach (var member in _book.Members.Values)
        {
            _orderTaker.Advance(member, _asOf, _recordedAt);
        }

        _book.AsOf = _asOf;
        _book.ForgetWaitingOf();
        Settle(_orderRecords, _orders);
        Settle(_refundRecords, _refunds);
        Settle(_redemptionRecords, _redemptions);
        var changed = new Dictionary<string, PointsMark>(StringComparer.Ordinal);
        foreach (var member in _book.Members.Values)
        {
            var mark = marks.GetValueOrDefault(member.Member);
            if (mark != MarkOf(member))
            {
                changed.Add(member.Member, mark);
            }
        }

        return new(_orders, _refunds, _redemptions, _book.Ledger.EntryCount - before) { RefundsOverOrder = _over, Before = changed };
    }

    private static PointsMark MarkOf(BookMember member) => new(member.Club.Operations.Count, member.Ledger.Entries.Length, member.Redemptions.Count);

    /// <summary>Gives each row the record that holds its key, and notes at once what differs from it.</summary>
    private static RowRecord<T>?[] Register<T>(
        IReadOnlyList<T> rows,
        List<RowRecord<T>> waiting,
        List<RowOutcome> outcomes,
        Func<T, RowColumn> fault,
        Func<T, (RowRecord<T> Record, bool IsNew)> find,
        Func<T, T, RowColumn> difference)
        where T : struct
    {
        var records = new RowRecord<T>?[rows.Count];
        waiting.EnsureCapacity(waiting.Count + rows.Count);
        outcomes.EnsureCapacity(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            if (fault(rows[i]) is var wrong and not RowColumn.None)
            {
                outcomes.Add(new(false, RowRefusal.Invalid, wrong, ClaimRefusal.None));
                continue;
            }

            var (record, isNew) = find(rows[i]);
            var column = isNew ? RowColumn.None : difference(record.Row, rows[i]);
            if (isNew)
            {
                waiting.Add(record);
            }

            if (column == RowColumn.None)
            {
                records[i] = record;
                outcomes.Add(new(isNew, RowRefusal.None, RowColumn.None, ClaimRefusal.None));
            }
            else
            {
                outcomes.Add(new(false, RowRefusal.Conflict, column, ClaimRefusal.None));
            }
        }

        return records;
    }

    /// <summary>Refunds of orders that nobody knows are rejected and leave no trace.</summary>
    private void ForgetUnknown(RowRecord<RefundRow>?[] records)
    {
        for (var i = 0; i < records.Length; i++)
        {
            if (records[i] is { } record && !_book.OrdersById.ContainsKey(record.Row.Order))
            {
                _refunds[i] = new(false, RowRefusal.UnknownOrder, RowColumn.Order, ClaimRefusal.None);
                _book.RefundsById.Remove(record.Row.Id);
                records[i] = null;
            }
        }

        _book.RefundsWaiting.RemoveAll(r => !_book.OrdersById.ContainsKey(r.Row.Order));
    }

    /// <summary>Takes the rows whose day has come, day by day.</summary>
    private void TakeDue()
    {
        var orders = new DueRows<OrderRow>(_book.OrdersWaiting, static r => r.Date, _asOf, _lastAsOf);
        var refunds = new DueRows<RefundRow>(_book.RefundsWaiting, r => OrderTaker.Later(r.Date, _book.OrdersById[r.Order].Row.Date), _asOf, _lastAsOf);
        var redemptions = new DueRows<RedemptionRow>(_book.RedemptionsWaiting, static r => r.Date, _asOf, _lastAsOf);
        var members = new OrdersAhead(_book, orders);
        while (true)
        {
            var day = Earlier(orders.NextDay, Earlier(refunds.NextDay, redemptions.NextDay));
            if (day == DueRows<OrderRow>.NoDay)
            {
                break;
            }

            while (orders.Take(day) is { } order)
            {
                _orderTaker.Take(order, members.MemberOf(orders.Taken - 1), day, _recordedAt);
            }

            while (refunds.Take(day) is { } refund)
            {
                NoteOver(refund.Row);
                _orderTaker.Take(refund, day, _recordedAt);
            }

            while (redemptions.Take(day) is { } redemption)
            {
                _taker.Take(redemption, day, _recordedAt);
            }
        }
    }

    private static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;

    /// <summary>Counts a refund that asks for more than is left of its order.</summary>
    private void NoteOver(RefundRow refund)
    {
        var amount = _book.Orders[refund.Order].Row.Amount;
        var left = _book.Ledger.LeftToRefund(refund.Order) ?? amount - RefundedOf(refund.Order);
        _over += refund.Amount > left ? 1 : 0;
        if (_refunded is not null)
        {
            _refunded[refund.Order] = (long)Int128.Min(amount, (Int128)_refunded.GetValueOrDefault(refund.Order) + refund.Amount);
        }
    }

    /// <summary>What was refunded of an order that earned nothing, which the ledger therefore does not know.</summary>
    private long RefundedOf(string order)
    {
        if (_refunded is null)
        {
            _refunded = new(StringComparer.Ordinal);
            foreach (var refund in _book.Refunds.Values)
            {
                if (refund.State == RowState.Taken && _book.Orders.TryGetValue(refund.Row.Order, out var taken))
                {
                    _refunded[refund.Row.Order] = (long)Int128.Min(taken.Row.Amount, (Int128)_refunded.GetValueOrDefault(refund.Row.Order) + refund.Row.Amount);
                }
            }
        }

        return _refunded.GetValueOrDefault(order);
    }

    /// <summary>Reports what the rows of this run have come to, also those that only repeat earlier ones.</summary>
    private void Settle<T>(RowRecord<T>?[] records, List<RowOutcome> outcomes)
        where T : struct
    {
        for (var i = 0; i < records.Length; i++)
        {
            if (records[i] is RowRecord<RedemptionRow> redemption)
            {
                outcomes[i] = _taker.Outcome(redemption, outcomes[i].IsNew);
            }
            else if (records[i] is { State: RowState.Refused } record)
            {
                outcomes[i] = outcomes[i] with { Refusal = record.Refusal, Column = record.Column };
            }
        }
    }
}
