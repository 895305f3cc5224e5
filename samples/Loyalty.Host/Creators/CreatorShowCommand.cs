using System.Globalization;
using System.Text;
using Loyalty.Creators;
using Loyalty.Host.Import;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Creators;

/// <summary><c>loyalty creators show</c>: everything that is known of a creator, and from where.</summary>
internal static class CreatorShowCommand
{
    private const int MostRows = 20;

    public static async Task<int> RunAsync(StoreChoice choice, string tenant, string handle, bool json, HostConsole console, CancellationToken cancellation)
    {
        using var opened = await OpenedStore.ForReadingAsync(choice, tenant, StateParts.Creators, cancellation);
        var name = CreatorProgram.Handle(handle);
        var detail = await opened.Store.Creators.FindAsync(name, cancellation)
            ?? throw new CommandException($"there is no creator '{name}'; `loyalty creators list` shows whom there is.");
        console.WriteLine(json ? Json(detail) : Table(detail));
        return ExitCode.Done;
    }

    private static string Table(CreatorDetail detail)
    {
        var text = new StringBuilder();
        var creator = detail.Creator;
        Line($"{creator.Handle}: {detail.Badge}{(creator.Tags.Count > 0 ? $", {string.Join(", ", creator.Tags)}" : "")}");
        foreach (var origin in detail.Origins)
        {
            Line($"  {origin.Column,-15} {origin.Value}  ({CreatorSourceName.Of(origin.Source)}, {File(origin.File)}:{origin.Line})");
        }

        foreach (var conflict in detail.Conflicts)
        {
            Line($"  {conflict.Column,-15} not {conflict.Other}  ({CreatorSourceName.Of(conflict.OtherSource)}, line {conflict.Line})");
        }

        foreach (var link in detail.PhoneLinks)
        {
            Line($"  {link.Masked,-15} {ImportFiles.Word(link.Outcome)} {link.Matched}");
        }

        foreach (var earlier in detail.EarlierHandles)
        {
            Line($"  was {earlier.Handle} until {earlier.ChangedOn:yyyy-MM-dd}");
        }

        Part("brands", detail.Brands, b => $"{b.Brand}: {b.Samples} samples, GMV {b.Gmv}, {b.Videos} videos, {b.Lives} lives");
        Part("badges", [.. detail.Badges.Reverse()], b => $"{b.Month:yyyy-MM} {b.Badge}: {b.Gmv}");
        Part("samples", detail.Samples, s => $"{s.OrderedAt:yyyy-MM-dd} {s.OrderId} {s.SkuId} {s.ProductName} {s.Status}");
        Part("videos", detail.Videos, v => $"{v.PostedOn:yyyy-MM-dd} {v.Key} GMV {v.Gmv} {v.Title} [{string.Join(", ", v.Products)}]");
        Part("snapshots", detail.Snapshots, s => $"{s.Date:yyyy-MM-dd} {CreatorSourceName.Of(s.Source)}: {s.Followers} followers, GMV {s.Gmv}, {s.Posts} posts");
        Part("communications", detail.Communications, c => $"{c.At:yyyy-MM-dd HH:mm:ss} {c.Channel} {c.Direction} {c.Status} {c.ExternalId} {c.Subject}");
        return text.ToString().TrimEnd('\n');

        string File(int id) => detail.Files.FirstOrDefault(f => f.Id == id)?.File ?? "?";

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        void Part<T>(string name, IReadOnlyList<T> rows, Func<T, FormattableString> show)
        {
            if (rows.Count == 0)
            {
                return;
            }

            Line($"{name} ({rows.Count})");
            foreach (var row in rows.Take(MostRows))
            {
                text.Append("  ");
                Line(show(row));
            }
        }
    }

    private static string Json(CreatorDetail detail) => CreatorText.Json(json =>
    {
        CreatorText.WriteFields(json, detail.Creator, detail.Badge);
        All("provenance", detail.Origins, o =>
        {
            json.WriteString("field", o.Column);
            json.WriteString("value", o.Value);
            json.WriteString("source", CreatorSourceName.Of(o.Source));
            json.WriteString("file", detail.Files.FirstOrDefault(f => f.Id == o.File)?.File);
            json.WriteNumber("line", o.Line);
        });
        All("conflicts", detail.Conflicts, c =>
        {
            json.WriteString("field", c.Column);
            json.WriteString("other", c.Other);
            json.WriteString("other_source", CreatorSourceName.Of(c.OtherSource));
            json.WriteNumber("line", c.Line);
        });
        All("phone_links", detail.PhoneLinks, l =>
        {
            json.WriteString("masked", l.Masked);
            json.WriteString("matched", l.Matched);
            json.WriteString("result", ImportFiles.Word(l.Outcome));
        });
        All("earlier_handles", detail.EarlierHandles, e =>
        {
            json.WriteString("handle", e.Handle);
            json.WriteString("changed_on", Day(e.ChangedOn));
        });
        All("brands", detail.Brands, b =>
        {
            json.WriteString("brand", b.Brand);
            json.WriteNumber("samples", b.Samples);
            json.WriteBoolean("is_link", b.IsLink);
        });
        All("badges", detail.Badges, b =>
        {
            json.WriteString("month", b.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture));
            json.WriteNumber("gmv", b.Gmv);
            json.WriteString("badge", b.Badge);
        });
        All("sample_orders", detail.Samples, s =>
        {
            json.WriteString("order_id", s.OrderId);
            json.WriteString("sku_id", s.SkuId);
            json.WriteString("brand", s.Brand);
            json.WriteString("product_id", s.ProductId);
            json.WriteString("product_name", s.ProductName);
            json.WriteString("status", s.Status);
            json.WriteString("ordered_at", s.OrderedAt?.ToString("s", CultureInfo.InvariantCulture));
        });
        All("video_list", detail.Videos, v =>
        {
            json.WriteString("key", v.Key);
            json.WriteString("posted_on", Day(v.PostedOn));
            json.WriteNumber("gmv", v.Gmv);
            json.WriteString("title", v.Title);
            CreatorText.WriteTexts(json, "products", v.Products);
        });
        All("snapshots", detail.Snapshots, s =>
        {
            json.WriteString("date", Day(s.Date));
            json.WriteString("source", CreatorSourceName.Of(s.Source));
            json.WriteString("followers", s.Followers?.ToString(CultureInfo.InvariantCulture));
            json.WriteString("gmv", s.Gmv?.ToString(CultureInfo.InvariantCulture));
        });
        All("communications", detail.Communications, c =>
        {
            json.WriteString("at", c.At.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            json.WriteString("channel", c.Channel);
            json.WriteString("direction", c.Direction);
            json.WriteString("status", c.Status);
            json.WriteString("external_id", c.ExternalId);
            json.WriteString("subject", c.Subject);
        });

        static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        void All<T>(string name, IReadOnlyList<T> rows, Action<T> write)
        {
            json.WriteStartArray(name);
            foreach (var row in rows)
            {
                json.WriteStartObject();
                write(row);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    });
}
