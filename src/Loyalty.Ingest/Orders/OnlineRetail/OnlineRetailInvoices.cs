using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.OnlineRetail;

/// <summary>
/// Invoice lines in the layout of the UCI Online Retail data. An order is an invoice whose number does not start with <c>C</c>, with at least
/// one price above 0; credit invoices reduce net spend and undo no order. Lines without customer are unlinked.
/// </summary>
internal sealed class OnlineRetailInvoices : OrderLayout
{
    private const int InvoiceNo = 0;
    private const int Quantity = 1;
    private const int InvoiceDate = 2;
    private const int UnitPrice = 3;
    private const int Customer = 4;
    private const int Description = 5;

    public override OrderPlatform Platform => OrderPlatform.OnlineRetail;

    public override DateOrder Dates => DateOrder.MonthFirst;

    public override CsvColumn[] Columns { get; } =
    [
        new("InvoiceNo", true, "Invoice"), new("Quantity", true), new("InvoiceDate", true), new("UnitPrice", true, "Price"),
        new("CustomerID", true, "Customer ID"), new("Description", false), new("StockCode", false), new("Country", false),
    ];

    public override void Take(OrderCells row)
    {
        var invoice = row.RequiredKey(InvoiceNo);
        var quantity = row.Whole(Quantity);
        var placedAt = row.Time(InvoiceDate);
        var price = row.Amount(UnitPrice, isRequired: true);
        var contact = row.Key(Customer);
        if (row.IsRejected() || row.IsRepeated())
        {
            return;
        }

        // An id that went through a floating-point column lost nothing but gained ".0", which the key does not have.
        var customer = contact.Length == 0 ? null : contact;
        ref var parts = ref row.Orders.Parts(row.Platform, invoice, customer ?? string.Empty);
        if (!TryMultiply(quantity, price, out var amount) || !parts.Fits(amount))
        {
            row.Fault(UnitPrice, CellDecimal.TooLarge);
            row.IsRejected();
            return;
        }

        var isCredit = invoice.StartsWith('C');
        parts.CustomerKey = customer;
        parts.Contact = contact;
        parts.Item = parts.Item.Length > 0 ? parts.Item : row.Text(Description);
        parts.Status = isCredit ? "credit" : string.Empty;
        parts.Add(placedAt, amount, fees: 0, isOrder: !isCredit && price > 0);
    }

    private static bool TryMultiply(long quantity, decimal price, out decimal amount)
    {
        amount = 0;
        if (Math.Abs((decimal)quantity) * Math.Abs(price) >= OrderAmount.Limit)
        {
            return false;
        }

        amount = quantity * price;
        return true;
    }
}
