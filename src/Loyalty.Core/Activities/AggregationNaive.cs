namespace Loyalty.Activities;

/// <summary>
/// The definition of totals, row by row, in 128 bits. Every other implementation equals this one; the fast ones also come here when
/// numbers are so large that 64 bits might not hold a sum.
/// </summary>
internal static class AggregationNaive
{
    public static void Aggregate(in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        var lifetime = new AggregationExactSums[totals.Length];
        var window = new AggregationExactSums[totals.Length];
        for (var row = 0; row < columns.Count; row++)
        {
            var member = columns.Members[row];
            var day = columns.Days[row];
            if (day <= through)
            {
                lifetime[member].Add(columns, row);
                if (windows[member].Contains(day))
                {
                    window[member].Add(columns, row);
                }
            }
        }

        for (var member = 0; member < totals.Length; member++)
        {
            totals[member] = new(lifetime[member].ToTotals(member, inWindow: false), window[member].ToTotals(member, inWindow: true));
        }
    }

    /// <summary>The totals of one member, all of whose activities are given.</summary>
    public static AggregatedTotals AggregateMember(int member, in AggregationColumns columns, DayWindow window, int through) => new(
        AggregateWindow(member, columns, lifetime: true, default, through),
        AggregateWindow(member, columns, lifetime: false, window, through));

    /// <summary>One window's sums over one member's activities, or the lifetime's.</summary>
    public static ActivityTotals AggregateWindow(int member, in AggregationColumns columns, bool lifetime, DayWindow window, int through)
    {
        var sums = default(AggregationExactSums);
        for (var row = 0; row < columns.Count; row++)
        {
            var day = columns.Days[row];
            if (day <= through && (lifetime || window.Contains(day)))
            {
                sums.Add(columns, row);
            }
        }

        return sums.ToTotals(member, inWindow: !lifetime);
    }

    /// <summary>Throws when totals corrected by the rows would not fit 64 bits. Only the members concerned are looked at.</summary>
    public static void RequireNoOverflow(
        in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, ReadOnlySpan<AggregatedTotals> totals)
    {
        var members = new SortedDictionary<int, (AggregationExactSums Lifetime, AggregationExactSums Window)>();
        Collect(members, removed, sign: -1, windows, through, totals);
        Collect(members, added, sign: 1, windows, through, totals);
        foreach (var (member, sums) in members)
        {
            sums.Lifetime.ToTotals(member, inWindow: false);
            sums.Window.ToTotals(member, inWindow: true);
        }
    }

    private static void Collect(
        SortedDictionary<int, (AggregationExactSums Lifetime, AggregationExactSums Window)> members,
        in AggregationColumns columns,
        int sign,
        ReadOnlySpan<DayWindow> windows,
        int through,
        ReadOnlySpan<AggregatedTotals> totals)
    {
        for (var row = 0; row < columns.Count; row++)
        {
            var member = columns.Members[row];
            if (!members.TryGetValue(member, out var sums))
            {
                sums.Lifetime.Add(totals[member].Lifetime);
                sums.Window.Add(totals[member].Window);
            }

            if (columns.Days[row] <= through)
            {
                sums.Lifetime.Add(columns, row, sign);
                if (windows[member].Contains(columns.Days[row]))
                {
                    sums.Window.Add(columns, row, sign);
                }
            }

            members[member] = sums;
        }
    }
}
