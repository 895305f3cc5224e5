-- Creators, what the sources say of them, and what was said to them. Amounts are exact decimals as text, times of shops and instants are ticks.

CREATE TABLE creator_run (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tenant TEXT NOT NULL,
    currency TEXT NOT NULL,
    as_of TEXT,
    creators INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    videos INTEGER NOT NULL,
    snapshots INTEGER NOT NULL,
    brand_links INTEGER NOT NULL,
    products INTEGER NOT NULL
) STRICT;

-- The order of merging.
CREATE TABLE creator_source (
    place INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE creator_import (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_skipped INTEGER NOT NULL,
    rows_rejected INTEGER NOT NULL
) STRICT;

CREATE TABLE creator (
    handle TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    line_1 TEXT NOT NULL,
    line_2 TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    zip TEXT NOT NULL,
    country TEXT NOT NULL,
    followers INTEGER,
    gmv TEXT,
    videos INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    sources TEXT NOT NULL, -- names with commas, in the order of merging
    evidence TEXT NOT NULL, -- JSON
    search TEXT NOT NULL -- what is searched: each text after a line feed, in lower case
) STRICT, WITHOUT ROWID;

CREATE TABLE creator_tag (
    handle TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (handle, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE creator_handle (
    handle TEXT PRIMARY KEY NOT NULL,
    current TEXT NOT NULL,
    changed_on TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE creator_sample (
    order_id TEXT NOT NULL,
    sku_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    brand TEXT NOT NULL,
    product_id TEXT NOT NULL,
    seller_sku TEXT NOT NULL,
    product_name TEXT NOT NULL,
    variation TEXT NOT NULL,
    quantity INTEGER,
    status TEXT NOT NULL,
    ordered_at INTEGER,
    shipped_at INTEGER,
    delivered_at INTEGER,
    cancelled_at INTEGER,
    PRIMARY KEY (order_id, sku_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX creator_sample_of_handle ON creator_sample (handle);

CREATE TABLE creator_video (
    key TEXT PRIMARY KEY NOT NULL,
    handle TEXT NOT NULL,
    posted_on TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    gmv TEXT NOT NULL,
    units INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    impressions INTEGER NOT NULL,
    likes INTEGER NOT NULL,
    comments INTEGER NOT NULL,
    ctr TEXT,
    commission TEXT,
    products TEXT NOT NULL -- JSON: the products in order
) STRICT, WITHOUT ROWID;
CREATE INDEX creator_video_of_handle ON creator_video (handle, posted_on, gmv);
CREATE INDEX creator_video_by_day ON creator_video (posted_on);

CREATE TABLE creator_snapshot (
    handle TEXT NOT NULL,
    taken_on TEXT NOT NULL,
    source INTEGER NOT NULL, -- the rank of the source, by which snapshots of a day are ordered
    followers INTEGER,
    gmv TEXT,
    emv TEXT,
    posts INTEGER,
    likes INTEGER,
    comments INTEGER,
    shares INTEGER,
    engagement INTEGER,
    impressions INTEGER,
    platform TEXT NOT NULL,
    profile TEXT NOT NULL,
    last_post TEXT NOT NULL,
    PRIMARY KEY (handle, taken_on, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE creator_brand (
    brand TEXT NOT NULL,
    handle TEXT NOT NULL,
    samples INTEGER NOT NULL,
    gmv TEXT,
    videos INTEGER,
    lives INTEGER,
    products_sampled TEXT NOT NULL,
    PRIMARY KEY (brand, handle)
) STRICT, WITHOUT ROWID;
CREATE INDEX creator_brand_of_handle ON creator_brand (handle);

CREATE TABLE creator_product (
    product_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    seller_sku TEXT NOT NULL,
    sku_id TEXT NOT NULL,
    listing_status TEXT NOT NULL,
    gmv TEXT,
    creator_gmv TEXT,
    orders INTEGER,
    units INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE communication (
    handle TEXT NOT NULL,
    at INTEGER NOT NULL,
    channel TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound')),
    status TEXT NOT NULL,
    external_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (handle, at, channel, direction, status, external_id)
) STRICT, WITHOUT ROWID;
