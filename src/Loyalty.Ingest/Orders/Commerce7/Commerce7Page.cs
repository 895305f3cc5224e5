using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Commerce7;

/// <summary>
/// Orders and customers from pages of the Commerce7 interface: amounts in cents. A refund is an order of its own that names the one it refunds:
/// it reduces net spend on its own date; an order that is refunded in full no longer counts. Customers tell which e-mails belong together.
/// </summary>
internal static class Commerce7Page
{
    private static readonly string[] Words = ["Paid", "Authorized", "Cancelled", "Canceled"];

    public static void Take(JsonOrderItem item)
    {
        if (string.Equals(item.List, "customers", StringComparison.Ordinal) || (item.Has("emails") && !item.Has("total")))
        {
            TakeCustomer(item);
            return;
        }

        var id = item.RequiredText("id");
        var placedAt = item.Time(item.First("orderSubmittedDate", "orderPaidDate"));
        var total = item.Amount("total", isCents: true, isRequired: true);
        item.Currency("currency");
        var status = item.Status(OrderPlatform.Commerce7, "paymentStatus", Words);
        if (item.IsRejected())
        {
            return;
        }

        var isRefund = StatusWords.Contains(item.Text("purchaseType"), "refund");
        var previous = item.Text("previousOrderId");
        var isCancelled = StatusWords.Contains(status, "cancel");
        if (isRefund && previous.Length > 0 && !isCancelled)
        {
            item.Orders.Refund(new OrderKey(OrderPlatform.Commerce7, previous), Math.Abs(total));
        }

        var contact = item.Text(item.First("customer.emails.0.email", "customer.email", "email"));
        item.Orders.Put(new Order
        {
            Key = new OrderKey(OrderPlatform.Commerce7, id),
            PlacedAt = placedAt,
            CustomerKey = CustomerEmail.TryNormalize(contact, out var email) ? email : null,
            Contact = contact,
            Gross = isRefund ? 0 : total,
            Refunded = isRefund ? Math.Abs(total) : 0,
            Net = isCancelled ? 0 : isRefund ? -Math.Abs(total) : total,
            Standing = isRefund ? OrderStanding.Credit : isCancelled ? OrderStanding.Cancelled : OrderStanding.Counts,
            Status = StatusWords.Join(status, item.Text("purchaseType")),
            Item = item.Text("items.0.productTitle"),
            Purchaser = item.Has("customer.firstName") ? item.Joined("customer.firstName", "customer.lastName") : item.Joined("billTo.firstName", "billTo.lastName"),
        });
    }

    private static void TakeCustomer(JsonOrderItem item)
    {
        item.RequiredText("id");
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
