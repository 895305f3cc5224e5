using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Activities;

/// <summary>What adding dealt rows to totals does with them.</summary>
internal enum AggregationMode
{
    /// <summary>Adds to sums that began at zero; the numbers are known to be small enough.</summary>
    Rebuild,

    /// <summary>Adds to sums of any size.</summary>
    Insert,

    /// <summary>Takes away from sums of any size.</summary>
    Remove,
}

/// <summary>One activity, copied out of the columns to lie beside others of neighbouring members. 36 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal unsafe struct AggregationDealtRow
{
    // The order in which vectors load them: two numbers of 64 bits, then four of 32.
    public long Sales;
    public long Views;
    public int Units;
    public int Likes;
    public int Comments;
    public int Day;
    public int Member;

    /// <summary>Sums and numbers inside ±2^62 cannot leave 64 bits in one addition.</summary>
    private const long Bound = 1L << 62;

    /// <summary>How many rows ahead totals are asked for that are not in the caches.</summary>
    private const int Ahead = 32;

    /// <summary>
    /// Adds rows to their members' totals, modulo 2^64. Returns a negative number when, other than in <see cref="AggregationMode.Rebuild"/>,
    /// a sum or a number was so large that an addition might have wrapped.
    /// </summary>
    public static long Add(
        AggregationDealtRow* row, AggregationDealtRow* end, DayWindow* windows, int through, AggregatedTotals* totals, AggregationMode mode, bool vector) =>
        (mode, vector && Avx2.IsSupported) switch
        {
            (AggregationMode.Rebuild, true) => AddVectors<Rebuild>(row, end, windows, through, totals),
            (AggregationMode.Insert, true) => AddVectors<Insert>(row, end, windows, through, totals),
            (AggregationMode.Remove, true) => AddVectors<Remove>(row, end, windows, through, totals),
            (AggregationMode.Rebuild, false) => AddNumbers<Rebuild>(row, end, windows, through, totals),
            (AggregationMode.Insert, false) => AddNumbers<Insert>(row, end, windows, through, totals),
            _ => AddNumbers<Remove>(row, end, windows, through, totals),
        };

    /// <summary>The twelve sums as three vectors: sales, units, videos, views; likes, comments, sales, units; videos, views, likes, comments.</summary>
    private static long AddVectors<TMode>(AggregationDealtRow* row, AggregationDealtRow* end, DayWindow* windows, int through, AggregatedTotals* totals)
        where TMode : struct
    {
        var beyond = Vector256<long>.Zero;
        for (; row < end; row++)
        {
            PrefetchAhead<TMode>(row, end, windows, totals);
            var (counts, inside) = Masks(row, windows, through);
            var sums = (long*)(totals + row->Member);
            var large = Vector128.Load(&row->Sales).ToVector256Unsafe().AsInt32();
            var small = Avx2.ConvertToVector256Int64(Vector128.Load(&row->Units));
            var one = Vector256<long>.One.AsInt32();
            var first = Avx2.Blend(Avx2.Blend(Permute(large, 0b01_00_00_00), Permute(small.AsInt32(), 0), 0b00_00_11_00), one, 0b00_11_00_00).AsInt64();
            var second = Avx2.Blend(Permute(small.AsInt32(), 0b00_00_10_01), Permute(large, 0), 0b00_11_00_00).AsInt64();
            var third = Avx2.Blend(Avx2.Blend(Permute(small.AsInt32(), 0b10_01_00_00), Permute(large, 0b00_00_01_00), 0b00_00_11_00), one, 0b00_00_00_11).AsInt64();
            var lifetime = Vector256.Create(counts);
            var window = Vector256.Create(inside);
            var both = Avx2.Blend(lifetime.AsInt32(), window.AsInt32(), 0b11_11_00_00).AsInt64();
            var a = Vector256.Load(sums);
            var b = Vector256.Load(sums + 4);
            var c = Vector256.Load(sums + 8);
            if (typeof(TMode) != typeof(Rebuild))
            {
                var bound = Vector256.Create(Bound);
                beyond |= (a + bound) | (b + bound) | (c + bound) | (first + bound);
            }

            if (typeof(TMode) == typeof(Remove))
            {
                (a - (first & lifetime)).Store(sums);
                (b - (second & both)).Store(sums + 4);
                (c - (third & window)).Store(sums + 8);
            }
            else
            {
                (a + (first & lifetime)).Store(sums);
                (b + (second & both)).Store(sums + 4);
                (c + (third & window)).Store(sums + 8);
            }
        }

        return beyond.ExtractMostSignificantBits() == 0 ? 0 : -1;

        static Vector256<int> Permute(Vector256<int> numbers, [ConstantExpected] byte order) => Avx2.Permute4x64(numbers.AsInt64(), order).AsInt32();
    }

    private static long AddNumbers<TMode>(AggregationDealtRow* row, AggregationDealtRow* end, DayWindow* windows, int through, AggregatedTotals* totals)
        where TMode : struct
    {
        var beyond = 0L;
        for (; row < end; row++)
        {
            PrefetchAhead<TMode>(row, end, windows, totals);
            var (counts, inside) = Masks(row, windows, through);
            var sums = (long*)(totals + row->Member);
            if (typeof(TMode) != typeof(Rebuild))
            {
                beyond |= (row->Sales + Bound) | (row->Views + Bound);
                for (var sum = 0; sum < sizeof(AggregatedTotals) / sizeof(long); sum++)
                {
                    beyond |= sums[sum] + Bound;
                }
            }

            AddSix<TMode>(sums, row, counts);
            AddSix<TMode>(sums + 6, row, inside);
        }

        return beyond;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSix<TMode>(long* sums, AggregationDealtRow* row, long counts)
        where TMode : struct
    {
        if (typeof(TMode) == typeof(Remove))
        {
            sums[0] -= row->Sales & counts;
            sums[1] -= row->Units & counts;
            sums[2] += counts;
            sums[3] -= row->Views & counts;
            sums[4] -= row->Likes & counts;
            sums[5] -= row->Comments & counts;
        }
        else
        {
            sums[0] += row->Sales & counts;
            sums[1] += row->Units & counts;
            sums[2] -= counts;
            sums[3] += row->Views & counts;
            sums[4] += row->Likes & counts;
            sums[5] += row->Comments & counts;
        }
    }

    /// <summary>All ones where the row counts in the lifetime, and where it counts in its member's window.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (long Counts, long Inside) Masks(AggregationDealtRow* row, DayWindow* windows, int through)
    {
        var day = row->Day;
        var window = windows[row->Member];
        var counts = day <= through ? -1L : 0L;
        return (counts, (uint)(day - window.Start) < (uint)(window.End - window.Start) ? counts : 0L);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchAhead<TMode>(AggregationDealtRow* row, AggregationDealtRow* end, DayWindow* windows, AggregatedTotals* totals)
        where TMode : struct
    {
        if (typeof(TMode) != typeof(Rebuild) && Sse.IsSupported)
        {
            // 96 bytes lie on two or three lines. Into the second cache, because it waits for more lines at once than the first.
            var member = (row + Ahead < end ? row + Ahead : row)->Member;
            Sse.Prefetch1(windows + member);
            Sse.Prefetch1(totals + member);
            Sse.Prefetch1((byte*)(totals + member) + 64);
            Sse.Prefetch1((byte*)(totals + member) + sizeof(AggregatedTotals) - 1);
        }
    }

    private readonly struct Rebuild;

    private readonly struct Insert;

    private readonly struct Remove;
}
