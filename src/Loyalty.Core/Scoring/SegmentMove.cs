using System.Text.Json.Serialization;
using Loyalty.Memory;
using Loyalty.Storage.Scores;

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
        var list = new SegmentMoveList();
        for (var i = 0; i < after.Count; i++)
        {
            var customer = after.Customers.NameAt(i);
            list.Note(customer, before?.SegmentOf(customer), after[i].Segment);
        }

        (Moves, New) = (list.Sorted(), list.New);
        Gone = (before?.Count ?? 0) - (after.Count - New);
    }

    /// <summary>Creates it from what a store has compared.</summary>
    /// <param name="moves">The customers in another segment, in order of name by code points.</param>
    /// <param name="new">How many customers were not scored in the last run, at least 0.</param>
    /// <param name="gone">How many customers of the last run were not scored now, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    [JsonConstructor]
    public SegmentMoves(IReadOnlyList<SegmentMove> moves, int @new, int gone)
    {
        ArgumentNullException.ThrowIfNull(moves);
        ArgumentOutOfRangeException.ThrowIfNegative(@new);
        ArgumentOutOfRangeException.ThrowIfNegative(gone);
        (Moves, New, Gone) = (moves, @new, gone);
    }

    /// <summary>The customers in another segment, in order of name by code points.</summary>
    public IReadOnlyList<SegmentMove> Moves { get; }

    /// <summary>How many customers were not scored in the last run.</summary>
    public int New { get; }

    /// <summary>How many customers of the last run were not scored now.</summary>
    public int Gone { get; }
}

/// <summary>Gathers what becomes of customers into the moves of a run.</summary>
/// <remarks>Not safe for use by several threads.</remarks>
public sealed class SegmentMoveList
{
    private readonly List<SegmentMove> _moves = [];
    private int _gone;

    /// <summary>Customers that had no segment before.</summary>
    public int New { get; private set; }

    /// <summary>Notes the segment of a customer before, if there was one, and now, if there is one.</summary>
    public void Note(string customer, string? before, string? after)
    {
        New += before is null ? 1 : 0;
        _gone += after is null ? 1 : 0;
        if (before is not null && after is not null && !string.Equals(before, after, StringComparison.Ordinal))
        {
            _moves.Add(new SegmentMove(customer, before, after));
        }
    }

    internal List<SegmentMove> Sorted()
    {
        _moves.Sort(static (a, b) => CodePointOrder.Instance.Compare(a.Customer, b.Customer));
        return _moves;
    }

    /// <summary>The moves, in order of name.</summary>
    public SegmentMoves Close() => new(Sorted(), New, _gone);
}
