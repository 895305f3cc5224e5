using System.Globalization;
using System.Threading.Channels;
using Loyalty.Creators;
using Loyalty.Host.Output;
using Loyalty.Identity;
using Loyalty.Money;
using Loyalty.Storage.Creators;

namespace Loyalty.Host.Import;

/// <summary>Writes what a run of imports comes to: one reads the run, one kind of records after the other as a run allows, others write what was read.</summary>
internal sealed class ImportFiles(Currency currency, bool safe) : IAsyncDisposable
{
    private const int ChunkSize = 1_024;
    private const int ChunksAhead = 64;

    private readonly List<Task> _writing = [];
    private readonly Dictionary<int, string> _names = [];
    private CancellationTokenSource? _stop;

    /// <summary>How many conflicts were written.</summary>
    public long Conflicts { get; private set; }

    /// <summary>How many masks were written, by what came of them.</summary>
    public Dictionary<MaskedPhoneOutcome, long> Links { get; } = [];

    /// <summary>Reads a run after its decision. When it has been read, the files are still being written.</summary>
    public async Task ReadAsync(ICreatorRun run, IReadOnlyList<CreatorSource> order, OutputFolder output, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var stop = _stop.Token;
        var reading = Guard(async () =>
        {
            var (creators, conflicts, links, provenance) = (
                output.Create("creators.csv"), output.Create("conflicts.csv"), output.Create("phone_links.csv"), output.Create("provenance.csv"));
            await PassAsync(run.ReadCreatorsAsync(stop), chunks => WriteCreatorsAsync(chunks, order, creators, conflicts, links, provenance));
            var samples = output.Create("samples.csv");
            await PassAsync(run.ReadSamplesAsync(stop), chunks => WriteSamplesAsync(chunks, samples));
            var videos = output.Create("videos.csv");
            await PassAsync(run.ReadVideosAsync(stop), chunks => WriteVideosAsync(chunks, videos));
            var snapshots = output.Create("snapshots.csv");
            await PassAsync(run.ReadSnapshotsAsync(stop), chunks => WriteSnapshotsAsync(chunks, snapshots));
            var brands = output.Create("brand_links.csv");
            await PassAsync(run.ReadBrandLinksAsync(stop), chunks => WriteBrandLinksAsync(chunks, brands));
        });
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!reading.IsCompletedSuccessfully)
        {
            // It also ends when a writer failed, who is then the one to tell why.
            await Task.WhenAll([.. _writing, reading]);
        }
    }

    /// <summary>Waits until the files are whole.</summary>
    public Task WrittenAsync() => Task.WhenAll(_writing);

    /// <summary>Gives up what is being written, if anything, so that another attempt can write it anew.</summary>
    public async Task GiveUpAsync()
    {
        if (_stop is { } stop)
        {
            await stop.CancelAsync();
            await WrittenAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        }

        _stop = null;
        _writing.Clear();
        Conflicts = 0;
        Links.Clear();
    }

    public async ValueTask DisposeAsync() => await GiveUpAsync();

    private async Task PassAsync<T>(IAsyncEnumerable<T> records, Func<IAsyncEnumerable<List<T>>, Task> write)
    {
        var stop = _stop!.Token;
        var chunks = Channel.CreateBounded<List<T>>(ChunksAhead);
        _writing.Add(Guard(() => write(chunks.Reader.ReadAllAsync(stop))));
        var chunk = new List<T>(ChunkSize);
        await foreach (var record in records)
        {
            chunk.Add(record);
            if (chunk.Count == ChunkSize)
            {
                await chunks.Writer.WriteAsync(chunk, stop);
                chunk = new List<T>(ChunkSize);
            }
        }

        await chunks.Writer.WriteAsync(chunk, stop);
        chunks.Writer.Complete();
    }

    /// <summary>Whoever fails stops the others, who would wait for ever.</summary>
    private Task Guard(Func<Task> work) => Task.Run(
        async () =>
        {
            try
            {
                await work();
            }
            catch
            {
                await _stop!.CancelAsync();
                throw;
            }
        },
        CancellationToken.None);

    private async Task WriteCreatorsAsync(
        IAsyncEnumerable<List<Creator>> chunks, IReadOnlyList<CreatorSource> order, Stream creatorsFile, Stream conflictsFile, Stream linksFile, Stream provenanceFile)
    {
        using var creators = new CsvTable(
            creatorsFile, safe, "handle", "email", "phone", "phone_verified", "first_name", "last_name", "address_line_1", "address_line_2", "city", "state",
            "zipcode", "country", "followers", "gmv", "videos", "samples", "sources");
        using var conflicts = new CsvTable(conflictsFile, safe, "handle", "field", "kept", "kept_source", "other", "other_source", "line");
        using var links = new CsvTable(linksFile, safe, "handle", "masked", "matched", "result");
        using var provenance = new CsvTable(provenanceFile, safe, "handle", "field", "value", "source", "line");
        await foreach (var chunk in chunks)
        {
            foreach (var creator in chunk)
            {
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
        table.Number(creator.Videos).Number(creator.Samples).Text(Names(creator.Sources)).EndRow();
    }

    private async Task WriteSamplesAsync(IAsyncEnumerable<List<CreatorSample>> chunks, Stream stream)
    {
        using var table = new CsvTable(
            stream, safe, "order_id", "sku_id", "handle", "brand", "product_id", "seller_sku", "product_name", "variation", "quantity", "status", "ordered_at", "shipped_at",
            "delivered_at", "cancelled_at");
        await foreach (var chunk in chunks)
        {
            foreach (var sample in chunk)
            {
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
    }

    private async Task WriteVideosAsync(IAsyncEnumerable<List<CreatorVideo>> chunks, Stream stream)
    {
        using var table = new CsvTable(
            stream, safe, "key", "handle", "posted_on", "gmv", "units", "orders", "impressions", "likes", "comments", "ctr_percent", "commission", "products", "title", "url");
        await foreach (var chunk in chunks)
        {
            foreach (var video in chunk)
            {
                table.Text(video.Key).Text(video.Handle).Date(video.PostedOn);
                Amount(table, video.Gmv);
                table.Number(video.Units).Number(video.Orders).Number(video.Impressions).Number(video.Likes).Number(video.Comments);
                Rate(table, video.ClickThroughPercent);
                Amount(table, video.Commission);
                table.Text(string.Join('|', video.Products)).Text(video.Title).Text(video.Url).EndRow();
            }
        }
    }

    private async Task WriteSnapshotsAsync(IAsyncEnumerable<List<CreatorSnapshot>> chunks, Stream stream)
    {
        using var table = new CsvTable(
            stream, safe, "handle", "date", "source", "followers", "gmv", "emv", "total_posts", "likes", "comments", "shares", "engagement", "impressions", "platform", "profile",
            "last_post");
        await foreach (var chunk in chunks)
        {
            foreach (var snapshot in chunk)
            {
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
    }

    private async Task WriteBrandLinksAsync(IAsyncEnumerable<List<BrandLink>> chunks, Stream stream)
    {
        using var table = new CsvTable(stream, safe, "brand", "handle", "samples", "gmv", "videos", "lives", "products_sampled");
        await foreach (var chunk in chunks)
        {
            foreach (var link in chunk)
            {
                table.Text(link.Brand).Text(link.Handle).Number(link.Samples);
                Amount(table, link.Gmv);
                Number(table, link.Videos);
                Number(table, link.Lives);
                table.Text(link.ProductsSampled).EndRow();
            }
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

    /// <summary>The names of sources in one text, of which there are few.</summary>
    private string Names(IReadOnlyList<CreatorSource> sources)
    {
        var key = 0;
        for (var i = 0; i < sources.Count; i++)
        {
            key = (key * (CreatorSourceName.All.Count + 1)) + (int)sources[i] + 1;
        }

        if (!_names.TryGetValue(key, out var names))
        {
            _names.Add(key, names = string.Join('|', sources.Select(CreatorSourceName.Of)));
        }

        return names;
    }

    private static void Rate(CsvTable table, decimal? rate)
    {
        Span<byte> text = stackalloc byte[32];
        table.Text(rate is { } r && r.TryFormat(text, out var length, default, CultureInfo.InvariantCulture) ? text[..length] : default);
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
}
