using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Eventbrite;

/// <summary>
/// Orders and attendees from pages of the Eventbrite interface: amounts in minor units. Net is the gross less Eventbrite's fees and tax;
/// attendees of one order add up.
/// </summary>
internal static class EventbritePage
{
    private static readonly string[] AttendeeWords =
        ["Attending", "Not Attending", "Checked In", "Deleted", "Transferred", "Unpaid", "Refunded", "Cancelled", "Canceled"];

    public static void Take(JsonOrderItem item)
    {
        var isAttendee = item.Has("order_id");
        var id = item.RequiredText(isAttendee ? "order_id" : "id");
        var placedAt = item.Time("created");
        var gross = item.Amount("costs.gross.value", isCents: true, isRequired: true);
        var fees = item.Amount("costs.eventbrite_fee.value", isCents: true) + item.Amount("costs.payment_fee.value", isCents: true)
            + item.Amount("costs.tax.value", isCents: true);
        item.Currency("costs.gross.currency");
        var status = item.Status(OrderPlatform.Eventbrite, "status", isAttendee ? AttendeeWords : EventbriteOrders.Words);
        if (item.IsRejected())
        {
            return;
        }

        var standing = item.IsTrue("refunded") ? OrderStanding.Refunded
            : item.IsTrue("cancelled") ? OrderStanding.Cancelled
            : EventbriteOrders.Standing(status);
        var contact = item.Text(item.First("email", "profile.email"));
        var customer = CustomerEmail.TryNormalize(contact, out var email) ? email : null;
        var purchaser = item.Has("name") ? item.Text("name") : item.Text("profile.name");
        var what = item.Text(item.First("event.name.text", "event_id"));
        if (isAttendee)
        {
            TakePart(item, id, customer, contact, (placedAt, gross, fees), standing, (status, what, purchaser));
            return;
        }

        item.Orders.Put(new Order
        {
            Key = new OrderKey(OrderPlatform.Eventbrite, id),
            PlacedAt = placedAt,
            CustomerKey = customer,
            Contact = contact,
            Gross = gross,
            Fees = fees,
            Net = gross - fees,
            Standing = standing,
            Status = status,
            Item = what,
            Purchaser = purchaser,
        });
    }

    private static void TakePart(
        JsonOrderItem item,
        string id,
        string? customer,
        string contact,
        (DateTime PlacedAt, decimal Gross, decimal Fees) sums,
        OrderStanding standing,
        (string Status, string Item, string Purchaser) texts)
    {
        ref var parts = ref item.Orders.Parts(OrderPlatform.Eventbrite, id);
        if (!parts.Fits(sums.Gross, sums.Fees))
        {
            item.Fault("costs.gross.value", CellDecimal.TooLarge);
            item.IsRejected();
            return;
        }

        if (parts.CustomerKey is null)
        {
            (parts.CustomerKey, parts.Contact, parts.Purchaser) = (customer, contact, texts.Purchaser);
        }

        parts.Item = parts.Item.Length > 0 ? parts.Item : texts.Item;
        parts.Status = parts.Status.Length > 0 ? parts.Status : texts.Status;
        parts.Add(sums.PlacedAt, sums.Gross, sums.Fees, isOrder: true, isDead: standing != OrderStanding.Counts);
    }
}
