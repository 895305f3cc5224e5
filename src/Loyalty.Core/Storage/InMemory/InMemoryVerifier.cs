using Loyalty.Activities;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory;

/// <summary>Recomputes what an in-memory store keeps from all its activity.</summary>
internal static class InMemoryVerifier
{
    public static Verification Verify(InMemoryStore store, CancellationToken cancellationToken)
    {
        if (store.Program is not { } program)
        {
            return new Verification(default, 0, 0, 0, [], []);
        }

        // The totals were made member by member from running sums; here they are made another way, in one pass over all activity.
        var totals = Aggregate(store);
        var verifier = new MemberVerifier(program, store.AsOf);
        var history = new MemberHistory();
        foreach (var member in MemberOrder.ByHandle(store.Handles, store.Members.Count))
        {
            cancellationToken.ThrowIfCancellationRequested();
            store.Gather(member, history);
            verifier.Verify(
                store.Handles.Text(member),
                store.Members.Standing[member],
                store.Members.Totals[member],
                store.Members.Decisions[member] ?? [],
                store.Members.Missions[member] ?? [],
                history,
                totals[member]);
        }

        return verifier.Result(store.Activities.Count);
    }

    private static AggregatedTotals[] Aggregate(InMemoryStore store)
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

        var windows = new DayWindow[store.Members.Count];
        for (var member = 0; member < windows.Length; member++)
        {
            var window = store.Members.Standing[member].Window;
            windows[member] = new DayWindow(window.StartDay, window.EndDay);
        }

        var totals = new AggregatedTotals[windows.Length];
        new Aggregator().AggregateScattered(
            new AggregationColumns(members, days, sales, units, views, likes, comments), windows, store.AsOf.DayNumber, totals);
        return totals;
    }
}
