using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Eventbrite;

/// <summary>
/// Orders and attendees from pages of the Eventbrite interface: amounts in minor units. Net is the gross less Eventbrite's fees and tax;
/// the live attendees of one order add up.
/// </summary>
internal static class EventbritePage
{
    private static readonly string[] AttendeeWords =
        ["Attending", "Not Attending", "Checked In", "Deleted", "Transferred", "Unpaid", "Refunded", "Cancelled", "Canceled"];

    public static void Take(JsonOrderItem item)
    {
        var isAttendee = item.Has("order_id");
        var id = item.RequiredKey(isAttendee ? "order_id" : "id");
        var attendee = isAttendee ? item.RequiredKey("id") : string.Empty;
        var placedAt = item.Time("created");
        var parts = MinorUnits(item);
        var gross = item.Amount("costs.gross.value", parts, isRequired: true);
        var fees = item.Amount("costs.eventbrite_fee.value", parts) + item.Amount("costs.payment_fee.value", parts) + item.Amount("costs.tax.value", parts);
        item.Currency("costs.gross.currency");
        var status = item.Status(OrderPlatform.Eventbrite, "status", isAttendee ? AttendeeWords : EventbriteOrders.Words);
        if (item.IsRejected())
        {
            return;
        }

        var standing = StatusWords.Standing(
            status,
            item.IsTrue("refunded") ? "refunded" : string.Empty,
            item.IsTrue("cancelled") || item.IsTrue("canceled") ? "cancelled" : string.Empty);
        var what = item.Text(item.First("event.name.text", "event_id"));
        if (isAttendee)
        {
            var ticket = new Ticket(
                placedAt,
                gross,
                fees,
                standing,
                status,
                what,
                new TicketPerson(item.Text("order.email"), item.Text("order.name")),
                new TicketPerson(item.Text(item.First("profile.email", "email")), item.Text(item.First("profile.name", "name"))));
            if (!item.Orders.TryPut(id, attendee, ticket))
            {
                item.Fault("costs.gross.value", CellDecimal.TooLarge);
                item.IsRejected();
            }

            return;
        }

        var contact = item.Text(item.First("email", "profile.email"));
        item.Orders.Put(new Order
        {
            Key = new OrderKey(OrderPlatform.Eventbrite, id),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = gross,
            Fees = fees,
            Net = StatusWords.Net(standing, gross - fees, kept: null),
            Standing = standing,
            Status = status,
            Item = what,
            Purchaser = item.Has("name") ? item.Text("name") : item.Text("profile.name"),
        });
    }

    /// <summary>How many of the units in which the interface counts make one of the currency; 100 where it does not say which.</summary>
    private static long MinorUnits(JsonOrderItem item) => Currency.TryGet(item.Text("costs.gross.currency"), out var currency) ? currency.MinorUnits : 100;
}
