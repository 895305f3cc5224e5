using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Tests.Ingest.Orders;

public sealed class PlatformOrdersTests
{
    private const string HumanitixHeader =
        "Order id,Event,Event date,Event time,First name,Last name,Email,Mobile,Order date,Type,Financial status,Valid tickets,Cancelled tickets,Ticket sales,"
        + "Add-on sales,Donations,Fee rebate,Humanitix passed-on fee,Amex surcharge,Refund protection,Custom tax,Paid,Humanitix absorbed fees,Zip fee,Afterpay fee,"
        + "Refunds,Your earnings,Your payout,Refunded fees,Giftcard used,Voucher used,Discount code used,Discount redeemed,Tax on sales,Tax on rebates,"
        + "Tax on booking fees,Gateway,Marketing opt-in,Notes,Status,Sales channel,Tickets delivered,Long order id\n";

    [Fact]
    public void Humanitix_is_day_first_keyed_by_the_long_id_and_net_is_the_earnings()
    {
        using var files = new OrderFiles();
        var report = files.Read("h.csv", HumanitixHeader
            + Humanitix("A1", "Ann@X.com", "11/04/2025 12:43 am", "Paid", "\"$14,700.00\"", "$20.00", "\"$14,669.16\"", "$1.00", "Completed", "u-1")
            + Humanitix("A1", "bob@x.com", "13/04/2025 7:00 pm", "Free", "$0.00", "$0.00", "$0.00", "$0.00", "Completed", "u-2")
            + Humanitix("A2", "bob@x.com", "14/04/2025 7:00 pm", "Refunded", "$50.00", "$50.00", "-$1.50", "$0.00", "Completed", "u-3")
            + Humanitix("A3", "bob@x.com", "15/04/2025 7:00 pm", "Paid", "$50.00", "$0.00", "$48.00", "$48.00", "Cancelled by host", "u-4")
            + Humanitix("A4", "bob@x.com", "16/04/2025 7:00 pm", "Weird", "$50.00", "$10.00", "$38.00", "$38.00", "Completed", "u-5")
            + Humanitix("A5", "no mail", "04/13/2025 7:00 pm", "Paid", "$50.00", "$0.00", "$38.00", "$38.00", "Completed", "u-6")
            + Humanitix("A6", "no mail", "16/04/2025 7:00 pm", "Paid", "$50.00", "$0.00", "$38.00", "$38.00", "Completed", "u-7"));
        Assert.Equal((OrderPlatform.Humanitix, 7, 1), (report.Platform, report.RowsRead, report.RowsRejected));
        Assert.Equal("h.csv:7 Order date: not a date; expected DD/MM/YYYY or YYYY-MM-DD, with or without a time [04/13/2025 7:00 pm]", Assert.Single(files.Rejects));
        var orders = files.Orders;
        Assert.Equal(new DateTime(2025, 4, 11, 0, 43, 0), orders["u-1"].PlacedAt);
        Assert.Equal((14_669.16m, 14_700m, 20m, "ann@x.com"), (orders["u-1"].Net, orders["u-1"].Gross, orders["u-1"].Refunded, orders["u-1"].CustomerKey));
        Assert.Equal(("Completed / Paid", "Jazz Night", "First Last"), (orders["u-1"].Status, orders["u-1"].Item, orders["u-1"].Purchaser));
        Assert.Equal(
            [OrderStanding.Counts, OrderStanding.Counts, OrderStanding.Refunded, OrderStanding.Cancelled, OrderStanding.Counts, OrderStanding.Counts],
            new[] { "u-1", "u-2", "u-3", "u-4", "u-5", "u-7" }.Select(id => orders[id].Standing));
        Assert.Null(orders["u-7"].CustomerKey);
        Assert.Equal("no mail", orders["u-7"].Contact);
        Assert.Equal(
            [new UnknownStatus(OrderPlatform.Humanitix, "Financial status", "Weird", 1), new UnknownStatus(OrderPlatform.Humanitix, "Status", "Cancelled by host", 1)],
            files.Import.UnknownStatuses);
        var bob = files.Book(new DateOnly(2025, 12, 31)).Find("bob@x.com")!;
        Assert.Equal((2, 2, 84.5m, new DateOnly(2025, 4, 16)), (bob.Orders, bob.DeadOrders, bob.Net, bob.LastOrderOn));
    }

    [Fact]
    public void A_later_row_of_the_same_key_replaces_the_earlier_one_across_files()
    {
        using var files = new OrderFiles();
        files.Read("1.csv", HumanitixHeader + Humanitix("A", "a@x.com", "11/04/2025", "Paid", "$5.00", "$0.00", "$5.00", "$0.00", "Completed", "u"));
        files.Read("2.csv", HumanitixHeader + Humanitix("A", "b@x.com", "11/04/2025", "Paid", "$7.00", "$0.00", "$7.00", "$0.00", "Completed", "u"));
        Assert.Equal(("b@x.com", 7m), (Assert.Single(files.Orders).Value.CustomerKey, files.Orders["u"].Net));
        Assert.Equal(1, files.Import.RowsReplaced);
    }

    [Fact]
    public void Eventbrite_orders_take_net_sales_and_judge_the_payment_status()
    {
        using var files = new OrderFiles();
        files.Read("e.csv", """
            Order ID,Order date,Buyer first name,Buyer last name,Buyer email,Event name,Currency,Payment status,Gross sales,Eventbrite service fee,Eventbrite payment processing fee,Net sales
            1,2025-01-29 19:30:00,Ann,A,ann@x.com,Gala,USD,Completed,100.00,5.00,2.50,92.50
            2,1/30/2025,Ann,A,ann@x.com,Gala,USD,Free Order,0.00,0.00,0.00,0.00
            3,2025-02-01,Ann,A,ann@x.com,Gala,USD,Refunded,100.00,5.00,2.50,-7.50
            4,2025-02-02,Ann,A,ann@x.com,Gala,USD,Partially Refunded,100.00,5.00,2.50,42.50
            5,2025-02-03,Ann,A,ann@x.com,Gala,USD,Order cancelled,100.00,5.00,2.50,0
            6,2025-02-04,Ann,A,,Gala,USD,On hold,100.00,5.00,2.50,10
            """);
        var orders = files.Orders;
        Assert.Equal(
            [OrderStanding.Counts, OrderStanding.Counts, OrderStanding.Refunded, OrderStanding.Counts, OrderStanding.Cancelled, OrderStanding.Counts],
            orders.OrderBy(static o => o.Key, StringComparer.Ordinal).Select(static o => o.Value.Standing));
        var ann = files.Book(new DateOnly(2025, 12, 31)).Find("ann@x.com")!;
        Assert.Equal((3, 2, 135m, new DateOnly(2025, 2, 2)), (ann.Orders, ann.DeadOrders, ann.Net, ann.LastOrderOn));
        Assert.Equal((100m, 7.5m, "Gala", "Ann A"), (orders["1"].Gross, orders["1"].Fees, orders["1"].Item, orders["1"].Purchaser));
        Assert.Equal(["On hold", "Order cancelled"], files.Import.UnknownStatuses.Select(static u => u.Text));
        Assert.Equal(["USD"], files.Import.Currencies);
    }

    [Fact]
    public void The_older_report_of_Eventbrite_names_its_currency_in_the_header()
    {
        using var files = new OrderFiles();
        files.Read("e.csv", """
            Order ID,Date,Gross Revenue (USD),Ticket Revenue (USD),Eventbrite Fees (USD),Eventbrite Payment Processing (USD),Tax on Eventbrite Fees (USD),Tickets,Type,Status,Delivery Method,First Name,Last Name,Email Address,Event Name,Venue Name,Venue ID
            9,11/29/2024 10:28 PM,50.00,45.00,3.00,1.25,0.30,1,Eventbrite,Completed,Electronic,Bo,B,bo@x.com,Gala,Hall,7
            """);
        var order = files.Orders["9"];
        Assert.Equal((50m, 4.55m, 45.45m, new DateOnly(2024, 11, 29)), (order.Gross, order.Fees, order.Net, order.Date));
    }

    [Fact]
    public void Attendees_add_up_to_orders_and_the_header_tells_day_or_month_first()
    {
        using var files = new OrderFiles();
        files.Read("us.csv", """
            Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee #,Order Type,Currency,Total Paid,Fees Paid,Eventbrite Fees,Eventbrite Payment Processing,Attendee Status
            1,11/29/24 22:28,Ann,A,ann@x.com,1,Adult,71,Eventbrite Completed,USD,25.00,2.00,1.50,0.50,Attending
            1,11/29/24 22:28,Kid,A,kid@x.com,1,Child,72,Eventbrite Completed,USD,10.00,1.00,0.70,0.30,Refunded
            2,11/30/24 22:28,Bo,B,bo@x.com,1,Adult,73,Eventbrite Completed,USD,0.00,0,0,0,Refunded
            """);
        files.Read("au.csv", "Order no.,Order Date,First Name,Surname,Email,Attendee no.,Total Paid,Attendee Status\n3,5/11/24 9:00,Cy,C,cy@x.com,81,10.00,Checked In\n");
        var orders = files.Orders;
        Assert.Equal(("ann@x.com", 35m, 10m, 2m, 23m), (orders["1"].CustomerKey, orders["1"].Gross, orders["1"].Refunded, orders["1"].Fees, orders["1"].Net));
        Assert.Equal(OrderStanding.Counts, orders["1"].Standing);
        Assert.Equal(OrderStanding.Refunded, orders["2"].Standing);
        Assert.Equal((new DateOnly(2024, 11, 29), new DateOnly(2024, 11, 5)), (orders["1"].Date, orders["3"].Date));
    }

    [Fact]
    public void Shopify_keeps_the_cells_of_an_order_on_its_first_line()
    {
        using var files = new OrderFiles();
        var report = files.Read("s.csv", """
            Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Refunded Amount,Id,Cancelled at
            #1001,'Ann@x.com,paid,2012-01-01 11:14:00 -0500,USD,40,5,2,47.00,2012-01-01 23:13:25 -0500,1,Tea,20,Ann A,5.00,'7210448301122,
            #1001,,,,,,,,,2012-01-01 23:13:25 -0500,1,Cup,20,,,,
            #1001,,,,,,,,,2012-01-01 23:13:25 -0500,1,Pot,20,,,,
            #1002,bo@x.com,refunded,,USD,10,0,0,10.00,2012-01-02 11:13:25 -0500,1,Tea,10,Bo,10.00,7210448301123,
            #1003,bo@x.com,voided,,USD,10,0,0,10.00,2012-01-03 11:13:25 -0500,1,Tea,10,Bo,0,7210448301124,
            #1004,bo@x.com,paid,,USD,10,0,0,10.00,2012-01-04 11:13:25 -0500,1,Tea,10,Bo,0,7210448301125,2012-01-05 11:13:25 -0500
            #1005,bo@x.com,paid,,USD,10,0,0,ten,2012-01-06 11:13:25 -0500,1,Tea,10,Bo,0,7210448301126,
            #1005,,,,,,,,,2012-01-06 11:13:25 -0500,1,Cup,20,,,,
            #1099,,,,,,,,,2012-01-06 11:13:25 -0500,1,Cup,20,,,,
            #1006,,pending,,USD,10,0,0,10.00,2012-01-07 11:13:25 -0500,1,Tea,10,Bo,0,,
            """);
        Assert.Equal((OrderPlatform.Shopify, 10, 3), (report.Platform, report.RowsRead, report.RowsRejected));
        var orders = files.Orders;
        Assert.Equal(["#1006", "7210448301122", "7210448301123", "7210448301124", "7210448301125"], orders.Keys.Order(StringComparer.Ordinal));
        var tea = orders["7210448301122"];
        Assert.Equal((47m, 5m, 42m, "ann@x.com", "Tea and 2 more"), (tea.Gross, tea.Refunded, tea.Net, tea.CustomerKey, tea.Item));
        Assert.Equal(new DateTime(2012, 1, 1, 23, 13, 25), tea.PlacedAt);
        Assert.Equal((OrderStanding.Refunded, 0m), (orders["7210448301123"].Standing, orders["7210448301123"].Net));
        Assert.Equal((OrderStanding.Unpaid, 0m), (orders["7210448301124"].Standing, orders["7210448301124"].Net));
        Assert.Equal((OrderStanding.Cancelled, 10m), (orders["7210448301125"].Standing, orders["7210448301125"].Net));
        Assert.Equal(
            [
                "s.csv:8 Total: not an amount; expected digits with a point before the decimals, such as 1234.56, $1,234.56 or -5.00 [ten]",
                "s.csv:9 Total: blank, and the first line of this order was rejected []",
                "s.csv:10 Total: blank, and the first line of this order does not stand directly before it []",
            ],
            files.Rejects);
    }

    [Fact]
    public void Invoices_without_price_are_no_orders_and_credits_undo_none()
    {
        using var files = new OrderFiles();
        files.Read("r.csv", """
            InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
            1,A,"Cup, red",6,2010-12-01 08:26:00,2.555,17850.0,UK
            1,B,Pot,1,2010-12-01 08:26:00,3.39,17850.0,UK
            C1,A,"Cup, red",-6,2010-12-05 09:00:00,2.555,17850.0,UK
            2,A,Gift,1,2010-12-02 08:26:00,0,17850.0,UK
            3,A,Cup,1,12/2/2010 8:26,5,,UK
            3,A,Cup,1,2010-12-02 08:26:00,5,42,UK
            C4,A,Cup,-1,2010-12-02 08:26:00,5,43,UK
            5,A,Cup,1.5,2010-12-02 08:26:00,5,43,UK
            """);
        var book = files.Book(new DateOnly(2010, 12, 31));
        Assert.Equal(("r.csv:9 Quantity: not a whole number, such as 5, -5 or 1,234 [1.5]", 1), (files.Rejects[0], files.Rejects.Count));
        Assert.Equal((1, 3.39m, new DateOnly(2010, 12, 1)), (book.Find("17850")!.Orders, book.Find("17850")!.Net, book.Find("17850")!.LastOrderOn));
        Assert.Equal((1, 5m), (book.Find("42")!.Orders, book.Find("42")!.Net));
        Assert.Equal((0, -5m), (book.Find("43")!.Orders, book.Find("43")!.Net));
        Assert.Equal(1, book.UnlinkedCount);
        Assert.Equal(5m, Assert.Single(book.Unlinked).Net);
        Assert.Equal("Cup, red", files.Orders["1"].Item);
    }

    [Fact]
    public void Day_and_month_can_be_declared_for_an_import()
    {
        using var files = new OrderFiles(new OrderImportOptions { Dates = DateOrder.DayFirst });
        files.Read("a.csv", "customer,order_id,date,net\na,1,05/03/2024,5\n");
        Assert.Equal(new DateOnly(2024, 3, 5), files.Orders["1"].Date);
    }

    [Fact]
    public void Pages_of_Commerce7_are_in_cents_and_refunds_name_their_order()
    {
        using var files = new OrderFiles();
        var report = files.Read("c7.json", """
            { "orders": [
              { "id": "o1", "orderNumber": 1001, "orderSubmittedDate": "2025-03-01T10:00:00.000Z", "paymentStatus": "Paid", "purchaseType": "Regular",
                "total": 12050, "customer": { "firstName": "Ann", "lastName": "A", "emails": [ { "email": "Ann@x.com" } ] }, "items": [ { "productTitle": "Pinot" } ] },
              { "id": "o2", "orderSubmittedDate": "2025-03-05T10:00:00Z", "paymentStatus": "Paid", "purchaseType": "Refund", "previousOrderId": "o1",
                "total": -12050, "customer": { "emails": [ { "email": "ann@x.com" } ] } },
              { "id": "o3", "orderSubmittedDate": "2025-03-06T10:00:00Z", "paymentStatus": "No Charge", "total": 100, "customer": { "emails": [ { "email": "ann@work.com" } ] } },
              { "id": "o4", "orderSubmittedDate": "yesterday", "paymentStatus": "Paid", "total": 100 },
              { "id": "o5", "orderSubmittedDate": "2025-03-06T10:00:00Z", "paymentStatus": "Cancelled", "total": 999, "customer": { "emails": [] } },
              7
            ], "total": 6 }
            """);
        files.Read("customers.json", """{ "customers": [ { "id": "c1", "emails": [ { "email": "Ann@x.com" }, { "email": "ann@work.com" }, { "email": "?" } ] } ], "cursor": "x" }""");
        Assert.Equal((OrderPlatform.Commerce7, 6, 2), (report.Platform, report.RowsRead, report.RowsRejected));
        Assert.Equal(
            [
                "c7.json:7 orderSubmittedDate: not a date; expected YYYY-MM-DD, with or without a time [yesterday]",
                "c7.json:9 : expected an object []",
            ],
            files.Rejects);
        Assert.Equal([("ann@work.com", "ann@x.com"), ("ann@x.com", "ann@x.com")], files.Import.CustomerEmails);
        var orders = files.Orders;
        Assert.Equal((OrderStanding.Counts, 120.5m, "Pinot", "Ann A"), (orders["o1"].Standing, orders["o1"].Net, orders["o1"].Item, orders["o1"].Purchaser));
        Assert.Equal((OrderStanding.Credit, -120.5m, "o1"), (orders["o2"].Standing, orders["o2"].Net, orders["o2"].RefundOf));
        Assert.Equal((OrderStanding.Cancelled, 0m, (string?)null), (orders["o5"].Standing, orders["o5"].Net, orders["o5"].CustomerKey));
        Assert.Equal("No Charge", Assert.Single(files.Import.UnknownStatuses).Text);
        var book = files.Book(new DateOnly(2025, 12, 31));
        foreach (var (email, customer) in files.Import.CustomerEmails)
        {
            Assert.True(book.TryLink(email, customer));
        }

        Assert.Equal((1, 1m), (book.Find("ann@x.com")!.Orders, book.Find("ann@x.com")!.Net));
    }

    [Fact]
    public void Pages_of_Humanitix_and_Eventbrite_are_read()
    {
        using var files = new OrderFiles();
        files.Read("h.json", """
            [ { "total": 1, "pageSize": 100, "page": 1, "orders": [
                { "_id": "5ac59", "orderName": "ABCD1234", "eventId": "e1", "email": "ann@x.com", "firstName": "Ann", "lastName": "A", "status": "complete",
                  "financialStatus": "partiallyRefunded", "completedAt": "2025-02-01T11:00:00.000Z",
                  "totals": { "grossSales": 900, "netSales": 851.15, "refunds": 20.5 } } ] },
              { "page": 2, "orders": [] } ]
            """);
        files.Read("e.json", """
            { "pagination": { "object_count": 2, "page_number": 1 }, "orders": [
              { "id": "752", "created": "2018-04-03T18:35:46Z", "name": "Bo B", "email": "bo@x.com", "status": "placed", "event_id": "44",
                "costs": { "gross": { "currency": "USD", "value": 2550, "major_value": "25.50" }, "eventbrite_fee": { "value": 150 }, "payment_fee": { "value": 75 }, "tax": { "value": 25 } } } ] }
            { "attendees": [
              { "id": "1", "order_id": "900", "created": "2018-04-04T18:35:46Z", "profile": { "name": "Cy C", "email": "cy@x.com" }, "status": "Attending", "refunded": false, "costs": { "gross": { "currency": "USD", "value": 1000 } } },
              { "id": "2", "order_id": "900", "created": "2018-04-04T18:35:46Z", "profile": { "name": "Di D", "email": "di@x.com" }, "status": "Deleted", "refunded": true, "costs": { "gross": { "currency": "USD", "value": 500 } } } ] }
            """);
        var orders = files.Orders;
        Assert.Equal((851.15m, 20.5m, OrderStanding.Counts, "ann@x.com"), (orders["5ac59"].Net, orders["5ac59"].Refunded, orders["5ac59"].Standing, orders["5ac59"].CustomerKey));
        Assert.Equal((25.5m, 2.5m, 23m, new DateOnly(2018, 4, 3)), (orders["752"].Gross, orders["752"].Fees, orders["752"].Net, orders["752"].Date));
        Assert.Equal((10m, "cy@x.com", OrderStanding.Counts), (orders["900"].Net, orders["900"].CustomerKey, orders["900"].Standing));
        Assert.Empty(files.Rejects);
        Assert.Empty(files.Import.UnknownStatuses);
    }

    [Theory]
    [InlineData("{ \"orders\": [ { ")]
    [InlineData("{ \"data\": [] }")]
    [InlineData("[ { \"x\": 1 } ] trailing")]
    [InlineData("{ \"orders\": [ { \"id\": 1 } ] }")]
    public void What_is_no_page_is_refused(string text)
    {
        using var files = new OrderFiles();
        Assert.Throws<SourceException>(() => files.Read("a.json", text));
    }

    private static string Humanitix(
        string id, string email, string date, string financial, string paid, string refunds, string earnings, string payout, string status, string longId) =>
        $"{id},Jazz Night,20/04/2025,7:00 pm,First,Last,{email},,{date},Online,{financial},1,0,$0.00,$0.00,$0.00,$0.00,$0.00,$0.00,$0.00,$0.00,{paid},$0.00,$0.00,$0.00,"
        + $"{refunds},{earnings},{payout},$0.00,$0.00,$0.00,,$0.00,$0.00,$0.00,$0.00,Stripe,No,,{status},Online,Yes,{longId}\n";
}
