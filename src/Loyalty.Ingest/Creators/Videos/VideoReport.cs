using System.Text;
using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Csv;

namespace Loyalty.Ingest.Creators.Videos;

/// <summary>TikTok Shop's video list and its newer transaction analysis; the same video may stand on a row for each product.</summary>
internal static class VideoReport
{
    private const int HandleColumn = 0;
    private const int LinkColumn = 1;
    private const int IdColumn = 2;
    private const int DateColumn = 3;
    private const int TitleColumn = 4;
    private const int GmvColumn = 5;
    private const int VideoGmvColumn = 6;
    private const int UnitsColumn = 7;
    private const int OrdersColumn = 8;
    private const int ImpressionsColumn = 9;
    private const int LikesColumn = 10;
    private const int CommentsColumn = 11;
    private const int RateColumn = 12;
    private const int CommissionColumn = 13;
    private const int ProductIdColumn = 14;
    private const int ProductNameColumn = 15;

    public static CsvColumn[] Columns { get; } =
    [
        new("Creator username", true, "Creator name", "Creator", "Handle", "Tên người dùng của nhà sáng tạo", "Nama pengguna kreator"),
        new("Video link", true, "Video", "Video URL", "Liên kết video", "Link video", "Tautan video"),
        new("Video ID", false, "ID video"),
        new("Video post date", true, "Post date", "Posted Date", "Ngày đăng video", "Tanggal posting video", "Tanggal"),
        new("Video name", false, "Video title", "Tên video", "Tiêu đề video", "Nama video"),
        new("GMV", false, "Affiliate GMV", "Affiliate-attributed GMV", "Creator-attributed GMV", "GMV liên kết", "GMV Afiliasi"),
        new(
            "Affiliate shoppable video GMV", false, "Affiliate video-attributed GMV", "Creator video-attributed GMV", "Video-attributed GMV",
            "GMV video link bán hàng của liên kết"),
        new("Affiliate items sold", false, "Video-attributed items sold", "Items sold", "Units Sold", "Số món bán ra qua liên kết", "Số món bán ra", "Produk Terjual"),
        new("Affiliate orders", false, "Video-attributed orders", "Orders", "Đơn hàng liên kết", "Pesanan"),
        new("Shoppable video impressions", false, "Impressions", "Views", "Lượt hiển thị của video link bán hàng"),
        new("Shoppable video likes", false, "Likes", "Lượt thích của video link bán hàng"),
        new("Shoppable video comments", false, "Comments", "Bình luận của video link bán hàng"),
        new("Affiliate CTR", false, "CTR", "CTR của liên kết"),
        new("Est. commission", false, "Estimated commission", "Hoa hồng ước tính"),
        new("Product ID", false, "ID sản phẩm", "ID Produk"),
        new("Product name", false, "Product", "Tên sản phẩm", "Nama produk"),
    ];

    public static void Take(CreatorTable table)
    {
        if (IsSummary(table))
        {
            table.Skip();
            return;
        }

        Span<byte> canonical = stackalloc byte[2_048];
        if (!table.TryHandle(HandleColumn) || !table.TryVideoKey(LinkColumn, IdColumn, canonical, out var key) || !table.TryDate(DateColumn, out var posted)
            || !table.TryAmount(GmvColumn, out var gmv) || !table.TryAmount(VideoGmvColumn, out var videoGmv) || !table.TryCount(UnitsColumn, out var units)
            || !table.TryCount(OrdersColumn, out var orders) || !table.TryCount(ImpressionsColumn, out var impressions)
            || !table.TryCount(LikesColumn, out var likes) || !table.TryCount(CommentsColumn, out var comments) || !table.TryPercent(RateColumn, out var rate)
            || !table.TryAmount(CommissionColumn, out var commission))
        {
            return;
        }

        var sales = gmv ?? videoGmv ?? table.Nothing;
        table.Creator();
        table.Clear();
        table.Append(table.HandleText);
        table.Append(posted.Date);
        table.Append(table[LinkColumn]);
        table.Append(table[TitleColumn]);
        table.Append(sales);
        table.Append(units ?? 0);
        table.Append(orders ?? 0);
        table.Append(impressions ?? 0);
        table.Append(likes ?? 0);
        table.Append(comments ?? 0);
        table.Append(rate);
        table.Append(commission);
        var video = table.Statements.TakeVideo(key, table.Minor(sales), table.Raw, table.Record);
        var id = table[ProductIdColumn];
        var name = table[ProductNameColumn];
        if (!id.IsEmpty || !name.IsEmpty)
        {
            table.Clear();
            table.Append(id);
            table.Append(name);
            table.Statements.SayProduct(video, table.Record);
        }
    }

    /// <summary>A line of totals: no link, and a word that says so where the creator or the title stands.</summary>
    private static bool IsSummary(CreatorTable table) =>
        table[LinkColumn].IsEmpty && (IsTotal(table[HandleColumn]) || IsTotal(table[TitleColumn]) || IsTotal(table[IdColumn]) || IsTotal(table[DateColumn]));

    private static bool IsTotal(ReadOnlySpan<byte> cell) =>
        cell.Length is >= 5 and <= 12 && (Ascii.EqualsIgnoreCase(cell, "Summary") || Ascii.EqualsIgnoreCase(cell, "Total") || Ascii.EqualsIgnoreCase(cell, "Totals")
            || Ascii.EqualsIgnoreCase(cell, "Grand total") || cell.SequenceEqual("Tổng"u8) || cell.SequenceEqual("Tổng cộng"u8));
}
