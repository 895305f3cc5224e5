using Loyalty.Ingest;
using Loyalty.Orders;

namespace Loyalty.Tests.Ingest.Orders;

/// <summary>F04, F05: overlapping files, keys that a spreadsheet changed, and keys that are only names.</summary>
public sealed class OverlapTests
{
    private static readonly DateOnly AsOf = new(2025, 12, 31);

    [Fact]
    public void F04_A_record_counts_as_often_as_in_the_file_that_has_it_most_often()
    {
        using var files = new OrderFiles();
        const string header = "customer,order_id,date,net,note\n";
        files.Read("a.csv", header + "ann,1,2025-03-01,10,x\nann,1,2025-03-01,10,x\nann,1,2025-03-01,10,y\n");
        Assert.Equal(30m, files.Orders["1"].Net);
        files.Read("b.csv", header + "ann,1,2025-03-01,10,x\n");
        Assert.Equal(30m, files.Orders["1"].Net);
        files.Read("c.csv", header + "ann,1,2025-03-01,10,x\nann,1,2025-03-01,10,x\nann,1,2025-03-01,10,x\nann,1,2025-03-01,10,z\n");
        Assert.Equal((50m, 3L), (files.Orders["1"].Net, files.Import.RowsRepeated));
        files.Read("d.csv", header + "ann,1,2025-03-01,10,x\n");
        Assert.Equal((50m, 4L), (files.Orders["1"].Net, files.Import.RowsRepeated));
    }

    [Fact]
    public void F04_The_order_of_columns_and_the_way_to_write_an_amount_make_no_other_record()
    {
        using var files = new OrderFiles();
        files.Read("a.csv", "customer,order_id,date,net\nann,1,2025-03-01,40\n");
        files.Read("b.csv", "net,date,order_id,customer,item\n40.00,2025-03-01,1.0,ann,\n");
        Assert.Equal(40m, files.Orders["1"].Net);
        files.Read("c.csv", "net,date,order_id,customer,item\n40.00,2025-03-01,1,ann,tea\n");
        Assert.Equal(80m, files.Orders["1"].Net);
    }

    [Fact]
    public void F04_The_same_file_twice_is_refused_where_rows_have_no_id()
    {
        using var files = new OrderFiles();
        const string text = "customer,order_id,date,net\nann,1,2025-03-01,40\nann,,2025-03-01,5\n";
        files.Read("a.csv", text);
        var e = Assert.Throws<SourceException>(() => files.Read("copy.csv", text));
        Assert.Equal(SourceFault.Repeated, e.Fault);
        Assert.Contains("copy.csv: the file has the content of a.csv", e.Message, StringComparison.Ordinal);
        using var other = new OrderFiles();
        other.Read("a.csv", "customer,order_id,date,net\nann,,2025-03-01,5\n");
        other.Read("b.csv", "customer,order_id,date,net\nann,,2025-03-01,5\nbea,,2025-03-01,5\n");
        Assert.Equal(2, other.Book(AsOf).Find("ann")!.Orders);
    }

    [Fact]
    public void F04_Invoices_and_tickets_without_number_of_overlapping_files_count_once()
    {
        using var files = new OrderFiles();
        const string lines = "InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID\n1,1,2010-12-01,50,7\n1,1,2010-12-01,50,7\n";
        files.Read("a.csv", lines);
        files.Read("b.csv", lines + "2,1,2010-12-02,5,7\n");
        Assert.Equal(105m, files.Book(AsOf).Find("7")!.Net);
        const string tickets = "Order no.,Order Date,Email,Total Paid\n9,1/3/2025,ann@x.test,20\n9,1/3/2025,ann@x.test,20\n";
        files.Read("c.csv", tickets);
        files.Read("d.csv", tickets);
        Assert.Equal(40m, files.Orders["9"].Net);
    }

    [Theory]
    [InlineData("5.00124E+12", true)]
    [InlineData("5,00124E+12", true)]
    [InlineData("1.12119e+10", true)]
    [InlineData("5E+12", true)]
    [InlineData("'5.00124E+12", true)]
    [InlineData("1E5", false)]
    [InlineData("E+12", false)]
    [InlineData("A.5E+12", false)]
    [InlineData("5.00124E+1234", false)]
    [InlineData("50.0124E+12", false)]
    public void F05_A_key_that_a_spreadsheet_shortened_rejects_the_row_of_every_platform(string key, bool isChanged)
    {
        foreach (var (name, text, column) in new[]
        {
            ("generic", $"order_id,customer,date,net\n\"{key}\",ann,2025-01-01,5\n", "order_id"),
            ("customer", $"customer,order_id,date,net\n\"{key}\",1,2025-01-01,5\n", "customer"),
            ("humanitix", $"Long order id,Email,Order date,Financial status,Your earnings,Status\n\"{key}\",a@x.test,2025-01-01,Paid,5,Complete\n", "Long order id"),
            ("eventbrite", $"Order ID,Order date,Buyer email,Net sales\n\"{key}\",2025-01-01,a@x.test,5\n", "Order ID"),
            ("tickets", $"Order #,Order Date,Email,Total Paid\n\"{key}\",2025-01-01,a@x.test,5\n", "Order #"),
            ("attendee", $"Attendee #,Order #,Order Date,Email,Total Paid\n\"{key}\",1,2025-01-01,a@x.test,5\n", "Attendee #"),
            ("shopify", $"Id,Name,Email,Financial Status,Total,Created at\n\"{key}\",#1,a@x.test,paid,5,2025-01-01\n", "Id"),
            ("invoice", $"InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID\n\"{key}\",1,2025-01-01,5,7\n", "InvoiceNo"),
            ("buyer", $"CustomerID,InvoiceNo,Quantity,InvoiceDate,UnitPrice\n\"{key}\",1,1,2025-01-01,5\n", "CustomerID"),
        })
        {
            using var files = new OrderFiles();
            files.Read(name + ".csv", text);
            Assert.Equal(isChanged ? [$"{name}.csv:2 {column}: changed by a spreadsheet [{key}]"] : [], files.Rejects);
            Assert.Equal(isChanged ? 0 : 1, files.Orders.Count);
        }
    }

    [Theory]
    [InlineData("\"5.00124E+12\"", true)]
    [InlineData("5.00124e12", true)]
    [InlineData("5001240000000", false)]
    [InlineData("\"1E5\"", false)]
    public void F05_So_does_an_id_of_a_page(string id, bool isChanged)
    {
        foreach (var text in new[]
        {
            $$"""{ "orders": [ { "id": {{id}}, "orderSubmittedDate": "2025-03-01", "paymentStatus": "Paid", "total": 1 } ] }""",
            $$"""{ "orders": [ { "id": "x", "previousOrderId": {{id}}, "orderSubmittedDate": "2025-03-01", "paymentStatus": "Paid", "total": -1 } ] }""",
            $$"""{ "orders": [ { "id": {{id}}, "created": "2025-03-01", "status": "placed", "costs": { "gross": { "value": 1 } } } ] }""",
            $$"""{ "attendees": [ { "id": "x", "order_id": {{id}}, "created": "2025-03-01", "costs": { "gross": { "value": 1 } } } ] }""",
            $$"""{ "orders": [ { "_id": {{id}}, "orderName": "x", "completedAt": "2025-03-01", "totals": { "netSales": 1 } } ] }""",
        })
        {
            using var files = new OrderFiles();
            files.Read("a.json", text);
            Assert.Equal(isChanged ? 1 : 0, files.Rejects.Count(static r => r.Contains("changed by a spreadsheet", StringComparison.Ordinal)));
            Assert.Equal(isChanged ? 0 : 1, files.Orders.Count);
        }
    }

    [Theory]
    [InlineData("5002.0", "5002")]
    [InlineData("5002.00", "5002")]
    [InlineData("'5002", "5002")]
    [InlineData("5002.10", "5002.10")]
    [InlineData("v1.0", "v1.0")]
    [InlineData("500", "500")]
    [InlineData("0", "0")]
    [InlineData("00.0", "00")]
    public void F05_What_a_spreadsheet_added_is_taken_off(string key, string id)
    {
        using var files = new OrderFiles();
        files.Read("a.csv", $"customer,order_id,date,net\nann,{key},2025-01-01,5\n");
        Assert.Equal(id, Assert.Single(files.Orders).Key);
    }

    [Fact]
    public void F05_An_order_known_by_a_name_is_taken_from_no_file_when_two_say_otherwise()
    {
        const string header = "Name,Email,Financial Status,Total,Created at,Lineitem name\n";
        using var files = new OrderFiles();
        files.Read("us.csv", header + "#1001,ann@x.test,paid,50,2025-03-01,Tea\n#1001,,,,2025-03-01,Cup\n#1002,ann@x.test,paid,5,2025-03-02,Tea\n");
        files.Read("eu.csv", header + "#1001,bea@x.test,paid,70,2025-03-02,Tea\n#1003,bea@x.test,paid,7,2025-03-02,Tea\n");
        files.Read("third.csv", header + "#1001,cy@x.test,paid,70,2025-03-02,Tea\n#1002,ann@x.test,paid,5,2025-03-02,Tea\n");
        Assert.Equal(["#1002", "#1003"], files.Orders.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2L, 1L, 1L], files.Import.Files.Select(static f => f.RowsRejected));
        Assert.Equal(
            [
                "us.csv:2 Name: contradictory: eu.csv has another order of this name, and neither has an id [#1001]",
                "us.csv:3 Name: contradictory: eu.csv has another order of this name, and neither has an id [#1001]",
                "eu.csv:2 Name: contradictory: us.csv has another order of this name, and neither has an id [#1001]",
                "third.csv:2 Name: contradictory: an earlier file has another order of this name, and neither has an id [#1001]",
            ],
            files.Rejects);
    }
}
