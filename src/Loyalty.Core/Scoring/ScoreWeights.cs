namespace Loyalty.Scoring;

/// <summary>What each score weighs in the lead score, <c>wR·R + wF·F + wM·M</c>.</summary>
/// <remarks>Immutable, equal by value. <see langword="default"/> weighs nothing and is refused where weights are needed.</remarks>
public readonly struct ScoreWeights : IEquatable<ScoreWeights>
{
    /// <summary>The largest weight.</summary>
    public const int Max = 1000;

    /// <summary>Creates weights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A weight is not from 0 to 1000.</exception>
    /// <exception cref="ArgumentException">All three are 0.</exception>
    public ScoreWeights(int recency, int frequency, int money)
    {
        Check(recency, nameof(recency));
        Check(frequency, nameof(frequency));
        Check(money, nameof(money));
        if (recency + frequency + money == 0)
        {
            throw new ArgumentException("At least one weight must be above 0.", nameof(recency));
        }

        Recency = recency;
        Frequency = frequency;
        Money = money;
    }

    /// <summary>The weights without a program: 3, 2, 1.</summary>
    public static ScoreWeights Default { get; } = new(3, 2, 1);

    /// <summary>The weight of R.</summary>
    public int Recency { get; }

    /// <summary>The weight of F.</summary>
    public int Frequency { get; }

    /// <summary>The weight of M.</summary>
    public int Money { get; }

    /// <summary>The lowest lead score there can be: that of the cell 1, 1, 1.</summary>
    public int Lowest => Recency + Frequency + Money;

    /// <summary>The highest lead score there can be: that of the cell 5, 5, 5.</summary>
    public int Highest => 5 * Lowest;

    /// <summary>Whether two sets of weights are the same.</summary>
    public static bool operator ==(ScoreWeights left, ScoreWeights right) => left.Equals(right);

    /// <summary>Whether two sets of weights differ.</summary>
    public static bool operator !=(ScoreWeights left, ScoreWeights right) => !left.Equals(right);

    /// <summary>The lead score of a cell.</summary>
    public int LeadScore(RfmCell cell) => (Recency * cell.Recency) + (Frequency * cell.Frequency) + (Money * cell.Money);

    /// <inheritdoc/>
    public bool Equals(ScoreWeights other) => Recency == other.Recency && Frequency == other.Frequency && Money == other.Money;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ScoreWeights other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Recency, Frequency, Money);

    private static void Check(int weight, string name)
    {
        if (weight is < 0 or > Max)
        {
            throw new ArgumentOutOfRangeException(name, weight, "A weight is from 0 to 1000.");
        }
    }
}
