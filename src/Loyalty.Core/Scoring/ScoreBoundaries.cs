namespace Loyalty.Scoring;

/// <summary>The four boundaries that divide the values of one input into five bins, lowest first.</summary>
/// <remarks>
/// <para>A value stands above a boundary when <c>value &gt;= boundary</c>, or, when the boundaries are exclusive, when
/// <c>value &gt; boundary</c>. Its bin is 1 + the number of boundaries below it; recency counts the other way round.</para>
/// <para>Boundaries are exact: a type-7 quantile at 20, 40, 60 or 80 % is a multiple of one fifth of the values' unit, and they are kept as
/// fifths. Immutable.</para>
/// </remarks>
public sealed class ScoreBoundaries
{
    /// <summary>The number of boundaries.</summary>
    public const int Count = 4;

    // Five times each boundary, ascending.
    private readonly decimal[] _fifths;

    internal ScoreBoundaries(ReadOnlySpan<decimal> fifths, bool inclusive)
    {
        _fifths = fifths.ToArray();
        IsInclusive = inclusive;
    }

    /// <summary>Whether a value equal to a boundary stands above it.</summary>
    public bool IsInclusive { get; }

    /// <summary>A boundary.</summary>
    /// <param name="index">0 (lowest) to 3 (highest).</param>
    public decimal this[int index] => _fifths[index] / 5;

    /// <summary>The number of boundaries, 0 to 4, that <paramref name="value"/> stands above.</summary>
    public int CountBelow(decimal value)
    {
        var count = 0;
        foreach (var fifth in _fifths)
        {
            count += IsInclusive ? value * 5 >= fifth ? 1 : 0 : value * 5 > fifth ? 1 : 0;
        }

        return count;
    }

    /// <summary>
    /// The smallest whole numbers of 10^-<paramref name="digits"/> that stand above each boundary, so that comparing whole numbers with
    /// <c>&gt;=</c> decides exactly as <see cref="CountBelow"/> does; clamped to what a <see cref="long"/> holds.
    /// </summary>
    internal void Thresholds(int digits, Span<long> destination)
    {
        var scale = PowerOfTen(digits);
        for (var i = 0; i < Count; i++)
        {
            destination[i] = Threshold(_fifths[i], scale);
        }
    }

    internal static decimal PowerOfTen(int digits)
    {
        var power = 1m;
        for (; digits > 0; digits--)
        {
            power *= 10;
        }

        return power;
    }

    private long Threshold(decimal fifths, decimal scale)
    {
        if (fifths >= 5 * (long.MaxValue / scale))
        {
            return long.MaxValue;
        }

        if (fifths <= 5 * ((long.MinValue + 2) / scale))
        {
            return long.MinValue + 1;
        }

        var units = fifths * scale / 5;
        return (long)(IsInclusive ? decimal.Ceiling(units) : decimal.Floor(units) + 1);
    }
}
