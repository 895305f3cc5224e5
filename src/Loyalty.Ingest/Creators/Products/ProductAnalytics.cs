using System.Text;
using Loyalty.Creators;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators.Products;

/// <summary>TikTok Shop's product analytics: a line with the dates of the analysis, then the header, then a row for each product.</summary>
internal static class ProductAnalytics
{
    private const int IdColumn = 0;
    private const int NameColumn = 1;
    private const int SellerSkuColumn = 2;
    private const int SkuColumn = 3;
    private const int StatusColumn = 4;
    private const int GmvColumn = 5;
    private const int CreatorGmvColumn = 6;
    private const int OrdersColumn = 7;
    private const int UnitsColumn = 8;

    public static CsvColumn[] Columns { get; } =
    [
        new("Product ID", true),
        new("Product Name", true, "Product"),
        new("Seller SKU", false),
        new("SKU ID", false),
        new("Listing status", false),
        new("GMV", false),
        new("Creator-attributed GMV", false, "Affiliate-attributed GMV", "Affiliate GMV"),
        new("Orders", false),
        new("Items sold", false),
    ];

    public static void Take(CreatorTable table)
    {
        var id = CellKey.Normalize(table[IdColumn]);
        if (CellKey.IsChanged(id))
        {
            table.Reject(IdColumn, CellKey.Changed);
            return;
        }

        if (id.IsEmpty || id.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            table.Skip();
            return;
        }

        if (!table.TryAmount(GmvColumn, out var gmv) || !table.TryAmount(CreatorGmvColumn, out var creatorGmv) || !table.TryCount(OrdersColumn, out var orders)
            || !table.TryCount(UnitsColumn, out var units))
        {
            return;
        }

        table.Statements.SayProduct(
            new CreatorProduct
            {
                ProductId = Text(id), Name = Text(table[NameColumn]), SellerSku = Text(table[SellerSkuColumn]), SkuId = Text(table[SkuColumn]),
                ListingStatus = Text(table[StatusColumn]), Gmv = gmv, CreatorGmv = creatorGmv, Orders = orders, Units = units,
            },
            table.Line);
    }

    private static string Text(ReadOnlySpan<byte> cell) => Encoding.UTF8.GetString(cell);
}
