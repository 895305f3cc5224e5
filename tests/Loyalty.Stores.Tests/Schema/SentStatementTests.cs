using System.Text.RegularExpressions;
using Loyalty.Postgres;
using Loyalty.Stores.Tests.Contract;
using Loyalty.Stores.Tests.Server;

namespace Loyalty.Stores.Tests.Schema;

/// <summary>
/// Everything that the store really sends, as the server logs it, against the rules of a database that is distributed by tenant: also what is put
/// together while running, which no list of constants shows.
/// </summary>
public sealed partial class SentStatementTests
{
    private static readonly string[] Banned =
    [
        "MERGE ", "TRUNCATE", "RETURNING", "now()", "random()", "clock_timestamp", "statement_timestamp", "gen_random_uuid", "nextval", "set_config", "CURRENT OF",
        "NOT EXISTS", "pg_advisory", "CREATE FUNCTION", "CREATE TRIGGER", "SERIALIZABLE", "PREPARE TRANSACTION", "SET SESSION", "DISCARD", "GROUPING SETS", "ROLLUP", "RECURSIVE",
    ];

    [Fact]
    public async Task Every_statement_sent_is_one_that_a_database_distributed_by_tenant_can_run()
    {
        // The user and the backend stand in front of each statement.
        using var server = new TestServer(fsync: true, "log_statement=all", "log_line_prefix=%u|%p|", "log_min_error_statement=panic", "log_duration=off");
        using (var database = server.CreateDatabase())
        {
            foreach (var (tenant, limits) in new[] { ("standard", StoreLimits.Standard), ("small", StoreLimits.Small) })
            {
                await UseAllAsync(new PostgresStore(database.App, tenant, new PostgresStoreOptions { Limits = limits, Gate = new RunGate { LeastRuns = 100 } }), tenant);
            }
        }

        var log = await File.ReadAllLinesAsync(Path.Combine(server.Directory, "server.log"), TestContext.Current.CancellationToken);
        var inTransaction = new Dictionary<string, bool>(StringComparer.Ordinal);
        var distinct = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (backend, sql) in log.Select(Statement).Where(static s => s.Sql.Length > 0))
        {
            var faults = Faults(sql, inTransaction.GetValueOrDefault(backend)).ToList();
            Assert.True(faults.Count == 0, $"{string.Join("; ", faults)}: {sql}");
            if (sql.StartsWith("BEGIN", StringComparison.Ordinal))
            {
                inTransaction[backend] = true;
            }
            else if (sql is "COMMIT" or "ROLLBACK")
            {
                inTransaction[backend] = false;
            }

            distinct.Add(sql);
        }

        Assert.True(distinct.Count(static s => s.Contains("loyalty.", StringComparison.Ordinal)) >= 30, $"only {distinct.Count} different statements were sent");
    }

    [Theory]
    [InlineData("SELECT handle FROM loyalty.member WHERE handle = $1")]
    [InlineData("SELECT m.handle FROM loyalty.member m JOIN loyalty.tenant t ON t.tenant_id = m.tenant_id WHERE m.tenant_id = $1")]
    [InlineData("UPDATE loyalty.member SET level = 'x'")]
    [InlineData("UPDATE loyalty.member SET level = now()::text WHERE tenant_id = $1")]
    [InlineData("INSERT INTO loyalty.run (tenant_id) SELECT tenant_id FROM pg_temp.x")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (run_id) DO NOTHING")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (tenant_id, run_id) DO UPDATE SET as_of = $2")]
    [InlineData("MERGE INTO loyalty.run USING pg_temp.x ON true WHEN MATCHED THEN DELETE")]
    [InlineData("COPY loyalty.activity FROM STDIN (FORMAT binary)")]
    [InlineData("CREATE TEMPORARY TABLE x (a int)")]
    [InlineData("SET app.tenant_id = '5'")]
    [InlineData("SET lock_timeout = '5s'")]
    public void Each_rule_is_able_to_fail(string sql) => Assert.NotEmpty(Faults(sql, inTransaction: true));

    [Fact]
    public void A_statement_outside_a_transaction_is_a_fault() =>
        Assert.NotEmpty(Faults("SELECT handle FROM loyalty.member WHERE tenant_id = $1", inTransaction: false));

    private static async Task UseAllAsync(PostgresStore store, string tenant)
    {
        Video[] videos = [.. Enumerable.Range(0, 90).Select(static i => new Video($"c{i % 9}", $"{i % 80}", i % 30, 100 * (i % 20)))];
        Correction[] corrections = [new("a", "c1", 5, 700), new("b", "nobody", 5, 1), new("a", "c2", 5, 600)];
        await RunAsync(new StoreRun(40, videos, corrections, Cut: 20));
        await RunAsync(new StoreRun(41, videos, corrections, Cut: 20));
        await RunAsync(new StoreRun(80, [.. videos.Select(static v => v with { Sales = v.Sales + 1 })], [new("a", "c1", 6, 1)], Variant: 3, Cut: 20));
        await RunAsync(new StoreRun(120, [new("c1", "7", 50, 9)], [], Variant: 5));
        await RunAsync(new StoreRun(121, [], []));
        Assert.NotNull(await store.GetStatusAsync());
        Assert.NotNull(await store.FindProgressAsync("c1"));
        Assert.NotNull(await store.FindMemberAsync("c1"));
        Assert.NotNull(await store.FindMemberAsync("c1", Given.Date(60)));
        Assert.NotEmpty(await store.ReadMembersAsync().ToListAsync());
        Assert.NotEmpty(await store.ReadMissionsAsync().ToListAsync());
        Assert.True((await store.VerifyAsync()).IsRight);

        async Task RunAsync(StoreRun run) => Assert.DoesNotContain("Exception", await run.OnAsync(store, tenant), StringComparison.Ordinal);
    }

    private static (string Backend, string Sql) Statement(string line)
    {
        var parts = line.Split('|', 3);
        if (parts.Length < 3 || parts[0] != TestServer.AppRole || Logged().Match(parts[2]) is not { Success: true } match)
        {
            return (string.Empty, string.Empty);
        }

        // What the driver asks of the catalog when it connects, and its reset between users of a connection, are no statements of the store's.
        var sql = parts[2][match.Length..].Trim();
        var isDriver = sql is "DISCARD ALL" || sql.Contains("pg_type", StringComparison.Ordinal) || sql.StartsWith("SELECT version()", StringComparison.Ordinal);
        return (parts[1], isDriver ? string.Empty : sql);
    }

    private static IEnumerable<string> Faults(string sql, bool inTransaction)
    {
        foreach (var banned in Banned)
        {
            if (sql.Contains(banned, StringComparison.OrdinalIgnoreCase))
            {
                yield return $"it holds {banned.Trim()}";
            }
        }

        if (sql.StartsWith("SET ", StringComparison.Ordinal) && sql.Split(';').Any(static s => !s.TrimStart().StartsWith("SET LOCAL ", StringComparison.Ordinal) && !s.Contains("TRANSACTION", StringComparison.Ordinal)))
        {
            yield return "a setting outlives its transaction";
        }

        if (sql.StartsWith("CREATE ", StringComparison.Ordinal) && sql.Split(';').Any(static s => !Temporary().IsMatch(s.Trim())))
        {
            yield return "it creates what does not end with the transaction";
        }

        if (CopyIn().IsMatch(sql))
        {
            yield return "COPY goes into a table of tenants";
        }

        var read = Read().Count(sql);
        if (read == 0 && !Into().IsMatch(sql))
        {
            yield break;
        }

        if (!inTransaction)
        {
            yield return "it is not in an explicit transaction";
        }

        if (Named().Count(sql) < read)
        {
            yield return "a table of tenants is read without its tenant by equality";
        }

        if (Into().IsMatch(sql) && !Given1().IsMatch(sql))
        {
            yield return "rows are inserted for a tenant that is not $1";
        }

        if (sql.Contains("ON CONFLICT", StringComparison.Ordinal) && !Conflict().IsMatch(sql))
        {
            yield return "the conflict is not on a key of the tenant, or the update takes values that are not those of the row";
        }
    }

    [GeneratedRegex("^LOG:  (statement|execute [^:]*): ")]
    private static partial Regex Logged();

    [GeneratedRegex("^CREATE TEMPORARY TABLE .* ON COMMIT DROP$")]
    private static partial Regex Temporary();

    [GeneratedRegex(@"^COPY loyalty\.")]
    private static partial Regex CopyIn();

    [GeneratedRegex(@"\b(FROM|JOIN|UPDATE|USING|,) loyalty\.(?!schema_migration)\w+")]
    private static partial Regex Read();

    [GeneratedRegex(@"\bINSERT INTO loyalty\.(?!schema_migration)")]
    private static partial Regex Into();

    [GeneratedRegex(@"\btenant_id = (\$1|[0-9]+)\b")]
    private static partial Regex Named();

    [GeneratedRegex(@"^INSERT INTO loyalty\.\w+ \(tenant_id, [^)]*\) (SELECT \$1, |VALUES \(\$1, )")]
    private static partial Regex Given1();

    [GeneratedRegex(@"ON CONFLICT \(tenant_id\b[^)]*\) (DO NOTHING|DO UPDATE SET (\w+ = excluded\.\w+(, )?)+)$")]
    private static partial Regex Conflict();
}
