using System.Globalization;
using System.Text;
using Loyalty.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Creators;

/// <summary><c>loyalty creators list</c>: a page of creators.</summary>
internal static class CreatorListCommand
{
    public static async Task<int> RunAsync(StoreChoice choice, string tenant, CreatorQuery query, bool json, HostConsole console, CancellationToken cancellation)
    {
        using var opened = await OpenedStore.ForReadingAsync(choice, tenant, StateParts.Creators, cancellation);
        var page = await opened.Store.Creators.ListAsync(query, cancellation);
        console.WriteLine(json ? Json(page) : Table(page));
        return ExitCode.Done;
    }

    private static string Table(CreatorPage page)
    {
        var text = new StringBuilder();
        foreach (var (creator, badge) in page.Creators)
        {
            text.Append(CultureInfo.InvariantCulture, $"{creator.Handle,-24} {badge,-8} {creator.Videos,5} videos {creator.Samples,4} samples");
            foreach (var part in (ReadOnlySpan<string>)[CreatorText.Name(creator), creator.Email, creator.Phone, string.Join(", ", creator.Tags)])
            {
                text.Append(part.Length > 0 ? "  " : "").Append(part);
            }

            text.Append('\n');
        }

        return text.Append(page.Next is { } next ? $"more: --after {next}" : $"{page.Creators.Count} creators").ToString();
    }

    private static string Json(CreatorPage page) => CreatorText.Json(json =>
    {
        json.WriteStartArray("creators");
        foreach (var (creator, badge) in page.Creators)
        {
            json.WriteStartObject();
            CreatorText.WriteFields(json, creator, badge);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("next", page.Next);
    });
}
