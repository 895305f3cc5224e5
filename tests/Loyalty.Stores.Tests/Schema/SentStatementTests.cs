using System.Text.RegularExpressions;
using Loyalty.Postgres.Sessions;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>
/// Everything that the stores really send, those of tiers, scores, points, creators, the queue and jobs, as the server logs it, against the rules of a database that is
/// distributed by tenant: also what is put together while running, which no list of constants shows.
/// </summary>
public sealed partial class SentStatementTests
{
    private static readonly string[] Banned =
    [
        "MERGE ", "TRUNCATE", "random()", "clock_timestamp", "statement_timestamp", "gen_random_uuid", "nextval", "set_config", "CURRENT OF",
        "pg_advisory", "CREATE FUNCTION", "CREATE TRIGGER", "SERIALIZABLE", "PREPARE TRANSACTION", "SET SESSION", "DISCARD ALL", "DISCARD TEMP", "DISCARD SEQ", "GROUPING SETS", "ROLLUP", "RECURSIVE",
        "enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_indexscan",
    ];

    [Fact]
    public async Task Every_statement_sent_is_one_that_a_database_distributed_by_tenant_can_run()
    {
        // The user and the backend stand in front of each statement.
        using var server = new TestServer(fsync: true, "log_statement=all", "log_line_prefix=%u|%p|", "log_min_error_statement=panic", "log_duration=off");
        var tables = new List<string>();
        using (var database = server.CreateDatabase())
        {
            await using (var command = database.Owner.CreateCommand("SELECT tablename FROM pg_tables WHERE schemaname = 'loyalty' AND tablename <> 'schema_migration'"))
            {
                await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
                while (await reader.ReadAsync(TestContext.Current.CancellationToken))
                {
                    tables.Add(reader.GetString(0));
                }
            }

            foreach (var (tenant, limits) in new[] { ("standard", StoreLimits.Standard), ("small", StoreLimits.Small) })
            {
                var options = new PostgresStoreOptions { Limits = limits, Gate = new RunGate { LeastRuns = 100 } };
                await EveryCall.UseAllAsync(database, tenant, options);
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

        Assert.True(distinct.Count(static s => s.Contains("loyalty.", StringComparison.Ordinal)) >= 120, $"only {distinct.Count} different statements were sent");

        // No table was left out.
        Assert.All(tables, table => Assert.Contains(distinct, s => Regex.IsMatch(s, $@"\bINSERT INTO loyalty\.{table}\b")));
    }

    [Theory]
    [InlineData("SELECT handle FROM loyalty.member WHERE handle = $1")]
    [InlineData("SELECT m.handle FROM loyalty.member m JOIN loyalty.tenant t ON t.tenant_id = m.tenant_id WHERE m.tenant_id = $1")]
    [InlineData("UPDATE loyalty.member SET level = 'x'")]
    [InlineData("UPDATE loyalty.queue_lane SET next_at = 5 WHERE tenant_id = $1 RETURNING coalesce(next_at, 0)")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (tenant_id, run_id) DO UPDATE SET as_of = now()")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (tenant_id, run_id) DO UPDATE SET as_of = excluded.as_of WHERE run.as_of < now()")]
    [InlineData("WITH f AS (INSERT INTO loyalty.run (tenant_id, as_of) SELECT $1, as_of FROM pg_temp.x RETURNING run_id) INSERT INTO loyalty.run (tenant_id, run_id) SELECT 5, run_id FROM f ON CONFLICT (tenant_id, run_id) DO NOTHING")]
    [InlineData("SELECT x.handle FROM pg_temp.x WHERE NOT EXISTS (SELECT FROM loyalty.member m WHERE m.tenant_id = $1 AND m.handle = x.handle)")]
    [InlineData("INSERT INTO loyalty.run (tenant_id) SELECT tenant_id FROM pg_temp.x")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (run_id) DO NOTHING")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (tenant_id, run_id) DO UPDATE SET as_of = $2")]
    [InlineData("MERGE INTO loyalty.run USING pg_temp.x ON true WHEN MATCHED THEN DELETE")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) SELECT $1, as_of FROM pg_temp.x")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) SELECT $1, as_of FROM pg_temp.x RETURNING now()")]
    [InlineData("SELECT m.handle FROM pg_temp.x LEFT JOIN loyalty.member m ON m.tenant_id = $1 AND m.handle = x.handle")]
    [InlineData("INSERT INTO pg_temp.y SELECT x.handle FROM loyalty.member m FULL OUTER JOIN pg_temp.x ON m.handle = x.handle WHERE m.tenant_id = $1")]
    [InlineData("UPDATE loyalty.points_operation o SET held_lots = r.held_lots::integer[] FROM pg_temp.x r WHERE o.tenant_id = $1 AND o.id = r.id")]
    [InlineData("SELECT a.handle FROM pg_temp.x CROSS JOIN LATERAL (SELECT handle FROM loyalty.member WHERE tenant_id = $1 AND handle = x.handle) AS a")]
    [InlineData("SET LOCAL enable_hashjoin = off")]
    [InlineData("COPY loyalty.activity FROM STDIN (FORMAT binary)")]
    [InlineData("CREATE TEMPORARY TABLE x (a int)")]
    [InlineData("SET app.tenant_id = '5'")]
    [InlineData("SET lock_timeout = '5s'")]
    public void Each_rule_is_able_to_fail(string sql) => Assert.NotEmpty(Faults(sql, inTransaction: true));

    [Fact]
    public void A_statement_outside_a_transaction_is_a_fault() =>
        Assert.NotEmpty(Faults("SELECT handle FROM loyalty.member WHERE tenant_id = $1", inTransaction: false));

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

        if (Into().IsMatch(sql) && sql.Contains("SELECT ", StringComparison.Ordinal) && !sql.Contains(" ON CONFLICT ", StringComparison.Ordinal) && !sql.Contains(" RETURNING ", StringComparison.Ordinal))
        {
            yield return "selected rows are inserted without ON CONFLICT or RETURNING, which becomes a COPY under a policy";
        }

        if (Returned().IsMatch(sql))
        {
            yield return "what is returned is made by a function";
        }

        if (sql.Contains("NOT EXISTS", StringComparison.Ordinal) && sql.Contains("pg_temp.", StringComparison.Ordinal))
        {
            yield return "local rows are looked for in a table of tenants by NOT EXISTS";
        }

        if (Outer().IsMatch(sql))
        {
            yield return "an outer join meets a policy";
        }

        if (sql.StartsWith("UPDATE ", StringComparison.Ordinal) && Stable().IsMatch(sql))
        {
            yield return "an update casts a column in a way that depends on the session";
        }

        if (Lateral().Count(sql) != Limited().Count(sql))
        {
            yield return "a look-up for each row is one that the planner may turn into a join over everything";
        }

        if (Into().Count(sql) != Given1().Count(sql))
        {
            yield return "rows are inserted for a tenant that is not $1";
        }

        if (Regex.Count(sql, "ON CONFLICT") != Conflict().Count(sql))
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

    [GeneratedRegex(@"\bINSERT INTO loyalty\.\w+( AS \w+)? \(tenant_id, [^)]*\) (SELECT (DISTINCT ON \([^)]*\) )?(\$1|\w+\.tenant_id), |VALUES \(\$1, )")]
    private static partial Regex Given1();

    [GeneratedRegex(@" RETURNING [^()]*\b\w+\(")]
    private static partial Regex Returned();

    [GeneratedRegex(@"\b(LEFT|RIGHT|FULL)( OUTER)? JOIN\b")]
    private static partial Regex Outer();

    // The cast of text to an array, a date or a time depends on settings of the session; that of an array of texts does not.
    [GeneratedRegex(@"\b[a-z]\w*\.\w+::(\w+\[\]|date|time|timestamp|timestamptz|interval)")]
    private static partial Regex Stable();

    [GeneratedRegex(@"\bLATERAL \(")]
    private static partial Regex Lateral();

    // LIMIT, OFFSET 0, an order or an aggregate keeps the look-up for itself.
    [GeneratedRegex(@"LATERAL \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*(?:LIMIT [^()]+|OFFSET 0|ORDER BY [^()]+)\)|LATERAL \(SELECT (?:min|max|count)\(")]
    private static partial Regex Limited();

    [GeneratedRegex(@"ON CONFLICT \(tenant_id\b[^)]*\) (DO NOTHING( RETURNING [\w, ]+\) INSERT | RETURNING 1$|$)|DO UPDATE SET (\w+ = (excluded\.\w+|NULL|'\w*')(, )?)+($| WHERE (?!.*now\(\))))")]
    private static partial Regex Conflict();
}
