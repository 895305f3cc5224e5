using Loyalty.Postgres.Cutover;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Cutover;

/// <summary>Catalogs as strangers make them: everything that can hang on a table or point at one is carried over, or refused by name before anything is touched.</summary>
public sealed class OddCatalogTests(TestServer server)
{
    private static readonly CutoverSet Set = new("odd_next", "odd", "parent", "child");

    private const string Tables =
        """"
        CREATE SCHEMA odd; CREATE SCHEMA "O d""d";
        CREATE DOMAIN odd.address AS text CHECK (VALUE LIKE '%@%');
        CREATE TYPE odd.color AS ENUM ('red', 'blue');
        CREATE TYPE odd.pair AS (a int, b odd.color);
        CREATE SEQUENCE odd.alone; CREATE SEQUENCE odd.lent;
        CREATE TABLE odd.parent (
            gone_first int, id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT -1 MINVALUE -1000 MAXVALUE 1000 CACHE 5), code odd.address NOT NULL, color odd.color DEFAULT 'red',
            p odd.pair, ps odd.pair[], n bigint DEFAULT nextval('odd.alone'), gone int, twice bigint GENERATED ALWAYS AS (coalesce(n, 0) * 2) STORED,
            during daterange NOT NULL DEFAULT '[2020-01-01,2020-01-02)', t text COLLATE "C" DEFAULT current_user, lent bigint DEFAULT nextval('odd.lent'),
            CONSTRAINT parent_pk PRIMARY KEY (id) INCLUDE (color), CONSTRAINT parent_code UNIQUE NULLS NOT DISTINCT (code) DEFERRABLE INITIALLY DEFERRED,
            CONSTRAINT parent_apart EXCLUDE USING gist (during WITH &&) WHERE (n > 1000) DEFERRABLE, CONSTRAINT parent_own CHECK (n > -5) NO INHERIT
        ) WITH (toast_tuple_target = 256, autovacuum_vacuum_scale_factor = 0.05, parallel_workers = 2);
        ALTER TABLE odd.parent DROP COLUMN gone, DROP COLUMN gone_first;
        ALTER TABLE odd.parent ADD CONSTRAINT parent_later CHECK (n < 1000000) NOT VALID;
        ALTER SEQUENCE odd.lent OWNED BY odd.parent.lent;
        CREATE TABLE odd.borrower (id bigint PRIMARY KEY DEFAULT nextval('odd.lent'));
        CREATE TABLE odd.child (
            parent_id bigint NOT NULL, k int NOT NULL, other bigint, note text, "Odd ""Name""" int,
            CONSTRAINT child_pk PRIMARY KEY (parent_id, k) DEFERRABLE INITIALLY DEFERRED,
            CONSTRAINT "child_to ""parent""" FOREIGN KEY (parent_id) REFERENCES odd.parent (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
        );
        ALTER TABLE odd.child ADD CONSTRAINT child_other FOREIGN KEY (other) REFERENCES odd.parent (id) MATCH FULL ON DELETE SET NULL NOT VALID;
        CREATE UNIQUE INDEX parent_ident ON odd.parent (lent, code); ALTER TABLE odd.parent ALTER COLUMN lent SET NOT NULL; ALTER TABLE odd.parent REPLICA IDENTITY USING INDEX parent_ident;
        CREATE UNIQUE INDEX parent_strange ON odd.parent ((lower(code)) text_pattern_ops DESC NULLS LAST, n) INCLUDE (t) NULLS NOT DISTINCT WITH (fillfactor = 60, deduplicate_items = off) WHERE color = 'red';
        CREATE INDEX "Child ""i""" ON odd.child USING brin ("Odd ""Name""") WITH (pages_per_range = 4); ALTER INDEX odd.parent_strange ALTER COLUMN 1 SET STATISTICS 77;
        CREATE STATISTICS "O d""d"."s ""t""" (mcv) ON (n % 7), lower(code) FROM odd.parent; CREATE STATISTICS odd.more ON parent_id, k FROM odd.child; ALTER TABLE odd.child REPLICA IDENTITY FULL;
        INSERT INTO odd.parent (code, p, ps, n) VALUES ('a@x', ROW(1, 'red'), ARRAY[ROW(2, 'blue')::odd.pair], 1), ('b@x', NULL, '{}', 2);
        INSERT INTO odd.child (parent_id, k, other) VALUES (100, 1, 99), (99, 1, NULL);
        """";

    private const string Around =
        """"
        CREATE TABLE odd.log (id bigint, parent_id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE odd.log_1 PARTITION OF odd.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        ALTER TABLE odd.log ADD CONSTRAINT log_parent FOREIGN KEY (parent_id) REFERENCES odd.parent (id) ON UPDATE CASCADE; INSERT INTO odd.log VALUES (1, 100, '2025-05-05');
        CREATE TABLE odd.loose (code bigint); INSERT INTO odd.loose VALUES (12345); ALTER TABLE odd.loose ADD CONSTRAINT loose_parent FOREIGN KEY (code) REFERENCES odd.parent (id) NOT VALID;
        CREATE TABLE odd.noted (what text);
        CREATE FUNCTION odd.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = odd, pg_temp AS $$ BEGIN INSERT INTO noted VALUES (TG_NAME); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER parent_checked AFTER INSERT OR UPDATE ON odd.parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.n > 0) EXECUTE FUNCTION odd.note('a''b', '2');
        CREATE TRIGGER child_rows AFTER UPDATE ON odd.child REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION odd.note();
        CREATE TRIGGER "child ""t""" BEFORE UPDATE OF note ON odd.child FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        ALTER TABLE odd.child ENABLE REPLICA TRIGGER "child ""t"""; ALTER TABLE odd.child ENABLE ALWAYS TRIGGER child_rows;
        CREATE RULE child_also AS ON INSERT TO odd.child WHERE NEW.note = 'x' DO ALSO INSERT INTO odd.noted SELECT code FROM odd.parent WHERE id = NEW.parent_id;
        CREATE RULE child_off AS ON DELETE TO odd.child DO INSTEAD NOTHING; ALTER TABLE odd.child DISABLE RULE child_off;
        CREATE RULE noted_also AS ON DELETE TO odd.noted DO ALSO UPDATE odd.child SET note = 'n' WHERE note = OLD.what;
        CREATE VIEW odd.a (first, "Second ""v""") WITH (security_barrier) AS SELECT id, code FROM odd.parent WHERE n > 0 WITH CASCADED CHECK OPTION;
        CREATE VIEW odd.b AS SELECT a.*, c.note FROM odd.a LEFT JOIN odd.child c ON c.parent_id = a.first;
        CREATE RECURSIVE VIEW odd.tree (id, depth) AS SELECT id, 0 FROM odd.parent UNION ALL SELECT c.other, t.depth + 1 FROM tree t JOIN odd.child c ON c.parent_id = t.id WHERE c.other IS NOT NULL AND t.depth < 9;
        CREATE VIEW odd.grouped WITH (security_invoker) AS SELECT p.*, count(*) OVER (PARTITION BY color) FROM odd.parent p GROUP BY p.id;
        ALTER VIEW odd.a ALTER COLUMN first SET DEFAULT 7; CREATE TRIGGER b_instead INSTEAD OF INSERT ON odd.b FOR EACH ROW EXECUTE FUNCTION odd.note();
        CREATE MATERIALIZED VIEW "O d""d"."m ""1""" WITH (fillfactor = 50) AS SELECT color, count(*) AS c FROM odd.parent GROUP BY color;
        CREATE UNIQUE INDEX m_color ON "O d""d"."m ""1""" (color); COMMENT ON COLUMN "O d""d"."m ""1""".c IS 'how many'; CREATE STATISTICS "O d""d".m_s ON color, c FROM "O d""d"."m ""1""";
        CREATE MATERIALIZED VIEW odd.m2 AS SELECT sum(c) FROM "O d""d"."m ""1""" CROSS JOIN (SELECT count(*) FROM odd.a) x WITH NO DATA;
        CREATE VIEW odd.over AS SELECT * FROM "O d""d"."m ""1""";
        DO $do$ BEGIN
            EXECUTE $f$ CREATE FUNCTION odd.sum_up(VARIADIC w int[] DEFAULT '{1}', OUT total bigint, OUT best text) LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE COST 7 SET work_mem = '8MB' SET search_path = odd, pg_temp
                BEGIN ATOMIC SELECT sum(n), max(code) FROM odd.parent; END $f$;
            EXECUTE $f$ CREATE PROCEDURE odd.sweep(x int) LANGUAGE sql BEGIN ATOMIC DELETE FROM odd.child WHERE k = x; INSERT INTO odd.noted SELECT code FROM odd.parent WHERE false; END $f$;
            EXECUTE $f$ CREATE FUNCTION odd.of_view() RETURNS TABLE (c bigint) LANGUAGE sql RETURN (SELECT count(*) FROM odd.b) $f$;
        END $do$;
        ALTER TABLE odd.child ENABLE ROW LEVEL SECURITY;
        CREATE POLICY "child ""p""" ON odd.child AS RESTRICTIVE FOR UPDATE TO shop_reader, shop_writer USING (EXISTS (SELECT FROM odd.parent q WHERE q.id = parent_id)) WITH CHECK (k > 0);
        CREATE POLICY child_all ON odd.child USING (true);
        CREATE TABLE odd.guarded (id bigint); ALTER TABLE odd.guarded ENABLE ROW LEVEL SECURITY;
        CREATE POLICY guarded_by ON odd.guarded FOR INSERT WITH CHECK (id IN (SELECT parent_id FROM odd.child));
        COMMENT ON POLICY "child ""p""" ON odd.child IS 'p''p'; COMMENT ON RULE child_also ON odd.child IS 'r'; COMMENT ON TRIGGER "child ""t""" ON odd.child IS 't'; COMMENT ON STATISTICS "O d""d"."s ""t""" IS 's';
        COMMENT ON CONSTRAINT "child_to ""parent""" ON odd.child IS 'c'; COMMENT ON CONSTRAINT log_parent ON odd.log IS 'l'; COMMENT ON INDEX odd.parent_pk IS 'pk'; COMMENT ON SEQUENCE odd.parent_id_seq IS 'seq';
        COMMENT ON CONSTRAINT parent_apart ON odd.parent IS 'apart'; COMMENT ON COLUMN odd.child."Odd ""Name""" IS 'odd'; COMMENT ON TRIGGER parent_checked ON odd.parent IS 'checked'; COMMENT ON VIEW odd.b IS 'b';
        GRANT USAGE ON SCHEMA odd TO shop_reader, shop_writer; GRANT SELECT (code, id), UPDATE (t) ON odd.parent TO shop_writer WITH GRANT OPTION; GRANT REFERENCES, TRIGGER ON odd.child TO shop_writer; GRANT ALL ON odd.child TO shop_reader;
        SET ROLE shop_writer; GRANT SELECT (code) ON odd.parent TO shop_reader; RESET ROLE;
        GRANT SELECT, USAGE ON SEQUENCE odd.parent_id_seq, odd.lent TO shop_reader; REVOKE EXECUTE ON FUNCTION odd.sum_up FROM PUBLIC; GRANT EXECUTE ON FUNCTION odd.sum_up TO shop_reader;
        CREATE PUBLICATION odd_rows FOR TABLE odd.parent (id, code, lent) WHERE (lent > 0), TABLE odd.child WHERE (parent_id > -5000);
        CREATE PUBLICATION odd_schema FOR TABLES IN SCHEMA odd;
        CREATE FUNCTION odd.ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO odd.noted VALUES (tg_tag); END $$;
        CREATE EVENT TRIGGER odd_ddl ON ddl_command_end EXECUTE FUNCTION odd.ddl();
        """";

    [Fact]
    public async Task R03_R04_R05_Whatever_hangs_on_tables_or_points_at_them_is_carried_over_and_back()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.RunAsync(Tables);
        await shop.RunAsync(Around);
        var cutover = new TableCutover(shop.Source, Set, Shop.Quick);
        async Task ReadyAsync(string more)
        {
            await cutover.PrepareAsync(async (connection, _, ct) =>
            {
                await using var command = new NpgsqlCommand(
                    "DELETE FROM child; DELETE FROM parent; INSERT INTO parent (id, code, color, p, ps, n, during, t, lent) OVERRIDING SYSTEM VALUE SELECT id, code, color, p, ps, n, during, t, lent FROM odd.parent; INSERT INTO child SELECT * FROM odd.child; " + more, connection);
                await command.ExecuteNonQueryAsync(ct);
                return true;
            });
            Assert.All(await cutover.ValidateAsync(), static r => Assert.True(r.Passed, $"{r.Name}: {string.Join("; ", r.Details)}"));
        }

        Task<string> SeenAsync() => shop.AskAsync<string>(
            "SELECT concat_ws(' ', (SELECT count(*) FROM odd.b), (SELECT count(*) FROM odd.tree), (SELECT count(*) FROM odd.grouped), (SELECT sum(c) FROM odd.over), (odd.sum_up()).total, odd.of_view(), (SELECT relispopulated FROM pg_class WHERE oid = 'odd.m2'::regclass))");

        await ReadyAsync("INSERT INTO parent (id, code, n) OVERRIDING SYSTEM VALUE VALUES (50, 'c@x', 5)");
        var before = await SchemaDump.OfAsync(shop.Source);
        var catalog = await SchemaDump.OfCatalogAsync(shop.Source);
        Assert.Equal("2 3 2 2 3 2 f", await SeenAsync());
        await cutover.CutoverAsync();
        Assert.Equal("3 4 3 3 8 3 f", await SeenAsync());
        await cutover.RollbackAsync();
        Assert.Equal("2 3 2 2 3 2 f", await SeenAsync());
        SchemaDump.AssertSame(before, await SchemaDump.OfAsync(shop.Source));
        await cutover.CutoverAsync();

        // Keys that are checked at the end of a transaction only, and numbers of sequences that go down or are lent to others.
        await ReadyAsync(string.Empty);
        await shop.RunAsync("UPDATE odd.child SET note = 'late' WHERE parent_id = 99; INSERT INTO odd.child (parent_id, k) VALUES (100, 7); DELETE FROM odd.child WHERE parent_id = 100 AND k = 1");
        Assert.Equal(3, (await cutover.CutoverAsync(LaterWrites.Keep)).Kept);
        Assert.Equal("99/1late 100/7", await shop.AskAsync<string>("SELECT string_agg(parent_id || '/' || k || coalesce(note, ''), ' ' ORDER BY parent_id) FROM odd.child"));
        var (id, lent) = (await shop.AskAsync<long>("SELECT min(id) FROM odd.parent"), await shop.AskAsync<long>("INSERT INTO odd.borrower DEFAULT VALUES RETURNING id"));
        Assert.True(await shop.AskAsync<bool>($"INSERT INTO odd.parent (code) VALUES ('d@x') RETURNING id < {id} AND lent > {lent}"));

        // What is live stands as it did, line by line.
        var now = await SchemaDump.OfCatalogAsync(shop.Source);
        Assert.Empty(catalog.Split('\n').Where(static l => !l.Contains("odd_next", StringComparison.Ordinal) && !l.Contains("loyalty_cutover", StringComparison.Ordinal)).Except(now.Split('\n')));
    }

    [Fact]
    public async Task What_cannot_be_carried_over_is_refused_by_name_and_nothing_is_touched()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.RunAsync(Tables);
        await shop.RunAsync("CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere; CREATE TABLE odd.plain (id int PRIMARY KEY); CREATE FUNCTION odd.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
        var cutover = new TableCutover(shop.Source, Set, Shop.Quick);
        await cutover.PrepareAsync(static (_, _, _) => ValueTask.FromResult(true));
        await cutover.ValidateAsync();
        foreach (var (make, undo, named) in (((string, string, string)[])
        [
            ("CREATE FUNCTION odd.of_row(m odd.parent) RETURNS text LANGUAGE sql AS 'SELECT m.code'", "DROP FUNCTION odd.of_row", "function of_row"),
            ("CREATE FUNCTION odd.rows() RETURNS SETOF odd.child LANGUAGE sql AS 'SELECT * FROM odd.child'", "DROP FUNCTION odd.rows", "function rows"),
            ("CREATE FUNCTION odd.many(m odd.child[]) RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION odd.many", "function many"),
            ("CREATE TABLE odd.copy (m odd.parent)", "DROP TABLE odd.copy", "table copy"),
            ("CREATE TABLE odd.copies (m odd.parent[])", "DROP TABLE odd.copies", "table copies"),
            ("ALTER TABLE odd.child ADD COLUMN whole odd.parent", "ALTER TABLE odd.child DROP COLUMN whole", "table child"),
            ("CREATE DOMAIN odd.whole AS odd.parent", "DROP DOMAIN odd.whole", "type whole"),
            ("CREATE TYPE odd.holder AS (m odd.parent)", "DROP TYPE odd.holder", "holder"),
            ("CREATE VIEW odd.shown AS SELECT m FROM odd.parent m", "DROP VIEW odd.shown", "view shown"),
            ("CREATE TABLE odd.heir () INHERITS (odd.child)", "DROP TABLE odd.heir", "odd.heir inherits from odd.child"),
            ("CREATE TABLE odd.taker (id bigint DEFAULT nextval('odd.parent_id_seq'))", "DROP TABLE odd.taker", "default value for column id of table taker"),
            ("CREATE CONSTRAINT TRIGGER plain_from AFTER INSERT ON odd.plain FROM odd.parent FOR EACH ROW EXECUTE FUNCTION odd.note()", "DROP TRIGGER plain_from ON odd.plain", "trigger plain_from"),
            ("ALTER EXTENSION plpgsql ADD TABLE odd.child", "ALTER EXTENSION plpgsql DROP TABLE odd.child", "odd.child belongs to an extension"),
        ]))
        {
            await shop.RunAsync(make);
            var before = await SchemaDump.OfCatalogAsync(shop.Source);
            var e = await shop.FailsAsync(CutoverFault.CannotCarry, async () => await cutover.CutoverAsync());
            Assert.True(e.Details.Any(d => d.Contains(named, StringComparison.Ordinal)), $"{make}: {e.Message}");
            SchemaDump.AssertSame(before, await SchemaDump.OfCatalogAsync(shop.Source));
            await shop.RunAsync(undo);
        }

        await cutover.CutoverAsync(LaterWrites.Discard);

        // Tables that are none: refused when they are named.
        foreach (var (make, table, named) in (((string, string, string)[])
        [
            ("CREATE TABLE odd.parts (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE odd.part PARTITION OF odd.parts FOR VALUES WITH (MODULUS 1, REMAINDER 0)", "parts", "odd.parts is a partitioned table"),
            (string.Empty, "part", "odd.part is a partition"),
            ("CREATE FOREIGN TABLE odd.far (id int) SERVER nowhere", "far", "odd.far is a foreign table"),
            ("CREATE VIEW odd.seen AS SELECT 1 AS id", "seen", "odd.seen is a view"),
            ("CREATE MATERIALIZED VIEW odd.kept AS SELECT 1 AS id", "kept", "odd.kept is a materialized view"),
            ("CREATE TYPE odd.shape AS (id int); CREATE TABLE odd.typed OF odd.shape (PRIMARY KEY (id))", "typed", "odd.typed is made of the type odd.shape"),
            ("CREATE TABLE odd.keyless (id int)", "keyless", "odd.keyless has no primary key"),
        ]))
        {
            await shop.RunAsync(make.Length == 0 ? "SELECT" : make);
            var e = await shop.FailsAsync(CutoverFault.CannotCarry, async () => await new TableCutover(shop.Source, new CutoverSet($"{table}_next", "odd", table), Shop.Quick).PrepareAsync(static (_, _, _) => ValueTask.FromResult(true)));
            Assert.True(e.Details.Any(d => d.Contains(named, StringComparison.Ordinal)), $"{table}: {e.Message}");
        }
    }
}
