namespace Loyalty.Scoring;

/// <summary>A model ready to score: the boundaries of the three inputs, fixed or taken from the customers.</summary>
/// <remarks>
/// Both models come down to the same rule. F and M are 1 + the number of boundaries that the value stands above; R is 5 − the number of
/// boundaries that the days since the last order stand above; a customer who never ordered has R 1. So equal values always score equally,
/// and each score rises with its input. Immutable; safe for use by several threads.
/// </remarks>
public sealed class ScoreRule
{
    private ScoreRule(ScoreBoundaries recency, ScoreBoundaries frequency, ScoreBoundaries money)
    {
        Recency = recency;
        Frequency = frequency;
        Money = money;
    }

    /// <summary>The boundaries of the days since the last order.</summary>
    public ScoreBoundaries Recency { get; }

    /// <summary>The boundaries of the number of orders.</summary>
    public ScoreBoundaries Frequency { get; }

    /// <summary>The boundaries of the net spend.</summary>
    public ScoreBoundaries Money { get; }

    /// <summary>The rule of the threshold model.</summary>
    public static ScoreRule FromThresholds(ThresholdModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ScoreRule(model.Recency, model.Frequency, model.Money);
    }

    /// <summary>The rule of the quantile model for these customers: type-7 quantiles at 20, 40, 60 and 80 %, computed exactly.</summary>
    /// <param name="customers">All customers that are scored together; those who never ordered are left out of the recency cuts.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="cuts">How the cut points are used.</param>
    public static ScoreRule FromQuantiles(in RfmColumns customers, DateOnly asOf, CutRule cuts)
    {
        Span<decimal> fifths = stackalloc decimal[ScoreBoundaries.Count];
        Quantiles.OfRecency(customers.LastOrderDays, asOf.DayNumber, fifths);
        var recency = Boundaries(fifths, cuts);
        Quantiles.Of(customers.Orders, 0, fifths);
        var frequency = Boundaries(fifths, cuts);
        Quantiles.Of(customers.Net, customers.Digits, fifths);
        return new ScoreRule(recency, frequency, Boundaries(fifths, cuts));
    }

    /// <summary>As <see cref="FromQuantiles(in RfmColumns, DateOnly, CutRule)"/>, for amounts that have no common unit in 64 bits: slower.</summary>
    /// <param name="customers">All customers that are scored together; those who never ordered are left out of the recency cuts.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="cuts">How the cut points are used.</param>
    public static ScoreRule FromQuantiles(ReadOnlySpan<RfmInput> customers, DateOnly asOf, CutRule cuts)
    {
        var days = new List<decimal>();
        var orders = new List<decimal>();
        var net = new List<decimal>();
        foreach (var customer in customers)
        {
            if (customer.RecencyDays(asOf) is { } age)
            {
                days.Add(age);
            }

            orders.Add(customer.Orders);
            net.Add(customer.Net);
        }

        Span<decimal> fifths = stackalloc decimal[ScoreBoundaries.Count];
        Quantiles.Of(days, fifths);
        var recency = Boundaries(fifths, cuts);
        Quantiles.Of(orders, fifths);
        var frequency = Boundaries(fifths, cuts);
        Quantiles.Of(net, fifths);
        return new ScoreRule(recency, frequency, Boundaries(fifths, cuts));
    }

    /// <summary>Scores one customer.</summary>
    /// <exception cref="ArgumentException">The last order is after <paramref name="asOf"/>.</exception>
    public RfmCell Score(in RfmInput input, DateOnly asOf)
    {
        var days = input.RecencyDays(asOf);
        if (days < 0)
        {
            throw new ArgumentException($"The last order, {input.LastOrderOn:O}, is after the date of scoring, {asOf:O}.", nameof(input));
        }

        return new RfmCell(
            days is null ? 1 : 5 - Recency.CountBelow(days.Value), 1 + Frequency.CountBelow(input.Orders), 1 + Money.CountBelow(input.Net));
    }

    /// <summary>Scores many customers; no memory is allocated.</summary>
    /// <param name="customers">Their inputs.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="cells">Receives the <see cref="RfmCell.Index"/> of each.</param>
    /// <exception cref="ArgumentException"><paramref name="cells"/> is shorter than the columns.</exception>
    public void Score(in RfmColumns customers, DateOnly asOf, Span<byte> cells)
    {
        if (cells.Length < customers.Length)
        {
            throw new ArgumentException("There must be room for a cell per customer.", nameof(cells));
        }

        ColumnScorer.Score(customers, new ColumnThresholds(this, asOf, customers.Digits), cells);
    }

    /// <summary>The first date after <paramref name="asOf"/> on which time alone lowers R, or <see langword="null"/> if it never does.</summary>
    /// <remarks>Meant for the threshold model: the cuts of the quantile model grow older with the customers.</remarks>
    public DateOnly? NextChange(in RfmInput input, DateOnly asOf)
    {
        if (input.RecencyDays(asOf) is not { } days)
        {
            return null;
        }

        Span<long> thresholds = stackalloc long[ScoreBoundaries.Count];
        Recency.Thresholds(0, thresholds);
        foreach (var threshold in thresholds)
        {
            if (threshold > days)
            {
                var day = input.LastOrderOn!.Value.DayNumber + threshold;
                return threshold <= DateOnly.MaxValue.DayNumber && day <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)day) : null;
            }
        }

        return null;
    }

    private static ScoreBoundaries Boundaries(Span<decimal> fifths, CutRule cuts)
    {
        foreach (ref var fifth in fifths)
        {
            fifth += cuts == CutRule.RPackage ? 5 : 0;
        }

        return new ScoreBoundaries(fifths, inclusive: cuts == CutRule.RPackage);
    }
}
