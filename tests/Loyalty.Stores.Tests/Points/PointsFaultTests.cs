using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>
/// Every statement, piece of COPY data and commit of a run of points and of a batch of operations fails in every way: what is stored is as before or
/// as after, as the caller was told; and what is done again, by the store or by the caller, has one effect.
/// </summary>
public sealed class PointsFaultTests(TestServer server) : IDisposable
{
    // Holds, debts and lots that run out.
    private const int Variant = 4;

    // Another version of PostgreSQL than the one that has every point may have every fifth.
    private static readonly int Step = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_FAULT_STEP"), out var step) ? Math.Max(1, step) : 1;

    private static readonly OrderRow[] Orders = [.. Enumerable.Range(0, 10).Select(static n => new OrderRow($"o{n}", $"c{n % 5}", PointsGiven.Date(n), 1_000 * n))];
    private static readonly RefundRow[] Refunds = [new("x1", "o9", PointsGiven.Date(9), 500), new("x2", "o7", PointsGiven.Date(30), 500)];
    private static readonly RedemptionRow[] Redemptions =
    [
        new("r1", "c1", PointsGiven.Date(12), "cup", RedemptionEvent.Claimed), new("r1", "c1", PointsGiven.Date(13), "cup", RedemptionEvent.Fulfilled),
        new("r2", "c2", PointsGiven.Date(40), "cup", RedemptionEvent.Claimed), new("r3", "c4", PointsGiven.Date(14), "tote", RedemptionEvent.Claimed),
    ];

    private readonly TestDatabase _database = server.CreateDatabase();
    private int _tenants;

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task L06_L18_A_batch_that_loses_its_connection_at_any_point_is_done_again_and_once()
    {
        var points = await EachKindAsync(async (kind, proxy, proxied) =>
        {
            var book = await BookAsync();
            var point = 1;
            for (; ; point += Step)
            {
                var batch = book.NextBatch();
                var log = new CountingLog();
                proxy.Arm(point, kind);

                // A store that remembers nothing, so that it reads everything.
                var results = await new PostgresPointsStore(proxied, book.Tenant, Options(log, 4)).ApplyAsync(batch, book.Day, book.Now);
                var wasHit = proxy.Points >= point;
                Assert.Equal(await book.Model.ApplyAsync(batch, book.Day, book.Now), results);
                Assert.Equal(wasHit ? 1 : 0, log.Interrupted);
                Assert.Equal(results.Select(static r => r with { IsRepeat = true }), await book.Host.ApplyAsync(batch, book.Day, book.Now));
                if (!wasHit)
                {
                    break;
                }
            }

            await book.CheckAsync(_database);
            return point;
        });
        Assert.True(points >= 100, $"only {points} fault points");
    }

    [Fact]
    public async Task L06_A_batch_that_the_caller_sends_again_after_any_fault_has_one_effect()
    {
        var unknown = 0;
        var points = await EachKindAsync(async (kind, proxy, proxied) =>
        {
            var book = await BookAsync();
            var point = 1;
            for (; ; point += Step)
            {
                var batch = book.NextBatch();
                var before = await RawState.OfAsync(_database.Owner, book.Tenant);
                var store = new PostgresPointsStore(proxied, book.Tenant, Options(new CountingLog(), 1));
                proxy.Arm(point, kind);
                var fault = await FaultOfAsync(async () => await store.ApplyAsync(batch, book.Day, book.Now));
                var wasHit = proxy.Points >= point;
                Assert.Equal(wasHit, fault is not null);
                proxy.Arm(0, kind);
                var state = await RawState.OfAsync(_database.Owner, book.Tenant);
                var again = await store.ApplyAsync(batch, book.Day, book.Now);
                if (fault == StoreFault.Interrupted)
                {
                    Assert.Equal(before, state);
                    Assert.All(again, static r => Assert.False(r.IsRepeat));
                }
                else if (fault is not null)
                {
                    // Nobody knows, and the ids tell: all of it was kept, or nothing.
                    Assert.Equal(StoreFault.OutcomeUnknown, fault);
                    Assert.Single(again.Select(static r => r.IsRepeat).Distinct());
                    Interlocked.Increment(ref unknown);
                }

                Assert.Equal(
                    (await book.Model.ApplyAsync(batch, book.Day, book.Now)).Select(static r => r with { IsRepeat = false }),
                    again.Select(static r => r with { IsRepeat = false }));
                if (!wasHit)
                {
                    break;
                }
            }

            await book.CheckAsync(_database);
            return point;
        });
        Assert.True(points >= 100, $"only {points} fault points");
        Assert.True(unknown >= 4 / Step, $"only {unknown} times nobody knew");
    }

    /// <summary>The batch of one host is lost before it is kept; another host does the same operations before the first one tries again.</summary>
    [Fact]
    public async Task L06_What_another_host_kept_while_a_batch_was_lost_is_a_repeat()
    {
        using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin) { CountsStatements = true };
        await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
        var book = await BookAsync();
        var other = new PostgresPointsStore(_database.App, book.Tenant);
        var lost = await RememberingAsync(new PostgresPointsStore(
            proxied, book.Tenant, new PostgresStoreOptions { RetryDelay = TimeSpan.FromSeconds(1), MaxAttempts = 3 }));
        var batch = book.NextBatch();

        // BEGIN, three settings, the lock, keys, orders, members: 13 with the ends of the batches. Then comes what writes.
        proxy.Arm(15, FaultKind.FailsBefore);
        var applying = lost.ApplyAsync(batch, book.Day, book.Now).AsTask();
        while (proxy.Points < 15)
        {
            await Task.Delay(1);
        }

        var results = await other.ApplyAsync(batch, book.Day, book.Now);
        Assert.False(applying.IsCompleted);
        Assert.Equal(await book.Model.ApplyAsync(batch, book.Day, book.Now), results);
        Assert.Equal(results.Select(static r => r with { IsRepeat = true }), await applying);
        await book.CheckAsync(_database);
    }

    [Fact]
    public async Task L18_P08_A_batch_that_the_server_ends_at_any_statement_is_done_again_as_a_whole_and_not_for_ever()
    {
        var statements = await EachStatementAsync(async (statements, proxy, proxied) =>
        {
            var book = await BookAsync();
            foreach (var statement in statements)
            {
                var batch = book.NextBatch();
                var before = await RawState.OfAsync(_database.Owner, book.Tenant);
                var log = new CountingLog();
                var store = await RememberingAsync(new PostgresPointsStore(proxied, book.Tenant, Options(log, 3)));
                proxy.ArmErrors(statement, "40001", "40P01", "40001", "40P01");
                var e = await Record.ExceptionAsync(async () => await store.ApplyAsync(batch, book.Day, book.Now));
                if (proxy.ErrorsLeft == 4)
                {
                    Assert.Null(e);
                    await book.Model.ApplyAsync(batch, book.Day, book.Now);
                    await book.CheckAsync(_database);
                    return statement; // there are no more statements
                }

                AssertGaveUp(e, proxy, log);
                Assert.Equal(before, await RawState.OfAsync(_database.Owner, book.Tenant));

                proxy.ArmErrors(statement, "40P01", "40001");
                var results = await store.ApplyAsync(batch, book.Day, book.Now);
                Assert.Equal((0, 4), (proxy.ErrorsLeft, log.Interrupted));
                Assert.Equal(await book.Model.ApplyAsync(batch, book.Day, book.Now), results);
                Assert.Equal(results.Select(static r => r with { IsRepeat = true }), await book.Host.ApplyAsync(batch, book.Day, book.Now));
            }

            return 0;
        });
        Assert.True(statements >= 18, $"only {statements} statements");
    }

    [Fact]
    public async Task L18_P08_A_run_that_the_server_ends_at_any_statement_is_done_again_as_a_whole_and_not_for_ever()
    {
        var (before, after) = await ReferencesAsync();
        var statements = await EachStatementAsync(async (statements, proxy, proxied) =>
        {
            foreach (var statement in statements)
            {
                var tenant = await PrepareAsync();
                var log = new CountingLog();
                var store = await RememberingAsync(new PostgresPointsStore(proxied, tenant, Options(log, 3)));
                proxy.ArmErrors(statement, "40001", "40P01", "40001", "40P01");
                var e = await Record.ExceptionAsync(() => RunAsync(store));
                if (proxy.ErrorsLeft == 4)
                {
                    Assert.Null(e);
                    return statement; // there are no more statements
                }

                AssertGaveUp(e, proxy, log);
                Assert.Equal(before, await RawState.OfAsync(_database.Owner, tenant));

                proxy.ArmErrors(statement, "40P01", "40001");
                await RunAsync(store);
                Assert.Equal((0, 4), (proxy.ErrorsLeft, log.Interrupted));
                Assert.Equal(after, await RawState.OfAsync(_database.Owner, tenant));
            }

            return 0;
        });
        Assert.True(statements >= 50, $"only {statements} statements");
    }

    [Fact]
    public async Task P05_A_run_killed_at_any_point_and_repeated_leaves_what_an_undisturbed_run_leaves()
    {
        var (before, after) = await ReferencesAsync();
        var points = await EachKindAsync(async (kind, proxy, proxied) =>
        {
            var tenant = await PrepareAsync();
            var point = 1;
            for (; ; point += Step)
            {
                // The host that dies tries once; what it leaves is as before or, where the commit was kept, as after. Then another host runs.
                proxy.Arm(point, kind);
                var told = await TryAsync(proxied, tenant);
                var wasHit = proxy.Points >= point;
                var state = await RawState.OfAsync(_database.Owner, tenant);
                Assert.True(
                    state == (told ? after : before), $"{kind} at point {point}: the run was {(told ? "kept" : "not kept")}, but the state is {(state == before ? "as before" : state == after ? "as after" : "neither")}");
                if (!told)
                {
                    await RunAsync(new PostgresPointsStore(_database.App, tenant, Options(new CountingLog(), 8)));
                    Assert.Equal(after, await RawState.OfAsync(_database.Owner, tenant));
                }

                if (!wasHit)
                {
                    break;
                }

                tenant = await PrepareAsync();
            }

            Assert.Empty(await new PostgresPointsStore(_database.App, tenant).VerifyAsync());
            await PointsInvariants.CheckAsync(_database.Owner, tenant);
            return point;
        });
        TestContext.Current.SendDiagnosticMessage($"{points} fault points of a run");
        Assert.True(points >= 400, $"only {points} fault points");
    }

    [Fact]
    public async Task P05_A_run_that_loses_its_connection_at_any_point_runs_again_by_itself()
    {
        var (_, after) = await ReferencesAsync();
        await EachKindAsync(async (kind, proxy, proxied) =>
        {
            // Every third point: which ones differs from kind to kind.
            var point = 1 + (int)kind % 3;
            for (; ; point += 3 * Step)
            {
                var tenant = await PrepareAsync();
                proxy.Arm(point, kind);
                await RunAsync(new PostgresPointsStore(proxied, tenant, Options(new CountingLog(), 8)));
                Assert.Equal(after, await RawState.OfAsync(_database.Owner, tenant));
                if (proxy.Points < point)
                {
                    return point;
                }
            }
        });
    }

    [Fact]
    public async Task P05_Of_several_hosts_that_run_the_same_day_at_once_one_does_and_the_others_find_it_done()
    {
        var (_, after) = await ReferencesAsync();
        var tenant = await PrepareAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    return (await RunAsync(new PostgresPointsStore(_database.App, tenant))).EntriesNew;
                }
                catch (StoreException e) when (e.Fault == StoreFault.AlreadyRunning)
                {
                    await Task.Delay(5);
                }
            }
        })));
        Assert.Equal(1, answers.Count(static n => n > 0));

        // The lines of the runs aside, which are eight, and the count of what was kept.
        static string[] Rows(string state) => [.. state.Split('\n').Where(static l => !l.StartsWith("points run", StringComparison.Ordinal) && !l.StartsWith("points book", StringComparison.Ordinal))];
        Assert.Equal(Rows(after), Rows(await RawState.OfAsync(_database.Owner, tenant)));
        await PointsInvariants.CheckAsync(_database.Owner, tenant);
    }

    [Fact]
    public async Task P08_A_real_deadlock_with_another_session_does_the_batch_again_and_records_no_key_twice()
    {
        // The batch looks for deadlocks soon, the other session late: the batch is the one that the server ends.
        TestServer.Execute(_database.OwnerConnectionString, $"ALTER DATABASE {_database.Name} SET deadlock_timeout = '1s'");
        await using var app = NpgsqlDataSource.Create(_database.AppConnectionString);
        var book = await BookAsync();
        var tenant = TenantId.FromName(book.Tenant);
        var log = new CountingLog();
        var store = new PostgresPointsStore(app, book.Tenant, Options(log, 4));
        var batch = book.NextBatch();

        // The other one has the members and then wants the book; the batch has the book and then wants the members.
        await using var other = await _database.Owner.OpenConnectionAsync();
        await ExecuteAsync(other, "SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE loyalty.points_member IN ACCESS EXCLUSIVE MODE");
        var applying = store.ApplyAsync(batch, book.Day, book.Now);
        await WaitAsync("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'loyalty.points_member'::regclass AND NOT granted)");
        await ExecuteAsync(other, $"SELECT 1 FROM loyalty.points_book WHERE tenant_id = {tenant} FOR UPDATE");
        await ExecuteAsync(other, "ROLLBACK");
        Assert.Equal(await book.Model.ApplyAsync(batch, book.Day, book.Now), await applying);
        Assert.Equal(1, log.Interrupted);
        Assert.All(await book.Host.ApplyAsync(batch, book.Day, book.Now), static r => Assert.True(r.IsRepeat));
        await book.CheckAsync(_database);
    }

    private static PostgresStoreOptions Options(CountingLog log, int attempts) => new()
    {
        Limits = StoreLimits.Small with { MostInBatch = 100 },
        RetryDelay = TimeSpan.FromMilliseconds(2),
        MaxAttempts = attempts,
        LoggerFactory = log,
    };

    /// <summary>A store that has read its program, so that all attempts have the same statements.</summary>
    private static async Task<PostgresPointsStore> RememberingAsync(PostgresPointsStore store)
    {
        Assert.NotNull(await store.GetStatusAsync());
        return store;
    }

    private static async Task<StoreFault?> FaultOfAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (StoreException e)
        {
            return e.Fault;
        }
    }

    /// <summary>Works for each kind of fault, at the same time, each behind a proxy of its own.</summary>
    /// <returns>The sum of what the works return.</returns>
    private async Task<int> EachKindAsync(Func<FaultKind, FaultProxy, NpgsqlDataSource, Task<int>> work)
    {
        var sums = await Task.WhenAll(Enum.GetValues<FaultKind>().Select(kind => Task.Run(async () =>
        {
            using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin) { CountsStatements = true };
            await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
            return await work(kind, proxy, proxied);
        })));
        return sums.Sum();
    }

    /// <summary>Works for each statement, four at the same time, each behind a proxy of its own, until there is none any more.</summary>
    /// <returns>The least statement that was not there.</returns>
    private async Task<int> EachStatementAsync(Func<IEnumerable<int>, FaultProxy, NpgsqlDataSource, Task<int>> work) => (await Task.WhenAll(
        Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
            await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
            return await work(Enumerable.Range(0, 1_000).Select(n => 1 + (((4 * n) + worker) * Step)), proxy, proxied);
        })))).Min();

    private static void AssertGaveUp(Exception? e, FaultProxy proxy, CountingLog log)
    {
        var refused = Assert.IsType<StoreException>(e);
        Assert.Equal(
            (StoreFault.Interrupted, "40001", 1, 2),
            (refused.Fault, (refused.InnerException as PostgresException)?.SqlState, proxy.ErrorsLeft, log.Interrupted));
    }

    private async Task<Book> BookAsync()
    {
        var tenant = $"b{Interlocked.Increment(ref _tenants)}";
        var book = new Book(tenant, new PostgresPointsStore(_database.App, tenant), new InMemoryPointsStore());
        foreach (var store in (IPointsStore[])[book.Host, book.Model])
        {
            await store.RunAsync(PointsGiven.Program(tenant, Variant), 1, [new OrderRow("o1", "ann", PointsGiven.Date(1), 600_000)]);
            await store.ApplyAsync([LedgerOperation.Reserve("h0", "ann", book.Day, 20, book.Now.AddDays(1))], book.Day, book.Now);
        }

        return book;
    }

    private async Task<(string Before, string After)> ReferencesAsync()
    {
        var tenant = await PrepareAsync();
        var before = await RawState.OfAsync(_database.Owner, tenant);
        await RunAsync(new PostgresPointsStore(_database.App, tenant));
        var model = new InMemoryPointsStore();
        await model.RunAsync(PointsGiven.Program(tenant), 5, Orders[..4]);
        await model.RunAsync(PointsGiven.Program(tenant), 20, Orders, Refunds, Redemptions);
        Assert.Equal(await model.DumpAsync(), await new PostgresPointsStore(_database.App, tenant).DumpAsync());
        return (before, await RawState.OfAsync(_database.Owner, tenant));
    }

    /// <summary>A tenant with a first run.</summary>
    private async Task<string> PrepareAsync()
    {
        var tenant = $"f{Interlocked.Increment(ref _tenants)}";
        await new PostgresPointsStore(_database.App, tenant).RunAsync(PointsGiven.Program(tenant), 5, Orders[..4]);
        return tenant;
    }

    private static async Task<PointsRunResult> RunAsync(PostgresPointsStore store) => await store.RunAsync(
        PointsGiven.Program(store.Tenant), PointsGiven.Date(20), PointsGiven.Noon.AddDays(20), FeedAsync);

    private static async ValueTask<PointsRunResult> FeedAsync(IPointsRun session, CancellationToken cancellationToken)
    {
        await session.AddOrdersAsync(Orders, cancellationToken);
        await session.AddRefundsAsync(Refunds, cancellationToken);
        await session.AddRedemptionsAsync(Redemptions, cancellationToken);
        return await session.CloseDaysAsync(cancellationToken);
    }

    /// <summary>Runs once, without trying again.</summary>
    /// <returns>Whether the run was kept, as the caller is told.</returns>
    private static async Task<bool> TryAsync(NpgsqlDataSource source, string tenant)
    {
        try
        {
            await using var session = await new PostgresPointsStore(source, tenant, Options(new CountingLog(), 8))
                .BeginRunAsync(PointsGiven.Program(tenant), PointsGiven.Date(20), PointsGiven.Noon.AddDays(20));
            await FeedAsync(session, CancellationToken.None);
            await session.CommitAsync();
            return true;
        }
        catch (StoreException e)
        {
            Assert.Equal(StoreFault.Interrupted, e.Fault);
            return false;
        }
    }

    private async Task WaitAsync(string condition)
    {
        await using var look = _database.Owner.CreateCommand(condition);
        while (await look.ExecuteScalarAsync() is false)
        {
            await Task.Delay(5);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A tenant's book, kept by a host on PostgreSQL and by the model in memory.</summary>
    private sealed record Book(string Tenant, PostgresPointsStore Host, InMemoryPointsStore Model)
    {
        private int _batches;

        public DateOnly Day { get; } = PointsGiven.Date(1);

        public DateTime Now { get; } = PointsGiven.Noon.AddDays(1);

        /// <summary>Operations that write to every table that operations write to, with keys that are new.</summary>
        public LedgerOperation[] NextBatch()
        {
            var n = ++_batches;
            return
            [
                LedgerOperation.Adjust($"a{n}", "ann", Day, 100, "gift"), LedgerOperation.Redeem($"r{n}", "ann", Day, 30), LedgerOperation.GiveBack($"g{n}", $"r{n}", Day),
                LedgerOperation.Transfer($"t{n}", "ann", "bob", Day, 20), LedgerOperation.Reserve($"h{n}", "ann", Day, 5, Now.AddDays(1)),
                LedgerOperation.Commit($"c{n}", $"h{n - 1}", Day, 3), LedgerOperation.Refund($"x{n}", "o1", Day, 1_000), LedgerOperation.Earn($"e{n}", "carl", Day, 700),

                // What was set aside pays the debt when it is set free.
                LedgerOperation.Adjust($"in{n}", $"d{n}", Day, 40, "gift"), LedgerOperation.Reserve($"hd{n}", $"d{n}", Day, 40, Now.AddDays(1)),
                LedgerOperation.Adjust($"out{n}", $"d{n}", Day, -60, "error"), LedgerOperation.Release($"free{n}", $"hd{n}", Day),
            ];
        }

        public async Task CheckAsync(TestDatabase database)
        {
            Assert.Equal(await Model.DumpAsync(), await Host.DumpAsync());
            Assert.Empty(await Host.VerifyAsync());
            await PointsInvariants.CheckAsync(database.Owner, Tenant);
        }
    }
}
