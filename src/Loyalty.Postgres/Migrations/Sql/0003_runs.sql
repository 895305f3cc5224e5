-- The ledger of runs: what came in, what it did. A line is written in the transaction of the run, so it stands if and only if the run does;
-- its id is made by the client, so that a commit whose answer was lost can be looked up.

CREATE TABLE loyalty.run (
    tenant_id bigint NOT NULL,
    rows_inserted bigint NOT NULL,
    rows_updated bigint NOT NULL,
    rows_unchanged bigint NOT NULL,
    rows_superseded bigint NOT NULL,
    sales_staged numeric NOT NULL,
    members_total bigint NOT NULL,
    members_created bigint NOT NULL,
    promoted bigint NOT NULL,
    kept bigint NOT NULL,
    demoted bigint NOT NULL,
    grace_started bigint NOT NULL,
    missions_completed bigint NOT NULL,
    started_at timestamptz NOT NULL,
    completed_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    as_of date NOT NULL,
    program_digest text COLLATE "C" NOT NULL,
    CONSTRAINT run_pkey PRIMARY KEY (tenant_id, run_id),
    CONSTRAINT run_has_program FOREIGN KEY (tenant_id, program_digest) REFERENCES loyalty.program (tenant_id, digest)
);
CREATE INDEX run_by_time ON loyalty.run (tenant_id, completed_at);
COMMENT ON TABLE loyalty.run IS
    'One line for each completed run. Cost: one insert for each run. Append-only: the application may not update or delete.';
COMMENT ON COLUMN loyalty.run.sales_staged IS 'The sales over all activities that came in, superseded ones aside, in minor units.';
COMMENT ON INDEX loyalty.run_by_time IS 'Finds the last runs of a tenant.';

CREATE TABLE loyalty.run_input (
    tenant_id bigint NOT NULL,
    length bigint NOT NULL,
    records bigint NOT NULL,
    number integer NOT NULL,
    run_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT run_input_pkey PRIMARY KEY (tenant_id, run_id, number),
    CONSTRAINT run_input_belongs_to_run FOREIGN KEY (tenant_id, run_id) REFERENCES loyalty.run (tenant_id, run_id),
    CONSTRAINT run_input_hash_whole CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE loyalty.run_input IS 'The files of a run, in the order read. Cost: one insert for each file.';

ALTER TABLE loyalty.run ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.run
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.run_input ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.run_input FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.run_input
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT ON loyalty.run, loyalty.run_input TO loyalty_app;
