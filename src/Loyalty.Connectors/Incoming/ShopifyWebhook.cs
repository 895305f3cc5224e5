using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Loyalty.Connectors.Providers;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Points.Runs;

namespace Loyalty.Connectors.Incoming;

/// <summary>Calls that Shopify makes when an order is paid.</summary>
/// <remarks>
/// The header <see cref="SignatureHeader"/> carries the base64 of the HMAC-SHA256 of the body as it came, with the app's secret. Verify first; what
/// is not verified is nobody's. The same call may come twice: the id of the order is the key of what is made of it.
/// </remarks>
public static class ShopifyWebhook
{
    /// <summary>The usual name of the header of the signature.</summary>
    public const string SignatureHeader = "X-Shopify-Hmac-Sha256";

    /// <summary>Whether a body was signed with the secret.</summary>
    /// <param name="body">The body, byte for byte.</param>
    /// <param name="signature">The header.</param>
    /// <param name="secret">The secret of the app.</param>
    public static bool Verify(ReadOnlySpan<byte> body, string? signature, string secret) =>
        WebhookSignature.IsSame(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body), signature);

    /// <summary>The order in a verified call, to be taken live; <see langword="null"/> when it is none that counts.</summary>
    /// <param name="body">The body.</param>
    /// <param name="currency">The program's currency; an order in another one does not count.</param>
    /// <param name="zone">The program's zone, in which the order is dated.</param>
    /// <returns>
    /// An order that is paid and not cancelled, of a customer with an e-mail address; the customer is the address in its normal form, the amount the
    /// total less what was refunded.
    /// </returns>
    public static OrderRow? ReadOrder(ReadOnlyMemory<byte> body, Currency currency, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(currency);
        ArgumentNullException.ThrowIfNull(zone);
        if (IncomingJson.Parse(body) is not { } order
            || order.Text("id") is not { } id
            || !CustomerEmail.TryNormalize(order.Text("email") ?? order.Member("customer")?.Text("email"), out var email)
            || !IncomingJson.TryDate(order.Text("processed_at") ?? order.Text("created_at"), zone, out var date)
            || !string.Equals(order.Text("currency"), currency.Code, StringComparison.Ordinal)
            || order.Text("financial_status") is not ("paid" or "partially_refunded") || order.Text("cancelled_at") is not null
            || !decimal.TryParse(order.Text("current_total_price") ?? order.Text("total_price"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var total)
            || !currency.TryToMinor(total, out var minor) || minor < 0)
        {
            return null;
        }

        return new OrderRow(id, email, date, minor);
    }
}

/// <summary>Compares signatures in a time that tells nothing about them.</summary>
internal static class WebhookSignature
{
    public static bool IsSame(ReadOnlySpan<byte> expected, string? base64)
    {
        Span<byte> given = stackalloc byte[128];
        return base64 is { Length: > 0 and <= 160 } && Convert.TryFromBase64String(base64.Trim(), given, out var length)
            && CryptographicOperations.FixedTimeEquals(expected, given[..length]);
    }
}

/// <summary>JSON from outside.</summary>
internal static class IncomingJson
{
    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>An instant with an offset, as a date in a zone.</summary>
    public static bool TryDate(string? text, TimeZoneInfo zone, out DateOnly date)
    {
        date = default;
        if (text is null || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            return false;
        }

        date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);
        return true;
    }
}
