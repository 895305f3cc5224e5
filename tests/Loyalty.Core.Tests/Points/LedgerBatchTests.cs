using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Points.Ledger;

namespace Loyalty.Tests.Points;

/// <summary>Where a ledger keeps what it records, and how many operations it is given at once, is not to be seen.</summary>
public sealed class LedgerBatchTests
{
    private static readonly DateOnly Day = new(2025, 3, 1);
    private static readonly DateTime Now = new(2025, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Operations_in_one_call_leave_what_they_leave_one_by_one(int seed)
    {
        var random = new Random(seed);
        var program = new PointsProgram(Currency.Get("USD"), 1, 0.01m, 10) { Expiry = seed == 1 ? ExpiryPolicy.AfterDays(20) : ExpiryPolicy.InactiveDays(3) };
        var (together, oneByOne, apart) = (new PointsLedger(program), new PointsLedger(program), new PointsLedger(program) { Arena = null });
        var done = 0;
        for (var day = 0; day < 60; day++)
        {
            var operations = Enumerable.Range(0, random.Next(1_000)).Select(_ => Any(random, ref done, Day.AddDays(day))).ToArray();
            var results = new LedgerResult[operations.Length];
            for (var first = 0; first < operations.Length;)
            {
                var length = Math.Min(random.Next(80), operations.Length - first);
                together.Apply(operations.AsSpan(first, length), results.AsSpan(first), Day.AddDays(day), Now.AddDays(day));
                first += length;
            }

            Assert.Equal(operations.Select(o => oneByOne.Apply(o, Day.AddDays(day), Now.AddDays(day))), results);
            Assert.Equal(operations.Select(o => apart.Apply(o, Day.AddDays(day), Now.AddDays(day))), results);
        }

        Assert.Contains(together.Members, m => together.EntriesOf(m).Count > 500);
        Assert.Equal(oneByOne.Members, together.Members);
        foreach (var member in together.Members)
        {
            Assert.Equal(oneByOne.EntriesOf(member), together.EntriesOf(member));
            Assert.Equal(apart.EntriesOf(member), together.EntriesOf(member));
            Assert.Equal(oneByOne.LotsOf(member), together.LotsOf(member));
            Assert.Equal(apart.LotsOf(member), together.LotsOf(member));
            Assert.Null(LedgerVerifier.Verify(together.Find(member)!));
        }
    }

    [Fact]
    public void A_member_put_back_from_what_was_stored_knows_when_its_lots_ran_out()
    {
        var ledger = new PointsLedger(new PointsProgram(Currency.Get("USD"), 1, 0.01m) { Expiry = ExpiryPolicy.InactiveDays(3) });
        ledger.Apply(LedgerOperation.Earn("o1", "ann", Day, 10_000), Day, Now);
        ledger.ExpireThrough(Day.AddDays(3), Now);
        ledger.Apply(LedgerOperation.Earn("o2", "ann", Day.AddDays(9), 10_000), Day.AddDays(9), Now);
        var stored = ledger.Find("ann")!;
        var entries = stored.Entries.ToArray().Select(static e => new LedgerEntry(
            e.Sequence, e.Kind, new EntryKey(e.Source, new string(e.Id.AsSpan()), e.Number), e.Points, e.Balance, e.EffectiveDay, e.BookedDay, e.RecordedTicks)).ToArray();
        var restored = new MemberLedger("ann", arena: null);
        restored.Restore(entries, [stored.Lots[0], stored.Lots[1]], stored.Movements, stored.Settlements, stored.LastActivityDay, stored.Held);

        Assert.Equal((Day.AddDays(3).DayNumber, Day.AddDays(12).DayNumber), (stored.ExpiryOf(0), stored.ExpiryOf(1)));
        Assert.Equal((Day.AddDays(3).DayNumber, Day.AddDays(12).DayNumber), (restored.ExpiryOf(0), restored.ExpiryOf(1)));
    }

    [Fact]
    public void A_member_with_more_entries_than_a_chunk_grows_on_beside_others()
    {
        var ledger = new PointsLedger(new PointsProgram(Currency.Get("USD"), 1, 0.01m));
        var operations = Enumerable.Range(0, 80_000)
            .Select(i => LedgerOperation.Earn($"o{i}", i % 2 == 0 ? "hot" : $"m{i % 999}", Day, 100 * (1 + (i % 7)))).ToArray();
        ledger.Apply(operations, new LedgerResult[operations.Length], Day, Now);

        foreach (var orders in operations.GroupBy(o => o.Member!))
        {
            Assert.Equal(orders.Select((o, n) => (n + 1, o.Id, o.Amount / 100)), ledger.EntriesOf(orders.Key).Select(e => (e.Sequence, e.Key.Id, e.Points)));
            Assert.Equal(orders.Sum(o => o.Amount / 100), ledger.BalanceOf(orders.Key));
            Assert.Null(LedgerVerifier.Verify(ledger.Find(orders.Key)!));
        }
    }

    [Fact]
    public void An_operation_that_is_none_stops_the_call_after_those_before_it()
    {
        var ledger = new PointsLedger(new PointsProgram(Currency.Get("USD"), 1, 0.01m));
        var operations = new[] { LedgerOperation.Earn("a", "ann", Day, 500), default, LedgerOperation.Earn("b", "ann", Day, 500) };
        Assert.Throws<ArgumentException>(() => ledger.Apply(operations, new LedgerResult[3], Day, Now));
        Assert.Equal(5, ledger.BalanceOf("ann"));
    }

    /// <summary>Ids repeat now and then, within a call and later, with the same content and with another.</summary>
    private static LedgerOperation Any(Random random, ref int done, DateOnly day)
    {
        var id = $"{(random.Next(10) == 0 ? Math.Max(0, done - random.Next(50)) : ++done)}";
        var target = $"{Math.Max(0, done - random.Next(200))}";
        var member = random.Next(3) == 0 ? "hot" : $"m{random.Next(200)}";
        return random.Next(16) switch
        {
            < 8 => LedgerOperation.Earn(id, member, day.AddDays(-random.Next(3)), random.Next(40_000)),
            < 11 => LedgerOperation.Redeem(id, member, day, random.Next(1, 300)),
            11 => LedgerOperation.GiveBack(id, target, day),
            12 => LedgerOperation.Refund(id, target, day, random.Next(1, 30_000)),
            13 => LedgerOperation.Reserve(id, member, day, random.Next(1, 200), Now.AddDays(200)),
            14 => LedgerOperation.Release(id, target, day),
            _ => LedgerOperation.Transfer(id, member, $"m{random.Next(200)}", day, random.Next(1, 100)),
        };
    }
}
