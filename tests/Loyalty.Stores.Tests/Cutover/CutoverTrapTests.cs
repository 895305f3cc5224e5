using Loyalty.Postgres.Cutover;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Cutover;

/// <summary>What must be carried over, and what must not happen to names, sequences and rights.</summary>
public sealed class CutoverTrapTests(TestServer server)
{
    [Fact]
    public async Task R05_R07_R19_Cutover_rollback_and_cutover_again_leave_the_schema_as_it_was_and_names_the_same()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.ReadyAsync("INSERT INTO member (id, email, country) VALUES (10, 'new@x', 'de')");
        var before = await SchemaDump.OfAsync(shop.Source);
        var names = await NamesAsync(shop);
        var first = await shop.Cutover.CutoverAsync();
        Assert.Equal((1, 2), (first.From, first.To));
        Assert.Equal(names, await NamesAsync(shop));
        Assert.Equal(4L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
        await shop.Cutover.RollbackAsync();
        Assert.Equal(3L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
        SchemaDump.AssertSame(before, await SchemaDump.OfAsync(shop.Source));
        await shop.Cutover.CutoverAsync();
        for (var again = 0; again < 2; again++)
        {
            await shop.ReadyAsync();
            await shop.Cutover.CutoverAsync();
            Assert.Equal(names, await NamesAsync(shop));
        }

        Assert.Equal(4L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
        Assert.Equal([(1L, false), (2L, true), (3L, false), (4L, false), (5L, false)], (await shop.Cutover.GetStatusAsync()).Journal.Select(static j => (j.Number, j.IsRollback)));
    }

    [Fact]
    public async Task R03_Foreign_keys_in_out_and_to_itself_point_at_the_live_tables_checked_under_their_names()
    {
        foreach (var pages in (long[])[512, -1])
        {
            using var shop = await Shop.OpenAsync(server, options: Shop.Quick with { PagesCheckedUnderLock = pages });
            await shop.RunAsync("INSERT INTO shop.ledger VALUES (1, 1, 5)");
            await shop.ReadyAsync("INSERT INTO member (id, email, country, friend) VALUES (10, 'new@x', 'de', 1)");
            await shop.Cutover.CutoverAsync();
            await shop.RunAsync("INSERT INTO shop.ledger VALUES (2, 10, 5)");
            Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, (await Assert.ThrowsAsync<PostgresException>(() => shop.RunAsync("INSERT INTO shop.ledger VALUES (3, 99, 5)"))).SqlState);
            Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, (await Assert.ThrowsAsync<PostgresException>(() => shop.RunAsync("INSERT INTO shop.member (email, country) VALUES ('z@x', 'zz')"))).SqlState);
            Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, (await Assert.ThrowsAsync<PostgresException>(() => shop.RunAsync("INSERT INTO shop.member (email, friend) VALUES ('z@x', 99)"))).SqlState);
            Assert.Equal(
                "ledger_member_fkey true, member_country_fkey true, member_friend_fkey true, purchase_member_fkey true",
                await shop.AskAsync<string>("SELECT string_agg(conname || ' ' || convalidated, ', ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'shop'::regnamespace"));

            // What is not live holds nobody up: the old tables refer to no other table any more.
            await shop.RunAsync("UPDATE shop.member SET country = 'de'; DELETE FROM shop.country WHERE code = 'ph'");
        }
    }

    [Fact]
    public async Task R03_Rows_that_would_refer_to_nothing_refuse_the_cutover_and_are_named()
    {
        foreach (var pages in (long[])[512, -1])
        {
            using var shop = await Shop.OpenAsync(server, options: Shop.Quick with { PagesCheckedUnderLock = pages });
            await shop.RunAsync("INSERT INTO shop.ledger VALUES (1, 3, 5)");
            await shop.StageAsync("DELETE FROM member WHERE id = 3");
            var check = (await shop.Cutover.ValidateAsync()).Single(static r => r.Name == "foreign keys");
            Assert.False(check.Passed);
            Assert.Contains("(3)", Assert.Single(check.Details), StringComparison.Ordinal);
            await shop.FailsAsync(CutoverFault.ChecksFailed, async () => await shop.Cutover.CutoverAsync());
            await shop.Cutover.ValidateAsync(answers: new Dictionary<string, string> { ["foreign keys"] = "the ledger is mended before the cutover" });
            await shop.FailsAsync(CutoverFault.Orphans, async () => await shop.Cutover.CutoverAsync());
            await shop.RunAsync("DELETE FROM shop.ledger");
            await shop.Cutover.CutoverAsync();
        }
    }

    [Fact]
    public async Task R04_Views_materialized_views_and_functions_read_the_new_rows()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.ReadyAsync("INSERT INTO member (id, email, country) VALUES (10, 'new@x', 'de'); INSERT INTO purchase VALUES (9, 10, 100, NULL)");
        async Task<string> SeenAsync() => await shop.AskAsync<string>(
            "SELECT concat_ws(' ', (SELECT count(*) FROM shop.rich), (SELECT count(*) FROM shop.richest), (SELECT count(*) FROM shop.mine), (SELECT members FROM report.total WHERE country = 'de'), "
            + "(SELECT members FROM report.grand), (SELECT sum(members) FROM report.shown), shop.count_members(), shop.count_by_text())");
        await shop.RunAsync("REFRESH MATERIALIZED VIEW report.total; REFRESH MATERIALIZED VIEW report.grand");
        Assert.Equal("2 1 3 1 3 3 3 3", await SeenAsync());
        await shop.Cutover.CutoverAsync();
        Assert.Equal("3 2 4 2 4 4 4 4", await SeenAsync());
        await shop.RunAsync("REFRESH MATERIALIZED VIEW CONCURRENTLY report.total");
        await shop.Cutover.RollbackAsync();
        Assert.Equal("2 1 3 1 3 3 3 3", await SeenAsync());
    }

    [Theory]
    [InlineData("CREATE FUNCTION shop.of_row(m shop.member) RETURNS text LANGUAGE sql AS 'SELECT m.email'", "function of_row")]
    [InlineData("CREATE FUNCTION shop.all_rows() RETURNS SETOF shop.member LANGUAGE sql AS 'SELECT * FROM shop.member'", "function all_rows")]
    [InlineData("CREATE TABLE shop.copy (m shop.member)", "table copy")]
    [InlineData("CREATE VIEW shop.whole AS SELECT m FROM shop.member m", "view whole")]
    [InlineData("CREATE TABLE shop.child () INHERITS (shop.member)", "child inherits")]
    [InlineData("CREATE TABLE shop.other (id bigint DEFAULT nextval('shop.member_id_seq'))", "default value for column id of table other")]
    public async Task What_cannot_be_carried_over_is_refused_by_name_before_anything_is_touched(string sql, string name)
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync();
        await shop.RunAsync(sql);
        var before = await SchemaDump.OfAsync(shop.Source);
        var e = await shop.FailsAsync(CutoverFault.CannotCarry, async () => await shop.Cutover.CutoverAsync());
        Assert.Contains(e.Details, d => d.Contains(name, StringComparison.Ordinal));
        SchemaDump.AssertSame(before, await SchemaDump.OfAsync(shop.Source));
    }

    [Fact]
    public async Task R05_Rights_and_policies_hold_in_the_instant_of_the_swap()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.ReadyAsync("INSERT INTO member (id, email, country) VALUES (10, 'new@x', 'ph')");
        await HoldAsync(2, 1);
        await shop.Cutover.CutoverAsync();
        await HoldAsync(3, 2);
        await shop.Cutover.RollbackAsync();
        await HoldAsync(2, 3);

        async Task HoldAsync(long readable, long audited)
        {
            Assert.Equal(readable, await AsAsync<long>(shop, "shop_reader", "SELECT count(id) FROM shop.member"));
            foreach (var (role, sql) in ((string, string)[])
            [
                ("shop_reader", "SELECT count(points) FROM shop.member"), ("shop_reader", "UPDATE shop.member SET email = email RETURNING id"), ("shop_writer", "TRUNCATE shop.member CASCADE"),
                ("shop_writer", "UPDATE shop.member SET points = 5000 WHERE id = 1 RETURNING id"),
            ])
            {
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => AsAsync<long>(shop, role, sql))).SqlState);
            }

            // Changes nothing, so it is no later write; the application's trigger notes it.
            Assert.Equal(1L, await AsAsync<long>(shop, "shop_writer", "UPDATE shop.member SET points = 1 WHERE id = 1 RETURNING id"));
            Assert.Equal(audited, await shop.AskAsync<long>("SELECT count(*) FROM shop.audit WHERE what = 'UPDATE member'"));
        }
    }

    [Fact]
    public async Task R06_Default_privileges_open_neither_the_staged_nor_the_previous_generation()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.RunAsync(
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO shop_reader; ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO shop_reader");
        await shop.ReadyAsync();
        const string Reach =
            "SELECT count(*) FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname LIKE 'shop\\_next%' AND c.relkind IN ('r', 'S') "
            + "AND (has_schema_privilege('shop_reader', s.oid, 'USAGE') OR CASE c.relkind WHEN 'r' THEN has_table_privilege('shop_reader', c.oid, 'SELECT') OR has_any_column_privilege('shop_reader', c.oid, 'SELECT') "
            + "ELSE has_sequence_privilege('shop_reader', c.oid, 'SELECT') END)";
        Assert.Equal(0L, await shop.AskAsync<long>(Reach));
        await shop.Cutover.CutoverAsync();
        Assert.Equal(0L, await shop.AskAsync<long>(Reach));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => AsAsync<long>(shop, "shop_reader", "SELECT count(*) FROM shop_next_1.member"))).SqlState);
        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, (await Assert.ThrowsAsync<PostgresException>(() => shop.RunAsync("UPDATE shop_next_1.member SET points = 0"))).SqlState);
        await shop.ReadyAsync();
        Assert.Equal(0L, await shop.AskAsync<long>(Reach));
    }

    [Fact]
    public async Task R07_Indexes_exist_and_are_valid_after_each_cutover()
    {
        using var shop = await Shop.OpenAsync(server);
        for (var i = 0; i < 3; i++)
        {
            await shop.ReadyAsync();
            await shop.RunAsync($"CREATE INDEX later_{i} ON shop.member (points)");
            await shop.Cutover.CutoverAsync();
            Assert.Equal(4L + i, await shop.AskAsync<long>("SELECT count(*) FROM pg_index WHERE indrelid = 'shop.member'::regclass AND indisvalid AND indisready"));
        }
    }

    [Fact]
    public async Task R08_Names_of_63_bytes_of_several_bytes_a_character_and_in_mixed_case_work_and_longer_ones_are_refused()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        string[] tables = [new('t', 63), string.Concat(Enumerable.Repeat("ü", 31)) + "x", "Mixed \"Case\"", "select"];
        foreach (var table in tables)
        {
            await shop.RunAsync($"CREATE TABLE shop.{Quote(table)} (id int PRIMARY KEY); INSERT INTO shop.{Quote(table)} VALUES (1)");
        }

        var cutover = new TableCutover(shop.Source, new CutoverSet("Nächste", "shop", tables), Shop.Quick);
        await cutover.PrepareAsync(async (connection, _, ct) =>
        {
            foreach (var table in tables)
            {
                await using var command = new NpgsqlCommand($"INSERT INTO {Quote(table)} VALUES (2), (3)", connection);
                await command.ExecuteNonQueryAsync(ct);
            }

            return true;
        });
        await cutover.ValidateAsync();
        await cutover.CutoverAsync();
        foreach (var table in tables)
        {
            Assert.Equal(2L, await shop.AskAsync<long>($"SELECT count(*) FROM shop.{Quote(table)}"));
        }

        Assert.Equal(CutoverFault.NameTooLong, Assert.Throws<CutoverException>(static () => new CutoverSet("s", "shop", new string('t', 64))).Fault);
        Assert.Equal(CutoverFault.NameTooLong, Assert.Throws<CutoverException>(static () => new CutoverSet("s", "shop", string.Concat(Enumerable.Repeat("ü", 32)))).Fault);
        Assert.Equal(CutoverFault.NameTooLong, Assert.Throws<CutoverException>(static () => new CutoverSet(new string('s', 60), "shop", "t")).Fault);

        static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    [Fact]
    public async Task R09_R17_Sequences_go_on_and_no_number_is_given_out_twice()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync("INSERT INTO member (id, no, email) VALUES (500, 700, 'far@x')");
        await shop.Cutover.CutoverAsync();
        const string Insert = "INSERT INTO shop.member (email) VALUES (gen_random_uuid()::text) RETURNING id || ' ' || no";
        Assert.Equal("501 701", await shop.AskAsync<string>(Insert));
        await shop.Cutover.RollbackAsync(laterWrites: LaterWrites.Discard);
        Assert.Equal("502 702", await shop.AskAsync<string>(Insert));
        await shop.Cutover.CutoverAsync(LaterWrites.Discard);
        Assert.Equal("503 703", await shop.AskAsync<string>(Insert));

        // The previous generation may go without the default or the sequence of the live column going with it.
        await shop.RunAsync("DROP TABLE shop_next_1.purchase, shop_next_1.member");
        Assert.Equal("504 704", await shop.AskAsync<string>(Insert));
        var gone = await shop.FailsAsync(CutoverFault.GenerationGone, async () => await shop.Cutover.RollbackAsync(laterWrites: LaterWrites.Discard));
        Assert.Contains("member", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R21_Only_the_configured_schema_is_touched_whatever_the_search_path_and_the_temporary_tables()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.RunAsync("CREATE TABLE public.member (id int PRIMARY KEY); INSERT INTO public.member VALUES (7); CREATE SCHEMA evil; CREATE TABLE evil.member (id int); CREATE FUNCTION evil.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'");
        await shop.RunAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(shop.ConnectionString).Database} SET search_path = evil, public, shop");
        NpgsqlConnection.ClearPool(shop.Source.CreateConnection());
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shop.ConnectionString) { MaxPoolSize = 1, NoResetOnClose = true }.ConnectionString);
        await using (var hostile = source.CreateCommand("CREATE TEMPORARY TABLE member (id int); CREATE TEMPORARY TABLE purchase (id int)"))
        {
            await hostile.ExecuteNonQueryAsync();
        }

        await shop.ReadyAsync("INSERT INTO member (id, email) VALUES (10, 'new@x')");
        await new TableCutover(source, Shop.Set, Shop.Quick).CutoverAsync();
        Assert.Equal("1 4 0", await shop.AskAsync<string>("SELECT concat_ws(' ', (SELECT pg_catalog.count(*) FROM public.member), (SELECT pg_catalog.count(*) FROM shop.member), (SELECT pg_catalog.count(*) FROM evil.member))"));
    }

    [Fact]
    public async Task R22_The_new_table_is_analyzed_and_its_index_used_at_once()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync("INSERT INTO member (id, email) SELECT g, g || '@y' FROM generate_series(1000, 3000) g");
        await shop.Cutover.CutoverAsync();
        Assert.Equal(2004f, await shop.AskAsync<float>("SELECT reltuples FROM pg_class WHERE oid = 'shop.member'::regclass"));
        Assert.Contains("Index", await shop.AskAsync<string>("EXPLAIN SELECT * FROM shop.member WHERE email = '2000@y'"), StringComparison.Ordinal);
        Assert.True(await shop.AskAsync<int>("SELECT relallvisible FROM pg_class WHERE oid = 'shop.member'::regclass") > 0);
    }

    [Fact]
    public async Task A_first_generation_is_made_by_the_set_itself()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        var set = new CutoverSet("made", "fresh", "a", "b")
        {
            CreateTables = "CREATE TABLE a (id serial PRIMARY KEY, t text); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); CREATE STATISTICS s ON id, t FROM a",
        };
        var cutover = new TableCutover(shop.Source, set, Shop.Quick);
        for (var i = 1; i <= 3; i++)
        {
            await shop.FailsAsync(CutoverFault.NothingStaged, async () => await cutover.CutoverAsync());
            await cutover.PrepareAsync(async (connection, _, ct) =>
            {
                await using var command = new NpgsqlCommand("INSERT INTO a (t) VALUES ('x'); INSERT INTO b SELECT id, id FROM a", connection);
                await command.ExecuteNonQueryAsync(ct);
                return true;
            });
            await shop.FailsAsync(CutoverFault.NotValidated, async () => await cutover.CutoverAsync());
            await cutover.ValidateAsync();
            Assert.Equal(i, (await cutover.CutoverAsync()).To);
            Assert.Equal(i, await shop.AskAsync<int>("SELECT id FROM fresh.a"));
            Assert.Equal("fresh.a_id_seq", await shop.AskAsync<string>("SELECT pg_get_serial_sequence('fresh.a', 'id')"));
        }
    }

    [Fact]
    public async Task Tables_that_Citus_distributes_are_refused_with_the_way_that_works_there()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);

        // What the extension's catalog would say.
        await shop.RunAsync("SET allow_system_table_mods = on; CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass); INSERT INTO pg_catalog.pg_dist_partition VALUES ('shop.purchase')");
        var e = await shop.FailsAsync(CutoverFault.Distributed, async () => await shop.StageAsync());
        Assert.Contains("generation pointer", e.Message, StringComparison.Ordinal);
        Assert.Equal("shop.purchase", Assert.Single(e.Details));
    }

    private static Task<string> NamesAsync(Shop shop) => shop.AskAsync<string>(
        "SELECT string_agg(n, ' ' ORDER BY n) FROM (SELECT relname || relkind::text AS n FROM pg_class WHERE relnamespace IN ('shop'::regnamespace, 'report'::regnamespace) "
        + "UNION ALL SELECT conrelid::regclass || '.' || conname FROM pg_constraint WHERE connamespace = 'shop'::regnamespace UNION ALL SELECT stxname FROM pg_statistic_ext WHERE stxnamespace = 'shop'::regnamespace) x");

    private static async Task<T> AsAsync<T>(Shop shop, string role, string sql)
    {
        await using var connection = await shop.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var set = new NpgsqlCommand($"SET LOCAL ROLE {role}", connection))
        {
            await set.ExecuteNonQueryAsync();
        }

        await using var command = new NpgsqlCommand(sql, connection);
        var value = (T)(await command.ExecuteScalarAsync())!;
        await transaction.CommitAsync();
        return value;
    }
}
