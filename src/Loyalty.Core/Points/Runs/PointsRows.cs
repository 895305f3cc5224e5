using Loyalty.Money;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>An order, as it counts for club and points.</summary>
/// <param name="Id">The id: its key.</param>
/// <param name="Customer">Whose order, trimmed, compared exactly.</param>
/// <param name="Date">Its date.</param>
/// <param name="Amount">Its amount in minor units, at least 0.</param>
public readonly record struct OrderRow(string Id, string Customer, DateOnly Date, long Amount)
{
    /// <summary>An order with its amount in units of the currency.</summary>
    /// <param name="id">The id: its key.</param>
    /// <param name="customer">Whose order.</param>
    /// <param name="date">Its date.</param>
    /// <param name="amount">Its amount, such as <c>12.34</c>.</param>
    /// <param name="currency">The program's currency.</param>
    /// <exception cref="ArgumentException"><paramref name="amount"/> has more digits than the currency, or is out of bounds.</exception>
    public static OrderRow Of(string id, string customer, DateOnly date, decimal amount, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return new(id, customer, date, currency.ToMinor(amount));
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(OrderRow), PrintMembers);
}

/// <summary>A refund of an order.</summary>
/// <param name="Id">The id: its key.</param>
/// <param name="Order">The id of the order.</param>
/// <param name="Date">Its date; it counts on the order's date when that is later.</param>
/// <param name="Amount">The amount in minor units, above 0.</param>
public readonly record struct RefundRow(string Id, string Order, DateOnly Date, long Amount)
{
    /// <summary>A refund with its amount in units of the currency.</summary>
    /// <param name="id">The id: its key.</param>
    /// <param name="order">The id of the order.</param>
    /// <param name="date">Its date.</param>
    /// <param name="amount">The amount, such as <c>12.34</c>.</param>
    /// <param name="currency">The program's currency.</param>
    /// <exception cref="ArgumentException"><paramref name="amount"/> has more digits than the currency, or is out of bounds.</exception>
    public static RefundRow Of(string id, string order, DateOnly date, decimal amount, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return new(id, order, date, currency.ToMinor(amount));
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(RefundRow), PrintMembers);
}

/// <summary>A claim of a reward, or what happened to one.</summary>
/// <param name="Id">The id of the redemption: the key of a claim; with event and date the key of everything else.</param>
/// <param name="Customer">Whose redemption.</param>
/// <param name="Date">The date.</param>
/// <param name="Reward">The id of the reward.</param>
/// <param name="Event">What happened.</param>
public readonly record struct RedemptionRow(string Id, string Customer, DateOnly Date, string Reward, RedemptionEvent Event)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(RedemptionRow), PrintMembers);
}

/// <summary>A claim of a reward, or what happened to one, that is to be taken now.</summary>
/// <param name="Row">The row. Its keys are those of rows of runs; it is dated on the booking day or before.</param>
/// <param name="Grants">
/// For a claim of a reward that a mission grants: how often the member's missions have granted it so far, as
/// <see cref="RewardDesk.GrantsOf(Reward, IEnumerable{Loyalty.Missions.MissionInstance})"/> counts; at least 0. It is evidence, no content: a repeat may name another number.
/// </param>
public readonly record struct RedemptionRequest(RedemptionRow Row, int Grants = 0);

/// <summary>A column of a row.</summary>
public enum RowColumn
{
    /// <summary>None.</summary>
    None,

    /// <summary>The id.</summary>
    Id,

    /// <summary>The customer of an order or redemption.</summary>
    Customer,

    /// <summary>The order of a refund.</summary>
    Order,

    /// <summary>The date.</summary>
    Date,

    /// <summary>The amount.</summary>
    Amount,

    /// <summary>The reward.</summary>
    Reward,

    /// <summary>The event.</summary>
    Event,
}

/// <summary>Why a row that could be read was not taken.</summary>
public enum RowRefusal
{
    /// <summary>It was taken.</summary>
    None,

    /// <summary>Its key was used for other content.</summary>
    Conflict,

    /// <summary>The refund's order is not known at the end of the run. The row is forgotten and can be sent again.</summary>
    UnknownOrder,

    /// <summary>The redemption it is about is not known on its turn.</summary>
    UnknownRedemption,

    /// <summary>The redemption is not in a status that allows the event.</summary>
    WrongStatus,

    /// <summary>The points of the order do not fit a 64-bit number.</summary>
    Overflow,

    /// <summary>The claim was refused; <see cref="RowOutcome.Claim"/> says why.</summary>
    ClaimRefused,

    /// <summary>The refunds of the order would sum up to more than its amount (only where <see cref="PointsProgram.RefundExcess"/> says so).</summary>
    RefundExceedsOrder,

    /// <summary>The row can never be taken: a text is missing or cannot be stored, an amount is out of bounds. It takes no key.</summary>
    Invalid,
}

/// <summary>What became of a row.</summary>
/// <param name="IsNew">Whether its key was not known before; otherwise it changed nothing, unless it had waited for its day.</param>
/// <param name="Refusal">Why it was not taken.</param>
/// <param name="Column">The column at fault; for a conflict the first that differs.</param>
/// <param name="Claim">Why a claim was refused.</param>
public readonly record struct RowOutcome(bool IsNew, RowRefusal Refusal, RowColumn Column, ClaimRefusal Claim)
{
    /// <summary>Whether it was not taken.</summary>
    public bool IsRejected => Refusal != RowRefusal.None;
}

/// <summary>What a run did.</summary>
/// <param name="Orders">One outcome for each order, in the order in which they were added.</param>
/// <param name="Refunds">One outcome for each refund, in the order in which they were added.</param>
/// <param name="Redemptions">One outcome for each redemption row, in the order in which they were added.</param>
/// <param name="EntriesNew">How many entries were written.</param>
public sealed record PointsRunResult(
    IReadOnlyList<RowOutcome> Orders, IReadOnlyList<RowOutcome> Refunds, IReadOnlyList<RowOutcome> Redemptions, long EntriesNew)
{
    /// <summary>How many refunds were taken that ask for more than was left of their order; they count as far as the order reaches.</summary>
    public long RefundsOverOrder { get; init; }

    /// <summary>How much of each member that changed stood before the run: what follows it is new.</summary>
    public IReadOnlyDictionary<string, PointsMark> Before { get; init; } = new Dictionary<string, PointsMark>(StringComparer.Ordinal);
}

/// <summary>How much of a member stood at a moment.</summary>
/// <param name="Operations">How many discount operations.</param>
/// <param name="Entries">How many entries.</param>
/// <param name="Redemptions">How many claims.</param>
public readonly record struct PointsMark(int Operations, int Entries, int Redemptions);
