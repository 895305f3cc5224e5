using Loyalty.Scoring;

namespace Loyalty.Storage.Scores;

/// <summary>What became of the orders of a run, each key counted once.</summary>
/// <param name="Inserted">New ones.</param>
/// <param name="Updated">Those that differ from what was stored.</param>
/// <param name="Removed">Stored ones that were taken out, or that a complete export no longer has.</param>
/// <param name="Unchanged">Those that equal what was stored.</param>
/// <param name="Superseded">Rows whose key came again later in the run.</param>
public sealed record OrderCounts(long Inserted, long Updated, long Removed, long Unchanged, long Superseded)
{
    /// <summary>No order came in.</summary>
    public static OrderCounts None { get; } = new(0, 0, 0, 0, 0);
}

/// <summary>What a run did.</summary>
/// <param name="AsOf">The date of scoring.</param>
/// <param name="Orders">What became of the orders.</param>
/// <param name="Customers">How many customers there are now.</param>
/// <param name="Examined">How many customers were scored anew, or are gone: under thresholds those touched by orders or the calendar.</param>
/// <param name="Moves">Who is in another segment than before the run.</param>
public sealed record ScoreOutcome(DateOnly AsOf, OrderCounts Orders, long Customers, long Examined, SegmentMoves Moves)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(ScoreOutcome), PrintMembers);
}

/// <summary>What a store of scores holds.</summary>
/// <param name="AsOf">The date of the last run.</param>
/// <param name="Orders">All orders, unlinked ones and those after <paramref name="AsOf"/> included.</param>
/// <param name="OrdersLinked">Those that belong to a customer and are not after <paramref name="AsOf"/>.</param>
/// <param name="Customers">The customers.</param>
public sealed record ScoreStatus(DateOnly AsOf, long Orders, long OrdersLinked, long Customers)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(ScoreStatus), PrintMembers);
}
