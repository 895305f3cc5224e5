using System.Globalization;
using System.Text;
using System.Text.Json;
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
        var text = new StringBuilder("handle\tbadge\te-mail\tphone\tname\tfollowers\tvideos\tsamples\ttags\n");
        foreach (var (creator, badge) in page.Creators)
        {
            text.Append(CultureInfo.InvariantCulture, $"{creator.Handle}\t{badge}\t{creator.Email}\t{creator.Phone}\t{CreatorText.Name(creator)}\t{creator.Followers}\t")
                .Append(CultureInfo.InvariantCulture, $"{creator.Videos}\t{creator.Samples}\t{string.Join(", ", creator.Tags)}\n");
        }

        return CreatorText.Visible(text.Append(page.Next is { } next ? $"more: --after {next}" : $"{page.Creators.Count} creators").ToString());
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
