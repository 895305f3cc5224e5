using Loyalty.Activities;

namespace Loyalty.Tests.Activities;

/// <summary>The worked numbers of docs/aggregation.md.</summary>
public sealed class AggregationExampleTests
{
    [Fact]
    public void The_worked_example_of_the_documentation_comes_out()
    {
        static int Day(int month, int day) => new DateOnly(2026, month, day).DayNumber;

        int[] members = [0, 0, 0, 1];
        int[] days = [Day(1, 10), Day(1, 20), Day(5, 15), Day(3, 1)];
        long[] sales = [50_000, 120_000, 80_000, 60_000];
        int[] units = [5, 12, 8, 6];
        long[] views = [1_000, 9_000, 4_000, 700];
        int[] likes = [100, 900, 400, 70];
        int[] comments = [10, 90, 40, 7];
        DayWindow[] windows = [new(Day(1, 16), Day(5, 15)), new(Day(3, 1))];

        var aggregator = new Aggregator();
        var totals = new AggregatedTotals[2];
        aggregator.AggregateGrouped(new(members, days, sales, units, views, likes, comments), windows, through: Day(5, 31), totals);
        Assert.Equal((250_000, 3), (totals[0].Lifetime.Sales, totals[0].Lifetime.Videos));
        Assert.Equal((120_000, 1), (totals[0].Window.Sales, totals[0].Window.Videos));
        Assert.Equal((60_000, 60_000), (totals[1].Lifetime.Sales, totals[1].Window.Sales));

        // The video of Jan 20 is corrected to 900.00 and moves to the other member.
        aggregator.ApplyChanges(
            removed: new([0], [Day(1, 20)], [120_000], [12], [9_000], [900], [90]),
            added: new([1], [Day(1, 20)], [90_000], [12], [9_000], [900], [90]),
            windows, through: Day(5, 31), totals);
        Assert.Equal((130_000, 0), (totals[0].Lifetime.Sales, totals[0].Window.Sales));
        Assert.Equal((150_000, 60_000), (totals[1].Lifetime.Sales, totals[1].Window.Sales));

        // Its missions, in one pass: in January, and from March on.
        var first = aggregator.Gather(new(members, days, sales, units, views, likes, comments), rows: [0, 1, 2]);
        var missions = new ActivityTotals[2];
        Aggregator.AggregateWindows(member: 0, first, [new(Day(1, 1), Day(2, 1)), new(Day(3, 1))], through: Day(5, 31), missions);
        Assert.Equal((170_000, 80_000), (missions[0].Sales, missions[1].Sales));
    }
}
