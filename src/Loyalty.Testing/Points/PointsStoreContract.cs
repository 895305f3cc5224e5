using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Points;

/// <summary>Claims and their events that are taken at once: what both stores promise. Days count from 2025-01-30.</summary>
public abstract class PointsStoreContract
{
    private static readonly DateTime Now = PointsGiven.Noon;

    /// <summary>The worked example of docs/rewards.md: lots of 30 days, 100 of Jan 1 and 80 of Jan 20, closed through Jan 25.</summary>
    [Fact]
    public async Task On_a_day_that_is_not_closed_what_has_run_out_is_gone_and_is_recorded_by_a_granted_claim_only()
    {
        var program = Loyalty.Programs.LoyaltyProgram.Parse(
            """
            { "tenant": "worked", "currency": "USD", "timeZone": "UTC",
              "club": { "stages": [ { "name": "Bronze", "discountPercent": 10, "months": 1, "minimumPurchase": 0 } ] },
              "points": { "perUnit": 1, "minimumMembershipDays": 0, "expiry": { "kind": "fixed", "days": 30 } },
              "rewards": [ { "id": "tote", "kind": "merchandise", "points": 100 }, { "id": "cup", "kind": "merchandise", "points": 60 },
                           { "id": "seat", "kind": "event", "points": 0, "levels": ["Bronze"] } ] }
            """);
        var store = NewStore("worked");
        await using (var run = await store.BeginRunAsync(program, Day(25), Now))
        {
            await run.AddOrdersAsync([new("o1", "ann", Day(1), 10_000), new("o2", "ann", Day(20), 8_000)]);
            await run.CloseDaysAsync();
            await run.CommitAsync();
        }

        // The first lot is gone on Jan 31. The claim of 100 is refused and leaves the ledger alone.
        Assert.Equal(ClaimRefusal.InsufficientPoints, (await TakeAsync(store, new("r1", "ann", Day(31), "tote", RedemptionEvent.Claimed))).Claim);
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((180L, 2), (ann.Balance, ann.Entries.Count));

        // The one of 60 is granted, and what ran out is recorded before it.
        Assert.Equal(new RowOutcome(true, RowRefusal.None, RowColumn.None, ClaimRefusal.None), await TakeAsync(store, new("r2", "ann", Day(31), "cup", RedemptionEvent.Claimed)));
        ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal([(EntryKind.Expired, -100L, 80L), (EntryKind.Redeemed, -60, 20)], ann.Entries.Skip(2).Select(static e => (e.Kind, e.Points, e.Balance)));

        // The enrollment is extended to Mar 1; on that day nobody is on the stage, though no run has said so.
        Assert.Equal(Loyalty.Clubs.EnrollmentStatus.Active, ann.Enrollments[^1].Status);
        var until = ann.Enrollments[^1].ExpiresAt;
        Assert.Equal(ClaimRefusal.None, (await TakeAsync(store, new("r3", "ann", until.AddDays(-1), "seat", RedemptionEvent.Claimed))).Claim);
        Assert.Equal(ClaimRefusal.NotEligible, (await TakeAsync(store, new("r4", "ann", until, "seat", RedemptionEvent.Claimed))).Claim);
        Assert.Equal(Loyalty.Clubs.EnrollmentStatus.Active, (await store.FindMemberAsync("ann"))!.Enrollments[^1].Status);

        // The last claim recorded the 20 of the second lot, too; the run adds the end of the enrollment.
        await using (var run = await store.BeginRunAsync(program, until, Now))
        {
            await run.CloseDaysAsync();
            await run.CommitAsync();
        }

        ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((Loyalty.Clubs.EnrollmentStatus.Expired, 0L, 5), (ann.Enrollments[^1].Status, ann.Balance, ann.Entries.Count));
        Assert.Empty(await store.VerifyAsync());

        static DateOnly Day(int day) => new DateOnly(2024, 12, 31).AddDays(day);
    }

    /// <summary>The worked example of docs/points.md: an order of 100 within the first year earns nothing; refunds of 60, 40 and 1 of it, in three files.</summary>
    [Fact]
    public async Task F14_What_is_left_of_an_order_that_earned_nothing_is_known_from_file_to_file()
    {
        var program = Loyalty.Programs.LoyaltyProgram.Parse(
            """{ "tenant": "left", "currency": "USD", "timeZone": "UTC", "points": { "perUnit": 1, "minimumMembershipDays": 365 } }""");
        var store = NewStore("left");
        var first = await store.RunAsync(program, 1, [new("o1", "ann", PointsGiven.Date(0), 100_00)], [new("f1", "o1", PointsGiven.Date(1), 60_00)]);
        var second = await store.RunAsync(program, 2, refunds: [new("f2", "o1", PointsGiven.Date(2), 40_00), new("f4", "o1", PointsGiven.Date(4), 5_00)]);
        var third = await store.RunAsync(program, 3, refunds: [new("f3", "o1", PointsGiven.Date(3), 1_00)]);

        // The one that waited for its day is counted on it, and none twice.
        var fourth = await store.RunAsync(program, 5, refunds: [new("f3", "o1", PointsGiven.Date(3), 1_00)]);
        Assert.Equal([0L, 0, 1, 1], [first.RefundsOverOrder, second.RefundsOverOrder, third.RefundsOverOrder, fourth.RefundsOverOrder]);
        Assert.Empty((await store.FindMemberAsync("ann"))!.Entries);
    }

    /// <summary>The worked example of docs/points.md: 110 points are claimed as 70 and 40, half of their order is refunded, then the claims are cancelled.</summary>
    [Theory]
    [InlineData("runs")]
    [InlineData("one run")]
    [InlineData("rows")]
    [InlineData("operations")]
    [InlineData("operations at once")]
    public async Task F15_Points_that_come_back_are_taken_as_far_as_refunds_of_their_order_still_ask_for_them(string way)
    {
        var program = Loyalty.Programs.LoyaltyProgram.Parse(
            """
            { "tenant": "back", "currency": "USD", "timeZone": "UTC", "points": { "perUnit": 1, "bonusPercent": 10, "minimumMembershipDays": 0 },
              "rewards": [ { "id": "coat", "kind": "merchandise", "points": 70 }, { "id": "tote", "kind": "merchandise", "points": 40 } ] }
            """);
        var store = await NewStore("back").OpenedAsync(program);
        var order = new OrderRow("o1", "ann", PointsGiven.Date(1), 100_00);
        RefundRow[] refunds = [new("f1", "o1", PointsGiven.Date(3), 20_00), new("f2", "o1", PointsGiven.Date(3), 30_00)];
        var (coat, tote) = (Claim("c1", "ann", 2, "coat"), Claim("c2", "ann", 2, "tote"));
        RedemptionRow[] back = [tote with { Date = PointsGiven.Date(4), Event = RedemptionEvent.Cancelled }, coat with { Date = PointsGiven.Date(5), Event = RedemptionEvent.Cancelled }];
        LedgerOperation[] operations =
        [
            LedgerOperation.Earn("o1", "ann", PointsGiven.Date(1), 100_00),
            LedgerOperation.Redeem("c1", "ann", PointsGiven.Date(2), 70), LedgerOperation.Redeem("c2", "ann", PointsGiven.Date(2), 40),
            LedgerOperation.Refund("f1", "o1", PointsGiven.Date(3), 20_00), LedgerOperation.Refund("f2", "o1", PointsGiven.Date(3), 30_00),
            LedgerOperation.GiveBack("b2", "c2", PointsGiven.Date(4)), LedgerOperation.GiveBack("b1", "c1", PointsGiven.Date(5)),
        ];
        switch (way)
        {
            case "runs":
                await store.RunAsync(program, 1, orders: [order]);
                await store.RunAsync(program, 2, redemptions: [coat, tote]);
                await store.RunAsync(program, 3, refunds: refunds);
                await store.RunAsync(program, 4, redemptions: [back[0]]);
                await store.RunAsync(program, 5, redemptions: [back[1]]);
                break;
            case "one run":
                await store.RunAsync(program, 5, [order], refunds, [coat, tote, .. back]);
                break;
            case "rows":
                await store.TakeOrdersAsync([order], PointsGiven.Date(1), Now);
                await TakeAsync(store, coat);
                await TakeAsync(store, tote);
                await store.TakeRefundsAsync(refunds, PointsGiven.Date(3), Now);
                await TakeAsync(store, back[0]);
                await TakeAsync(store, back[1]);
                break;
            case "operations":
                foreach (var operation in operations)
                {
                    await store.ApplyAsync([operation], operation.Date, Now);
                }

                break;
            default:
                await store.ApplyAsync(operations, PointsGiven.Date(5), Now);
                break;
        }

        // The tote brings back 30 and 10, of which 30 and 5 were asked for; the coat 70, of which 20 still are.
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal(
            [
                "order:o1:earned 100", "order:o1:bonus 10", "redemption:c1:redeemed -70", "redemption:c2:redeemed -40",
                "redemption:c2:reversed 40", "refund:f2:earned:2 -30", "refund:f2:bonus:2 -5",
                "redemption:c1:reversed 70", "refund:f2:earned:3 -20",
            ],
            ann.Entries.Select(static e => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{e.Key} {e.Points}")));
        Assert.Equal(("refund:f2", PointsGiven.Date(4), 55L), (ann.Entries[5].Cause, ann.Entries[5].EffectiveOn, ann.Balance));
        Assert.Empty(await store.VerifyAsync());

        // Nothing is asked for twice, and the rest of the order is asked for as ever.
        if (way.StartsWith("operations", StringComparison.Ordinal))
        {
            await store.ApplyAsync(LedgerOperation.Refund("f3", "o1", PointsGiven.Date(6), 50_00), day: 6);
        }
        else
        {
            await store.RunAsync(program, 6, refunds: [new("f3", "o1", PointsGiven.Date(6), 50_00)]);
        }

        Assert.Equal(0, (await store.FindMemberAsync("ann"))!.Balance);
        Assert.Empty(await store.VerifyAsync());
    }

    [Fact]
    public async Task The_same_row_again_gets_the_same_answer_and_another_one_is_a_conflict_that_names_the_column()
    {
        var store = await WithPointsAsync("keys", 70, "ann", "bob");
        var tote = Claim("r", "ann", 1, "tote");
        Assert.Equal(new RowOutcome(true, RowRefusal.None, RowColumn.None, ClaimRefusal.None), await TakeAsync(store, tote));
        Assert.Equal(new RowOutcome(false, RowRefusal.None, RowColumn.None, ClaimRefusal.None), await TakeAsync(store, tote));
        Assert.Equal(new RowOutcome(false, RowRefusal.None, RowColumn.None, ClaimRefusal.None), await TakeAsync(store, tote, bookedOn: 9, grants: 3));
        foreach (var (other, column) in new[]
        {
            (tote with { Customer = "bob", Date = PointsGiven.Date(0), Reward = "cup" }, RowColumn.Customer),
            (tote with { Date = PointsGiven.Date(0), Reward = "cup" }, RowColumn.Date),
            (tote with { Reward = "cup" }, RowColumn.Reward),
        })
        {
            Assert.Equal(new RowOutcome(false, RowRefusal.Conflict, column, ClaimRefusal.None), await TakeAsync(store, other));
        }

        // A refused claim stays refused, also when there are points again.
        var second = Claim("r2", "ann", 1, "tote");
        Assert.Equal(new RowOutcome(true, RowRefusal.ClaimRefused, RowColumn.Reward, ClaimRefusal.InsufficientPoints), await TakeAsync(store, second));
        await store.ApplyAsync(LedgerOperation.Adjust("more", "ann", PointsGiven.Date(1), 500, "gift"), day: 1);
        Assert.Equal(new RowOutcome(false, RowRefusal.ClaimRefused, RowColumn.Reward, ClaimRefusal.InsufficientPoints), await TakeAsync(store, second));

        // Runs share the keys, both ways.
        var run = await store.RunAsync(PointsGiven.Program("keys"), 1, redemptions: [tote, second, Claim("r3", "bob", 1, "cup"), tote with { Reward = "seat" }]);
        Assert.Equal([false, false, true, false], run.Redemptions.Select(static r => r.IsNew));
        Assert.Equal((RowRefusal.Conflict, RowColumn.Reward), (run.Redemptions[3].Refusal, run.Redemptions[3].Column));
        Assert.Equal(new RowOutcome(false, RowRefusal.None, RowColumn.None, ClaimRefusal.None), await TakeAsync(store, Claim("r3", "bob", 1, "cup")));
        Assert.Equal((510L, 55L), ((await store.FindMemberAsync("ann"))!.Balance, (await store.FindMemberAsync("bob"))!.Balance));
    }

    [Fact]
    public async Task Events_lead_through_the_life_of_a_claim_and_give_back_once()
    {
        var store = await WithPointsAsync("events", 130, "ann", "bob");
        var (a, b) = (Claim("a", "ann", 1, "tote"), Claim("b", "ann", 1, "tote"));
        var outcomes = await store.TakeRedemptionsAsync(
            [
                new(a), new(b), new(Claim("c", "bob", 1, "tote")),
                new(a with { Event = RedemptionEvent.Fulfilled }), new(a with { Event = RedemptionEvent.Cancelled }), new(a with { Event = RedemptionEvent.Concluded }),
                new(b with { Event = RedemptionEvent.Cancelled }), new(b with { Event = RedemptionEvent.Rejected }), new(b with { Event = RedemptionEvent.Cancelled }),
                new(Claim("d", "bob", 1, "tote")),
                new(Claim("x", "bob", 1, "tote") with { Event = RedemptionEvent.Fulfilled }),
                new(a with { Event = RedemptionEvent.Refunded, Customer = "bob" }), new(a with { Event = RedemptionEvent.Refunded, Date = PointsGiven.Date(0), Reward = "cup" }),
            ],
            PointsGiven.Date(1),
            Now);
        Assert.Equal(
            [
                "None", "None", "OutOfStock",
                "None", "WrongStatus Event", "None",
                "None", "WrongStatus Event", "again None",
                "None",
                "UnknownRedemption Id",
                "Conflict Customer", "Conflict Reward",
            ],
            outcomes.Select(static o =>
                $"{(o.IsNew ? "" : "again ")}{(o.Refusal == RowRefusal.ClaimRefused ? $"{o.Claim}" : o.Refusal == RowRefusal.None ? "None" : $"{o.Refusal} {o.Column}")}"));
        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal([130L, 70, 10, 70], ann.Entries.Select(static e => e.Balance));
        Assert.Equal([RedemptionStatus.Concluded, RedemptionStatus.Cancelled], ann.Redemptions.Select(static r => r.Status));
        Assert.Equal(RedemptionStatus.Pending, Assert.Single((await store.FindMemberAsync("bob"))!.Redemptions, static r => string.Equals(r.Id, "d", StringComparison.Ordinal)).Status);
        Assert.Empty(await store.VerifyAsync());
    }

    [Fact]
    public async Task A_mission_grants_a_claim_for_each_time_it_was_completed()
    {
        var store = await WithPointsAsync("missions", 100, "ann");
        Assert.Equal(ClaimRefusal.NotEligible, (await TakeAsync(store, Claim("b0", "ann", 1, "badge"))).Claim);
        Assert.Equal(ClaimRefusal.None, (await TakeAsync(store, Claim("b1", "ann", 1, "badge"), grants: 1)).Claim);
        Assert.Equal(ClaimRefusal.NotEligible, (await TakeAsync(store, Claim("b2", "ann", 1, "badge"), grants: 1)).Claim);
        Assert.Equal(ClaimRefusal.None, (await TakeAsync(store, Claim("b3", "ann", 1, "badge"), grants: 2)).Claim);
        Assert.False((await TakeAsync(store, Claim("b3", "ann", 1, "badge") with { Event = RedemptionEvent.Cancelled })).IsRejected);
        Assert.Equal(ClaimRefusal.None, (await TakeAsync(store, Claim("b4", "ann", 1, "badge"), grants: 2)).Claim);
        Assert.Equal(90, (await store.FindMemberAsync("ann"))!.Balance);
    }

    [Fact]
    public async Task What_waits_for_its_day_or_comes_after_the_claim_is_not_seen_by_it()
    {
        var store = await WithPointsAsync("waiting", 10, "ann");
        var waiting = Claim("r", "ann", 5, "cup");
        await store.RunAsync(PointsGiven.Program("waiting"), 1, [new OrderRow("o", "ann", PointsGiven.Date(5), 8_000)], redemptions: [waiting]);

        // The order of that day is closed with the day; a claim before that does not see its 88 points. In a run of all rows it would have.
        Assert.Equal(ClaimRefusal.InsufficientPoints, (await TakeAsync(store, Claim("early", "ann", 5, "tote"))).Claim);

        // A row that waits is taken when it is asked for on its day, but not before.
        await Assert.ThrowsAsync<ArgumentException>(() => TakeAsync(store, waiting, bookedOn: 4));
        Assert.Equal(new RowOutcome(false, RowRefusal.ClaimRefused, RowColumn.Reward, ClaimRefusal.InsufficientPoints), await TakeAsync(store, waiting));
        await store.RunAsync(PointsGiven.Program("waiting"), 5);
        Assert.Equal(98, (await store.FindMemberAsync("ann"))!.Balance);

        // Booked before the last closed day, it counts on that day.
        Assert.Equal(ClaimRefusal.None, (await TakeAsync(store, Claim("late", "ann", 2, "tote"))).Claim);
        Assert.Equal((PointsGiven.Date(5), PointsGiven.Date(5)), ((await store.FindMemberAsync("ann"))!.Redemptions[^1].ClaimedOn, (await store.FindMemberAsync("ann"))!.Entries[^1].EffectiveOn));
        Assert.Empty(await store.VerifyAsync());
    }

    [Fact]
    public async Task An_id_that_an_operation_on_the_ledger_used_is_no_claim()
    {
        var store = await WithPointsAsync("ids", 100, "ann");
        await store.ApplyAsync(LedgerOperation.Redeem("r", "ann", PointsGiven.Date(1), 60), day: 1);
        Assert.Equal(new RowOutcome(true, RowRefusal.Conflict, RowColumn.Id, ClaimRefusal.None), await TakeAsync(store, Claim("r", "ann", 1, "tote")));
        var run = await store.RunAsync(PointsGiven.Program("ids"), 1, redemptions: [Claim("r", "ann", 1, "tote")]);
        Assert.Equal((false, RowRefusal.Conflict, RowColumn.Id), (run.Redemptions[0].IsNew, run.Redemptions[0].Refusal, run.Redemptions[0].Column));
        Assert.Empty((await store.FindMemberAsync("ann"))!.Redemptions);

        // Nor are points given back twice when an operation did it first; with the id of another operation they cannot be given back.
        await TakeAsync(store, Claim("s", "ann", 1, "cup"));
        await TakeAsync(store, Claim("t", "ann", 1, "badge"), grants: 1);
        await store.ApplyAsync(LedgerOperation.GiveBack("by hand", "s", PointsGiven.Date(1)), day: 1);
        await store.ApplyAsync(LedgerOperation.GiveBack("t", "r", PointsGiven.Date(1)), day: 1);
        Assert.False((await TakeAsync(store, Claim("s", "ann", 1, "cup") with { Event = RedemptionEvent.Cancelled })).IsRejected);
        var stuck = await TakeAsync(store, Claim("t", "ann", 1, "badge") with { Event = RedemptionEvent.Cancelled });
        Assert.Equal((RowRefusal.Conflict, RowColumn.Id), (stuck.Refusal, stuck.Column));
        Assert.Equal(95, (await store.FindMemberAsync("ann"))!.Balance);
    }

    /// <summary>Days of a ledger do not go back: what had run out by its last booking day cannot be spent on an earlier one.</summary>
    [Fact]
    public async Task Points_that_a_hold_set_free_after_they_ran_out_pay_no_claim()
    {
        var program = PointsGiven.Program("held", 1); // 20 days
        var store = await NewStore("held").OpenedAsync(program);
        await store.ApplyAsync(LedgerOperation.Adjust("a", "ann", PointsGiven.Date(0), 100, "gift"));
        await store.ApplyAsync(LedgerOperation.Reserve("h", "ann", PointsGiven.Date(0), 100, Now.AddDays(40)));
        await store.ApplyAsync(LedgerOperation.Adjust("b", "ann", PointsGiven.Date(30), 5, "gift"), day: 30);
        await store.ApplyAsync(LedgerOperation.Release("free", "h", PointsGiven.Date(30)), day: 30);
        var run = await store.RunAsync(program, 10, redemptions: [Claim("r", "ann", 10, "tote")]);
        Assert.Equal(ClaimRefusal.InsufficientPoints, run.Redemptions[0].Claim);
        Assert.Equal(ClaimRefusal.InsufficientPoints, (await TakeAsync(store, Claim("s", "ann", 10, "tote"))).Claim);
        Assert.Equal((105L, 2), ((await store.FindMemberAsync("ann"))!.Balance, (await store.FindMemberAsync("ann"))!.Entries.Count));
    }

    [Fact]
    public async Task Under_inactivity_a_free_claim_keeps_points_alive_that_have_not_run_out()
    {
        var store = await NewStore("inactive").OpenedAsync(PointsGiven.Program("inactive", 2)); // 15 days
        await store.RunAsync(PointsGiven.Program("inactive", 2), 0, [new OrderRow("o", "ann", PointsGiven.Date(0), 1_000), new OrderRow("p", "bob", PointsGiven.Date(0), 1_000)]);
        Assert.False((await TakeAsync(store, Claim("r", "ann", 14, "card"))).IsRejected);
        Assert.False((await TakeAsync(store, Claim("s", "bob", 15, "card"))).IsRejected);
        await store.RunAsync(PointsGiven.Program("inactive", 2), 28);
        Assert.Equal((25L, 0L), ((await store.FindMemberAsync("ann"))!.Balance, (await store.FindMemberAsync("bob"))!.Balance));
    }

    [Fact]
    public async Task A_store_says_what_is_wrong()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => TakeAsync(NewStore("empty"), Claim("r", "ann", 0, "cup")));
        var store = await WithPointsAsync("wrong", 100, "ann");
        var before = await store.DumpAsync();
        var good = Claim("r", "ann", 1, "cup");
        await Assert.ThrowsAsync<ArgumentException>(() => TakeAsync(store, good with { Date = PointsGiven.Date(2) }, bookedOn: 1));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TakeRedemptionsAsync([new(good), new(good with { Id = "s", Date = PointsGiven.Date(2) })], PointsGiven.Date(1), Now));

        await Assert.ThrowsAsync<ArgumentException>(() => TakeAsync(store, good, grants: -1));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TakeRedemptionsAsync([new(good)], PointsGiven.Date(1), Now.ToLocalTime()));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TakeRedemptionsAsync([new(good)], DateOnly.MaxValue, Now));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await store.TakeRedemptionsAsync(null!, PointsGiven.Date(1), Now));
        if (TellsOpenRuns)
        {
            await using var run = await store.BeginRunAsync(PointsGiven.Program("wrong"), PointsGiven.Date(1), Now);
            Assert.Equal(StoreFault.AlreadyRunning, (await Assert.ThrowsAsync<StoreException>(() => TakeAsync(store, good))).Fault);
        }

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.TakeRedemptionsAsync([new(good)], PointsGiven.Date(1), Now, cancelled.Token));
        Assert.Equal(before, await store.DumpAsync());
        Assert.Empty(await store.TakeRedemptionsAsync([], PointsGiven.Date(1), Now));
    }

    /// <summary>Once they were taken in memory, and failed what else came with them elsewhere.</summary>
    [Theory]
    [InlineData("NUL")]
    [InlineData("half a character")]
    [InlineData("too long")]
    public async Task R06_An_id_that_no_store_can_keep_is_answered_by_every_store_and_fails_nothing_else(string fault)
    {
        var id = fault switch { "NUL" => "a\0b", "half a character" => "\ud800", _ => new string('x', 2_000) };
        var (store, alike) = (await WithPointsAsync("ids", 100, "ann"), await WithPointsAsync("ids-alike", 100, "ann"));
        var today = PointsGiven.Date(0);
        var good = LedgerOperation.Adjust("good", "ann", today, 5, "gift");
        var results = await store.ApplyAsync(
            [
                LedgerOperation.Adjust(id, "ann", today, 5, "gift"), good, LedgerOperation.Adjust("id", id, today, 5, "gift"), LedgerOperation.GiveBack("id", id, today),
                LedgerOperation.Transfer("id", "ann", id, today, 1), LedgerOperation.Redeem("more", "ann", today, 1),
            ],
            today,
            Now);
        Assert.Equal(
            [LedgerOutcome.Invalid, LedgerOutcome.Applied, LedgerOutcome.Invalid, LedgerOutcome.Invalid, LedgerOutcome.Invalid, LedgerOutcome.Applied],
            results.Select(static r => r.Outcome));
        Assert.Equal(await alike.ApplyAsync([good, LedgerOperation.Redeem("more", "ann", today, 1)], today, Now), [results[1], results[5]]);
        var claims = await store.TakeRedemptionsAsync(
            [
                new(Claim(id, "ann", 0, "cup")), new(Claim("r", id, 0, "cup")), new(Claim("r", "ann", 0, id)), new(Claim("r", "ann", 0, "cup") with { Event = (RedemptionEvent)9 }),
                new(Claim("r", "ann", 0, "cup")), new(Claim("", "ann", 0, "cup")), new(default),
            ],
            today,
            Now);
        Assert.Equal(
            [RowColumn.Id, RowColumn.Customer, RowColumn.Reward, RowColumn.Event, RowColumn.None, RowColumn.Id, RowColumn.Id], claims.Select(static c => c.Column));
        Assert.All(claims, static c => Assert.Equal(c.Column == RowColumn.None ? RowRefusal.None : RowRefusal.Invalid, c.Refusal));
        var orders = await store.TakeOrdersAsync([new(id, "ann", today, 100), new("o", id, today, 100), new("o", "ann", today, -1), new("o", "ann", today, 1_000)], today, Now);
        Assert.Equal([RowColumn.Id, RowColumn.Customer, RowColumn.Amount, RowColumn.None], orders.Select(static o => o.Column));
        var refunds = await store.TakeRefundsAsync([new(id, "o", today, 100), new("f", id, today, 100), new("f", "o", today, 100)], today, Now);
        Assert.Equal([RowColumn.Id, RowColumn.Order, RowColumn.None], refunds.Select(static f => f.Column));
        await alike.TakeRedemptionsAsync([new(Claim("r", "ann", 0, "cup"))], today, Now);
        await alike.TakeOrdersAsync([new("o", "ann", today, 1_000)], today, Now);
        await alike.TakeRefundsAsync([new("f", "o", today, 100)], today, Now);

        // A run says the same of its rows.
        OrderRow[] taken = [new(id, "ann", PointsGiven.Date(1), 100), new("p", id, PointsGiven.Date(1), 100), new("p", "ann", PointsGiven.Date(1), 700)];
        RefundRow[] back = [new(id, "p", PointsGiven.Date(1), 100), new("g", id, PointsGiven.Date(1), 100), new("g", "p", PointsGiven.Date(1), 100)];
        RedemptionRow[] claimed = [Claim(id, "ann", 1, "tote"), Claim("s", id, 1, "tote"), Claim("s", "ann", 1, id), Claim("s", "ann", 1, "tote")];
        var run = await store.RunAsync(PointsGiven.Program("ids"), 1, taken, back, claimed);
        await alike.RunAsync(PointsGiven.Program("ids-alike"), 1, taken[2..], back[2..], claimed[3..]);
        Assert.Equal([RowColumn.Id, RowColumn.Customer, RowColumn.None], run.Orders.Select(static o => o.Column));
        Assert.Equal([RowColumn.Id, RowColumn.Order, RowColumn.None], run.Refunds.Select(static f => f.Column));
        Assert.Equal([RowColumn.Id, RowColumn.Customer, RowColumn.Reward, RowColumn.None], run.Redemptions.Select(static c => c.Column));
        Assert.Equal((await alike.DumpAsync()).Replace("ids-alike", "ids", StringComparison.Ordinal), await store.DumpAsync());
        Assert.Null(await store.FindMemberAsync(id));
    }

    [Fact]
    public async Task R07_Members_are_listed_by_code_points()
    {
        // UTF-16 would put the last one before the one that is written in full width.
        var store = await WithPointsAsync("order", 10, "\U0001F600", "\uffee", "\u00e9", "z", "Z");
        Assert.Equal(["Z", "z", "\u00e9", "\uffee", "\U0001F600"], await store.ReadMembersAsync().Select(static m => m.Member).ToListAsync());
    }

    private static RedemptionRow Claim(string id, string member, int day, string reward) => new(id, member, PointsGiven.Date(day), reward, RedemptionEvent.Claimed);

    private static async Task<RowOutcome> TakeAsync(IPointsStore store, RedemptionRow row, int? bookedOn = null, int grants = 0) =>
        (await store.TakeRedemptionsAsync([new(row, grants)], bookedOn is { } day ? PointsGiven.Date(day) : row.Date, Now))[0];

    /// <summary>Creates an empty store of a tenant.</summary>
    protected abstract IPointsStore NewStore(string tenant);

    /// <summary>Whether a call that meets an open run is told so; else it waits for the run.</summary>
    protected virtual bool TellsOpenRuns => true;

    private async Task<IPointsStore> WithPointsAsync(string tenant, long points, params string[] members)
    {
        var store = await NewStore(tenant).OpenedAsync(PointsGiven.Program(tenant));
        await store.ApplyAsync([.. members.Select(m => LedgerOperation.Adjust($"opening {m}", m, PointsGiven.Date(0), points, "opening"))], PointsGiven.Date(0), Now);
        return store;
    }
}
