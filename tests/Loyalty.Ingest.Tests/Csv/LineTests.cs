using System.Text;
using Loyalty.Ingest;

namespace Loyalty.Tests.Ingest.Csv;

public sealed class LineTests
{
    private static readonly string First = ReadFile.Row(video: ReadFile.Url(1), title: "one");
    private static readonly string Second = ReadFile.Row(video: ReadFile.Url(2), title: "two");

    [Theory]
    [InlineData("\n", "\n", "\n")]
    [InlineData("\r\n", "\r\n", "\r\n")]
    [InlineData("\r", "\r", "\r")]
    [InlineData("\n", "\r\n", "\r")]
    [InlineData("\r", "\n", "\r\n")]
    [InlineData("\r\n", "\r", "")]
    [InlineData("\n", "\n", "")]
    [InlineData("\n", "\n", "\n\n")]
    [InlineData("\r\n", "\r\n", "\r\n\r\n")]
    [InlineData("\r", "\r", "\r\r")]
    [InlineData("\n\n", "\n\n\n", "\n\n\n\n")]
    public void C02_Every_line_end_gives_the_same_rows(string afterHeader, string between, string atEnd)
    {
        var read = ReadFile.Text(ReadFile.Header + afterHeader + First + between + Second + atEnd);
        Assert.Equal(["one", "two"], read.Videos.Select(static v => v.Title));
        Assert.Empty(read.Rejects);
        Assert.Equal(2, read.RowsRead);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void C02_Rejects_name_the_line_where_their_record_starts(string end)
    {
        var lines = new[]
        {
            ReadFile.Header, ReadFile.Row(title: "\"three" + end + "lines" + end + "of text\""), "", ReadFile.Row(handle: ""),
            ReadFile.Row(views: "x", title: "\"two" + end + "lines\""), ReadFile.Row(date: "x"),
        };
        var read = ReadFile.Text(string.Join(end, lines));
        Assert.Equal("three" + end + "lines" + end + "of text", read.Only.Title);
        Assert.Equal([6L, 7L, 9L], read.Rejects.Select(static r => r.Line));
        Assert.Equal(["Handle", "Views", "Post Date"], read.Rejects.Select(static r => r.Column));
        Assert.Equal(ReadFile.Row(views: "x", title: "\"two" + end + "lines\""), read.Rejects[1].Raw);
    }

    [Fact]
    public void C02_Empty_lines_before_the_header_are_no_rows()
    {
        var read = ReadFile.Text("\n\r\n" + ReadFile.Header + "\n" + First + "\n" + ReadFile.Row(handle: "N/A"));
        Assert.Equal("one", read.Only.Title);
        Assert.Equal(5, read.OnlyReject.Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("\uFEFF\n")]
    public void S07_A_file_without_a_header_is_refused(string text)
    {
        var refusal = ReadFile.Refusal(text);
        Assert.Equal(SourceFault.Empty, refusal.Fault);
        Assert.Contains("videos.csv", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    public void S07_A_header_alone_is_a_file_without_rows(string end)
    {
        var read = ReadFile.Text(ReadFile.Header + end);
        Assert.Equal(0, read.RowsRead);
        Assert.Empty(read.Rejects);
    }

    [Fact]
    public void C19_However_the_bytes_are_cut_into_reads_the_result_is_the_same()
    {
        var text = ReadFile.Header + "\r\n"
            + ReadFile.Row(video: ReadFile.Url(1), title: "\"line\r\nbreak, \"\"quoted\"\" 🎉\"") + "\r\n"
            + ReadFile.Row(handle: "é") + "\r" + "short,row\n\n"
            + ReadFile.Row(sales: "\"$1,234.56\"", title: "a\"stray") + "\r\n"
            + ReadFile.Row(video: ReadFile.Url(2), title: "\"closed\"then text") + "\n"
            + ReadFile.Row(video: ReadFile.Url(3), title: "漢字 no line end");
        byte[][] files = [Encoding.UTF8.GetBytes("\uFEFF" + text), [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)], [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)]];
        foreach (var content in files)
        {
            using var file = new InputFile(content);
            var whole = ReadFile.Path(file.Path);
            Assert.Equal((2, 4, 6L), (whole.Videos.Count, whole.Rejects.Count, whole.RowsRead));
            for (var atOnce = 1; atOnce <= content.Length; atOnce++)
            {
                var cut = ReadFile.Path(file.Path, atOnce: atOnce);
                Assert.Equal(whole.Videos, cut.Videos);
                Assert.Equal(whole.Rejects, cut.Rejects);
                Assert.Equal(whole.RowsRead, cut.RowsRead);
            }
        }
    }

    [Fact]
    public void C19_A_file_longer_than_every_buffer_gives_each_row_once_wherever_its_rows_are_cut()
    {
        // Rows of 127 bytes: their ends fall on every place before and after the ends of buffers, which are powers of two.
        var row = new string('x', 127 - 1 - ReadFile.Row(video: ReadFile.Url(1_000_000), title: "").Length);
        var text = new StringBuilder(ReadFile.Header + "\n");
        const int Count = 12_000;
        for (var i = 0; i < Count; i++)
        {
            text.Append(ReadFile.Row(video: ReadFile.Url(1_000_000 + i), title: row)).Append('\n');
        }

        var read = ReadFile.Text(text.ToString());
        Assert.Equal(Enumerable.Range(1_000_000, Count).Select(static i => $"{i}"), read.Videos.Select(static v => v.Key));
        Assert.Equal(Count, read.RowsRead);
    }
}
