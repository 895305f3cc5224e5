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
/// this is the same as closing every day for everybody. Claims need not even that: <see cref="RedemptionTaker"/> looks at what has run out by
/// the day.
/// </remarks>
internal sealed class PointsRun
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

    public PointsRun(PointsBook book, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt)
    {
        _book = book;
        _points = program.Points!;
        _orderTaker = new OrderTaker(book, program);
        _taker = new RedemptionTaker(book, program);
        _asOf = asOf;
        _lastAsOf = book.AsOf;
        _recordedAt = recordedAt;
    }

    public PointsRunResult Run(IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions)
    {
        Register(orders, refunds, redemptions);
        return Take();
    }

    /// <summary>Gives the rows of the run their keys. The rows that take one are in the book from now on, and what identifies them stays as it is.</summary>
    public void Register(IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions)
    {
        _book.Orders.EnsureCapacity(_book.Orders.Count + orders.Count);
        _book.Refunds.EnsureCapacity(_book.Refunds.Count + refunds.Count);
        _orderRecords = Register(orders, _book.WaitingOrders, _orders, _book.FindOrAdd, OrderTaker.Difference);
        _refundRecords = Register(refunds, _book.WaitingRefunds, _refunds, _book.FindOrAdd, OrderTaker.Difference);
        _redemptionRecords = Register(redemptions, _book.WaitingRedemptions, _redemptions, _book.FindOrAdd, RedemptionTaker.Difference);
        ForgetUnknown(_refundRecords);
    }

    /// <summary>Takes the rows whose day has come, and closes the days.</summary>
    public PointsRunResult Take()
    {
        var before = _book.Ledger.EntryCount;
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
        return new(_orders, _refunds, _redemptions, _book.Ledger.EntryCount - before) { RefundsOverOrder = _over };
    }

    /// <summary>Gives each row the record that holds its key, and notes at once what differs from it.</summary>
    private static RowRecord<T>?[] Register<T>(
        IReadOnlyList<T> rows, List<RowRecord<T>> waiting, List<RowOutcome> outcomes, Func<T, (RowRecord<T> Record, bool IsNew)> find, Func<T, T, RowColumn> difference)
        where T : struct
    {
        var records = new RowRecord<T>?[rows.Count];
        waiting.EnsureCapacity(waiting.Count + rows.Count);
        outcomes.EnsureCapacity(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
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
            if (records[i] is { } record && !_book.Orders.ContainsKey(record.Row.Order))
            {
                _refunds[i] = new(false, RowRefusal.UnknownOrder, RowColumn.Order, ClaimRefusal.None);
                _book.Refunds.Remove(record.Row.Id);
                records[i] = null;
            }
        }

        _book.WaitingRefunds.RemoveAll(r => !_book.Orders.ContainsKey(r.Row.Order));
    }

    /// <summary>Takes the rows whose day has come, day by day.</summary>
    private void TakeDue()
    {
        var orders = new DueRows<OrderRow>(_book.WaitingOrders, static r => r.Date, _asOf, _lastAsOf);
        var refunds = new DueRows<RefundRow>(_book.WaitingRefunds, r => OrderTaker.Later(r.Date, _book.Orders[r.Order].Row.Date), _asOf, _lastAsOf);
        var redemptions = new DueRows<RedemptionRow>(_book.WaitingRedemptions, static r => r.Date, _asOf, _lastAsOf);
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
