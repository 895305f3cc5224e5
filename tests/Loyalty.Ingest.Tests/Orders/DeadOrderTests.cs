using Loyalty.Orders;

namespace Loyalty.Tests.Ingest.Orders;

/// <summary>F02, F03, F09: what is left of dead and unpaid orders, and one order in several reports.</summary>
public sealed class DeadOrderTests
{
    private static readonly DateOnly AsOf = new(2025, 12, 31);

    [Theory]
    [InlineData("Payment status", "Refunded", OrderStanding.Refunded)]
    [InlineData("Payment status", "Cancelled", OrderStanding.Cancelled)]
    [InlineData("Payment status", "Canceled by organiser", OrderStanding.Cancelled)]
    [InlineData("Payment status", "Deleted", OrderStanding.Cancelled)]
    [InlineData("Status", "Refunded", OrderStanding.Refunded)]
    [InlineData("Status", "Abandoned", OrderStanding.Cancelled)]
    [InlineData("Order Type", "Eventbrite Refunded", OrderStanding.Refunded)]
    [InlineData("Order Type", "Transferred", OrderStanding.Cancelled)]
    [InlineData("Payment status", "Pending", OrderStanding.Unpaid)]
    [InlineData("Payment status", "Unpaid", OrderStanding.Unpaid)]
    [InlineData("Payment status", "Partially Refunded", OrderStanding.Counts)]
    [InlineData("Order Type", "Bank transfer", OrderStanding.Counts)]
    public void F02_Every_word_of_an_orders_report_of_Eventbrite_speaks(string column, string word, OrderStanding standing)
    {
        using var files = new OrderFiles();
        files.Read("e.csv", $"Order ID,Order date,Buyer email,Gross sales,Net sales,{column}\n1,2025-03-01,ann@x.test,50,47,{word}\n");
        files.Read("older.csv", $"Order ID,Date,Email Address,Gross Revenue (USD),Eventbrite Fees (USD),{column}\n2,3/1/2025,bea@x.test,50,3,{word}\n");
        var expected = (standing, standing == OrderStanding.Counts ? 47m : 0m);
        Assert.Equal(expected, (files.Orders["1"].Standing, files.Orders["1"].Net));
        Assert.Equal(expected, (files.Orders["2"].Standing, files.Orders["2"].Net));
    }

    [Theory]
    [InlineData("Refunded", "", "", "")]
    [InlineData("Cancelled", "", "", "")]
    [InlineData("Deleted", "", "", "")]
    [InlineData("Transferred", "", "", "")]
    [InlineData("Unpaid", "", "", "")]
    [InlineData("Attending", "Eventbrite Refunded", "", "")]
    [InlineData("Attending", "", "Refunded", "")]
    [InlineData("Attending", "", "", "Cancelled")]
    public void F02_A_dead_ticket_adds_nothing_whichever_column_says_so(string attendee, string type, string payment, string status)
    {
        using var files = new OrderFiles();
        files.Read("e.csv", $"""
            Order #,Order Date,Email,Total Paid,Attendee #,Attendee Status,Eventbrite Fees,Order Type,Payment Status,Status
            1,11/29/24 22:28,ann@x.test,50,71,Attending,3,,,
            1,11/29/24 22:28,kid@x.test,50,72,{attendee},3,{type},{payment},{status}
            """);
        Assert.Equal((47m, OrderStanding.Counts, "ann@x.test"), (files.Orders["1"].Net, files.Orders["1"].Standing, files.Orders["1"].CustomerKey));
    }

    [Theory]
    [InlineData("\"status\": \"Attending\", \"refunded\": true")]
    [InlineData("\"status\": \"Attending\", \"cancelled\": true")]
    [InlineData("\"status\": \"Attending\", \"canceled\": true")]
    [InlineData("\"status\": \"Deleted\"")]
    [InlineData("\"status\": \"Transferred\"")]
    public void F02_The_members_of_an_attendee_speak(string members)
    {
        using var files = new OrderFiles();
        files.Read("e.json", $$"""
            { "attendees": [ { "id": "1", "order_id": "9", "created": "2025-03-01T10:00:00Z", "status": "Attending", "profile": { "email": "ann@x.test" }, "costs": { "gross": { "currency": "USD", "value": 5000 } } },
              { "id": "2", "order_id": "9", "created": "2025-03-01T10:00:00Z", "profile": { "email": "kid@x.test" }, "costs": { "gross": { "currency": "USD", "value": 5000 } }, {{members}} } ] }
            """);
        Assert.Equal((50m, OrderStanding.Counts), (files.Orders["9"].Net, files.Orders["9"].Standing));
    }

    [Theory]
    [InlineData("Refunded", "Completed", "50", "50", "47", OrderStanding.Refunded, 0)]
    [InlineData("Refunded", "Completed", "50", "50", "-1.50", OrderStanding.Refunded, -1.5)]
    [InlineData("Refunded", "Completed", "50", "40", "9", OrderStanding.Refunded, 9)]
    [InlineData("Paid", "Cancelled", "50", "0", "47", OrderStanding.Cancelled, 47)]
    [InlineData("Refunded", "Completed", "", "", "47", OrderStanding.Refunded, 0)]
    [InlineData("Paid", "Cancelled", "50", "", "47", OrderStanding.Cancelled, 0)]
    [InlineData("Unpaid", "Completed", "50", "0", "47", OrderStanding.Unpaid, 0)]
    [InlineData("Paid", "Completed", "50", "10", "38", OrderStanding.Counts, 38)]
    public void F02_A_dead_order_of_Humanitix_keeps_what_was_paid_and_not_refunded(
        string financial, string status, string paid, string refunds, string earnings, OrderStanding standing, double net)
    {
        using var files = new OrderFiles();
        files.Read("h.csv", $"Long order id,Email,Order date,Financial status,Your earnings,Status,Paid,Refunds\nu,ann@x.test,01/03/2025,{financial},{earnings},{status},{paid},{refunds}\n");
        Assert.Equal((standing, (decimal)net), (files.Orders["u"].Standing, files.Orders["u"].Net));
        if (paid.Length > 0 && refunds.Length > 0)
        {
            files.Read("h.json", $$"""{ "orders": [ { "_id": "v", "orderName": "A", "email": "ann@x.test", "status": "{{status}}", "financialStatus": "{{financial}}", "completedAt": "2025-03-01", "totals": { "grossSales": {{paid}}, "refunds": {{refunds}}, "netSales": {{earnings}} } } ] }""");
            Assert.Equal((standing, (decimal)net), (files.Orders["v"].Standing, files.Orders["v"].Net));
        }
    }

    [Theory]
    [InlineData("paid", "0", "0", "", OrderStanding.Counts, 100)]
    [InlineData("partially_paid", "0", "60", "", OrderStanding.Counts, 40)]
    [InlineData("partially_refunded", "30", "", "", OrderStanding.Counts, 70)]
    [InlineData("pending", "0", "100", "", OrderStanding.Unpaid, 0)]
    [InlineData("authorized", "0", "", "", OrderStanding.Unpaid, 0)]
    [InlineData("expired", "0", "0", "", OrderStanding.Unpaid, 0)]
    [InlineData("voided", "0", "0", "2025-03-02", OrderStanding.Unpaid, 0)]
    [InlineData("refunded", "100", "0", "", OrderStanding.Refunded, 0)]
    [InlineData("refunded", "90", "0", "", OrderStanding.Refunded, 10)]
    [InlineData("refunded", "", "", "", OrderStanding.Refunded, 0)]
    [InlineData("paid", "0.00", "0", "2025-03-02", OrderStanding.Cancelled, 100)]
    [InlineData("paid", "100", "0", "2025-03-02", OrderStanding.Cancelled, 0)]
    [InlineData("paid", "", "", "2025-03-02", OrderStanding.Cancelled, 0)]
    public void F09_Net_of_Shopify_is_total_less_refunded_less_outstanding_and_the_unpaid_are_no_orders(
        string status, string refunded, string outstanding, string cancelled, OrderStanding standing, int net)
    {
        using var files = new OrderFiles();
        files.Read("s.csv", $"Name,Email,Financial Status,Total,Created at,Refunded Amount,Outstanding Balance,Canceled at,Id\n#1,ann@x.test,{status},100,2025-03-01,{refunded},{outstanding},{cancelled},51\n");
        Assert.Equal((standing, (decimal)net), (files.Orders["51"].Standing, files.Orders["51"].Net));
        var ann = files.Book(AsOf).Find("ann@x.test")!;
        Assert.Equal(
            (standing == OrderStanding.Counts ? 1 : 0, standing is OrderStanding.Refunded or OrderStanding.Cancelled ? 1 : 0), (ann.Orders, ann.DeadOrders));
    }

    [Theory]
    [InlineData("Authorized", OrderStanding.Unpaid)]
    [InlineData("Refunded", OrderStanding.Refunded)]
    [InlineData("Cancelled", OrderStanding.Cancelled)]
    public void F09_Orders_of_Commerce7_say_it_in_their_own_words(string status, OrderStanding standing)
    {
        using var files = new OrderFiles();
        files.Read("c.json", $$"""{ "orders": [ { "id": "a1", "orderSubmittedDate": "2025-03-01", "paymentStatus": "{{status}}", "total": 5000, "customer": { "emails": [ { "email": "ann@x.test" } ] } } ] }""");
        Assert.Equal((standing, 0m), (files.Orders["a1"].Standing, files.Orders["a1"].Net));
    }

    [Fact]
    public void F03_Orders_and_attendees_of_all_reports_are_one_order_and_the_orders_report_wins()
    {
        const string tickets = "Order #,Order Date,Email,Total Paid,Attendee #,Attendee Status\n9,3/1/2025,kid@x.test,20,1,Attending\n9,3/1/2025,pal@x.test,20,2,Attending\n";
        const string json = """{ "attendees": [ { "id": "2", "order_id": "9", "created": "2025-03-01T10:00:00Z", "status": "Attending", "profile": { "email": "pal@x.test" }, "costs": { "gross": { "currency": "USD", "value": 1500 } } } ] }""";
        const string orders = "Order ID,Order date,Buyer email,Net sales,Payment status\n9,2025-03-01,ann@x.test,37,Completed\n";
        using var files = new OrderFiles();
        files.Read("t.csv", tickets);
        Assert.Equal((40m, "kid@x.test"), (Assert.Single(files.Orders).Value.Net, files.Orders["9"].CustomerKey));
        files.Read("t.json", json);
        Assert.Equal((35m, 1L), (Assert.Single(files.Orders).Value.Net, files.Import.RowsReplaced));
        files.Read("o.csv", orders);
        Assert.Equal((37m, "ann@x.test"), (Assert.Single(files.Orders).Value.Net, files.Orders["9"].CustomerKey));
        files.Read("t2.csv", tickets);
        Assert.Equal((37m, "ann@x.test"), (Assert.Single(files.Orders).Value.Net, files.Orders["9"].CustomerKey));
    }

    [Theory]
    [InlineData("ann@x.test", "ann@x.test")]
    [InlineData("mailto:Ann@X.test", "ann@x.test")]
    [InlineData("", "kid@x.test")]
    [InlineData("nobody", "kid@x.test")]
    public void F03_The_buyer_is_the_one_the_report_names_else_the_first_attendee(string buyer, string customer)
    {
        using var files = new OrderFiles();
        files.Read("t.csv", $"Order #,Order Date,Email,Total Paid,Attendee #,Buyer Email\n9,3/1/2025,kid@x.test,20,1,\n9,3/1/2025,pal@x.test,20,2,{buyer}\n");
        Assert.Equal(customer, files.Orders["9"].CustomerKey);
    }

    [Fact]
    public void F07_Minor_units_of_Eventbrite_are_those_of_the_currency()
    {
        using var files = new OrderFiles();
        files.Read("e.json", """{ "orders": [ { "id": "1", "created": "2025-03-01T10:00:00Z", "email": "ann@x.test", "status": "placed", "costs": { "gross": { "currency": "JPY", "value": 5000 } } } ] }""");
        Assert.Equal(5_000m, files.Orders["1"].Net);
    }
}
