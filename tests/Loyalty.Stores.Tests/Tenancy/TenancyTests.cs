using Loyalty.Postgres.Members;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Scoring;
using Loyalty.Tests.Stores.Server;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Tests.Stores.Tenancy;

/// <summary>Nothing crosses a tenant, whatever the application's role does.</summary>
/// <remarks>Every test connects as a member of loyalty_app and fails at once when the role could pass the policies by (T05).</remarks>
public sealed class TenancyTests : IDisposable
{
    private static readonly string[] Tables =
        [
            "tenant", "program", "member", "activity", "adjustment", "decision", "mission_instance", "run", "run_input",
            "scoring", "customer", "customer_email", "customer_order", "score", "score_run",
        ];

    private readonly TestDatabase _database;

    public TenancyTests(TestServer server)
    {
        _database = server.CreateDatabase();
        ThrowIfPrivileged(_database.App);
        foreach (var tenant in (string[])["one", "two"])
        {
            var store = new PostgresMemberStore(_database.App, tenant);
            store.RunAsync(Given.Program(tenant), Given.Date(20), async (session, token) =>
            {
                session.AddInput(new RunInput("v.csv", 1, 1, new byte[32]));
                await session.ApplyAsync(Given.Batch([new("ann", "1", 1, 1500), new($"of-{tenant}", $"k-{tenant}", 1, 1)]), token);
                await session.ApplyAsync([Given.Adjustment(new("a", "ann", 2, 5))], token);
                return await session.ReviewAsync(token);
            }).AsTask().GetAwaiter().GetResult();
            Scored(tenant).OnAsync(Scores(tenant)).GetAwaiter().GetResult();
        }
    }

    public void Dispose() => _database.Dispose();

    [Fact]
    public void T05_The_suite_aborts_when_it_connects_as_a_superuser() =>
        Assert.Throws<InvalidOperationException>(() => ThrowIfPrivileged(_database.Owner));

    [Fact]
    public async Task T01_Without_a_tenant_there_are_no_rows_and_no_writes()
    {
        await using var connection = await _database.App.OpenConnectionAsync();
        foreach (var setting in (string[])["", "RESET app.tenant_id", "SET LOCAL app.tenant_id = ''", "SET LOCAL app.tenant_id = 'abc'", "AFTER"])
        {
            if (setting == "AFTER")
            {
                // After a SET LOCAL transaction the setting is the empty text, not null.
                await using var transaction = await connection.BeginTransactionAsync();
                await ExecuteAsync(connection, $"SET LOCAL app.tenant_id = '{TenantId.FromName("one")}'");
                Assert.Equal(1L, await ScalarAsync(connection, "SELECT count(*) FROM loyalty.tenant"));
                await transaction.CommitAsync();
            }

            foreach (var table in Tables)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                if (setting.Length > 0 && setting != "AFTER")
                {
                    await ExecuteAsync(connection, setting);
                }

                if (setting.Contains("abc", StringComparison.Ordinal))
                {
                    await RefusedAsync(connection, $"SELECT * FROM loyalty.{table}", "22P02");
                }
                else
                {
                    Assert.Equal(0L, await ScalarAsync(connection, $"SELECT count(*) FROM loyalty.{table}"));
                }
            }

            foreach (var insert in Inserts(TenantId.FromName("one")))
            {
                await using var transaction = await connection.BeginTransactionAsync();
                if (setting.Length > 0 && setting != "AFTER")
                {
                    await ExecuteAsync(connection, setting);
                }

                await RefusedAsync(connection, insert, "42501", "22P02");
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(";No Reset On Close=true")]
    [InlineData(";No Reset On Close=true;Multiplexing=false;Max Auto Prepare=20")]
    public async Task T02_T03_One_connection_shared_by_16_tenants_never_crosses(string more)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.AppConnectionString + more) { MaxPoolSize = 1 }.ConnectionString);
        var stores = Enumerable.Range(0, 16).Select(i => new PostgresMemberStore(source, $"pool{i}")).ToArray();
        for (var i = 0; i < stores.Length; i++)
        {
            await new StoreRun(20, [new($"only{i}", $"{i}", 1, 100 + i)], []).OnAsync(stores[i], $"pool{i}");
        }

        const int Seed = 20250117;
        var random = new Random(Seed);
        for (var step = 0; step < 1_500; step++)
        {
            var i = random.Next(stores.Length);
            var j = random.Next(stores.Length);
            switch (random.Next(5))
            {
                case 0:
                    using (var cancelled = new CancellationTokenSource(TimeSpan.FromMicroseconds(random.Next(300))))
                    {
                        try
                        {
                            Assert.Equal($"only{i}", (await stores[i].FindProgressAsync($"only{i}", cancelled.Token))?.Handle);
                        }
                        catch (OperationCanceledException)
                        {
                        }
                    }

                    break;
                case 1:
                    await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await stores[i].FindMemberAsync($"only{i}", Given.Date(900)));
                    break;
                case 2:
                    Assert.Equal($"only{i}", (await stores[i].ReadMembersAsync().ToListAsync()).Single().Handle);
                    break;
                default:
                    Assert.Equal(i == j, await stores[i].FindProgressAsync($"only{j}") is not null);
                    break;
            }
        }
    }

    [Fact]
    public async Task T07_A_row_cannot_be_written_for_or_moved_to_another_tenant()
    {
        var one = TenantId.FromName("one");
        var two = TenantId.FromName("two");
        var before = await RawState.OfAsync(_database.Owner, "two");
        await using var connection = await _database.App.OpenConnectionAsync();
        string[] attempts =
        [
            .. Inserts(two),
            $"UPDATE loyalty.member SET tenant_id = {two}",
            $"UPDATE loyalty.activity SET tenant_id = {two} WHERE key = 'k-one'",
            $"UPDATE loyalty.tenant SET tenant_id = {two}",
            $"UPDATE loyalty.customer_order SET tenant_id = {two} WHERE id = 'of-one'",
            $"UPDATE loyalty.scoring SET tenant_id = {two}",
            $"INSERT INTO loyalty.activity SELECT {two}, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url FROM loyalty.activity WHERE key = '1' "
            + "ON CONFLICT (tenant_id, key) DO UPDATE SET sales = 0",
            $"MERGE INTO loyalty.member m USING (SELECT {two} AS t, 'x' AS h) s ON m.tenant_id = s.t AND m.handle = s.h WHEN NOT MATCHED THEN "
            + "INSERT (tenant_id, handle) VALUES (s.t, s.h)",
        ];
        foreach (var attempt in attempts)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await ExecuteAsync(connection, $"SET LOCAL app.tenant_id = '{one}'");
            await RefusedAsync(connection, attempt, "42501", "0A000");
        }

        // What the application has no right to, it cannot do to its own tenant either.
        string[] denied =
        [
            "DELETE FROM loyalty.member", "TRUNCATE loyalty.member", "UPDATE loyalty.decision SET value_activity = 0", "DELETE FROM loyalty.run",
            "UPDATE loyalty.run SET promoted = 0", "UPDATE loyalty.score_run SET moved = 0", "DELETE FROM loyalty.score_run", "DELETE FROM loyalty.scoring",
            "TRUNCATE loyalty.customer_order",
        ];
        foreach (var sql in denied)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await ExecuteAsync(connection, $"SET LOCAL app.tenant_id = '{one}'");
            await RefusedAsync(connection, sql, "42501");
        }

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await ExecuteAsync(connection, $"SET LOCAL app.tenant_id = '{one}'");
            await using var command = new NpgsqlCommand($"UPDATE loyalty.member SET window_sales = 0 WHERE tenant_id = {two}", connection);
            Assert.Equal(0, await command.ExecuteNonQueryAsync());
        }

        Assert.Equal(before, await RawState.OfAsync(_database.Owner, "two"));
    }

    [Fact]
    public async Task T09_COPY_as_the_application_cannot_reach_a_tenants_table()
    {
        await using var connection = await _database.App.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"SET LOCAL app.tenant_id = '{TenantId.FromName("one")}'");
        var e = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var copy = await connection.BeginRawBinaryCopyAsync("COPY loyalty.activity FROM STDIN (FORMAT binary)");
        });
        Assert.Equal("0A000", e.SqlState);
    }

    [Fact]
    public async Task T08_Errors_and_logs_tell_nothing_of_members()
    {
        var log = new CollectingLog();
        var store = new PostgresMemberStore(_database.App, "one", new PostgresStoreOptions { LoggerFactory = log });
        await store.RunAsync(Given.Program("one"), Given.Date(30), async (session, token) =>
        {
            await session.ApplyAsync(Given.Batch([new("secret_handle", "77", 1, 777_777, Title: "secret title")]), token);
            return await session.ReviewAsync(token);
        });
        Assert.NotEmpty(log.Lines);
        Assert.DoesNotContain(log.Lines, static l => l.Contains("secret", StringComparison.Ordinal) || l.Contains("777777", StringComparison.Ordinal) || l.Contains("ann", StringComparison.Ordinal));
    }

    [Fact]
    public async Task T10_A_run_of_one_tenant_leaves_the_other_as_it_is()
    {
        var before = await RawState.OfAsync(_database.Owner, "two");
        await new StoreRun(60, [new("ann", "1", 1, 1), new("of-two", "k-two", 1, 9)], [new("a", "ann", 2, 9)], Variant: 3).OnAsync(new PostgresMemberStore(_database.App, "one"), "one");
        await ScoringCase.All(60, new Sale("1", "ann@x.com", 9, 7), new Sale("of-two", "of-two@x.com", 9, 7)).OnAsync(Scores("one"));
        await (ScoringCase.All(61) with { Customers = [new Sale("1", "ann@x.com", 0, 7)], Steps = [new Step.Unlink("b@x.com")] }).OnAsync(Scores("one"));
        Assert.Equal(before, await RawState.OfAsync(_database.Owner, "two"));
        Assert.True((await new PostgresMemberStore(_database.App, "two").VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task T02_Equal_orders_of_two_tenants_are_two_orders()
    {
        foreach (var tenant in (string[])["one", "two"])
        {
            var other = tenant == "one" ? "two" : "one";
            var store = Scores(tenant);
            Assert.Equal([$"item of {tenant}"], (await store.ReadTimelineAsync("ann@x.com", null, 5)).Entries.Select(static e => e.Item));
            Assert.Equal(2, (await store.GetStatusAsync())!.Customers);
            Assert.NotNull(await store.FindScoreAsync($"of-{tenant}@x.com"));
            Assert.Null(await store.FindScoreAsync($"of-{other}@x.com"));
            Assert.Null(await store.FindTotalsAsync($"of-{other}@x.com"));
            Assert.Empty((await store.ReadTimelineAsync($"of-{other}@x.com", null, 5)).Entries);
        }
    }

    [Fact]
    public async Task T11_Errors_cannot_be_used_to_probe_hidden_rows()
    {
        await using var connection = await _database.App.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await ExecuteAsync(connection, $"SET LOCAL app.tenant_id = '{TenantId.FromName("one")}'");

            // Would divide by zero on the row of tenant two, were it looked at before the policy.
            Assert.Equal(0L, await ScalarAsync(connection, "SELECT count(*) FROM loyalty.member WHERE 1 / (CASE WHEN handle = 'of-two' THEN 0 ELSE 1 END) = 0"));
            await ExecuteAsync(
                connection,
                "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN IF $1 = 'of-two' THEN RAISE 'leaked'; END IF; RETURN true; END $$");
            Assert.Equal(2L, await ScalarAsync(connection, "SELECT count(*) FROM loyalty.member WHERE pg_temp.leak(handle)"));

            // A key that the other tenant has is no conflict here.
            await ExecuteAsync(connection, Inserts(TenantId.FromName("one")).Single(static s => s.Contains("loyalty.activity", StringComparison.Ordinal)).Replace("'x-key'", "'k-two'", StringComparison.Ordinal));
        }
    }

    internal static void ThrowIfPrivileged(NpgsqlDataSource source)
    {
        using var command = source.CreateCommand(
            "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            + "WHERE n.nspname = 'loyalty' AND pg_has_role(current_user, c.relowner, 'MEMBER')) FROM pg_roles WHERE rolname = current_user");
        if (command.ExecuteScalar() is true)
        {
            throw new InvalidOperationException("The tenancy tests prove nothing as a superuser, an owner or a role with BYPASSRLS; connect as a member of loyalty_app.");
        }
    }

    private static string[] Inserts(TenantId tenant) =>
    [
        $"INSERT INTO loyalty.tenant VALUES ({tenant}, 'x', 'USD', 'd', '2025-01-01', 0, 0, 0)",
        $"INSERT INTO loyalty.program VALUES ({tenant}, 'x', '{{}}')",
        $"INSERT INTO loyalty.member SELECT {tenant}, 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0, '2025-01-01','2025-01-01','2025-01-01',null,null,0,false,'x','Bronze','\\x01'",
        $"INSERT INTO loyalty.activity VALUES ({tenant}, 0, 0, '2025-01-01', 0, 0, 0, '00000000-0000-0000-0000-000000000000', 'x-key', 'x', '', '', null)",
        $"INSERT INTO loyalty.adjustment VALUES ({tenant}, 0, 0, '2025-01-01', 'x', 'ann', '')",
        $"INSERT INTO loyalty.decision VALUES ({tenant}, 0,0,0,0, 99, '2025-01-01','2025-01-01','2025-01-02','2025-01-01',null,false,false,'ann','kept','sales','a','b','v','00000000-0000-0000-0000-000000000000')",
        $"INSERT INTO loyalty.mission_instance VALUES ({tenant}, 1, 0, '2025-01-01', null, null, 'ann', 'x', 'sales', 'active')",
        $"INSERT INTO loyalty.run SELECT {tenant}, 0,0,0,0,0,0,0,0,0,0,0,0, '2025-01-01', '2025-01-01', '00000000-0000-0000-0000-000000000000', '2025-01-01', 'x'",
        $"INSERT INTO loyalty.run_input VALUES ({tenant}, 0, 0, 1, '00000000-0000-0000-0000-000000000000', 'x', decode(repeat('00', 32), 'hex'))",
        $"INSERT INTO loyalty.scoring VALUES ({tenant}, 0, 0, 0, '2025-01-01', '2025-01-01', false, 'x', 'USD', 'd', false)",
        $"INSERT INTO loyalty.customer VALUES ({tenant}, 0, 0, 0, 0, 0, 0, 0, null, null, 'x')",
        $"INSERT INTO loyalty.customer_email VALUES ({tenant}, 'x', 'y')",
        $"INSERT INTO loyalty.customer_order VALUES ({tenant}, '2025-01-01', 0, 0, 0, 0, 0, 0, 'x', null, null, '', '', '', '', false, null)",
        $"INSERT INTO loyalty.score VALUES ({tenant}, 0, 0, 6, null, '2025-01-01', null, 1, 1, 1, 'ann@x.com', 'Cold')",
        $"INSERT INTO loyalty.score_run VALUES ({tenant}, 0, 0, 0, 0, 0, 0, 0, 0, '2025-01-01', '2025-01-01', '00000000-0000-0000-0000-000000000000', '2025-01-01', true, 'd')",
    ];

    private static ScoringCase Scored(string tenant) => new(
        20,
        OrderScope.Changes,
        [
            new Step.Put([new Sale("1", "b@x.com", 1, 15, Item: $"item of {tenant}"), new Sale($"of-{tenant}", $"of-{tenant}@x.com", 1, 1)]),
            new Step.Link("b@x.com", "ann@x.com"),
        ]);

    private PostgresScoreStore Scores(string tenant) => new(_database.App, tenant, Money.Currency.Get("USD"));

    private static async Task RefusedAsync(NpgsqlConnection connection, string sql, params string[] states)
    {
        var e = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, sql));
        Assert.True(states.Contains(e.SqlState, StringComparer.Ordinal), $"{sql}: {e.SqlState} {e.MessageText}");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private sealed class CollectingLog : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
