using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Tests.Storage;

namespace Loyalty.Tests.Points;

/// <summary>Claims and their events that are taken at once, before their day is closed.</summary>
public sealed class RedemptionsAtOnceTests
{
    private static readonly DateOnly Start = new(2024, 1, 25);
    private static readonly DateTime Instant = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>
    /// Orders and refunds are known when the redemption rows come, one by one on their dates; days are closed at any time in between, or not. In the
    /// end all is as after one run with all rows.
    /// </summary>
    [Fact]
    public void Rows_taken_at_once_leave_what_the_run_that_closes_their_day_leaves_with_them_in_it() => PointsRunTests.ForEachSeed(3_000, seed =>
    {
        var random = new Random(seed);
        var scenario = PointsScenario.Make(random);
        var (known, end) = (Start.AddDays(random.Next(100)), Start.AddDays(220));
        var orders = scenario.Orders.Where(o => o.Date <= known).ToList();
        var refunds = scenario.Refunds.Where(f => orders.Exists(o => o.Id == f.Order) && scenario.OrderDate(f) <= known).ToList();
        var rows = scenario.Redemptions.OrderBy(static r => r.Date).ToList();
        var one = new InMemoryPointsStore();
        var expected = PointsRunTests.Run(one, scenario.Program, orders, refunds, rows, end);

        var store = new InMemoryPointsStore();
        var first = rows.FindIndex(r => r.Date > known) is var found and >= 0 ? found : rows.Count;
        List<RowOutcome> outcomes = [.. PointsRunTests.Run(store, scenario.Program, orders, refunds, rows[..first], known).Redemptions];
        var file = Path.Combine(Path.GetTempPath(), $"redemptions-{Environment.ProcessId}-{seed}.loyalty");
        foreach (var row in rows[first..])
        {
            if (random.Next(4) == 0)
            {
                PointsRunTests.Run(store, scenario.Program, [], [], [], row.Date.AddDays(-1));
            }

            var outcome = Take(store, row, row.Date);
            outcomes.Add(outcome);
            Assert.Equal(outcome with { IsNew = false }, Take(store, row, row.Date));
            if (random.Next(40) == 0)
            {
                PointsSnapshot.Save(store, file);
                store = PointsSnapshot.Load(file);
            }
        }

        File.Delete(file);
        var last = PointsRunTests.Run(store, scenario.Program, [], [], rows, end);
        PointsRunTests.Same(PointsRunTests.Lines(one), PointsRunTests.Lines(store));
        Assert.Equal(expected.Redemptions, outcomes);
        Assert.Equal(expected.Redemptions.Select(static o => o with { IsNew = false }), last.Redemptions);
        Assert.Empty(PointsRunTests.Await(store.VerifyAsync()));
    });

    /// <summary>Whatever comes late, and however many days are open: the books add up, and each claim that is granted is paid.</summary>
    [Fact]
    public void Rows_taken_at_once_among_runs_with_late_rows_keep_the_books_right() => PointsRunTests.ForEachSeed(2_000, seed =>
    {
        var random = new Random(seed);
        var scenario = PointsScenario.Make(random);
        var store = new InMemoryPointsStore();
        var (asOf, orders) = (Start, 0);
        PointsRunTests.Run(store, scenario.Program, [], [], [], asOf);
        foreach (var row in scenario.Redemptions)
        {
            if (random.Next(3) == 0)
            {
                var until = random.Next(orders, scenario.Orders.Count + 1);
                asOf = asOf.AddDays(random.Next(10));
                PointsRunTests.Run(store, scenario.Program, scenario.Orders[orders..until], [], [], asOf);
                orders = until;
            }

            Take(store, row, row.Date.AddDays(random.Next(20)));
        }

        PointsRunTests.Run(store, scenario.Program, scenario.Orders[orders..], scenario.Refunds, [], asOf.AddDays(200));
        Assert.Empty(PointsRunTests.Await(store.VerifyAsync()));
        var taken = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in store.ReadMembersAsync().ToBlockingEnumerable())
        {
            Assert.Equal(member.Balance, member.Entries.Sum(static e => e.Points));
            Assert.Equal(Math.Max(0, member.Balance), member.Lots.Sum(static l => l.Remaining));
            foreach (var redemption in member.Redemptions.Where(static r => r.Status != RedemptionStatus.Refused))
            {
                var paid = member.Entries.Where(e => e.Kind == EntryKind.Redeemed && e.Id == redemption.Id).Sum(static e => -e.Points);
                Assert.Equal(redemption.Points, paid);
                taken[redemption.Reward] = taken.GetValueOrDefault(redemption.Reward) + (redemption.Counts ? 1 : 0);
            }
        }

        Assert.All(scenario.Program.Rewards, reward => Assert.True(taken.GetValueOrDefault(reward.Id) <= (reward.Stock ?? int.MaxValue)));
    });

    private static RowOutcome Take(InMemoryPointsStore store, RedemptionRow row, DateOnly bookedOn) =>
        PointsRunTests.Await(store.TakeRedemptionsAsync([new(row)], bookedOn, Instant))[0];
}
