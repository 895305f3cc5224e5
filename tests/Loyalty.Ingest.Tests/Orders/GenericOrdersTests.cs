using System.Text;
using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Tests.Ingest.Orders;

public sealed class GenericOrdersTests
{
    private static readonly DateOnly AsOf = new(2025, 6, 30);

    [Fact]
    public void Rows_of_one_order_add_up_and_the_earliest_dates_it()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", """
            customer,order_id,date,net
             Ann@X.com ,1,2025-03-05,10.005
            ann@x.com,1,2025-03-01 23:59:59,20
            ,1,2025-03-09,"1,000.50"
            """);
        files.Read("b.csv", """
            date,net,order_id,customer,colour
            2025-03-02,-0.5,1,ANN@x.com,red
            """);
        var order = files.Orders["1"];
        Assert.Equal(("ann@x.com", "Ann@X.com", 1030.505m), (order.CustomerKey, order.Contact, order.Net));
        Assert.Equal(new DateTime(2025, 3, 1, 23, 59, 59), order.PlacedAt);
        Assert.Equal(OrderStanding.Counts, order.Standing);
        Assert.Equal(("1", OrderStanding.Credit, -0.5m), (files.Orders["1 (refund 2025-03-02)"].RefundOf, files.Orders["1 (refund 2025-03-02)"].Standing, files.Orders["1 (refund 2025-03-02)"].Net));
        Assert.Equal(1030.005m, files.Book(AsOf).Find("ann@x.com")!.Net);
        Assert.Equal(["colour"], files.Import.Files[1].UnknownColumns);
        Assert.Empty(files.Rejects);
    }

    [Fact]
    public void A_blank_order_id_makes_each_row_an_order_and_duplicates_stay()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", "customer,order_id,date,net\nc1,,2025-01-01,5\nc1,,2025-01-01,5\nc1,-,2025-01-01,5\n");
        files.Read("b.csv", "customer,order_id,date,net\nc1,,2025-01-01,5\n");
        Assert.Equal((4, 20m), (files.Book(AsOf).Find("c1")!.Orders, files.Book(AsOf).Find("c1")!.Net));
    }

    [Fact]
    public void An_order_given_back_in_full_is_refunded_and_one_for_nothing_counts()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", """
            customer,order_id,date,net
            a,1,2025-01-01,50
            a,1,2025-01-09,-50
            b,2,2025-01-01,50
            b,2,2025-01-09,-49.99
            c,3,2025-01-01,0
            d,4,2025-01-01,-3
            """);
        var book = files.Book(AsOf);
        Assert.Equal((0, 1, 0m), (book.Find("a")!.Orders, book.Find("a")!.DeadOrders, book.Find("a")!.Net));
        Assert.Equal((1, 0.01m), (book.Find("b")!.Orders, book.Find("b")!.Net));
        Assert.Equal((1, 0m), (book.Find("c")!.Orders, book.Find("c")!.Net));
        Assert.Equal((0, -3m), (book.Find("d")!.Orders, book.Find("d")!.Net));
        var run = ScoringProgram.Default.Score(book.ToPopulation(), AsOf);
        Assert.Equal(new RfmCell(1, 1, 1), run[0].Cell);
        Assert.Equal(4, run.Count);
    }

    [Fact]
    public void Orders_without_customer_are_kept_unlinked()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", "customer,order_id,date,net\n,1,2025-01-01,5\n\t,2,2025-01-01,5\nX 1,3,2025-01-01,5\na@b@c,4,2025-01-01,5\n");
        var book = files.Book(AsOf);
        Assert.Equal((2, 2), (book.UnlinkedCount, book.LinkedCount));
        Assert.Equal(["X 1", "a@b@c"], book.Customers.Order());
    }

    [Fact]
    public void What_does_not_fit_is_rejected_with_file_line_column_reason_and_value()
    {
        using var files = new OrderFiles(new OrderImportOptions { Currency = Currency.Get("EUR") });
        var report = files.Read("a.csv", """
            customer,order_id,date,net,currency
            a,1,01/02/2024,5,EUR
            a,2,2025-02-30,5,
            a,3,2025-01-01,"12,5",
            a,4,2025-01-01,,
            a,5,,x,
            b,6,2025-01-01,5,USD
            c,7,2025-01-01,5,EUR
            d,7,2025-01-01,5,EUR
            e,8,2025-01-01,1e5,
            e,9,2025-01-01,1000000000000,
            e,10,2025-01-01,0.1234567890123456,
            short,row
            "bro"ken,1,2025-01-01,5,EUR
            """);
        Assert.Equal(
            [
                "a.csv:2 date: not a date; expected YYYY-MM-DD, with or without a time [01/02/2024]",
                "a.csv:3 date: not a date; expected YYYY-MM-DD, with or without a time [2025-02-30]",
                "a.csv:4 net: not an amount; expected digits with a point before the decimals, such as 1234.56, $1,234.56 or -5.00 [12,5]",
                "a.csv:5 net: blank []",
                "a.csv:6 date: blank []",
                "a.csv:7 currency: 'USD' is not the program's currency, which is EUR [USD]",
                "a.csv:9 customer: an earlier row of this order names another customer [d]",
                "a.csv:10 net: not an amount; expected digits with a point before the decimals, such as 1234.56, $1,234.56 or -5.00 [1e5]",
                "a.csv:11 net: the amount is too large; it must be below 10^12 [1000000000000]",
                "a.csv:12 net: the amount has more than 15 decimals [0.1234567890123456]",
            ],
            files.Rejects.Take(10));
        Assert.Equal((13, 12), (report.RowsRead, report.RowsRejected));
        Assert.Equal("c", Assert.Single(files.Orders).Value.CustomerKey);
    }

    [Fact]
    public void C03_Encodings_are_read_or_refused_by_name()
    {
        const string text = "customer,order_id,date,net\nZoë,1,2025-01-01,5\n";
        foreach (var encoding in new Encoding[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            using var files = new OrderFiles();
            files.Read("a.csv", [.. encoding.GetPreamble(), .. encoding.GetBytes(text)]);
            Assert.Equal("Zoë", files.Orders["1"].CustomerKey);
        }

        using var latin = new OrderFiles();
        latin.Read("a.csv", Encoding.Latin1.GetBytes(text));
        Assert.Single(latin.Rejects);
        using var named = new OrderFiles(new OrderImportOptions { Encoding = Encoding.Latin1 });
        named.Read("a.csv", Encoding.Latin1.GetBytes(text));
        Assert.Equal("Zoë", named.Orders["1"].CustomerKey);
        using var other = new OrderFiles();
        Assert.Equal(SourceFault.Encoding, Assert.Throws<SourceException>(() => other.Read("a.csv", new UnicodeEncoding(false, false).GetBytes(text))).Fault);
    }

    [Fact]
    public void C18_Ids_stay_text()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", "customer,order_id,date,net\n007,1E5,2025-01-01,5\n7,100000,2025-01-01,5\n007,12345678901234567890,2025-01-01,5\n");
        Assert.Equal(["100000", "12345678901234567890", "1E5"], files.Orders.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["007", "7"], files.Book(AsOf).Customers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_header_that_fits_no_export_is_refused_with_what_was_found()
    {
        using var files = new OrderFiles();
        var e = Assert.Throws<SourceException>(() => files.Read("a.csv", "customer,date,net\nx,2025-01-01,5\n"));
        Assert.Contains("'customer', 'date', 'net'", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<SourceException>(() => files.Read("a.csv", "customer,date,net\nx,2025-01-01,5\n", OrderPlatform.Generic));
        Assert.Contains("lacks 'order_id'", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<SourceException>(() => files.Read("a.csv", "customer,date,net\nx,2025-01-01,5\n", OrderPlatform.Commerce7));
        Assert.Contains("JSON", e.Message, StringComparison.Ordinal);
        Assert.Equal(SourceFault.Empty, Assert.Throws<SourceException>(() => files.Read("a.csv", string.Empty)).Fault);
        Assert.Equal(0, files.Read("a.csv", "customer,order_id,date,net\n").RowsRead);
    }

    [Theory]
    [InlineData("2025-04-11", DateOrder.YearFirst, "2025-04-11T00:00:00")]
    [InlineData("2025-04-11T23:30:59Z", DateOrder.YearFirst, "2025-04-11T23:30:59")]
    [InlineData("2025-04-11 00:43:05.123 -0500", DateOrder.DayFirst, "2025-04-11T00:43:05")]
    [InlineData("2025-04-11T00:43+10:30", DateOrder.MonthFirst, "2025-04-11T00:43:00")]
    [InlineData("11/04/2025 12:43 am", DateOrder.DayFirst, "2025-04-11T00:43:00")]
    [InlineData("11/04/2025 12:43 PM", DateOrder.DayFirst, "2025-04-11T12:43:00")]
    [InlineData("11/04/2025, 1:05pm", DateOrder.DayFirst, "2025-04-11T13:05:00")]
    [InlineData("11/29/24 22:28", DateOrder.MonthFirst, "2024-11-29T22:28:00")]
    [InlineData("1/2/2024", DateOrder.MonthFirst, "2024-01-02T00:00:00")]
    [InlineData("1/2/2024", DateOrder.DayFirst, "2024-02-01T00:00:00")]
    [InlineData("1/2/2024", DateOrder.YearFirst, null)]
    [InlineData("13/01/2024", DateOrder.MonthFirst, null)]
    [InlineData("29/02/2023", DateOrder.DayFirst, null)]
    [InlineData("05.03.2024", DateOrder.DayFirst, null)]
    [InlineData("1/2/202", DateOrder.DayFirst, null)]
    [InlineData("2025-04-11 24:00", DateOrder.YearFirst, null)]
    [InlineData("2025-04-11 23:59:60", DateOrder.YearFirst, null)]
    [InlineData("2025-04-11 13:00 pm", DateOrder.YearFirst, null)]
    [InlineData("2025-04-11 0:30 am", DateOrder.YearFirst, null)]
    [InlineData("2025-04-11x", DateOrder.YearFirst, null)]
    [InlineData("2025-04-11 ", DateOrder.YearFirst, null)]
    [InlineData("2025-04-11 10:00 +25:00", DateOrder.YearFirst, null)]
    [InlineData("1712793600", DateOrder.YearFirst, null)]
    public void C12_Only_declared_dates_are_read(string text, DateOrder order, string? expected)
    {
        Assert.Equal(expected is not null, CellTime.TryParse(Encoding.UTF8.GetBytes(text), order, zone: null, out var time));
        Assert.Equal(expected, expected is null ? null : time.ToString("s", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Customers_are_read_with_what_they_are_scored_from()
    {
        using var files = new OrderFiles();
        var path = files.Write("c.csv", "customer,last_order_on,orders,net\nA@x.com,2025-06-01,3,\"$1,200.50\"\nb,,0,0\na@x.com,2025-06-01,1,1\nc,2025-07-01,1,1\nd,,2,5\ne,2025-01-01,-1,5\nf,2025-01-01,1,\n");
        var rejects = new List<string>();
        var population = new CustomerPopulation();
        var report = CustomerFile.Read(path, AsOf, population, (in Reject r) => rejects.Add($"{r.Line} {r.Column}: {r.Reason}"));
        Assert.Equal((7, 5), (report.RowsRead, report.RowsRejected));
        Assert.Equal(
            [
                "4 customer: this customer stands in an earlier row already", "5 last_order_on: after the date of scoring, 2025-06-30",
                "6 last_order_on: blank, although there are orders", "7 orders: negative; expected a whole number of at least 0",
            ],
            rejects.Take(4));
        Assert.Equal(new RfmInput(new DateOnly(2025, 6, 1), 3, 1200.5m), population.InputAt(0));
        Assert.Equal(("a@x.com", "b", default(RfmInput)), (population.NameAt(0), population.NameAt(1), population.InputAt(1)));
    }

    [Fact]
    public void C17_Whatever_is_in_the_cells_every_row_is_taken_or_rejected()
    {
        var random = new Random(20251015);
        string[] cells = ["", "a@x.com", "-", "\t", "5", "-5", "12,5", "1e9", "\"", "a\"b", "2025-01-01", "1/1/25", "é", "\0", "=1+1", "999999999999", "0.000000000000001"];
        for (var round = 0; round < 300; round++)
        {
            using var files = new OrderFiles();
            var text = new StringBuilder("customer,order_id,date,net\n");
            var rows = random.Next(1, 12);
            for (var i = 0; i < rows; i++)
            {
                text.AppendJoin(',', Enumerable.Range(0, random.Next(3, 6)).Select(_ => cells[random.Next(cells.Length)].Replace("\"", random.Next(3) == 0 ? "\"" : "", StringComparison.Ordinal))).Append('\n');
            }

            try
            {
                var report = files.Read("a.csv", text.ToString());
                Assert.Equal(files.Rejects.Count, report.RowsRejected);
                Assert.True(report.RowsRead >= report.RowsRejected + files.Orders.Count, text.ToString());
                files.Book(AsOf);
            }
            catch (SourceException e)
            {
                Assert.Equal(SourceFault.UnclosedQuote, e.Fault);
            }
        }
    }
}
