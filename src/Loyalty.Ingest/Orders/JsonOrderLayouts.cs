using System.Text.Json;
using Loyalty.Ingest.Orders.Commerce7;
using Loyalty.Ingest.Orders.Eventbrite;
using Loyalty.Ingest.Orders.Humanitix;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>Which platform an object of a JSON page comes from, and how it becomes an order.</summary>
internal static class JsonOrderLayouts
{
    /// <summary>Tells the platform by members that only its objects have.</summary>
    /// <exception cref="SourceException">None fits.</exception>
    public static OrderPlatform Find(string file, JsonElement item)
    {
        if (Has(item, "costs") || Has(item, "resource_uri"))
        {
            return OrderPlatform.Eventbrite;
        }

        if (Has(item, "financialStatus") || Has(item, "orderName"))
        {
            return OrderPlatform.Humanitix;
        }

        return Has(item, "orderSubmittedDate") || Has(item, "paymentStatus") || Has(item, "emails")
            ? OrderPlatform.Commerce7
            : throw new SourceException(
                SourceFault.OtherExport,
                $"{file}: the JSON is no page of orders of Humanitix, Eventbrite or Commerce7; name the format if it is one of them.");
    }

    public static void Take(OrderPlatform platform, JsonOrderItem item)
    {
        switch (platform)
        {
            case OrderPlatform.Humanitix:
                HumanitixPage.Take(item);
                break;
            case OrderPlatform.Eventbrite:
                EventbritePage.Take(item);
                break;
            case OrderPlatform.Commerce7:
                Commerce7Page.Take(item);
                break;
            default:
                throw new SourceException(SourceFault.OtherExport, $"Orders of {platform.ToName()} are read from CSV, not from JSON.");
        }
    }

    private static bool Has(JsonElement item, string name) => item.TryGetProperty(name, out _);
}
