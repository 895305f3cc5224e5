using System.Globalization;
using System.Text.Json.Serialization;

namespace Loyalty.Scoring;

/// <summary>The three scores of a customer: recency, frequency and money, each from 1 (worst) to 5 (best).</summary>
/// <remarks>
/// Equal by value. There are 125 cells, numbered by <see cref="Index"/> in order of recency, then frequency, then money. <see langword="default"/>
/// is the cell 1, 1, 1, where every customer stands who never bought anything.
/// </remarks>
public readonly struct RfmCell : IEquatable<RfmCell>
{
    /// <summary>The number of cells: five to the power of three.</summary>
    public const int Count = 125;

    private readonly byte _index;

    /// <summary>Creates a cell from its scores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A score is not from 1 to 5.</exception>
    [JsonConstructor]
    public RfmCell(int recency, int frequency, int money)
    {
        Check(recency, nameof(recency));
        Check(frequency, nameof(frequency));
        Check(money, nameof(money));
        _index = (byte)((recency * 25) + (frequency * 5) + money - 31);
    }

    private RfmCell(byte index) => _index = index;

    /// <summary>The recency score R: 5 bought last, 1 longest ago or never.</summary>
    public int Recency => (_index / 25) + 1;

    /// <summary>The frequency score F: 5 bought most often.</summary>
    public int Frequency => (_index / 5 % 5) + 1;

    /// <summary>The money score M: 5 spent most.</summary>
    public int Money => (_index % 5) + 1;

    /// <summary>The number of the cell, 0 to 124: <c>25·(R−1) + 5·(F−1) + (M−1)</c>.</summary>
    public int Index => _index;

    /// <summary>The cell with a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not from 0 to 124.</exception>
    public static RfmCell FromIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return new RfmCell((byte)index);
    }

    /// <summary>Whether two cells are the same.</summary>
    public static bool operator ==(RfmCell left, RfmCell right) => left._index == right._index;

    /// <summary>Whether two cells differ.</summary>
    public static bool operator !=(RfmCell left, RfmCell right) => left._index != right._index;

    /// <inheritdoc/>
    public bool Equals(RfmCell other) => _index == other._index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RfmCell other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _index;

    /// <summary>The cell as <c>R 5 F 4 M 3</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"R {Recency} F {Frequency} M {Money}");

    private static void Check(int score, string name)
    {
        if (score is < 1 or > 5)
        {
            throw new ArgumentOutOfRangeException(name, score, "A score is from 1 to 5.");
        }
    }
}
