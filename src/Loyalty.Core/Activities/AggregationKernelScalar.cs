namespace Loyalty.Activities;

/// <summary>One row at a time; masks instead of branches, because whether a date is in a window is as good as random.</summary>
internal readonly unsafe struct ScalarKernel : IAggregationKernel
{
    public static bool TrySum(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result)
    {
        var sums = default(Sums);
        Add(ref sums, columns, start, end, window, through);
        *result = new(
            new(sums.Sales, sums.Units, sums.Videos, sums.Views, sums.Likes, sums.Comments),
            new(sums.WindowSales, sums.WindowUnits, sums.WindowVideos, sums.WindowViews, sums.WindowLikes, sums.WindowComments));
        return (sums.Beyond & AggregationLimits.BeyondBound) == 0;
    }

    private static void Add(ref Sums sums, in AggregationPointers columns, int start, int end, DayWindow window, int through)
    {
        // Locals, so that the sums stay in registers.
        var s = sums;
        long limit = Math.Min(window.End, (long)through + 1);
        long first = window.Start;
        var length = (ulong)Math.Max(0, limit - first);
        for (var row = start; row < end; row++)
        {
            long day = columns.Days[row];
            var counts = day <= through ? -1L : 0L;
            var inside = (ulong)(day - first) < length ? -1L : 0L;
            var sales = columns.Sales[row];
            var views = columns.Views[row];
            long units = columns.Units[row];
            long likes = columns.Likes[row];
            long comments = columns.Comments[row];
            s.Beyond |= (sales + AggregationLimits.Bound) | (views + AggregationLimits.Bound);
            s.Sales += sales & counts;
            s.Units += units & counts;
            s.Videos -= counts;
            s.Views += views & counts;
            s.Likes += likes & counts;
            s.Comments += comments & counts;
            s.WindowSales += sales & inside;
            s.WindowUnits += units & inside;
            s.WindowVideos -= inside;
            s.WindowViews += views & inside;
            s.WindowLikes += likes & inside;
            s.WindowComments += comments & inside;
        }

        sums = s;
    }

    private struct Sums
    {
        public long Sales;
        public long Units;
        public long Videos;
        public long Views;
        public long Likes;
        public long Comments;
        public long WindowSales;
        public long WindowUnits;
        public long WindowVideos;
        public long WindowViews;
        public long WindowLikes;
        public long WindowComments;
        public long Beyond;
    }
}
