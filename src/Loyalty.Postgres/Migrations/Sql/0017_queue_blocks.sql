-- Deliveries of bulk runs wait in blocks until somebody looks at the queue. Versions that do not know them refuse this schema.

CREATE TABLE loyalty.queue_block (
    tenant_id bigint NOT NULL,
    first_position bigint NOT NULL,
    deliveries integer NOT NULL,
    layout integer NOT NULL,
    routes text[] COLLATE "C" NOT NULL,
    rows bytea NOT NULL,
    CONSTRAINT queue_block_pkey PRIMARY KEY (tenant_id, first_position),
    CONSTRAINT queue_block_deliveries_positive CHECK (deliveries > 0)
);
ALTER TABLE loyalty.queue_block ALTER COLUMN rows SET STORAGE EXTERNAL;
COMMENT ON TABLE loyalty.queue_block IS
    'Deliveries that a bulk run stored and nobody asked for yet, as the bytes of a binary COPY; all of them come after every row of queue_delivery. Whoever claims and finds too little, counts, reads or changes deliveries makes rows of a block first, in the order of blocks. Cost: a row for up to 2,048 deliveries, deleted when they become rows.';
COMMENT ON COLUMN loyalty.queue_block.routes IS 'The routes of its deliveries, so that whoever claims for another target leaves it alone.';
COMMENT ON COLUMN loyalty.queue_block.layout IS 'Which columns the bytes hold: 1 is position, due_at, id, kind, route, customer, what, channel, key, payload.';

ALTER TABLE loyalty.queue_block ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.queue_block FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.queue_block
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT, DELETE ON loyalty.queue_block TO loyalty_app;
