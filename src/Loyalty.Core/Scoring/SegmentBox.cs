using System.Globalization;

namespace Loyalty.Scoring;

/// <summary>A range of scores, both ends included, within 1 to 5.</summary>
/// <remarks>Immutable, equal by value. <see langword="default"/> is not a range and holds no score.</remarks>
public readonly struct ScoreRange : IEquatable<ScoreRange>
{
    /// <summary>Creates a range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An end is not from 1 to 5, or the lower is above the upper.</exception>
    public ScoreRange(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, 5);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        From = from;
        To = to;
    }

    /// <summary>All scores, 1 to 5.</summary>
    public static ScoreRange All { get; } = new(1, 5);

    /// <summary>The lowest score, included.</summary>
    public int From { get; }

    /// <summary>The highest score, included.</summary>
    public int To { get; }

    /// <summary>Whether two ranges are the same.</summary>
    public static bool operator ==(ScoreRange left, ScoreRange right) => left.Equals(right);

    /// <summary>Whether two ranges differ.</summary>
    public static bool operator !=(ScoreRange left, ScoreRange right) => !left.Equals(right);

    /// <summary>Whether the range holds a score.</summary>
    public bool Holds(int score) => score >= From && score <= To;

    /// <inheritdoc/>
    public bool Equals(ScoreRange other) => From == other.From && To == other.To;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ScoreRange other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (From * 8) + To;

    /// <summary>The range as <c>4–5</c>, or one score as <c>5</c>.</summary>
    public override string ToString() =>
        From == To ? From.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{From}–{To}");
}

/// <summary>A segment as a box of cells: those whose three scores are in its three ranges.</summary>
/// <remarks>Immutable.</remarks>
public sealed record SegmentBox
{
    /// <summary>Creates a box.</summary>
    /// <param name="name">The segment's name; several boxes may make one segment.</param>
    /// <param name="recency">The range of R.</param>
    /// <param name="frequency">The range of F.</param>
    /// <param name="money">The range of M.</param>
    /// <exception cref="ArgumentException">The name is blank, or a range is <see langword="default"/>.</exception>
    public SegmentBox(string name, ScoreRange recency, ScoreRange frequency, ScoreRange money)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (recency.From == 0 || frequency.From == 0 || money.From == 0)
        {
            throw new ArgumentException("A box needs three ranges of scores from 1 to 5.", nameof(recency));
        }

        Name = name;
        Recency = recency;
        Frequency = frequency;
        Money = money;
    }

    /// <summary>The segment's name.</summary>
    public string Name { get; }

    /// <summary>The range of R.</summary>
    public ScoreRange Recency { get; }

    /// <summary>The range of F.</summary>
    public ScoreRange Frequency { get; }

    /// <summary>The range of M.</summary>
    public ScoreRange Money { get; }

    /// <summary>Whether a cell is in the box.</summary>
    public bool Holds(RfmCell cell) => Recency.Holds(cell.Recency) && Frequency.Holds(cell.Frequency) && Money.Holds(cell.Money);
}

/// <summary>A segment as a band of the lead score: from <paramref name="From"/> up to the next band.</summary>
/// <param name="Name">The segment's name.</param>
/// <param name="From">The lowest lead score of the band, included.</param>
public sealed record SegmentBand(string Name, int From);
