using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loyalty.Activities;

/// <summary>Two rows at a time, in portable operations (SSE, NEON).</summary>
internal readonly unsafe struct Vector128Kernel : IAggregationKernel
{
    private const int Width = 2;

    public static bool TrySum(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result)
    {
        if (columns.Count < Width)
        {
            return ScalarKernel.TrySum(columns, start, end, window, through, result);
        }

        var last = Vector128.Create((long)through);
        var before = Vector128.Create(window.Start - 1L);
        var limit = Vector128.Create(Math.Min(window.End, (long)through + 1));
        var bound = Vector128.Create(AggregationLimits.Bound);
        var beyond = Vector128<long>.Zero;
        Vector128<long> sales = default, units = default, videos = default, views = default, likes = default, comments = default;
        Vector128<long> windowSales = default, windowUnits = default, windowVideos = default, windowViews = default, windowLikes = default, windowComments = default;

        // As in the kernel of eight; of two lanes only the second of the last vector can lie outside the run, or the first when
        // the vector was moved back to stay inside the columns.
        for (var row = start; row < end; row += Width)
        {
            var from = Math.Min(row, columns.Count - Width);
            var day = Widen(columns.Days + from);
            if (end - row < Width)
            {
                day = day.WithElement(row == from ? 1 : 0, long.MaxValue);
            }

            var counts = Vector128.LessThanOrEqual(day, last);
            var inside = Vector128.GreaterThan(day, before) & Vector128.GreaterThan(limit, day);
            var s = Vector128.Load(columns.Sales + from);
            var v = Vector128.Load(columns.Views + from);
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

        *result = new(
            new(Vector128.Sum(sales), Vector128.Sum(units), Vector128.Sum(videos), Vector128.Sum(views), Vector128.Sum(likes), Vector128.Sum(comments)),
            new(
                Vector128.Sum(windowSales), Vector128.Sum(windowUnits), Vector128.Sum(windowVideos),
                Vector128.Sum(windowViews), Vector128.Sum(windowLikes), Vector128.Sum(windowComments)));
        return (beyond & Vector128.Create(AggregationLimits.BeyondBound)) == Vector128<long>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<long> Widen(int* numbers) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)numbers).AsInt32());
}
