using Loyalty.Ingest.Csv;
using Loyalty.Money;

namespace Loyalty.Ingest.Videos;

/// <summary>How an export of videos names its columns, and how it writes numbers and dates.</summary>
internal sealed class VideoLayout
{
    public const int Handle = 0;
    public const int Url = 1;
    public const int Views = 2;
    public const int Likes = 3;
    public const int Comments = 4;
    public const int Sales = 5;
    public const int Units = 6;
    public const int Date = 7;
    public const int Rate = 8;
    public const int Title = 9;
    public const int Id = 10;

    /// <summary>The export of "My Videos": one row for each video.</summary>
    public static readonly VideoLayout MyVideos = new(
        [
            new("Handle", true, "Creator Handle", "TikTok Handle"),
            new("Video", true, "Video URL", "Video Link"),
            new("Views", true, "Video Views"),
            new("Likes", true),
            new("Comments", true),
            new("GMV", true, "Video GMV"),
            new("Units Sold", true, "Units"),
            new("Post Date", true, "Posted Date", "Video Post Date"),
            new("CTR", false),
            new("Video Title", false, "Title"),
        ],
        isShop: false,
        hasPoints: false,
        isDayFirst: false);

    // The names of TikTok Shop's own exports, by language; of several in one file the first counts.
    private static readonly string[][] English =
    [
        ["Creator username", "Creator name"],
        ["Video link", "Video URL"],
        ["Shoppable video impressions", "Video impressions", "Impressions", "Video views", "Views"],
        ["Shoppable video likes", "Video likes", "Likes"],
        ["Shoppable video comments", "Video comments", "Comments"],
        [
            "GMV", "Affiliate shoppable video GMV", "Affiliate video-attributed GMV", "Video-attributed GMV", "Creator-attributed GMV",
            "Affiliate-attributed GMV", "Affiliate GMV",
        ],
        ["Affiliate items sold", "Video-attributed items sold", "Affiliate products sold", "Items sold"],
        ["Video post date", "Post date"],
        ["Affiliate CTR", "CTR"],
        ["Video name", "Video title"],
        ["Video ID"],
    ];

    private static readonly string[][] Vietnamese =
    [
        ["Tên người dùng của nhà sáng tạo", "Tên nhà sáng tạo"],
        ["Liên kết video", "Link video", "Đường liên kết video", "Liên kết đến video"],
        ["Lượt hiển thị của video link bán hàng", "Lượt hiển thị video", "Lượt hiển thị", "Lượt xem video", "Lượt xem"],
        ["Lượt thích của video link bán hàng", "Lượt thích video", "Lượt thích"],
        ["Bình luận của video link bán hàng", "Bình luận video", "Bình luận"],
        ["GMV video link bán hàng của liên kết", "GMV của video liên kết", "GMV liên kết"],
        ["Số món bán ra qua liên kết", "Số món bán ra qua video", "Số món bán ra"],
        ["Ngày đăng video", "Ngày đăng"],
        ["CTR của liên kết", "Tỷ lệ nhấp (CTR)"],
        ["Tên video", "Tiêu đề video"],
        ["ID video"],
    ];

    private static readonly string[][] Indonesian =
    [
        ["Nama pengguna kreator", "Nama kreator"],
        ["Tautan video", "Link video", "URL video"],
        ["Impresi video yang dapat dibeli", "Impresi video", "Impresi", "Tayangan video", "Penayangan video"],
        ["Suka pada video yang dapat dibeli", "Suka video", "Jumlah suka", "Suka"],
        ["Komentar pada video yang dapat dibeli", "Komentar video", "Jumlah komentar", "Komentar"],
        ["GMV video afiliasi yang dapat dibeli", "GMV video Afiliasi", "GMV Afiliasi"],
        ["Produk terjual dari Afiliasi", "Produk afiliasi terjual", "Produk terjual", "Barang terjual"],
        ["Tanggal posting video", "Tanggal video diposting", "Tanggal unggah video", "Tanggal posting", "Tanggal"],
        ["CTR Afiliasi"],
        ["Nama video", "Judul video"],
        ["ID Video"],
    ];

    private VideoLayout(CsvColumn[] columns, bool isShop, bool hasPoints, bool isDayFirst)
    {
        Columns = columns;
        IsShop = isShop;
        HasPoints = hasPoints;
        IsDayFirst = isDayFirst;
    }

    /// <summary>The columns, in the order of the constants.</summary>
    public CsvColumn[] Columns { get; }

    /// <summary>Whether it is an export of TikTok Shop, which may have a video on several rows, of which the one with the largest GMV counts.</summary>
    public bool IsShop { get; }

    /// <summary>Whether points may stand between groups of digits and a comma before decimals.</summary>
    public bool HasPoints { get; }

    /// <summary>Whether a date that does not start with the year starts with the day.</summary>
    public bool IsDayFirst { get; }

    /// <summary>The layout of a header.</summary>
    /// <param name="names">The header cells, trimmed.</param>
    /// <param name="currency">The program's currency; where it has no parts in use, points stand between groups.</param>
    public static VideoLayout Of(string[] names, Currency currency)
    {
        // "Handle" is what "My Videos" has; the shop's own names are of the creator.
        if (Array.Exists(names, MyVideos.Columns[Handle].Matches) || !Languages().Any(l => Array.Exists(l[Handle], n => Has(names, n))))
        {
            return MyVideos;
        }

        var isLocal = Has(names, Vietnamese, Handle) || Has(names, Vietnamese, Date) || Has(names, Indonesian, Handle) || Has(names, Indonesian, Date);
        var hasId = Languages().Any(l => Has(names, l, Id));
        var columns = new CsvColumn[Id + 1];
        for (var role = 0; role < columns.Length; role++)
        {
            var found = Languages().SelectMany(l => l[role]).FirstOrDefault(n => Has(names, n));
            columns[role] = new CsvColumn(found ?? English[role][0], role is Handle or Sales or Date || (role == Url && !hasId));
        }

        return new VideoLayout(columns, isShop: true, hasPoints: isLocal || currency.Code is "IDR" or "VND", isDayFirst: isLocal);
    }

    /// <summary>Whether a cell says that the row is the sum of the others, which stands below the header of some reports.</summary>
    public static bool IsSummary(ReadOnlySpan<byte> trimmed) =>
        trimmed.SequenceEqual("Summary"u8) || trimmed.SequenceEqual("Ringkasan"u8) || trimmed.SequenceEqual("Tổng"u8) || trimmed.SequenceEqual("Tóm tắt"u8);

    private static string[][][] Languages() => [English, Vietnamese, Indonesian];

    private static bool Has(string[] names, string[][] language, int role) => Array.Exists(language[role], n => Has(names, n));

    private static bool Has(string[] names, string name) => Array.Exists(names, n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase));
}
