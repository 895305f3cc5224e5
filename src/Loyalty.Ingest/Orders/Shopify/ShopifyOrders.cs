using Loyalty.Ingest.Csv;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Shopify;

/// <summary>
/// The orders export of Shopify: an order of several products is several lines with one <c>Name</c>, and the cells of the order stand on the
/// first line only. Net is <c>Total</c> less <c>Refunded Amount</c>; nothing came in for an order that is voided or expired.
/// </summary>
internal sealed class ShopifyOrders : OrderLayout
{
    private const int Name = 0;
    private const int Email = 1;
    private const int FinancialStatus = 2;
    private const int Total = 3;
    private const int CreatedAt = 4;
    private const int LineItemName = 5;
    private const int Refunded = 6;
    private const int Id = 7;
    private const int CancelledAt = 8;
    private const int BillingName = 9;
    private const int CurrencyCode = 10;

    private static readonly string[] Words =
        ["authorized", "expired", "paid", "partially_paid", "partially_refunded", "pending", "refunded", "voided"];

    private Order? _open;
    private string _name = string.Empty;
    private int _moreItems;

    public override OrderPlatform Platform => OrderPlatform.Shopify;

    public override CsvColumn[] Columns { get; } =
    [
        new("Name", true), new("Email", true), new("Financial Status", true), new("Total", true), new("Created at", true),
        new("Lineitem name", false), new("Refunded Amount", false), new("Id", false), new("Cancelled at", false), new("Billing Name", false),
        new("Currency", false),
    ];

    public override void Take(OrderCells row)
    {
        var name = row.RequiredText(Name).TrimStart('\'');
        if (name.Length > 0 && row.IsBlank(Total) && row.IsBlank(FinancialStatus))
        {
            TakeMore(row, name);
            return;
        }

        Close(row);
        _name = name;
        var total = row.Amount(Total, isRequired: true);
        var refunded = Math.Abs(row.Amount(Refunded));
        var placedAt = row.Time(CreatedAt);
        row.Currency(CurrencyCode);
        var status = row.Status(FinancialStatus, Words);
        if (row.IsRejected())
        {
            return;
        }

        var id = row.Text(Id).TrimStart('\'');
        var contact = row.Text(Email).TrimStart('\'');
        var isLost = StatusWords.Knows(["voided", "expired"], status);
        _moreItems = 0;
        _open = new Order
        {
            Key = new OrderKey(row.Platform, id.Length > 0 ? id : name),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = total,
            Refunded = refunded,
            Net = isLost ? 0 : total - refunded,
            Standing = isLost || !row.IsBlank(CancelledAt) ? OrderStanding.Cancelled
                : StatusWords.Knows(["refunded"], status) ? OrderStanding.Refunded
                : OrderStanding.Counts,
            Status = status,
            Item = row.Text(LineItemName),
            Purchaser = row.Text(BillingName),
        };
    }

    public override void End(OrderCells row) => Close(row);

    private void TakeMore(OrderCells row, string name)
    {
        if (!string.Equals(name, _name, StringComparison.Ordinal))
        {
            Close(row);
            _name = string.Empty;
            row.Fault(Total, "blank, and the first line of this order does not stand directly before it");
        }
        else if (_open is null)
        {
            row.Fault(Total, "blank, and the first line of this order was rejected");
        }

        if (!row.IsRejected())
        {
            _moreItems++;
        }
    }

    private void Close(OrderCells row)
    {
        if (_open is { } order)
        {
            row.Orders.Put(_moreItems == 0 ? order : order with { Item = $"{order.Item} and {_moreItems} more" });
            _open = null;
        }
    }
}
