using Loyalty.Clubs;
using Loyalty.Points.Ledger;
using Loyalty.Programs;

namespace Loyalty.Points.Runs;

/// <summary>Takes orders and refunds into a book, club first, then points: what runs do on the days they close and live calls do as rows come.</summary>
/// <remarks>
/// A member's club never goes back: what comes for a day before the last change of the member's club is taken on the day of that change. Entries keep
/// their own booking days, which never go back either.
/// </remarks>
internal sealed class OrderTaker
{
    private readonly PointsBook _book;
    private readonly ClubProgram? _club;
    private readonly PointsProgram _points;

    public OrderTaker(PointsBook book, LoyaltyProgram program)
    {
        _book = book;
        _club = program.Club;
        _points = program.Points!;
    }

    /// <summary>The first column in which an order differs from the one that holds its key.</summary>
    public static RowColumn Difference(OrderRow a, OrderRow b) =>
        !Same(a.Customer, b.Customer) ? RowColumn.Customer : a.Date != b.Date ? RowColumn.Date : a.Amount != b.Amount ? RowColumn.Amount : RowColumn.None;

    /// <summary>The first column in which a refund differs from the one that holds its key.</summary>
    public static RowColumn Difference(RefundRow a, RefundRow b) =>
        !Same(a.Order, b.Order) ? RowColumn.Order : a.Date != b.Date ? RowColumn.Date : a.Amount != b.Amount ? RowColumn.Amount : RowColumn.None;

    /// <summary>What an order or refund has come to.</summary>
    public static RowOutcome Outcome<T>(RowRecord<T> record, bool isNew)
        where T : struct => record.State == RowState.Refused
        ? new(isNew, record.Refusal, record.Column, Rewards.ClaimRefusal.None)
        : new(isNew, RowRefusal.None, RowColumn.None, Rewards.ClaimRefusal.None);

    /// <summary>Ends what has run out of a member's club and lots by a day.</summary>
    public void Advance(BookMember member, DateOnly day, DateTime recordedAt)
    {
        if (_club is not null)
        {
            member.Club.Advance(_club, day);
        }

        member.Ledger.ExpireThrough(day.DayNumber, recordedAt.Ticks);
    }

    /// <summary>Takes an order whose day has come.</summary>
    public void Take(RowRecord<OrderRow> record, BookMember member, DateOnly day, DateTime recordedAt)
    {
        var order = record.Row;
        day = Later(day, member.Club.LastChange);
        Advance(member, day, recordedAt);
        if (_book.Ledger.WouldOverflow(member.Ledger, order.Amount))
        {
            record.Refuse(RowRefusal.Overflow, RowColumn.Amount);
            return;
        }

        record.State = RowState.Taken;
        if (!(member.FirstOrderOn <= order.Date))
        {
            member.FirstOrderOn = order.Date;
        }

        if (_club is not null)
        {
            member.Club.Take(_club, order.Id, day, order.Amount);
        }

        member.Ledger.Touch(order.Date.DayNumber);
        if (Earns(member, order.Date))
        {
            _book.Ledger.Apply(LedgerOperation.Earn(order.Id, order.Customer, order.Date, order.Amount), day, recordedAt);
        }
    }

    /// <summary>Takes a refund whose day has come, after its order.</summary>
    public void Take(RowRecord<RefundRow> record, DateOnly day, DateTime recordedAt)
    {
        var refund = record.Row;
        record.State = RowState.Taken;
        if (_book.OrdersById[refund.Order] is { State: RowState.Taken } order)
        {
            var member = _book.Member(order.Row.Customer);
            day = Later(day, member.Club.LastChange);
            Advance(member, day, recordedAt);

            // An order that did not earn is not in the ledger: nothing to take back.
            var result = _book.Ledger.Apply(LedgerOperation.Refund(refund.Id, refund.Order, day, refund.Amount), day, recordedAt);
            if (result.Outcome == LedgerOutcome.RefundExceedsOrder)
            {
                record.Refuse(RowRefusal.RefundExceedsOrder, RowColumn.Amount);
            }
        }
    }

    internal static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);

    /// <summary>Whether a member has belonged to the program for long enough on a date. Without a club a member belongs to it from the first order on.</summary>
    private bool Earns(BookMember member, DateOnly date) => _club is null
        ? date.DayNumber - member.FirstOrderOn!.Value.DayNumber >= _points.MinimumMembershipDays
        : member.Club.Covers(date) && member.Club.CumulativeDays(date) >= _points.MinimumMembershipDays;
}
