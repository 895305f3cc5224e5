using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Tests.Orders;

public sealed class OrderBookTests
{
    private static readonly DateOnly AsOf = new(2025, 6, 30);

    [Fact]
    public void Orders_of_a_customer_add_up_and_a_repeated_key_replaces()
    {
        var book = new OrderBook(AsOf);
        Assert.Equal(OrderOutcome.Added, book.Put(Sample("1", "a@x.com", "2025-01-05", 100)));
        Assert.Equal(OrderOutcome.Added, book.Put(Sample("2", "a@x.com", "2025-03-01", 50.5m)));
        Assert.Equal(OrderOutcome.Unchanged, book.Put(Sample("2", "a@x.com", "2025-03-01", 50.5m)));
        Assert.Equal(["a@x.com"], book.TakeTouched());
        Assert.Empty(book.TakeTouched());
        Assert.Equal(new EngagementTotals(2, 0, 150.5m, 0, 0, 150.5m, new DateOnly(2025, 1, 5), new DateOnly(2025, 3, 1)), book.Find("a@x.com"));

        Assert.Equal(OrderOutcome.Replaced, book.Put(Sample("2", "a@x.com", "2025-03-01", -3) with { Standing = OrderStanding.Refunded }));
        Assert.Equal(new EngagementTotals(1, 1, 97, 0, 0, 97, new DateOnly(2025, 1, 5), new DateOnly(2025, 1, 5)), book.Find("a@x.com"));
    }

    [Fact]
    public void S14_An_order_that_moves_to_another_customer_corrects_both()
    {
        var book = new OrderBook(AsOf);
        book.Put(Sample("1", "a@x.com", "2025-01-05", 100));
        book.Put(Sample("1", "b@x.com", "2025-01-05", 100));
        Assert.Null(book.Find("a@x.com"));
        Assert.Equal(100, book.Find("b@x.com")!.Net);
        Assert.Equal(["a@x.com", "b@x.com"], book.TakeTouched());
    }

    [Fact]
    public void A_customer_with_dead_orders_only_is_listed_with_none()
    {
        var book = new OrderBook(AsOf);
        book.Put(Sample("1", "a@x.com", "2025-01-05", -2) with { Standing = OrderStanding.Refunded });
        book.Put(Sample("C1", "b@x.com", "2025-01-05", -10) with { Standing = OrderStanding.Credit });
        var population = book.ToPopulation();
        Assert.Equal(2, population.Count);
        Assert.Equal((0, (DateOnly?)null, -2m), (population.InputAt(0).Orders, population.InputAt(0).LastOrderOn, population.InputAt(0).Net));
        Assert.Equal((0, -10m), (population.InputAt(1).Orders, population.InputAt(1).Net));
    }

    [Fact]
    public void Orders_after_the_date_are_left_out_until_it_comes()
    {
        var book = new OrderBook(AsOf);
        book.Put(Sample("1", "a@x.com", "2025-06-30", 1));
        book.Put(Sample("2", "a@x.com", "2025-07-01", 2));
        book.Put(Sample("3", null, "2025-07-02", 4));
        book.Put(Sample("4", "b@x.com", "2025-07-03", 8));
        book.Put(Sample("4", "b@x.com", "2025-07-09", 8));
        Assert.Equal((4, 1, 0, 3), (book.Count, book.LinkedCount, book.UnlinkedCount, book.LaterCount));
        Assert.Equal(1, book.Find("a@x.com")!.Net);
        book.AdvanceTo(new DateOnly(2025, 7, 2));
        Assert.Equal((4, 2, 1, 1), (book.Count, book.LinkedCount, book.UnlinkedCount, book.LaterCount));
        Assert.Equal(3, book.Find("a@x.com")!.Net);
        book.AdvanceTo(new DateOnly(2025, 7, 8));
        Assert.Null(book.Find("b@x.com"));
        book.AdvanceTo(new DateOnly(2025, 7, 9));
        Assert.Equal(8, book.Find("b@x.com")!.Net);
        Assert.Throws<ArgumentOutOfRangeException>(() => book.AdvanceTo(AsOf));
    }

    [Fact]
    public void A_customer_may_own_several_emails()
    {
        var book = new OrderBook(AsOf);
        book.Put(Sample("1", "ann@home.com", "2025-01-05", 10));
        book.Put(Sample("2", "ann@work.com", "2025-02-05", 20));
        Assert.True(book.TryLink("ann@home.com", "Ann"));
        Assert.True(book.TryLink("ann@work.com", "Ann"));
        Assert.False(book.TryLink("ann@work.com", "Bob"));
        book.Put(Sample("3", "ann@work.com", "2025-03-05", 40));
        Assert.Equal(["Ann"], book.Customers);
        Assert.Equal((3, 70m), (book.Find("Ann")!.Orders, book.Find("Ann")!.Net));
        Assert.True(book.Unlink("ann@work.com"));
        Assert.False(book.Unlink("ann@work.com"));
        Assert.Equal((1, 10m), (book.Find("Ann")!.Orders, book.Find("Ann")!.Net));
        Assert.Equal(60m, book.Find("ann@work.com")!.Net);
    }

    [Fact]
    public void The_timeline_is_newest_first_and_paged_by_key()
    {
        var book = new OrderBook(AsOf);
        for (var i = 0; i < 25; i++)
        {
            book.Put(Sample($"o{i:D2}", "a@x.com", $"2025-01-{(i / 3) + 1:D2}", i) with { Item = $"event {i}", Purchaser = "Ann" });
        }

        var seen = new List<TimelineEntry>();
        TimelineCursor? next = null;
        do
        {
            var page = book.Timeline("a@x.com", next, 7);
            seen.AddRange(page.Entries);
            next = page.Next;

            // An order that is new on top and one that is gone do not disturb the pages behind.
            book.Put(Sample($"new{seen.Count}", "a@x.com", "2025-06-01", 1));
            book.Remove(seen[^1].Key);
        }
        while (next is not null);
        Assert.Equal(Enumerable.Range(0, 25).OrderByDescending(static i => i / 3).ThenBy(static i => i).Select(static i => $"o{i:D2}"), seen.Select(static e => e.Key.Id));
        Assert.Equal(("event 24", "Ann", 24m, OrderPlatform.Generic), (seen[0].Item, seen[0].Purchaser, seen[0].Amount, seen[0].Key.Platform));
        Assert.Empty(book.Timeline("nobody", null, 5).Entries);
        Assert.Throws<ArgumentOutOfRangeException>(() => book.Timeline("a@x.com", null, 0));
    }

    [Property(MaxTest = 10_000, Arbitrary = [typeof(OrderSteps)])]
    public bool W05_Totals_and_scores_by_differences_equal_a_recomputation_after_any_mix(OrderStep[] steps)
    {
        var book = new OrderBook(AsOf);
        var scores = new ScoreBook(ScoringProgram.Default, AsOf);
        var owners = new Dictionary<string, string>();
        var orders = new Dictionary<string, Order>();
        foreach (var (kind, id, email, day, cents, standing) in steps)
        {
            var address = email < 0 ? null : $"e{email}@x.com";
            switch (kind)
            {
                case 0:
                    Assert.Equal(orders.Remove($"o{id}"), book.Remove(new OrderKey(OrderPlatform.Generic, $"o{id}")));
                    break;
                case 1 when address is not null:
                    Assert.Equal(owners.TryAdd(address, $"c{id % 3}") || owners[address] == $"c{id % 3}", book.TryLink(address, $"c{id % 3}"));
                    break;
                case 2 when address is not null:
                    Assert.Equal(owners.Remove(address), book.Unlink(address));
                    break;
                case 3:
                    book.AdvanceTo(book.AsOf.AddDays(id * id / 4));
                    break;
                case 4:
                    book.Rescore(scores);
                    break;
                default:
                    var order = Sample($"o{id}", address, "2025-06-30", cents / 100m) with { PlacedAt = AsOf.AddDays(day).ToDateTime(new TimeOnly(id, 0)), Standing = standing };
                    book.Put(order);
                    orders[order.Key.Id] = order;
                    break;
            }
        }

        book.Rescore(scores);
        return AgreesWith(book, orders.Values, owners) && AgreesWith(scores, ScoringProgram.Default.Score(book.ToPopulation(), book.AsOf));
    }

    private static bool AgreesWith(ScoreBook scores, ScoreRun run) => scores.Count == run.Count
        && Enumerable.Range(0, run.Count).All(i => scores.Find(run.Customers.NameAt(i))!.Cell == run[i].Cell);

    private static bool AgreesWith(OrderBook book, IReadOnlyCollection<Order> orders, Dictionary<string, string> owners)
    {
        var counting = orders.Where(o => o.Date <= book.AsOf).ToList();
        var linked = counting.Where(static o => o.CustomerKey is not null)
            .GroupBy(o => owners.GetValueOrDefault(o.CustomerKey!, o.CustomerKey!)).ToDictionary(static g => g.Key, static g => g.ToList());
        return book.Count == orders.Count && book.LaterCount == orders.Count - counting.Count
            && book.UnlinkedCount == counting.Count(static o => o.CustomerKey is null)
            && book.Customers.Order().SequenceEqual(linked.Keys.Order())
            && linked.All(customer =>
            {
                var live = customer.Value.Where(static o => o.Standing == OrderStanding.Counts).Select(static o => (DateOnly?)o.Date).ToList();
                var expected = new EngagementTotals(
                    live.Count,
                    customer.Value.Count(static o => o.Standing is OrderStanding.Cancelled or OrderStanding.Refunded),
                    customer.Value.Sum(static o => o.Gross), 0, 0, customer.Value.Sum(static o => o.Net), live.Min(), live.Max());
                var timeline = customer.Value.OrderByDescending(static o => o.PlacedAt).ThenBy(static o => o.Key.Id, StringComparer.Ordinal).Select(static o => o.Key);
                return book.Find(customer.Key) == expected && book.Timeline(customer.Key, null, 100).Entries.Select(static e => e.Key).SequenceEqual(timeline);
            });
    }

    [Fact]
    public void A_sum_that_leaves_its_bounds_changes_nothing()
    {
        var book = new OrderBook(AsOf);
        book.Put(Sample("1", "a@x.com", "2025-01-01", 999_999_999_999m));
        book.Put(Sample("2", "b@x.com", "2025-01-01", 1));
        Assert.Throws<OverflowException>(() => book.Put(Sample("3", "a@x.com", "2025-01-01", 1)));
        Assert.Throws<OverflowException>(() => book.Put(Sample("2", "a@x.com", "2025-01-01", 1)));
        Assert.Throws<OverflowException>(() => book.TryLink("b@x.com", "a@x.com"));
        Assert.Equal((2, 1, 1m), (book.Count, book.Find("a@x.com")!.Orders, book.Find("b@x.com")!.Net));
        Assert.True(book.TryLink("b@x.com", "Bob"));
        Assert.Throws<ArgumentOutOfRangeException>(static () => Sample("9", null, "2025-01-01", 1_000_000_000_000m));
    }

    [Theory]
    [InlineData(" Ann@X.com ", "ann@x.com")]
    [InlineData("A@B.test", "a@b.test")]
    [InlineData("A@B", null)]
    [InlineData("ÄNN@X.com", "änn@x.com")]
    [InlineData("\u212A@x.com", "k@x.com")]
    [InlineData("I@x.com", "i@x.com")]
    [InlineData("a b@x.com", null)]
    [InlineData("a@x@y", null)]
    [InlineData("@x.com", null)]
    [InlineData("a@", null)]
    [InlineData("ann", null)]
    [InlineData("", null)]
    [InlineData("a\u00A0b@x.com", null)]
    public void S09_An_email_links_by_its_normal_form(string text, string? email)
    {
        Assert.Equal(email is not null, CustomerEmail.TryNormalize(text, out var found));
        Assert.Equal(email, found);
    }

    private static Order Sample(string id, string? email, string date, decimal net) => new()
    {
        Key = new OrderKey(OrderPlatform.Generic, id),
        PlacedAt = DateTime.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        CustomerKey = email,
        Contact = email ?? string.Empty,
        Gross = net,
        Net = net,
    };
}

/// <summary>What happens to a book: the kind, and the values of which it takes those that it needs.</summary>
public readonly record struct OrderStep(int Kind, int Id, int Email, int Day, int Cents, OrderStanding Standing);

internal static class OrderSteps
{
    public static Arbitrary<OrderStep[]> Any { get; } =
        (from kind in Gen.Choose(0, 9)
         from id in Gen.Choose(0, 9)
         from email in Gen.Choose(-1, 4)
         from day in Gen.Choose(-40, 12)
         from cents in Gen.Choose(-5000, 20000)
         from standing in Gen.Frequency((5, Gen.Constant(OrderStanding.Counts)), (2, Gen.Elements(Enum.GetValues<OrderStanding>())))
         select new OrderStep(kind, id, email, day, cents, standing)).ArrayOf().Resize(30).ToArbitrary();
}
