using System.Text.Json;
using Loyalty.Clean;

namespace Loyalty.Ingest.Payments;

/// <summary>Takes the items out of a page of an API.</summary>
internal static class RawPages
{
    /// <summary>Transactions (<c>{ "data": [...] }</c>) or invoices (a list); also both in one file, one after the other.</summary>
    public static List<RawItem> PaymentsOf(JsonElement page, string from)
    {
        if (page.ValueKind == JsonValueKind.Array)
        {
            // A file that holds a list of pages.
            return page.GetArrayLength() > 0 && page[0].ValueKind == JsonValueKind.Object && page[0].TryGetProperty("data", out _)
                ? [.. page.EnumerateArray().SelectMany(p => PaymentsOf(p, from))]
                : [.. page.EnumerateArray().Select(i => Item(i, IsTransaction(i) ? RawKind.Transaction : RawKind.Invoice, from))];
        }

        return Items(page, "data", from).ConvertAll(i => Item(i, IsTransaction(i) ? RawKind.Transaction : RawKind.Invoice, from));
    }

    /// <summary>Contacts (<c>{ "items": [...] }</c>, or a list).</summary>
    public static List<RawItem> ContactsOf(JsonElement page, string from)
    {
        if (page.ValueKind == JsonValueKind.Array)
        {
            return page.GetArrayLength() > 0 && page[0].ValueKind == JsonValueKind.Object && page[0].TryGetProperty("items", out _)
                ? [.. page.EnumerateArray().SelectMany(p => ContactsOf(p, from))]
                : [.. page.EnumerateArray().Select(i => Item(i, RawKind.Contact, from))];
        }

        return Items(page, "items", from).ConvertAll(i => Item(i, RawKind.Contact, from));
    }

    private static bool IsTransaction(JsonElement item) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("reference_id", out _);

    private static List<JsonElement> Items(JsonElement page, string name, string from) =>
        page.ValueKind == JsonValueKind.Object && page.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? [.. items.EnumerateArray()]
            : throw new SourceException(SourceFault.Json, $"{from}: is no page of this interface: it has no list '{name}'. Nothing was taken; is it the right file or address?");

    private static RawItem Item(JsonElement item, RawKind kind, string from)
    {
        if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number)
        {
            var text = id.ValueKind == JsonValueKind.String ? id.GetString()! : id.GetRawText();
            if (text.Length > 0)
            {
                return new RawItem(kind, text, item.GetRawText(), from);
            }
        }

        throw new SourceException(SourceFault.Json, $"{from}: an item has no id, so it cannot be told from others. Nothing was taken; was the page cut?");
    }
}
