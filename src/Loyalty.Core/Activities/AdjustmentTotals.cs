using System.Text.Json.Serialization;

namespace Loyalty.Activities;

/// <summary>Sums over dated manual corrections: sales in minor units of the currency, and units. Both may be negative.</summary>
/// <remarks>A value; <see langword="default"/> is the sum over no adjustment. Additions are checked and never wrap.</remarks>
public readonly struct AdjustmentTotals : IEquatable<AdjustmentTotals>
{
    /// <summary>Creates totals from their sums.</summary>
    [JsonConstructor]
    public AdjustmentTotals(long sales, long units)
    {
        Sales = sales;
        Units = units;
    }

    /// <summary>Sales in minor units of the currency.</summary>
    public long Sales { get; }

    /// <summary>Units.</summary>
    public long Units { get; }

    /// <summary>The sum over both sets.</summary>
    /// <exception cref="OverflowException">A sum leaves the range of <see cref="long"/>.</exception>
    public static AdjustmentTotals operator +(in AdjustmentTotals left, in AdjustmentTotals right) =>
        checked(new(left.Sales + right.Sales, left.Units + right.Units));

    /// <summary>The sum over <paramref name="left"/> without <paramref name="right"/>.</summary>
    /// <exception cref="OverflowException">A difference leaves the range of <see cref="long"/>.</exception>
    public static AdjustmentTotals operator -(in AdjustmentTotals left, in AdjustmentTotals right) =>
        checked(new(left.Sales - right.Sales, left.Units - right.Units));

    /// <inheritdoc cref="operator +(in AdjustmentTotals, in AdjustmentTotals)"/>
    public static AdjustmentTotals Add(in AdjustmentTotals left, in AdjustmentTotals right) => left + right;

    /// <inheritdoc cref="operator -(in AdjustmentTotals, in AdjustmentTotals)"/>
    public static AdjustmentTotals Subtract(in AdjustmentTotals left, in AdjustmentTotals right) => left - right;

    /// <summary>Whether both sums are equal.</summary>
    public static bool operator ==(in AdjustmentTotals left, in AdjustmentTotals right) => left.Equals(right);

    /// <summary>Whether a sum differs.</summary>
    public static bool operator !=(in AdjustmentTotals left, in AdjustmentTotals right) => !left.Equals(right);

    /// <summary>The sum in <paramref name="metric"/>; adjustments correct sales and units only, every other metric has 0.</summary>
    public long Of(Metric metric) => metric switch
    {
        Metric.Sales => Sales,
        Metric.Units => Units,
        _ => 0,
    };

    /// <inheritdoc/>
    public bool Equals(AdjustmentTotals other) => Sales == other.Sales && Units == other.Units;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AdjustmentTotals other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Sales, Units);

    /// <summary>The sums by name, for debugging.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"sales {Sales}, units {Units}");
}
