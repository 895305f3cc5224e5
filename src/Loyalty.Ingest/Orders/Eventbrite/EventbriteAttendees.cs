using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Eventbrite;

/// <summary>
/// The attendee report of Eventbrite: a row per ticket, whose amounts add up to the order. The layout with <c>Order no.</c> is that of countries
/// that write the day first; the one with <c>Order #</c> writes the month first.
/// </summary>
internal sealed class EventbriteAttendees(string[] names) : OrderLayout
{
    private const int Id = 0;
    private const int OrderDate = 1;
    private const int Email = 2;
    private const int TotalPaid = 3;
    private const int Attendee = 4;
    private const int Status = 5;
    private const int Fees = 6;
    private const int ProcessingFee = 7;
    private const int FirstName = 8;
    private const int LastName = 9;
    private const int EventName = 10;
    private const int CurrencyCode = 11;

    private static readonly string[] Words =
        ["Attending", "Not Attending", "Checked In", "Refunded", "Partially Refunded", "Cancelled", "Canceled", "Deleted", "Transferred", "Unpaid"];

    public override OrderPlatform Platform => OrderPlatform.Eventbrite;

    public override DateOrder Dates { get; } =
        Array.Exists(names, static n => string.Equals(n, "Order no.", StringComparison.OrdinalIgnoreCase)) ? DateOrder.DayFirst : DateOrder.MonthFirst;

    public override CsvColumn[] Columns { get; } =
    [
        new("Order #", true, "Order no."), new("Order Date", true), new("Email", true), new("Total Paid", true),
        new("Attendee #", true, "Attendee no."), new("Attendee Status", false), new("Eventbrite Fees", false),
        new("Eventbrite Payment Processing", false), new("First Name", false), new("Last Name", false, "Surname"), new("Event Name", false),
        new("Currency", false),
    ];

    public override void Take(OrderCells row)
    {
        var id = row.RequiredText(Id);
        var placedAt = row.Time(OrderDate);
        var paid = row.Amount(TotalPaid, isRequired: true);
        var fees = row.Amount(Fees) + row.Amount(ProcessingFee);
        row.Currency(CurrencyCode);
        var status = row.Status(Status, Words);
        var contact = row.Text(Email);
        if (row.IsRejected())
        {
            return;
        }

        ref var parts = ref row.Orders.Parts(row.Platform, id);
        if (!parts.Fits(paid, fees))
        {
            row.Fault(TotalPaid, CellDecimal.TooLarge);
            row.IsRejected();
            return;
        }

        // The e-mail of a ticket is its attendee's; the first usable one stands for the order.
        if (parts.CustomerKey is null)
        {
            parts.CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null;
            parts.Contact = contact;
            parts.Purchaser = row.Joined(FirstName, LastName);
        }

        parts.Item = parts.Item.Length > 0 ? parts.Item : row.Text(EventName);
        parts.Status = parts.Status.Length > 0 ? parts.Status : status;
        parts.Add(placedAt, paid, fees, isOrder: true, isDead: EventbriteOrders.Standing(status) != OrderStanding.Counts);
    }
}
