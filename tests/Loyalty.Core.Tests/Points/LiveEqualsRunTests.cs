using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Tests.Storage;

namespace Loyalty.Tests.Points;

/// <summary>Orders, refunds and redemption rows taken one by one as they come, beside the run that has them in its file.</summary>
public sealed class LiveEqualsRunTests
{
    private static readonly DateOnly Start = new(2024, 1, 25);
    private static readonly DateTime Instant = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly int Histories = int.Parse(Environment.GetEnvironmentVariable("LOYALTY_LIVE_CASES") ?? "1000", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void Rows_taken_live_then_the_file_leave_what_the_run_alone_leaves() => PointsRunTests.ForEachSeed(Histories, seed =>
    {
        var random = new Random(seed);
        var story = new LiveScenario(random, PointsScenario.Make(random));
        var end = Start.AddDays(220);
        var one = new InMemoryPointsStore();
        var expected = PointsRunTests.Run(one, story.Program, story.Orders, story.Refunds, story.Redemptions, end);

        var store = new InMemoryPointsStore();
        PointsRunTests.Run(store, story.Program, [], [], [], Start.AddDays(-1));
        var outcomes = new Dictionary<object, RowOutcome>();
        var file = Path.Combine(Path.GetTempPath(), $"live-{Environment.ProcessId}-{seed}.loyalty");
        foreach (var step in story.Steps)
        {
            if (step.Row is null)
            {
                PointsRunTests.Run(
                    store, story.Program, [.. step.Ahead!.OfType<OrderRow>()], [.. step.Ahead!.OfType<RefundRow>()], [.. step.Ahead!.OfType<RedemptionRow>()], step.Day);
                if (random.Next(40) == 0)
                {
                    PointsSnapshot.Save(store, file);
                    store = PointsSnapshot.Load(file);
                }

                continue;
            }

            var outcome = Take(store, step.Row, step.Day);
            outcomes[step.Row] = outcome;
            if (step.IsRepeated)
            {
                Assert.Equal(outcome with { IsNew = false }, Take(store, step.Row, step.Day));
            }
        }

        File.Delete(file);
        var last = PointsRunTests.Run(store, story.Program, story.Orders, story.Refunds, story.Redemptions, end);
        PointsRunTests.Same(PointsRunTests.Lines(one), PointsRunTests.Lines(store));
        Assert.Equal(Known(expected.Orders), last.Orders);
        Assert.Equal(Known(expected.Refunds), last.Refunds);
        Assert.Equal(Known(expected.Redemptions), last.Redemptions);
        Assert.Equal(Known(expected.Orders), Known(story.Orders.Select(r => outcomes[r])));
        Assert.Equal(Known(expected.Refunds), Known(story.Refunds.Select(r => outcomes[r])));
        Assert.Equal(Known(expected.Redemptions), Known(story.Redemptions.Select(r => outcomes[r])));
        Assert.Empty(PointsRunTests.Await(store.VerifyAsync()));
    });

    /// <summary>The raw operation made this order earn 330 points, while a run says 0: the member is no year in the club.</summary>
    [Fact]
    public void F_an_order_taken_live_earns_0_where_the_raw_operation_earned_330()
    {
        var program = LoyaltyProgram.Parse("""
            {"tenant":"t","currency":"USD","timeZone":"Etc/UTC","club":{"stages":[{"name":"Bronze","months":12,"minimumPurchase":100}]},
             "points":{"perUnit":1,"bonusPercent":10}}
            """);
        OrderRow order = new("o1", "ann", Start, 300_00);
        var run = new InMemoryPointsStore();
        PointsRunTests.Run(run, program, [order], [], [], Start);

        var live = new InMemoryPointsStore();
        PointsRunTests.Run(live, program, [], [], [], Start.AddDays(-1));
        Assert.Equal(new(true, RowRefusal.None, RowColumn.None, default), Take(live, order, Start));
        Assert.Equal(0, PointsRunTests.Await(live.FindBalanceAsync("ann"))!.Balance);
        Assert.False(PointsRunTests.Run(live, program, [order], [], [], Start).Orders[0].IsNew);
        PointsRunTests.Same(PointsRunTests.Lines(run), PointsRunTests.Lines(live));

        var raw = PointsRunTests.Await(live.ApplyAsync([LedgerOperation.Earn("o2", "ann", Start, 300_00)], Start, Instant))[0];
        Assert.Equal(330, raw.Points);
    }

    /// <summary>The worked example of docs/points.md.</summary>
    [Fact]
    public void What_comes_live_behind_a_later_row_of_its_member_changes_nothing_recorded_and_what_comes_early_waits()
    {
        var program = LoyaltyProgram.Parse("""
            {"tenant":"t","currency":"USD","timeZone":"Etc/UTC","club":{"stages":[{"name":"Bronze","months":12,"minimumPurchase":100}]},
             "points":{"perUnit":1,"minimumMembershipDays":0}}
            """);
        var store = new InMemoryPointsStore();
        static DateOnly January(int day) => new(2025, 1, day);
        PointsRunTests.Run(store, program, [], [], [], January(8));
        Take(store, new OrderRow("o10", "ann", January(10), 300_00), January(10));
        Take(store, new OrderRow("o9", "ann", January(9), 200_00), January(11));
        Take(store, new OrderRow("o12", "ann", January(12), 100_00), January(11));
        var ann = PointsRunTests.Await(store.FindMemberAsync("ann"))!;
        Assert.Equal((300L, new DateOnly(2027, 1, 10)), (ann.Balance, ann.Enrollments[0].ExpiresAt));
        Assert.Equal([new("o9", January(10), new(2027, 1, 10))], ann.Enrollments[0].Extensions);

        // The order of the 12th is taken when its day is closed, or before the next order of the member that stands behind it.
        Take(store, new OrderRow("o13", "ann", January(13), 50_00), January(13));
        Assert.Equal([300L, 100, 50], PointsRunTests.Await(store.ReadEntriesAsync("ann", 0, 10)).Select(static e => e.Points));
        Assert.Equal(450, PointsRunTests.Await(store.FindBalanceAsync("ann"))!.Available);
        Assert.Equal(0, PointsRunTests.Await(store.FindAsOfAsync("ann", January(9)))!.Balance);
    }

    /// <summary>Without a club a member belongs to the program from the first order on.</summary>
    [Fact]
    public void Without_a_club_membership_days_count_from_the_first_order()
    {
        var program = LoyaltyProgram.Parse("""{"tenant":"t","currency":"USD","timeZone":"Etc/UTC","points":{"perUnit":1,"minimumMembershipDays":30}}""");
        var store = new InMemoryPointsStore();
        static DateOnly Day(int day) => new DateOnly(2024, 12, 31).AddDays(day);
        PointsRunTests.Run(store, program, [new("a", "ann", Day(1), 100_00), new("b", "ann", Day(30), 100_00), new("c", "ann", Day(31), 70_00)], [], [], Day(40));
        var ann = PointsRunTests.Await(store.FindMemberAsync("ann"))!;
        Assert.Equal((70L, 39), (ann.Balance, ann.CumulativeDays));
        Assert.Empty(ann.Enrollments);
        Assert.Empty(ann.Operations);
    }

    /// <summary>F06: four threads broke the store.</summary>
    [Fact]
    public void F06_Threads_that_take_rows_apply_operations_and_read_at_the_same_time_break_nothing()
    {
        var program = LoyaltyProgram.Parse("""
            {"tenant":"t","currency":"USD","timeZone":"Etc/UTC","club":{"stages":[{"name":"Bronze","months":12,"minimumPurchase":0}]},
             "points":{"perUnit":1,"minimumMembershipDays":0},"rewards":[{"id":"cup","kind":"event","points":1}]}
            """);
        var store = new InMemoryPointsStore();
        PointsRunTests.Run(store, program, [], [], [], Start);
        Parallel.For(0, 8, new() { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (var i = 0; i < 400; i++)
            {
                Assert.True(Take(store, new OrderRow($"o{thread}-{i}", $"m{i % 7}", Start, 10_00), Start).IsNew);
                Assert.False(Take(store, new RefundRow($"x{thread}-{i}", $"o{thread}-{i}", Start, 2_00), Start).IsRejected);
                Assert.False(Take(store, new RedemptionRow($"r{thread}-{i}", $"m{i % 7}", Start, "cup", Loyalty.Rewards.RedemptionEvent.Claimed), Start).IsRejected);
                Assert.True(PointsRunTests.Await(store.ApplyAsync([LedgerOperation.Adjust($"a{thread}-{i}", $"m{i % 7}", Start, 1, "")], Start, Instant))[0].IsApplied);
                Assert.NotNull(PointsRunTests.Await(store.FindMemberAsync($"m{i % 7}")));
                if (i % 100 == 0)
                {
                    Assert.True(store.ReadMembersAsync().ToBlockingEnumerable().Count() is > 0 and <= 7);
                }
            }
        });
        Assert.Equal(8 * 400 * (10 - 2 - 1 + 1), store.ReadMembersAsync().ToBlockingEnumerable().Sum(static m => m.Balance));
        Assert.Equal(8m * 400 * 8, PointsRunTests.Await(store.FindLiabilityAsync())!.Outstanding);
        Assert.Empty(PointsRunTests.Await(store.VerifyAsync()));
    }

    /// <summary>In whatever order rows come, and whatever is closed in between: the books add up, keys hold, and enrollments follow each other.</summary>
    [Fact]
    public void Rows_in_any_order_among_closings_keep_the_books_right() => PointsRunTests.ForEachSeed(2_000, seed =>
    {
        var random = new Random(seed);
        var scenario = PointsScenario.Make(random);
        var program = PointsScenario.Vary(random, scenario.Program);
        var store = new InMemoryPointsStore();
        var asOf = Start;
        PointsRunTests.Run(store, program, [], [], [], asOf);
        object[] rows = [.. scenario.Orders, .. scenario.Refunds, .. scenario.Redemptions];
        random.Shuffle(rows);
        foreach (var row in rows)
        {
            if (random.Next(6) == 0)
            {
                asOf = asOf.AddDays(random.Next(12));
                PointsRunTests.Run(store, program, [], [], [], asOf);
            }

            Take(store, row, asOf.AddDays(random.Next(200)) is var day && row is RedemptionRow r && day < r.Date ? r.Date : day);
        }

        PointsRunTests.Run(store, program, scenario.Orders, scenario.Refunds, scenario.Redemptions, asOf.AddDays(400));
        Assert.Empty(PointsRunTests.Await(store.VerifyAsync()));
        foreach (var member in store.ReadMembersAsync().ToBlockingEnumerable())
        {
            Assert.Equal(member.Balance, member.Entries.Sum(static e => e.Points));
            Assert.Equal(Math.Max(0, member.Balance), member.Lots.Sum(static l => l.Remaining));
            foreach (var (before, after) in member.Enrollments.Zip(member.Enrollments.Skip(1)))
            {
                Assert.True(before.EndedOn <= after.StartedOn, $"{before.StartedBy} ended on {before.EndedOn}, {after.StartedBy} began on {after.StartedOn}");
            }

            Assert.Equal(Enumerable.Range(1, member.Operations.Count), member.Operations.Select(static o => o.Sequence));
            Assert.True(member.Operations.Zip(member.Operations.Skip(1)).All(static p => p.First.On <= p.Second.On));
        }
    });

    internal static RowOutcome Take(IPointsStore store, object row, DateOnly bookedOn) => row switch
    {
        OrderRow order => PointsRunTests.Await(store.TakeOrdersAsync([order], bookedOn, Instant))[0],
        RefundRow refund => PointsRunTests.Await(store.TakeRefundsAsync([refund], bookedOn, Instant))[0],
        _ => PointsRunTests.Await(store.TakeRedemptionsAsync([new((RedemptionRow)row)], bookedOn, Instant))[0],
    };

    private static IEnumerable<RowOutcome> Known(IEnumerable<RowOutcome> outcomes) => outcomes.Select(static o => o with { IsNew = false });
}
