using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Humanitix;

/// <summary>
/// The orders export of Humanitix: day-first dates; <c>Order id</c> may repeat, so <c>Long order id</c> is the key; net is <c>Your earnings</c>,
/// which is after refunds and booking fees already.
/// </summary>
internal sealed class HumanitixOrders : OrderLayout
{
    private const int LongId = 0;
    private const int Email = 1;
    private const int OrderDate = 2;
    private const int FinancialStatus = 3;
    private const int Earnings = 4;
    private const int State = 5;
    private const int Event = 6;
    private const int FirstName = 7;
    private const int LastName = 8;
    private const int Paid = 9;
    private const int Refunds = 10;
    private const int PassedOnFee = 11;
    private const int AbsorbedFees = 12;

    public static readonly string[] States = ["Complete", "Completed", "Cancelled", "Canceled"];

    public static readonly string[] FinancialStates = ["Paid", "Free", "Refunded", "Partially refunded", "PartiallyRefunded", "Unpaid", "Pending"];

    public override OrderPlatform Platform => OrderPlatform.Humanitix;

    public override DateOrder Dates => DateOrder.DayFirst;

    public override CsvColumn[] Columns { get; } =
    [
        new("Long order id", true), new("Email", true), new("Order date", true), new("Financial status", true), new("Your earnings", true),
        new("Status", true), new("Event", false), new("First name", false), new("Last name", false), new("Paid", false), new("Refunds", false),
        new("Humanitix passed-on fee", false), new("Humanitix absorbed fees", false),
    ];

    /// <summary>A cancelled order is that, whatever came of its money.</summary>
    public static OrderStanding Standing(string state, string financial) =>
        StatusWords.Standing(state) is var standing && standing != OrderStanding.Counts ? standing : StatusWords.Standing(financial);

    public override void Take(OrderCells row)
    {
        var id = row.RequiredKey(LongId);
        var placedAt = row.Time(OrderDate);
        var net = row.Amount(Earnings, isRequired: true);
        var (gross, refunded) = (row.Amount(Paid), Math.Abs(row.Amount(Refunds)));
        var fees = row.Amount(PassedOnFee) + row.Amount(AbsorbedFees);
        var financial = row.Status(FinancialStatus, FinancialStates);
        var state = row.Status(State, States);
        if (row.IsRejected())
        {
            return;
        }

        var standing = Standing(state, financial);
        var contact = row.Text(Email);
        row.Orders.Put(new Order
        {
            Key = new OrderKey(row.Platform, id),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = gross,
            Fees = fees,
            Refunded = refunded,
            Net = StatusWords.Net(standing, net, row.IsBlank(Paid) || row.IsBlank(Refunds) ? null : gross - refunded),
            Standing = standing,
            Status = StatusWords.Join(state, financial),
            Item = row.Text(Event),
            Purchaser = row.Joined(FirstName, LastName),
        });
    }
}
