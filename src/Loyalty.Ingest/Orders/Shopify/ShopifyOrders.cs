using System.Globalization;
using Loyalty.Ingest.Csv;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Shopify;

/// <summary>
/// The orders export of Shopify: an order of several products is several lines with one <c>Name</c>, and the cells of the order stand on the
/// first line only. Net is <c>Total</c> less <c>Refunded Amount</c> and <c>Outstanding Balance</c>; an order that is pending, authorized, expired or
/// voided was not paid. Without an <c>Id</c> the <c>Name</c> is the key.
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
    private const int Outstanding = 11;

    private static readonly string[] Words =
        ["authorized", "expired", "paid", "partially_paid", "partially_refunded", "pending", "refunded", "voided"];

    private Order? _open;
    private NamedRows? _namedRows;
    private string _name = string.Empty;
    private int _moreItems;

    public override OrderPlatform Platform => OrderPlatform.Shopify;

    public override CsvColumn[] Columns { get; } =
    [
        new("Name", true), new("Email", true), new("Financial Status", true), new("Total", true), new("Created at", true),
        new("Lineitem name", false), new("Refunded Amount", false), new("Id", false), new("Cancelled at", false, "Canceled at"),
        new("Billing Name", false), new("Currency", false), new("Outstanding Balance", false),
    ];

    public override void Take(OrderCells row)
    {
        var name = row.RequiredKey(Name);
        if (name.Length > 0 && row.IsBlank(Total) && row.IsBlank(FinancialStatus))
        {
            TakeMore(row, name);
            return;
        }

        Close(row);
        _name = name;
        var total = row.Amount(Total, isRequired: true);
        var refunded = Math.Abs(row.Amount(Refunded));
        var outstanding = row.Amount(Outstanding);
        var placedAt = row.Time(CreatedAt);
        row.Currency(CurrencyCode);
        var id = row.Key(Id);
        var status = row.Status(FinancialStatus, Words);
        if (row.IsRejected())
        {
            return;
        }

        var contact = row.Text(Email).TrimStart('\'');
        var standing = StatusWords.Standing(status) is var said && said == OrderStanding.Counts && !row.IsBlank(CancelledAt) ? OrderStanding.Cancelled : said;

        // A refunded order without an amount that was refunded does not say what was kept.
        var saysKept = standing == OrderStanding.Refunded ? refunded > 0 : !row.IsBlank(Refunded);
        var net = total - refunded - outstanding;
        _moreItems = 0;
        if (id.Length == 0)
        {
            _namedRows = new NamedRows(row.FileNumber, row.File, row.NameOf(Name), name);
            _namedRows.Add(row.Line, row.Raw);
        }

        _open = new Order
        {
            Key = new OrderKey(row.Platform, id.Length > 0 ? id : name),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = total,
            Refunded = refunded,
            Net = StatusWords.Net(standing, net, saysKept ? net : null),
            Standing = standing,
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
            _namedRows?.Add(row.Line, row.Raw);
        }
    }

    private void Close(OrderCells row)
    {
        if (_open is { } order)
        {
            order = _moreItems == 0 ? order : order with { Item = string.Create(CultureInfo.InvariantCulture, $"{order.Item} and {_moreItems} more") };
            if (_namedRows is null)
            {
                row.Orders.Put(order);
            }
            else
            {
                row.Orders.PutNamed(order, _namedRows);
            }

            (_open, _namedRows) = (null, null);
        }
    }
}
