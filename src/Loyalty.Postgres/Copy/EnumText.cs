using Loyalty.Activities;
using Loyalty.Clubs;
using Loyalty.Missions;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Postgres.Copy;

/// <summary>The words that stand in tables for what has a name in the code, in the order of the names.</summary>
internal sealed class EnumText<T>
    where T : struct, Enum
{
    private readonly Dictionary<T, string> _words = [];
    private readonly Dictionary<string, T> _values = new(StringComparer.Ordinal);

    /// <param name="words">A word for each value; <see langword="null"/> for one that is never stored.</param>
    public EnumText(params string?[] words)
    {
        var values = Enum.GetValues<T>();
        if (values.Length != words.Length)
        {
            throw new InvalidOperationException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{typeof(T).Name} has {values.Length} values and {words.Length} words."));
        }

        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] is { } word)
            {
                _values.Add(word, values[i]);
                _words.Add(values[i], word);
            }
        }
    }

    public string this[T value] => _words[value];

    public T Parse(string word) => _values.TryGetValue(word, out var value)
        ? value
        : throw new StoreException(
            StoreFault.Damaged,
            $"The database holds the {typeof(T).Name} '{word}', which this version does not know; update the library or restore a backup.");
}

/// <summary>The words of each kind.</summary>
internal static class EnumText
{
    public static EnumText<DecisionKind> Decision { get; } = new("promoted", "kept", "demoted", "grace-started");

    public static EnumText<Metric> Metric { get; } = new("sales", "units", "videos", "views", "likes", "comments");

    public static EnumText<MissionStatus> Mission { get; } = new("active", "completed", "expired");

    public static EnumText<EntryKind> Entry { get; } = new("earned", "bonus", "redeemed", "adjusted", "reversed", "expired");

    public static EnumText<EntrySource> Source { get; } = new(
        "order-earned", "order-bonus", "redeemed", "given-back", "refund-earned", "refund-bonus", "adjustment", "hold", "transfer-out", "transfer-in");

    public static EnumText<LedgerOperationKind> Operation { get; } = new(
        "earn", "redeem", "give-back", "refund", "adjust", "reserve", "commit", "release", "transfer");

    /// <remarks>No outcome is never stored: only operations that were asked for are.</remarks>
    public static EnumText<LedgerOutcome> Outcome { get; } = new(
        null, "applied", "invalid", "conflict", "unknown-target", "already-reversed", "hold-closed", "hold-expired", "refund-exceeds-order",
        "insufficient-points", "overflow");

    public static EnumText<RowState> Row { get; } = new("waiting", "taken", "refused");

    public static EnumText<RowRefusal> Refusal { get; } = new(
        "none", "conflict", "unknown-order", "unknown-redemption", "wrong-status", "overflow", "claim-refused", "refund-exceeds-order", "invalid");

    public static EnumText<RowColumn> Column { get; } = new("none", "id", "customer", "order", "date", "amount", "reward", "event");

    public static EnumText<RedemptionEvent> Event { get; } = new("claimed", "fulfilled", "concluded", "cancelled", "rejected", "refunded");

    public static EnumText<RedemptionStatus> Redemption { get; } = new(
        "pending", "fulfilled", "concluded", "cancelled", "rejected", "refunded", "refused");

    public static EnumText<ClaimRefusal> Claim { get; } = new(
        "none", "unknown-reward", "not-available", "not-eligible", "limit-reached", "out-of-stock", "insufficient-points");

    public static EnumText<EnrollmentStatus> Enrollment { get; } = new("active", "upgraded", "expired");

    public static EnumText<DiscountOperationKind> Discount { get; } = new("add", "remove");

    /// <summary>The word for a hold: of operations that are none, it is <c>none</c>.</summary>
    public static string Of(in RecordedOperation record) =>
        record.Operation.Kind != LedgerOperationKind.Reserve || !record.Result.IsApplied ? "none"
        : record.HoldState switch
        {
            HoldState.Open => "open",
            HoldState.Committed => "committed",
            HoldState.Released => "released",
            _ => "timed-out",
        };

    public static HoldState ParseHold(string word) => word switch
    {
        "none" or "open" => HoldState.Open,
        "committed" => HoldState.Committed,
        "released" => HoldState.Released,
        "timed-out" => HoldState.TimedOut,
        _ => throw new StoreException(StoreFault.Damaged, $"The database holds the state of a hold '{word}', which this version does not know."),
    };
}
