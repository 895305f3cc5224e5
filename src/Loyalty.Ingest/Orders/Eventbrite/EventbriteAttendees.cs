using System.Globalization;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Eventbrite;

/// <summary>
/// The attendee report of Eventbrite: a row per ticket, known by order and attendee; the live ones add up to the order. The buyer is <c>Buyer Email</c>
/// where the report has one, else the first attendee. The layout with <c>Order no.</c> is that of countries that write the day first; the one with
/// <c>Order #</c> writes the month first.
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
    private const int BuyerEmail = 12;
    private const int BuyerFirstName = 13;
    private const int BuyerLastName = 14;
    private const int OrderType = 15;
    private const int PaymentStatus = 16;
    private const int OrderStatus = 17;

    private static readonly string[] Words =
        ["Attending", "Not Attending", "Checked In", "Refunded", "Partially Refunded", "Cancelled", "Canceled", "Deleted", "Transferred", "Unpaid"];

    public override OrderPlatform Platform => OrderPlatform.Eventbrite;

    public override DateOrder Dates { get; } =
        Array.Exists(names, static n => string.Equals(n, "Order no.", StringComparison.OrdinalIgnoreCase)) ? DateOrder.DayFirst : DateOrder.MonthFirst;

    public override CsvColumn[] Columns { get; } =
    [
        new("Order #", true, "Order no."), new("Order Date", true), new("Email", true), new("Total Paid", true),
        new("Attendee #", false, "Attendee no."), new("Attendee Status", false), new("Eventbrite Fees", false),
        new("Eventbrite Payment Processing", false), new("First Name", false), new("Last Name", false, "Surname"), new("Event Name", false),
        new("Currency", false), new("Buyer Email", false), new("Buyer First Name", false), new("Buyer Last Name", false, "Buyer Surname"),
        new("Order Type", false), new("Payment Status", false), new("Status", false, "Order Status"),
    ];

    public override void Take(OrderCells row)
    {
        var id = row.RequiredKey(Id);
        var attendee = row.Key(Attendee);
        var placedAt = row.Time(OrderDate);
        var paid = row.Amount(TotalPaid, isRequired: true);
        var fees = row.Amount(Fees) + row.Amount(ProcessingFee);
        row.Currency(CurrencyCode);
        var status = row.Status(Status, Words);
        if (row.IsRejected())
        {
            return;
        }

        if (attendee.Length == 0)
        {
            // Nothing tells the ticket from its like but that it stands there once more.
            if (row.IsRepeated())
            {
                return;
            }

            attendee = string.Create(CultureInfo.InvariantCulture, $"row:{row.FileNumber}:{row.Line}");
        }

        var ticket = new Ticket(
            placedAt,
            paid,
            fees,
            StatusWords.Standing(status, row.Text(OrderType), row.Text(PaymentStatus), row.Text(OrderStatus)),
            status,
            row.Text(EventName),
            new TicketPerson(row.Text(BuyerEmail), row.Joined(BuyerFirstName, BuyerLastName)),
            new TicketPerson(row.Text(Email), row.Joined(FirstName, LastName)));
        if (!row.Orders.TryPut(id, attendee, ticket))
        {
            row.Fault(TotalPaid, CellDecimal.TooLarge);
            row.IsRejected();
        }
    }
}
