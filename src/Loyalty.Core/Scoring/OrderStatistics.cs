using System.Buffers;
using System.Numerics;

namespace Loyalty.Scoring;

/// <summary>Finds the k-th smallest values of a column without sorting it: buckets by the leading bits, then only the buckets asked for.</summary>
internal static class OrderStatistics
{
    // Debug builds use small buckets, so that tests of small columns cross every boundary.
#if DEBUG
    private const int BucketBits = 3;
    private const int SortBelow = 4;
#else
    private const int BucketBits = 16;
    private const int SortBelow = 4096;
#endif

    /// <summary>Selects by rank among the values of at least <paramref name="floor"/>.</summary>
    /// <param name="values">The column; it is only read.</param>
    /// <param name="floor">Values below are left out.</param>
    /// <param name="ranks">Zero-based ranks, never falling, each below the number of values that count.</param>
    /// <param name="results">Receives the value at each rank.</param>
    public static void Select<T>(ReadOnlySpan<T> values, T floor, ReadOnlySpan<int> ranks, Span<long> results)
        where T : unmanaged, IBinaryInteger<T>
    {
        T low = default, high = default;
        var any = false;
        foreach (var value in values)
        {
            if (value >= floor)
            {
                (low, high) = any ? (T.Min(low, value), T.Max(high, value)) : (value, value);
                any = true;
            }
        }

        if (any && ranks.Length > 0)
        {
            SelectWithin(values, long.CreateTruncating(low), long.CreateTruncating(high), ranks, results);
        }
    }

    private static void SelectWithin<T>(ReadOnlySpan<T> values, long low, long high, ReadOnlySpan<int> ranks, Span<long> results)
        where T : unmanaged, IBinaryInteger<T>
    {
        var shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)(high - low)) - BucketBits);
        var counts = ArrayPool<int>.Shared.Rent(1 << BucketBits);
        try
        {
            counts.AsSpan().Clear();
            foreach (var value in values)
            {
                // What is below the lowest value wraps around to a bucket that does not exist.
                var bucket = (ulong)(long.CreateTruncating(value) - low) >> shift;
                if (bucket < 1 << BucketBits)
                {
                    counts[bucket]++;
                }
            }

            int next = 0, before = 0, current = 0;
            while (next < ranks.Length)
            {
                while (ranks[next] - before >= counts[current])
                {
                    before += counts[current++];
                }

                var last = next + 1;
                while (last < ranks.Length && ranks[last] - before < counts[current])
                {
                    last++;
                }

                SelectInBucket(values, low + ((long)current << shift), shift, counts[current], before, ranks[next..last], results[next..last]);
                next = last;
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(counts);
        }
    }

    private static void SelectInBucket<T>(
        ReadOnlySpan<T> values, long low, int shift, int count, int before, ReadOnlySpan<int> ranks, Span<long> results)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (shift == 0)
        {
            results.Fill(low);
            return;
        }

        var rented = ArrayPool<long>.Shared.Rent(count);
        try
        {
            var members = rented.AsSpan(0, count);
            Gather(values, low, shift, members);
            Span<int> inner = stackalloc int[ranks.Length];
            for (var i = 0; i < ranks.Length; i++)
            {
                inner[i] = ranks[i] - before;
            }

            if (count > SortBelow)
            {
                Select<long>(members, long.MinValue, inner, results);
                return;
            }

            members.Sort();
            for (var i = 0; i < ranks.Length; i++)
            {
                results[i] = members[inner[i]];
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(rented);
        }
    }

    private static void Gather<T>(ReadOnlySpan<T> values, long low, int shift, Span<long> members)
        where T : unmanaged, IBinaryInteger<T>
    {
        var next = 0;
        var limit = 1ul << shift;
        foreach (var value in values)
        {
            var number = long.CreateTruncating(value);
            if ((ulong)(number - low) < limit)
            {
                members[next++] = number;
                if (next == members.Length)
                {
                    return;
                }
            }
        }
    }
}
