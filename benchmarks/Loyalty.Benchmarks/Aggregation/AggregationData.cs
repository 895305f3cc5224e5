using Loyalty.Activities;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>Generated activities in columns, the same for the same arguments.</summary>
internal sealed class AggregationData
{
    /// <summary>The last day that counts; activities lie in the two years before it.</summary>
    public const int Through = 739_900;

    private AggregationData(int activities, int members)
    {
        Members = new int[activities];
        Days = new int[activities];
        Sales = new long[activities];
        Units = new int[activities];
        Views = new long[activities];
        Likes = new int[activities];
        Comments = new int[activities];
        Windows = new DayWindow[members];
        Totals = new AggregatedTotals[members];
    }

    public int[] Members { get; }

    public int[] Days { get; }

    public long[] Sales { get; }

    public int[] Units { get; }

    public long[] Views { get; }

    public int[] Likes { get; }

    public int[] Comments { get; }

    public DayWindow[] Windows { get; }

    public AggregatedTotals[] Totals { get; }

    public int Count => Members.Length;

    public AggregationColumns Columns => new(Members, Days, Sales, Units, Views, Likes, Comments);

    /// <summary>Bytes of the columns for each activity.</summary>
    public const int BytesPerActivity = 5 * sizeof(int) + 2 * sizeof(long);

    /// <summary>
    /// Grouped rows: every member has <paramref name="least"/> activities, the others fall on members at random.
    /// </summary>
    public static AggregationData Grouped(int activities, int members, int least = 0)
    {
        var random = new Random(17);
        var counts = new int[members];
        Array.Fill(counts, least);
        for (var rest = activities - (least * members); rest > 0; rest--)
        {
            counts[random.Next(members)]++;
        }

        var data = new AggregationData(activities, members);
        var row = 0;
        for (var member = 0; member < members; member++)
        {
            for (var count = counts[member]; count > 0; count--)
            {
                data.Members[row++] = member;
            }
        }

        data.Fill(random);
        return data;
    }

    /// <summary>Scattered rows: each activity belongs to a member at random.</summary>
    public static AggregationData Scattered(int activities, int members)
    {
        var random = new Random(19);
        var data = new AggregationData(activities, members);
        for (var row = 0; row < activities; row++)
        {
            data.Members[row] = random.Next(members);
        }

        data.Fill(random);
        return data;
    }

    /// <summary>Gives each row to a member at random.</summary>
    public void Scatter()
    {
        var random = new Random(29);
        for (var row = 0; row < Count; row++)
        {
            Members[row] = random.Next(Windows.Length);
        }
    }

    /// <summary>
    /// A batch that touches as many activities as given, a quarter each inserted, corrected, moved to another member and removed: the rows
    /// that no longer hold and those that hold now.
    /// </summary>
    public static (AggregationData Removed, AggregationData Added) Changes(AggregationData stored, int touched)
    {
        var random = new Random(23);
        var members = stored.Windows.Length;
        var removed = new AggregationData(touched * 3 / 4, 0);
        var added = Scattered(touched * 3 / 4, members);
        for (var row = 0; row < removed.Count; row++)
        {
            var from = random.Next(stored.Count);
            removed.Members[row] = stored.Members[from];
            removed.Days[row] = stored.Days[from];
            removed.Sales[row] = stored.Sales[from];
            removed.Units[row] = stored.Units[from];
            removed.Views[row] = stored.Views[from];
            removed.Likes[row] = stored.Likes[from];
            removed.Comments[row] = stored.Comments[from];

            // Of three removed rows one is corrected, one moves and one stays away; of three added rows one is new.
            if (row % 3 == 0)
            {
                added.Members[row] = removed.Members[row];
                added.Days[row] = removed.Days[row];
            }
        }

        return (removed, added);
    }

    /// <summary>The same activities as objects with handles and decimals.</summary>
    public (AggregationBaselines.Activity[] Activities, Dictionary<string, DayWindow> Windows) ToObjects()
    {
        var handles = Enumerable.Range(0, Windows.Length).Select(member => $"creator.{member}").ToArray();
        var activities = new AggregationBaselines.Activity[Count];
        for (var row = 0; row < Count; row++)
        {
            activities[row] = new(handles[Members[row]], Days[row], Sales[row] / 100m, Units[row], Views[row], Likes[row], Comments[row]);
        }

        var windows = new Dictionary<string, DayWindow>(StringComparer.Ordinal);
        for (var member = 0; member < handles.Length; member++)
        {
            windows.Add(handles[member], Windows[member]);
        }

        return (activities, windows);
    }

    private void Fill(Random random)
    {
        for (var row = 0; row < Count; row++)
        {
            Days[row] = Through - random.Next(730) + 5;
            Sales[row] = random.Next(50_000);
            Units[row] = random.Next(40);
            Views[row] = random.Next(2_000_000);
            Likes[row] = random.Next(90_000);
            Comments[row] = random.Next(3_000);
        }

        for (var member = 0; member < Windows.Length; member++)
        {
            var start = Through - random.Next(120);
            Windows[member] = member % 2 == 0 ? new(start - 240) : new(start, start + 120);
        }
    }
}
