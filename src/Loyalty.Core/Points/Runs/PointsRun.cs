using Loyalty.Clubs;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>
/// Takes rows into a book, day by day. Within a day: enrollments expire, lots expire, then orders (club first, then points), refunds and
/// redemption rows, each kind in the order of dates and then of arrival.
/// </summary>
/// <remarks>
/// A member is brought up to a day just before a row of that day is taken, and all are at the end: expiries of one member touch no other, so
/// this is the same as closing every day for everybody.
/// </remarks>
internal sealed class PointsRun
{
    private readonly PointsBook _book;
    private readonly ClubProgram _club;
    private readonly PointsProgram _points;
    private readonly Dictionary<string, Reward> _rewards;
    private readonly DateOnly _asOf;
    private readonly DateOnly? _lastAsOf;
    private readonly DateTime _recordedAt;
    private readonly List<RowOutcome> _orders = [];
    private readonly List<RowOutcome> _refunds = [];
    private readonly List<RowOutcome> _redemptions = [];

    public PointsRun(PointsBook book, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt)
    {
        _book = book;
        _club = program.Club!;
        _points = program.Points!;
        _rewards = program.Rewards.ToDictionary(static r => r.Id, StringComparer.Ordinal);
        _asOf = asOf;
        _lastAsOf = book.AsOf;
        _recordedAt = recordedAt;
    }

    public PointsRunResult Run(IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions)
    {
        var before = _book.Ledger.EntryCount;
        _book.Ledger.Program = _points;
        var orderRecords = Register(orders, _book.WaitingOrders, _orders, FindOrAdd, Difference);
        var refundRecords = Register(refunds, _book.WaitingRefunds, _refunds, FindOrAdd, Difference);
        var redemptionRecords = Register(redemptions, _book.WaitingRedemptions, _redemptions, FindOrAdd, Difference);
        ForgetUnknown(refundRecords);
        foreach (var (row, day) in Due())
        {
            switch (row)
            {
                case RowRecord<OrderRow> order:
                    Take(order, day);
                    break;
                case RowRecord<RefundRow> refund:
                    Take(refund, day);
                    break;
                case RowRecord<RedemptionRow> { Row.Event: RedemptionEvent.Claimed } claim:
                    TakeClaim(claim, day);
                    break;
                case RowRecord<RedemptionRow> happening:
                    TakeEvent(happening, day);
                    break;
            }
        }

        foreach (var member in _book.Members.Values)
        {
            Advance(member, _asOf);
        }

        _book.AsOf = _asOf;
        Settle(orderRecords, _orders);
        Settle(refundRecords, _refunds);
        Settle(redemptionRecords, _redemptions);
        return new(_orders, _refunds, _redemptions, _book.Ledger.EntryCount - before);
    }

    private static RowColumn Difference(OrderRow a, OrderRow b) =>
        !Same(a.Customer, b.Customer) ? RowColumn.Customer : a.Date != b.Date ? RowColumn.Date : a.Amount != b.Amount ? RowColumn.Amount : RowColumn.None;

    private static RowColumn Difference(RefundRow a, RefundRow b) =>
        !Same(a.Order, b.Order) ? RowColumn.Order : a.Date != b.Date ? RowColumn.Date : a.Amount != b.Amount ? RowColumn.Amount : RowColumn.None;

    private static RowColumn Difference(RedemptionRow a, RedemptionRow b) =>
        !Same(a.Customer, b.Customer) ? RowColumn.Customer : a.Date != b.Date ? RowColumn.Date : !Same(a.Reward, b.Reward) ? RowColumn.Reward : RowColumn.None;

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);

    /// <summary>Gives each row the record that holds its key, and notes at once what differs from it.</summary>
    private static RowRecord<T>?[] Register<T>(
        IReadOnlyList<T> rows, List<RowRecord<T>> waiting, List<RowOutcome> outcomes, Func<T, (RowRecord<T> Record, bool IsNew)> find, Func<T, T, RowColumn> difference)
        where T : struct
    {
        var records = new RowRecord<T>?[rows.Count];
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

    private (RowRecord<OrderRow> Record, bool IsNew) FindOrAdd(OrderRow row) => FindOrAdd(_book.Orders, row.Id, row);

    private (RowRecord<RefundRow> Record, bool IsNew) FindOrAdd(RefundRow row) => FindOrAdd(_book.Refunds, row.Id, row);

    private (RowRecord<RedemptionRow> Record, bool IsNew) FindOrAdd(RedemptionRow row) => row.Event == RedemptionEvent.Claimed
        ? FindOrAdd(_book.Claims, row.Id, row)
        : FindOrAdd(_book.Events, (row.Id, row.Event, row.Date), row);

    private (RowRecord<T> Record, bool IsNew) FindOrAdd<TKey, T>(Dictionary<TKey, RowRecord<T>> records, TKey key, T row)
        where TKey : notnull
        where T : struct
    {
        ref var record = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(records, key, out var exists);
        record ??= new RowRecord<T>(row, _book.Arrivals++);
        return (record, !exists);
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

    /// <summary>The rows whose day has come, in the order in which they are taken.</summary>
    private List<(object Row, DateOnly Day)> Due()
    {
        var due = new List<(DateOnly Day, int Kind, DateOnly Date, long Arrival, object Row)>();
        _book.WaitingOrders = Collect(_book.WaitingOrders, 0, static r => r.Date, due);
        _book.WaitingRefunds = Collect(_book.WaitingRefunds, 1, r => Later(r.Date, _book.Orders[r.Order].Row.Date), due);
        _book.WaitingRedemptions = Collect(_book.WaitingRedemptions, 2, static r => r.Date, due);
        due.Sort(static (a, b) =>
        {
            var order = a.Day.CompareTo(b.Day);
            order = order != 0 ? order : a.Kind.CompareTo(b.Kind);
            order = order != 0 ? order : a.Date.CompareTo(b.Date);
            return order != 0 ? order : a.Arrival.CompareTo(b.Arrival);
        });
        return due.ConvertAll(static d => (d.Row, d.Day));
    }

    private List<RowRecord<T>> Collect<T>(
        List<RowRecord<T>> waiting, int kind, Func<T, DateOnly> dateOf, List<(DateOnly Day, int Kind, DateOnly Date, long Arrival, object Row)> due)
        where T : struct
    {
        var left = new List<RowRecord<T>>();
        foreach (var record in waiting)
        {
            var date = dateOf(record.Row);
            if (date > _asOf)
            {
                left.Add(record);
            }
            else
            {
                // What should have been known on a day that is closed is taken on the last closed day.
                due.Add((_lastAsOf is { } last ? Later(date, last) : date, kind, date, record.Arrival, record));
            }
        }

        return left;
    }

    private static DateOnly Later(DateOnly a, DateOnly b) => a > b ? a : b;

    private void Advance(BookMember member, DateOnly day)
    {
        member.Club.Advance(_club, day);
        member.Ledger.ExpireThrough(day.DayNumber, _recordedAt.Ticks);
    }

    private void Take(RowRecord<OrderRow> record, DateOnly day)
    {
        var order = record.Row;
        var member = _book.Member(order.Customer);
        Advance(member, day);
        if (_book.Ledger.WouldOverflow(member.Ledger, order.Amount))
        {
            Refuse(record, RowRefusal.Overflow, RowColumn.Amount);
            return;
        }

        record.State = RowState.Taken;
        member.HasOrdered = true;
        member.Club.Take(_club, order.Id, day, order.Amount);
        member.Ledger.Touch(order.Date.DayNumber);
        if (member.Club.Covers(order.Date) && member.Club.CumulativeDays(order.Date) >= _points.MinimumMembershipDays)
        {
            _book.Ledger.Apply(LedgerOperation.Earn(order.Id, order.Customer, order.Date, order.Amount), day, _recordedAt);
        }
    }

    private void Take(RowRecord<RefundRow> record, DateOnly day)
    {
        var refund = record.Row;
        record.State = RowState.Taken;
        if (_book.Orders[refund.Order] is { State: RowState.Taken } order)
        {
            Advance(_book.Member(order.Row.Customer), day);

            // An order that did not earn is not in the ledger: nothing to take back.
            _book.Ledger.Apply(LedgerOperation.Refund(refund.Id, refund.Order, day, refund.Amount), day, _recordedAt);
        }
    }

    private void TakeClaim(RowRecord<RedemptionRow> record, DateOnly day)
    {
        var claim = record.Row;
        var member = _book.Member(claim.Customer);
        Advance(member, day);
        var claimant = new Claimant(
            member.Club.Active?.Stage, member.Club.Enrollments.Count, member.Club.Last?.StartedOn, member.Ledger.Available);
        var redemption = _book.Desk.Claim(claim.Id, _rewards.GetValueOrDefault(claim.Reward), claim.Reward, claim.Customer, claimant, day);
        member.Redemptions.Add(redemption);
        if (redemption.Status == RedemptionStatus.Refused)
        {
            Refuse(record, RowRefusal.ClaimRefused, RowColumn.Reward);
            return;
        }

        record.State = RowState.Taken;
        if (redemption.Points > 0)
        {
            var result = _book.Ledger.Apply(LedgerOperation.Redeem(claim.Id, claim.Customer, day, redemption.Points), day, _recordedAt);
            System.Diagnostics.Debug.Assert(result.IsApplied, "a granted claim was not paid");
        }

        member.Ledger.Touch(day.DayNumber);
    }

    private void TakeEvent(RowRecord<RedemptionRow> record, DateOnly day)
    {
        var row = record.Row;
        if (_book.Desk.Find(row.Id) is not { } redemption)
        {
            Refuse(record, RowRefusal.UnknownRedemption, RowColumn.Id);
        }
        else if (!Same(redemption.Member, row.Customer))
        {
            Refuse(record, RowRefusal.Conflict, RowColumn.Customer);
        }
        else if (!Same(redemption.Reward, row.Reward))
        {
            Refuse(record, RowRefusal.Conflict, RowColumn.Reward);
        }
        else if (!_book.Desk.TryMove(redemption, row.Event, day))
        {
            Refuse(record, RowRefusal.WrongStatus, RowColumn.Event);
        }
        else
        {
            record.State = RowState.Taken;
            if (Redemption.GivesBack(redemption.Status) && redemption.Points > 0)
            {
                Advance(_book.Member(row.Customer), day);
                _book.Ledger.Apply(LedgerOperation.GiveBack(row.Id, row.Id, day), day, _recordedAt);
            }
        }
    }

    private static void Refuse<T>(RowRecord<T> record, RowRefusal refusal, RowColumn column)
        where T : struct
    {
        record.State = RowState.Refused;
        record.Refusal = refusal;
        record.Column = column;
    }

    /// <summary>Reports what the rows of this run have come to, also those that only repeat earlier ones.</summary>
    private void Settle<T>(RowRecord<T>?[] records, List<RowOutcome> outcomes)
        where T : struct
    {
        for (var i = 0; i < records.Length; i++)
        {
            if (records[i] is { State: RowState.Refused } record)
            {
                var claim = record.Row is RedemptionRow row && record.Refusal == RowRefusal.ClaimRefused
                    ? _book.Desk.Find(row.Id)!.Refusal
                    : ClaimRefusal.None;
                outcomes[i] = outcomes[i] with { Refusal = record.Refusal, Column = record.Column, Claim = claim };
            }
        }
    }
}
