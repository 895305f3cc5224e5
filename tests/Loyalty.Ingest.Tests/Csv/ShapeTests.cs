using System.Globalization;
using System.Text;
using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Videos;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest.Csv;

public sealed class ShapeTests
{
    private const long MostMemory = 64L << 20;

    [Theory]
    [InlineData("\"a \"\"b\"\" c\"", "a \"b\" c")]
    [InlineData("\"\"", "")]
    [InlineData("\"\"\"\"", "\"")]
    [InlineData("\", \"", ", ")]
    [InlineData("\" spaces kept \"", " spaces kept ")]
    [InlineData(" spaces kept ", " spaces kept ")]
    public void C07_Quoting_of_RFC_4180_is_read(string cell, string title) =>
        Assert.Equal(title, ReadFile.Lines(ReadFile.Row(title: cell)).Only.Title);

    [Theory]
    [InlineData("a\"b", "inside a field that is not quoted")]
    [InlineData(" \"b\"", "inside a field that is not quoted")]
    [InlineData("a\"\"b", "inside a field that is not quoted")]
    [InlineData("\"a\"b", "after the closing quote")]
    [InlineData("\"a\" ", "after the closing quote")]
    public void C07_Misplaced_quotes_reject_the_row(string cell, string reason)
    {
        var bad = ReadFile.Row(title: cell);
        var read = ReadFile.Lines(ReadFile.Row(), bad, ReadFile.Row(video: ReadFile.Url(8)));
        Assert.Equal(2, read.Videos.Count);
        Assert.Contains(reason, read.OnlyReject.Reason, StringComparison.Ordinal);
        Assert.Equal((3, "", "", bad), (read.OnlyReject.Line, read.OnlyReject.Column, read.OnlyReject.Value, read.OnlyReject.Raw));
    }

    [Theory]
    [InlineData("@ann,https://www.tiktok.com/@ann/video/7,1", 3)]
    [InlineData("@ann,https://www.tiktok.com/@ann/video/7,1,1,1,1,1,1,2025-01-15,a,b", 11)]
    [InlineData("   ", 1)]
    [InlineData("\"\"", 1)]
    public void C08_Ragged_rows_are_rejected_with_their_text(string row, int fields)
    {
        var read = ReadFile.Lines(row, ReadFile.Row());
        Assert.Single(read.Videos);
        Assert.Equal((2, "", "", row), (read.OnlyReject.Line, read.OnlyReject.Column, read.OnlyReject.Value, read.OnlyReject.Raw));
        Assert.Equal($"expected 10 fields as in the header, found {fields}", read.OnlyReject.Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public void S06_A_file_cut_inside_a_row_says_where(string mark)
    {
        var start = mark + ReadFile.Header + "\n" + ReadFile.Row() + "\n";
        var read = ReadFile.Text(start + "@ann,https://www.tik");
        Assert.Single(read.Videos);
        Assert.Contains(
            $"the file ends inside this record (byte {Encoding.UTF8.GetByteCount(start)}), it may have been cut", read.OnlyReject.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("cut", ReadFile.Text(start + "@ann,https://www.tik\n").OnlyReject.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void S06_A_file_cut_inside_a_quoted_field_is_refused_with_line_and_byte()
    {
        var start = ReadFile.Header + "\n" + ReadFile.Row() + "\n";
        var refusal = ReadFile.Refusal(start + ReadFile.Row(title: "\"cut he"));
        Assert.Equal(SourceFault.UnclosedQuote, refusal.Fault);
        Assert.Contains($"line 3 (byte {start.Length})", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void S06_A_header_with_an_open_quote_is_refused()
    {
        Assert.Equal(SourceFault.Header, ReadFile.Refusal("Handle,\"Video\nViews,Likes").Fault);
    }

    [Fact]
    public void C05_A_quote_left_open_in_row_2_of_a_large_file_is_found_there_in_bounded_memory()
    {
        var block = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(ReadFile.Row() + "\n", 1_000)));
        using var file = new InputFile([]);
        using (var stream = File.Create(file.Path))
        {
            stream.Write(Encoding.UTF8.GetBytes(ReadFile.Header + "\n" + ReadFile.Row() + "\n" + ReadFile.Row(title: "\"open") + "\n"));
            for (var i = 0; i < 1_000; i++)
            {
                stream.Write(block);
            }
        }

        var (refusal, memory) = Refusal(file.Path);
        Assert.Equal(SourceFault.TooLong, refusal.Fault);
        Assert.Contains("starts on line 3 ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("quote is not closed", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(memory, 0, MostMemory);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    public void C06_A_field_of_100_MB_is_refused_in_bounded_memory(string quote)
    {
        using var file = new InputFile([]);
        using (var stream = File.Create(file.Path))
        {
            stream.Write(Encoding.UTF8.GetBytes(ReadFile.Header + "\n" + ReadFile.Row(title: quote)));
            var block = new byte[1 << 20];
            block.AsSpan().Fill((byte)'a');
            for (var i = 0; i < 100; i++)
            {
                stream.Write(block);
            }

            stream.Write(Encoding.UTF8.GetBytes(quote + "\n"));
        }

        var (refusal, memory) = Refusal(file.Path);
        Assert.Equal(SourceFault.TooLong, refusal.Fault);
        Assert.Contains("line 2 ", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(memory, 0, MostMemory);
    }

    [Fact]
    public void C06_A_header_of_100_000_columns_is_refused_in_bounded_memory()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(
            string.Join(',', Enumerable.Range(0, 100_000).Select(static i => "c" + i.ToString(CultureInfo.InvariantCulture))) + "\n1\n"));
        var (refusal, memory) = Refusal(file.Path);
        Assert.Equal(SourceFault.TooLong, refusal.Fault);
        Assert.Contains("100000 columns", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(memory, 0, MostMemory);
    }

    [Fact]
    public void C06_A_row_of_100_000_fields_is_rejected()
    {
        var read = ReadFile.Lines(new string(',', 99_999), ReadFile.Row());
        Assert.Single(read.Videos);
        Assert.Equal("expected 10 fields as in the header, found 100000", read.OnlyReject.Reason);
    }

    [Theory]
    [InlineData("Handle,handle,Video", "'handle'")]
    [InlineData("Handle,Video, HANDLE ", "'HANDLE'")]
    public void C09_Repeated_names_that_are_read_are_refused_before_any_row(string header, string named)
    {
        var refusal = ReadFile.Refusal(header + "\n1,2,3\n");
        Assert.Equal(SourceFault.Header, refusal.Fault);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void C14_A_line_with_a_backslash_and_a_point_is_data()
    {
        var read = ReadFile.Lines(ReadFile.Row(title: "\"first\n\\.\nlast\""), "\\.", ReadFile.Row(video: ReadFile.Url(8), title: "\\."));
        Assert.Equal(["first\n\\.\nlast", "\\."], read.Videos.Select(static v => v.Title));
        Assert.Equal((5, "\\."), (read.OnlyReject.Line, read.OnlyReject.Raw));
    }

    [Fact]
    public void C15_A_preamble_is_no_header()
    {
        var refusal = ReadFile.Refusal("My Videos report\nExported 2025-01-15\n\n" + ReadFile.Header + "\n" + ReadFile.Row());
        Assert.Equal(SourceFault.Header, refusal.Fault);
        Assert.Contains("'My Videos report'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("must be the first line", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Total,,1200,30,5,$100.00,,7,,")]
    [InlineData(",,1200,30,5,$100.00,,7,,")]
    [InlineData("Summary,--,1200,30,5,$100.00,,7,--,--")]
    [InlineData("Exported by My Videos")]
    [InlineData(ReadFile.Header)]
    [InlineData("Handle,Followers,GMV")]
    public void C15_Totals_footnotes_second_headers_and_second_tables_make_no_member(string line)
    {
        var read = ReadFile.Lines(ReadFile.Row(), line, ReadFile.Row(video: ReadFile.Url(8)));
        Assert.Equal(["ann", "ann"], read.Videos.Select(static v => v.Handle));
        Assert.Equal(line, read.OnlyReject.Raw);
    }

    [Theory]
    [InlineData("=HYPERLINK(\"\"http://x\"\")", "=HYPERLINK(\"http://x\")")]
    [InlineData("+1", "+1")]
    [InlineData("-1+1", "-1+1")]
    [InlineData("@SUM(1)", "@SUM(1)")]
    [InlineData("\tx", "\tx")]
    [InlineData("\rx", "\rx")]
    public void C13_Text_that_looks_like_a_formula_is_kept_as_it_is(string cell, string title) =>
        Assert.Equal(title, ReadFile.Lines(ReadFile.Row(title: "\"" + cell + "\"")).Only.Title);

    private static (SourceException Refusal, long Memory) Refusal(string path)
    {
        var batch = new ActivityBatch();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Assert.Throws<SourceException>(() =>
        {
            using var export = VideosExport.Open(path, Currency.Get("USD"), static (in Reject _) => { });
            while (export.Read(batch))
            {
            }
        });
        return (refusal, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
