namespace Loyalty.Activities;

/// <summary>Sums of one member's activities over many windows, in one pass: a stretch of rows stays in the nearest cache for all of them.</summary>
internal static unsafe class AggregationWindows
{
    /// <summary>36 bytes · 512 rows = 18 kB.</summary>
#if DEBUG
    private const int StretchRows = 24;
#else
    private const int StretchRows = 512;
#endif

    public static void Aggregate(
        AggregationKernel kernel, int member, in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<ActivityTotals> totals)
    {
        totals.Clear();
        fixed (int* days = columns.Days, units = columns.Units, likes = columns.Likes, comments = columns.Comments)
        fixed (long* sales = columns.Sales, views = columns.Views)
        {
            var pointers = new AggregationPointers(null, days, sales, units, views, likes, comments, columns.Count);
            for (var start = 0; start < columns.Count; start += StretchRows)
            {
                var end = Math.Min(start + StretchRows, columns.Count);
                for (var window = 0; window < windows.Length; window++)
                {
                    AggregatedTotals stretch;
                    if (!AggregationKernels.TrySumRun(kernel, pointers, start, end, windows[window], through, &stretch) || !TryAdd(ref totals[window], stretch.Window))
                    {
                        AggregateExactly(member, columns, windows, through, totals);
                        return;
                    }
                }
            }
        }
    }

    private static bool TryAdd(ref ActivityTotals sums, in ActivityTotals more)
    {
        fixed (ActivityTotals* to = &sums)
        fixed (ActivityTotals* from = &more)
        {
            var fits = true;
            for (var sum = 0; sum < sizeof(ActivityTotals) / sizeof(long); sum++)
            {
                var left = ((long*)to)[sum];
                var right = ((long*)from)[sum];
                var both = left + right;
                fits &= ((left ^ both) & (right ^ both)) >= 0;
                ((long*)to)[sum] = both;
            }

            return fits;
        }
    }

    private static void AggregateExactly(int member, in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<ActivityTotals> totals)
    {
        for (var window = 0; window < windows.Length; window++)
        {
            totals[window] = AggregationNaive.AggregateWindow(member, columns, lifetime: false, windows[window], through);
        }
    }
}
