using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Points.Ledger;

namespace Loyalty.Tests.Points;

/// <summary>The worked numbers of <c>docs/points.md</c>.</summary>
public sealed class LedgerRulesTests
{
    private static readonly DateTime Now = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static DateOnly D(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static PointsLedger Ledger(ExpiryPolicy expiry, decimal bonus = 0, EarningCaps? caps = null) =>
        new(new PointsProgram(Currency.Get("USD"), 1, 0.01m, bonus) { Expiry = expiry, Caps = caps ?? EarningCaps.None });

    private static string Entries(PointsLedger ledger, string member = "ann") =>
        string.Join(" | ", ledger.EntriesOf(member).Select(static e => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{e.Kind} {e.Points} {e.EffectiveOn:O}")));

    [Theory]
    [InlineData(10.5, 5, 8, 0)]
    [InlineData(10.5, 5, 8, 1)]
    [InlineData(10.5, 5, 8, 2)]
    public void The_bonus_is_computed_from_the_exact_product(double amount, double perUnit, double bonus, int rounding)
    {
        // 10.50 × 5 = 52.5; 8 % of 52.5 is 4.2, whatever the points were rounded to.
        var program = new PointsProgram(Currency.Get("USD"), (decimal)perUnit, 0.01m, (decimal)bonus) { Rounding = (PointsRounding)rounding };
        Assert.Equal(rounding switch { 0 => (52L, 4L), 1 => (53L, 4L), _ => (53L, 5L) }, program.Earn((long)(amount * 100)));
    }

    [Fact]
    public void Fast_and_exact_arithmetic_agree_near_their_border()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var perUnit = random.Next(1, 1_000_000) / (decimal)Math.Pow(10, random.Next(0, 6));
            var bonus = random.Next(0, 100_000) / 1000m;
            var program = new PointsProgram(Currency.Get("USD"), perUnit, 1, bonus) { Rounding = (PointsRounding)random.Next(3) };
            var amount = random.Next(4) == 0 ? int.MaxValue + (long)random.Next(-2, 3) : random.NextInt64(0, 1L << random.Next(1, 40));
            var exact = amount / 100m * perUnit;
            Assert.Equal((Round(exact), Round(exact * bonus / 100)), program.Earn(amount));

            long Round(decimal p) => (long)(program.Rounding switch
            {
                PointsRounding.Up => Math.Ceiling(p),
                PointsRounding.Nearest => Math.Floor(p + 0.5m),
                _ => Math.Floor(p),
            });
        }
    }

    [Theory]
    [InlineData(1, "0.015", 2)]
    [InlineData(-1, "0.015", -2)]
    [InlineData(-1, "0.004", 0)]
    [InlineData(333, "0.0149", 496)]
    [InlineData(0, "0.01", 0)]
    public void A_value_is_rounded_once_a_half_away_from_zero(long points, string value, long minor) => Assert.Equal(
        minor, new PointsProgram(Currency.Get("USD"), 1, decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture)).ValueOf(points));

    [Fact]
    public void Liability_is_the_sum_of_positive_balances_rounded_once()
    {
        var ledger = new PointsLedger(new PointsProgram(Currency.Get("USD"), 1, 0.015m) { Negative = NegativeRule.AllowNegative });
        foreach (var (member, points) in new[] { ("a", 1), ("b", 1), ("c", 1), ("d", -5) })
        {
            ledger.Apply(LedgerOperation.Adjust(member, member, D("2025-01-01"), points, "x"), D("2025-01-01"), Now);
        }

        // 3 points × 0.015 = 0.045, which is 5 cents; each rounded for itself would be 6.
        Assert.Equal(5, ledger.Liability());
    }

    [Theory]
    [InlineData("fixed-months", "2025-01-31", "2025-02-28")]
    [InlineData("fixed-days", "2025-01-31", "2025-03-02")]
    [InlineData("month", "2025-01-31", "2025-02-01")]
    [InlineData("quarter", "2025-02-10", "2025-04-01")]
    [InlineData("year", "2025-02-10", "2026-01-01")]
    [InlineData("year", "9999-02-10", null)]
    public void An_expiry_is_the_first_day_on_which_the_points_are_gone(string policy, string from, string? expected)
    {
        var expiry = policy switch
        {
            "fixed-months" => ExpiryPolicy.AfterMonths(1),
            "fixed-days" => ExpiryPolicy.AfterDays(30),
            "month" => ExpiryPolicy.AtEndOf(CalendarPeriod.Month),
            "quarter" => ExpiryPolicy.AtEndOf(CalendarPeriod.Quarter),
            _ => ExpiryPolicy.AtEndOf(CalendarPeriod.Year),
        };
        Assert.Equal(expected is null ? null : D(expected), expiry.ExpiryFrom(D(from)));
    }

    [Fact]
    public void Consumption_takes_the_soonest_expiry_first_and_a_claim_given_back_returns_to_the_same_lots()
    {
        var ledger = Ledger(ExpiryPolicy.AfterDays(30));
        ledger.Apply(LedgerOperation.Earn("o1", "ann", D("2025-01-01"), 10_000), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Earn("o2", "ann", D("2025-01-20"), 10_000), D("2025-01-20"), Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", D("2025-01-25"), 150), D("2025-01-25"), Now);
        Assert.Equal([50L], ledger.LotsOf("ann").Select(l => l.Remaining));

        // The first lot ran out on Jan 31; its 100 points come back on Feb 2 and are gone the same day. The other 50 live on.
        ledger.Apply(LedgerOperation.GiveBack("b", "r", D("2025-02-02")), D("2025-02-02"), Now);
        Assert.Equal(
            "Earned 100 2025-01-01 | Earned 100 2025-01-20 | Redeemed -150 2025-01-25 | Reversed 150 2025-02-02 | Expired -100 2025-02-02",
            Entries(ledger));
        Assert.Equal([100L], ledger.LotsOf("ann").Select(l => l.Remaining));
    }

    [Fact]
    public void Under_inactivity_every_activity_moves_the_expiry_of_all_lots()
    {
        var ledger = Ledger(ExpiryPolicy.InactiveMonths(1));
        ledger.Apply(LedgerOperation.Earn("o1", "ann", D("2025-01-31"), 10_000), D("2025-01-31"), Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", D("2025-02-27"), 10), D("2025-02-27"), Now);
        Assert.Equal(D("2025-03-27"), Assert.Single(ledger.LotsOf("ann")).ExpiresOn);
        Assert.Equal(0, ledger.ExpireThrough(D("2025-03-26"), Now));
        Assert.Equal(1, ledger.ExpireThrough(D("2025-03-27"), Now));
        Assert.Equal("Earned 100 2025-01-31 | Redeemed -10 2025-02-27 | Expired -90 2025-03-27", Entries(ledger));
    }

    [Fact]
    public void Under_inactivity_a_lot_that_ran_out_does_not_come_back_with_a_later_activity()
    {
        var ledger = Ledger(ExpiryPolicy.InactiveMonths(1));
        ledger.Apply(LedgerOperation.Earn("o1", "ann", D("2025-01-01"), 10_000), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", D("2025-01-01"), 40), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Earn("o2", "ann", D("2025-02-10"), 500), D("2025-02-10"), Now);

        // 60 ran out on Feb 1; the order of Feb 10 came too late for the 40 of the same lot, too.
        ledger.Apply(LedgerOperation.GiveBack("b", "r", D("2025-02-10")), D("2025-02-10"), Now);
        Assert.Equal(
            "Earned 100 2025-01-01 | Redeemed -40 2025-01-01 | Expired -60 2025-02-01 | Earned 5 2025-02-10 | Reversed 40 2025-02-10 | Expired -40 2025-02-10",
            Entries(ledger));
        Assert.Equal((5, D("2025-03-10")), Assert.Single(ledger.LotsOf("ann")) is var left ? (left.Remaining, left.ExpiresOn) : default);
    }

    [Fact]
    public void A_refund_takes_back_in_proportion_and_cumulatively_from_the_entries_own_lots_first()
    {
        var ledger = Ledger(ExpiryPolicy.None, bonus: 10);
        ledger.Apply(LedgerOperation.Earn("o", "ann", D("2025-01-01"), 9_999), D("2025-01-01"), Now);

        // 99 and 9 points. After 33.33: floor(99 × 3333 ÷ 9999) = 33, floor(9 × 3333 ÷ 9999) = 3. After 66.66: 66 and 6 in total.
        foreach (var (refund, amount) in new[] { ("x1", 3_333), ("x2", 3_333), ("x3", 3_333) })
        {
            ledger.Apply(LedgerOperation.Refund(refund, "o", D("2025-01-02"), amount), D("2025-01-02"), Now);
        }

        Assert.Equal([99L, 9, -33, -3, -33, -3, -33, -3], ledger.EntriesOf("ann").Select(e => e.Points));
    }

    [Fact]
    public void What_ran_out_is_not_taken_back_again()
    {
        var ledger = Ledger(ExpiryPolicy.AfterDays(10));
        ledger.Apply(LedgerOperation.Earn("o", "ann", D("2025-01-01"), 10_000), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", D("2025-01-02"), 40), D("2025-01-02"), Now);
        ledger.Apply(LedgerOperation.Earn("o2", "ann", D("2025-01-20"), 10_000), D("2025-01-20"), Now);
        ledger.Apply(LedgerOperation.Refund("x", "o", D("2025-01-21"), 10_000), D("2025-01-21"), Now);

        // 60 of the 100 ran out on Jan 11; only the 40 that were spent are taken back, from the other lot.
        Assert.Equal([100L, -40, -60, 100, -40], ledger.EntriesOf("ann").Select(e => e.Points));
    }

    [Fact]
    public void Caps_bound_an_order_a_period_and_the_program()
    {
        var ledger = Ledger(ExpiryPolicy.None, bonus: 10, new() { PerOrder = 105, PerPeriod = 150, Budget = 200 });
        var results = new[] { ("o1", "2025-01-01"), ("o2", "2025-01-31"), ("o3", "2025-02-01"), ("o4", "2025-02-02") }
            .Select(o => ledger.Apply(LedgerOperation.Earn(o.Item1, "ann", D(o.Item2), 10_000), D(o.Item2), Now)).ToList();

        // 110 are due each time: 100 + 5 by the order, 45 by the month, 50 by the budget, then nothing.
        Assert.Equal([105L, 45, 50, 0], results.Select(r => r.Points));
        Assert.Equal([5L, 65, 60, 110], results.Select(r => r.Shortfall));
        Assert.Equal([100L, 5, 45, 50], ledger.EntriesOf("ann").Select(e => e.Points));
    }

    [Fact]
    public void A_hold_keeps_points_and_becomes_a_redemption_or_sets_them_free()
    {
        var ledger = Ledger(ExpiryPolicy.None);
        ledger.Apply(LedgerOperation.Earn("o", "ann", D("2025-01-01"), 10_000), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Reserve("h1", "ann", D("2025-01-01"), 60, Now.AddHours(1)), D("2025-01-01"), Now);
        Assert.Equal(LedgerOutcome.InsufficientPoints, ledger.Apply(LedgerOperation.Redeem("r", "ann", D("2025-01-01"), 41), D("2025-01-01"), Now).Outcome);
        ledger.Apply(LedgerOperation.Commit("c", "h1", D("2025-01-01"), 50), D("2025-01-01"), Now);
        Assert.Equal((50L, 50L), (ledger.BalanceOf("ann"), ledger.AvailableTo("ann")));
        ledger.Apply(LedgerOperation.Reserve("h2", "ann", D("2025-01-01"), 20, Now.AddHours(1)), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Release("l", "h2", D("2025-01-01")), D("2025-01-01"), Now);
        Assert.Equal("Earned 100 2025-01-01 | Redeemed -50 2025-01-01", Entries(ledger));
        Assert.Equal("hold:h1:redeemed", ledger.EntriesOf("ann")[1].Key.ToString());
    }

    [Fact]
    public void Balance_and_lots_are_known_for_any_past_day()
    {
        var ledger = Ledger(ExpiryPolicy.AfterDays(30));
        ledger.Apply(LedgerOperation.Earn("o1", "ann", D("2025-01-01"), 10_000), D("2025-01-01"), Now);
        ledger.Apply(LedgerOperation.Redeem("r", "ann", D("2025-01-10"), 30), D("2025-01-10"), Now);

        // An order of Jan 5 that comes on Jan 15: the books of Jan 12 did not have it, but it counts from Jan 5.
        ledger.Apply(LedgerOperation.Earn("o2", "ann", D("2025-01-05"), 5_000), D("2025-01-15"), Now);
        ledger.ExpireThrough(D("2025-02-28"), Now);
        Assert.Equal((70L, 120L), (ledger.BalanceAsOf("ann", D("2025-01-12")), ledger.BalanceOn("ann", D("2025-01-12"))));
        Assert.Equal([70L], ledger.LotsAsOf("ann", D("2025-01-12")).Select(l => l.Remaining));
        Assert.Equal([70L, 50], ledger.LotsAsOf("ann", D("2025-01-15")).Select(l => l.Remaining));
        Assert.Equal(0, ledger.BalanceOf("ann"));
        Assert.Equal("Earned 100 2025-01-01 | Redeemed -30 2025-01-10 | Earned 50 2025-01-05 | Expired -70 2025-01-31 | Expired -50 2025-02-04", Entries(ledger));
    }

    [Fact]
    public void Keys_and_causes_are_as_documented()
    {
        var ledger = Ledger(ExpiryPolicy.AfterDays(1), bonus: 10);
        var day = D("2025-01-01");
        ledger.Apply(LedgerOperation.Earn("7", "ann", day, 10_000), day, Now);
        ledger.Apply(LedgerOperation.Redeem("8", "ann", day, 1), day, Now);
        ledger.Apply(LedgerOperation.GiveBack("8", "8", day), day, Now);
        ledger.Apply(LedgerOperation.Refund("9", "7", day, 5_000), day, Now);
        ledger.Apply(LedgerOperation.Adjust("10", "ann", day, 1, "x"), day, Now);
        ledger.ExpireThrough(day.AddDays(1), Now);
        Assert.Equal(
            [
                "order:7:earned order:7", "order:7:bonus order:7", "redemption:8:redeemed redemption:8", "redemption:8:reversed redemption:8",
                "refund:9:earned refund:9", "refund:9:bonus refund:9", "adjustment:10 adjustment:10",
                "expired:order:7:earned:1 order:7", "expired:order:7:bonus:1 order:7", "expired:adjustment:10:1 adjustment:10",
            ],
            ledger.EntriesOf("ann").Select(e => $"{e.Key} {e.Cause}"));
    }
}
