using System.Text.Json;
using Loyalty.Host;
using Loyalty.Host.Points;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary><c>loyalty db</c> on plain PostgreSQL, and what every command says when the database is not as it should be.</summary>
public sealed class DatabaseCommandTests(TestServer server)
{
    [Fact]
    public void Migrate_applies_once_and_a_dry_run_applies_nothing()
    {
        using var desk = new DatabaseDesk(server, migrated: false);
        var pending = desk.Db("status").With(0).Out.TrimEnd().Split('\n');
        Assert.Equal("0001_tenants pending", pending[0]);
        Assert.All(pending, static line => Assert.EndsWith(" pending", line, StringComparison.Ordinal));

        var faults = desk.Db("validate").With(1);
        Assert.Empty(faults.Out);
        Assert.Equal(pending.Length, faults.Error.TrimEnd().Split('\n').Length);
        Assert.StartsWith("loyalty: Migration 0001_tenants is not applied; run `loyalty db migrate` or Migrator.MigrateAsync.\n", faults.Error, StringComparison.Ordinal);

        var dry = desk.Db("migrate", "--dry-run").With(0).Out.TrimEnd().Split('\n');
        Assert.Equal([.. pending.Select(static line => $"would apply {line.Split(' ')[0]}"), "nothing was changed"], dry);
        Assert.Equal(pending, desk.Db("status").With(0).Out.TrimEnd().Split('\n'));
        Assert.Equal(["0"], desk.Read("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'loyalty'"));

        var applied = desk.Db("migrate").With(0).Out.TrimEnd().Split('\n');
        Assert.Equal([.. pending.Select(static line => $"applied {line.Split(' ')[0]}"), "the schema is up to date now"], applied);
        Assert.Equal("the schema is up to date\n", desk.Db("migrate").With(0).Out);
        Assert.Equal("the schema is valid\n", desk.Db("validate").With(0).Out);
        Assert.Equal("the schema is valid\n", desk.Db("validate", "--role", TestServer.AppRole).With(0).Out);
        Assert.Equal("loyalty: Role nobody_at_all does not exist.\n", desk.Db("validate", "--role", "nobody_at_all").With(1).Error);
        Assert.All(
            desk.Db("status").With(0).Out.TrimEnd().Split('\n'),
            static line => Assert.Matches("^[0-9]{4}_[a-z_]+ applied [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", line));
        desk.Sync("2025-03-31").With(0);
    }

    [Fact]
    public void Json_has_the_same_as_data()
    {
        using var desk = new DatabaseDesk(server, migrated: false);
        Assert.True(Flag("status", "pending"));
        Assert.False(Flag("validate", "valid", code: 1));
        using (var dry = JsonDocument.Parse(desk.Db("migrate", "--json", "--dry-run").With(0).Out))
        {
            Assert.True(dry.RootElement.GetProperty("dryRun").GetBoolean());
            Assert.Equal("0001_tenants", dry.RootElement.GetProperty("applied")[0].GetString());
        }

        Assert.False(Flag("migrate", "dryRun"));
        Assert.False(Flag("status", "pending"));
        Assert.True(Flag("validate", "valid"));

        bool Flag(string verb, string name, int code = 0)
        {
            using var json = JsonDocument.Parse(desk.Db(verb, "--json").With(code).Out);
            return json.RootElement.GetProperty(name).GetBoolean();
        }
    }

    [Fact]
    public void Validate_names_what_lets_tenants_see_each_other()
    {
        using var desk = new DatabaseDesk(server);
        TestServer.Execute(desk.Owner, "ALTER TABLE loyalty.member NO FORCE ROW LEVEL SECURITY; CREATE VIEW loyalty.everybody AS SELECT * FROM loyalty.member");
        var faults = desk.Db("validate").With(1).Error.TrimEnd().Split('\n');
        Assert.Equal(
            [
                "loyalty: Changed: relation member is: table, permanent, row level security enabled; the migrations made it as: table, permanent, row level security enabled, row level security forced.",
                "loyalty: Not made by the migrations: relation everybody, which is: view, permanent, " + faults[^1][(faults[^1].IndexOf("SELECT", StringComparison.Ordinal))..],
            ],
            faults);
    }

    [Fact]
    public void Distribute_says_on_plain_PostgreSQL_that_there_is_no_cluster_and_changes_nothing()
    {
        using var desk = new DatabaseDesk(server);
        desk.Sync("2025-03-31").With(0);
        var before = desk.Rows();
        desk.Db("distribute").FailedWith("no extension `citus`", "plain PostgreSQL, which needs no distributing");
        Assert.Equal(before, desk.Rows());
        Assert.Equal("the schema is valid\n", desk.Db("validate").With(0).Out);
    }

    [Theory]
    [InlineData("nonsense", "the connection string cannot be read", "Host=localhost")]
    [InlineData("Hoost=here;Database=x", "the connection string cannot be read", "Host=localhost")]
    [InlineData("Host=127.0.0.1;Port=1;Database=x;Username=y;Timeout=2", "could not be made", "nothing was changed")]
    public void A_wrong_connection_string_and_no_server_end_with_1_and_one_clear_line(string connection, params string[] words)
    {
        using var desk = new DatabaseDesk(server);
        EveryCommand(desk.Desk, connection, words);
    }

    [Fact]
    public void A_database_or_a_role_that_is_not_there_and_one_that_may_do_nothing_are_named()
    {
        using var desk = new DatabaseDesk(server);
        EveryCommand(desk.Desk, $"{desk.Owner};Database=not_there", ["3D000", "not_there"]);
        EveryCommand(desk.Desk, $"{desk.Owner};Username=not_there", ["not_there"]);

        var stranger = $"loyalty_stranger_{Environment.ProcessId}";
        TestServer.Execute(desk.Owner, $"CREATE ROLE {stranger} LOGIN PASSWORD 'x'");
        try
        {
            Ended[] ended = [.. Commands(desk.Desk, $"{desk.Owner};Username={stranger};Password=x").Take(4)];
            Assert.All(ended, static e => e.FailedWith("42501", "loyalty_app"));
        }
        finally
        {
            TestServer.Execute(desk.Owner, $"DROP ROLE {stranger}");
        }
    }

    [Fact]
    public void A_schema_that_is_missing_or_lacks_a_migration_says_what_to_run()
    {
        using var desk = new DatabaseDesk(server, migrated: false);
        foreach (var ended in Commands(desk.Desk, desk.Owner).Take(4))
        {
            ended.FailedWith("run `loyalty db migrate`");
        }

        desk.Db("migrate").With(0);
        desk.Sync("2025-03-31").With(0);
        var last = desk.Read("SELECT to_char(max(version), 'FM0000') FROM loyalty.schema_migration")[0];
        TestServer.Execute(desk.Owner, "DELETE FROM loyalty.schema_migration WHERE version = (SELECT max(version) FROM loyalty.schema_migration)");
        var before = desk.Rows();
        desk.Sync("2025-04-01").FailedWith($"lacks migration {last}", "run `loyalty db migrate`");
        Assert.Equal(before, desk.Rows());
    }

    [Fact]
    public void A_newer_schema_is_refused_and_left_alone()
    {
        using var desk = new DatabaseDesk(server);
        desk.Sync("2025-03-31").With(0);
        TestServer.Execute(desk.Owner, "INSERT INTO loyalty.schema_migration VALUES (9001, 'from_the_future', 'x', '2026-01-01')");
        var rows = desk.Rows();
        var files = desk.Desk.Snapshot();
        desk.Sync("2025-04-01").FailedWith("9001_from_the_future", "update the library");
        desk.Db("migrate").FailedWith("9001_from_the_future", "update the library");
        Assert.Contains("9001_from_the_future unknown", desk.Db("status").With(0).Out, StringComparison.Ordinal);
        Assert.Contains("9001_from_the_future is not known", desk.Db("validate").With(1).Error, StringComparison.Ordinal);
        Assert.Equal(rows, desk.Rows());
        Assert.Equal(files, desk.Desk.Snapshot());
    }

    [Fact]
    public void Explain_needs_the_tenant_where_the_role_sees_one_only_when_it_is_named()
    {
        using var desk = new DatabaseDesk(server);
        desk.Sync("2025-03-31").With(0);
        var told = desk.Desk.Run("explain", "ann", "--postgres", desk.App, "--program", "program.json").With(0).Out;
        Assert.Equal(told, desk.Desk.Run("explain", "ann", "--postgres", desk.App, "--tenant", "acme").With(0).Out);
        desk.Desk.Run("explain", "ann", "--postgres", desk.App).FailedWith("sees no tenant", "--tenant NAME or --program FILE");
        desk.Desk.Run("explain", "ann", "--postgres", desk.App, "--tenant", "other").FailedWith("empty for tenant 'other'");
        desk.Desk.Run("explain", "ann", "--postgres", desk.App, "--tenant", "other", "--program", "program.json").FailedWith("'other'", "'acme'");

        // A superuser sees all tenants: with one, it is the one that is meant.
        Assert.Equal(told, desk.Desk.Run("explain", "ann", "--postgres", desk.Owner).With(0).Out);
        desk.Desk.Write("program.json", Desk.Program.Replace("acme", "second", StringComparison.Ordinal));
        desk.Sync("2025-03-31").With(0);
        desk.Desk.Run("explain", "ann", "--postgres", desk.Owner).FailedWith("2 tenants", "--tenant NAME or --program FILE");
        Assert.Equal(told, desk.Desk.Run("explain", "ann", "--postgres", desk.Owner, "--tenant", "acme").With(0).Out);

        // A state file has one tenant; naming it is allowed, naming another is a mistake.
        desk.Desk.SyncState("2025-03-31").With(0);
        desk.Desk.Run("explain", "ann", "--state", "acme.loyalty", "--tenant", "second").With(0);
        desk.Desk.Run("explain", "ann", "--state", "acme.loyalty", "--tenant", "acme").FailedWith("'second'", "'acme'");
    }

    [Fact]
    public void The_ledger_of_runs_names_the_files_with_their_hashes()
    {
        using var desk = new DatabaseDesk(server);
        desk.Sync("2025-03-31", "--adjustments", "adjustments.csv").With(0);
        Assert.Equal(
            [
                $"1 adjustments.csv 2 {Hash("adjustments.csv")} 4",
                $"2 videos.csv 5 {Hash("videos.csv")} 4",
            ],
            desk.Read(
                "SELECT number || ' ' || name || ' ' || records || ' ' || encode(sha256, 'hex') || ' ' || rows_inserted FROM loyalty.run_input "
                + "JOIN loyalty.run USING (tenant_id, run_id) ORDER BY number"));

        string Hash(string name) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(desk.Desk[name])));
    }

    private static void EveryCommand(Desk desk, string connection, string[] words)
    {
        var before = desk.Snapshot();
        Assert.All(Commands(desk, connection), ended => ended.FailedWith(words));
        Assert.Equal(before, desk.Snapshot());
        Assert.False(Directory.Exists(desk["out"]));
    }

    private static IEnumerable<Ended> Commands(Desk desk, string connection)
    {
        yield return desk.Sync("--as-of", "2025-03-31", "--postgres", connection);
        yield return desk.Run("verify", "--program", "program.json", "--postgres", connection);
        yield return desk.Run("explain", "ann", "--postgres", connection);
        yield return desk.Run("explain", "ann", "--program", "program.json", "--postgres", connection);
        foreach (var verb in (string[])["migrate", "validate", "status", "distribute"])
        {
            yield return desk.Run("db", verb, "--postgres", connection);
        }
    }
}
