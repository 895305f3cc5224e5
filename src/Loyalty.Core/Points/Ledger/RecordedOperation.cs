namespace Loyalty.Points.Ledger;

/// <summary>What a hold took from a lot.</summary>
/// <param name="Lot">The number of the lot within the member, from 0.</param>
/// <param name="Points">The points, above 0.</param>
public readonly record struct HeldPoints(int Lot, long Points)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(HeldPoints), PrintMembers);
}

/// <summary>An operation that was decided, its result, and what later operations on it need to know: what a store keeps of it.</summary>
/// <remarks>A value. <see langword="default"/> is no operation.</remarks>
public readonly record struct RecordedOperation
{
    private readonly int _lot;
    private readonly int _bonusLot;

    /// <summary>What was asked for.</summary>
    public LedgerOperation Operation { get; init; }

    /// <summary>What became of it.</summary>
    public LedgerResult Result { get; init; }

    /// <summary>For an order: the number of the lot of its points; for a redemption: the sequence number of its entry; -1 for none.</summary>
    public int Lot
    {
        get => _lot - 1;
        init => _lot = value + 1;
    }

    /// <summary>For an order: the number of the lot of its bonus; -1 for none.</summary>
    public int BonusLot
    {
        get => _bonusLot - 1;
        init => _bonusLot = value + 1;
    }

    /// <summary>For an order: what was refunded so far, at most its amount.</summary>
    public long Refunded { get; init; }

    /// <summary>For a redemption: whether its points went back.</summary>
    public bool IsGivenBack { get; init; }

    /// <summary>For a hold: what became of it.</summary>
    public HoldState HoldState { get; init; }

    /// <summary>What an open hold took from which lots, in the order in which it did; <see langword="null"/> for everything else.</summary>
    public IReadOnlyList<HeldPoints>? Hold { get; init; }

    internal static RecordedOperation Of(in OperationRecord record) => new()
    {
        Operation = record.Operation,
        Result = record.Result,
        Lot = record.Lot,
        BonusLot = record.BonusLot,
        Refunded = record.Refunded,
        IsGivenBack = record.IsGivenBack,
        HoldState = record.HoldState,
        Hold = record.Hold?.ConvertAll(static h => new HeldPoints(h.Lot, h.Points)),
    };

    internal OperationRecord ToRecord() => new()
    {
        Operation = Operation,
        Result = Result,
        Lot = Lot,
        BonusLot = BonusLot,
        Refunded = Refunded,
        IsGivenBack = IsGivenBack,
        HoldState = HoldState,
        Hold = Hold?.Select(static h => (h.Lot, h.Points)).ToList(),
    };
}

/// <summary>The operations that a ledger has decided or was given back, in order; each has a number from 0.</summary>
public sealed class OperationList
{
    private readonly OperationTable _table;

    internal OperationList(OperationTable table) => _table = table;

    /// <summary>How many there are.</summary>
    public int Count => _table.Count;

    /// <summary>The operation of a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public RecordedOperation this[int number] =>
        (uint)number < (uint)Count ? RecordedOperation.Of(_table[number]) : throw new ArgumentOutOfRangeException(nameof(number));

    /// <summary>The number of the operation of a key, or -1.</summary>
    public int Find(LedgerOperationKind kind, string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _table.Find(kind, id);
    }
}
