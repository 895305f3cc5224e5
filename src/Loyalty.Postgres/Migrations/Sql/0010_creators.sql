-- Creators: what six kinds of exports say of them, merged into one truth; samples, videos, snapshots, brands, badges; the log of communications.
--
-- Texts compare by bytes (COLLATE "C"). Amounts are minor units of the currency.

CREATE TABLE loyalty.creator_book (
    tenant_id bigint NOT NULL,
    last_import integer NOT NULL,
    creators integer NOT NULL,
    samples integer NOT NULL,
    videos integer NOT NULL,
    snapshots integer NOT NULL,
    brand_links integer NOT NULL,
    products integer NOT NULL,
    as_of date,
    badges_on date,
    name text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    merge_order text[] COLLATE "C" NOT NULL,
    badge_names text[] COLLATE "C" NOT NULL,
    badge_thresholds bigint[] NOT NULL,
    CONSTRAINT creator_book_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT creator_book_counts_not_negative CHECK (creators >= 0 AND samples >= 0 AND videos >= 0 AND snapshots >= 0 AND brand_links >= 0 AND products >= 0)
);
COMMENT ON TABLE loyalty.creator_book IS
    'One row for each tenant that has creators: how many of each kind, in which order their sources are merged, the ladder of badges. Its row lock is the lock of a run of imports. Cost: one row read by key and one update for each run.';

CREATE TABLE loyalty.creator_run (
    tenant_id bigint NOT NULL,
    completed_at timestamptz NOT NULL,
    creators_created integer NOT NULL,
    creators_changed integer NOT NULL,
    samples_created integer NOT NULL,
    samples_changed integer NOT NULL,
    videos_created integer NOT NULL,
    videos_changed integer NOT NULL,
    run_id uuid NOT NULL,
    as_of date,
    brand text COLLATE "C" NOT NULL,
    CONSTRAINT creator_run_pkey PRIMARY KEY (tenant_id, run_id),
    CONSTRAINT creator_run_belongs_to_book FOREIGN KEY (tenant_id) REFERENCES loyalty.creator_book (tenant_id)
);
COMMENT ON TABLE loyalty.creator_run IS
    'One line for each run of imports. Cost: one insert for each run. Append-only: the application may not update or delete.';

CREATE TABLE loyalty.creator_import (
    tenant_id bigint NOT NULL,
    rows_read bigint NOT NULL,
    rows_skipped bigint NOT NULL,
    rows_rejected bigint NOT NULL,
    id integer NOT NULL,
    run_id uuid NOT NULL,
    source text COLLATE "C" NOT NULL,
    file text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    CONSTRAINT creator_import_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT creator_import_belongs_to_run FOREIGN KEY (tenant_id, run_id) REFERENCES loyalty.creator_run (tenant_id, run_id)
);
COMMENT ON TABLE loyalty.creator_import IS
    'The journal of imports: one line for each file, known again by its fingerprint. Cost: one insert for each new file. Append-only.';

CREATE TABLE loyalty.creator (
    tenant_id bigint NOT NULL,
    followers bigint,
    gmv bigint,
    videos integer NOT NULL,
    samples integer NOT NULL,
    badge smallint NOT NULL,
    handle text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    phone text COLLATE "C" NOT NULL,
    first_name text COLLATE "C" NOT NULL,
    last_name text COLLATE "C" NOT NULL,
    address_line_1 text COLLATE "C" NOT NULL,
    address_line_2 text COLLATE "C" NOT NULL,
    city text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    zipcode text COLLATE "C" NOT NULL,
    country text COLLATE "C" NOT NULL,
    sources text[] COLLATE "C" NOT NULL,
    evidence jsonb NOT NULL,
    CONSTRAINT creator_pkey PRIMARY KEY (tenant_id, handle),
    CONSTRAINT creator_counts_not_negative CHECK (videos >= 0 AND samples >= 0 AND badge >= 0)
);
CREATE INDEX creator_by_badge ON loyalty.creator (tenant_id, badge, handle);
COMMENT ON TABLE loyalty.creator IS
    'One row for each creator: the one truth, and the evidence it was merged from. Cost: a row and two index entries for a new creator, an update for one that changed, nothing for an unchanged one. No foreign key, as for customer: the run that writes it holds the row of creator_book locked.';
COMMENT ON COLUMN loyalty.creator.gmv IS 'Minor units of the currency, as the first source that knows it tells it.';
COMMENT ON COLUMN loyalty.creator.badge IS 'The rank of the badge on the date creator_book.badges_on; 0 is the entry badge.';
COMMENT ON COLUMN loyalty.creator.evidence IS 'What each source says of each field: values, in how many rows, first line, number of the file.';
COMMENT ON INDEX loyalty.creator_by_badge IS 'A page of creators with a badge is one range of it.';

CREATE TABLE loyalty.creator_search (
    tenant_id bigint NOT NULL,
    handle text COLLATE "C" NOT NULL,
    texts text COLLATE "C" NOT NULL,
    grams bigint[] NOT NULL,
    CONSTRAINT creator_search_pkey PRIMARY KEY (tenant_id, handle)
);
CREATE INDEX creator_search_grams ON loyalty.creator_search USING gin (grams);
COMMENT ON TABLE loyalty.creator_search IS
    'What is searched of each creator: handle, name and e-mail in lower case, and their grams of three bytes. A reader names the grams by SET LOCAL app.search; without it nobody sees a row. Cost: a row, an index entry and about forty postings for each creator; an update when one of the texts changes.';
COMMENT ON COLUMN loyalty.creator_search.grams IS 'The low 39 bits of the tenant above 24 bits of the gram, so that the postings of tenants do not mix.';
COMMENT ON INDEX loyalty.creator_search_grams IS 'Finds texts that have all grams of a term. The condition stands in the policy, because under row level security only conditions of the policy, and leakproof ones, may use an index.';

CREATE TABLE loyalty.creator_tag (
    tenant_id bigint NOT NULL,
    handle text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL,
    CONSTRAINT creator_tag_pkey PRIMARY KEY (tenant_id, handle, tag)
);
CREATE INDEX creator_tag_by_tag ON loyalty.creator_tag (tenant_id, tag, handle);
COMMENT ON TABLE loyalty.creator_tag IS
    'The tags of creators. Cost: a row and two index entries for each tag.';
COMMENT ON INDEX loyalty.creator_tag_by_tag IS 'A page of creators with a tag is one range of it.';

CREATE TABLE loyalty.creator_handle (
    tenant_id bigint NOT NULL,
    changed_on date NOT NULL,
    handle text COLLATE "C" NOT NULL,
    current text COLLATE "C" NOT NULL,
    CONSTRAINT creator_handle_pkey PRIMARY KEY (tenant_id, handle)
);
COMMENT ON TABLE loyalty.creator_handle IS
    'Handles that creators had before. Cost: one row for each change; a run of imports reads all of a tenant.';

CREATE TABLE loyalty.creator_sample (
    tenant_id bigint NOT NULL,
    ordered_at timestamp,
    shipped_at timestamp,
    delivered_at timestamp,
    cancelled_at timestamp,
    quantity integer,
    order_id text COLLATE "C" NOT NULL,
    sku_id text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    brand text COLLATE "C" NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    seller_sku text COLLATE "C" NOT NULL,
    product_name text COLLATE "C" NOT NULL,
    variation text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    CONSTRAINT creator_sample_pkey PRIMARY KEY (tenant_id, order_id, sku_id)
);
CREATE INDEX creator_sample_of ON loyalty.creator_sample (tenant_id, handle);
COMMENT ON TABLE loyalty.creator_sample IS
    'One row for each line of an order of samples. Cost: a row and two index entries for a new one, an update for a changed one.';
COMMENT ON INDEX loyalty.creator_sample_of IS 'The samples of a creator.';

CREATE TABLE loyalty.creator_video (
    tenant_id bigint NOT NULL,
    gmv bigint NOT NULL,
    units bigint NOT NULL,
    orders bigint NOT NULL,
    impressions bigint NOT NULL,
    likes bigint NOT NULL,
    comments bigint NOT NULL,
    commission bigint,
    posted_on date NOT NULL,
    ctr_percent numeric,
    key text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL,
    products text[] COLLATE "C" NOT NULL,
    CONSTRAINT creator_video_pkey PRIMARY KEY (tenant_id, key)
);
CREATE INDEX creator_video_of ON loyalty.creator_video (tenant_id, handle);
CREATE INDEX creator_video_by_day ON loyalty.creator_video (tenant_id, posted_on);
COMMENT ON TABLE loyalty.creator_video IS
    'One row for each video of a creator, as the newest report tells it, with all its products. Cost: a row and three index entries for a new one, an update for a changed one.';
COMMENT ON COLUMN loyalty.creator_video.gmv IS 'Minor units of the currency.';
COMMENT ON COLUMN loyalty.creator_video.products IS 'Ids of the shop where they are known, else names.';
COMMENT ON INDEX loyalty.creator_video_of IS 'The videos of a creator.';
COMMENT ON INDEX loyalty.creator_video_by_day IS 'The videos of the two months that badges are made of.';

CREATE TABLE loyalty.creator_snapshot (
    tenant_id bigint NOT NULL,
    followers bigint,
    gmv bigint,
    emv bigint,
    posts bigint,
    likes bigint,
    comments bigint,
    shares bigint,
    engagement bigint,
    impressions bigint,
    taken_on date NOT NULL,
    handle text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    platform text COLLATE "C" NOT NULL,
    profile text COLLATE "C" NOT NULL,
    last_post text COLLATE "C" NOT NULL,
    CONSTRAINT creator_snapshot_pkey PRIMARY KEY (tenant_id, handle, taken_on, source)
);
COMMENT ON TABLE loyalty.creator_snapshot IS
    'The performance of a creator on one date, as a source tells it. Cost: a row and one index entry for each.';

CREATE TABLE loyalty.creator_brand (
    tenant_id bigint NOT NULL,
    gmv bigint,
    videos bigint,
    lives bigint,
    samples integer NOT NULL,
    brand text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    products_sampled text COLLATE "C" NOT NULL,
    CONSTRAINT creator_brand_pkey PRIMARY KEY (tenant_id, brand, handle),
    CONSTRAINT creator_brand_samples_not_negative CHECK (samples >= 0)
);
CREATE INDEX creator_brand_of ON loyalty.creator_brand (tenant_id, handle);
COMMENT ON TABLE loyalty.creator_brand IS
    'What binds a creator to a brand; a link when there is a sample. Cost: a row and two index entries for each.';
COMMENT ON INDEX loyalty.creator_brand_of IS 'The brands of a creator.';

CREATE TABLE loyalty.creator_product (
    tenant_id bigint NOT NULL,
    gmv bigint,
    creator_gmv bigint,
    orders bigint,
    units bigint,
    product_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    seller_sku text COLLATE "C" NOT NULL,
    sku_id text COLLATE "C" NOT NULL,
    listing_status text COLLATE "C" NOT NULL,
    CONSTRAINT creator_product_pkey PRIMARY KEY (tenant_id, product_id)
);
COMMENT ON TABLE loyalty.creator_product IS
    'The products of the shop, by which samples and videos are matched. Cost: a row and one index entry for each; a run of imports reads all of a tenant.';

CREATE TABLE loyalty.creator_communication (
    tenant_id bigint NOT NULL,
    at timestamptz NOT NULL,
    handle text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    direction text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    CONSTRAINT creator_communication_pkey PRIMARY KEY (tenant_id, handle, at, channel, direction, status, external_id),
    CONSTRAINT creator_communication_direction_known CHECK (direction IN ('outbound', 'inbound'))
);
COMMENT ON TABLE loyalty.creator_communication IS
    'The log of what was said to creators and by them: one line for each status of a message. Cost: a row and one index entry for each. Append-only: the application may not update or delete.';

ALTER TABLE loyalty.creator_book ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_book FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_book
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_run
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_import ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_import FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_import
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_search FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_search
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint AND grams @> nullif(current_setting('app.search', true), '')::bigint[])
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_tag ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_tag FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_tag
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_handle ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_handle FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_handle
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_sample ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_sample FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_sample
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_video ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_video FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_video
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_snapshot ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_snapshot FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_snapshot
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_brand ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_brand FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_brand
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_product ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_product FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_product
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.creator_communication ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.creator_communication FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.creator_communication
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT, UPDATE ON loyalty.creator_book TO loyalty_app;
GRANT SELECT, INSERT ON loyalty.creator_run, loyalty.creator_import, loyalty.creator_communication TO loyalty_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON loyalty.creator, loyalty.creator_search, loyalty.creator_tag, loyalty.creator_handle, loyalty.creator_sample, loyalty.creator_video, loyalty.creator_snapshot, loyalty.creator_brand, loyalty.creator_product TO loyalty_app;
