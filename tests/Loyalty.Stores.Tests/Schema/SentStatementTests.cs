using System.Text.RegularExpressions;
using Loyalty.Orders;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Points;
using Loyalty.Tests.Stores.Scoring;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>
/// Everything that the stores of tiers, scores and points really send, as the server logs it, against the rules of a database that is distributed by tenant: also what is put
/// together while running, which no list of constants shows.
/// </summary>
public sealed partial class SentStatementTests
{
    private static readonly string[] Banned =
    [
        "MERGE ", "TRUNCATE", "now()", "random()", "clock_timestamp", "statement_timestamp", "gen_random_uuid", "nextval", "set_config", "CURRENT OF",
        "NOT EXISTS", "pg_advisory", "CREATE FUNCTION", "CREATE TRIGGER", "SERIALIZABLE", "PREPARE TRANSACTION", "SET SESSION", "DISCARD", "GROUPING SETS", "ROLLUP", "RECURSIVE",
        "enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_seqscan", "enable_indexscan",
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
                await UseAllAsync(new PostgresMemberStore(database.App, tenant, options), tenant);
                await UseAllAsync(new PostgresScoreStore(database.App, tenant, Money.Currency.Get("USD"), options));
                await UseAllAsync([new PostgresPointsStore(database.App, tenant, options), new PostgresPointsStore(database.App, tenant, options)], tenant);
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
    [InlineData("UPDATE loyalty.member SET level = now()::text WHERE tenant_id = $1")]
    [InlineData("INSERT INTO loyalty.run (tenant_id) SELECT tenant_id FROM pg_temp.x")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (run_id) DO NOTHING")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) VALUES ($1, $2) ON CONFLICT (tenant_id, run_id) DO UPDATE SET as_of = $2")]
    [InlineData("MERGE INTO loyalty.run USING pg_temp.x ON true WHEN MATCHED THEN DELETE")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) SELECT $1, as_of FROM pg_temp.x")]
    [InlineData("INSERT INTO loyalty.run (tenant_id, as_of) SELECT $1, as_of FROM pg_temp.x RETURNING run_id")]
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

    private static async Task UseAllAsync(PostgresMemberStore store, string tenant)
    {
        Video[] videos = [.. Enumerable.Range(0, 90).Select(static i => new Video($"c{i % 9}", $"{i % 80}", i % 30, 100 * (i % 20)))];
        Correction[] corrections = [new("a", "c1", 5, 700), new("b", "nobody", 5, 1), new("a", "c2", 5, 600)];
        await RunAsync(new StoreRun(40, videos, corrections, Cut: 20));
        await RunAsync(new StoreRun(41, videos, corrections, Cut: 20));
        await RunAsync(new StoreRun(80, [.. videos.Select(static v => v with { Sales = v.Sales + 1 })], [new("a", "c1", 6, 1)], Variant: 3, Cut: 20));
        await RunAsync(new StoreRun(120, [new("c1", "7", 50, 9)], [], Variant: 5));
        await RunAsync(new StoreRun(121, [], []));
        await store.RunAsync(Given.Program(tenant), Given.Date(122), static (session, token) =>
        {
            session.AddInput(new RunInput("videos.csv", 100, 0, new byte[32]));
            return session.ReviewAsync(token);
        });
        Assert.NotNull(await store.GetStatusAsync());
        Assert.NotNull(await store.FindProgressAsync("c1"));
        Assert.NotNull(await store.FindMemberAsync("c1"));
        Assert.NotNull(await store.FindMemberAsync("c1", Given.Date(60)));
        Assert.NotEmpty(await store.ReadMembersAsync().ToListAsync());
        Assert.NotEmpty(await store.ReadMissionsAsync().ToListAsync());
        Assert.True((await store.VerifyAsync()).IsRight);

        async Task RunAsync(StoreRun run) => Assert.DoesNotContain("Exception", await run.OnAsync(store, tenant), StringComparison.Ordinal);
    }

    private static async Task UseAllAsync(PostgresScoreStore store)
    {
        Sale[] sales = [.. Enumerable.Range(0, 60).Select(static i => new Sale($"{i}", $"c{i % 9}@x.com", i % 30, 40 * i, OrderStanding.Counts + (i % 3), Item: "an item"))];
        await RunAsync(new ScoringCase(40, OrderScope.All, [new Step.Put(sales), new Step.Link("c4@x.com", "c3@x.com")]));
        await RunAsync(new ScoringCase(40, OrderScope.All, [new Step.Put(sales)]));
        await RunAsync(new ScoringCase(75, OrderScope.Changes, [new Step.Put(sales[..5]), new Step.Remove("1"), new Step.Unlink("c4@x.com"), new Step.Link("c2@x.com", "c0@x.com")], Variant: 2));
        await RunAsync(new ScoringCase(90, OrderScope.Changes, [new Step.Put([sales[7] with { Net = 3 }])], Variant: 3));
        await RunAsync(new ScoringCase(90, OrderScope.Changes, []));
        Assert.NotNull(await store.GetStatusAsync());
        Assert.NotNull(await store.ReadScoresAsync());
        Assert.NotNull(await store.ReadScoresAsync((await store.FindScoreAsync("c1@x.com"))!.Segment));
        Assert.NotNull(await store.FindTotalsAsync("c1@x.com"));
        var page = await store.ReadTimelineAsync("c1@x.com", null, 2);
        Assert.NotEmpty((await store.ReadTimelineAsync("c1@x.com", page.Next, 2)).Entries);
        await RunAsync(ScoringCase.All(91) with { Steps = [], Customers = sales[..12] });

        async Task RunAsync(ScoringCase run) => Assert.DoesNotContain("Exception", await run.OnAsync(store), StringComparison.Ordinal);
    }

    /// <summary>Two hosts take turns, so that each reads what the other wrote; together they send every statement of points.</summary>
    private static async Task UseAllAsync(PostgresPointsStore[] hosts, string tenant)
    {
        OrderRow[] orders = [.. Enumerable.Range(0, 40).Select(static n => new OrderRow($"o{n}", $"c{n % 9}", PointsGiven.Date(n), 1_000 * n))];
        await hosts[0].RunAsync(PointsGiven.Program(tenant, 4), 20, orders, [new("x1", "o9", PointsGiven.Date(9), 500), new("x2", "o39", PointsGiven.Date(39), 500)]);
        var result = await hosts[1].RunAsync(
            PointsGiven.Program(tenant, 4), 25, orders, [new("x3", "o9", PointsGiven.Date(22), 500)],
            [
                new("r1", "c7", PointsGiven.Date(22), "cup", RedemptionEvent.Claimed), new("r1", "c7", PointsGiven.Date(23), "cup", RedemptionEvent.Cancelled),
                new("r2", "c7", PointsGiven.Date(30), "tote", RedemptionEvent.Claimed), new("r2", "c7", PointsGiven.Date(31), "tote", RedemptionEvent.Fulfilled),
            ]);
        Assert.DoesNotContain(result.Redemptions, static r => r.IsRejected);
        var (day, now) = (PointsGiven.Date(25), PointsGiven.Noon.AddDays(25));
        await ApplyAsync(
            0,
            LedgerOperation.Adjust("a", "ann", day, 500, "gift"), LedgerOperation.Earn("e", "ann", day, 5_000), LedgerOperation.Redeem("r", "ann", day, 30),
            LedgerOperation.Transfer("t", "ann", "bob", day, 40), LedgerOperation.Reserve("h", "bob", day, 40, now.AddDays(1)), LedgerOperation.Reserve("h2", "ann", day, 9, now.AddDays(1)));
        await ApplyAsync(
            1,
            LedgerOperation.GiveBack("g", "r", day), LedgerOperation.Refund("x", "e", day, 1_000), LedgerOperation.Refund("y", "o18", day, 1_000),
            LedgerOperation.Adjust("out", "bob", day, -60, "error"), LedgerOperation.Release("free", "h", day), LedgerOperation.Commit("c", "h2", day, 4));
        await ApplyAsync(0, LedgerOperation.Reserve("h3", "ann", day, 9, now.AddDays(1)));
        Assert.Equal(1, await hosts[1].TimeOutHoldsAsync(now.AddDays(1)));
        var taken = await hosts[0].TakeRedemptionsAsync(
            [
                new(new RedemptionRow("now", "ann", day, "cup", RedemptionEvent.Claimed)), new(new RedemptionRow("now", "ann", day, "cup", RedemptionEvent.Cancelled)),
                new(new RedemptionRow("r2", "c7", day, "tote", RedemptionEvent.Cancelled)),
            ],
            day, now);
        Assert.Equal([false, false, true], taken.Select(static o => o.IsRejected));
        await hosts[0].RunAsync(PointsGiven.Program(tenant, 4), 90);
        Assert.NotNull(await hosts[0].GetStatusAsync());
        Assert.NotNull(await hosts[1].FindMemberAsync("c7"));
        Assert.NotEqual(0, (await hosts[1].FindAsOfAsync("ann", day))!.Balance);
        Assert.NotEmpty(await hosts[0].ReadMembersAsync().ToListAsync());
        Assert.Empty(await hosts[0].VerifyAsync());
        Assert.False(await hosts[0].Attempts.WasKeptAsync(Guid.CreateVersion7(), new TimeoutException(), CancellationToken.None));

        async Task ApplyAsync(int host, params LedgerOperation[] operations) => Assert.All(
            await hosts[host].ApplyAsync(operations, day, now), static r => Assert.Equal(LedgerOutcome.Applied, r.Outcome));
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

        if (Into().IsMatch(sql) && sql.Contains("SELECT $1", StringComparison.Ordinal) && !sql.Contains(" ON CONFLICT ", StringComparison.Ordinal) && !Returned().IsMatch(sql))
        {
            yield return "selected rows are inserted without ON CONFLICT or RETURNING, which becomes a COPY under a policy";
        }

        if (sql.Contains("RETURNING", StringComparison.Ordinal) && !Returned().IsMatch(sql))
        {
            yield return "what is returned is more than a constant";
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

    [GeneratedRegex(@" RETURNING NULL::boolean$")]
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

    [GeneratedRegex(@"ON CONFLICT \(tenant_id\b[^)]*\) (DO NOTHING|DO UPDATE SET (\w+ = excluded\.\w+(, )?)+)$")]
    private static partial Regex Conflict();
}
