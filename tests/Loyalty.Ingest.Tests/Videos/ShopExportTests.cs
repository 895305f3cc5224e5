using Loyalty.Ingest;
using Loyalty.Money;
using Loyalty.Tests.Ingest.Cases;

namespace Loyalty.Tests.Ingest.Videos;

/// <summary>F12: TikTok Shop's own exports, by their names in English, Vietnamese and Indonesian.</summary>
public sealed class ShopExportTests
{
    private const string Header = "Video name,Video link,Video post date,Creator username,GMV,Affiliate items sold ,Affiliate shoppable video GMV,Shoppable video impressions,Shoppable video comments,Shoppable video likes";

    private static string Link(int number) => $"https://www.tiktok.com/@ann_x/video/730000000000000000{number}";

    [Fact]
    public void S01_The_list_of_videos_is_read()
    {
        var video = ReadFile.Path(OrderCaseTests.PathOf("s01", "videos.csv")).Only;
        Assert.Equal(("ann_x", "7300000000000000001", new DateOnly(2025, 5, 1), 123_456L, 3), (video.Handle, video.Key, video.Date, video.Sales, video.Units));
        Assert.Equal((12_345L, 5, 4, "1%", "name"), (video.Views, video.Likes, video.Comments, video.Rate, video.Title));
    }

    [Fact]
    public void S07_Amounts_carry_the_program_s_own_sign_or_none()
    {
        var read = ReadFile.Path(OrderCaseTests.PathOf("s07", "videos.csv"), currency: Currency.Get("GBP"));
        Assert.Equal([1_200L, 1_200L, 1_250L], read.Videos.Select(static v => v.Sales));
        Assert.Equal([2L, 4, 5, 6, 7, 8, 9, 11, 12, 14], read.Rejects.Select(static r => r.Line));
        Assert.Equal("'$' is not the program's currency, which is GBP", read.Rejects[0].Reason);
    }

    [Fact]
    public void F12_Of_several_rows_of_a_video_the_one_with_the_largest_GMV_counts_and_ties_go_to_the_smallest_record()
    {
        var read = ReadFile.Text($"""
            {Header}
            b,{Link(1)},2025-05-01,ann_x,$10,1,,5,,
            a,{Link(1)},2025-05-01,ann_x,$30,2,,6,,
            c,{Link(1)},2025-05-01,ann_x,$20,3,,7,,
            y,{Link(2)},2025-05-02,ann_x,$5,4,,8,,
            x,{Link(2)},2025-05-02,ann_x,$5,5,,9,,
            z,{Link(3)},2025-05-02,ann_x,--,--,,,,
            """.ReplaceLineEndings("\n"));
        Assert.Equal(6, read.Videos.Count);
        Assert.Equal(["a", "x", "z"], read.Videos.GroupBy(static v => v.Key).OrderBy(static g => g.Key).Select(static g => g.Last().Title));
        Assert.Equal((0L, 0, 0L, 0, 0), read.Videos.Where(static v => v.Title == "z").Select(static v => (v.Sales, v.Units, v.Views, v.Likes, v.Comments)).Single());
    }

    [Fact]
    public void F12_Columns_that_a_shop_s_export_lacks_are_zero_and_GMV_has_its_names()
    {
        foreach (var name in new[] { "GMV", "Affiliate shoppable video GMV", "Affiliate video-attributed GMV", "Affiliate-attributed GMV", "Creator-attributed GMV", "Affiliate GMV" })
        {
            var video = ReadFile.Text($"Video title,Video ID,Post date,Video link,Creator name,Product name,{name},Video-attributed items sold,Items refunded\nt,1,2025-05-01,{Link(1)},@Ann_X,Tea,$12.50,2,1\n").Only;
            Assert.Equal(("ann_x", 1_250L, 2, 0L, 0), (video.Handle, video.Sales, video.Units, video.Views, video.Likes));
        }
    }

    [Fact]
    public void F12_A_number_stands_for_a_link_that_is_missing_unless_a_spreadsheet_changed_it()
    {
        var read = ReadFile.Text("Video title,Video ID,Post date,Creator name,GMV\nt,7300000000000000001,2025-05-01,ann_x,1\nu,7.3E+18,2025-05-01,ann_x,1\nv,,2025-05-01,ann_x,1\n");
        Assert.Equal("7300000000000000001", read.Only.Key);
        Assert.Equal([(3L, "Video ID", "changed by a spreadsheet"), (4L, "Video ID", "blank")], read.Rejects.Select(static r => (r.Line, r.Column, r.Reason)));
    }

    [Fact]
    public void F12_A_sum_below_the_header_is_no_row()
    {
        var read = ReadFile.Text($"{Header}\nSummary,--,--,--,$99,9,,9,,\nt,{Link(1)},2025-05-01,ann_x,$12,1,,1,,\n");
        Assert.Equal((1L, 1_200L), (read.RowsRead, read.Only.Sales));
        Assert.Empty(read.Rejects);
    }

    [Fact]
    public void F12_Vietnamese_and_Indonesian_exports_are_read_with_their_numbers_and_dates()
    {
        var vietnamese = ReadFile.Text(
            "Tên video,Liên kết video,Ngày đăng video,Tên người dùng của nhà sáng tạo,Bình luận của video link bán hàng,Lượt thích của video link bán hàng,Số món bán ra qua liên kết ,GMV,"
            + $"GMV video link bán hàng của liên kết,Lượt hiển thị của video link bán hàng,CTR của liên kết\nmuỗng,{Link(1)},2026-04-03,ann_x,2,16,85,17050042,23294143,20.000,6%\n"
            + $"tách,{Link(2)},01/05/2026,ann_x,--,5.000,1,5.400.000₫,--,1,6%\n",
            Currency.Get("VND"));
        Assert.Equal([17_050_042L, 5_400_000], vietnamese.Videos.Select(static v => v.Sales));
        Assert.Equal([(20_000L, 16, 2, 85), (1, 5_000, 0, 1)], vietnamese.Videos.Select(static v => (v.Views, v.Likes, v.Comments, v.Units)));
        Assert.Equal([new DateOnly(2026, 4, 3), new DateOnly(2026, 5, 1)], vietnamese.Videos.Select(static v => v.Date));
        var indonesian = ReadFile.Text(
            $"Nama video,Tautan video,Tanggal posting video,Nama pengguna kreator,GMV Afiliasi,Produk terjual,Impresi,Suka,Komentar\nteh,{Link(3)},2026-04-03,ann_x,Rp3.000.000,\"1.234\",7,8,9\n"
            + $"kopi,{Link(4)},2026-04-03,ann_x,\"Rp1,750,000\",1,7,8,9\nsusu,{Link(5)},2026-04-03,ann_x,\"Rp1.750,50\",1,7,8,9\nair,{Link(6)},2026-04-03,ann_x,$5,1,7,8,9\n",
            Currency.Get("IDR"));
        Assert.Equal([300_000_000L, 175_000_000, 175_050], indonesian.Videos.Select(static v => v.Sales));
        Assert.Equal((1_234, 7L, 8, 9), (indonesian.Videos[0].Units, indonesian.Videos[0].Views, indonesian.Videos[0].Likes, indonesian.Videos[0].Comments));
        Assert.Equal("'$' is not the program's currency, which is IDR", indonesian.OnlyReject.Reason);
    }

    [Theory]
    [InlineData("5.00124E+12", "x")]
    [InlineData("@ann", "7.30000E+18")]
    public void F05_A_handle_or_link_that_a_spreadsheet_shortened_is_named(string handle, string video)
    {
        var reject = ReadFile.Lines(ReadFile.Row(handle: handle, video: video)).OnlyReject;
        Assert.Equal("changed by a spreadsheet", reject.Reason);
        Assert.Equal("changed by a spreadsheet", Assert.Single(ReadFile.Adjustments("id,handle,date,sales,units\n7.3E+18,@ann,2025-01-01,1,1\n").Rejects).Reason);
    }

    [Theory]
    [InlineData("Creator username,Affiliate GMV,Affiliate followers", "'Video link'")]
    [InlineData("Creator username,Video link,GMV", "'Video post date'")]
    public void F12_Another_report_of_the_shop_lacks_columns(string header, string missing)
    {
        var refusal = ReadFile.Refusal(header + "\n");
        Assert.Equal(SourceFault.Header, refusal.Fault);
        Assert.Contains(missing, refusal.Message, StringComparison.Ordinal);
    }
}
