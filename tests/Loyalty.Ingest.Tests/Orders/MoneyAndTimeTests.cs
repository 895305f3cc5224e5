using System.Text;
using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Tests.Ingest.Orders;

/// <summary>F06, F07, F08: addresses, currencies and zones.</summary>
public sealed class MoneyAndTimeTests
{
    public static TheoryData<string, string> OwnSigns => new()
    {
        { "USD", "$ US$" }, { "AUD", "$ A$ AU$" }, { "CAD", "$ CA$ C$" }, { "MXN", "$ MX$" }, { "ARS", "$" }, { "CLP", "$" }, { "COP", "$" }, { "NZD", "$ NZ$" }, { "SGD", "$ S$" },
        { "HKD", "$ HK$" }, { "TWD", "$ NT$" }, { "PHP", "₱" }, { "GBP", "£" }, { "EUR", "€" }, { "JPY", "¥" }, { "CNY", "¥" }, { "VND", "₫" }, { "IDR", "Rp" }, { "BRL", "R$" },
        { "KRW", "₩" }, { "PLN", "zł" }, { "INR", "₹" }, { "SEK", "kr" }, { "NOK", "kr" }, { "DKK", "kr" },
    };

    [Theory]
    [MemberData(nameof(OwnSigns))]
    public void F07_A_sign_is_taken_for_its_own_currencies_and_no_other(string code, string own)
    {
        var signs = OwnSigns.SelectMany(static s => s.Data.Item2.Split(' ')).Concat(OwnSigns.Select(static s => s.Data.Item1)).Distinct(StringComparer.Ordinal).ToList();
        string[] taken = [.. own.Split(' '), code];
        using var files = new OrderFiles(new OrderImportOptions { Currency = Currency.Get(code) });
        var text = new StringBuilder("customer,order_id,date,net\n");
        foreach (var sign in signs)
        {
            text.Append($"ann,{sign} front,2025-03-01,{sign}12\nann,{sign} space,2025-03-01,{sign} 12\nann,{sign} behind,2025-03-01,12 {sign}\nann,{sign} minus,2025-03-01,-{sign}12\n");
        }

        files.Read("a.csv", text.ToString());
        Assert.Equal(taken.Order(StringComparer.Ordinal), files.Orders.Values.Where(static o => o.RefundOf is null).Select(static o => o.Key.Id.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal((signs.Count - taken.Length) * 4, files.Rejects.Count);
        Assert.All(files.Rejects, reject => Assert.Contains($" is not the program's currency, which is {code}", reject, StringComparison.Ordinal));
    }

    [Fact]
    public void F07_A_program_may_add_a_sign_for_a_source_that_prints_it_wrongly()
    {
        using var files = new OrderFiles(new OrderImportOptions { Currency = Currency.Get("PHP"), Signs = ["$"] });
        files.Read("a.csv", "customer,order_id,date,net\nann,1,2025-03-01,$12\nann,2,2025-03-01,US$12\n");
        Assert.Equal(12m, Assert.Single(files.Orders).Value.Net);
        Assert.Single(files.Rejects);
        Assert.Throws<ArgumentException>(() => CurrencySigns.Of(Currency.Get("PHP"), "1"));
    }

    [Theory]
    [InlineData("$1", "€2", "'$'", "'€'")]
    [InlineData("USD 1", "2 EUR", "'USD'", "'EUR'")]
    [InlineData("CA$1", "US$2", "'CA$'", "'US$'")]
    [InlineData("¥1", "$2", "'¥'", "'$'")]
    [InlineData("$1", "PHP 2", "'$'", "'PHP'")]
    public void F07_Without_a_program_two_currencies_end_the_run_and_both_are_named(string first, string second, string one, string other)
    {
        foreach (var split in new[] { false, true })
        {
            using var files = new OrderFiles();
            var rows = $"a,1,2025-03-01,{first}\n" + (split ? "" : $"a,2,2025-03-01,{second}\n");
            var e = Assert.Throws<SourceException>(() =>
            {
                files.Read("a.csv", "customer,order_id,date,net\n" + rows);
                files.Read("b.csv", $"customer,order_id,date,net\na,2,2025-03-01,{second}\n");
            });
            Assert.Equal(SourceFault.Currency, e.Fault);
            Assert.Contains(one, e.Message, StringComparison.Ordinal);
            Assert.Contains(other, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("$1", "USD 2", "3")]
    [InlineData("$1", "CA$2", "CAD 3")]
    [InlineData("¥1", "2 ¥", "JPY 3")]
    public void F07_Signs_that_may_be_one_currency_are_one_run(string first, string second, string third)
    {
        using var files = new OrderFiles();
        files.Read("a.csv", $"customer,order_id,date,net\na,1,2025-03-01,{first}\na,2,2025-03-01,{second}\na,3,2025-03-01,{third}\na,4,2025-03-01,bad $ €\n");
        Assert.Equal(6m, files.Book(new DateOnly(2025, 12, 31)).Find("a")!.Net);
    }

    [Fact]
    public void F07_Codes_in_columns_headers_and_pages_are_one_with_signs()
    {
        const string shopify = "Name,Email,Financial Status,Total,Created at,Currency,Id\n#1,ann@x.test,paid,5,2025-03-01,USD,1\n";
        const string older = "Order ID,Date,Email Address,Gross Revenue (GBP)\n2,3/1/2025,bea@x.test,50\n";
        const string page = """{ "orders": [ { "id": "3", "created": "2025-03-01", "status": "placed", "costs": { "gross": { "currency": "EUR", "value": 100 } } } ] }""";
        using var mixed = new OrderFiles();
        mixed.Read("s.csv", shopify);
        Assert.Throws<SourceException>(() => mixed.Read("o.csv", older));
        using var pages = new OrderFiles();
        pages.Read("o.csv", older);
        Assert.Throws<SourceException>(() => pages.Read("p.json", page));
        using var files = new OrderFiles(new OrderImportOptions { Currency = Currency.Get("USD") });
        files.Read("s.csv", shopify);
        files.Read("o.csv", older);
        files.Read("p.json", page);
        Assert.Equal(["1"], files.Orders.Keys);
        Assert.Equal(
            ["o.csv:2 Gross Revenue (GBP): 'GBP' is not the program's currency, which is USD [50]", "p.json:1 costs.gross.currency: 'EUR' is not the program's currency, which is USD [EUR]"],
            files.Rejects);
    }

    [Fact]
    public void F07_Customers_have_one_currency_too()
    {
        using var files = new OrderFiles();
        var path = files.Write("c.csv", "customer,last_order_on,orders,net\na,2025-01-01,1,$5\nb,2025-01-01,1,£5\n");
        var population = new CustomerPopulation();
        Assert.Throws<SourceException>(() => CustomerFile.Read(path, new DateOnly(2025, 6, 1), population, static (in Reject _) => { }));
        population = new CustomerPopulation();
        var report = CustomerFile.Read(path, new DateOnly(2025, 6, 1), population, static (in Reject _) => { }, signs: CurrencySigns.Of(Currency.Get("GBP")));
        Assert.Equal((1L, 1), (report.RowsRejected, population.Count));
    }

    [Theory]
    [InlineData("2025-04-01T03:30:00Z", "America/Los_Angeles", "2025-03-31 20:30")]
    [InlineData("2025-03-31 20:30:00 -0700", "Asia/Tokyo", "2025-04-01 12:30")]
    [InlineData("2025-03-31T23:30+02:00", "America/New_York", "2025-03-31 17:30")]
    [InlineData("2025-03-09T06:59:59Z", "America/New_York", "2025-03-09 01:59")]
    [InlineData("2025-03-09T07:00:00Z", "America/New_York", "2025-03-09 03:00")]
    [InlineData("2025-04-01 03:30:00", "America/Los_Angeles", "2025-04-01 03:30")]
    [InlineData("2025-04-01", "America/Los_Angeles", "2025-04-01 00:00")]
    [InlineData("0001-01-01T00:00:00Z", "America/Los_Angeles", "0001-01-01 00:00")]
    [InlineData("9999-12-31T23:59:00Z", "Asia/Tokyo", "9999-12-31 23:59")]
    [InlineData("2025-04-01T03:30:00Z", null, "2025-04-01 03:30")]
    public void F08_A_time_with_a_zone_is_dated_in_the_program_s(string time, string? zone, string local)
    {
        var options = new OrderImportOptions { TimeZone = zone is null ? null : TimeZoneInfo.FindSystemTimeZoneById(zone) };
        using var files = new OrderFiles(options);
        files.Read("a.csv", $"customer,order_id,date,net\nann,1,{time},5\n");
        files.Read("s.csv", $"Name,Email,Financial Status,Total,Created at,Id\n#1,ann@x.test,paid,5,{time},s\n");
        files.Read("e.csv", $"Order ID,Order date,Buyer email,Net sales\ne,{time},ann@x.test,5\n");
        files.Read("c.json", $$"""{ "orders": [ { "id": "c", "orderSubmittedDate": "{{time}}", "paymentStatus": "Paid", "total": 1 } ] }""");
        Assert.All(files.Orders.Values, o => Assert.Equal(local, o.PlacedAt.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("Ann@X.test")]
    [InlineData(" ann@x.test ")]
    [InlineData("\u200Bann@x.test")]
    [InlineData("ann@x.test\uFEFF")]
    [InlineData("\u202Aann@x.test\u202C")]
    [InlineData("mailto:ann@x.test")]
    [InlineData("<ann@x.test>")]
    [InlineData("ann@x.test;")]
    [InlineData("a\u00ADnn@x.test")]
    public void F06_An_address_is_one_customer_in_every_reader(string address)
    {
        using var files = new OrderFiles();
        files.Read("a.csv", $"customer,order_id,date,net\n{address},1,2025-03-01,1\n");
        files.Read("s.csv", $"Name,Email,Financial Status,Total,Created at,Id\n#1,{address},paid,1,2025-03-01,2\n");
        files.Read("e.csv", $"Order ID,Order date,Buyer email,Net sales\n3,2025-03-01,{address},1\n");
        files.Read("t.csv", $"Order #,Order Date,Email,Total Paid,Attendee #\n4,2025-03-01,{address},1,1\n");
        files.Read("h.csv", $"Long order id,Email,Order date,Financial status,Your earnings,Status\n5,{address},2025-03-01,Paid,1,Complete\n");
        files.Read("c.json", $$"""{ "orders": [ { "id": "6", "orderSubmittedDate": "2025-03-01", "paymentStatus": "Paid", "total": 100, "customer": { "emails": [ { "email": "{{address}}" } ] } } ] }""");
        files.Read("h.json", $$"""{ "orders": [ { "_id": "7", "orderName": "x", "completedAt": "2025-03-01", "email": "{{address}}", "totals": { "netSales": 1 } } ] }""");
        files.Read("e.json", $$"""{ "orders": [ { "id": "8", "created": "2025-03-01", "status": "placed", "email": "{{address}}", "costs": { "gross": { "value": 100 } } } ] }""");
        files.Read("k.json", $$"""{ "customers": [ { "id": "k", "emails": [ { "email": "{{address}}" } ] } ] }""");
        Assert.Equal(8, files.Book(new DateOnly(2025, 12, 31)).Find("ann@x.test")!.Orders);
        Assert.Equal([("ann@x.test", "ann@x.test")], files.Import.CustomerEmails);
        var population = new CustomerPopulation();
        CustomerFile.Read(files.Write("c.csv", $"customer,last_order_on,orders,net\n{address},2025-01-01,1,5\n"), new DateOnly(2025, 6, 1), population, static (in Reject _) => { });
        Assert.Equal("ann@x.test", population.NameAt(0));
    }

    [Theory]
    [InlineData("ann@x")]
    [InlineData("ann@x.test.")]
    [InlineData("ann@x.test;bea@x.test")]
    [InlineData("ann x@x.test")]
    public void F06_What_is_no_address_links_nothing_but_stays_the_name_of_a_plain_customer(string address)
    {
        using var files = new OrderFiles();
        files.Read("s.csv", $"Name,Email,Financial Status,Total,Created at,Id\n#1,{address},paid,1,2025-03-01,2\n");
        Assert.Null(files.Orders["2"].CustomerKey);
        Assert.Equal(address, files.Orders["2"].Contact);
        Assert.Equal(address, CustomerEmail.NameOf($" {address.ToUpperInvariant()} "));
        Assert.Null(CustomerEmail.NameOf("  "));
        Assert.Equal("Ann 7", CustomerEmail.NameOf("Ann 7"));
    }
}
