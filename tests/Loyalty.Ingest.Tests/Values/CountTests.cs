using System.Text;
using Loyalty.Ingest.Values;

namespace Loyalty.Tests.Ingest.Values;

public sealed class CountTests
{
    public static TheoryData<string, long?, string?> Forms => new()
    {
        { "0", 0, null },
        { "-0", 0, null },
        { "007", 7, null },
        { "1234", 1_234, null },
        { "1,234", 1_234, null },
        { "1,234,567", 1_234_567, null },
        { " 5\t", 5, null },
        { "9223372036854775807", long.MaxValue, null },
        { "9,223,372,036,854,775,807", long.MaxValue, null },
        { "000000000000000000000000000012", 12, null },
        { "9223372036854775808", null, CellNumber.TooLarge },
        { "99999999999999999999", null, CellNumber.TooLarge },
        { "-5", null, CellNumber.Negative },
        { "-1,234", null, CellNumber.Negative },
        { "--5", null, CellNumber.NotACount },
        { "12,5", null, CellNumber.NotACount },
        { "0,125", null, CellNumber.NotACount },
        { "12,34", null, CellNumber.NotACount },
        { "1,2,3", null, CellNumber.NotACount },
        { "1 234", null, CellNumber.NotACount },
        { "1\u00A0234", null, CellNumber.NotACount },
        { "1\u202F234", null, CellNumber.NotACount },
        { "1.234", null, CellNumber.NotACount },
        { "5.0", null, CellNumber.NotACount },
        { "(5)", null, CellNumber.NotACount },
        { "7-", null, CellNumber.NotACount },
        { "+7", null, CellNumber.NotACount },
        { "\u22127", null, CellNumber.NotACount },
        { "$7", null, CellNumber.NotACount },
        { "1.2K", null, CellNumber.NotACount },
        { "12K", null, CellNumber.NotACount },
        { "1.2M", null, CellNumber.NotACount },
        { "12%", null, CellNumber.NotACount },
        { "1e5", null, CellNumber.NotACount },
        { "NaN", null, CellNumber.NotACount },
        { "٣", null, CellNumber.NotACount },
        { "abc", null, CellNumber.NotACount },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void C10_C11_A_count_is_exact_or_refused_by_name(string cell, long? count, string? reason)
    {
        var read = ReadFile.Lines(ReadFile.Row(views: "\"" + cell + "\""));
        if (count is { } exact)
        {
            Assert.Equal(exact, read.Only.Views);
        }
        else
        {
            Assert.Equal(("Views", reason, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(cell))), (read.OnlyReject.Column, read.OnlyReject.Reason, read.OnlyReject.Value));
        }
    }

    [Fact]
    public void C11_Likes_comments_and_units_end_at_two_thousand_million()
    {
        var most = ReadFile.Lines(ReadFile.Row(likes: "2147483647", comments: "2147483647", units: "2147483647")).Only;
        Assert.Equal((int.MaxValue, int.MaxValue, int.MaxValue), (most.Likes, most.Comments, most.Units));
        foreach (var (row, column) in new[]
        {
            (ReadFile.Row(likes: "2147483648"), "Likes"), (ReadFile.Row(comments: "2147483648"), "Comments"), (ReadFile.Row(units: "2147483648"), "Units Sold"),
        })
        {
            Assert.Equal((column, CellNumber.TooLarge), (ReadFile.Lines(row).OnlyReject.Column, ReadFile.Lines(row).OnlyReject.Reason));
        }
    }

    [Theory]
    [InlineData("views")]
    [InlineData("likes")]
    [InlineData("comments")]
    [InlineData("units")]
    public void C13_A_negative_count_rejects_the_row(string which)
    {
        var row = which switch
        {
            "views" => ReadFile.Row(views: "-5"),
            "likes" => ReadFile.Row(likes: "-5"),
            "comments" => ReadFile.Row(comments: "-5"),
            _ => ReadFile.Row(units: "-5"),
        };
        Assert.Equal((CellNumber.Negative, "-5"), (ReadFile.Lines(row).OnlyReject.Reason, ReadFile.Lines(row).OnlyReject.Value));
    }

    public static TheoryData<string, string?> Dates => new()
    {
        { "2025-01-15", "2025-01-15" },
        { " 2025-01-15\t", "2025-01-15" },
        { "2024-02-29", "2024-02-29" },
        { "0001-01-01", "0001-01-01" },
        { "9999-12-31", "9999-12-31" },
        { "2025-02-29", null },
        { "2025-04-31", null },
        { "2025-00-10", null },
        { "2025-13-01", null },
        { "2025-01-00", null },
        { "0000-01-01", null },
        { "2025-1-5", null },
        { "25-01-15", null },
        { "05.03.2024", null },
        { "01/02/2024", null },
        { "2024/01/02", null },
        { "20240102", null },
        { "2024-01-02T00:00:00", null },
        { "2024-01-02T24:00:00Z", null },
        { "2024-01-02 10:00", null },
        { "2016-12-31T23:59:60Z", null },
        { "2024-01-02Z", null },
        { "1704153600", null },
        { "1704153600000", null },
        { "45292", null },
        { "Jan 2, 2024", null },
        { "2024\u201101\u201102", null },
        { "٢٠٢٤-٠١-٠٢", null },
        { "-2024-01-0", null },
        { "today", null },
    };

    [Theory]
    [MemberData(nameof(Dates))]
    public void C12_Only_the_declared_form_of_a_date_is_read(string cell, string? date)
    {
        var read = ReadFile.Lines(ReadFile.Row(date: "\"" + cell + "\""));
        if (date is not null)
        {
            Assert.Equal(DateOnly.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), read.Only.Date);
        }
        else
        {
            Assert.Equal(("Post Date", CellDate.NotADate), (read.OnlyReject.Column, read.OnlyReject.Reason));
        }
    }
}
