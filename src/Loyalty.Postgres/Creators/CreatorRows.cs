using System.Globalization;
using Loyalty.Creators;
using Loyalty.Money;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Creators;

/// <summary>Creators on their way into the table.</summary>
internal sealed class CreatorRows : RowBlock
{
    private readonly LongColumn _followers;
    private readonly LongColumn _gmv;
    private readonly IntColumn _videos;
    private readonly IntColumn _samples;
    private readonly TextColumn[] _texts;
    private readonly ArrayColumn<string> _sources;
    private readonly TextColumn _evidence;
    private readonly Currency _currency;

    public CreatorRows(Currency currency)
        : base(CreatorSql.PutCreators)
    {
        _currency = currency;
        _followers = Long("followers");
        _gmv = Long("gmv");
        _videos = Int("videos");
        _samples = Int("samples");
        _texts =
        [
            Text("handle"), Text("email"), Text("phone"), Text("first_name"), Text("last_name"), Text("address_line_1"), Text("address_line_2"), Text("city"), Text("state"),
            Text("zipcode"), Text("country"),
        ];
        _sources = Texts("sources");
        _evidence = Text("evidence");
    }

    public void Add(Creator creator)
    {
        _followers.Add(creator.Followers);
        _gmv.Add(Minor.Of(creator.Gmv, _currency));
        _videos.Add(creator.Videos);
        _samples.Add(creator.Samples);
        var next = 0;
        foreach (var text in (ReadOnlySpan<string>)[creator.Handle, creator.Email, creator.Phone, creator.FirstName, creator.LastName])
        {
            _texts[next++].Add(text);
        }

        for (var column = 0; column < PostalAddress.Columns; column++)
        {
            _texts[next++].Add(creator.Address[column]);
        }

        _sources.Add([.. creator.Sources.Select(CreatorSourceName.Of)]);
        _evidence.Add(EvidenceJson.Write(creator.Evidence));
    }
}

/// <summary>What is searched of creators.</summary>
internal sealed class SearchRows : RowBlock
{
    private readonly TextColumn _handle;
    private readonly TextColumn _texts;
    private readonly ArrayColumn<long> _grams;
    private readonly TenantId _tenant;

    public SearchRows(TenantId tenant)
        : base(CreatorSql.PutSearch)
    {
        _tenant = tenant;
        _handle = Text("handle");
        _texts = Text("texts");
        _grams = Longs("grams");
    }

    public void Add(Creator creator)
    {
        var text = CreatorSearch.TextOf(creator);
        _handle.Add(creator.Handle);
        _texts.Add(text);
        _grams.Add(Grams(_tenant, text));
    }

    /// <summary>The grams of a text for the index: those of tenants do not mix.</summary>
    public static long[] Grams(TenantId tenant, string text) =>
        Array.ConvertAll(CreatorSearch.Grams(text), gram => ((tenant.Value & ((1L << 39) - 1)) << 24) | (uint)gram);
}

/// <summary>Samples on their way into the table; times as seconds since 1970.</summary>
internal sealed class SampleRows : RowBlock
{
    private readonly LongColumn[] _times;
    private readonly IntColumn _quantity;
    private readonly TextColumn[] _texts;

    public SampleRows()
        : base(CreatorSql.PutSamples)
    {
        _times = [Long("ordered_at"), Long("shipped_at"), Long("delivered_at"), Long("cancelled_at")];
        _quantity = Int("quantity");
        _texts =
        [
            Text("order_id"), Text("sku_id"), Text("handle"), Text("brand"), Text("product_id"), Text("seller_sku"), Text("product_name"), Text("variation"), Text("status"),
        ];
    }

    public void Add(CreatorSample sample)
    {
        var next = 0;
        foreach (var time in (ReadOnlySpan<DateTime?>)[sample.OrderedAt, sample.ShippedAt, sample.DeliveredAt, sample.CancelledAt])
        {
            _times[next++].Add(time is { } t ? (t - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond : null);
        }

        _quantity.Add(sample.Quantity);
        next = 0;
        foreach (var text in (ReadOnlySpan<string>)
            [
                sample.OrderId, sample.SkuId, sample.Handle, sample.Brand, sample.ProductId, sample.SellerSku, sample.ProductName, sample.Variation, sample.Status,
            ])
        {
            _texts[next++].Add(text);
        }
    }
}

/// <summary>Videos on their way into the table.</summary>
internal sealed class VideoRows : RowBlock
{
    private readonly LongColumn[] _numbers;
    private readonly DayColumn _postedOn;
    private readonly TextColumn _rate;
    private readonly TextColumn[] _texts;
    private readonly ArrayColumn<string> _products;
    private readonly Currency _currency;

    public VideoRows(Currency currency)
        : base(CreatorSql.PutVideos)
    {
        _currency = currency;
        _numbers = [Long("gmv"), Long("units"), Long("orders"), Long("impressions"), Long("likes"), Long("comments"), Long("commission")];
        _postedOn = Day("posted_on");
        _rate = Text("ctr_percent");
        _texts = [Text("key"), Text("handle"), Text("title"), Text("url")];
        _products = Texts("products");
    }

    public void Add(CreatorVideo video)
    {
        var next = 0;
        foreach (var number in (ReadOnlySpan<long?>)
            [Minor.Of(video.Gmv, _currency), video.Units, video.Orders, video.Impressions, video.Likes, video.Comments, Minor.Of(video.Commission, _currency)])
        {
            _numbers[next++].Add(number);
        }

        _postedOn.Add(video.PostedOn);
        _rate.Add(video.ClickThroughPercent?.ToString(CultureInfo.InvariantCulture));
        next = 0;
        foreach (var text in (ReadOnlySpan<string>)[video.Key, video.Handle, video.Title, video.Url])
        {
            _texts[next++].Add(text);
        }

        _products.Add([.. video.Products]);
    }
}

/// <summary>Snapshots on their way into the table.</summary>
internal sealed class SnapshotRows : RowBlock
{
    private readonly LongColumn[] _numbers;
    private readonly DayColumn _takenOn;
    private readonly TextColumn[] _texts;
    private readonly Currency _currency;

    public SnapshotRows(Currency currency)
        : base(CreatorSql.PutSnapshots)
    {
        _currency = currency;
        _numbers =
        [
            Long("followers"), Long("gmv"), Long("emv"), Long("posts"), Long("likes"), Long("comments"), Long("shares"), Long("engagement"), Long("impressions"),
        ];
        _takenOn = Day("taken_on");
        _texts = [Text("handle"), Text("source"), Text("platform"), Text("profile"), Text("last_post")];
    }

    public void Add(CreatorSnapshot snapshot)
    {
        var next = 0;
        foreach (var number in (ReadOnlySpan<long?>)
            [
                snapshot.Followers, Minor.Of(snapshot.Gmv, _currency), Minor.Of(snapshot.Emv, _currency), snapshot.Posts, snapshot.Likes, snapshot.Comments, snapshot.Shares,
                snapshot.Engagement, snapshot.Impressions,
            ])
        {
            _numbers[next++].Add(number);
        }

        _takenOn.Add(snapshot.Date);
        next = 0;
        foreach (var text in (ReadOnlySpan<string>)[snapshot.Handle, CreatorSourceName.Of(snapshot.Source), snapshot.Platform, snapshot.Profile, snapshot.LastPost])
        {
            _texts[next++].Add(text);
        }
    }
}

/// <summary>What binds creators to brands, on its way into the table.</summary>
internal sealed class LinkRows : RowBlock
{
    private readonly LongColumn[] _numbers;
    private readonly IntColumn _samples;
    private readonly TextColumn[] _texts;
    private readonly Currency _currency;

    public LinkRows(Currency currency)
        : base(CreatorSql.PutLinks)
    {
        _currency = currency;
        _numbers = [Long("gmv"), Long("videos"), Long("lives")];
        _samples = Int("samples");
        _texts = [Text("brand"), Text("handle"), Text("products_sampled")];
    }

    public void Add(BrandLink link)
    {
        _numbers[0].Add(Minor.Of(link.Gmv, _currency));
        _numbers[1].Add(link.Videos);
        _numbers[2].Add(link.Lives);
        _samples.Add(link.Samples);
        _texts[0].Add(link.Brand);
        _texts[1].Add(link.Handle);
        _texts[2].Add(link.ProductsSampled);
    }
}

/// <summary>Products on their way into the table.</summary>
internal sealed class ProductRows : RowBlock
{
    private readonly LongColumn[] _numbers;
    private readonly TextColumn[] _texts;
    private readonly Currency _currency;

    public ProductRows(Currency currency)
        : base(CreatorSql.PutProducts)
    {
        _currency = currency;
        _numbers = [Long("gmv"), Long("creator_gmv"), Long("orders"), Long("units")];
        _texts = [Text("product_id"), Text("name"), Text("seller_sku"), Text("sku_id"), Text("listing_status")];
    }

    public void Add(CreatorProduct product)
    {
        _numbers[0].Add(Minor.Of(product.Gmv, _currency));
        _numbers[1].Add(Minor.Of(product.CreatorGmv, _currency));
        _numbers[2].Add(product.Orders);
        _numbers[3].Add(product.Units);
        _texts[0].Add(product.ProductId);
        _texts[1].Add(product.Name);
        _texts[2].Add(product.SellerSku);
        _texts[3].Add(product.SkuId);
        _texts[4].Add(product.ListingStatus);
    }
}

/// <summary>Amounts as the tables keep them.</summary>
internal static class Minor
{
    public static long? Of(decimal? amount, Currency currency) => amount is not { } value
        ? null
        : currency.TryToMinor(value, out var minor) ? minor : throw new OverflowException($"{value.ToString(CultureInfo.InvariantCulture)} does not fit the currency {currency}.");
}
