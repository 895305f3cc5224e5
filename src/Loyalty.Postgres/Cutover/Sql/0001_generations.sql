-- The books of table cutovers: what generations there are, what was changed when, and what was written to live tables since.
CREATE TABLE loyalty_cutover.cutover_set (
    id integer GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    live_schema text NOT NULL,
    tables text[] NOT NULL,
    next_generation bigint NOT NULL,
    CONSTRAINT cutover_set_pkey PRIMARY KEY (id),
    CONSTRAINT cutover_set_name UNIQUE (name)
);
COMMENT ON TABLE loyalty_cutover.cutover_set IS 'Sets of tables that become live together. Cost: one row for each set.';

CREATE TABLE loyalty_cutover.generation (
    set_id integer NOT NULL,
    id bigint NOT NULL,
    state text NOT NULL,
    schema_name text NOT NULL,
    rows jsonb NOT NULL,
    content_xid xid8 NOT NULL,
    digested bigint NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    validated_at timestamptz,
    live_at timestamptz,
    replaced_at timestamptz,
    CONSTRAINT generation_pkey PRIMARY KEY (set_id, id),
    CONSTRAINT generation_set FOREIGN KEY (set_id) REFERENCES loyalty_cutover.cutover_set (id),
    CONSTRAINT generation_state CHECK (state IN ('prepared', 'validated', 'live', 'previous'))
);
CREATE UNIQUE INDEX generation_one_live ON loyalty_cutover.generation (set_id) WHERE state = 'live';
CREATE UNIQUE INDEX generation_one_staged ON loyalty_cutover.generation (set_id) WHERE state IN ('prepared', 'validated');
COMMENT ON TABLE loyalty_cutover.generation IS 'Generations of each set; content_xid is the last transaction that wrote rows while it was staged; digested the last entry of write_log that its digests know. Cost: one row for each generation that exists.';

CREATE TABLE loyalty_cutover.journal (
    set_id integer NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    from_generation bigint,
    to_generation bigint NOT NULL,
    at timestamptz NOT NULL,
    by_role text NOT NULL,
    kept bigint NOT NULL,
    discarded bigint NOT NULL,
    pending text[] NOT NULL,
    CONSTRAINT journal_pkey PRIMARY KEY (set_id, number),
    CONSTRAINT journal_set FOREIGN KEY (set_id) REFERENCES loyalty_cutover.cutover_set (id),
    CONSTRAINT journal_kind CHECK (kind IN ('cutover', 'rollback'))
);
COMMENT ON TABLE loyalty_cutover.journal IS 'Every change of the live generation, written in the transaction that made it. Cost: one row for each.';

CREATE TABLE loyalty_cutover.check_result (
    set_id integer NOT NULL,
    generation bigint NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    passed boolean NOT NULL,
    expected text NOT NULL,
    found text NOT NULL,
    details text[] NOT NULL,
    answer text,
    answered_by text,
    at timestamptz NOT NULL,
    CONSTRAINT check_result_pkey PRIMARY KEY (set_id, generation, number),
    CONSTRAINT check_result_generation FOREIGN KEY (set_id, generation) REFERENCES loyalty_cutover.generation (set_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE loyalty_cutover.check_result IS 'The last validation of each generation, check by check, with the reasons that were given for failed ones. Cost: one row for each check.';

CREATE TABLE loyalty_cutover.write_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    set_id integer NOT NULL,
    generation bigint NOT NULL,
    table_number smallint NOT NULL,
    key text[] NOT NULL,
    before text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT write_log_pkey PRIMARY KEY (id)
);
CREATE INDEX write_log_generation ON loyalty_cutover.write_log (set_id, generation, table_number, id);
COMMENT ON TABLE loyalty_cutover.write_log IS 'Keys of rows that were written to live tables, with the row before; NULL where there was none. Cost: one row for each write to a live table.';

CREATE TABLE loyalty_cutover.settled (
    set_id integer NOT NULL,
    from_generation bigint NOT NULL,
    to_generation bigint NOT NULL,
    log_id bigint NOT NULL,
    CONSTRAINT settled_pkey PRIMARY KEY (set_id, from_generation, to_generation),
    CONSTRAINT settled_from FOREIGN KEY (set_id, from_generation) REFERENCES loyalty_cutover.generation (set_id, id) ON DELETE CASCADE,
    CONSTRAINT settled_to FOREIGN KEY (set_id, to_generation) REFERENCES loyalty_cutover.generation (set_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE loyalty_cutover.settled IS 'Up to which entry of write_log the writes to one generation are in another one. Cost: one row for each pair that was swapped.';

-- Previous generations are read-only.
CREATE FUNCTION loyalty_cutover.refuse_write() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'table %.% is a previous generation and read-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'read_only_sql_transaction', HINT = 'Roll back to it to make it live, then write.';
END
$$;
REVOKE ALL ON FUNCTION loyalty_cutover.refuse_write() FROM PUBLIC;

-- Takes a relation back from everybody but its owner, who gets all of it: default privileges may have given it away when it was made.
CREATE FUNCTION loyalty_cutover.revoke_all(relation regclass) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    FOR r IN
        SELECT DISTINCT c.oid, c.relkind, c.relowner, c.relacl IS NULL AS untouched, x.grantee
        FROM pg_class c
        LEFT JOIN LATERAL (
            SELECT e.grantee FROM aclexplode(c.relacl) e
            UNION SELECT e.grantee FROM pg_attribute a, aclexplode(a.attacl) e WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) x ON true
        WHERE c.oid = relation OR c.oid IN (
            SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.deptype = 'i')
    LOOP
        IF r.relkind NOT IN ('r', 'm', 'S') OR (r.untouched AND coalesce(r.grantee, r.relowner) = r.relowner) THEN
            CONTINUE;
        ELSIF r.grantee IS NULL OR r.grantee = r.relowner THEN
            EXECUTE format('GRANT ALL ON %s %s TO %I', CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.oid::regclass, pg_get_userbyid(r.relowner));
        ELSE
            EXECUTE format('REVOKE ALL ON %s %s FROM %s CASCADE', CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.oid::regclass,
                CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION loyalty_cutover.revoke_all(regclass) FROM PUBLIC;

-- Closes a schema to everybody but its owner and the owners of the tables, who must be able to make them there.
CREATE FUNCTION loyalty_cutover.close_schema(schema_name text, owners text[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT DISTINCT x.grantee FROM pg_namespace s, aclexplode(s.nspacl) x WHERE s.nspname = schema_name AND x.grantee <> s.nspowner LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %s CASCADE', schema_name, CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
    END LOOP;
    FOR r IN SELECT o.name FROM unnest(owners) o(name), pg_namespace s WHERE s.nspname = schema_name AND o.name <> pg_get_userbyid(s.nspowner) LOOP
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', schema_name, r.name);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION loyalty_cutover.close_schema(text, text[]) FROM PUBLIC;
