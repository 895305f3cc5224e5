using System.Text.Json;
using Loyalty.Connectors.Providers;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Points.Runs;

namespace Loyalty.Connectors.Incoming;

/// <summary>What a call of Commerce7 says happened.</summary>
/// <param name="Subject">The object, such as <c>Order</c>.</param>
/// <param name="Action">What happened, such as <c>Create</c>.</param>
/// <param name="Id">The id of the object; to be read anew.</param>
public sealed record Commerce7Call(string Subject, string Action, string Id);

/// <summary>Calls that Commerce7 makes. They are not signed: the tenant is checked, and nothing but the id is believed; the object is read anew.</summary>
public static class Commerce7Webhook
{
    /// <summary>What a call says; <see langword="null"/> when it is another tenant's, or none.</summary>
    /// <param name="body">The body.</param>
    /// <param name="tenant">The tenant at Commerce7.</param>
    public static Commerce7Call? Read(ReadOnlyMemory<byte> body, string tenant) =>
        IncomingJson.Parse(body) is { } call
        && string.Equals(call.Text("tenantId") ?? call.Text("tenant"), tenant, StringComparison.Ordinal)
        && call.Text("object") is { } subject && call.Text("action") is { } action && call.Member("payload")?.Text("id") is { } id
            ? new(subject, action, id)
            : null;

    /// <summary>The order of a call, read anew from the shop; <see langword="null"/> when there is none that counts.</summary>
    /// <param name="call">The call.</param>
    /// <param name="shop">The connector.</param>
    /// <param name="currency">The program's currency.</param>
    /// <param name="zone">The program's zone.</param>
    /// <param name="scope">The scope of the request.</param>
    /// <exception cref="ConnectorException">The shop does not answer as wanted.</exception>
    public static async Task<OrderRow?> ReadOrderAsync(Commerce7Call call, Commerce7Connector shop, Currency currency, TimeZoneInfo zone, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(shop);
        return call.Subject is "Order" && await shop.ReadAsync($"/order/{Uri.EscapeDataString(call.Id)}", scope).ConfigureAwait(false) is { } order
            ? OrderOf(order, currency, zone)
            : null;
    }

    /// <summary>A paid order of the shop; amounts are cents there.</summary>
    internal static OrderRow? OrderOf(JsonElement order, Currency currency, TimeZoneInfo zone) =>
        order.Text("id") is { } id
        && CustomerEmail.TryNormalize(order.Member("customer") is { } customer
            ? customer.Items("emails").Select(static e => e.Text("email")).FirstOrDefault()
            : order.Text("email"), out var email)
        && IncomingJson.TryDate(order.Text("orderPaidDate") ?? order.Text("orderSubmittedDate"), zone, out var date)
        && order.Text("paymentStatus") is null or "Paid"
        && order.Member("total") is { ValueKind: JsonValueKind.Number } total && total.TryGetInt64(out var cents) && cents >= 0 && currency.Digits == 2
            ? new OrderRow(id, email, date, cents)
            : null;
}
