using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>Takes orders, refunds and redemption rows into a book one by one as they come, before their day is closed.</summary>
/// <remarks>
/// An order or refund is taken on the day on which the run that closes its date would take it: its date, or the last closed day when that is later. What
/// waits for the same member and stands before it in the order of days is taken first. A redemption row counts on the booking day and sees nothing that
/// waits. Nothing is done for other members, and no day is closed.
/// </remarks>
public sealed class LiveTaker
{
    private readonly PointsBook _book;
    private readonly OrderTaker _orders;
    private readonly RedemptionTaker _redemptions;

    /// <summary>Prepares to take rows.</summary>
    /// <param name="book">All that the rows may touch, with what waits for their members.</param>
    /// <param name="program">The program of the last run.</param>
    public LiveTaker(PointsBook book, LoyaltyProgram program)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(program);
        _book = book;
        _orders = new OrderTaker(book, program);
        _redemptions = new RedemptionTaker(book, program);
    }

    /// <summary>Takes an order, unless its key is known.</summary>
    /// <param name="row">The order. Dated after the booking day it takes its key and waits.</param>
    /// <param name="bookedOn">The booking day.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    public RowOutcome Take(in OrderRow row, DateOnly bookedOn, DateTime recordedAt)
    {
        if (LiveRows.Fault(row) is var fault and not RowColumn.None)
        {
            return Rejected(RowRefusal.Invalid, fault);
        }

        var (record, isNew) = _book.FindOrAdd(row);
        if (OrderTaker.Difference(record.Row, row) is var column and not RowColumn.None)
        {
            return Rejected(RowRefusal.Conflict, column);
        }

        if (record.State == RowState.Waiting)
        {
            if (row.Date > bookedOn)
            {
                _book.Wait(record, isNew);
            }
            else
            {
                var member = _book.Member(row.Customer);
                var day = DayOf(row.Date);
                TakeBefore(member.Member, new(day, Rank.Order, row.Date, record.Arrival), recordedAt);
                _orders.Take(record, member, day, recordedAt);
                _book.Leave(member.Member, record, isNew);
            }
        }

        return OrderTaker.Outcome(record, isNew);
    }

    /// <summary>Takes a refund, unless its key is known.</summary>
    /// <param name="row">The refund. It counts on its order's date when that is later; after the booking day it takes its key and waits.</param>
    /// <param name="bookedOn">The booking day.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    public RowOutcome Take(in RefundRow row, DateOnly bookedOn, DateTime recordedAt)
    {
        if (LiveRows.Fault(row) is var fault and not RowColumn.None)
        {
            return Rejected(RowRefusal.Invalid, fault);
        }

        if (!_book.RefundsById.ContainsKey(row.Id) && !_book.OrdersById.ContainsKey(row.Order))
        {
            return Rejected(RowRefusal.UnknownOrder, RowColumn.Order);
        }

        var (record, isNew) = _book.FindOrAdd(row);
        if (OrderTaker.Difference(record.Row, row) is var column and not RowColumn.None)
        {
            return Rejected(RowRefusal.Conflict, column);
        }

        if (record.State == RowState.Waiting)
        {
            var order = _book.OrdersById[row.Order].Row;
            var date = OrderTaker.Later(row.Date, order.Date);
            if (date > bookedOn)
            {
                _book.Wait(record, isNew);
            }
            else
            {
                var day = DayOf(date);
                TakeBefore(order.Customer, new(day, Rank.Refund, date, record.Arrival), recordedAt);
                _orders.Take(record, day, recordedAt);
                _book.Leave(order.Customer, record, isNew);
            }
        }

        return OrderTaker.Outcome(record, isNew);
    }

    /// <summary>Takes a claim or what happened to one, unless its key is known. It counts on the booking day.</summary>
    /// <param name="request">The row, dated on the booking day or before.</param>
    /// <param name="bookedOn">The booking day; it counts as the last closed day when that is later.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    public RowOutcome Take(in RedemptionRequest request, DateOnly bookedOn, DateTime recordedAt)
    {
        if (LiveRows.Fault(request.Row) is var fault and not RowColumn.None)
        {
            return Rejected(RowRefusal.Invalid, fault);
        }

        var (record, isNew) = _book.FindOrAdd(request.Row);
        if (RedemptionTaker.Difference(record.Row, request.Row) is var column and not RowColumn.None)
        {
            return Rejected(RowRefusal.Conflict, column);
        }

        if (record.State == RowState.Waiting)
        {
            _redemptions.Take(record, DayOf(bookedOn), recordedAt, request.Grants);
            _book.Leave(record.Row.Customer, record, isNew);
        }

        return _redemptions.Outcome(record, isNew);
    }

    private static RowOutcome Rejected(RowRefusal refusal, RowColumn column) => new(false, refusal, column, ClaimRefusal.None);

    private DateOnly DayOf(DateOnly date) => _book.AsOf is { } last && last > date ? last : date;

    /// <summary>Takes the rows that wait for a member and stand before one in the order of days.</summary>
    private void TakeBefore(string member, Place place, DateTime recordedAt)
    {
        if (_book.WaitingOf(member) is not { Count: > 0 } waiting)
        {
            return;
        }

        var due = new List<(Place Place, object Record)>();
        foreach (var record in waiting)
        {
            var own = record switch
            {
                RowRecord<OrderRow> order => new Place(DayOf(order.Row.Date), Rank.Order, order.Row.Date, order.Arrival),
                RowRecord<RefundRow> refund when OrderTaker.Later(refund.Row.Date, _book.OrdersById[refund.Row.Order].Row.Date) is var date =>
                    new Place(DayOf(date), Rank.Refund, date, refund.Arrival),
                RowRecord<RedemptionRow> redemption => new Place(DayOf(redemption.Row.Date), Rank.Redemption, redemption.Row.Date, redemption.Arrival),
                _ => throw new InvalidOperationException("a row of another kind waits"),
            };
            if (own.CompareTo(place) < 0)
            {
                due.Add((own, record));
            }
        }

        foreach (var (own, record) in due.OrderBy(static d => d.Place))
        {
            switch (record)
            {
                case RowRecord<OrderRow> order:
                    _orders.Take(order, _book.Member(member), own.Day, recordedAt);
                    _book.Leave(member, order, isNew: false);
                    break;
                case RowRecord<RefundRow> refund:
                    _orders.Take(refund, own.Day, recordedAt);
                    _book.Leave(member, refund, isNew: false);
                    break;
                case RowRecord<RedemptionRow> redemption:
                    _redemptions.Take(redemption, own.Day, recordedAt);
                    _book.Leave(member, redemption, isNew: false);
                    break;
            }
        }
    }

    /// <summary>The kinds of rows in the order in which they are taken on a day.</summary>
    private enum Rank
    {
        Order,
        Refund,
        Redemption,
    }

    /// <summary>The place of a row in the order of days.</summary>
    private readonly record struct Place(DateOnly Day, Rank Rank, DateOnly Date, long Arrival) : IComparable<Place>
    {
        public int CompareTo(Place other) =>
            Day != other.Day ? Day.CompareTo(other.Day)
            : Rank != other.Rank ? Rank.CompareTo(other.Rank)
            : Date != other.Date ? Date.CompareTo(other.Date)
            : Arrival.CompareTo(other.Arrival);
    }
}
