using Loyalty.Ingest.Orders;
using Loyalty.Orders;

namespace Loyalty.Tests.Ingest.Orders;

/// <summary>F01: what is given back counts once by its own key, and from its own date on.</summary>
public sealed class RefundTests
{
    private const string Order = """{ "id": "a1", "orderSubmittedDate": "2025-03-01T10:00:00Z", "paymentStatus": "Paid", "purchaseType": "Regular", "total": 10000, "customer": { "emails": [ { "email": "ann@x.test" } ] } }""";

    [Theory]
    [InlineData("2025-03-01", 1, 100)]
    [InlineData("2025-03-09", 1, 100)]
    [InlineData("2025-03-10", 1, 70)]
    [InlineData("2025-03-19", 1, 70)]
    [InlineData("2025-03-20", 0, 0)]
    public void F01_Refunds_of_a_plain_order_count_from_their_own_dates_on(string asOf, int orders, int net)
    {
        using var files = new OrderFiles();
        files.Read("a.csv", "customer,order_id,date,net\nann,1,2025-03-01,100\nann,1,2025-03-10,-30\nann,1,2025-03-20,-70\n");
        var date = DateOnly.ParseExact(asOf, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((orders, (decimal)net), (files.Book(date).Find("ann")!.Orders, files.Book(date).Find("ann")!.Net));
        var sums = new OrderSums(date);
        foreach (var order in files.Import.Enumerate())
        {
            sums.Add(order);
        }

        Assert.Equal(files.Book(date).Find("ann"), sums.Find("ann"));
    }

    [Fact]
    public void F01_Refunds_of_one_day_are_one_credit_and_those_of_the_order_s_own_day_belong_to_it()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", "customer,order_id,date,net\nann,1,2025-03-01,100\nann,1,2025-03-01,-20\nann,1,2025-03-05,-5\nann,1,2025-03-05,-5\n");
        var orders = files.Orders;
        Assert.Equal((100m, 20m, 80m), (orders["1"].Gross, orders["1"].Refunded, orders["1"].Net));
        var credit = orders["1 (refund 2025-03-05)"];
        Assert.Equal((OrderStanding.Credit, "1", 10m, -10m, "ann"), (credit.Standing, credit.RefundOf, credit.Refunded, credit.Net, credit.CustomerKey));
        Assert.Equal(2, orders.Count);
    }

    [Fact]
    public void F01_Credit_invoices_count_from_their_own_date_on_and_undo_no_order()
    {
        using var files = new OrderFiles();
        files.Read("r.csv", "InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID\n1,1,2010-12-01,50,7\nC2,-1,2010-12-20,50,7\n");
        Assert.Equal(50m, files.Book(new DateOnly(2010, 12, 19)).Find("7")!.Net);
        var after = files.Book(new DateOnly(2010, 12, 20)).Find("7")!;
        Assert.Equal((1, 0m), (after.Orders, after.Net));
    }

    [Theory]
    [InlineData("\"Refund\", \"total\": -4000", 1, 60)]
    [InlineData("\"Refund\", \"total\": 4000", 1, 60)]
    [InlineData("\"Regular\", \"total\": -4000", 1, 60)]
    [InlineData("\"Refund\", \"total\": -10000", 0, 0)]
    [InlineData("\"Refund\", \"total\": -10000, \"paymentStatus\": \"Cancelled\"", 1, 100)]
    [InlineData("\"Refund\", \"total\": -10000, \"paymentStatus\": \"Authorized\"", 1, 100)]
    public void F10_Money_that_goes_back_is_a_credit_whatever_its_type(string refund, int orders, int net)
    {
        using var files = new OrderFiles();
        files.Read("c.json", $$"""
            { "orders": [ {{Order}},
              { "id": "r1", "orderSubmittedDate": "2025-03-05T10:00:00Z", "previousOrderId": "a1", "customer": { "emails": [ { "email": "ann@x.test" } ] }, "purchaseType": {{refund}} } ] }
            """);
        var ann = files.Book(new DateOnly(2025, 4, 1)).Find("ann@x.test")!;
        Assert.Equal((orders, (decimal)net), (ann.Orders, ann.Net));
    }

    [Fact]
    public void F01_A_credit_without_customer_belongs_to_that_of_its_order()
    {
        using var files = new OrderFiles();
        files.Read("c.json", $$"""{ "orders": [ { "id": "r1", "orderSubmittedDate": "2025-03-05", "paymentStatus": "Paid", "purchaseType": "Refund", "previousOrderId": "a1", "total": -2500 }, {{Order}} ] }""");
        Assert.Equal(75m, files.Book(new DateOnly(2025, 4, 1)).Find("ann@x.test")!.Net);
        Assert.Equal(100m, files.Book(new DateOnly(2025, 3, 4)).Find("ann@x.test")!.Net);
    }

    [Fact]
    public void F02_A_credit_of_an_order_whose_money_never_came_in_gives_nothing_back()
    {
        using var files = new OrderFiles();
        files.Read("c.json", $$"""{ "orders": [ {{Order.Replace("Paid", "Cancelled", StringComparison.Ordinal)}}, { "id": "r1", "orderSubmittedDate": "2025-03-05", "paymentStatus": "Paid", "purchaseType": "Refund", "previousOrderId": "a1", "total": -10000, "customer": { "emails": [ { "email": "ann@x.test" } ] } } ] }""");
        var ann = files.Book(new DateOnly(2025, 4, 1)).Find("ann@x.test")!;
        Assert.Equal((0, 0m), (ann.Orders, ann.Net));
    }

    [Fact]
    public void F01_A_credit_that_moves_in_time_is_replaced_not_added()
    {
        var book = new OrderBook(new DateOnly(2025, 3, 31));
        var key = new OrderKey(OrderPlatform.Commerce7, "a1");
        var order = new Order { Key = key, PlacedAt = new DateTime(2025, 3, 1), CustomerKey = "ann", Gross = 100, Net = 100 };
        var credit = new Order
        {
            Key = new OrderKey(OrderPlatform.Commerce7, "r1"), PlacedAt = new DateTime(2025, 3, 5), CustomerKey = "ann", Refunded = 100, Net = -100,
            Standing = OrderStanding.Credit, RefundOf = "a1",
        };
        book.Put(credit);
        book.Put(order);
        Assert.Equal((0, 1, 0m, null), (book.Find("ann")!.Orders, book.Find("ann")!.DeadOrders, book.Find("ann")!.Net, book.Find("ann")!.LastOrderOn));
        Assert.Equal(OrderStanding.Refunded, book.Timeline("ann", null, 5).Entries[1].Standing);
        book.Put(credit with { Refunded = 40, Net = -40 });
        Assert.Equal((1, 0, 60m, new DateOnly(2025, 3, 1)), (book.Find("ann")!.Orders, book.Find("ann")!.DeadOrders, book.Find("ann")!.Net, book.Find("ann")!.LastOrderOn));
        book.Put(credit with { PlacedAt = new DateTime(2025, 4, 2) });
        Assert.Equal((1, 100m), (book.Find("ann")!.Orders, book.Find("ann")!.Net));
        book.AdvanceTo(new DateOnly(2025, 4, 2));
        Assert.Equal((0, 0m), (book.Find("ann")!.Orders, book.Find("ann")!.Net));
        Assert.True(book.TryLink("ann", "family"));
        Assert.Equal((0, 1, 0m), (book.Find("family")!.Orders, book.Find("family")!.DeadOrders, book.Find("family")!.Net));
        book.Remove(credit.Key);
        Assert.Equal((1, 0, 100m), (book.Find("family")!.Orders, book.Find("family")!.DeadOrders, book.Find("family")!.Net));
    }

    [Fact]
    public void F01_Sums_want_credits_before_orders_and_say_so()
    {
        var sums = new OrderSums(new DateOnly(2025, 3, 31));
        sums.Add(new Order { Key = new OrderKey(OrderPlatform.Generic, "1"), PlacedAt = new DateTime(2025, 3, 1), CustomerKey = "ann", Net = 5 });
        Assert.Throws<InvalidOperationException>(() => sums.Add(new Order
        {
            Key = new OrderKey(OrderPlatform.Generic, "2"), PlacedAt = new DateTime(2025, 3, 1), CustomerKey = "ann", Net = -5, Refunded = 5,
            Standing = OrderStanding.Credit, RefundOf = "1",
        }));
    }
}
