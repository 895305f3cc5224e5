using System.Globalization;
using System.Text.Json;
using Loyalty.Orders;

namespace Loyalty.Connectors.Providers;

/// <summary>What the connectors read from answers without trusting their shape.</summary>
internal static class ProviderJson
{
    public static JsonElement? Member(this JsonElement element, string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        }
        catch (InvalidOperationException)
        {
            // A name beside it is half a character.
            return null;
        }
    }

    public static string? Text(this JsonElement element, string name) => element.Member(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.AsText(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    public static double? Number(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The message of an element that is a text, or an object with one.</summary>
    public static string Message(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.AsText() ?? string.Empty,
        JsonValueKind.Object => element.Text("message") ?? element.Text("detail") ?? element.Text("title") ?? string.Empty,
        _ => string.Empty,
    };

    /// <summary>Whether two addresses are one: their normal forms are equal.</summary>
    public static bool IsSameEmail(string? left, string right) =>
        CustomerEmail.TryNormalize(left, out var a) && CustomerEmail.TryNormalize(right, out var b) && string.Equals(a, b, StringComparison.Ordinal);

    /// <summary>A text; <see langword="null"/> when its bytes or escapes make none, which parsing does not find out.</summary>
    private static string? AsText(this JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static string Escaped(string text) => Uri.EscapeDataString(text);

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
