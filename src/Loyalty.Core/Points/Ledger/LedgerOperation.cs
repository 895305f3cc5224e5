using Loyalty.Money;

namespace Loyalty.Points.Ledger;

/// <summary>What an operation on the ledger does. Ids are unique per kind in a tenant.</summary>
public enum LedgerOperationKind
{
    /// <summary>An order earns points and their bonus.</summary>
    Earn,

    /// <summary>A claim takes points.</summary>
    Redeem,

    /// <summary>The points of a claim go back to the lots they came from.</summary>
    GiveBack,

    /// <summary>A refund takes back what an order earned, in proportion.</summary>
    Refund,

    /// <summary>A correction by hand, of either sign.</summary>
    Adjust,

    /// <summary>Points are set aside until the hold is committed, released or timed out.</summary>
    Reserve,

    /// <summary>A hold becomes a redemption, wholly or in part.</summary>
    Commit,

    /// <summary>A hold is given up.</summary>
    Release,

    /// <summary>Points go from one member to another.</summary>
    Transfer,
}

/// <summary>One operation on the ledger: what is asked for, with its idempotency key (kind and id).</summary>
/// <remarks>Made by the static methods. Ids and members are compared ordinally. <see langword="default"/> is no operation.</remarks>
public readonly record struct LedgerOperation
{
    private readonly byte _kind;

    private LedgerOperation(LedgerOperationKind kind, string id, DateOnly date)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        _kind = (byte)kind;
        Id = id;
        DayNumber = date.DayNumber;
    }

    /// <summary>An operation that was one before.</summary>
    internal LedgerOperation(
        LedgerOperationKind kind, string id, string? member, string? target, int dayNumber, long quantity, DateTime expiresAt, string? reason)
    {
        _kind = (byte)kind;
        Id = id;
        Member = member;
        Target = target;
        DayNumber = dayNumber;
        Quantity = quantity;
        ExpiresAt = expiresAt;
        Reason = reason;
    }

    /// <summary>What it does.</summary>
    public LedgerOperationKind Kind => (LedgerOperationKind)_kind;

    /// <summary>The id, unique among operations of this kind.</summary>
    public string Id { get; }

    /// <summary>Whose points; <see langword="null"/> where the target says it (give back, refund, commit, release).</summary>
    public string? Member { get; private init; }

    /// <summary>The order refunded, the redemption given back, the hold ended, or the member who receives a transfer.</summary>
    public string? Target { get; private init; }

    /// <summary>The date on which it counts.</summary>
    public DateOnly Date => DateOnly.FromDayNumber(DayNumber);

    /// <summary>The amount of an order or refund in minor units; 0 for other kinds.</summary>
    public long Amount => HasAmount ? Quantity : 0;

    /// <summary>The points asked for; 0 where they follow from an amount or a target.</summary>
    public long Points => HasAmount ? 0 : Quantity;

    /// <summary>The first instant at which a hold is over.</summary>
    public DateTime ExpiresAt { get; private init; }

    /// <summary>Why a correction was made.</summary>
    public string? Reason { get; private init; }

    internal int DayNumber { get; }

    /// <summary>The amount or the points: no kind has both.</summary>
    internal long Quantity { get; private init; }

    private bool HasAmount => Kind is LedgerOperationKind.Earn or LedgerOperationKind.Refund;

    /// <summary>An order earns.</summary>
    /// <param name="order">The id of the order.</param>
    /// <param name="member">Whose order.</param>
    /// <param name="date">The date of the order.</param>
    /// <param name="amount">The amount in minor units, at least 0.</param>
    public static LedgerOperation Earn(string order, string member, DateOnly date, long amount) =>
        new(LedgerOperationKind.Earn, order, date) { Member = Named(member), Quantity = amount };

    /// <summary>An order earns.</summary>
    /// <param name="order">The id of the order.</param>
    /// <param name="member">Whose order.</param>
    /// <param name="date">The date of the order.</param>
    /// <param name="amount">The amount in units of the currency, such as <c>12.34</c>.</param>
    /// <param name="currency">The program's currency.</param>
    /// <exception cref="ArgumentException"><paramref name="amount"/> has more digits than the currency, or is out of bounds.</exception>
    public static LedgerOperation Earn(string order, string member, DateOnly date, decimal amount, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return Earn(order, member, date, currency.ToMinor(amount));
    }

    /// <summary>A claim takes points.</summary>
    /// <param name="redemption">The id of the redemption.</param>
    /// <param name="member">Whose points.</param>
    /// <param name="date">The date.</param>
    /// <param name="points">How many, above 0.</param>
    public static LedgerOperation Redeem(string redemption, string member, DateOnly date, long points) =>
        new(LedgerOperationKind.Redeem, redemption, date) { Member = Named(member), Quantity = points };

    /// <summary>The points of a claim go back.</summary>
    /// <param name="id">The id of the giving back.</param>
    /// <param name="redemption">The id of the redemption.</param>
    /// <param name="date">The date.</param>
    public static LedgerOperation GiveBack(string id, string redemption, DateOnly date) =>
        new(LedgerOperationKind.GiveBack, id, date) { Target = Named(redemption) };

    /// <summary>A refund takes back what an order earned.</summary>
    /// <param name="refund">The id of the refund.</param>
    /// <param name="order">The id of the order.</param>
    /// <param name="date">The date.</param>
    /// <param name="amount">The amount refunded in minor units, above 0.</param>
    public static LedgerOperation Refund(string refund, string order, DateOnly date, long amount) =>
        new(LedgerOperationKind.Refund, refund, date) { Target = Named(order), Quantity = amount };

    /// <summary>A refund takes back what an order earned.</summary>
    /// <param name="refund">The id of the refund.</param>
    /// <param name="order">The id of the order.</param>
    /// <param name="date">The date.</param>
    /// <param name="amount">The amount refunded in units of the currency, such as <c>12.34</c>.</param>
    /// <param name="currency">The program's currency.</param>
    /// <exception cref="ArgumentException"><paramref name="amount"/> has more digits than the currency, or is out of bounds.</exception>
    public static LedgerOperation Refund(string refund, string order, DateOnly date, decimal amount, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return Refund(refund, order, date, currency.ToMinor(amount));
    }

    /// <summary>A correction by hand.</summary>
    /// <param name="id">The id of the correction.</param>
    /// <param name="member">Whose points.</param>
    /// <param name="date">The date.</param>
    /// <param name="points">How many, signed, not 0.</param>
    /// <param name="reason">Why.</param>
    public static LedgerOperation Adjust(string id, string member, DateOnly date, long points, string reason) =>
        new(LedgerOperationKind.Adjust, id, date) { Member = Named(member), Quantity = points, Reason = reason ?? string.Empty };

    /// <summary>Points are set aside.</summary>
    /// <param name="hold">The id of the hold.</param>
    /// <param name="member">Whose points.</param>
    /// <param name="date">The date.</param>
    /// <param name="points">How many, above 0.</param>
    /// <param name="expiresAt">The first instant at which the hold is over, in UTC.</param>
    public static LedgerOperation Reserve(string hold, string member, DateOnly date, long points, DateTime expiresAt) =>
        new(LedgerOperationKind.Reserve, hold, date) { Member = Named(member), Quantity = points, ExpiresAt = expiresAt };

    /// <summary>A hold becomes a redemption.</summary>
    /// <param name="id">The id of the commit.</param>
    /// <param name="hold">The id of the hold.</param>
    /// <param name="date">The date.</param>
    /// <param name="points">How many of the points held, above 0; the rest is set free.</param>
    public static LedgerOperation Commit(string id, string hold, DateOnly date, long points) =>
        new(LedgerOperationKind.Commit, id, date) { Target = Named(hold), Quantity = points };

    /// <summary>A hold is given up.</summary>
    /// <param name="id">The id of the release.</param>
    /// <param name="hold">The id of the hold.</param>
    /// <param name="date">The date.</param>
    public static LedgerOperation Release(string id, string hold, DateOnly date) =>
        new(LedgerOperationKind.Release, id, date) { Target = Named(hold) };

    /// <summary>Points go from one member to another.</summary>
    /// <param name="id">The id of the transfer.</param>
    /// <param name="from">Who gives.</param>
    /// <param name="to">Who receives, another member.</param>
    /// <param name="date">The date.</param>
    /// <param name="points">How many, above 0.</param>
    public static LedgerOperation Transfer(string id, string from, string to, DateOnly date, long points) =>
        new(LedgerOperationKind.Transfer, id, date) { Member = Named(from), Target = Named(to), Quantity = points };

    /// <summary>An operation as it was stored; what its kind does not have is ignored.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="id">The id.</param>
    /// <param name="member">Whose points, where the kind says it.</param>
    /// <param name="target">The order, redemption or hold, or who receives a transfer.</param>
    /// <param name="date">The date on which it counts.</param>
    /// <param name="amount">The amount of an order or refund in minor units.</param>
    /// <param name="points">The points of other kinds.</param>
    /// <param name="expiresAt">The end of a hold, in UTC.</param>
    /// <param name="reason">Why a correction was made.</param>
    /// <exception cref="ArgumentException">The kind is unknown, or lacks a text that it needs.</exception>
    public static LedgerOperation Restore(
        LedgerOperationKind kind, string id, string? member, string? target, DateOnly date, long amount, long points, DateTime expiresAt, string? reason) =>
        kind switch
        {
            LedgerOperationKind.Earn => Earn(id, member!, date, amount),
            LedgerOperationKind.Redeem => Redeem(id, member!, date, points),
            LedgerOperationKind.GiveBack => GiveBack(id, target!, date),
            LedgerOperationKind.Refund => Refund(id, target!, date, amount),
            LedgerOperationKind.Adjust => Adjust(id, member!, date, points, reason!),
            LedgerOperationKind.Reserve => Reserve(id, member!, date, points, expiresAt),
            LedgerOperationKind.Commit => Commit(id, target!, date, points),
            LedgerOperationKind.Release => Release(id, target!, date),
            LedgerOperationKind.Transfer => Transfer(id, member!, target!, date, points),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of operation"),
        };

    /// <summary>Whether the operation can be done at all.</summary>
    internal bool IsValid => Kind switch
    {
        LedgerOperationKind.Earn => Amount >= 0,
        LedgerOperationKind.Refund => Amount > 0,
        LedgerOperationKind.Redeem or LedgerOperationKind.Commit => Points > 0,
        LedgerOperationKind.Reserve => Points > 0 && ExpiresAt.Kind == DateTimeKind.Utc,
        LedgerOperationKind.Adjust => Points is not (0 or long.MinValue),
        LedgerOperationKind.Transfer => Points > 0 && !string.Equals(Member, Target, StringComparison.Ordinal),
        _ => true,
    };

    /// <summary>Whether operations of a kind say whose points; those of the others follow from the target.</summary>
    internal static bool HasMember(LedgerOperationKind kind) =>
        kind is not (LedgerOperationKind.GiveBack or LedgerOperationKind.Refund or LedgerOperationKind.Commit or LedgerOperationKind.Release);

    /// <summary>The first field in which an operation with the same key differs, or <see cref="LedgerField.None"/>.</summary>
    internal LedgerField Difference(in LedgerOperation other) =>
        !string.Equals(Member, other.Member, StringComparison.Ordinal) ? LedgerField.Member
        : !string.Equals(Target, other.Target, StringComparison.Ordinal) ? LedgerField.Target
        : DayNumber != other.DayNumber ? LedgerField.Date
        : Amount != other.Amount ? LedgerField.Amount
        : Points != other.Points ? LedgerField.Points
        : ExpiresAt != other.ExpiresAt ? LedgerField.ExpiresAt
        : !string.Equals(Reason, other.Reason, StringComparison.Ordinal) ? LedgerField.Reason
        : LedgerField.None;

    private static string Named(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name;
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(LedgerOperation), PrintMembers);
}
