using System.Globalization;
using System.Text.Json.Serialization;

namespace Loyalty.Points.Ledger;

/// <summary>What an entry of the ledger is.</summary>
public enum EntryKind
{
    /// <summary>Points for an order.</summary>
    Earned,

    /// <summary>The bonus on an order.</summary>
    Bonus,

    /// <summary>Points taken for a reward or a committed hold; negative.</summary>
    Redeemed,

    /// <summary>A correction by hand or a transfer; of either sign.</summary>
    Adjusted,

    /// <summary>Points of an order taken back by a refund (negative), or points of a claim given back (positive).</summary>
    Reversed,

    /// <summary>The rest of a lot that ran out; negative.</summary>
    Expired,
}

/// <summary>What wrote an entry.</summary>
public enum EntrySource
{
    /// <summary>The points of an order: <c>order:ID:earned</c>.</summary>
    OrderEarned,

    /// <summary>The bonus of an order: <c>order:ID:bonus</c>.</summary>
    OrderBonus,

    /// <summary>A claim: <c>redemption:ID:redeemed</c>.</summary>
    Redeemed,

    /// <summary>A claim given back: <c>redemption:ID:reversed</c>.</summary>
    GivenBack,

    /// <summary>A refund, from the points of the order: <c>refund:ID:earned</c>.</summary>
    RefundEarned,

    /// <summary>A refund, from the bonus of the order: <c>refund:ID:bonus</c>.</summary>
    RefundBonus,

    /// <summary>A correction: <c>adjustment:ID</c>.</summary>
    Adjustment,

    /// <summary>A committed hold: <c>hold:ID:redeemed</c>.</summary>
    Hold,

    /// <summary>The paying side of a transfer: <c>transfer:ID:out</c>.</summary>
    TransferOut,

    /// <summary>The receiving side of a transfer: <c>transfer:ID:in</c>.</summary>
    TransferIn,
}

/// <summary>The idempotency key of an entry, unique in a tenant.</summary>
/// <remarks>
/// A value; equal by source, id and number, ids ordinally. <see langword="default"/> is no key. The key of an expiry is
/// <c>expired:&lt;key of the lot's entry&gt;:&lt;n&gt;</c> for the n-th expiry of that lot; what a refund takes when points come back is
/// <c>refund:ID:earned:&lt;n&gt;</c> or <c>refund:ID:bonus:&lt;n&gt;</c>, from 2.
/// </remarks>
public readonly struct EntryKey : IEquatable<EntryKey>
{
    /// <summary>Creates a key.</summary>
    /// <param name="source">What wrote the entry, or for an expiry the entry that opened the lot.</param>
    /// <param name="id">The id of the order, redemption, refund, adjustment, hold or transfer.</param>
    /// <param name="number">See <see cref="Number"/>; not negative.</param>
    /// <exception cref="ArgumentException">The id is empty, the source unknown or the number negative.</exception>
    [JsonConstructor]
    public EntryKey(EntrySource source, string id, int number = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        if ((uint)source > (uint)EntrySource.TransferIn)
        {
            throw new ArgumentOutOfRangeException(nameof(source), source, "not a source");
        }

        Source = source;
        Id = id;
        Number = number;
    }

    /// <summary>What wrote the entry, or for an expiry the entry that opened the lot.</summary>
    public EntrySource Source { get; }

    /// <summary>The id of the order, redemption, refund, adjustment, hold or transfer.</summary>
    public string Id { get; }

    /// <summary>
    /// Which expiry of the lot this is, from 1; for what a refund takes again when points come back, which taking of it this is, from 2; 0 for every other entry.
    /// </summary>
    public int Number { get; }

    /// <summary>What caused the entry, such as <c>order:ID</c> or <c>redemption:ID</c>.</summary>
    public string Cause => string.Concat(
        Source switch
        {
            EntrySource.OrderEarned or EntrySource.OrderBonus => "order:",
            EntrySource.Redeemed or EntrySource.GivenBack => "redemption:",
            EntrySource.RefundEarned or EntrySource.RefundBonus => "refund:",
            EntrySource.Adjustment => "adjustment:",
            EntrySource.Hold => "hold:",
            _ => "transfer:",
        },
        Id);

    /// <summary>Whether both are the same key.</summary>
    public static bool operator ==(EntryKey left, EntryKey right) => left.Equals(right);

    /// <summary>Whether the keys differ.</summary>
    public static bool operator !=(EntryKey left, EntryKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(EntryKey other) =>
        Source == other.Source && Number == other.Number && string.Equals(Id, other.Id, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EntryKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Source, Id, Number);

    /// <summary>The key as text, such as <c>order:1001:earned</c>.</summary>
    public override string ToString()
    {
        var key = string.Concat(Cause, Source switch
        {
            EntrySource.OrderEarned or EntrySource.RefundEarned => ":earned",
            EntrySource.OrderBonus or EntrySource.RefundBonus => ":bonus",
            EntrySource.Redeemed or EntrySource.Hold => ":redeemed",
            EntrySource.GivenBack => ":reversed",
            EntrySource.TransferOut => ":out",
            EntrySource.TransferIn => ":in",
            _ => string.Empty,
        });
        return Number == 0 ? key
            : Source is EntrySource.RefundEarned or EntrySource.RefundBonus ? string.Create(CultureInfo.InvariantCulture, $"{key}:{Number}")
            : string.Create(CultureInfo.InvariantCulture, $"expired:{key}:{Number}");
    }
}
