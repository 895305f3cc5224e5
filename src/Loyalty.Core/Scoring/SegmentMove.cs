namespace Loyalty.Scoring;

/// <summary>A customer who is in another segment than at the last run.</summary>
/// <param name="Customer">The customer.</param>
/// <param name="Before">The segment at the last run.</param>
/// <param name="After">The segment now.</param>
public sealed record SegmentMove(string Customer, string Before, string After);

/// <summary>What changed between the segments since the last run.</summary>
/// <remarks>A customer who was not scored before, or is not scored now, has not moved: those are counted apart. Immutable.</remarks>
public sealed class SegmentMoves
{
    /// <summary>Compares a run with the last one.</summary>
    /// <param name="before">The last run, or <see langword="null"/> when there was none: then all customers are new.</param>
    /// <param name="after">This run.</param>
    public SegmentMoves(StoredScores? before, ScoreRun after)
    {
        ArgumentNullException.ThrowIfNull(after);
        var moves = new List<SegmentMove>();
        var known = 0;
        for (var i = 0; i < after.Count; i++)
        {
            var customer = after.Customers.NameAt(i);
            if (before?.SegmentOf(customer) is not { } segment)
            {
                New++;
                continue;
            }

            known++;
            var now = after[i].Segment;
            if (!string.Equals(segment, now, StringComparison.Ordinal))
            {
                moves.Add(new SegmentMove(customer, segment, now));
            }
        }

        Gone = (before?.Count ?? 0) - known;
        moves.Sort(static (a, b) => string.CompareOrdinal(a.Customer, b.Customer));
        Moves = moves;
    }

    /// <summary>The customers in another segment, in order of name (ordinal).</summary>
    public IReadOnlyList<SegmentMove> Moves { get; }

    /// <summary>How many customers were not scored in the last run.</summary>
    public int New { get; }

    /// <summary>How many customers of the last run were not scored now.</summary>
    public int Gone { get; }
}
