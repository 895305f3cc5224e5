using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Humanitix;

/// <summary>
/// Orders from pages of the Humanitix interface: amounts in decimal units; the key is <c>_id</c>, the long id of the CSV export; net is
/// <c>netSales</c> of the totals.
/// </summary>
internal static class HumanitixPage
{
    public static void Take(JsonOrderItem item)
    {
        var id = item.RequiredKey(item.First("_id", "id"));
        var placedAt = item.Time(item.First("completedAt", "createdAt"));
        var totals = item.Has("totals") ? "totals" : "purchaseTotals";
        var net = item.Amount($"{totals}.netSales", isRequired: true);
        var (gross, refunded) = (item.Amount($"{totals}.grossSales"), Math.Abs(item.Amount($"{totals}.refunds")));
        var fees = item.Amount($"{totals}.bookingFee");
        item.Currency("currency");
        var state = item.Status(OrderPlatform.Humanitix, "status", HumanitixOrders.States);
        var financial = item.Status(OrderPlatform.Humanitix, "financialStatus", HumanitixOrders.FinancialStates);
        if (item.IsRejected())
        {
            return;
        }

        var standing = HumanitixOrders.Standing(state, financial);
        var contact = item.Text("email");
        item.Orders.Put(new Order
        {
            Key = new OrderKey(OrderPlatform.Humanitix, id),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = gross,
            Fees = fees,
            Refunded = refunded,
            Net = StatusWords.Net(
                standing, net, item.Has($"{totals}.grossSales") && item.Has($"{totals}.refunds") ? gross - refunded : null),
            Standing = standing,
            Status = StatusWords.Join(state, financial),
            Item = item.Text(item.First("eventName", "eventId")),
            Purchaser = item.Joined("firstName", "lastName"),
        });
    }
}
