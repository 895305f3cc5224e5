using System.Globalization;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Generic;

/// <summary>
/// Plain orders: <c>customer,order_id,date,net</c>. Rows of one order id add up and the order is dated by its earliest row; a blank order id makes
/// the row an order of its own. A negative row gives back on its own date, and from the date on which nothing is left the order is refunded.
/// </summary>
internal sealed class GenericOrders : OrderLayout
{
    private const int Customer = 0;
    private const int Id = 1;
    private const int Date = 2;
    private const int Net = 3;
    private const int Item = 4;
    private const int Purchaser = 5;
    private const int CurrencyCode = 6;

    public override OrderPlatform Platform => OrderPlatform.Generic;

    public override CsvColumn[] Columns { get; } =
    [
        new("customer", true, "customer_id"), new("order_id", true), new("date", true, "order_date"), new("net", true),
        new("item", false, "event", "product"), new("purchaser", false), new("currency", false),
    ];

    public override void Take(OrderCells row)
    {
        var contact = row.Customer(Customer);
        var id = row.Key(Id);
        var placedAt = row.Time(Date);
        var net = row.Amount(Net, isRequired: true);
        row.Currency(CurrencyCode);
        if (row.IsRejected())
        {
            return;
        }

        var hasId = id.Length > 0;
        if (!hasId)
        {
            row.HasRowsWithoutId = true;
            id = string.Create(CultureInfo.InvariantCulture, $"row:{row.FileNumber}:{row.Line}");
        }

        ref var parts = ref row.Orders.Parts(row.Platform, id);
        var customer = CustomerEmail.NameOf(contact);
        if (parts.CustomerKey is not null && customer is not null && !string.Equals(parts.CustomerKey, customer, StringComparison.Ordinal))
        {
            row.Fault(Customer, "an earlier row of this order names another customer");
        }
        else if (!parts.Fits(net))
        {
            row.Fault(Net, CellDecimal.TooLarge);
        }

        if (row.IsRejected() || (hasId && row.IsRepeated()))
        {
            return;
        }

        parts.CustomerKey ??= customer;
        parts.Contact = parts.Contact.Length > 0 ? parts.Contact : contact;
        parts.Item = parts.Item.Length > 0 ? parts.Item : row.SharedText(Item);
        parts.Purchaser = parts.Purchaser.Length > 0 ? parts.Purchaser : row.SharedText(Purchaser);
        row.Orders.AddPlain(row.Platform, id, placedAt, net);
    }
}
