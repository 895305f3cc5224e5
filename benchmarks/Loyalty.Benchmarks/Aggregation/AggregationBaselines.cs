using System.Runtime.Intrinsics;
using Loyalty.Activities;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>What the hot path is measured against: the limit that memory sets, and what one would write without it.</summary>
internal static class AggregationBaselines
{
    /// <summary>
    /// Reads every column once and adds it up, all seven side by side: the processor fetches several streams faster than one
    /// after the other. This is the limit that memory sets.
    /// </summary>
    public static unsafe long ReadColumns(AggregationData data)
    {
        fixed (int* members = data.Members, days = data.Days, units = data.Units, likes = data.Likes, comments = data.Comments)
        fixed (long* sales = data.Sales, views = data.Views)
        {
            Vector256<int> a = default, b = default;
            Vector512<long> c = default, d = default;
            for (var row = 0; row <= data.Count - Vector512<long>.Count; row += Vector512<long>.Count)
            {
                a += Vector256.Load(members + row) + Vector256.Load(days + row);
                b += Vector256.Load(units + row) + Vector256.Load(likes + row) + Vector256.Load(comments + row);
                c += Vector512.Load(sales + row);
                d += Vector512.Load(views + row);
            }

            return Vector256.Sum(a + b) + Vector512.Sum(c + d);
        }
    }

    /// <summary>A plain loop over grouped rows: the sums of the member at hand in variables, one branch for the window.</summary>
    public static void PlainGrouped(AggregationData data)
    {
        var row = 0;
        var members = data.Members;
        for (var member = 0; member < data.Totals.Length; member++)
        {
            long sales = 0, units = 0, videos = 0, views = 0, likes = 0, comments = 0;
            long windowSales = 0, windowUnits = 0, windowVideos = 0, windowViews = 0, windowLikes = 0, windowComments = 0;
            var window = data.Windows[member];
            for (; row < members.Length && members[row] == member; row++)
            {
                var day = data.Days[row];
                if (day > AggregationData.Through)
                {
                    continue;
                }

                sales += data.Sales[row];
                units += data.Units[row];
                videos++;
                views += data.Views[row];
                likes += data.Likes[row];
                comments += data.Comments[row];
                if (window.Contains(day))
                {
                    windowSales += data.Sales[row];
                    windowUnits += data.Units[row];
                    windowVideos++;
                    windowViews += data.Views[row];
                    windowLikes += data.Likes[row];
                    windowComments += data.Comments[row];
                }
            }

            data.Totals[member] = new(
                new(sales, units, videos, views, likes, comments),
                new(windowSales, windowUnits, windowVideos, windowViews, windowLikes, windowComments));
        }
    }

    /// <summary>A plain loop over rows in any order that adds each to its member's totals.</summary>
    public static void PlainScattered(AggregationData data, Sums[] totals)
    {
        Array.Clear(totals);
        for (var row = 0; row < data.Members.Length; row++)
        {
            var day = data.Days[row];
            if (day > AggregationData.Through)
            {
                continue;
            }

            var member = data.Members[row];
            ref var sums = ref totals[member];
            sums.Sales += data.Sales[row];
            sums.Units += data.Units[row];
            sums.Videos++;
            sums.Views += data.Views[row];
            sums.Likes += data.Likes[row];
            sums.Comments += data.Comments[row];
            if (data.Windows[member].Contains(day))
            {
                sums.WindowSales += data.Sales[row];
                sums.WindowUnits += data.Units[row];
                sums.WindowVideos++;
                sums.WindowViews += data.Views[row];
                sums.WindowLikes += data.Likes[row];
                sums.WindowComments += data.Comments[row];
            }
        }
    }

    /// <summary>
    /// Running sums down the rows, from which a window's totals are two reads and a subtraction: tried and lost, see the decision on the
    /// layout. This is the cost of making them alone; looking windows up comes on top.
    /// </summary>
    public static void RunningSums(AggregationData data, long[][] sums)
    {
        long sales = 0, units = 0, views = 0, likes = 0, comments = 0;
        var (s, u, v, l, c) = (sums[0], sums[1], sums[2], sums[3], sums[4]);
        for (var row = 0; row < s.Length; row++)
        {
            s[row] = sales += data.Sales[row];
            u[row] = units += data.Units[row];
            v[row] = views += data.Views[row];
            l[row] = likes += data.Likes[row];
            c[row] = comments += data.Comments[row];
        }
    }

    /// <summary>An object with decimals for each member, found in a dictionary by the member's handle.</summary>
    public static int DictionaryOfObjects(Activity[] activities, Dictionary<string, DayWindow> windows)
    {
        var members = new Dictionary<string, MemberObject>(StringComparer.Ordinal);
        foreach (var activity in activities)
        {
            if (activity.Day > AggregationData.Through)
            {
                continue;
            }

            if (!members.TryGetValue(activity.Handle, out var member))
            {
                members.Add(activity.Handle, member = new());
            }

            member.Lifetime.Add(activity);
            if (windows[activity.Handle].Contains(activity.Day))
            {
                member.Window.Add(activity);
            }
        }

        return members.Count;
    }

    /// <summary>The same, said in LINQ.</summary>
    public static int Linq(Activity[] activities, Dictionary<string, DayWindow> windows) =>
        activities
            .Where(activity => activity.Day <= AggregationData.Through)
            .GroupBy(activity => activity.Handle, StringComparer.Ordinal)
            .Select(member => new
            {
                member.Key,
                Sales = member.Sum(activity => activity.Sales),
                Units = member.Sum(activity => activity.Units),
                Videos = member.Count(),
                Views = member.Sum(activity => activity.Views),
                Likes = member.Sum(activity => activity.Likes),
                Comments = member.Sum(activity => activity.Comments),
                WindowSales = member.Where(activity => windows[member.Key].Contains(activity.Day)).Sum(activity => activity.Sales),
                WindowUnits = member.Where(activity => windows[member.Key].Contains(activity.Day)).Sum(activity => activity.Units),
                WindowVideos = member.Count(activity => windows[member.Key].Contains(activity.Day)),
                WindowViews = member.Where(activity => windows[member.Key].Contains(activity.Day)).Sum(activity => activity.Views),
                WindowLikes = member.Where(activity => windows[member.Key].Contains(activity.Day)).Sum(activity => activity.Likes),
                WindowComments = member.Where(activity => windows[member.Key].Contains(activity.Day)).Sum(activity => activity.Comments),
            })
            .ToList()
            .Count;

    /// <summary>An activity as one would load it from a file or a database.</summary>
    public sealed record Activity(string Handle, int Day, decimal Sales, long Units, long Views, long Likes, long Comments);

    /// <summary>The totals of a member as mutable fields.</summary>
    public struct Sums
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
    }

    private sealed class MemberObject
    {
        public TotalsObject Lifetime { get; } = new();

        public TotalsObject Window { get; } = new();
    }

    private sealed class TotalsObject
    {
        public decimal Sales { get; private set; }

        public long Units { get; private set; }

        public long Videos { get; private set; }

        public long Views { get; private set; }

        public long Likes { get; private set; }

        public long Comments { get; private set; }

        public void Add(Activity activity)
        {
            Sales += activity.Sales;
            Units += activity.Units;
            Videos++;
            Views += activity.Views;
            Likes += activity.Likes;
            Comments += activity.Comments;
        }
    }
}
