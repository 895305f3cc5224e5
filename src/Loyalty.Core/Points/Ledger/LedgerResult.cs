namespace Loyalty.Points.Ledger;

/// <summary>What became of an operation. Several may apply: the first in this order is reported.</summary>
/// <remarks>
/// <see cref="Invalid"/>, <see cref="Conflict"/> and <see cref="UnknownTarget"/> leave the key free; every other outcome takes it, and the same
/// operation again gets the same outcome, whatever has changed since.
/// </remarks>
public enum LedgerOutcome : byte
{
    /// <summary>Nothing was asked: the outcome of <see langword="default"/>, and of no operation.</summary>
    None,

    /// <summary>Done.</summary>
    Applied,

    /// <summary>The operation can never be done: points not above 0, a negative amount, a transfer to oneself, an end of a hold in another zone than UTC.</summary>
    Invalid,

    /// <summary>The key was used for another content; <see cref="LedgerResult.Field"/> names the first field that differs.</summary>
    Conflict,

    /// <summary>The order, redemption or hold it names is not in the ledger.</summary>
    UnknownTarget,

    /// <summary>The redemption was given back already.</summary>
    AlreadyReversed,

    /// <summary>The hold was committed or released already.</summary>
    HoldClosed,

    /// <summary>The hold was over at the instant of the operation.</summary>
    HoldExpired,

    /// <summary>The refunds of the order would sum up to more than its amount (only where <see cref="PointsProgram.RefundExcess"/> says so).</summary>
    RefundExceedsOrder,

    /// <summary>Fewer points are available than asked for; for a correction: it would pass the limit of the program.</summary>
    InsufficientPoints,

    /// <summary>A balance would leave the range of a 64-bit number.</summary>
    Overflow,
}

/// <summary>A field of an operation.</summary>
public enum LedgerField : byte
{
    /// <summary>No field.</summary>
    None,

    /// <summary>The member.</summary>
    Member,

    /// <summary>The order, redemption, hold or receiving member.</summary>
    Target,

    /// <summary>The date.</summary>
    Date,

    /// <summary>The amount of money.</summary>
    Amount,

    /// <summary>The points.</summary>
    Points,

    /// <summary>The end of the hold.</summary>
    ExpiresAt,

    /// <summary>The reason.</summary>
    Reason,
}

/// <summary>What became of an operation, with the entries it wrote.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="FirstSequence">The sequence number of its first entry within the member; 0 when it wrote none.</param>
/// <param name="Entries">How many entries it wrote for the member.</param>
/// <param name="Points">The signed points of these entries together.</param>
/// <param name="Balance">The member's balance after it.</param>
public readonly record struct LedgerResult(LedgerOutcome Outcome, int FirstSequence, int Entries, long Points, long Balance)
{
    /// <summary>Whether the operation had been submitted before: the result is the one of then, and nothing was done now.</summary>
    public bool IsRepeat { get; init; }

    /// <summary>The first field that differs, for <see cref="LedgerOutcome.Conflict"/>.</summary>
    public LedgerField Field { get; init; }

    /// <summary>
    /// Points the operation was entitled to and did not get: taken back by a refund that the balance did not cover, or earned above a cap.
    /// </summary>
    public long Shortfall { get; init; }

    /// <summary>Whether it was done, now or before.</summary>
    public bool IsApplied => Outcome == LedgerOutcome.Applied;

    /// <summary>A refusal, with the balance that stays.</summary>
    internal static LedgerResult Refused(LedgerOutcome outcome, MemberLedger? member) => new(outcome, 0, 0, 0, member?.Balance ?? 0);

    /// <summary>What was done, by what the member has more than before.</summary>
    internal static LedgerResult Of(MemberLedger member, int entriesBefore, long balanceBefore) => new(
        LedgerOutcome.Applied,
        member.Entries.Length == entriesBefore ? 0 : entriesBefore + 1,
        member.Entries.Length - entriesBefore,
        member.Balance - balanceBefore,
        member.Balance);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(LedgerResult), PrintMembers);
}
