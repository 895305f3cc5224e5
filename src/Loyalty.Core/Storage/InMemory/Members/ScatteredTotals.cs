using Loyalty.Activities;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Totals of everybody in one pass over all stored activity, whose rows stand in the order in which they came.</summary>
internal static class ScatteredTotals
{
    /// <summary>The totals of all members as of the store's date, by their numbers, over the windows in which they stand.</summary>
    public static AggregatedTotals[] Of(InMemoryMemberStore store, ReadOnlySpan<MemberStanding> standing)
    {
        var rows = store.Activities.Rows;
        var members = new int[rows.Length];
        var days = new int[rows.Length];
        var sales = new long[rows.Length];
        var units = new int[rows.Length];
        var views = new long[rows.Length];
        var likes = new int[rows.Length];
        var comments = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var row = ref rows[i];
            (members[i], days[i], sales[i], units[i]) = (row.Member, row.Day, row.Sales, row.Units);
            (views[i], likes[i], comments[i]) = (row.Views, row.Likes, row.Comments);
        }

        var windows = new DayWindow[standing.Length];
        for (var member = 0; member < windows.Length; member++)
        {
            var window = standing[member].Window;
            windows[member] = new DayWindow(window.StartDay, window.EndDay);
        }

        var totals = new AggregatedTotals[windows.Length];
        new Aggregator().AggregateScattered(
            new AggregationColumns(members, days, sales, units, views, likes, comments), windows, store.AsOf.DayNumber, totals);
        return totals;
    }
}
