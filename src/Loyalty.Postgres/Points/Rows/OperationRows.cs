using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;

namespace Loyalty.Postgres.Points.Rows;

/// <summary>Operations with their results: new ones, or those that later ones changed, refunded, gave back, or whose hold ended.</summary>
internal sealed class OperationRows : RowBlock
{
    private readonly int _before;
    private readonly LongColumn _amount, _points, _version, _expires, _resultPoints, _balance, _shortfall, _refunded;
    private readonly IntColumn _number, _first, _entries, _lot, _bonusLot;
    private readonly DayColumn _day;
    private readonly BooleanColumn _isGivenBack;
    private readonly TextColumn _kind, _id, _outcome, _hold, _member, _target, _reason;
    private readonly ArrayColumn<int> _heldLots;
    private readonly ArrayColumn<long> _heldPoints;

    /// <summary>Creates an empty block.</summary>
    /// <param name="statement">What becomes of the rows.</param>
    /// <param name="before">The place before the first one.</param>
    public OperationRows(string statement, int before = 0)
        : base(statement)
    {
        _before = before;
        _amount = Long("amount");
        _points = Long("points");
        _version = Long("version");
        _number = Int("number");
        _expires = Long("expires_at");
        _resultPoints = Long("result_points");
        _balance = Long("balance");
        _shortfall = Long("shortfall");
        _refunded = Long("refunded");
        _first = Int("first_sequence");
        _entries = Int("entries");
        _lot = Int("lot");
        _bonusLot = Int("bonus_lot");
        _day = Day("day");
        _isGivenBack = Boolean("is_given_back");
        _kind = Text("kind");
        _id = Text("id");
        _outcome = Text("outcome");
        _hold = Text("hold_state");
        _member = Text("member");
        _target = Text("target");
        _reason = Text("reason");
        _heldLots = Ints("held_lots");
        _heldPoints = Longs("held_points");
    }

    public void Add(in RecordedOperation record, long version)
    {
        var (operation, result) = (record.Operation, record.Result);
        _amount.Add(operation.Amount);
        _points.Add(operation.Points);
        _version.Add(version);
        _number.Add(_before + Count);
        _expires.Add(operation.Kind == LedgerOperationKind.Reserve ? operation.ExpiresAt.Ticks : null);
        _resultPoints.Add(result.Points);
        _balance.Add(result.Balance);
        _shortfall.Add(result.Shortfall);
        _refunded.Add(record.Refunded);
        _first.Add(result.FirstSequence);
        _entries.Add(result.Entries);
        _lot.Add(record.Lot);
        _bonusLot.Add(record.BonusLot);
        _day.Add(operation.Date);
        _isGivenBack.Add(record.IsGivenBack);
        _kind.Add(EnumText.Operation[operation.Kind]);
        _id.Add(operation.Id);
        _outcome.Add(EnumText.Outcome[result.Outcome]);
        _hold.Add(EnumText.Of(record));
        _member.Add(operation.Member);
        _target.Add(operation.Target);
        _reason.Add(operation.Reason);
        _heldLots.Add(record.Hold?.Select(static h => h.Lot).ToArray());
        _heldPoints.Add(record.Hold?.Select(static h => h.Points).ToArray());
    }
}

/// <summary>New orders of runs, without an answer of the ledger.</summary>
internal sealed class OrderRows : RowBlock
{
    private readonly LongColumn _amount, _arrival;
    private readonly DayColumn _day;
    private readonly TextColumn _state, _id, _customer;

    public OrderRows()
        : base(PointsSql.InsertOrders)
    {
        _amount = Long("amount");
        _arrival = Long("arrival");
        _day = Day("day");
        _state = Text("state");
        _id = Text("id");
        _customer = Text("customer");
    }

    /// <summary>Adds an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="arrival">Its place among all rows that took a key.</param>
    /// <param name="state">Whether it waits or is taken.</param>
    public void Add(in OrderRow order, long arrival, RowState state)
    {
        _amount.Add(order.Amount);
        _arrival.Add(arrival);
        _day.Add(order.Date);
        _state.Add(EnumText.Row[state]);
        _id.Add(order.Id);
        _customer.Add(order.Customer);
    }
}

/// <summary>Orders of runs that left their waiting, were refused or refunded, or of which the entries do not tell everything.</summary>
internal sealed class AnsweredOrderRows : RowBlock
{
    private readonly LongColumn _points, _balance, _shortfall, _refunded;
    private readonly IntColumn _first, _entries, _lot, _bonusLot;
    private readonly TextColumn _state, _id, _outcome;

    public AnsweredOrderRows()
        : base(PointsSql.AnswerOrders)
    {
        _points = Long("result_points");
        _balance = Long("balance");
        _shortfall = Long("shortfall");
        _refunded = Long("refunded");
        _first = Int("first_sequence");
        _entries = Int("entries");
        _lot = Int("lot");
        _bonusLot = Int("bonus_lot");
        _state = Text("state");
        _id = Text("id");
        _outcome = Text("outcome");
    }

    /// <summary>Adds an order with what the ledger did with it.</summary>
    public void Add(in RecordedOperation earned) => Add(earned.Operation.Id, RowState.Taken, earned);

    /// <summary>Adds an order.</summary>
    /// <param name="id">The order.</param>
    /// <param name="state">What became of its row.</param>
    /// <param name="earned">What the ledger did with it, unless it did not come there, its key stands elsewhere, or the entries tell it.</param>
    public void Add(string id, RowState state, in RecordedOperation? earned)
    {
        _points.Add(earned?.Result.Points);
        _balance.Add(earned?.Result.Balance);
        _shortfall.Add(earned?.Result.Shortfall);
        _refunded.Add(earned?.Refunded);
        _first.Add(earned?.Result.FirstSequence);
        _entries.Add(earned?.Result.Entries);
        _lot.Add(earned?.Lot);
        _bonusLot.Add(earned?.BonusLot);
        _state.Add(EnumText.Row[state]);
        _id.Add(id);
        _outcome.Add(earned is { } known ? EnumText.Outcome[known.Result.Outcome] : null);
    }
}

/// <summary>Refunds of runs, new or changed.</summary>
internal sealed class RefundRows : RowBlock
{
    private readonly LongColumn _amount, _arrival;
    private readonly DayColumn _day;
    private readonly TextColumn _state, _id, _order;

    public RefundRows(string statement)
        : base(statement)
    {
        _amount = Long("amount");
        _arrival = Long("arrival");
        _day = Day("day");
        _state = Text("state");
        _id = Text("id");
        _order = Text("order_id");
    }

    public void Add(RowRecord<RefundRow> refund)
    {
        _amount.Add(refund.Row.Amount);
        _arrival.Add(refund.Arrival);
        _day.Add(refund.Row.Date);
        _state.Add(EnumText.Row[refund.State]);
        _id.Add(refund.Row.Id);
        _order.Add(refund.Row.Order);
    }
}

/// <summary>Claims and what happened to them, new or changed.</summary>
internal sealed class RedemptionEventRows : RowBlock
{
    private readonly LongColumn _arrival;
    private readonly DayColumn _day;
    private readonly TextColumn _event, _state, _refusal, _column, _id, _customer, _reward;

    public RedemptionEventRows(string statement)
        : base(statement)
    {
        _arrival = Long("arrival");
        _day = Day("day");
        _event = Text("event");
        _state = Text("state");
        _refusal = Text("refusal");
        _column = Text("at_column");
        _id = Text("id");
        _customer = Text("customer");
        _reward = Text("reward");
    }

    public void Add(RowRecord<RedemptionRow> happening)
    {
        _arrival.Add(happening.Arrival);
        _day.Add(happening.Row.Date);
        _event.Add(EnumText.Event[happening.Row.Event]);
        _state.Add(EnumText.Row[happening.State]);
        _refusal.Add(EnumText.Refusal[happening.Refusal]);
        _column.Add(EnumText.Column[happening.Column]);
        _id.Add(happening.Row.Id);
        _customer.Add(happening.Row.Customer);
        _reward.Add(happening.Row.Reward);
    }
}
