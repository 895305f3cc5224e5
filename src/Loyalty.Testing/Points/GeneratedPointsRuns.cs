using FsCheck;
using FsCheck.Fluent;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Points;

/// <summary>
/// The same generated runs, rows taken live and batches of operations on the in-memory store and on yours: every answer and every state must be the
/// same text, after each command.
/// </summary>
/// <remarks>See <see cref="GeneratedCases"/> for how many are tried and how one is replayed.</remarks>
public abstract class GeneratedPointsRuns
{
    private static readonly string[] Members = ["ann", "bob", "zoë \"x\" \\ {,}"];

    private int _tenants;

    /// <summary>How many cases to try unless the environment says otherwise.</summary>
    protected virtual int Cases => 60;

    /// <summary>Opens the store of a tenant, which is empty at first. Opened twice, it is one store seen by two hosts.</summary>
    protected abstract IPointsStore OpenStore(string tenant);

    /// <summary>Looks at what the store wrote, past its own code.</summary>
    protected virtual Task CheckAsync(string tenant) => Task.CompletedTask;

    private static Gen<string> Member { get; } = Gen.Elements(Members);

    private static Gen<string> Id { get; } = Gen.Choose(1, 8).Select(static n => $"i{n}");

    private static Gen<long> Amount { get; } = Gen.Elements<long>(0, 1, 99, 1_050, 5_000, 9_999, 10_000, 25_000);

    private static Gen<int> Back { get; } = Gen.Frequency((6, Gen.Constant(0)), (3, Gen.Choose(0, 30)), (1, Gen.Choose(-10, 0)));

    private static Gen<OrderRow> Orders(int day) =>
        from id in Id
        from member in Member
        from back in Back
        from amount in Amount
        select new OrderRow(id, member, PointsGiven.Date(Math.Max(0, day - back)), amount);

    private static Gen<RefundRow> Refunds(int day) =>
        from id in Id
        from order in Id
        from back in Back
        from amount in Gen.Elements<long>(1, 500, 5_000, 20_000)
        select new RefundRow(id, order, PointsGiven.Date(Math.Max(0, day - back)), amount);

    private static Gen<RedemptionRow> Redemptions(int day) =>
        from id in Id
        from member in Gen.Frequency((1, Member), (4, Gen.Constant("ann")))
        from back in Back
        from reward in Gen.Elements("tote", "cup", "seat", "card", "badge", "none")
        from happening in Gen.Frequency((3, Gen.Constant(RedemptionEvent.Claimed)), (2, Gen.Elements(Enum.GetValues<RedemptionEvent>())))
        select new RedemptionRow(id, member, PointsGiven.Date(Math.Max(0, day - back)), reward, happening);

    private static Gen<LedgerOperation> Operations(int day) =>
        from kind in Gen.Choose(0, 10)
        from id in Gen.Frequency((3, Gen.Choose(9, 40).Select(static n => $"i{n}")), (1, Id))
        from target in Gen.Choose(1, 40).Select(static n => $"i{n}")
        from member in Member
        from other in Member
        from points in Gen.Elements<long>(1, 5, 30, 100, 240)
        from amount in Amount
        from hours in Gen.Choose(-1, 60)
        let date = PointsGiven.Date(day)
        select kind switch
        {
            0 or 1 => LedgerOperation.Earn(id, member, date, amount),
            2 or 3 => LedgerOperation.Redeem(id, member, date, points),
            4 => LedgerOperation.GiveBack(id, target, date),
            5 => LedgerOperation.Refund(id, target, date, amount),
            6 => LedgerOperation.Adjust(id, member, date, points > 50 ? -points : points, "by \"hand\""),
            7 => LedgerOperation.Reserve(id, member, date, points, PointsGiven.Noon.AddDays(day).AddHours(hours)),
            8 => LedgerOperation.Commit(id, target, date, Math.Max(1, points / 2)),
            9 => LedgerOperation.Release(id, target, date),
            _ => LedgerOperation.Transfer(id, member, other, date, points),
        };

    private static Gen<Command> Commands(int day) => Gen.Frequency(
        (1,
            from orders in Orders(day).ListOf(5)
            from refunds in Refunds(day).ListOf(2)
            from redemptions in Redemptions(day).ListOf(4)
            from counts in Gen.Choose(0, 4)
            from variant in Gen.Frequency((3, Gen.Constant(-1)), (1, Gen.Choose(0, 8)))
            from complete in Gen.Frequency((9, Gen.Constant(true)), (1, Gen.Constant(false)))
            select new Command(day, [.. orders], [.. refunds.Take(counts)], [.. redemptions.Take(counts)], [], variant, complete)),
        (1,
            from operations in Operations(day).ListOf(7)
            from count in Gen.Choose(1, 7)
            select new Command(day, [], [], [], [.. operations.Take(count)], -1, true)),
        (1,
            from rows in Redemptions(day).ListOf(5)
            from grants in Gen.Choose(0, 2)
            from count in Gen.Choose(1, 5)
            from back in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Choose(0, 20)))
            select new Command(day, [], [], [], [], -1, true)
            {
                Requests = [.. rows.Take(count).Select(r => new RedemptionRequest(r with { Date = r.Date > PointsGiven.Date(day) ? PointsGiven.Date(day) : r.Date }, grants))],
                BookedBack = back,
            }),
        (2,
            from orders in Orders(day).ListOf(3)
            from refunds in Refunds(day).ListOf(2)
            from redemptions in Redemptions(day).ListOf(2)
            from ahead in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Choose(1, 20)))
            from isEmpty in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
            select new Command(day, [], [], [], [], -1, true)
            {
                Live =
                [
                    .. orders.Select(o => (object)(o with { Date = o.Date.AddDays(ahead), Customer = isEmpty ? "" : o.Customer })),
                    .. refunds.Select(r => (object)r),
                    .. redemptions.Select(r => (object)new RedemptionRequest(r with { Date = r.Date > PointsGiven.Date(day) ? PointsGiven.Date(day) : r.Date })),
                ],
            }),
        (1,
            from hours in Gen.Choose(-10, 30)
            select new Command(day, [], [], [], [], -1, true) { TimeOutAfter = hours }));

    private static Gen<Command[]> Sequences { get; } =
        from variant in Gen.Frequency((5, Gen.Choose(0, 5)), (3, Gen.Choose(9, 11)))
        from days in Gen.Choose(0, 16).ListOf(7)
        let sums = days.Select((_, i) => days.Take(i + 1).Sum())
        from commands in Gen.CollectToSequence(sums.Select(Commands))
        select commands.Select((c, i) => c with { Variant = c.Variant < 0 || i == 0 ? variant : c.Variant }).ToArray();

    /// <summary>Runs the cases.</summary>
    [Fact]
    public void Generated_commands_give_the_same_as_in_memory() => GeneratedCases.Check(Sequences, Shrink, CompareAsync, Cases);

    /// <summary>Found by the generated ones: the run that takes the order does not name it.</summary>
    [Fact]
    public Task An_order_that_waited_for_its_day_meets_an_operation_of_its_id() => CompareAsync(
        [
            new Command(0, [new OrderRow("i4", "ann", PointsGiven.Date(30), 5_000)], [], [], [], 0, true),
            new Command(5, [], [], [], [LedgerOperation.Earn("i4", "bob", PointsGiven.Date(5), 700)], 0, true),
            new Command(31, [], [], [], [], 0, true),
            new Command(32, [new OrderRow("i4", "ann", PointsGiven.Date(30), 5_000)], [new RefundRow("x", "i4", PointsGiven.Date(31), 5_000)], [], [], 0, true),
        ]);

    private static IEnumerable<Command[]> Shrink(Command[] commands)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            yield return [.. commands[..i], .. commands[(i + 1)..]];
        }

        for (var i = 0; i < commands.Length; i++)
        {
            var command = commands[i];
            foreach (var less in Enumerable.Range(0, command.Orders.Length).Select(n => command with { Orders = Without(command.Orders, n) })
                .Concat(Enumerable.Range(0, command.Refunds.Length).Select(n => command with { Refunds = Without(command.Refunds, n) }))
                .Concat(Enumerable.Range(0, command.Redemptions.Length).Select(n => command with { Redemptions = Without(command.Redemptions, n) }))
                .Concat(Enumerable.Range(0, command.Operations.Length).Select(n => command with { Operations = Without(command.Operations, n) }))
                .Concat(Enumerable.Range(0, command.Live.Length).Select(n => command with { Live = Without(command.Live, n) }))
                .Concat(Enumerable.Range(0, command.Requests.Length).Select(n => command with { Requests = Without(command.Requests, n) })))
            {
                yield return [.. commands[..i], less, .. commands[(i + 1)..]];
            }
        }

        static T[] Without<T>(T[] all, int n) => [.. all[..n], .. all[(n + 1)..]];
    }

    private async Task CompareAsync(Command[] commands)
    {
        var tenant = $"t{++_tenants}";
        var model = new InMemoryPointsStore();

        // Two hosts take turns, so that what one remembers of members must be brought up to what the other has written.
        IPointsStore[] hosts = [OpenStore(tenant), OpenStore(tenant)];
        for (var i = 0; i < commands.Length; i++)
        {
            var host = hosts[i * 2 / 3 % 2];
            Assert.Equal(await commands[i].OnAsync(model, tenant), await commands[i].OnAsync(host, tenant));
            Assert.Equal(await model.DumpAsync(), await host.DumpAsync());
        }

        Assert.Empty(await hosts[0].VerifyAsync());
        Assert.Equal(PointsGiven.Of(await model.FindMemberAsync("ann")), PointsGiven.Of(await hosts[1].FindMemberAsync("ann")));
        Assert.Equal(await model.FindLiabilityAsync(), await hosts[0].FindLiabilityAsync());
        foreach (var name in (string[])[.. Members, "nobody", "no\0body", "no\ud800body"])
        {
            Assert.Equal(await model.FindBalanceAsync(name), await hosts[1].FindBalanceAsync(name));
            foreach (var (after, limit) in ((int, int)[])[(0, 3), (2, 10_000), (99, 1)])
            {
                Assert.Equal(await model.ReadEntriesAsync(name, after, limit), await hosts[1].ReadEntriesAsync(name, after, limit));
            }
        }

        foreach (var day in (int[])[0, 20, 50])
        {
            var (expected, actual) = (await model.FindAsOfAsync("ann", PointsGiven.Date(day)), await hosts[1].FindAsOfAsync("ann", PointsGiven.Date(day)));
            Assert.Equal(expected?.Balance, actual?.Balance);
            Assert.Equal(expected?.Lots, actual?.Lots);
        }

        await CheckAsync(tenant);
    }

    /// <summary>A run, a batch of operations or of redemption rows, or a time-out of holds.</summary>
    internal sealed record Command(
        int Day, OrderRow[] Orders, RefundRow[] Refunds, RedemptionRow[] Redemptions, LedgerOperation[] Operations, int Variant, bool Completes)
    {
        /// <summary>Redemption rows that are taken at once.</summary>
        public RedemptionRequest[] Requests { get; init; } = [];

        /// <summary>Orders, refunds and redemption rows that are taken live, kind by kind.</summary>
        public object[] Live { get; init; } = [];

        /// <summary>How many days before the day they are booked, as far as their dates allow: days that are closed may be among them.</summary>
        public int BookedBack { get; init; }

        /// <summary>The hours after noon at which holds time out; null: they do not.</summary>
        public int? TimeOutAfter { get; init; }

        public override string ToString() =>
            $"day {Day}, variant {Variant}, {(Completes ? "" : "given up, ")}{(TimeOutAfter is { } hours ? $"holds through {hours} h" : "")}{string.Join("; ", Requests.Select(r => $"now -{BookedBack} {r}"))}{string.Join("; ", Live.Select(static r => $"live {r}"))}{string.Join("; ", Orders.Select(static o => $"{o}"))} {string.Join("; ", Refunds.Select(static o => $"{o}"))} "
            + $"{string.Join("; ", Redemptions.Select(static o => $"{o}"))} {string.Join("; ", Operations.Select(static o => $"{o}"))}";

        internal async Task<string> OnAsync(IPointsStore store, string tenant)
        {
            try
            {
                if (TimeOutAfter is { } hours)
                {
                    return $"{await store.TimeOutHoldsAsync(PointsGiven.Noon.AddDays(Day).AddHours(hours))} holds";
                }

                if (Live.Length > 0)
                {
                    var (on, at) = (PointsGiven.Date(Day), PointsGiven.Noon.AddDays(Day));
                    return string.Join('\n', [
                        .. await store.TakeOrdersAsync([.. Live.OfType<OrderRow>()], on, at), .. await store.TakeRefundsAsync([.. Live.OfType<RefundRow>()], on, at),
                        .. await store.TakeRedemptionsAsync([.. Live.OfType<RedemptionRequest>()], on, at),
                    ]);
                }

                if (Requests.Length > 0)
                {
                    var bookedOn = PointsGiven.Date(Day - BookedBack);
                    bookedOn = Requests.Max(static r => r.Row.Date) is var date && date > bookedOn ? date : bookedOn;
                    return string.Join('\n', await store.TakeRedemptionsAsync(Requests, bookedOn, PointsGiven.Noon.AddDays(Day)));
                }

                if (Operations.Length > 0)
                {
                    return string.Join('\n', await store.ApplyAsync(Operations, PointsGiven.Date(Day), PointsGiven.Noon.AddDays(Day)));
                }

                if (Completes)
                {
                    return PointsGiven.Of(await store.RunAsync(PointsGiven.Program(tenant, Variant), Day, Orders, Refunds, Redemptions));
                }

                await using var session = await store.BeginRunAsync(PointsGiven.Program(tenant, Variant), PointsGiven.Date(Day), PointsGiven.Noon);
                await session.AddOrdersAsync(Orders);
                return "given up";
            }
            catch (InvalidOperationException e)
            {
                return e.Message;
            }
            catch (StoreException e)
            {
                return e.Message;
            }
        }
    }
}
