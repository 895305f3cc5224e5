using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Commerce7;

/// <summary>
/// Orders and customers from pages of the Commerce7 interface: amounts in cents. A refund is an order of its own, of that type or below zero, that
/// names the one it refunds: it reduces net spend on its own date; an order that is refunded in full no longer counts. Customers tell which e-mails
/// belong together.
/// </summary>
internal static class Commerce7Page
{
    private static readonly string[] Words = ["Paid", "Authorized", "Pending", "Refunded", "Partially Refunded", "Cancelled", "Canceled"];

    public static void Take(JsonOrderItem item)
    {
        if (string.Equals(item.List, "customers", StringComparison.Ordinal) || (item.Has("emails") && !item.Has("total")))
        {
            TakeCustomer(item);
            return;
        }

        var id = item.RequiredKey("id");
        var placedAt = item.Time(item.First("orderSubmittedDate", "orderPaidDate"));
        var total = item.Amount("total", parts: 100, isRequired: true);
        item.Currency("currency");
        var status = item.Status(OrderPlatform.Commerce7, "paymentStatus", Words);
        var previous = item.Key("previousOrderId");
        if (item.IsRejected())
        {
            return;
        }

        // Money that goes back is no order, whatever its type is called.
        var isRefund = total < 0 || StatusWords.Contains(item.Text("purchaseType"), "refund");
        var standing = StatusWords.Standing(status);
        var isVoid = standing != OrderStanding.Counts && !(isRefund && standing == OrderStanding.Refunded);
        var givenBack = isRefund && !isVoid ? Math.Abs(total) : 0;
        var contact = item.Text(item.First("customer.emails.0.email", "customer.email", "email"));
        item.Orders.Put(new Order
        {
            Key = new OrderKey(OrderPlatform.Commerce7, id),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = isRefund ? 0 : total,
            Refunded = givenBack,
            Net = isRefund ? -givenBack : StatusWords.Net(standing, total, kept: null),
            Standing = isRefund ? OrderStanding.Credit : standing,
            RefundOf = isRefund && previous.Length > 0 ? previous : null,
            Status = StatusWords.Join(status, item.Text("purchaseType")),
            Item = item.Text("items.0.productTitle"),
            Purchaser = item.Has("customer.firstName") ? item.Joined("customer.firstName", "customer.lastName") : item.Joined("billTo.firstName", "billTo.lastName"),
        });
    }

    private static void TakeCustomer(JsonOrderItem item)
    {
        item.RequiredKey("id");
        if (item.IsRejected())
        {
            return;
        }

        string? first = null;
        var emails = item.At("emails");
        for (var i = 0; emails.ValueKind == System.Text.Json.JsonValueKind.Array && i < emails.GetArrayLength(); i++)
        {
            if (CustomerEmail.TryNormalize(item.Text($"emails.{i}.email"), out var email))
            {
                first ??= email;
                item.Orders.Link(email, first);
            }
        }
    }
}
