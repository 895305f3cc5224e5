namespace Loyalty.Scoring;

/// <summary>The scores of customers that were scored together on one date.</summary>
/// <remarks>Immutable, as long as no customers are added to the population it was made from. Safe for use by several threads.</remarks>
public sealed class ScoreRun
{
    private readonly byte[] _cells;
    private ScoreRule? _rule;

    internal ScoreRun(ScoringProgram program, CustomerPopulation customers, DateOnly asOf)
        : this(program, customers, asOf, CustomerPopulation.Score(program, customers.Inputs, asOf))
    {
    }

    private ScoreRun(ScoringProgram program, CustomerPopulation customers, DateOnly asOf, (ScoreRule? Rule, byte[] Cells) scored)
    {
        Program = program;
        Segments = program.Segments;
        Customers = customers;
        AsOf = asOf;
        (_rule, _cells) = scored;
        Distribution = new ScoreDistribution(program.Weights, Segments, customers, _cells);
    }

    /// <summary>A run that a store made: everybody has the scores that the store keeps, and nobody is scored anew.</summary>
    /// <param name="program">How the store scored.</param>
    /// <param name="scores">All scores of the store.</param>
    public static ScoreRun FromStored(ScoringProgram program, StoredScores scores)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(scores);
        var customers = new CustomerPopulation(scores.Count);
        var cells = new byte[scores.Count];
        foreach (var score in scores.Scores)
        {
            cells[customers.Count] = (byte)score.Cell.Index;
            customers.TryAdd(score.Customer, score.Input);
        }

        return new ScoreRun(program, customers, scores.AsOf, (null, cells));
    }

    /// <summary>How was scored.</summary>
    public ScoringProgram Program { get; }

    /// <summary>The segments.</summary>
    public SegmentPlan Segments { get; }

    /// <summary>Who was scored.</summary>
    public CustomerPopulation Customers { get; }

    /// <summary>The date of scoring.</summary>
    public DateOnly AsOf { get; }

    /// <summary>The boundaries used; those of the quantile model come from the customers.</summary>
    public ScoreRule Rule => _rule ??= CustomerPopulation.RuleOf(Program, Customers.Inputs, AsOf);

    /// <summary>How the scores are spread.</summary>
    public ScoreDistribution Distribution { get; }

    /// <summary>The number of customers.</summary>
    public int Count => _cells.Length;

    /// <summary>The scores of the customer at a position of <see cref="Customers"/>.</summary>
    public Score this[int position]
    {
        get
        {
            var cell = RfmCell.FromIndex(_cells[position]);
            return new Score(AsOf, Customers.InputAt(position), cell, Program.Weights.LeadScore(cell), Segments.Of(cell));
        }
    }

    /// <summary>Why the customer at a position has these scores.</summary>
    public ScoreExplanation Explain(int position) => new(this[position], Program, Rule);
}
