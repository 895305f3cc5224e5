using System.Globalization;
using System.Text;
using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Orders;
using Loyalty.Programs;
using Loyalty.Scoring;
using Loyalty.Storage.InMemory.Scores;
using Loyalty.Storage.Scores;

namespace Loyalty.Tests.Ingest.Cases;

/// <summary>Files of orders that were once read wrongly, each with what it comes to; the invented people buy for round sums.</summary>
public sealed class OrderCaseTests
{
    private const string Changed = "changed by a spreadsheet";

    /// <summary>Case, files in their order, date of scoring, customers as <c>name orders net</c>, rejects as <c>file:line column: start of the reason</c>.</summary>
    public static TheoryData<string, string, string, string, string> Cases => new()
    {
        { "b29", "orders.json", "2025-03-03", "ann@x.test 1 100", "orders.json:1 orderSubmittedDate: blank" },
        { "b29", "orders.json", "2025-03-05", "ann@x.test 1 60", "orders.json:1 orderSubmittedDate: blank" },
        { "b29", "orders.json", "2025-03-06", "ann@x.test 0 0; bea@x.test 1 50", "orders.json:1 orderSubmittedDate: blank" },
        { "b29", "orders.json", "2025-03-31", "ann@x.test 0 0; bea@x.test 1 50; cy@x.test 0 0", "orders.json:1 orderSubmittedDate: blank" },
        { "b33", "p3.json", "2025-04-01", "ann@x.test 1 50", "" },
        { "b33", "p4.json p4.json", "2025-04-01", "ann@x.test 1 50", "" },
        { "b33", "p1.json p2.json", "2025-03-04", "ann@x.test 1 100", "" },
        { "b33", "p1.json p2.json", "2025-04-01", "ann@x.test 0 0", "" },
        { "b37", "p1.json", "2025-04-01", "ann@x.test 0 0", "" },
        { "b37", "p1.json p2.json", "2025-04-01", "ann@x.test 1 100", "" },
        { "b37", "p1.json p3.json", "2025-04-01", "ann@x.test 1 70", "" },
        { "b17", "orders.json", "2025-04-01", "ann@x.test 0 0; bea@x.test 1 60; cy@x.test 0 0; dee@x.test 0 0", "" },
        { "b05", "orders.csv", "2025-04-01", "ann@x.test 1 47; bea@x.test 1 47", "" },
        { "b19", "orders.csv", "2025-04-01", "ann@x.test 0 0; bea@x.test 1 47", "" },
        { "b25", "orders.csv", "2025-04-01", "ann@x.test 0 0; bea@x.test 0 0; cy@x.test 1 47; dee@x.test 0 0; eve@x.test 0 0", "" },
        { "b26", "orders.csv", "2026-10-01", "ann@x.test 2 141", "" },
        { "b01", "orders.csv", "2025-04-01", "", $"orders.csv:2 Id: {Changed}; orders.csv:3 Id: {Changed}; orders.csv:4 Id: {Changed}" },
        { "b03", "orders.csv", "2025-04-01", "", $"orders.csv:2 Order ID: {Changed}; orders.csv:3 Order ID: {Changed}; orders.csv:4 Order ID: {Changed}" },
        { "b34", "day1.csv", "2025-01-01", "ann@x.test 1 47", "" },
        { "b34", "day1.csv day2.csv", "2025-01-01", "ann@x.test 0 0; bea@x.test 1 47", "" },
        { "b53", "o.json a.json", "2025-04-01", "ann@x.test 1 50", "" },
        { "b53", "a.json o.json", "2025-04-01", "ann@x.test 1 50", "" },
        { "b53", "a.json", "2025-04-01", "ann@x.test 1 50", "" },
        { "b39", "us.csv eu.csv", "2025-04-01", "", "us.csv:2 Name: contradictory; eu.csv:2 Name: contradictory" },
        { "b39", "us.csv us.csv", "2025-04-01", "ann@x.test 1 50", "" },
        { "b23", "orders.csv", "2025-04-01", "ann@x.test 7 350", "" },
        { "b24", "orders.csv program.json", "2025-04-01", "ann@x.test 2 10", "orders.csv:2 net: '$'; orders.csv:4 net: '€'; orders.csv:5 net: '¥'" },
        { "b06", "orders.csv", "2026-10-01", "ann@x.test 1 23.5", "" },
        { "b10", "orders.csv", "2025-04-01", "ann@x.test 1 47", "" },
        { "b55", "o.json", "2025-04-01", "ann@x.test 1 60; bea@x.test 1 60; dee@x.test 1 0", "" },
        { "b40", "orders.csv", "2025-04-01", "ann@x.test 2 100", "" },
        { "b38", "p.json program.json", "2025-03-31", "ann@x.test 1 100", "" },
        { "b38", "p.json", "2025-03-31", "", "" },
        { "b52", "a.csv b.csv", "2025-04-01", "ann@x.test 1 100; bea@x.test 1 40; cy@x.test 1 40", "" },
        { "b31", "orders.csv", "2025-03-19", "ann@x.test 1 100; bea@x.test 1 100", "" },
        { "b31", "orders.csv", "2025-03-20", "ann@x.test 0 0; bea@x.test 1 60", "" },
        { "b46", "orders.csv", "2025-04-01", "ann@x.test 1 40; bea@x.test 0 0; cy@x.test 0 0; dee@x.test 0 0", "" },
        { "b20", "orders.csv", "2025-04-01", "ann@x.test 0 50; bea@x.test 1 50", "" },
        { "b20", "orders-two-l.csv", "2025-04-01", "ann@x.test 0 50; bea@x.test 1 50", "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_case_comes_to_what_a_person_expects(string id, string files, string asOf, string customers, string rejects)
    {
        var date = DateOnly.ParseExact(asOf, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var found = new List<string>();
        var import = Read(id, files, found);
        var expected = rejects.Split("; ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Length, found.Count);
        Assert.All(expected.Zip(found), static p => Assert.StartsWith(p.First, p.Second, StringComparison.Ordinal));
        Assert.Equal(expected.Length, import.Files.Sum(static f => f.RowsRejected));
        var sums = new OrderSums(date);
        var book = new OrderBook(date);
        foreach (var order in import.Enumerate())
        {
            sums.Add(order);
            book.Put(order);
        }

        Assert.Equal(customers, Show(sums.ToPopulation()));
        Assert.Equal(customers, Show(book.ToPopulation()));
        Assert.Equal(customers, await StoredAsync(import, date));
    }

    [Fact]
    public void B24_Without_a_program_two_currencies_are_refused_and_both_are_named()
    {
        var e = Assert.Throws<SourceException>(() => Read("b24", "orders.csv", []));
        Assert.Equal(SourceFault.Currency, e.Fault);
        Assert.Contains("'$' (orders.csv, line 2) and '£' (orders.csv, line 3)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B29_The_customer_is_as_recent_as_her_order_until_it_is_given_back()
    {
        var book = new OrderBook(new DateOnly(2025, 3, 3));
        foreach (var order in Read("b29", "orders.json", []).Complete())
        {
            book.Put(order);
        }

        Assert.Equal(5, ScoringProgram.Default.Score(book.ToPopulation(), book.AsOf)[0].Cell.Recency);
        book.AdvanceTo(new DateOnly(2025, 3, 5));
        Assert.Equal((1, 60m), (book.Find("ann@x.test")!.Orders, book.Find("ann@x.test")!.Net));
        Assert.Equal(5, ScoringProgram.Default.Score(book.ToPopulation(), book.AsOf)[0].Cell.Recency);
        book.AdvanceTo(new DateOnly(2025, 3, 6));
        Assert.Equal((0, 1, 0m), (book.Find("ann@x.test")!.Orders, book.Find("ann@x.test")!.DeadOrders, book.Find("ann@x.test")!.Net));
    }

    [Fact]
    public void R04_No_orders_and_a_last_order_contradict()
    {
        var population = new CustomerPopulation();
        var found = new List<string>();
        CustomerFile.Read(PathOf("r04", "customers.csv"), new DateOnly(2025, 2, 1), population, (in Reject r) => found.Add($"{r.Line} {r.Reason}"));
        Assert.Equal("ann@x.test 3 50", Show(population));
        Assert.Equal("6 contradictory: a last order, although there are 0 orders", found[3]);
        Assert.Equal(6, found.Count);
    }

    internal static string PathOf(string id, string file) => Path.Combine(AppContext.BaseDirectory, "Cases", "Inputs", id, file);

    private static OrderImport Read(string id, string files, List<string> rejects)
    {
        var names = files.Split(' ');
        var program = Array.Find(names, static n => n == "program.json") is { } file ? LoyaltyProgram.Parse(File.ReadAllBytes(PathOf(id, file))) : null;
        var import = new OrderImport(
            new OrderImportOptions { Currency = program?.Currency, Signs = program?.Signs ?? [], TimeZone = program?.TimeZone },
            (in Reject r) => rejects.Add($"{r.File}:{r.Line} {r.Column}: {r.Reason}"));
        foreach (var name in names.Where(static n => n != "program.json"))
        {
            import.Read(PathOf(id, name));
        }

        return import;
    }

    private static string Show(CustomerPopulation customers) => string.Join("; ", Enumerable.Range(0, customers.Count).Select(i => string.Create(
        CultureInfo.InvariantCulture, $"{customers.NameAt(i)} {customers.InputAt(i).Orders} {customers.InputAt(i).Net / 1.00000m:0.##}")));

    private static async Task<string> StoredAsync(OrderImport import, DateOnly asOf)
    {
        var store = new InMemoryScoreStore();
        await using var session = await store.BeginRunAsync(ScoringProgram.Default, asOf, OrderScope.All);
        await session.PutAsync(import.Complete());
        await session.RescoreAsync();
        await session.CommitAsync();
        return Show((await store.ReadScoresAsync())!);
    }

    private static string Show(StoredScores scores) => string.Join("; ", scores.Scores.Select(static s => string.Create(
        CultureInfo.InvariantCulture, $"{s.Customer} {s.Input.Orders} {s.Input.Net / 1.00000m:0.##}")));
}
