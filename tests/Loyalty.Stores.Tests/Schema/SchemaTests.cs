using System.Reflection;
using System.Text.RegularExpressions;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Migrations;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>Migrations, the rules of the catalog, the rules of the statements, and the distribute step.</summary>
public sealed partial class SchemaTests(TestServer server)
{
    // Released migrations are never edited: a change is a new file. A line here is added with the file and never changed.
    private static readonly Dictionary<string, string> Released = new(StringComparer.Ordinal)
    {
        ["0001_tenants"] = "f503737ceff487e9b7eafd133270eb4737aaadce880016b097b5eb01e1e2d2ee",
        ["0002_members"] = "3417a9063915ceee3a3a99e8d3a559f19eb6fa6eaba75456b301353934ad127b",
        ["0003_runs"] = "29b454dcbdb32a52f7462bd9fe0ca1a33f24a0cb3a68c3c762151074861e9529",
        ["0004_scores"] = "c540e82378d0762ffbd5659416ecdf63ff1550cd01aeac62ac7f3ad9f4164d15",
        ["0005_points"] = "f3156cac03459a5ca0b0b89ff3ba298e53b3e08df5963bc58a287cde037d2593",
        ["0006_points_holds"] = "1504941d2f99e01400634ae98c8dc822ef8fc0680b7e7567b3204c1fd84b5779",
        ["0007_orders_told_by_entries"] = "727a67a308bf98306a9b498bb3383d5f676af32d46159490e38d0e356577ca69",
        ["0008_unpaid_orders"] = "9cb13802bf13cfab07b3b8278d6dddb1983a24a48ecf23d23fb791da13dc8551",
        ["0009_first_orders"] = "60d18b06aca5085e05ef0a9625985b908e00931fa86799846e3052980855ef78",
        ["0010_creators"] = "d7f8e7b9fead1d4fa3d4c187bf9a37a088ebbf9c85d9649c2c7c2c94ee55ec20",
        ["0011_queue"] = "1214abc7cc447559cda7a98c351f34bd6b31d2646d34020e1389d018408a95f2",
        ["0012_refunds_of_orders"] = "85c67135fb4d6634f8e803457b12cfc1c8406fbfd4f415d724ba974081577c44",
        ["0013_refunds_that_ask"] = "8752a0e97df6441a52bb8e66474bcf2ec04330aea3b00261cb5bf05384e68bb2",
        ["0014_credits_of_orders"] = "b46e65f336c055725d005c11b08b6cb975f249aadbac41b9c83886e2c7cb9668",
        ["0015_same_imports"] = "aa4be0db4f0721efddbe62c0bab824ef3a63a204beae5b249e78e311cb798bf0",
        ["0016_claims_told_by_redemptions"] = "9d814437107b3219483fb852ea5dcafeedf2a2b9be675dd88d99553436722f9a",
        ["0017_queue_blocks"] = "e89e82ed3eda3b425c8cdff46282f62c332ab6f785280b64f7eaf11cf78597ec",
    };

    [Fact]
    public void Released_migrations_are_never_edited()
    {
        foreach (var (name, checksum) in Released)
        {
            Assert.Equal(checksum, Assert.Single(Migration.All, m => m.ToString() == name).Checksum);
        }
    }

    [Fact]
    public async Task Migrations_apply_once_in_order_also_from_two_hosts_at_once()
    {
        using var database = server.CreateEmptyDatabase();
        Assert.All(await new Migrator(database.Owner).GetStatusAsync(), static s => Assert.Equal(MigrationState.Pending, s.State));
        Assert.Equal(Migration.All.Count, (await new Migrator(database.Owner).MigrateAsync(dryRun: true)).Count);
        Assert.All(await new Migrator(database.Owner).GetStatusAsync(), static s => Assert.Equal(MigrationState.Pending, s.State));
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new Migrator(database.Owner).MigrateAsync().AsTask()));
        Assert.Equal(Migration.All.Count, applied.Sum(static a => a.Count));
        Assert.All(await new Migrator(database.Owner).GetStatusAsync(), static s => Assert.Equal(MigrationState.Applied, s.State));
        Assert.Empty(await new Migrator(database.Owner).ValidateAsync());
    }

    [Fact]
    public async Task A_changed_or_newer_migration_is_refused_and_named()
    {
        using var database = server.CreateDatabase();
        var edited = new Migrator(
            database.Owner, PostgresStoreOptions.Default, [.. Migration.All.Select(static m => new Migration(m.Version, m.Name, m.Sql + (m.Version == 2 ? "-- edited" : "")))]);
        Assert.Equal(StoreFault.Damaged, (await Assert.ThrowsAsync<StoreException>(async () => await edited.MigrateAsync())).Fault);
        Assert.Contains(await edited.ValidateAsync(), static f => f.Contains("0002_members", StringComparison.Ordinal));
        var older = new Migrator(database.Owner, PostgresStoreOptions.Default, [.. Migration.All.Take(2)]);
        Assert.Equal(StoreFault.Newer, (await Assert.ThrowsAsync<StoreException>(async () => await older.MigrateAsync())).Fault);
        var failing = new Migrator(
            database.Owner, PostgresStoreOptions.Default, [.. Migration.All, new Migration(9_998, "good", "CREATE TABLE loyalty.x (a int)"), new Migration(9_999, "bad", "SELECT 1/0")]);
        await Assert.ThrowsAsync<StoreException>(async () => await failing.MigrateAsync());
        Assert.Empty(await new Migrator(database.Owner).ValidateAsync()); // nothing of the failed batch stayed
    }

    [Fact]
    public async Task T04_T06_The_catalog_keeps_every_rule_and_each_rule_is_able_to_fail()
    {
        using var database = server.CreateDatabase();
        Assert.Empty(await SchemaRules.RunAsync(database.Owner, TestContext.Current.CancellationToken));
        string[] breaches =
        [
            "CREATE TABLE loyalty.x (id bigint PRIMARY KEY)",
            "ALTER TABLE loyalty.member NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE loyalty.member DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tenant_only ON loyalty.run",
            "CREATE POLICY more ON loyalty.run USING (true)",
            "ALTER POLICY tenant_only ON loyalty.run WITH CHECK (true)",
            "CREATE INDEX x ON loyalty.activity (key)",
            "CREATE UNIQUE INDEX x ON loyalty.activity (key, tenant_id)",
            "ALTER TABLE loyalty.member DROP CONSTRAINT member_pkey CASCADE",
            "ALTER TABLE loyalty.adjustment DROP CONSTRAINT adjustment_belongs_to_member; ALTER TABLE loyalty.adjustment ADD FOREIGN KEY (tenant_id, handle) REFERENCES loyalty.member ON DELETE SET NULL",
            "CREATE FUNCTION loyalty.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON loyalty.run FOR EACH ROW EXECUTE FUNCTION loyalty.f()",
            "CREATE RULE r AS ON DELETE TO loyalty.run DO INSTEAD NOTHING",
            "CREATE VIEW loyalty.v AS SELECT * FROM loyalty.member",
            "CREATE MATERIALIZED VIEW loyalty.v AS SELECT * FROM loyalty.member",
            "CREATE FUNCTION loyalty.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM loyalty.member'",
            "ALTER TABLE loyalty.run ALTER completed_at SET DEFAULT now()",
            "COMMENT ON TABLE loyalty.run IS NULL",
            "GRANT SELECT ON loyalty.member TO PUBLIC",
            "ALTER TABLE loyalty.run OWNER TO loyalty_app",
        ];
        foreach (var breach in breaches)
        {
            using var broken = server.CreateDatabase();
            TestServer.Execute(broken.OwnerConnectionString, breach);
            Assert.True((await SchemaRules.RunAsync(broken.Owner, TestContext.Current.CancellationToken)).Count > 0, breach);
        }
    }

    [Fact]
    public void Every_statement_names_the_tenant_and_is_one_that_a_distributed_database_can_run()
    {
        var statements = typeof(PostgresMemberStore).Assembly.GetTypes()
            .SelectMany(static t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(static f => f.IsLiteral && f.FieldType == typeof(string))
            .Select(static f => (Name: $"{f.DeclaringType!.Name}.{f.Name}", Sql: (string)f.GetRawConstantValue()!))
            .Where(static s => Verb().IsMatch(s.Sql) && s.Sql.Contains("loyalty.", StringComparison.Ordinal) && !s.Sql.Contains("schema_migration", StringComparison.Ordinal)
                && !s.Sql.Contains("pg_catalog", StringComparison.Ordinal))
            .ToList();
        Assert.True(statements.Count >= 25, $"only {statements.Count} statements were found");
        foreach (var (name, sql) in statements)
        {
            if (!sql.StartsWith("COPY pg_temp.", StringComparison.Ordinal) && StoredTable().IsMatch(sql))
            {
                Assert.True(sql.Contains("tenant_id = $1", StringComparison.Ordinal) || sql.Contains("SELECT $1", StringComparison.Ordinal) || sql.Contains("VALUES ($1", StringComparison.Ordinal), $"{name} does not name the tenant: {sql}");
            }

            foreach (var banned in (string[])["MERGE ", "now()", "random()", "clock_timestamp", "gen_random_uuid", "set_config", "CURRENT OF", "nextval", "NOT EXISTS", "pg_advisory"])
            {
                // Leases run by the clock of the server, which hosts share; no column goes into it, so that a cluster works it out once.
                // Rows that are not there may be asked for within a tenant's shard, not beside a temporary table.
                var leases = name.StartsWith("QueueSql.", StringComparison.Ordinal) || name.StartsWith("PostgresJobStore.", StringComparison.Ordinal);
                if (!leases || banned is not ("now()" or "NOT EXISTS"))
                {
                    Assert.DoesNotContain(banned, sql, StringComparison.OrdinalIgnoreCase);
                }
            }

            Assert.DoesNotMatch(@"(?i)^COPY loyalty\.", sql);
            Assert.DoesNotMatch(@"(?i)SELECT \*", sql);
        }
    }

    [Fact]
    public void Migrations_use_nothing_that_a_distributed_database_lacks()
    {
        foreach (var migration in Migration.All)
        {
            foreach (var banned in (string[])["TRIGGER", "CREATE RULE", "MATERIALIZED", "SERIAL", "IDENTITY", "RENAME CONSTRAINT", "SET NULL", "SET DEFAULT", "set_config", "SECURITY DEFINER"])
            {
                Assert.DoesNotMatch($@"(?im)^[^-\n]*\b{banned}\b", Comments().Replace(migration.Sql, string.Empty));
            }
        }
    }

    [Fact]
    public async Task The_distribute_step_names_every_table_of_tenants_parents_before_children()
    {
        using var database = server.CreateDatabase();
        var tables = await ListAsync(database.Owner, "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'loyalty' AND relkind IN ('r', 'p') AND relname <> 'schema_migration' ORDER BY 1");
        var plan = Distributor.Plan.Select(static p => p.Table).ToList();
        Assert.Equal(tables, plan.Order(StringComparer.Ordinal));
        foreach (var link in await ListAsync(database.Owner, "SELECT conrelid::regclass || ' ' || confrelid::regclass FROM pg_constraint WHERE contype = 'f' AND connamespace = 'loyalty'::regnamespace"))
        {
            var parts = link.Split(' ', '.');
            Assert.True(plan.IndexOf(parts[3]) < plan.IndexOf(parts[1]), $"{parts[1]} refers to {parts[3]}, which is spread later");
        }

        var roots = await ListAsync(database.Owner, "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'loyalty' AND relkind IN ('r', 'p') AND relname <> 'schema_migration' AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f') ORDER BY 1");
        Assert.Equal(roots, Distributor.Roots.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_distribute_step_calls_for_each_table_in_order_and_once()
    {
        using var database = server.CreateDatabase();
        var e = await Assert.ThrowsAsync<StoreException>(async () => await new Distributor(database.Owner).DistributeAsync());
        Assert.Contains("citus", e.Message, StringComparison.Ordinal);

        // No cluster is at hand: functions of the same names note how they are called.
        TestServer.Execute(
            database.OwnerConnectionString,
            """
            INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) VALUES (99999, 'citus', 10, 2200, false, '13');
            CREATE TABLE public.calls (n serial, what text);
            CREATE TABLE public.spread (logicalrelid regclass);
            CREATE FUNCTION public.create_distributed_table(t regclass, c text, colocate_with text) RETURNS void LANGUAGE sql
                AS $$ INSERT INTO public.calls (what) VALUES (t || ' by ' || c || ' with ' || colocate_with); INSERT INTO public.spread VALUES (t) $$;
            CREATE FUNCTION public.truncate_local_data_after_distributing_table(t regclass) RETURNS void LANGUAGE sql
                AS $$ INSERT INTO public.calls (what) VALUES ('free ' || t) $$;
            """);
        await using var source = NpgsqlDataSource.Create(database.OwnerConnectionString);
        var distributor = new Distributor(source, "public.spread");
        Assert.Equal(Distributor.Plan.Select(static p => p.Table), await distributor.DistributeAsync());
        var calls = await ListAsync(source, "SELECT what FROM public.calls ORDER BY n");
        Assert.Equal("loyalty.tenant by tenant_id with none", calls[0]);
        Assert.All(calls.Skip(1).Take(Distributor.Plan.Count - 1), static c => Assert.EndsWith(" by tenant_id with loyalty.tenant", c, StringComparison.Ordinal));
        Assert.Equal(Distributor.Roots.Select(static r => $"free loyalty.{r}"), calls.Skip(Distributor.Plan.Count));
        Assert.Empty(await distributor.DistributeAsync());
    }

    private static async Task<List<string>> ListAsync(NpgsqlDataSource source, string sql)
    {
        var list = new List<string>();
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            list.Add(reader.GetString(0));
        }

        return list;
    }

    [GeneratedRegex(@"^(SELECT|INSERT|UPDATE|DELETE|COPY|DECLARE)\b")]
    private static partial Regex Verb();

    [GeneratedRegex(@"\bloyalty\.(tenant|program|member|activity|adjustment|decision|mission_instance|run|run_input|points_\w+|scoring|customer|customer_email|customer_order|score|score_run)\b")]
    private static partial Regex StoredTable();

    [GeneratedRegex(@"--[^\n]*|'[^']*'")]
    private static partial Regex Comments();
}
