using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Eventbrite;

/// <summary>
/// The orders reports of Eventbrite, the newer with <c>Net sales</c> and the older whose amounts name their currency in the header. Month-first
/// dates beside year-first ones.
/// </summary>
internal sealed class EventbriteOrders : OrderLayout
{
    private const int Id = 0;
    private const int OrderDate = 1;
    private const int Email = 2;
    private const int NetSales = 3;
    private const int PaymentStatus = 4;
    private const int GrossSales = 5;
    private const int ServiceFee = 6;
    private const int ProcessingFee = 7;
    private const int FirstName = 8;
    private const int LastName = 9;
    private const int EventName = 10;
    private const int CurrencyCode = 11;
    private const int FeeTax = 12;
    private const int OrderStatus = 13;
    private const int OrderType = 14;

    public static readonly string[] Words =
    [
        "Free Order", "Free", "Completed", "Paid", "Placed", "Pending", "Refunded", "Partially Refunded", "Cancelled", "Canceled", "Deleted", "Abandoned",
        "Transferred", "Unpaid",
    ];

    private readonly bool _isOlder;
    private readonly string _currency;

    public EventbriteOrders(string[] names)
    {
        // The older report has no net: it is the gross less what Eventbrite keeps.
        var older = Array.Find(names, static n => n.StartsWith("Gross Revenue (", StringComparison.OrdinalIgnoreCase));
        _isOlder = older is not null;
        _currency = older is null ? string.Empty : older["Gross Revenue (".Length..].TrimEnd(')').Trim();
        Columns =
        [
            new("Order ID", true), new("Order date", true, "Date"), new("Buyer email", true, "Email Address"),
            _isOlder ? new(older!, true) : new("Net sales", true),
            new("Payment status", false),
            new("Gross sales", false),
            Money(names, "Eventbrite service fee", "Eventbrite Fees ("),
            Money(names, "Eventbrite payment processing fee", "Eventbrite Payment Processing ("),
            new("Buyer first name", false, "First Name"), new("Buyer last name", false, "Last Name"), new("Event name", false),
            new("Currency", false), Money(names, "Eventbrite tax", "Tax on Eventbrite Fees ("),
            new("Status", false, "Order Status"), new("Order Type", false, "Type"),
        ];
    }

    public override OrderPlatform Platform => OrderPlatform.Eventbrite;

    public override DateOrder Dates => DateOrder.MonthFirst;

    public override CsvColumn[] Columns { get; }

    public override void Take(OrderCells row)
    {
        var id = row.RequiredKey(Id);
        var placedAt = row.Time(OrderDate);
        var amount = row.Amount(NetSales, isRequired: true);
        var fees = row.Amount(ServiceFee) + row.Amount(ProcessingFee) + row.Amount(FeeTax);
        var gross = _isOlder ? amount : row.Amount(GrossSales);
        row.Currency(CurrencyCode);
        row.Currency(NetSales, _currency);
        var status = StatusWords.Join(StatusOf(row, PaymentStatus), StatusOf(row, OrderStatus));
        if (row.IsRejected())
        {
            return;
        }

        var standing = StatusWords.Standing(row.Text(PaymentStatus), row.Text(OrderStatus), row.Text(OrderType));
        var contact = row.Text(Email);
        row.Orders.Put(new Order
        {
            Key = new OrderKey(row.Platform, id),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = gross,
            Fees = fees,
            Net = StatusWords.Net(standing, _isOlder ? gross - fees : amount, kept: null),
            Standing = standing,
            Status = status,
            Item = row.Text(EventName),
            Purchaser = row.Joined(FirstName, LastName),
        });
    }

    private static string StatusOf(OrderCells row, int column) => row.Has(column) ? row.Status(column, Words) : string.Empty;

    private static CsvColumn Money(string[] names, string name, string olderStart) =>
        new(name, false, Array.FindAll(names, n => n.StartsWith(olderStart, StringComparison.OrdinalIgnoreCase)));
}
