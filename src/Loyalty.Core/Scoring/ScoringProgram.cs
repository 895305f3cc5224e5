namespace Loyalty.Scoring;

/// <summary>How a program scores its customers: the model with its numbers, the weights of the lead score, the segments.</summary>
/// <remarks>Immutable. <c>with</c> makes a variant; segments that are bands belong to the weights they were made for.</remarks>
public sealed record ScoringProgram
{
    private readonly SegmentPlan? _segments;
    private readonly ThresholdModel _thresholds = ThresholdModel.Default;
    private readonly ScoreWeights _weights = ScoreWeights.Default;

    /// <summary>What counts without a program: the threshold model of <see cref="ThresholdModel.Default"/>, weights 3, 2, 1, lead segments.</summary>
    public static ScoringProgram Default { get; } = new();

    /// <summary>The model. Default: <see cref="ScoringModel.Thresholds"/>.</summary>
    public ScoringModel Model { get; init; } = ScoringModel.Thresholds;

    /// <summary>The limits of the threshold model. Default: <see cref="ThresholdModel.Default"/>.</summary>
    /// <exception cref="ArgumentNullException">The limits are <see langword="null"/>.</exception>
    public ThresholdModel Thresholds
    {
        get => _thresholds;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _thresholds = value;
        }
    }

    /// <summary>How the quantile model uses its cuts. Default: <see cref="CutRule.Exact"/>.</summary>
    public CutRule Cuts { get; init; } = CutRule.Exact;

    /// <summary>The weights of the lead score. Default: 3, 2, 1.</summary>
    /// <exception cref="ArgumentException">The weights are <see langword="default"/>, which weighs nothing.</exception>
    public ScoreWeights Weights
    {
        get => _weights;
        init => _weights = value != default ? value : throw new ArgumentException("At least one weight must be above 0.", nameof(value));
    }

    /// <summary>The segments. Default: Hot, Warm, Cool, Cold by lead score, see <see cref="SegmentPlan.LeadBands"/>.</summary>
    /// <exception cref="ArgumentException">The default bands do not start at the lowest possible lead score of the weights.</exception>
    public SegmentPlan Segments
    {
        get => _segments ?? SegmentPlan.FromBands(SegmentPlan.LeadBands, Weights);
        init => _segments = value;
    }

    /// <summary>Scores customers together.</summary>
    /// <exception cref="ArgumentException">A last order is after <paramref name="asOf"/>.</exception>
    public ScoreRun Score(CustomerPopulation customers, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(customers);
        return new ScoreRun(this, customers, asOf);
    }
}
