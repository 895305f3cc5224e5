namespace Loyalty.Scoring;

/// <summary>The customers of one segment together.</summary>
/// <param name="Segment">The name of the segment.</param>
/// <param name="Customers">How many customers are in it.</param>
/// <param name="Orders">Their orders.</param>
/// <param name="Net">Their net spend, unrounded.</param>
public sealed record SegmentTotals(string Segment, int Customers, long Orders, decimal Net)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(SegmentTotals), PrintMembers);
}

/// <summary>How the scores of a run are spread: over the lead score, the segments, and the grid of R and F.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ScoreDistribution
{
    private readonly int[] _grid = new int[25];

    internal ScoreDistribution(ScoreWeights weights, SegmentPlan segments, CustomerPopulation customers, ReadOnlySpan<byte> cells)
    {
        Span<int> perCell = stackalloc int[RfmCell.Count];
        var (count, orders, net) = (new int[segments.Names.Count], new long[segments.Names.Count], new decimal[segments.Names.Count]);
        for (var i = 0; i < cells.Length; i++)
        {
            var segment = segments.SegmentOfCell[cells[i]];
            var input = customers.InputAt(i);
            perCell[cells[i]]++;
            count[segment]++;
            orders[segment] += input.Orders;
            net[segment] += input.Net;
        }

        Customers = cells.Length;
        for (var i = 0; i < RfmCell.Count; i++)
        {
            _grid[i / 5] += perCell[i];
            if (perCell[i] > 0)
            {
                var lead = weights.LeadScore(RfmCell.FromIndex(i));
                LeadScoreMin = Math.Min(LeadScoreMin ?? lead, lead);
                LeadScoreMax = Math.Max(LeadScoreMax ?? lead, lead);
                LeadScoreSum += (long)lead * perCell[i];
            }
        }

        Segments = [.. segments.Names.Select((name, i) => new SegmentTotals(name, count[i], orders[i], net[i]))];
    }

    /// <summary>The number of customers.</summary>
    public int Customers { get; }

    /// <summary>The lowest lead score, or <see langword="null"/> without customers.</summary>
    public int? LeadScoreMin { get; }

    /// <summary>The highest lead score, or <see langword="null"/> without customers.</summary>
    public int? LeadScoreMax { get; }

    /// <summary>The sum of all lead scores.</summary>
    public long LeadScoreSum { get; }

    /// <summary>The mean lead score, unrounded, or <see langword="null"/> without customers.</summary>
    public decimal? LeadScoreMean => Customers == 0 ? null : (decimal)LeadScoreSum / Customers;

    /// <summary>Each segment of the program, empty ones too, in the program's order.</summary>
    public IReadOnlyList<SegmentTotals> Segments { get; }

    /// <summary>The number of customers with a recency and a frequency score.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A score is not from 1 to 5.</exception>
    public int CustomersAt(int recency, int frequency) => _grid[new RfmCell(recency, frequency, 1).Index / 5];
}
