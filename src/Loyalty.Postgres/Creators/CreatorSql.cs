namespace Loyalty.Postgres.Creators;

/// <summary>The statements about creators. <c>$1</c> is the tenant.</summary>
internal static class CreatorSql
{
    /// <summary>Whoever writes sees every row of the search, which is else seen by the grams that are looked for.</summary>
    public const string SeeAll = "; SET LOCAL app.search = '{}'";

    private const string BookColumns =
        "last_import, creators, samples, videos, snapshots, brand_links, products, as_of, badges_on, name, currency, merge_order, badge_names, badge_thresholds, input_digest";

    public const string ReadBook = $"SELECT {BookColumns} FROM loyalty.creator_book WHERE tenant_id = $1";

    public const string LockBook = ReadBook + " FOR UPDATE NOWAIT";

    public const string LockPatiently = "SELECT 1 FROM loyalty.creator_book WHERE tenant_id = $1 FOR UPDATE";

    public const string CreateBook =
        "INSERT INTO loyalty.creator_book (tenant_id, last_import, creators, samples, videos, snapshots, brand_links, products, name, currency, merge_order, "
        + "badge_names, badge_thresholds) VALUES ($1, 0, 0, 0, 0, 0, 0, 0, $2, $3, '{}', '{}', '{}') ON CONFLICT (tenant_id) DO NOTHING";

    public const string UpdateBook =
        "UPDATE loyalty.creator_book SET last_import = $2, creators = $3, samples = $4, videos = $5, snapshots = $6, brand_links = $7, products = $8, as_of = $9, "
        + "badges_on = $10, merge_order = $11, badge_names = $12, badge_thresholds = $13, input_digest = $14 WHERE tenant_id = $1";

    public const string FindRun = "SELECT 1 FROM loyalty.creator_run WHERE tenant_id = $1 AND run_id = $2";

    public const string InsertRun =
        "INSERT INTO loyalty.creator_run (tenant_id, completed_at, creators_created, creators_changed, samples_created, samples_changed, videos_created, videos_changed, "
        + "run_id, as_of, brand) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    public const string InsertImport =
        "INSERT INTO loyalty.creator_import (tenant_id, rows_read, rows_skipped, rows_rejected, id, run_id, source, file, fingerprint) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    public const string Imports =
        "SELECT id, source, file, fingerprint, rows_read, rows_skipped, rows_rejected FROM loyalty.creator_import WHERE tenant_id = $1 ORDER BY id";

    public const string EarlierHandles = "SELECT handle, current, changed_on FROM loyalty.creator_handle WHERE tenant_id = $1";

    public const string CreatorColumns =
        "c.handle, c.email, c.phone, c.first_name, c.last_name, c.address_line_1, c.address_line_2, c.city, c.state, c.zipcode, c.country, c.followers, c.gmv, c.videos, "
        + "c.samples, c.badge, c.sources, c.evidence::text";

    public const string Creators = $"SELECT {CreatorColumns} FROM loyalty.creator c WHERE c.tenant_id = $1 ORDER BY c.handle";

    // What stands under each of the keys $2, which are distinct: a planner that never saw a table analyzed would else read all of a tenant.
    private const string Each = "SELECT f.* FROM unnest($2::text[]) AS k (key) CROSS JOIN LATERAL (SELECT ";

    public const string CreatorsByHandle = Each + CreatorColumns + " FROM loyalty.creator c WHERE c.tenant_id = $1 AND c.handle = k.key LIMIT 1) AS f";

    public const string TagsByHandle = Each + "handle, tag FROM loyalty.creator_tag WHERE tenant_id = $1 AND handle = k.key ORDER BY tag) AS f";

    public const string AllTags = "SELECT handle, tag FROM loyalty.creator_tag WHERE tenant_id = $1 ORDER BY handle, tag";

    private const string SampleColumns =
        "order_id, sku_id, handle, brand, product_id, seller_sku, product_name, variation, quantity, status, ordered_at, shipped_at, delivered_at, cancelled_at";

    public const string Samples = $"SELECT {SampleColumns} FROM loyalty.creator_sample WHERE tenant_id = $1 ORDER BY order_id, sku_id";

    public const string SamplesByHandle = Each + SampleColumns + " FROM loyalty.creator_sample WHERE tenant_id = $1 AND handle = k.key OFFSET 0) AS f";

    public const string SamplesByOrder = Each + SampleColumns + " FROM loyalty.creator_sample WHERE tenant_id = $1 AND order_id = k.key OFFSET 0) AS f";

    private const string VideoColumns =
        "key, handle, posted_on, title, url, gmv, units, orders, impressions, likes, comments, ctr_percent, commission, products";

    public const string Videos = $"SELECT {VideoColumns} FROM loyalty.creator_video WHERE tenant_id = $1 ORDER BY key";

    public const string VideosByHandle = Each + VideoColumns + " FROM loyalty.creator_video WHERE tenant_id = $1 AND handle = k.key OFFSET 0) AS f";

    public const string VideosByKey = Each + VideoColumns + " FROM loyalty.creator_video v WHERE v.tenant_id = $1 AND v.key = k.key LIMIT 1) AS f";

    private const string SnapshotColumns =
        "handle, taken_on, source, followers, gmv, emv, posts, likes, comments, shares, engagement, impressions, platform, profile, last_post";

    public const string Snapshots = $"SELECT {SnapshotColumns} FROM loyalty.creator_snapshot WHERE tenant_id = $1 ORDER BY handle, taken_on, source";

    public const string SnapshotsByHandle = Each + SnapshotColumns + " FROM loyalty.creator_snapshot WHERE tenant_id = $1 AND handle = k.key OFFSET 0) AS f";

    public const string SnapshotsOfDay = Each + SnapshotColumns + " FROM loyalty.creator_snapshot WHERE tenant_id = $1 AND handle = k.key AND taken_on = $3 OFFSET 0) AS f";

    private const string LinkColumns = "brand, handle, samples, gmv, videos, lives, products_sampled";

    public const string Links = $"SELECT {LinkColumns} FROM loyalty.creator_brand WHERE tenant_id = $1 AND samples > 0 ORDER BY brand, handle";

    public const string LinksByHandle = Each + LinkColumns + " FROM loyalty.creator_brand WHERE tenant_id = $1 AND handle = k.key OFFSET 0) AS f";

    public const string Products =
        "SELECT product_id, name, seller_sku, sku_id, listing_status, gmv, creator_gmv, orders, units FROM loyalty.creator_product WHERE tenant_id = $1";

    public const string PutCreators =
        "INSERT INTO loyalty.creator (tenant_id, followers, gmv, videos, samples, badge, handle, email, phone, first_name, last_name, address_line_1, address_line_2, city, "
        + "state, zipcode, country, sources, evidence) SELECT $1, r.followers, r.gmv, r.videos, r.samples, 0::smallint, r.handle, r.email, r.phone, r.first_name, r.last_name, "
        + "r.address_line_1, r.address_line_2, r.city, r.state, r.zipcode, r.country, coalesce(r.sources::text[], '{}'), r.evidence::jsonb FROM {0} "
        + "ON CONFLICT (tenant_id, handle) DO UPDATE SET followers = excluded.followers, gmv = excluded.gmv, videos = excluded.videos, samples = excluded.samples, "
        + "email = excluded.email, phone = excluded.phone, first_name = excluded.first_name, last_name = excluded.last_name, address_line_1 = excluded.address_line_1, "
        + "address_line_2 = excluded.address_line_2, city = excluded.city, state = excluded.state, zipcode = excluded.zipcode, country = excluded.country, "
        + "sources = excluded.sources, evidence = excluded.evidence";

    public const string PutSearch =
        "INSERT INTO loyalty.creator_search (tenant_id, handle, texts, grams) SELECT $1, r.handle, r.texts, coalesce(r.grams::bigint[], '{}') FROM {0} "
        + "ON CONFLICT (tenant_id, handle) DO UPDATE SET texts = excluded.texts, grams = excluded.grams WHERE creator_search.texts <> excluded.texts";

    public const string PutSamples =
        "INSERT INTO loyalty.creator_sample (tenant_id, ordered_at, shipped_at, delivered_at, cancelled_at, quantity, order_id, sku_id, handle, brand, product_id, seller_sku, "
        + "product_name, variation, status) SELECT $1, timestamp 'epoch' + r.ordered_at * interval '1 second', timestamp 'epoch' + r.shipped_at * interval '1 second', "
        + "timestamp 'epoch' + r.delivered_at * interval '1 second', timestamp 'epoch' + r.cancelled_at * interval '1 second', r.quantity, r.order_id, r.sku_id, r.handle, r.brand, "
        + "r.product_id, r.seller_sku, r.product_name, r.variation, r.status FROM {0} "
        + "ON CONFLICT (tenant_id, order_id, sku_id) DO UPDATE SET ordered_at = excluded.ordered_at, shipped_at = excluded.shipped_at, delivered_at = excluded.delivered_at, "
        + "cancelled_at = excluded.cancelled_at, quantity = excluded.quantity, handle = excluded.handle, brand = excluded.brand, product_id = excluded.product_id, "
        + "seller_sku = excluded.seller_sku, product_name = excluded.product_name, variation = excluded.variation, status = excluded.status";

    public const string PutVideos =
        "INSERT INTO loyalty.creator_video (tenant_id, gmv, units, orders, impressions, likes, comments, commission, posted_on, ctr_percent, key, handle, title, url, products) "
        + "SELECT $1, r.gmv, r.units, r.orders, r.impressions, r.likes, r.comments, r.commission, r.posted_on, r.ctr_percent::numeric, r.key, r.handle, r.title, r.url, "
        + "coalesce(r.products::text[], '{}') FROM {0} "
        + "ON CONFLICT (tenant_id, key) DO UPDATE SET gmv = excluded.gmv, units = excluded.units, orders = excluded.orders, impressions = excluded.impressions, "
        + "likes = excluded.likes, comments = excluded.comments, commission = excluded.commission, posted_on = excluded.posted_on, ctr_percent = excluded.ctr_percent, "
        + "handle = excluded.handle, title = excluded.title, url = excluded.url, products = excluded.products";

    public const string PutSnapshots =
        "INSERT INTO loyalty.creator_snapshot (tenant_id, followers, gmv, emv, posts, likes, comments, shares, engagement, impressions, taken_on, handle, source, platform, "
        + "profile, last_post) SELECT $1, r.followers, r.gmv, r.emv, r.posts, r.likes, r.comments, r.shares, r.engagement, r.impressions, r.taken_on, r.handle, r.source, "
        + "r.platform, r.profile, r.last_post FROM {0} "
        + "ON CONFLICT (tenant_id, handle, taken_on, source) DO UPDATE SET followers = excluded.followers, gmv = excluded.gmv, emv = excluded.emv, posts = excluded.posts, "
        + "likes = excluded.likes, comments = excluded.comments, shares = excluded.shares, engagement = excluded.engagement, impressions = excluded.impressions, "
        + "platform = excluded.platform, profile = excluded.profile, last_post = excluded.last_post";

    public const string PutLinks =
        "INSERT INTO loyalty.creator_brand (tenant_id, gmv, videos, lives, samples, brand, handle, products_sampled) "
        + "SELECT $1, r.gmv, r.videos, r.lives, r.samples, r.brand, r.handle, r.products_sampled FROM {0} "
        + "ON CONFLICT (tenant_id, brand, handle) DO UPDATE SET gmv = excluded.gmv, videos = excluded.videos, lives = excluded.lives, samples = excluded.samples, "
        + "products_sampled = excluded.products_sampled";

    public const string PutProducts =
        "INSERT INTO loyalty.creator_product (tenant_id, gmv, creator_gmv, orders, units, product_id, name, seller_sku, sku_id, listing_status) "
        + "SELECT $1, r.gmv, r.creator_gmv, r.orders, r.units, r.product_id, r.name, r.seller_sku, r.sku_id, r.listing_status FROM {0} "
        + "ON CONFLICT (tenant_id, product_id) DO UPDATE SET gmv = excluded.gmv, creator_gmv = excluded.creator_gmv, orders = excluded.orders, units = excluded.units, "
        + "name = excluded.name, seller_sku = excluded.seller_sku, sku_id = excluded.sku_id, listing_status = excluded.listing_status";

    public const string LastPosted = "SELECT max(posted_on) FROM loyalty.creator_video WHERE tenant_id = $1";

    private const string MonthSums =
        "SELECT v.handle, sum(v.gmv)::bigint AS gmv FROM loyalty.creator_video v WHERE v.tenant_id = $1 AND v.posted_on >= $2 AND v.posted_on < $4 "
        + "GROUP BY v.handle, (v.posted_on >= $3)";

    /// <summary>The badges of those who posted from the day <c>$2</c> to before <c>$4</c>; the second month begins on <c>$3</c>, <c>$5</c> are the thresholds.</summary>
    public const string SetBadges =
        $"UPDATE loyalty.creator c SET badge = b.rank FROM (SELECT m.handle, max(greatest(width_bucket(m.gmv, $5::bigint[]) - 1, 0))::smallint AS rank FROM ({MonthSums}) m "
        + "GROUP BY m.handle) b WHERE c.tenant_id = $1 AND c.handle = b.handle AND c.badge <> b.rank";

    /// <summary>Whoever did not post in these days has the entry badge.</summary>
    public const string EndBadges =
        "UPDATE loyalty.creator c SET badge = 0 WHERE c.tenant_id = $1 AND c.badge > 0 AND (c.tenant_id, c.handle) NOT IN "
        + "(SELECT v.tenant_id, v.handle FROM loyalty.creator_video v WHERE v.tenant_id = $1 AND v.posted_on >= $2 AND v.posted_on < $3)";

    public const string InsertTags =
        "INSERT INTO loyalty.creator_tag (tenant_id, handle, tag) SELECT $1, $2, t FROM unnest($3::text[]) AS t ON CONFLICT (tenant_id, handle, tag) DO NOTHING";

    public const string DeleteTags = "DELETE FROM loyalty.creator_tag WHERE tenant_id = $1 AND handle = $2 AND tag = ANY ($3)";

    // A cluster counts what is sent and not what is inserted, unless it is asked to return something.
    public const string AppendCommunications =
        "INSERT INTO loyalty.creator_communication (tenant_id, at, handle, channel, direction, status, external_id, subject) "
        + "SELECT $1, r.at, r.handle, r.channel, r.direction, r.status, r.external_id, r.subject "
        + "FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) "
        + "AS r (at, handle, channel, direction, status, external_id, subject) "
        + "ON CONFLICT (tenant_id, handle, at, channel, direction, status, external_id) DO NOTHING RETURNING 1";

    public const string Communications =
        "SELECT at, handle, channel, direction, status, external_id, subject FROM loyalty.creator_communication WHERE tenant_id = $1 AND handle = ANY ($2) "
        + "ORDER BY at DESC, handle DESC, channel DESC, direction DESC, status DESC, external_id DESC LIMIT $3";

    // A creator takes another handle: what moves from $2 to $3, and what is removed of $2.
    public static readonly string[] Move =
    [
        "UPDATE loyalty.creator_sample SET handle = $3 WHERE tenant_id = $1 AND handle = $2",
        "UPDATE loyalty.creator_video SET handle = $3 WHERE tenant_id = $1 AND handle = $2",
        "INSERT INTO loyalty.creator_tag (tenant_id, handle, tag) SELECT t.tenant_id, $3, t.tag FROM loyalty.creator_tag t WHERE t.tenant_id = $1 AND t.handle = $2 "
        + "ON CONFLICT (tenant_id, handle, tag) DO NOTHING",
    ];

    public const string MoveSnapshots =
        "INSERT INTO loyalty.creator_snapshot (tenant_id, followers, gmv, emv, posts, likes, comments, shares, engagement, impressions, taken_on, handle, source, platform, profile, "
        + "last_post) SELECT s.tenant_id, s.followers, s.gmv, s.emv, s.posts, s.likes, s.comments, s.shares, s.engagement, s.impressions, s.taken_on, $3, s.source, s.platform, "
        + "s.profile, s.last_post FROM loyalty.creator_snapshot s WHERE s.tenant_id = $1 AND s.handle = $2 ON CONFLICT (tenant_id, handle, taken_on, source) DO NOTHING RETURNING 1";

    public const string RemoveSnapshots = "DELETE FROM loyalty.creator_snapshot WHERE tenant_id = $1 AND handle = $2";

    public static readonly string[] Remove =
    [
        "DELETE FROM loyalty.creator_tag WHERE tenant_id = $1 AND handle = $2",
        "DELETE FROM loyalty.creator_brand WHERE tenant_id = $1 AND handle = $2",
        "DELETE FROM loyalty.creator WHERE tenant_id = $1 AND handle = $2",
        "DELETE FROM loyalty.creator_search WHERE tenant_id = $1 AND handle = $2",
    ];

    public const string RemoveEarlierHandle = "DELETE FROM loyalty.creator_handle WHERE tenant_id = $1 AND handle = $2";

    public const string PutEarlierHandle =
        "INSERT INTO loyalty.creator_handle (tenant_id, changed_on, handle, current) VALUES ($1, $2, $3, $4) "
        + "ON CONFLICT (tenant_id, handle) DO UPDATE SET changed_on = excluded.changed_on, current = excluded.current";

    // What the last run was given would now come to something else.
    public const string LowerCounts =
        "UPDATE loyalty.creator_book SET creators = creators - $2, snapshots = snapshots - $3, brand_links = brand_links - $4, input_digest = NULL WHERE tenant_id = $1";

    /// <summary>A page of creators: <c>$2</c> is the handle to begin after, <c>$3</c> how many.</summary>
    /// <param name="search">Whether a term is looked for.</param>
    /// <param name="isNear">Whether it is looked for among the next creators only, all of which are visible then.</param>
    /// <param name="brand">Whether a brand is asked for.</param>
    /// <param name="badge">Whether a badge is.</param>
    /// <param name="tag">Whether a tag is.</param>
    public static string Page(bool search, bool isNear, bool brand, bool badge, bool tag)
    {
        // Without other conditions those of the page are chosen before anything else of them is read.
        var source = isNear
            ? "(SELECT n.handle, n.texts FROM loyalty.creator_search n WHERE n.tenant_id = $1 AND n.handle > $2 ORDER BY n.handle LIMIT 2000) s WHERE strpos(s.texts, $n) > 0"
            : "loyalty.creator_search s WHERE s.tenant_id = $1 AND s.handle > $2 AND strpos(s.texts, $n) > 0";
        source += brand || badge || tag ? "" : " ORDER BY s.handle LIMIT $3";
        var next = 4;
        string Condition(bool wanted, string condition) => wanted ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" AND {condition.Replace("$n", $"${next++}", StringComparison.Ordinal)}") : "";
        return $"SELECT {CreatorColumns} FROM loyalty.creator c WHERE c.tenant_id = $1 AND c.handle > $2"
            + Condition(search, $"c.handle IN (SELECT s.handle FROM {source})")
            + Condition(brand, "c.handle IN (SELECT b.handle FROM loyalty.creator_brand b WHERE b.tenant_id = $1 AND b.brand = $n AND b.samples > 0 AND b.handle > $2)")
            + Condition(badge, "c.badge = $n")
            + Condition(tag, "c.handle IN (SELECT t.handle FROM loyalty.creator_tag t WHERE t.tenant_id = $1 AND t.tag = $n AND t.handle > $2)")
            + " ORDER BY c.handle LIMIT $3";
    }
}
