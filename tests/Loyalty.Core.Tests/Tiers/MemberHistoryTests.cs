using Loyalty.Activities;
using Loyalty.Tiers;

namespace Loyalty.Tests.Tiers;

/// <summary>A history is filled and cleared for one member after the other; each answers as if it were the first.</summary>
public sealed class MemberHistoryTests
{
    [Fact]
    public void Long_and_short_histories_in_turn_add_up_every_range_of_dates()
    {
        var history = new MemberHistory();
        var random = new Random(7);
        foreach (var count in (int[])[3, 40, 25, 24, 200, 0, 33, 1_000, 17, 65, 1_001, 2_500, 70_000, 30, 65_000])
        {
            history.Clear();
            var rows = new (int Day, long Sales)[count];
            for (var i = 0; i < count; i++)
            {
                rows[i] = (700_000 + random.Next(60), random.Next(-500, 1_000));
                history.Add(DateOnly.FromDayNumber(rows[i].Day), new ActivityTotals(rows[i].Sales, i, 1, 2 * i, 0, 0));
            }

            history.Seal();
            for (var probe = 0; probe < 20; probe++)
            {
                var from = 700_000 + random.Next(-2, 62);
                var until = from + random.Next(0, 40);
                var found = history.Activity(from, until);
                var dated = rows.Index().Where(r => r.Item.Day >= from && r.Item.Day < until).ToList();
                Assert.Equal(
                    new ActivityTotals(dated.Sum(static r => r.Item.Sales), dated.Sum(static r => r.Index), dated.Count, dated.Sum(static r => 2L * r.Index), 0, 0),
                    found);
            }
        }
    }
}
