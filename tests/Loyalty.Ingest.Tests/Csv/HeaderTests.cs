using System.Text;
using Loyalty.Ingest;
using Loyalty.Tests.Ingest.Orders;

namespace Loyalty.Tests.Ingest.Csv;

/// <summary>F11: a header is refused for what is read, not for what is not; another separator is named.</summary>
public sealed class HeaderTests
{
    [Theory]
    [InlineData(",,", ",,")]
    [InlineData("note,Note", "a,b")]
    [InlineData(" , ", "x,")]
    public void F11_Blank_and_repeated_names_that_nobody_reads_are_no_matter(string names, string cells)
    {
        Assert.Single(ReadFile.Text($"{ReadFile.Header},{names}\n{ReadFile.Row()},{cells}\n").Videos);
        using var files = new OrderFiles();
        Assert.DoesNotContain(string.Empty, files.Read("a.csv", $"customer,order_id,date,net,{names}\nann,1,2025-03-01,5,{cells}\n").UnknownColumns);
        files.Read("e.csv", $"Order ID,Order date,Buyer email,Net sales,{names}\n2,2025-03-01,a@x.test,5,{cells}\n");
        files.Read("s.csv", $"Name,Email,Financial Status,Total,Created at,{names}\n#1,a@x.test,paid,5,2025-03-01,{cells}\n");
        files.Read("h.csv", $"Long order id,Email,Order date,Financial status,Your earnings,Status,{names}\n5,a@x.test,2025-03-01,Paid,1,Complete,{cells}\n");
        files.Read("r.csv", $"InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID,{names}\n9,1,2010-12-01,50,7,{cells}\n");
        Assert.Equal(5, files.Orders.Count);
        Assert.Empty(files.Rejects);
        Assert.Single(ReadFile.Adjustments($"id,handle,date,sales,units,{names}\na,@ann,2025-01-01,1,1,{cells}\n").File.Adjustments);
    }

    [Theory]
    [InlineData("customer,order_id,date,net,net", "columns 4 and 5 of the header have the same name 'net'")]
    [InlineData("customer,customer_id,order_id,date,net", "'customer' and 'customer_id', which are two names of one column")]
    public void F11_A_name_that_is_read_must_stand_once(string header, string message)
    {
        using var files = new OrderFiles();
        var e = Assert.Throws<SourceException>(() => files.Read("a.csv", header + "\n"));
        Assert.Equal(SourceFault.Header, e.Fault);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Handle;Video;Views", "';'")]
    [InlineData("Handle\tVideo\tViews", "tabs")]
    [InlineData("Handle|Video|Views", "'|'")]
    [InlineData("sep=;\nHandle;Video;Views", "';'")]
    [InlineData("sep=\t\nHandle\tVideo", "tabs")]
    [InlineData("SEP=,\nHandle,Video", "','")]
    public void F11_A_file_with_another_separator_is_told_which(string text, string separator)
    {
        var refusal = ReadFile.Refusal(text + "\n");
        Assert.Equal(SourceFault.Header, refusal.Fault);
        Assert.Contains(separator, refusal.Message, StringComparison.Ordinal);
        using var files = new OrderFiles();
        Assert.Contains(separator, Assert.Throws<SourceException>(() => files.Read("a.csv", text + "\n")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void F11_A_workbook_is_named_as_what_it_is() =>
        Assert.Contains("XLSX", ReadFile.Refusal(Encoding.Latin1.GetBytes("PK\u0003\u0004\u0014\0rest")).Message, StringComparison.Ordinal);
}
