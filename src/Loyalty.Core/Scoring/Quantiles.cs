using System.Numerics;

namespace Loyalty.Scoring;

/// <summary>
/// Type-7 quantiles at 20, 40, 60 and 80 % as exact fifths: with h = (n − 1)·k/5, the quantile lies r = (n − 1)·k mod 5 fifths of the way from
/// the value at rank ⌊h⌋ to the next, so five times it is 5·x + r·(next − x).
/// </summary>
internal static class Quantiles
{
    private const int Count = ScoreBoundaries.Count;

    /// <summary>Quantiles of a column whose unit is 10^-<paramref name="digits"/>; zeros for an empty one.</summary>
    public static void Of<T>(ReadOnlySpan<T> values, int digits, Span<decimal> fifths)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Span<int> ranks = stackalloc int[2 * Count];
        Span<long> found = stackalloc long[2 * Count];
        fifths.Clear();
        if (values.IsEmpty)
        {
            return;
        }

        for (var k = 0; k < Count; k++)
        {
            ranks[2 * k] = Rank(values.Length, k, out _);
            ranks[(2 * k) + 1] = Math.Min(ranks[2 * k] + 1, values.Length - 1);
        }

        Sorted(values, T.MinValue, ranks, found);
        var unit = ScoreBoundaries.PowerOfTen(digits);
        for (var k = 0; k < Count; k++)
        {
            Rank(values.Length, k, out var rest);
            fifths[k] = ((5 * (decimal)found[2 * k]) + (rest * ((decimal)found[(2 * k) + 1] - found[2 * k]))) / unit;
        }
    }

    /// <summary>Quantiles of the days since the last orders, of those who ordered.</summary>
    public static void OfRecency(ReadOnlySpan<int> lastOrderDays, int asOf, Span<decimal> fifths)
    {
        Span<int> ranks = stackalloc int[2 * Count];
        Span<long> found = stackalloc long[2 * Count];
        fifths.Clear();
        var ordered = lastOrderDays.Length - lastOrderDays.Count(RfmColumns.Never);
        if (ordered == 0)
        {
            return;
        }

        // The j-th shortest time ago is the j-th last day from the end.
        for (var k = 0; k < Count; k++)
        {
            ranks[2 * k] = ordered - 1 - Rank(ordered, k, out _);
            ranks[(2 * k) + 1] = Math.Max(ranks[2 * k] - 1, 0);
        }

        Sorted(lastOrderDays, RfmColumns.Never + 1, ranks, found);
        for (var k = 0; k < Count; k++)
        {
            Rank(ordered, k, out var rest);
            fifths[k] = (5 * (asOf - (decimal)found[2 * k])) + (rest * ((decimal)found[2 * k] - found[(2 * k) + 1]));
        }
    }

    /// <summary>Quantiles as the definition reads: of sorted values.</summary>
    public static void Of(List<decimal> values, Span<decimal> fifths)
    {
        fifths.Clear();
        values.Sort();
        for (var k = 0; k < Count && values.Count > 0; k++)
        {
            var rank = Rank(values.Count, k, out var rest);
            fifths[k] = (5 * values[rank]) + (rest * (values[Math.Min(rank + 1, values.Count - 1)] - values[rank]));
        }
    }

    private static int Rank(int count, int k, out int rest)
    {
        var (rank, remainder) = Math.DivRem((count - 1L) * (k + 1), 5);
        rest = (int)remainder;
        return (int)rank;
    }

    /// <summary>Selects by ranks in any order.</summary>
    private static void Sorted<T>(ReadOnlySpan<T> values, T floor, ReadOnlySpan<int> ranks, Span<long> results)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<int> sorted = stackalloc int[2 * Count];
        Span<long> found = stackalloc long[2 * Count];
        ranks.CopyTo(sorted);
        sorted.Sort();
        OrderStatistics.Select(values, floor, sorted, found);
        for (var i = 0; i < ranks.Length; i++)
        {
            results[i] = found[sorted.IndexOf(ranks[i])];
        }
    }
}
