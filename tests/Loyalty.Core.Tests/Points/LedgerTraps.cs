using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Points.Ledger;

namespace Loyalty.Tests.Points;

/// <summary>What goes wrong in ledgers, on one thread: each case shows the outcome that every store must give.</summary>
public sealed class LedgerTraps
{
    private static readonly DateOnly Day = new(2025, 3, 1);
    private static readonly DateTime Now = new(2025, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private static PointsProgram Program(decimal perUnit = 1, NegativeRule negative = NegativeRule.Clamp, long? limit = null, ExpiryPolicy expiry = default,
        RefundExcess excess = RefundExcess.Ignore) =>
        new(Currency.Get("USD"), perUnit, 0.01m) { Negative = negative, NegativeLimit = limit, Expiry = expiry, RefundExcess = excess };

    private static PointsLedger WithPoints(long points, PointsProgram? program = null)
    {
        var ledger = new PointsLedger(program ?? Program());
        Assert.True(ledger.Apply(LedgerOperation.Adjust("opening", "ann", Day, points, "opening balance"), Day, Now).IsApplied);
        return ledger;
    }

    /// <summary>Everything the ledger says about its members, as text.</summary>
    private static string State(PointsLedger ledger) => string.Join('\n', ledger.Members.Order(StringComparer.Ordinal).Select(m =>
        $"{m}: {string.Join(", ", ledger.EntriesOf(m))}; {string.Join(", ", ledger.LotsOf(m))}; {ledger.AvailableTo(m)}"));

    [Fact]
    public void L01_Of_64_redemptions_of_80_on_a_balance_of_100_one_succeeds()
    {
        var ledger = WithPoints(100);
        var outcomes = Enumerable.Range(0, 64).Select(i => ledger.Apply(LedgerOperation.Redeem($"r{i}", "ann", Day, 80), Day, Now).Outcome).ToList();
        Assert.Equal(1, outcomes.Count(o => o == LedgerOutcome.Applied));
        Assert.Equal(63, outcomes.Count(o => o == LedgerOutcome.InsufficientPoints));
        Assert.Equal(20, ledger.BalanceOf("ann"));
        Assert.Equal(2, ledger.EntriesOf("ann").Count);
    }

    [Fact]
    public void L02_64_first_ever_earns_of_50_leave_3200_in_64_entries_without_a_gap()
    {
        var ledger = new PointsLedger(Program());
        for (var i = 0; i < 64; i++)
        {
            ledger.Apply(LedgerOperation.Earn($"o{i}", "ann", Day, 5_000), Day, Now);
        }

        Assert.Equal(3_200, ledger.BalanceOf("ann"));
        Assert.Equal(Enumerable.Range(1, 64), ledger.EntriesOf("ann").Select(e => e.Sequence));
    }

    [Fact]
    public void L03_The_same_key_and_content_64_times_is_one_entry_and_64_equal_results()
    {
        var ledger = WithPoints(100);
        var results = Enumerable.Range(0, 64).Select(_ => ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 80), Day, Now)).ToList();
        Assert.Single(results.Select(r => r with { IsRepeat = false }).Distinct());
        Assert.Equal(63, results.Count(r => r.IsRepeat));
        Assert.Equal(2, ledger.EntriesOf("ann").Count);
    }

    [Fact]
    public void L04_The_same_key_with_other_content_is_a_conflict_that_names_the_field()
    {
        var ledger = WithPoints(100);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 10), Day, Now);
        ledger.Apply(LedgerOperation.Adjust("a", "ann", Day, 5, "gift"), Day, Now);
        ledger.Apply(LedgerOperation.Earn("o", "ann", Day, 1_000), Day, Now);
        ledger.Apply(LedgerOperation.Reserve("h", "ann", Day, 5, Now.AddHours(1)), Day, Now);
        var before = State(ledger);
        foreach (var (operation, field) in new[]
        {
            (LedgerOperation.Redeem("r", "ann", Day, 11), LedgerField.Points),
            (LedgerOperation.Redeem("r", "bob", Day, 10), LedgerField.Member),
            (LedgerOperation.Redeem("r", "ann", Day.AddDays(1), 10), LedgerField.Date),
            (LedgerOperation.Adjust("a", "ann", Day, 5, "correction"), LedgerField.Reason),
            (LedgerOperation.Earn("o", "ann", Day, 1_001), LedgerField.Amount),
            (LedgerOperation.Reserve("h", "ann", Day, 5, Now.AddHours(2)), LedgerField.ExpiresAt),
        })
        {
            var result = ledger.Apply(operation, Day, Now);
            Assert.Equal((LedgerOutcome.Conflict, field), (result.Outcome, result.Field));
        }

        Assert.Equal(before, State(ledger));
    }

    [Fact]
    public void L05_A_key_refused_for_too_few_points_stays_refused_and_a_new_key_succeeds()
    {
        var ledger = WithPoints(10);
        Assert.Equal(LedgerOutcome.InsufficientPoints, ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 80), Day, Now).Outcome);
        ledger.Apply(LedgerOperation.Adjust("more", "ann", Day, 1_000, "gift"), Day, Now);
        var again = ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 80), Day, Now);
        Assert.Equal((LedgerOutcome.InsufficientPoints, true), (again.Outcome, again.IsRepeat));
        Assert.True(ledger.Apply(LedgerOperation.Redeem("r2", "ann", Day, 80), Day, Now).IsApplied);
    }

    [Fact]
    public void L07_A_redemption_is_given_back_once()
    {
        var ledger = WithPoints(100);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 80), Day, Now);
        Assert.True(ledger.Apply(LedgerOperation.GiveBack("b1", "r", Day), Day, Now).IsApplied);
        Assert.Equal(LedgerOutcome.AlreadyReversed, ledger.Apply(LedgerOperation.GiveBack("b2", "r", Day), Day, Now).Outcome);
        Assert.Equal(100, ledger.BalanceOf("ann"));
        Assert.Equal([100L, -80, 80], ledger.EntriesOf("ann").Select(e => e.Points));
    }

    [Fact]
    public void L08_A_refund_of_points_already_spent_takes_what_is_there_and_says_what_is_missing()
    {
        var ledger = new PointsLedger(Program());
        ledger.Apply(LedgerOperation.Earn("o", "ann", Day, 10_000), Day, Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 70), Day, Now);
        var clamped = ledger.Apply(LedgerOperation.Refund("x", "o", Day, 10_000), Day, Now);
        Assert.Equal((LedgerOutcome.Applied, -30L, 0L, 70L), (clamped.Outcome, clamped.Points, clamped.Balance, clamped.Shortfall));

        var negative = new PointsLedger(Program(negative: NegativeRule.AllowNegative, limit: 50));
        negative.Apply(LedgerOperation.Earn("o", "ann", Day, 10_000), Day, Now);
        negative.Apply(LedgerOperation.Redeem("r", "ann", Day, 70), Day, Now);
        var below = negative.Apply(LedgerOperation.Refund("x", "o", Day, 10_000), Day, Now);
        Assert.Equal((-80L, -50L, 20L), (below.Points, below.Balance, below.Shortfall));

        // What comes in pays the debt first: 60 points leave a lot of 10.
        negative.Apply(LedgerOperation.Earn("o2", "ann", Day, 6_000), Day, Now);
        Assert.Equal((10L, 10L), (negative.BalanceOf("ann"), Assert.Single(negative.LotsOf("ann")).Remaining));
    }

    [Fact]
    public void L09_After_a_million_operations_every_balance_is_the_one_before_plus_the_points()
    {
        var random = new Random(9);
        var ledger = new PointsLedger(Program(expiry: ExpiryPolicy.AfterDays(30)));
        var day = Day;
        for (var i = 0; i < 1_000_000; i++)
        {
            day = i % 1_000 == 0 ? day.AddDays(1) : day;
            var member = $"m{random.Next(100)}";
            ledger.Apply(
                random.Next(3) switch
                {
                    0 => LedgerOperation.Earn($"{i}", member, day, random.Next(10_000)),
                    1 => LedgerOperation.Redeem($"{i}", member, day, random.Next(1, 50)),
                    _ => LedgerOperation.GiveBack($"{i}", $"{random.Next(i)}", day),
                },
                day,
                Now);
        }

        foreach (var member in ledger.Members)
        {
            Assert.Null(LedgerVerifier.Verify(ledger.Find(member)!));
        }
    }

    [Fact]
    public void L11_A_balance_that_does_not_fit_is_an_overflow_and_changes_nothing()
    {
        var ledger = WithPoints(long.MaxValue);
        var before = State(ledger);
        Assert.Equal(LedgerOutcome.Overflow, ledger.Apply(LedgerOperation.Adjust("one", "ann", Day, 1, "one more"), Day, Now).Outcome);
        Assert.Equal(LedgerOutcome.Overflow, ledger.Apply(LedgerOperation.Earn("o", "ann", Day, 100), Day, Now).Outcome);
        Assert.Equal(LedgerOutcome.Overflow, new PointsLedger(Program(1_000_000)).Apply(LedgerOperation.Earn("o", "ann", Day, long.MaxValue), Day, Now).Outcome);
        Assert.Equal(before, State(ledger));
    }

    [Fact]
    public void L12_Points_of_zero_or_below_are_refused_before_anything_is_looked_up()
    {
        var ledger = WithPoints(100);
        var before = State(ledger);
        foreach (var operation in new[]
        {
            LedgerOperation.Redeem("r", "ann", Day, 0), LedgerOperation.Redeem("r", "ann", Day, -1), LedgerOperation.Adjust("a", "ann", Day, 0, ""),
            LedgerOperation.Adjust("a", "ann", Day, long.MinValue, ""), LedgerOperation.Earn("o", "ann", Day, -1), LedgerOperation.Refund("x", "o", Day, 0),
            LedgerOperation.Transfer("t", "ann", "ann", Day, 1), LedgerOperation.Reserve("h", "ann", Day, 1, new DateTime(2026, 1, 1)),
        })
        {
            Assert.Equal(LedgerOutcome.Invalid, ledger.Apply(operation, Day, Now).Outcome);
        }

        Assert.Equal(before, State(ledger));

        // An invalid operation takes no key.
        Assert.True(ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 1), Day, Now).IsApplied);
    }

    [Theory]
    [InlineData(PointsRounding.Down, 0, 1)]
    [InlineData(PointsRounding.Nearest, 0, 1)]
    [InlineData(PointsRounding.Up, 10, 2)]
    public void L13_Ten_orders_of_an_eighth_of_a_point_are_rounded_each_for_itself(PointsRounding rounding, long ten, long once)
    {
        var program = new PointsProgram(Currency.Get("USD"), 0.125m, 0.01m) { Rounding = rounding };
        var ledger = new PointsLedger(program);
        for (var i = 0; i < 10; i++)
        {
            ledger.Apply(LedgerOperation.Earn($"o{i}", "ann", Day, 100), Day, Now);
        }

        ledger.Apply(LedgerOperation.Earn("all", "bob", Day, 1_000), Day, Now);
        Assert.Equal((ten, once), (ledger.BalanceOf("ann"), ledger.BalanceOf("bob")));
        Assert.Equal(ledger.Issued, ledger.Members.Sum(m => ledger.EntriesOf(m).Sum(e => e.Points)));
    }

    [Fact]
    public void L14_Partial_refunds_above_the_order_are_refused_or_count_up_to_the_order()
    {
        var strict = new PointsLedger(Program(excess: RefundExcess.Refuse));
        strict.Apply(LedgerOperation.Earn("o", "ann", Day, 10_000), Day, Now);
        Assert.True(strict.Apply(LedgerOperation.Refund("x1", "o", Day, 6_000), Day, Now).IsApplied);
        Assert.Equal(LedgerOutcome.RefundExceedsOrder, strict.Apply(LedgerOperation.Refund("x2", "o", Day, 6_000), Day, Now).Outcome);
        Assert.Equal(40, strict.BalanceOf("ann"));

        var lenient = new PointsLedger(Program());
        lenient.Apply(LedgerOperation.Earn("o", "ann", Day, 10_000), Day, Now);
        lenient.Apply(LedgerOperation.Refund("x1", "o", Day, 6_000), Day, Now);
        lenient.Apply(LedgerOperation.Refund("x2", "o", Day, 6_000), Day, Now);
        Assert.Equal([100L, -60, -40], lenient.EntriesOf("ann").Select(e => e.Points));
    }

    [Fact]
    public void L15_A_hold_committed_at_its_very_end_is_over_and_a_tick_before_it_is_not()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var ledger = WithPoints(100);
            var end = Now.AddMinutes(i + 1);
            ledger.Apply(LedgerOperation.Reserve("h", "ann", Day, 60, end), Day, Now);
            Assert.Equal((100L, 40L), (ledger.BalanceOf("ann"), ledger.AvailableTo("ann")));
            var commit = ledger.Apply(LedgerOperation.Commit("c", "h", Day, 60), Day, i % 2 == 0 ? end : end.AddTicks(-1));
            var over = ledger.TimeOutHolds(end);
            Assert.Equal(i % 2 == 0 ? (LedgerOutcome.HoldExpired, 1, 100L) : (LedgerOutcome.Applied, 0, 40L), (commit.Outcome, over, ledger.AvailableTo("ann")));
            Assert.Equal(ledger.AvailableTo("ann"), ledger.BalanceOf("ann"));
        }
    }

    [Fact]
    public void L16_When_the_clock_goes_back_order_and_balances_follow_the_sequence()
    {
        var ledger = new PointsLedger(Program());
        ledger.Apply(LedgerOperation.Earn("o1", "ann", Day, 1_000), Day, Now);
        ledger.Apply(LedgerOperation.Earn("o2", "ann", Day, 500), Day.AddDays(-1), Now.AddHours(-1));
        var entries = ledger.EntriesOf("ann");
        Assert.Equal([10L, 15], entries.Select(e => e.Balance));
        Assert.Equal([Day, Day], entries.Select(e => e.BookedOn));
        Assert.Equal(Now.AddHours(-1), entries[1].RecordedAt);
    }

    [Fact]
    public void L17_Transfers_to_and_fro_keep_the_total()
    {
        var ledger = WithPoints(100);
        ledger.Apply(LedgerOperation.Adjust("bob", "bob", Day, 100, "opening"), Day, Now);
        for (var i = 0; i < 1_000; i++)
        {
            ledger.Apply(LedgerOperation.Transfer($"a{i}", "ann", "bob", Day, (i % 7) + 1), Day, Now);
            ledger.Apply(LedgerOperation.Transfer($"b{i}", "bob", "ann", Day, (i % 5) + 1), Day, Now);
            Assert.Equal(200, ledger.BalanceOf("ann") + ledger.BalanceOf("bob"));
        }
    }

    [Fact]
    public void L19_A_changed_missing_or_moved_entry_is_named_by_the_chain()
    {
        var ledger = new PointsLedger(Program());
        for (var i = 0; i < 20; i++)
        {
            ledger.Apply(LedgerOperation.Earn($"o{i}", "ann", Day, 100 * (i + 1)), Day, Now);
        }

        var entries = ledger.EntriesOf("ann").ToArray();
        var hashes = Hashes(entries);
        var head = hashes[^LedgerChain.HashLength..];
        Assert.Null(LedgerChain.Verify("acme", "ann", entries, hashes, head, 20));

        var changed = entries.ToArray();
        changed[7] = Copy(entries[7], effective: entries[7].EffectiveDay + 1);
        Assert.Equal(8, LedgerChain.Verify("acme", "ann", changed, hashes)!.Sequence);
        changed = entries.ToArray();
        changed[7] = Copy(entries[7], points: entries[7].Points + 1);
        Assert.Equal(8, LedgerChain.Verify("acme", "ann", changed, hashes)!.Sequence);

        var (without, fewer) = (entries.Where((_, i) => i != 4).ToArray(), hashes.Where((_, i) => i / LedgerChain.HashLength != 4).ToArray());
        Assert.Equal(5, LedgerChain.Verify("acme", "ann", without, fewer)!.Sequence);

        var moved = entries.ToArray();
        (moved[2], moved[3]) = (moved[3], moved[2]);
        Assert.Equal(3, LedgerChain.Verify("acme", "ann", moved, hashes)!.Sequence);

        // The last entries can only be missed by who kept the head or the count.
        Assert.Null(LedgerChain.Verify("acme", "ann", entries.AsSpan(0, 18), hashes.AsSpan(0, 18 * 32)));
        Assert.Equal(19, LedgerChain.Verify("acme", "ann", entries.AsSpan(0, 18), hashes.AsSpan(0, 18 * 32), count: 20)!.Sequence);
        Assert.NotNull(LedgerChain.Verify("acme", "ann", entries.AsSpan(0, 18), hashes.AsSpan(0, 18 * 32), head));
        Assert.NotNull(LedgerChain.Verify("other", "ann", entries, hashes));

        static byte[] Hashes(LedgerEntry[] entries)
        {
            var hashes = new byte[entries.Length * LedgerChain.HashLength];
            Span<byte> hash = stackalloc byte[LedgerChain.HashLength];
            LedgerChain.Start("acme", "ann", hash);
            for (var i = 0; i < entries.Length; i++)
            {
                LedgerChain.Next(hash, entries[i], hash);
                hash.CopyTo(hashes.AsSpan(i * LedgerChain.HashLength));
            }

            return hashes;
        }

        static LedgerEntry Copy(LedgerEntry e, long? points = null, int? effective = null) =>
            new(e.Sequence, e.Kind, e.Key, points ?? e.Points, e.Balance, effective ?? e.EffectiveDay, e.BookedDay, e.RecordedTicks);
    }

    [Fact]
    public void L20_Every_refused_operation_leaves_the_ledger_as_it_was()
    {
        var ledger = WithPoints(100, Program(expiry: ExpiryPolicy.AfterDays(10), excess: RefundExcess.Refuse));
        ledger.Apply(LedgerOperation.Earn("o", "ann", Day, 1_000), Day, Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", Day, 10), Day, Now);
        ledger.Apply(LedgerOperation.GiveBack("b", "r", Day), Day, Now);
        ledger.Apply(LedgerOperation.Reserve("h", "ann", Day, 5, Now.AddHours(1)), Day, Now);
        ledger.Apply(LedgerOperation.Release("rel", "h", Day), Day, Now);
        ledger.Apply(LedgerOperation.Reserve("h2", "ann", Day, 5, Now.AddHours(1)), Day, Now);
        var before = State(ledger);
        var later = Day.AddDays(30);
        foreach (var (operation, outcome) in new[]
        {
            (LedgerOperation.Redeem("n1", "ann", later, 10_000), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Redeem("n2", "nobody", later, 1), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Adjust("n3", "ann", later, -10_000, "no"), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.GiveBack("n4", "r", later), LedgerOutcome.AlreadyReversed),
            (LedgerOperation.GiveBack("n5", "none", later), LedgerOutcome.UnknownTarget),
            (LedgerOperation.Refund("n6", "o", later, 1_001), LedgerOutcome.RefundExceedsOrder),
            (LedgerOperation.Refund("n7", "none", later, 1), LedgerOutcome.UnknownTarget),
            (LedgerOperation.Reserve("n8", "ann", later, 1, Now), LedgerOutcome.HoldExpired),
            (LedgerOperation.Commit("n9", "h", later, 1), LedgerOutcome.HoldClosed),
            (LedgerOperation.Release("n10", "none", later), LedgerOutcome.UnknownTarget),
            (LedgerOperation.Commit("n11", "h2", later, 6), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Transfer("n12", "ann", "bob", later, 10_000), LedgerOutcome.InsufficientPoints),
        })
        {
            // Booked on a day on which lots have run out: not even their expiry is recorded by a refusal.
            Assert.Equal(outcome, ledger.Apply(operation, later, Now).Outcome);
            Assert.Equal(before, State(ledger));
        }
    }

    [Fact]
    public void L21_Two_tenants_use_the_same_key()
    {
        var (one, other) = (WithPoints(100), WithPoints(100));
        Assert.True(one.Apply(LedgerOperation.Redeem("r", "ann", Day, 80), Day, Now).IsApplied);
        Assert.True(other.Apply(LedgerOperation.Redeem("r", "ann", Day, 50), Day, Now).IsApplied);
        Assert.Equal((20L, 50L), (one.BalanceOf("ann"), other.BalanceOf("ann")));
    }

    [Fact]
    public void P07_A_point_is_spent_or_expired_never_both_whichever_comes_first()
    {
        foreach (var spendFirst in new[] { true, false })
        {
            var ledger = WithPoints(100, Program(expiry: ExpiryPolicy.AfterDays(10)));
            var expiry = Day.AddDays(10);
            var outcome = LedgerOutcome.Applied;
            if (spendFirst)
            {
                outcome = ledger.Apply(LedgerOperation.Redeem("r", "ann", expiry.AddDays(-1), 100), expiry.AddDays(-1), Now).Outcome;
            }

            ledger.ExpireThrough(expiry, Now);
            if (!spendFirst)
            {
                outcome = ledger.Apply(LedgerOperation.Redeem("r", "ann", expiry, 100), expiry, Now).Outcome;
            }

            Assert.Equal(spendFirst ? LedgerOutcome.Applied : LedgerOutcome.InsufficientPoints, outcome);
            Assert.Equal(0, ledger.BalanceOf("ann"));
            Assert.Equal(2, ledger.EntriesOf("ann").Count);
        }
    }
}
