using System.Globalization;
using System.Text;
using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Testing.Creators;

/// <summary>A row of an export in short form: what it says of a creator, a sample or a video.</summary>
internal sealed record ExportRow(string Handle, string Email = "", string Name = "", string Order = "", string Video = "", int Day = 1, int Gmv = 0)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Handle}/{Email}/{Name}/{Order}/{Video}@{Day}:{Gmv}");
}

/// <summary>An export in short form.</summary>
internal sealed record Export(CreatorSource Source, string File, params ExportRow[] Rows)
{
    public override string ToString() => $"{Source} {File} [{string.Join(", ", Rows.Select(static r => r.ToString()))}]";

    /// <summary>What it says, in the form that runs take.</summary>
    public SourceStatements Statements()
    {
        var said = new SourceStatements(Source, File) { Fingerprint = $"{Source}:{File}", RowsRead = Rows.Length };
        for (var i = 0; i < Rows.Length; i++)
        {
            Say(said, Rows[i], i + 2);
        }

        return said;
    }

    private static void Say(SourceStatements said, ExportRow row, long line)
    {
        var creator = said.Creator(Encoding.UTF8.GetBytes(row.Handle));
        foreach (var (field, value) in ((CreatorField, string)[])[(CreatorField.Email, row.Email), (CreatorField.FirstName, row.Name)])
        {
            if (value.Length > 0)
            {
                said.Say(creator, field, Encoding.UTF8.GetBytes(value), line);
            }
        }

        if (said.Source == CreatorSource.Refunnel)
        {
            said.SaySnapshot(creator, Cells($"{row.Gmv}", $"{row.Gmv}.50", "", "1", "2", "", "", "", "", "tiktok", "", ""), line);
        }

        if (said.Source == CreatorSource.Euka)
        {
            said.SayFigures(creator, Cells($"{row.Gmv}", "3", "", "Tea, Cup"), line);
        }

        if (row.Order.Length > 0)
        {
            said.SaySample(
                Encoding.UTF8.GetBytes(row.Order), "sku"u8, Cells(row.Handle, "", row.Name.Length > 0 ? "p1" : "", "Tea", "", "1", "shipped", "20250301120000", "", "", ""), line);
        }

        if (row.Video.Length > 0)
        {
            var video = said.TakeVideo(
                Encoding.UTF8.GetBytes(row.Video), row.Gmv * 100L, Encoding.UTF8.GetBytes(row.ToString()),
                Cells(row.Handle, CreatorGiven.Date(row.Day).ToString("yyyyMMdd'000000'", CultureInfo.InvariantCulture), "https://x.example/v", row.Name, $"{row.Gmv}", "1", "1", "5", "2", "0", "1.5", ""));
            said.SayProduct(video, Cells("", "Tea"));
        }
    }

    private static byte[] Cells(params ReadOnlySpan<string> cells)
    {
        var text = new StringBuilder();
        foreach (var cell in cells)
        {
            text.Append(cell).Append('\0');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

/// <summary>What tests feed stores of creators with, and what they hold as text.</summary>
internal static class CreatorGiven
{
    /// <summary>Days count from 2025-01-01.</summary>
    public static DateOnly Date(int day) => new DateOnly(2025, 1, 1).AddDays(day);

    public static LoyaltyProgram Program(string tenant, string currency = "USD") =>
        LoyaltyProgram.Parse($$"""{ "tenant": "{{tenant}}", "currency": "{{currency}}", "timeZone": "UTC" }""");

    public static CreatorImportOptions Options(int? day = 90, string? brand = "Acme") => new() { Brand = brand, AsOf = day is { } d ? CreatorGiven.Date(d) : null };

    public static Communication Sent(string handle, int minute, string status = "sent") => new()
    {
        Handle = handle, Channel = "email", Status = status, ExternalId = $"m-{minute}", Subject = "Hello",
        At = new DateTime(2025, 6, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(minute),
    };

    /// <summary>Imports files and keeps the run, or gives it up.</summary>
    /// <returns>The outcome and all that the run holds, or how it failed.</returns>
    public static async Task<string> ImportAsync(
        this ICreatorStore store, string tenant, IReadOnlyList<Export> files, CreatorImportOptions? options = null, bool isKept = true)
    {
        var run = await store.BeginRunAsync(Program(tenant), options ?? Options());
        await using (run)
        {
            try
            {
                await run.TakeAsync([.. files.Select(static f => f.Statements())]);
            }
            catch (ArgumentException e)
            {
                return e.Message;
            }

            var outcome = await run.DecideAsync();
            var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{outcome.Totals} {outcome.Created} {outcome.Changed} {outcome.Known.Count}\n");
            await foreach (var creator in run.ReadCreatorsAsync())
            {
                text.Append(Text(creator)).Append('\n');
            }

            await AppendAsync(text, run.ReadSamplesAsync(), static s => s.ToString());
            await AppendAsync(text, run.ReadVideosAsync(), Text);
            await AppendAsync(text, run.ReadSnapshotsAsync(), Text);
            await AppendAsync(text, run.ReadBrandLinksAsync(), Text);
            if (isKept)
            {
                await run.CommitAsync();
            }

            return text.ToString();
        }
    }

    /// <summary>All that a store of creators shows.</summary>
    public static async Task<string> DumpAsync(this ICreatorStore store)
    {
        var text = new StringBuilder();
        if (await store.GetStatusAsync() is { } status)
        {
            text.Append(CultureInfo.InvariantCulture, $"{status.Tenant} {status.Currency} {status.Totals} {status.BadgesOn:yyyy-MM-dd} {string.Join(',', status.Order)}\n");
            text.AppendJoin('\n', status.Imports.Select(static i => i.ToString())).Append('\n');
        }

        string? after = null;
        do
        {
            var page = await store.ListAsync(new CreatorQuery { Limit = 3, After = after });
            foreach (var listed in page.Creators)
            {
                text.Append(CultureInfo.InvariantCulture, $"{listed.Badge} {Text(listed.Creator)}\n");
                if (await store.FindAsync(listed.Creator.Handle) is { } detail)
                {
                    text.Append(Text(detail));
                }
            }

            after = page.Next;
        }
        while (after is not null);
        return text.ToString();
    }

    private static async Task AppendAsync<T>(StringBuilder text, IAsyncEnumerable<T> rows, Func<T, string> show)
    {
        await foreach (var row in rows)
        {
            text.Append(show(row)).Append('\n');
        }
    }

    private static string Text(CreatorDetail detail)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"  {Text(detail.Creator)} {detail.Badge}\n");
        foreach (var line in (IEnumerable<string>)
            [
                .. detail.Origins.Select(static o => $"{o}"), .. detail.Conflicts.Select(static c => $"{c}"), .. detail.PhoneLinks.Select(static l => $"{l}"),
                .. detail.EarlierHandles.Select(static e => $"{e}"), .. detail.Samples.Select(static s => $"{s}"), .. detail.Videos.Select(Text),
                .. detail.Snapshots.Select(Text), .. detail.Brands.Select(Text), .. detail.Badges.Select(static b => $"{b.Month:yyyy-MM} {Amount(b.Gmv)} {b.Badge}"),
                .. detail.Communications.Select(static c => $"{c}"), .. detail.Files.Select(static f => $"{f}"),
            ])
        {
            text.Append("  ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static string Text(Creator c) => string.Create(
        CultureInfo.InvariantCulture,
        $"{c.Handle} {c.Email} {c.FirstName} {c.Followers} {Amount(c.Gmv)} {c.Videos} {c.Samples} {string.Join(',', c.Sources)} [{string.Join(',', c.Tags)}] {EvidenceJson.Write(c.Evidence)}");

    private static string Text(CreatorVideo v) => string.Create(
        CultureInfo.InvariantCulture, $"{v.Key} {v.Handle} {v.PostedOn:yyyy-MM-dd} {v.Title} {Amount(v.Gmv)} {v.Units} {v.Impressions} {Amount(v.ClickThroughPercent)} {string.Join(',', v.Products)}");

    private static string Text(CreatorSnapshot s) => string.Create(
        CultureInfo.InvariantCulture, $"{s.Handle} {s.Date:yyyy-MM-dd} {s.Source} {s.Followers} {Amount(s.Gmv)} {Amount(s.Emv)} {s.Posts} {s.Likes} {s.Platform}");

    private static string Text(BrandLink l) => string.Create(
        CultureInfo.InvariantCulture, $"{l.Brand} {l.Handle} {l.Samples} {Amount(l.Gmv)} {l.Videos} {l.Lives} {l.ProductsSampled}");

    // 20.50 and 20.5 are one amount.
    private static string Amount(decimal? amount) => amount?.ToString("0.############################", CultureInfo.InvariantCulture) ?? "-";
}
