using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Activities;

/// <summary>Eight rows at a time, with masked additions; short runs four at a time.</summary>
internal readonly unsafe struct Vector512Kernel : IAggregationKernel
{
    private const int Width = 8;

    /// <summary>Below this the last vector, mostly empty, costs more than vectors of four do.</summary>
    private const int ShortRun = 24;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx2.IsSupported;

    public static bool TrySum(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result)
    {
        if (end - start < ShortRun)
        {
            return Vector256Kernel.TrySum(columns, start, end, window, through, result);
        }

        long limit = Math.Min(window.End, (long)through + 1);
        var last = Vector512.Create((long)through);
        var first = Vector512.Create((long)window.Start);
        var length = Vector512.Create((ulong)Math.Max(0, limit - window.Start));
        var bound = Vector512.Create(AggregationLimits.Bound);
        var never = Vector512.Create(long.MaxValue);
        var beyond = Vector512<long>.Zero;
        Vector512<long> sales = default, units = default, videos = default, views = default, likes = default, comments = default;
        Vector512<long> windowSales = default, windowUnits = default, windowVideos = default, windowViews = default, windowLikes = default, windowComments = default;

        // Whole vectors first. The rest is one more vector, moved back if it would leave the columns; lanes outside the run are
        // given a day that is in no window and after every last day.
        for (var row = start; row < end; row += Width)
        {
            var from = Math.Min(row, columns.Count - Width);
            var day = Widen(columns.Days + from);
            if (end - row < Width)
            {
                var lane = Vector512.Create(0L, 1, 2, 3, 4, 5, 6, 7) - Vector512.Create((long)(row - from));
                day = Vector512.ConditionalSelect(Vector512.LessThan(lane.AsUInt64(), Vector512.Create((ulong)(end - row))).AsInt64(), day, never);
            }

            var counts = Vector512.LessThanOrEqual(day, last);
            var inside = Vector512.LessThan((day - first).AsUInt64(), length).AsInt64();
            var s = Vector512.Load(columns.Sales + from);
            var v = Vector512.Load(columns.Views + from);
            var u = Widen(columns.Units + from);
            var l = Widen(columns.Likes + from);
            var c = Widen(columns.Comments + from);
            beyond = beyond | (s + bound) | (v + bound);
            sales = Vector512.ConditionalSelect(counts, sales + s, sales);
            units = Vector512.ConditionalSelect(counts, units + u, units);
            videos = Vector512.ConditionalSelect(counts, videos + Vector512<long>.One, videos);
            views = Vector512.ConditionalSelect(counts, views + v, views);
            likes = Vector512.ConditionalSelect(counts, likes + l, likes);
            comments = Vector512.ConditionalSelect(counts, comments + c, comments);
            windowSales = Vector512.ConditionalSelect(inside, windowSales + s, windowSales);
            windowUnits = Vector512.ConditionalSelect(inside, windowUnits + u, windowUnits);
            windowVideos = Vector512.ConditionalSelect(inside, windowVideos + Vector512<long>.One, windowVideos);
            windowViews = Vector512.ConditionalSelect(inside, windowViews + v, windowViews);
            windowLikes = Vector512.ConditionalSelect(inside, windowLikes + l, windowLikes);
            windowComments = Vector512.ConditionalSelect(inside, windowComments + c, windowComments);
        }

        var sums = (long*)result;
        Vector256Kernel.Sum4(Half(sales), Half(units), Half(videos), Half(views)).Store(sums);
        Vector256Kernel.Sum4(Half(likes), Half(comments), Half(windowSales), Half(windowUnits)).Store(sums + 4);
        Vector256Kernel.Sum4(Half(windowVideos), Half(windowViews), Half(windowLikes), Half(windowComments)).Store(sums + 8);
        return (beyond & Vector512.Create(AggregationLimits.BeyondBound)) == Vector512<long>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Widen(int* numbers) => Avx512F.ConvertToVector512Int64(Vector256.Load(numbers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Half(Vector512<long> sums) => sums.GetLower() + sums.GetUpper();
}
