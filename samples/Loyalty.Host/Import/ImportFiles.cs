using System.Globalization;
using Loyalty.Creators;
using Loyalty.Host.Output;
using Loyalty.Identity;
using Loyalty.Money;
using Loyalty.Storage.Creators;

namespace Loyalty.Host.Import;

/// <summary>Writes what a run of imports comes to.</summary>
internal sealed class ImportFiles(Currency currency, bool safe, CancellationToken cancellation)
{
    private const int RowsBetweenLooks = 1_024;

    /// <summary>How many conflicts were written.</summary>
    public long Conflicts { get; private set; }

    /// <summary>How many masks were written, by what came of them.</summary>
    public Dictionary<MaskedPhoneOutcome, long> Links { get; } = [];

    public async Task WriteAsync(ICreatorRun run, IReadOnlyList<CreatorSource> order, OutputFolder output)
    {
        await WriteCreatorsAsync(run, order, output);
        await WriteSamplesAsync(run, output.Create("samples.csv"));
        await WriteVideosAsync(run, output.Create("videos.csv"));
        await WriteSnapshotsAsync(run, output.Create("snapshots.csv"));
        await WriteBrandLinksAsync(run, output.Create("brand_links.csv"));
    }

    private async Task WriteCreatorsAsync(ICreatorRun run, IReadOnlyList<CreatorSource> order, OutputFolder output)
    {
        using var creators = new CsvTable(
            output.Create("creators.csv"), safe, "handle", "email", "phone", "phone_verified", "first_name", "last_name", "address_line_1", "address_line_2", "city", "state",
            "zipcode", "country", "followers", "gmv", "videos", "samples", "sources");
        using var conflicts = new CsvTable(output.Create("conflicts.csv"), safe, "handle", "field", "kept", "kept_source", "other", "other_source", "line");
        using var links = new CsvTable(output.Create("phone_links.csv"), safe, "handle", "masked", "matched", "result");
        using var provenance = new CsvTable(output.Create("provenance.csv"), safe, "handle", "field", "value", "source", "line");
        var rows = 0;
        await foreach (var creator in run.ReadCreatorsAsync(cancellation))
        {
            Look(++rows);
            Write(creators, creator);
            foreach (var conflict in CreatorMerge.Conflicts(creator.Evidence, order))
            {
                conflicts.Text(creator.Handle).Text(conflict.Column).Text(conflict.Kept).Text(CreatorSourceName.Of(conflict.KeptSource))
                    .Text(conflict.Other).Text(CreatorSourceName.Of(conflict.OtherSource)).Number(conflict.Line).EndRow();
                Conflicts++;
            }

            foreach (var link in CreatorMerge.PhoneLinks(creator.Evidence))
            {
                links.Text(creator.Handle).Text(link.Masked).Text(link.Matched).Text(Word(link.Outcome)).EndRow();
                Links[link.Outcome] = Links.GetValueOrDefault(link.Outcome) + 1;
            }

            foreach (var origin in CreatorMerge.Origins(creator.Evidence, order))
            {
                provenance.Text(creator.Handle).Text(origin.Column).Text(origin.Value).Text(CreatorSourceName.Of(origin.Source)).Number(origin.Line).EndRow();
            }
        }
    }

    private void Write(CsvTable table, Creator creator)
    {
        table.Text(creator.Handle).Text(creator.Email).Text(creator.Phone).Text(creator.IsPhoneVerified ? "true"u8 : "false"u8)
            .Text(creator.FirstName).Text(creator.LastName);
        for (var column = 0; column < PostalAddress.Columns; column++)
        {
            table.Text(creator.Address[column]);
        }

        Number(table, creator.Followers);
        Amount(table, creator.Gmv);
        table.Number(creator.Videos).Number(creator.Samples).Text(string.Join('|', creator.Sources.Select(CreatorSourceName.Of))).EndRow();
    }

    private async Task WriteSamplesAsync(ICreatorRun run, Stream stream)
    {
        using var table = new CsvTable(
            stream, safe, "order_id", "sku_id", "handle", "brand", "product_id", "seller_sku", "product_name", "variation", "quantity", "status", "ordered_at", "shipped_at",
            "delivered_at", "cancelled_at");
        var rows = 0;
        await foreach (var sample in run.ReadSamplesAsync(cancellation))
        {
            Look(++rows);
            table.Text(sample.OrderId).Text(sample.SkuId).Text(sample.Handle).Text(sample.Brand).Text(sample.ProductId).Text(sample.SellerSku)
                .Text(sample.ProductName).Text(sample.Variation);
            Number(table, sample.Quantity);
            table.Text(sample.Status);
            Time(table, sample.OrderedAt);
            Time(table, sample.ShippedAt);
            Time(table, sample.DeliveredAt);
            Time(table, sample.CancelledAt);
            table.EndRow();
        }
    }

    private async Task WriteVideosAsync(ICreatorRun run, Stream stream)
    {
        using var table = new CsvTable(
            stream, safe, "key", "handle", "posted_on", "gmv", "units", "orders", "impressions", "likes", "comments", "ctr_percent", "commission", "products", "title", "url");
        var rows = 0;
        await foreach (var video in run.ReadVideosAsync(cancellation))
        {
            Look(++rows);
            table.Text(video.Key).Text(video.Handle).Date(video.PostedOn);
            Amount(table, video.Gmv);
            table.Number(video.Units).Number(video.Orders).Number(video.Impressions).Number(video.Likes).Number(video.Comments)
                .Text(video.ClickThroughPercent?.ToString(CultureInfo.InvariantCulture) ?? "");
            Amount(table, video.Commission);
            table.Text(string.Join('|', video.Products)).Text(video.Title).Text(video.Url).EndRow();
        }
    }

    private async Task WriteSnapshotsAsync(ICreatorRun run, Stream stream)
    {
        using var table = new CsvTable(
            stream, safe, "handle", "date", "source", "followers", "gmv", "emv", "total_posts", "likes", "comments", "shares", "engagement", "impressions", "platform", "profile",
            "last_post");
        var rows = 0;
        await foreach (var snapshot in run.ReadSnapshotsAsync(cancellation))
        {
            Look(++rows);
            table.Text(snapshot.Handle).Date(snapshot.Date).Text(CreatorSourceName.Of(snapshot.Source));
            Number(table, snapshot.Followers);
            Amount(table, snapshot.Gmv);
            Amount(table, snapshot.Emv);
            Number(table, snapshot.Posts);
            Number(table, snapshot.Likes);
            Number(table, snapshot.Comments);
            Number(table, snapshot.Shares);
            Number(table, snapshot.Engagement);
            Number(table, snapshot.Impressions);
            table.Text(snapshot.Platform).Text(snapshot.Profile).Text(snapshot.LastPost).EndRow();
        }
    }

    private async Task WriteBrandLinksAsync(ICreatorRun run, Stream stream)
    {
        using var table = new CsvTable(stream, safe, "brand", "handle", "samples", "gmv", "videos", "lives", "products_sampled");
        var rows = 0;
        await foreach (var link in run.ReadBrandLinksAsync(cancellation))
        {
            Look(++rows);
            table.Text(link.Brand).Text(link.Handle).Number(link.Samples);
            Amount(table, link.Gmv);
            Number(table, link.Videos);
            Number(table, link.Lives);
            table.Text(link.ProductsSampled).EndRow();
        }
    }

    public static string Word(MaskedPhoneOutcome outcome) => outcome switch
    {
        MaskedPhoneOutcome.Matched => "matched",
        MaskedPhoneOutcome.Ambiguous => "ambiguous",
        _ => "none",
    };

    private void Amount(CsvTable table, decimal? amount)
    {
        if (amount is not { } value)
        {
            table.Empty();
            return;
        }

        table.Amount(currency.TryToMinor(value, out var minor) ? minor : throw new OverflowException($"{value} does not fit the currency {currency}."), currency);
    }

    private static void Number(CsvTable table, long? number)
    {
        if (number is { } value)
        {
            table.Number(value);
        }
        else
        {
            table.Empty();
        }
    }

    private static void Time(CsvTable table, DateTime? time)
    {
        Span<byte> text = stackalloc byte[19];
        table.Text(time is { } t && t.TryFormat(text, out var length, "s", CultureInfo.InvariantCulture) ? text[..length] : default);
    }

    private void Look(int rows)
    {
        if (rows % RowsBetweenLooks == 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
