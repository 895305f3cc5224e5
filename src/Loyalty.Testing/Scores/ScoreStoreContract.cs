using Loyalty.Testing.Members;
using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.InMemory.Scores;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Testing.Scores;

/// <summary>What every store of scores does, by example. Inherit it, give it your store, and run it.</summary>
public abstract class ScoreStoreContract
{
    /// <summary>Creates an empty store.</summary>
    protected abstract IScoreStore NewStore();

    [Fact]
    public async Task Nothing_is_stored_until_a_run_is_completed()
    {
        var store = NewStore();
        Assert.Null(await store.GetStatusAsync());
        await (ScoringCase.Of(10, new Sale("1", "ann@x.com", 1, 10)) with { Complete = false }).OnAsync(store);
        Assert.Equal("empty", await ScoreDump.OfAsync(store));
        await ScoringCase.Of(10, new Sale("1", "ann@x.com", 1, 10), new Sale("2", null, 1, 10), new Sale("3", "ann@x.com", 11, 10)).OnAsync(store);
        Assert.Equal(new ScoreStatus(Given.Date(10), 3, 1, 1), await store.GetStatusAsync());
    }

    [Fact]
    public async Task Only_customers_that_orders_or_the_calendar_touch_are_scored_anew()
    {
        var store = NewStore();
        var first = await OutcomeAsync(store, ScoringCase.Of(30, [.. Enumerable.Range(0, 50).Select(static i => new Sale($"{i}", $"c{i:D2}@x.com", i % 30, 100))]));
        Assert.Equal((50, 50, 0), (first.Examined, first.Moves.New, first.Moves.Moves.Count));

        // The last order of c00 and c30 is 30 days old and becomes 31; c05 orders.
        var second = await OutcomeAsync(store, ScoringCase.Of(31, new Sale("x", "c05@x.com", 31, 1000)));
        Assert.Equal(3, second.Examined);
        Assert.Equal([new SegmentMove("c05@x.com", "Warm", "Hot")], second.Moves.Moves);
        Assert.Equal(Given.Date(31), (await store.FindScoreAsync("c00@x.com"))!.AsOf);
        Assert.Equal(Given.Date(30), (await store.FindScoreAsync("c01@x.com"))!.AsOf);

        // Another program touches everybody; a day on which nothing happens nobody.
        Assert.Equal(50, (await OutcomeAsync(store, ScoringCase.Of(31) with { Variant = 4 })).Examined);
        Assert.Equal(0, (await OutcomeAsync(store, ScoringCase.Of(31) with { Variant = 4 })).Examined);
        Assert.Equal(50, (await OutcomeAsync(store, ScoringCase.Of(31) with { Variant = 2 })).Examined);
        Assert.Equal(0, (await OutcomeAsync(store, ScoringCase.Of(99) with { Variant = 2 })).Examined);
        Assert.Equal(50, (await OutcomeAsync(store, ScoringCase.Of(99, new Sale("y", "c06@x.com", 90, 1)) with { Variant = 2 })).Examined);
    }

    [Fact]
    public async Task R07_Customers_that_moved_are_listed_by_code_points()
    {
        var store = NewStore();
        await ScoringCase.Of(10, [.. ((string[])["\U0001F600", "\uffee", "z", "Z"]).Select(static (customer, i) => new Sale($"{i}", customer, 1, 10))]).OnAsync(store);
        var outcome = await OutcomeAsync(store, ScoringCase.Of(99));
        Assert.Equal(["Z", "z", "\uffee", "\U0001F600"], outcome.Moves.Moves.Select(static m => m.Customer));
    }

    [Fact]
    public async Task A_complete_export_removes_what_it_no_longer_has()
    {
        var store = NewStore();
        await ScoringCase.All(30, new Sale("1", "ann@x.com", 1, 10), new Sale("2", "ann@x.com", 2, 10), new Sale("3", "bob@x.com", 3, 10), new Sale("4", null, 3, 10)).OnAsync(store);
        var outcome = await OutcomeAsync(store, ScoringCase.All(30, new Sale("2", "ann@x.com", 2, 10), new Sale("5", "cid@x.com", 2, 20), new Sale("5", "cid@x.com", 2, 30)));
        Assert.Equal(new OrderCounts(1, 0, 3, 1, 1), outcome.Orders);
        Assert.Equal((1, 1), (outcome.Moves.New, outcome.Moves.Gone));
        Assert.Equal(new EngagementTotals(1, 0, 11.25m, 1.25m, 0, 10, Given.Date(2), Given.Date(2)), await store.FindTotalsAsync("ann@x.com"));
        Assert.Null(await store.FindTotalsAsync("bob@x.com"));
        Assert.Equal(30, (await store.FindTotalsAsync("cid@x.com"))!.Net);
        Assert.Equal(new ScoreStatus(Given.Date(30), 2, 2, 2), await store.GetStatusAsync());
    }

    [Fact]
    public async Task E_mails_of_one_customer_come_together_and_part_again()
    {
        var store = NewStore();
        await ScoringCase.Of(30, new Sale("1", "ann@x.com", 1, 10), new Sale("2", "ann@work.com", 5, 20), new Sale("3", "bob@x.com", 3, 1), new Sale("4", "ann@work.com", 40, 5)).OnAsync(store);
        Assert.StartsWith(
            "True\nTrue\nFalse\n", await new ScoringCase(30, OrderScope.Changes, [new Step.Link("ann@work.com", "ann@x.com"), new Step.Link("ann@work.com", "ann@x.com"), new Step.Link("ann@work.com", "bob@x.com")]).OnAsync(store), StringComparison.Ordinal);
        Assert.Equal(30, (await store.FindTotalsAsync("ann@x.com"))!.Net);
        Assert.Null(await store.FindTotalsAsync("ann@work.com"));

        // What waits for its day and what comes later follow the link; so does an export of everything.
        await ScoringCase.Of(40, new Sale("5", "ann@work.com", 39, 100)).OnAsync(store);
        Assert.Equal((135m, 4), ((await store.FindTotalsAsync("ann@x.com"))!.Net, (await store.FindTotalsAsync("ann@x.com"))!.Orders));
        await ScoringCase.All(40, new Sale("5", "ann@work.com", 39, 100)).OnAsync(store);
        Assert.Equal(100, (await store.FindTotalsAsync("ann@x.com"))!.Net);
        Assert.StartsWith("True\nFalse\n", await new ScoringCase(40, OrderScope.Changes, [new Step.Unlink("ann@work.com"), new Step.Unlink("ann@work.com")]).OnAsync(store), StringComparison.Ordinal);
        Assert.Equal(100, (await store.FindTotalsAsync("ann@work.com"))!.Net);
        Assert.Null(await store.FindTotalsAsync("ann@x.com"));
    }

    [Fact]
    public async Task Pages_start_behind_a_place_whatever_comes_and_goes_between_them()
    {
        var store = NewStore();
        await ScoringCase.Of(30, [.. Enumerable.Range(0, 12).Select(static i => new Sale(i % 3 == 0 ? $"h{i}" : $"{i}", "ann@x.com", i / 4, i))]).OnAsync(store);
        var first = await store.ReadTimelineAsync("ann@x.com", null, 5);
        Assert.Equal(["10", "11", "8", "h9", "4"], first.Entries.Select(static e => e.Key.Id));

        // The entry on which the page ended goes, newer ones come, one of the next page goes.
        await new ScoringCase(30, OrderScope.Changes, [new Step.Remove("4"), new Step.Remove("7"), new Step.Put([new Sale("new", "ann@x.com", 20, 1)])]).OnAsync(store);
        var second = await store.ReadTimelineAsync("ann@x.com", first.Next, 5);
        Assert.Equal(["5", "h6", "1", "2", "h0"], second.Entries.Select(static e => e.Key.Id));
        var third = await store.ReadTimelineAsync("ann@x.com", second.Next, 5);
        Assert.Equal(["h3"], third.Entries.Select(static e => e.Key.Id));
        Assert.Null(third.Next);
        Assert.Null((await store.ReadTimelineAsync("ann@x.com", null, 11)).Next);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.ReadTimelineAsync("ann@x.com", null, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.ReadTimelineAsync("ann@x.com", null, 10_001));
    }

    [Fact]
    public async Task F01_Refunds_count_from_their_day_on_and_a_cancelled_one_brings_the_order_back()
    {
        var store = NewStore();
        Sale[] refunds = [Sale.Credit("r1", "ann@x.com", 63, "1", 40), Sale.Credit("r2", "ann@x.com", 64, "1", 60)];
        await ScoringCase.Of(61, [Ordered, .. refunds]).OnAsync(store);
        Assert.Equal((1, 100m, OrderStanding.Counts), await OfAnnAsync(store));
        await ScoringCase.Of(63).OnAsync(store);
        Assert.Equal((1, 60m, OrderStanding.Counts), await OfAnnAsync(store));
        await ScoringCase.Of(64).OnAsync(store);
        Assert.Equal((0, 0m, OrderStanding.Refunded), await OfAnnAsync(store));
        Assert.Equal(new EngagementTotals(0, 1, 202.5m, 3.75m, 100, 0, null, null), await store.FindTotalsAsync("ann@x.com"));

        // The second one was cancelled, as its platform says by the same key; it was not, after all; it is gone; another one comes.
        await ScoringCase.Of(65, Sale.Credit("r2", "ann@x.com", 64, "1", 0)).OnAsync(store);
        Assert.Equal((1, 60m, OrderStanding.Counts), await OfAnnAsync(store));
        Assert.Equal((Given.Date(59), Given.Date(59)), ((await store.FindTotalsAsync("ann@x.com"))!.FirstOrderOn, (await store.FindTotalsAsync("ann@x.com"))!.LastOrderOn));
        await ScoringCase.Of(65, refunds[1]).OnAsync(store);
        Assert.Equal((0, 0m, OrderStanding.Refunded), await OfAnnAsync(store));
        await new ScoringCase(65, OrderScope.Changes, [new Step.Remove("r2")]).OnAsync(store);
        Assert.Equal((1, 60m, OrderStanding.Counts), await OfAnnAsync(store));
        await ScoringCase.Of(66, Sale.Credit("r3", "ann@x.com", 66, "1", 60)).OnAsync(store);
        Assert.Equal((0, 0m, OrderStanding.Refunded), await OfAnnAsync(store));
    }

    [Fact]
    public async Task F01_A_refund_without_customer_undoes_its_order_on_its_day()
    {
        var store = NewStore();
        await ScoringCase.Of(61, Ordered, Sale.Credit("r", null, 64, "1", 100)).OnAsync(store);
        Assert.Equal((1, 100m, OrderStanding.Counts), await OfAnnAsync(store));
        var outcome = await OutcomeAsync(store, ScoringCase.Of(64));
        Assert.Equal((1, OrderCounts.None), (outcome.Examined, outcome.Orders));
        Assert.Equal((0, 100m, OrderStanding.Refunded), await OfAnnAsync(store));

        // Corrected to a later day, it waits again.
        await ScoringCase.Of(65, Sale.Credit("r", null, 70, "1", 100)).OnAsync(store);
        Assert.Equal((1, 100m, OrderStanding.Counts), await OfAnnAsync(store));
        await ScoringCase.Of(70).OnAsync(store);
        Assert.Equal((0, 100m, OrderStanding.Refunded), await OfAnnAsync(store));
    }

    [Fact]
    public async Task F01_Refunds_wait_for_their_order_and_may_turn_to_another_one()
    {
        var store = NewStore();
        await ScoringCase.Of(64, Sale.Credit("r", null, 63, "1", 100)).OnAsync(store);
        await ScoringCase.Of(64, Ordered, Ordered with { Id = "2" }).OnAsync(store);
        Assert.Equal((1, 200m, OrderStanding.Refunded), await OfAnnAsync(store));
        await ScoringCase.Of(65, Sale.Credit("r", null, 63, "2", 100)).OnAsync(store);
        Assert.Equal((1, 200m, OrderStanding.Counts), await OfAnnAsync(store));
        Assert.Equal(OrderStanding.Refunded, (await store.ReadTimelineAsync("ann@x.com", null, 10)).Entries[^1].Standing);

        // An order of another platform is another one, whatever its id.
        await ScoringCase.Of(65, Sale.Credit("r", null, 63, "h2", 100), Ordered with { Id = "h2", Customer = "bob@x.com" }).OnAsync(store);
        Assert.Equal((2, 1), ((await store.FindTotalsAsync("ann@x.com"))!.Orders, (await store.FindTotalsAsync("bob@x.com"))!.Orders));

        // What the order says that was given back counts, too.
        await ScoringCase.Of(66, Ordered with { Refunded = 30 }, Sale.Credit("r", null, 63, "1", 69.99m)).OnAsync(store);
        Assert.Equal((2, 200m, OrderStanding.Counts), await OfAnnAsync(store));
        await ScoringCase.Of(66, Sale.Credit("r", null, 63, "1", 70)).OnAsync(store);
        Assert.Equal((1, 200m, OrderStanding.Refunded), await OfAnnAsync(store));

        // The order goes and comes back; the refund was there all the time.
        await new ScoringCase(66, OrderScope.Changes, [new Step.Remove("1")]).OnAsync(store);
        Assert.Equal((1, 100m), ((await store.FindTotalsAsync("ann@x.com"))!.Orders, (await store.FindTotalsAsync("ann@x.com"))!.Net));
        await ScoringCase.Of(66, Ordered with { Refunded = 30 }).OnAsync(store);
        Assert.Equal((1, 200m, OrderStanding.Refunded), await OfAnnAsync(store));
    }

    [Fact]
    public async Task F01_An_undone_order_moves_with_its_e_mail_and_a_complete_export_says_the_same()
    {
        var store = NewStore();
        var refund = Sale.Credit("r", "ann@x.com", 64, "1", 100);
        await ScoringCase.Of(64, Ordered, refund).OnAsync(store);
        await new ScoringCase(65, OrderScope.Changes, [new Step.Link("ann@x.com", "Ann")]).OnAsync(store);
        Assert.Equal((0, 1, 0m), await OfAsync("Ann"));

        // The refund goes in the run in which the e-mail moves on.
        await new ScoringCase(65, OrderScope.Changes, [new Step.Unlink("ann@x.com"), new Step.Link("ann@x.com", "Anna"), new Step.Remove("r")]).OnAsync(store);
        Assert.Equal((1, 0, 100m), await OfAsync("Anna"));
        await ScoringCase.All(65, Ordered, refund with { Day = 66 }).OnAsync(store);
        Assert.Equal((1, 0, 100m), await OfAsync("Anna"));
        Assert.Equal(new OrderCounts(0, 0, 0, 2, 0), (await OutcomeAsync(store, ScoringCase.All(66, Ordered, refund with { Day = 66 }))).Orders);
        Assert.Equal((0, 1, 0m), await OfAsync("Anna"));
        Assert.Equal(new OrderCounts(0, 0, 1, 1, 0), (await OutcomeAsync(store, ScoringCase.All(66, Ordered))).Orders);
        Assert.Equal((1, 0, 100m), await OfAsync("Anna"));

        async Task<(int, int, decimal)> OfAsync(string customer) =>
            await store.FindTotalsAsync(customer) is { } totals ? (totals.Orders, totals.DeadOrders, totals.Net) : (-1, -1, -1);
    }

    [Fact]
    public async Task Amounts_stay_exact_and_sums_beyond_their_bounds_change_nothing()
    {
        var store = NewStore();
        await ScoringCase.Of(30, new Sale("1", "ann@x.com", 1, 0.000000000000001m), new Sale("2", "ann@x.com", 1, 999_999_999_990m), new Sale("3", "ann@x.com", 1, -0.1m)).OnAsync(store);
        Assert.Equal(999_999_999_989.900000000000001m, (await store.FindTotalsAsync("ann@x.com"))!.Net);
        var before = await ScoreDump.OfAsync(store);
        Assert.Equal("OverflowException", await ScoringCase.Of(31, new Sale("4", "bob@x.com", 1, 1), new Sale("5", "ann@x.com", 1, 100)).OnAsync(store));
        Assert.Equal(before, await ScoreDump.OfAsync(store));
        await new ScoringCase(30, OrderScope.Changes, [new Step.Remove("2")]).OnAsync(store);
        Assert.Equal(-0.099999999999999m, (await store.FindTotalsAsync("ann@x.com"))!.Net);
    }

    [Fact]
    public async Task Customers_given_as_a_list_have_no_orders_that_could_be_corrected()
    {
        var store = NewStore();
        await ScoringCase.Of(30, new Sale("1", "ann@x.com", 1, 10)).OnAsync(store);
        var given = ScoringCase.All(30) with { Steps = [], Customers = [new Sale("-", "ann@x.com", 3, 700, Hour: 4), new Sale("-", "bob@x.com", 0, 0)] };
        await given.OnAsync(store);
        Assert.Equal(new ScoreStatus(Given.Date(30), 0, 0, 2), await store.GetStatusAsync());
        Assert.Equal(new RfmInput(Given.Date(3), 4, 700), (await store.FindScoreAsync("ann@x.com"))!.Input);
        Assert.Empty((await store.ReadTimelineAsync("ann@x.com", null, 5)).Entries);
        Assert.Equal("StoreException Refused", await ScoringCase.Of(31, new Sale("1", "ann@x.com", 1, 10)).OnAsync(store));
        Assert.Equal(1, (await OutcomeAsync(store, new ScoringCase(34, OrderScope.Changes, []))).Examined); // the calendar moves on all the same
        await ScoringCase.All(34, new Sale("1", "ann@x.com", 1, 10)).OnAsync(store);
        Assert.Equal(new EngagementTotals(1, 0, 11.25m, 1.25m, 0, 10, Given.Date(1), Given.Date(1)), await store.FindTotalsAsync("ann@x.com"));
        Assert.Null(await store.FindScoreAsync("bob@x.com"));
    }

    [Fact]
    public async Task An_earlier_date_and_a_second_run_are_refused()
    {
        var store = NewStore();
        await ScoringCase.Of(30, new Sale("1", "ann@x.com", 1, 10)).OnAsync(store);
        Assert.Equal("StoreException Stale", await ScoringCase.Of(29).OnAsync(store));
        await using var open = await store.BeginRunAsync(ScoringProgram.Default, Given.Date(30), OrderScope.Changes);
        var e = await Assert.ThrowsAsync<StoreException>(async () => await store.BeginRunAsync(ScoringProgram.Default, Given.Date(30), OrderScope.Changes));
        Assert.Equal(StoreFault.AlreadyRunning, e.Fault);
    }

    [Fact]
    public async Task Calls_out_of_order_are_the_callers_mistake()
    {
        var store = NewStore();
        await using var session = await store.BeginRunAsync(ScoringProgram.Default, Given.Date(1), OrderScope.Changes);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.ReadScoresAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.SetCustomersAsync(new CustomerPopulation()));
        await session.RescoreAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.PutAsync([]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.RescoreAsync());
        await session.CommitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.CommitAsync());
        await session.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await session.CommitAsync());
    }

    [Fact]
    public async Task Cancelling_leaves_no_trace()
    {
        var store = NewStore();
        using var source = new CancellationTokenSource();
        await using (var session = await store.BeginRunAsync(ScoringProgram.Default, Given.Date(1), OrderScope.Changes, source.Token))
        {
            await session.PutAsync([new Sale("1", "ann@x.com", 1, 1).Order], source.Token);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await session.RescoreAsync(source.Token));
        }

        Assert.Null(await store.GetStatusAsync());
    }

    /// <summary>The order of docs/orders.md: 100 on Mar 1.</summary>
    private static Sale Ordered { get; } = new("1", "ann@x.com", 59, 100, Gross: 100);

    /// <summary>Ann's orders and net, which are what she is scored from, and the standing of her order 1.</summary>
    private static async Task<(int Orders, decimal Net, OrderStanding Standing)> OfAnnAsync(IScoreStore store)
    {
        var totals = (await store.FindTotalsAsync("ann@x.com"))!;
        Assert.Equal(totals.ToRfmInput(), (await store.FindScoreAsync("ann@x.com"))!.Input);
        return (totals.Orders, totals.Net, (await store.ReadTimelineAsync("ann@x.com", null, 10)).Entries.Single(static e => e.Key == Ordered.Key).Standing);
    }

    private static async Task<ScoreOutcome> OutcomeAsync(IScoreStore store, ScoringCase run)
    {
        await using var session = await store.BeginRunAsync(run.Program, Given.Date(run.AsOf), run.Scope);
        foreach (var put in run.Steps.OfType<Step.Put>())
        {
            await session.PutAsync([.. put.Sales.Select(static s => s.Order)]);
        }

        var outcome = await session.RescoreAsync();
        await session.CommitAsync();
        return outcome;
    }
}
