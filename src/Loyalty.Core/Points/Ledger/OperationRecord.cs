namespace Loyalty.Points.Ledger;

/// <summary>What became of a hold.</summary>
public enum HoldState : byte
{
    /// <summary>It keeps its points; also what every operation has that is no hold.</summary>
    Open,

    /// <summary>It became a redemption.</summary>
    Committed,

    /// <summary>It was given up.</summary>
    Released,

    /// <summary>It ended at its end.</summary>
    TimedOut,
}

/// <summary>An operation, its result, and what later operations on it need to know.</summary>
/// <remarks>A value of 72 bytes, since there is one for each operation ever decided; what few operations have lies apart. The operation is set first.</remarks>
internal struct OperationRecord
{
    private string _id;

    /// <summary>The member; the target where the target says whose points.</summary>
    private string? _name;
    private OperationDetails? _details;
    private long _quantity;
    private long _points;
    private long _balance;
    private int _day;
    private int _firstSequence;
    private int _entries;
    private byte _kind;
    private LedgerOutcome _outcome;

    /// <summary>For an order: its lots, -1 for none. For a redemption: the entry in <see cref="Lot"/>.</summary>
    public int Lot;
    public int BonusLot;

    /// <summary>For a redemption: whether its points went back.</summary>
    public bool IsGivenBack;

    public HoldState HoldState;

    public LedgerOperation Operation
    {
        readonly get => new(
            Kind, _id, HasMember ? _name : null, HasMember ? _details?.Target : _name, _day, _quantity, _details?.ExpiresAt ?? default,
            _details?.Reason);
        set
        {
            (_kind, _id, _day, _quantity) = ((byte)value.Kind, value.Id, value.DayNumber, value.Quantity);
            _name = value.Member ?? value.Target;
            _details = value is { Kind: LedgerOperationKind.Adjust or LedgerOperationKind.Reserve or LedgerOperationKind.Transfer }
                ? new() { Target = value.Target, ExpiresAt = value.ExpiresAt, Reason = value.Reason }
                : null;
        }
    }

    public LedgerResult Result
    {
        readonly get => new(_outcome, _firstSequence, _entries, _points, _balance) { Shortfall = _details?.Shortfall ?? 0 };
        set
        {
            (_outcome, _firstSequence, _entries, _points, _balance) = (value.Outcome, value.FirstSequence, value.Entries, value.Points, value.Balance);
            if (value.Shortfall != 0)
            {
                _details = (_details ?? new()) with { Shortfall = value.Shortfall };
            }
        }
    }

    /// <summary>For an order: what was refunded so far, at most its amount.</summary>
    public long Refunded
    {
        readonly get => _details?.Refunded ?? 0;
        set => _details = value == Refunded ? _details : (_details ?? new()) with { Refunded = value };
    }

    /// <summary>What an open hold took from which lots.</summary>
    public List<(int Lot, long Points)>? Hold
    {
        readonly get => _details?.Hold;
        set => _details = value == Hold ? _details : (_details ?? new()) with { Hold = value };
    }

    private readonly LedgerOperationKind Kind => (LedgerOperationKind)_kind;

    private readonly bool HasMember => LedgerOperation.HasMember(Kind);

    public readonly bool IsOf(LedgerOperationKind kind, string id) => Kind == kind && string.Equals(_id, id, StringComparison.Ordinal);

    /// <summary>Never changed, only replaced, so that a copy of a record stays what it was.</summary>
    private sealed record OperationDetails
    {
        public string? Target { get; init; }

        public DateTime ExpiresAt { get; init; }

        public string? Reason { get; init; }

        public long Shortfall { get; init; }

        public long Refunded { get; init; }

        public List<(int Lot, long Points)>? Hold { get; init; }
    }
}
