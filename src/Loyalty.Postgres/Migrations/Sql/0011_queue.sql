-- The queue to shops, message providers and event sinks; contacts, consent, and the occurrences of jobs.
--
-- Instants are whole microseconds since 1970-01-01 UTC. What is due and which lease has ended is told by the database's clock.

CREATE TABLE loyalty.queue_book (
    tenant_id bigint NOT NULL,
    next_position bigint NOT NULL,
    next_event bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    CONSTRAINT queue_book_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT queue_book_counts_positive CHECK (next_position > 0 AND next_event > 0)
);
COMMENT ON TABLE loyalty.queue_book IS
    'One row for each tenant with a queue: the next place in the order of what is caused. Its row lock is held from the storing of deliveries to the commit, so that a place that is lower is never seen later. Cost: one update for each transaction that stores deliveries or consent.';

CREATE TABLE loyalty.queue_delivery (
    tenant_id bigint NOT NULL,
    position bigint NOT NULL,
    due_at bigint NOT NULL,
    next_at bigint NOT NULL,
    lease_until bigint,
    attempts integer NOT NULL,
    is_begun boolean NOT NULL,
    id bytea NOT NULL,
    lease_token uuid,
    kind text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    route text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    what text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    target text COLLATE "C",
    key text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    error text COLLATE "C" NOT NULL,
    payload text COLLATE "C" NOT NULL,
    history text COLLATE "C" NOT NULL,
    CONSTRAINT queue_delivery_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT queue_delivery_kind_known CHECK (kind IN ('operation', 'message', 'event')),
    CONSTRAINT queue_delivery_status_known CHECK (status IN ('waiting', 'leased', 'done', 'parked', 'skipped', 'dropped')),
    CONSTRAINT queue_delivery_id_whole CHECK (octet_length(id) = 16),
    CONSTRAINT queue_delivery_leased_has_token CHECK ((status = 'leased') = (lease_token IS NOT NULL))
);
CREATE INDEX queue_delivery_lane ON loyalty.queue_delivery (tenant_id, customer, route, position) WHERE status IN ('waiting', 'leased', 'parked');
CREATE INDEX queue_delivery_parked ON loyalty.queue_delivery (tenant_id, position) WHERE status = 'parked';
COMMENT ON TABLE loyalty.queue_delivery IS
    'One row for each thing to tell an outside system; stays when it is done, because its key exists for ever. Cost: a row and two index entries; three updates for each attempt (claim, begin, end).';
COMMENT ON COLUMN loyalty.queue_delivery.id IS 'The first 128 bits of the SHA-256 of the key, which may be longer than an index takes.';
COMMENT ON COLUMN loyalty.queue_delivery.is_begun IS 'Whether an attempt began and did not end: when the lease ends, its answer is lost.';
COMMENT ON COLUMN loyalty.queue_delivery.target IS 'The name of the target, kept from the first attempt on; null: not tried yet.';
COMMENT ON COLUMN loyalty.queue_delivery.history IS 'One line of JSON for each thing that happened to it.';
COMMENT ON INDEX loyalty.queue_delivery_lane IS 'Finds what has not ended of one customer and route, in order.';

CREATE TABLE loyalty.queue_lane (
    tenant_id bigint NOT NULL,
    head bigint,
    next_at bigint,
    lease_until bigint,
    route text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    target text COLLATE "C",
    CONSTRAINT queue_lane_pkey PRIMARY KEY (tenant_id, customer, route)
);
CREATE INDEX queue_lane_due ON loyalty.queue_lane (tenant_id, route, next_at, head) WHERE target IS NULL AND next_at IS NOT NULL;
CREATE INDEX queue_lane_due_at_target ON loyalty.queue_lane (tenant_id, target, next_at, head) WHERE target IS NOT NULL AND next_at IS NOT NULL;
COMMENT ON TABLE loyalty.queue_lane IS
    'One row for each customer and route: which delivery is next there and when. Claiming reads this table only, in the order of one index, so that it costs the same however many deliveries wait. Cost: an upsert for each lane of a transaction that stores deliveries; an update for each claim and each report.';
COMMENT ON COLUMN loyalty.queue_lane.head IS 'The position of the delivery that is next, or that holds the others back; null: nothing waits.';
COMMENT ON COLUMN loyalty.queue_lane.next_at IS 'When the next one may be tried; null: nothing waits, or it is parked.';

CREATE TABLE loyalty.queue_contact (
    tenant_id bigint NOT NULL,
    customer text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    phone text COLLATE "C" NOT NULL,
    first_name text COLLATE "C" NOT NULL,
    last_name text COLLATE "C" NOT NULL,
    locale text COLLATE "C" NOT NULL,
    CONSTRAINT queue_contact_pkey PRIMARY KEY (tenant_id, customer)
);
COMMENT ON TABLE loyalty.queue_contact IS 'How a customer can be reached; the last row that was given. Cost: an upsert for each row of a contacts file.';

CREATE TABLE loyalty.queue_consent (
    tenant_id bigint NOT NULL,
    sequence bigint NOT NULL,
    at bigint NOT NULL,
    allowed boolean NOT NULL,
    is_hard boolean NOT NULL,
    customer text COLLATE "C" NOT NULL,
    kind text COLLATE "C",
    channel text COLLATE "C",
    source text COLLATE "C" NOT NULL,
    words text COLLATE "C" NOT NULL,
    CONSTRAINT queue_consent_pkey PRIMARY KEY (tenant_id, customer, sequence),
    CONSTRAINT queue_consent_source_known CHECK (source IN ('import', 'link', 'keyword', 'provider', 'operator'))
);
COMMENT ON TABLE loyalty.queue_consent IS 'What customers want to hear, and whom nobody may write to; a log that only grows. Cost: one insert for each entry. Append-only.';
COMMENT ON COLUMN loyalty.queue_consent.kind IS 'The kind of message; null: all.';
COMMENT ON COLUMN loyalty.queue_consent.channel IS 'The channel; null: all.';

CREATE TABLE loyalty.job_occurrence (
    tenant_id bigint NOT NULL,
    occurrence bigint NOT NULL,
    lease_until bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    token uuid NOT NULL,
    job text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    error text COLLATE "C" NOT NULL,
    CONSTRAINT job_occurrence_pkey PRIMARY KEY (tenant_id, job, occurrence),
    CONSTRAINT job_occurrence_state_known CHECK (state IN ('running', 'done', 'failed'))
);
COMMENT ON TABLE loyalty.job_occurrence IS
    'One row for each occurrence of a job that a host began: it is claimed by being inserted, so that it runs once over all hosts. Cost: one insert and one update for each occurrence; old rows may be deleted but for the last of each job.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['queue_book', 'queue_delivery', 'queue_lane', 'queue_contact', 'queue_consent', 'job_occurrence'] LOOP
        EXECUTE format('ALTER TABLE loyalty.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE loyalty.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY tenant_only ON loyalty.%I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::bigint) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::bigint)',
            name);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON loyalty.queue_book, loyalty.queue_delivery, loyalty.queue_lane, loyalty.queue_contact TO loyalty_app;
GRANT SELECT, INSERT ON loyalty.queue_consent TO loyalty_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON loyalty.job_occurrence TO loyalty_app;
