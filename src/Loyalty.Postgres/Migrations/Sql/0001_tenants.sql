-- Tenants, the programs that applied to them, and the role of the application.
--
-- Every table with a tenant's data has tenant_id first in each key, row level security enabled and forced, and one policy for reading and
-- writing. Ids and times come from the client. There are no triggers, rules, sequences or functions, so that the tables can be distributed.

CREATE SCHEMA IF NOT EXISTS loyalty;

-- The role is shared by all databases of a server, so it may exist, and another database may be making it at this moment.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'loyalty_app') THEN
        CREATE ROLE loyalty_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

REVOKE ALL ON SCHEMA loyalty FROM PUBLIC;
GRANT USAGE ON SCHEMA loyalty TO loyalty_app;

CREATE TABLE loyalty.tenant (
    tenant_id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    program_digest text COLLATE "C" NOT NULL,
    as_of date NOT NULL,
    members bigint NOT NULL,
    activities bigint NOT NULL,
    adjustments bigint NOT NULL,
    CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenant_counts_not_negative CHECK (members >= 0 AND activities >= 0 AND adjustments >= 0)
);
COMMENT ON TABLE loyalty.tenant IS
    'One row for each tenant: how far it was reviewed and what it holds. Its row lock is the lock of a run. Cost: one row read by key for each operation, one update for each run that changes it.';
COMMENT ON COLUMN loyalty.tenant.tenant_id IS 'The first 63 bits of the SHA-256 of the name, so that no look-up across tenants is needed.';

CREATE TABLE loyalty.program (
    tenant_id bigint NOT NULL,
    digest text COLLATE "C" NOT NULL,
    json text COLLATE "C" NOT NULL,
    CONSTRAINT program_pkey PRIMARY KEY (tenant_id, digest),
    CONSTRAINT program_belongs_to_tenant FOREIGN KEY (tenant_id) REFERENCES loyalty.tenant (tenant_id)
);
COMMENT ON TABLE loyalty.program IS
    'Every program that ever applied to a tenant, in canonical JSON by its SHA-256, so that an old decision can be reproduced. Cost: one row for each change of the program.';

ALTER TABLE loyalty.tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.tenant
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.program ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.program FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.program
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT, UPDATE ON loyalty.tenant TO loyalty_app;
GRANT SELECT, INSERT ON loyalty.program TO loyalty_app;
