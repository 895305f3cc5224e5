using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Activities;

/// <summary>Four rows at a time.</summary>
internal readonly unsafe struct Vector256Kernel : IAggregationKernel
{
    private const int Width = 4;

    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx2.IsSupported;

    public static bool TrySum(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result)
    {
        if (columns.Count < Width)
        {
            return ScalarKernel.TrySum(columns, start, end, window, through, result);
        }

        // Signed comparisons only: AVX2 has no others for 64 bits.
        var last = Vector256.Create((long)through);
        var before = Vector256.Create(window.Start - 1L);
        var limit = Vector256.Create(Math.Min(window.End, (long)through + 1));
        var bound = Vector256.Create(AggregationLimits.Bound);
        var beyond = Vector256<long>.Zero;
        Vector256<long> sales = default, units = default, videos = default, views = default, likes = default, comments = default;
        Vector256<long> windowSales = default, windowUnits = default, windowVideos = default, windowViews = default, windowLikes = default, windowComments = default;

        // As in the kernel of eight: lanes outside the run are given a day that counts nowhere.
        for (var row = start; row < end; row += Width)
        {
            var from = Math.Min(row, columns.Count - Width);
            var day = Widen(columns.Days + from);
            if (end - row < Width)
            {
                var lane = Vector256.Create(0L, 1, 2, 3) - Vector256.Create((long)(row - from));
                var rest = Vector256.Create((long)(end - row));
                var outside = Vector256.GreaterThan(Vector256<long>.Zero, lane) | ~Vector256.GreaterThan(rest, lane);
                day = Vector256.ConditionalSelect(outside, Vector256.Create(long.MaxValue), day);
            }

            var counts = ~Vector256.GreaterThan(day, last);
            var inside = Vector256.GreaterThan(day, before) & Vector256.GreaterThan(limit, day);
            var s = Vector256.Load(columns.Sales + from);
            var v = Vector256.Load(columns.Views + from);
            var u = Widen(columns.Units + from);
            var l = Widen(columns.Likes + from);
            var c = Widen(columns.Comments + from);
            beyond = beyond | (s + bound) | (v + bound);
            sales += s & counts;
            units += u & counts;
            videos -= counts;
            views += v & counts;
            likes += l & counts;
            comments += c & counts;
            windowSales += s & inside;
            windowUnits += u & inside;
            windowVideos -= inside;
            windowViews += v & inside;
            windowLikes += l & inside;
            windowComments += c & inside;
        }

        var sums = (long*)result;
        Sum4(sales, units, videos, views).Store(sums);
        Sum4(likes, comments, windowSales, windowUnits).Store(sums + 4);
        Sum4(windowVideos, windowViews, windowLikes, windowComments).Store(sums + 8);
        return (beyond & Vector256.Create(AggregationLimits.BeyondBound)) == Vector256<long>.Zero;
    }

    /// <summary>The sums over the lanes of four vectors, as one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<long> Sum4(Vector256<long> a, Vector256<long> b, Vector256<long> c, Vector256<long> d)
    {
        var ab = Avx2.UnpackLow(a, b) + Avx2.UnpackHigh(a, b);
        var cd = Avx2.UnpackLow(c, d) + Avx2.UnpackHigh(c, d);
        return Avx2.Permute2x128(ab, cd, 0x20) + Avx2.Permute2x128(ab, cd, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Widen(int* numbers) => Avx2.ConvertToVector256Int64(Vector128.Load(numbers));
}
