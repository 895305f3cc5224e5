using System.Globalization;
using Loyalty.Creators;
using Loyalty.Money;
using Loyalty.Sqlite.Files;

namespace Loyalty.Sqlite.Creators;

/// <summary>What the file holds of creators, as values of the domain and back.</summary>
/// <param name="lease">Where to read and write.</param>
internal sealed class CreatorRows(SqliteConnectionLease lease)
{
    private const string CreatorColumns =
        "c.handle, c.email, c.phone, c.first_name, c.last_name, c.line_1, c.line_2, c.city, c.state, c.zip, c.country, c.followers, c.gmv, c.videos, c.samples, "
        + "c.sources, c.evidence, (SELECT json_group_array(t.tag ORDER BY t.tag) FROM creator_tag AS t WHERE t.handle = c.handle)";

    private const string SampleColumns =
        "order_id, sku_id, handle, brand, product_id, seller_sku, product_name, variation, quantity, status, ordered_at, shipped_at, delivered_at, cancelled_at";

    private const string VideoColumns =
        "key, handle, posted_on, title, url, gmv, units, orders, impressions, likes, comments, ctr, commission, products";

    private const string SnapshotColumns =
        "handle, taken_on, source, followers, gmv, emv, posts, likes, comments, shares, engagement, impressions, platform, profile, last_post";

    private const string LinkColumns = "brand, handle, samples, gmv, videos, lives, products_sampled";

    /// <summary>Reads a row of a statement.</summary>
    public delegate T Read<out T>(SqliteStatement row);

    /// <summary>What the last run left; <see langword="null"/> while there was none.</summary>
    public CreatorRunRow? Run() => One(
        lease["SELECT tenant, currency, as_of, creators, samples, videos, snapshots, brand_links, products FROM creator_run"],
        static row => new CreatorRunRow(
            row.Text(0), Currency.Get(row.Text(1)), row.MaybeDate(2),
            new CreatorCounts(row.Int(3), row.Int(4), row.Int(5), row.Int(6), row.Int(7), row.Int(8))));

    public void Put(CreatorRunRow run) => lease["INSERT OR REPLACE INTO creator_run VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(run.Tenant).With(run.Currency.Code).With(run.AsOf).With(run.Totals.Creators).With(run.Totals.Samples).With(run.Totals.Videos)
        .With(run.Totals.Snapshots).With(run.Totals.BrandLinks).With(run.Totals.Products).Run();

    /// <summary>The date that badges are of: that of the last run that had one, else of the newest video.</summary>
    public DateOnly? BadgesOn(CreatorRunRow run) => run.AsOf ?? One(lease["SELECT max(posted_on) FROM creator_video"], static row => new { Day = row.MaybeDate(0) })?.Day;

    public List<CreatorSource> Order() => List(lease["SELECT source FROM creator_source ORDER BY place"], static row => Source(row.Text(0)));

    public List<CreatorImport> Imports() => List(
        lease["SELECT id, source, file, fingerprint, rows_read, rows_skipped, rows_rejected FROM creator_import ORDER BY id"],
        static row => new CreatorImport(row.Int(0), Source(row.Text(1)), row.Text(2), row.Text(3), row.Long(4), row.Long(5), row.Long(6)));

    /// <summary>Records that have nothing but the earlier handles, by which others are found.</summary>
    public CreatorRecords Earlier()
    {
        var records = new CreatorRecords();
        foreach (var earlier in List(
            lease["SELECT handle, current, changed_on FROM creator_handle"], static row => new EarlierHandle(row.Text(0), row.Text(1), row.Date(2))))
        {
            records.EarlierHandles.Add(earlier.Handle, earlier);
        }

        return records;
    }

    public IEnumerable<Creator> Creators() => All(lease[$"SELECT {CreatorColumns} FROM creator AS c ORDER BY c.handle"], ReadCreator);

    public Creator? Creator(string handle) => One(lease[$"SELECT {CreatorColumns} FROM creator AS c WHERE c.handle = ?"].With(handle), ReadCreator);

    /// <summary>Creators after a handle that have a term, a tag and a brand, as far as these are asked for.</summary>
    public IEnumerable<Creator> Creators(string after, string? term, string? tag, string? brand)
    {
        // An order that a search would follow is that of the primary key; a term is looked for in each row.
        var rows = lease[
            $"""
            SELECT {CreatorColumns} FROM creator AS c WHERE c.handle > ?1 AND (?2 IS NULL OR instr(c.search, ?2) > 0)
                AND (?3 IS NULL OR EXISTS (SELECT 1 FROM creator_tag AS t WHERE t.handle = c.handle AND t.tag = ?3))
                AND (?4 IS NULL OR EXISTS (SELECT 1 FROM creator_brand AS b WHERE b.brand = ?4 AND b.handle = c.handle AND b.samples > 0)) ORDER BY c.handle
            """];
        return All(rows.With(after).With(term).With(tag).With(brand), ReadCreator);
    }

    public IEnumerable<CreatorSample> Samples() => All(lease[$"SELECT {SampleColumns} FROM creator_sample ORDER BY order_id, sku_id"], ReadSample);

    public List<CreatorSample> SamplesOfOrder(string order) => List(lease[$"SELECT {SampleColumns} FROM creator_sample WHERE order_id = ?"].With(order), ReadSample);

    public List<CreatorSample> SamplesOf(string handle) => List(lease[$"SELECT {SampleColumns} FROM creator_sample WHERE handle = ?"].With(handle), ReadSample);

    public IEnumerable<CreatorVideo> Videos() => All(lease[$"SELECT {VideoColumns} FROM creator_video ORDER BY key"], ReadVideo);

    public CreatorVideo? Video(string key) => One(lease[$"SELECT {VideoColumns} FROM creator_video WHERE key = ?"].With(key), ReadVideo);

    public List<CreatorVideo> VideosOf(string handle) => List(lease[$"SELECT {VideoColumns} FROM creator_video WHERE handle = ?"].With(handle), ReadVideo);

    /// <summary>Sales by day of a creator from a day on, which is all that a badge asks for.</summary>
    public List<CreatorVideo> SalesOf(string handle, DateOnly since) => List(
        lease["SELECT posted_on, gmv FROM creator_video WHERE handle = ? AND posted_on >= ?"].With(handle).With(since),
        row => new CreatorVideo { Key = string.Empty, Handle = handle, PostedOn = row.Date(0), Gmv = Number(row.Text(1)) });

    public IEnumerable<CreatorSnapshot> Snapshots() =>
        All(lease[$"SELECT {SnapshotColumns} FROM creator_snapshot ORDER BY handle, taken_on, source"], ReadSnapshot);

    public List<CreatorSnapshot> SnapshotsOf(string handle, DateOnly? day = null) => List(
        lease[$"SELECT {SnapshotColumns} FROM creator_snapshot WHERE handle = ?1 AND (?2 IS NULL OR taken_on = ?2)"].With(handle).With(day), ReadSnapshot);

    /// <summary>All links; figures without a sample make none.</summary>
    public IEnumerable<BrandLink> Links() => All(lease[$"SELECT {LinkColumns} FROM creator_brand WHERE samples > 0 ORDER BY brand, handle"], ReadLink);

    public List<BrandLink> LinksOf(string handle) => List(lease[$"SELECT {LinkColumns} FROM creator_brand WHERE handle = ?"].With(handle), ReadLink);

    public List<CreatorProduct> Products() => List(
        lease["SELECT product_id, name, seller_sku, sku_id, listing_status, gmv, creator_gmv, orders, units FROM creator_product"],
        static row => new CreatorProduct
        {
            ProductId = row.Text(0), Name = row.Text(1), SellerSku = row.Text(2), SkuId = row.Text(3), ListingStatus = row.Text(4), Gmv = MaybeNumber(row, 5),
            CreatorGmv = MaybeNumber(row, 6), Orders = MaybeLong(row, 7), Units = MaybeLong(row, 8),
        });

    /// <summary>The log of a creator under all handles, newest first.</summary>
    public List<Communication> Communications(IReadOnlyCollection<string> handles, int limit) => List(
        lease[
            """
            SELECT at, handle, channel, direction, status, external_id, subject FROM communication WHERE handle IN (SELECT value FROM json_each(?))
                ORDER BY at DESC, handle DESC, channel DESC, direction DESC, status DESC, external_id DESC LIMIT ?
            """].With(JsonTexts.Write(handles)).With(limit),
        static row => new Communication
        {
            At = new DateTime(row.Long(0), DateTimeKind.Utc), Handle = row.Text(1), Channel = row.Text(2), Direction = row.Text(3), Status = row.Text(4),
            ExternalId = row.Text(5), Subject = row.Text(6),
        });

    /// <summary>Appends an entry of the log, unless it is there.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Append(Communication entry) => lease["INSERT OR IGNORE INTO communication (handle, at, channel, direction, status, external_id, subject) VALUES (?, ?, ?, ?, ?, ?, ?)"]
        .With(entry.Handle).With(entry.At.Ticks).With(entry.Channel).With(entry.Direction).With(entry.Status).With(entry.ExternalId).With(entry.Subject).Run() > 0;

    public void Put(Creator creator)
    {
        var address = creator.Address;
        var row = lease["INSERT OR REPLACE INTO creator VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
            .With(creator.Handle).With(creator.Email).With(creator.Phone).With(creator.FirstName).With(creator.LastName);
        for (var column = 0; column < PostalAddress.Columns; column++)
        {
            row.With(address[column]);
        }

        row.With(creator.Followers).With(Text(creator.Gmv)).With(creator.Videos).With(creator.Samples)
            .With(string.Join(',', creator.Sources.Select(CreatorSourceName.Of))).With(EvidenceJson.Write(creator.Evidence)).With(CreatorSearch.TextOf(creator)).Run();
    }

    public void AddTag(string handle, string tag) => lease["INSERT OR IGNORE INTO creator_tag (handle, tag) VALUES (?, ?)"].With(handle).With(tag).Run();

    public void RemoveTag(string handle, string tag) => lease["DELETE FROM creator_tag WHERE handle = ? AND tag = ?"].With(handle).With(tag).Run();

    public void Put(CreatorSample sample) => lease[$"INSERT OR REPLACE INTO creator_sample ({SampleColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(sample.OrderId).With(sample.SkuId).With(sample.Handle).With(sample.Brand).With(sample.ProductId).With(sample.SellerSku).With(sample.ProductName)
        .With(sample.Variation).With(sample.Quantity).With(sample.Status).With(sample.OrderedAt?.Ticks).With(sample.ShippedAt?.Ticks).With(sample.DeliveredAt?.Ticks)
        .With(sample.CancelledAt?.Ticks).Run();

    public void Put(CreatorVideo video) => lease[$"INSERT OR REPLACE INTO creator_video ({VideoColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(video.Key).With(video.Handle).With(video.PostedOn).With(video.Title).With(video.Url).With(Text(video.Gmv)).With(video.Units).With(video.Orders)
        .With(video.Impressions).With(video.Likes).With(video.Comments).With(Text(video.ClickThroughPercent)).With(Text(video.Commission))
        .With(JsonTexts.Write(video.Products)).Run();

    public void Put(CreatorSnapshot snapshot) => lease[$"INSERT OR REPLACE INTO creator_snapshot ({SnapshotColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(snapshot.Handle).With(snapshot.Date).With((long)snapshot.Source).With(snapshot.Followers).With(Text(snapshot.Gmv)).With(Text(snapshot.Emv))
        .With(snapshot.Posts).With(snapshot.Likes).With(snapshot.Comments).With(snapshot.Shares).With(snapshot.Engagement).With(snapshot.Impressions)
        .With(snapshot.Platform).With(snapshot.Profile).With(snapshot.LastPost).Run();

    public void Put(BrandLink link) => lease[$"INSERT OR REPLACE INTO creator_brand ({LinkColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)"]
        .With(link.Brand).With(link.Handle).With(link.Samples).With(Text(link.Gmv)).With(link.Videos).With(link.Lives).With(link.ProductsSampled).Run();

    public void Put(CreatorProduct product) => lease["INSERT OR REPLACE INTO creator_product VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(product.ProductId).With(product.Name).With(product.SellerSku).With(product.SkuId).With(product.ListingStatus).With(Text(product.Gmv))
        .With(Text(product.CreatorGmv)).With(product.Orders).With(product.Units).Run();

    public void Put(CreatorImport import) => lease["INSERT INTO creator_import VALUES (?, ?, ?, ?, ?, ?, ?)"]
        .With(import.Id).With(CreatorSourceName.Of(import.Source)).With(import.File).With(import.Fingerprint).With(import.RowsRead).With(import.RowsSkipped)
        .With(import.RowsRejected).Run();

    public void Put(IReadOnlyList<CreatorSource> order)
    {
        for (var place = 0; place < order.Count; place++)
        {
            lease["INSERT OR IGNORE INTO creator_source (place, source) VALUES (?, ?)"].With(place).With(CreatorSourceName.Of(order[place])).Run();
        }
    }

    /// <summary>Moves everything of a creator to another handle.</summary>
    /// <returns>How many snapshots were left out, because the other handle has one of the same day and source.</returns>
    public int Move(CreatorRenaming renaming)
    {
        var (before, current) = (renaming.Earlier.Handle, renaming.Creator.Handle);
        foreach (var table in (string[])["creator_sample", "creator_video"])
        {
            lease[$"UPDATE {table} SET handle = ? WHERE handle = ?"].With(current).With(before).Run();
        }

        foreach (var table in (string[])["creator_snapshot", "creator_tag"])
        {
            lease[$"UPDATE OR IGNORE {table} SET handle = ? WHERE handle = ?"].With(current).With(before).Run();
        }

        var lost = lease["DELETE FROM creator_snapshot WHERE handle = ?"].With(before).Run();
        foreach (var table in (string[])["creator_tag", "creator_brand", "creator"])
        {
            lease[$"DELETE FROM {table} WHERE handle = ?"].With(before).Run();
        }

        Put(renaming.Creator);
        foreach (var link in renaming.Links)
        {
            Put(link);
        }

        // The handle is in use again.
        lease["DELETE FROM creator_handle WHERE handle = ?"].With(current).Run();
        lease["INSERT OR REPLACE INTO creator_handle (handle, current, changed_on) VALUES (?, ?, ?)"]
            .With(before).With(current).With(renaming.Earlier.ChangedOn).Run();
        return lost;
    }

    /// <summary>All rows of a statement as they are stepped through.</summary>
    public static IEnumerable<T> All<T>(SqliteStatement rows, Read<T> read)
    {
        try
        {
            while (rows.Step())
            {
                yield return read(rows);
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    private static List<T> List<T>(SqliteStatement rows, Read<T> read) => [.. All(rows, read)];

    private static T? One<T>(SqliteStatement rows, Read<T> read)
        where T : class => All(rows, read).FirstOrDefault();

    private static Creator ReadCreator(SqliteStatement row) => new()
    {
        Handle = row.Text(0), Email = row.Text(1), Phone = row.Text(2), FirstName = row.Text(3), LastName = row.Text(4),
        Address = new PostalAddress(row.Text(5), row.Text(6), row.Text(7), row.Text(8), row.Text(9), row.Text(10)),
        Followers = MaybeLong(row, 11), Gmv = MaybeNumber(row, 12), Videos = row.Int(13), Samples = row.Int(14),
        Sources = [.. row.Text(15).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Source)], Evidence = EvidenceJson.Read(row.Text(16)), Tags = Texts(row.Text(17)),
    };

    private static CreatorSample ReadSample(SqliteStatement row) => new()
    {
        OrderId = row.Text(0), SkuId = row.Text(1), Handle = row.Text(2), Brand = row.Text(3), ProductId = row.Text(4), SellerSku = row.Text(5), ProductName = row.Text(6),
        Variation = row.Text(7), Quantity = row.IsNull(8) ? null : row.Int(8), Status = row.Text(9), OrderedAt = Time(row, 10), ShippedAt = Time(row, 11),
        DeliveredAt = Time(row, 12), CancelledAt = Time(row, 13),
    };

    private static CreatorVideo ReadVideo(SqliteStatement row) => new()
    {
        Key = row.Text(0), Handle = row.Text(1), PostedOn = row.Date(2), Title = row.Text(3), Url = row.Text(4), Gmv = Number(row.Text(5)), Units = row.Long(6),
        Orders = row.Long(7), Impressions = row.Long(8), Likes = row.Long(9), Comments = row.Long(10), ClickThroughPercent = MaybeNumber(row, 11),
        Commission = MaybeNumber(row, 12), Products = Texts(row.Text(13)),
    };

    private static CreatorSnapshot ReadSnapshot(SqliteStatement row) => new()
    {
        Handle = row.Text(0), Date = row.Date(1), Source = (CreatorSource)row.Int(2), Followers = MaybeLong(row, 3), Gmv = MaybeNumber(row, 4), Emv = MaybeNumber(row, 5),
        Posts = MaybeLong(row, 6), Likes = MaybeLong(row, 7), Comments = MaybeLong(row, 8), Shares = MaybeLong(row, 9), Engagement = MaybeLong(row, 10),
        Impressions = MaybeLong(row, 11), Platform = row.Text(12), Profile = row.Text(13), LastPost = row.Text(14),
    };

    private static BrandLink ReadLink(SqliteStatement row) => new()
    {
        Brand = row.Text(0), Handle = row.Text(1), Samples = row.Int(2), Gmv = MaybeNumber(row, 3), Videos = MaybeLong(row, 4), Lives = MaybeLong(row, 5),
        ProductsSampled = row.Text(6),
    };

    private static CreatorSource Source(string name) =>
        CreatorSourceName.TryParse(name, out var source) ? source : throw new InvalidDataException($"'{name}' is no source that this version knows");

    private static string[] Texts(string json) => JsonTexts.Read(json);

    private static string? Text(decimal? amount) => amount?.ToString(CultureInfo.InvariantCulture);

    private static decimal Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"'{text}' is no amount");

    private static decimal? MaybeNumber(SqliteStatement row, int column) => row.IsNull(column) ? null : Number(row.Text(column));

    private static long? MaybeLong(SqliteStatement row, int column) => row.IsNull(column) ? null : row.Long(column);

    private static DateTime? Time(SqliteStatement row, int column) => row.IsNull(column) ? null : new DateTime(row.Long(column), DateTimeKind.Unspecified);
}

/// <summary>The row of the last run of imports.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Currency">The currency.</param>
/// <param name="AsOf">The date of the last run that had one.</param>
/// <param name="Totals">How many there are of each kind.</param>
internal sealed record CreatorRunRow(string Tenant, Currency Currency, DateOnly? AsOf, CreatorCounts Totals);
