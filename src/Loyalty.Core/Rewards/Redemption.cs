using System.Text.Json.Serialization;

namespace Loyalty.Rewards;

/// <summary>Where a redemption stands.</summary>
public enum RedemptionStatus
{
    /// <summary>The claim was granted: points and stock are taken, nothing is handed out yet.</summary>
    Pending,

    /// <summary>The reward was handed out.</summary>
    Fulfilled,

    /// <summary>The matter is closed; it can still be refunded.</summary>
    Concluded,

    /// <summary>The member gave it up before fulfilment; points and stock went back.</summary>
    Cancelled,

    /// <summary>The program refused it before fulfilment; points and stock went back.</summary>
    Rejected,

    /// <summary>It was taken back after fulfilment; points and stock went back.</summary>
    Refunded,

    /// <summary>The claim was not granted; nothing was taken.</summary>
    Refused,
}

/// <summary>What happens to a redemption.</summary>
public enum RedemptionEvent
{
    /// <summary>A member claims a reward.</summary>
    Claimed,

    /// <summary>The reward is handed out.</summary>
    Fulfilled,

    /// <summary>The matter is closed.</summary>
    Concluded,

    /// <summary>The member gives it up.</summary>
    Cancelled,

    /// <summary>The program refuses it.</summary>
    Rejected,

    /// <summary>It is taken back after fulfilment.</summary>
    Refunded,
}

/// <summary>Why a claim is refused. Several may apply: the first in this order is reported.</summary>
public enum ClaimRefusal
{
    /// <summary>It is not refused.</summary>
    None,

    /// <summary>The program has no such reward.</summary>
    UnknownReward,

    /// <summary>The date is outside the dates of the reward.</summary>
    NotAvailable,

    /// <summary>The member is on no level that may claim it, or has not completed its mission.</summary>
    NotEligible,

    /// <summary>The member has claimed it as often as its limit allows.</summary>
    LimitReached,

    /// <summary>There is none left.</summary>
    OutOfStock,

    /// <summary>The member's points do not cover it.</summary>
    InsufficientPoints,
}

/// <summary>One claim of a reward and what became of it.</summary>
/// <param name="Id">The id, unique in the tenant.</param>
/// <param name="Member">Who claimed.</param>
/// <param name="Reward">The id of the reward.</param>
/// <param name="ClaimedOn">The day on which the claim was taken.</param>
/// <param name="Points">The points it took; 0 when it was refused.</param>
/// <param name="Level">The member's level or stage at the claim, which later changes do not touch; <see langword="null"/>: none.</param>
/// <param name="Achievement">Which of the member's achievements the claim belongs to, from 1; 0: none yet.</param>
[JsonConverter(typeof(RedemptionConverter))]
public sealed record Redemption(string Id, string Member, string Reward, DateOnly ClaimedOn, long Points, string? Level, int Achievement)
{
    /// <summary>Where it stands.</summary>
    public RedemptionStatus Status { get; private set; }

    /// <summary>When it came there.</summary>
    public DateOnly ChangedOn { get; private set; } = ClaimedOn;

    /// <summary>When it was fulfilled, also when it was refunded later.</summary>
    public DateOnly? FulfilledOn { get; private set; }

    /// <summary>Why the claim was refused.</summary>
    public ClaimRefusal Refusal { get; private set; }

    /// <summary>Whether it counts for limits and stock: granted and not given back.</summary>
    public bool Counts => Status is RedemptionStatus.Pending or RedemptionStatus.Fulfilled or RedemptionStatus.Concluded;

    /// <summary>Where an event leads from a status, or <see langword="null"/> when it is not allowed there.</summary>
    public static RedemptionStatus? After(RedemptionStatus status, RedemptionEvent happening) => (status, happening) switch
    {
        (RedemptionStatus.Pending, RedemptionEvent.Fulfilled) => RedemptionStatus.Fulfilled,
        (RedemptionStatus.Pending, RedemptionEvent.Cancelled) => RedemptionStatus.Cancelled,
        (RedemptionStatus.Pending, RedemptionEvent.Rejected) => RedemptionStatus.Rejected,
        (RedemptionStatus.Fulfilled, RedemptionEvent.Concluded) => RedemptionStatus.Concluded,
        (RedemptionStatus.Fulfilled or RedemptionStatus.Concluded, RedemptionEvent.Refunded) => RedemptionStatus.Refunded,
        _ => null,
    };

    /// <summary>Whether a status gives points and stock back.</summary>
    public static bool GivesBack(RedemptionStatus status) =>
        status is RedemptionStatus.Cancelled or RedemptionStatus.Rejected or RedemptionStatus.Refunded;

    /// <summary>Whether an event gives points and stock back, when the claim stands so that it can be.</summary>
    /// <param name="happened">The event.</param>
    public static bool GivesBack(RedemptionEvent happened) =>
        happened is RedemptionEvent.Cancelled or RedemptionEvent.Rejected or RedemptionEvent.Refunded;

    internal static Redemption Refuse(string id, string member, string reward, DateOnly date, string? level, int achievement, ClaimRefusal refusal) =>
        new(id, member, reward, date, 0, level, achievement) { Status = RedemptionStatus.Refused, Refusal = refusal };

    internal void Change(RedemptionStatus status, DateOnly on)
    {
        Status = status;
        ChangedOn = on;
        FulfilledOn = status == RedemptionStatus.Fulfilled ? on : FulfilledOn;
    }

    /// <summary>Creates a redemption from what a store kept of it.</summary>
    /// <param name="id">The id.</param>
    /// <param name="member">Who claimed.</param>
    /// <param name="reward">The id of the reward.</param>
    /// <param name="claimedOn">The day on which the claim was taken.</param>
    /// <param name="points">The points it took, at least 0; 0 when it was refused.</param>
    /// <param name="level">The level or stage at the claim.</param>
    /// <param name="achievement">Which of the member's achievements the claim belongs to; 0: none.</param>
    /// <param name="status">Where it stands.</param>
    /// <param name="changedOn">When it came there.</param>
    /// <param name="fulfilledOn">When it was fulfilled.</param>
    /// <param name="refusal">Why it was refused; a refusal if, and only if, the status is <see cref="RedemptionStatus.Refused"/>.</param>
    /// <exception cref="ArgumentException">The values are no redemption; the message says which does not fit.</exception>
    public static Redemption FromStored(
        string id, string member, string reward, DateOnly claimedOn, long points, string? level, int achievement, RedemptionStatus status,
        DateOnly changedOn, DateOnly? fulfilledOn, ClaimRefusal refusal)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentException.ThrowIfNullOrEmpty(member);
        ArgumentException.ThrowIfNullOrEmpty(reward);
        ArgumentOutOfRangeException.ThrowIfNegative(points);
        ArgumentOutOfRangeException.ThrowIfNegative(achievement);
        if (!Enum.IsDefined(status) || !Enum.IsDefined(refusal) || (status == RedemptionStatus.Refused) != (refusal != ClaimRefusal.None))
        {
            throw new ArgumentException($"The redemption '{id}' cannot be {status} with the refusal {refusal}.", nameof(status));
        }

        var redemption = new Redemption(id, member, reward, claimedOn, points, level, achievement);
        redemption.Restore(status, changedOn, fulfilledOn, refusal);
        return redemption;
    }

    internal void Restore(RedemptionStatus status, DateOnly changedOn, DateOnly? fulfilledOn, ClaimRefusal refusal)
    {
        Status = status;
        ChangedOn = changedOn;
        FulfilledOn = fulfilledOn;
        Refusal = refusal;
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Redemption), PrintMembers);
}
