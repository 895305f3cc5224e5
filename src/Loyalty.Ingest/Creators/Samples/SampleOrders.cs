using Loyalty.Creators;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators.Samples;

/// <summary>TikTok Shop's orders of free samples: one row for each SKU of an order, a description below the header.</summary>
internal static class SampleOrders
{
    public const int OrderId = 0;
    private const int MaxIdLength = 100;
    private const int SkuColumn = 1;
    private const int HandleColumn = 2;
    private const int PhoneColumn = 3;
    private const int Line1Column = 4;
    private const int Line2Column = 5;
    private const int CityColumn = 6;
    private const int StateColumn = 7;
    private const int ZipColumn = 8;
    private const int CountryColumn = 9;
    private const int SellerSkuColumn = 10;
    private const int ProductIdColumn = 11;
    private const int ProductNameColumn = 12;
    private const int VariationColumn = 13;
    private const int QuantityColumn = 14;
    private const int StatusColumn = 15;
    private const int OrderedColumn = 16;
    private const int ShippedColumn = 17;
    private const int DeliveredColumn = 18;
    private const int CancelledColumn = 19;

    private static readonly int[] Address = [Line1Column, Line2Column, CityColumn, StateColumn, ZipColumn, CountryColumn];

    public static CsvColumn[] Columns { get; } =
    [
        new("Order ID", true, "Mã đơn hàng", "ID Pesanan"),
        new("SKU ID", true, "ID SKU"),
        new("Buyer Username", true, "Username", "Tên người dùng của người mua", "Nama Pengguna Pembeli"),
        new("Phone #", false, "Phone", "Phone Number"),
        new("Detail Address", false, "Address Line 1"),
        new("Additional address information", false, "Address Line 2"),
        new("City", false, "Regency and City", "Province/City"),
        new("State", false, "Province"),
        new("Zipcode", false, "Zip", "Zip Code", "Postal Code", "Postcode"),
        new("Country", false),
        new("Seller SKU", false, "SKU Seller"),
        new("Product ID", false),
        new("Product Name", false, "Tên sản phẩm", "Nama Produk"),
        new("Variation", false),
        new("Quantity", false),
        new("Order Status", false, "Status"),
        new("Created Time", false, "Order Created Time"),
        new("Shipped Time", false),
        new("Delivered Time", false),
        new("Cancelled Time", false, "Canceled Time"),
    ];

    /// <summary>Whether an order id shows that the row is a description, a summary or the like: it is not all digits, and no id that a spreadsheet changed.</summary>
    public static bool IsNoOrder(ReadOnlySpan<byte> orderId) =>
        (orderId.IsEmpty || orderId.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) && !CellKey.IsChanged(orderId);

    public static void Take(CreatorTable table)
    {
        var order = CellKey.Normalize(table[OrderId]);
        var sku = CellKey.Normalize(table[SkuColumn]);
        if (IsNoOrder(order))
        {
            table.Skip();
            return;
        }

        if (CellKey.IsChanged(order))
        {
            table.Reject(OrderId, CellKey.Changed);
            return;
        }

        if (CellKey.IsChanged(sku))
        {
            table.Reject(SkuColumn, CellKey.Changed);
            return;
        }

        if (!table.TryHandle(HandleColumn) || !table.TryCount(QuantityColumn, out var quantity)
            || !table.TryTime(OrderedColumn, out var ordered) || !table.TryTime(ShippedColumn, out var shipped)
            || !table.TryTime(DeliveredColumn, out var delivered) || !table.TryTime(CancelledColumn, out var cancelled))
        {
            return;
        }

        if (order.Length > MaxIdLength || sku.Length > MaxIdLength)
        {
            table.Reject(order.Length > MaxIdLength ? OrderId : SkuColumn, "the id is too long");
            return;
        }

        if (quantity > int.MaxValue)
        {
            table.Reject(QuantityColumn, CellNumber.TooLarge);
            return;
        }

        var creator = table.Creator();
        table.SayPhone(creator, PhoneColumn);
        table.SayAddress(creator, Address);
        table.Clear();
        table.Append(table.HandleText);
        table.Append(table[SellerSkuColumn]);
        table.Append(table[ProductIdColumn]);
        table.Append(table[ProductNameColumn]);
        table.Append(table[VariationColumn]);
        table.Append(quantity);
        table.Append(table[StatusColumn]);
        table.Append(ordered);
        table.Append(shipped);
        table.Append(delivered);
        table.Append(cancelled);
        table.Statements.SaySample(order, sku, table.Record, table.Line);
    }
}
