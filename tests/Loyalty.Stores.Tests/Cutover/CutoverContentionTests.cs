using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Loyalty.Postgres.Cutover;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Cutover;

/// <summary>Others at work on the tables: readers, writers, blockers, other operators, and the end of a process at any moment.</summary>
public sealed class CutoverContentionTests(TestServer server)
{
    // ./build nightly raises it to 1000.
    private static readonly int Swaps = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_SWAPS"), CultureInfo.InvariantCulture, out var swaps) ? swaps : 8;

    // ./build nightly ends a process at each statement.
    private static readonly int Step = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_FAULT_STEP"), CultureInfo.InvariantCulture, out var step) ? Math.Max(1, step) : 11;

    private static CutoverOptions Patient { get; } = new() { Attempts = 400, Pause = TimeSpan.FromMilliseconds(20), LockWait = TimeSpan.FromMilliseconds(150) };

    [Fact]
    public async Task R01_A_cutover_or_rollback_that_is_killed_at_any_statement_is_exactly_not_done_or_exactly_done()
    {
        var log = new List<string>();
        var killAt = int.MaxValue;
        var count = 0;
        Shop? shop = null;
        var options = Shop.Quick with
        {
            OnStatement = async sql =>
            {
                if (++count == killAt)
                {
                    log.Add(sql);
                    await shop!.AskAsync<bool>("SELECT bool_and(pg_terminate_backend(pid, 5000)) IS NOT NULL FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'swap' AND state <> 'idle'");
                }
            },
        };
        using var opened = await Shop.OpenAsync(server);
        shop = opened;
        await shop.ReadyAsync("INSERT INTO member (id, email, country) VALUES (10, 'new@x', 'de')");
        await shop.RunAsync("UPDATE shop.member SET points = 9 WHERE id = 1");
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shop.ConnectionString) { ApplicationName = "swap", Pooling = false }.ConnectionString);
        var cutover = new TableCutover(source, Shop.Set, options);
        string Stage(CutoverStatus s) => $"{s.Live!.Id} {s.Staged?.Id} {s.Journal.Count} {s.Unfinished.Count}";

        // One swap to learn the number of statements and the schemas before and after, then one for each of them.
        var before = await SchemaDump.OfCatalogAsync(shop.Source);
        count = 0;
        await cutover.CutoverAsync(LaterWrites.Keep);
        var total = count;
        var after = await SchemaDump.OfCatalogAsync(shop.Source);
        await cutover.RollbackAsync();
        SchemaDump.AssertSame(before, await SchemaDump.OfCatalogAsync(shop.Source));
        Assert.True(total > 100, $"{total} statements");
        for (var at = 1; at <= total; at += Step)
        {
            var status = await shop.Cutover.GetStatusAsync();
            (count, killAt) = (0, at);
            var told = true;
            try
            {
                await cutover.CutoverAsync(LaterWrites.Keep);
            }
            catch (CutoverException e)
            {
                told = false;
                Assert.True(e.Fault is CutoverFault.Interrupted or CutoverFault.AlreadyInProgress, $"at {at} ({log.LastOrDefault()}): {e.Message}");
            }

            killAt = int.MaxValue;
            var now = await shop.Cutover.GetStatusAsync();
            var isDone = now.Live!.Id == 2;
            Assert.True(isDone || !told, $"at {at}: told done, but is not");
            Assert.Equal(isDone ? status.Journal.Count + 1 : status.Journal.Count, now.Journal.Count);
            SchemaDump.AssertSame(isDone ? after : before, await SchemaDump.OfCatalogAsync(shop.Source));
            Assert.Equal(isDone ? 4L : 3L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
            Assert.Equal("9.00", await shop.AskAsync<string>("SELECT points::text FROM shop.member WHERE id = 1"));
            if (isDone)
            {
                await shop.Cutover.RollbackAsync();
            }

            Assert.Equal("1 2", Stage(await shop.Cutover.GetStatusAsync())[..3]);
        }
    }

    [Fact]
    public async Task R02_Swaps_under_8_writers_and_8_readers_lose_no_row_and_show_no_error_and_no_empty_table()
    {
        using var shop = await Shop.OpenAsync(server, options: Patient);
        await shop.ReadyAsync();
        using var stop = new CancellationTokenSource();
        var written = new ConcurrentBag<string>();
        var waits = new ConcurrentBag<double>();
        var faults = new ConcurrentBag<string>();
        // As of a pool: a session keeps the plans of every generation it has met until it ends.
        await using var pool = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shop.ConnectionString) { ConnectionLifetime = 20 }.ConnectionString);
        var workers = Enumerable.Range(0, 16).Select(w => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var clock = Stopwatch.StartNew();
                try
                {
                    await using var connection = await pool.OpenConnectionAsync();
                    clock.Restart();
                    if (w < 8)
                    {
                        var email = $"w{w}-{i}@x";
                        await using var command = new NpgsqlCommand("INSERT INTO shop.member (email, country) VALUES ($1, 'ph')", connection) { Parameters = { new() { Value = email } } };
                        await command.ExecuteNonQueryAsync();
                        written.Add(email);
                    }
                    else
                    {
                        await using var command = new NpgsqlCommand(w % 2 == 0 ? "SELECT count(*) FROM shop.member" : "SELECT count(*) FROM shop.mine", connection);
                        if (await command.ExecuteScalarAsync() is not long and >= 3)
                        {
                            faults.Add("an empty read");
                        }

                        waits.Add(clock.Elapsed.TotalMilliseconds);
                    }
                }
                catch (Exception e)
                {
                    faults.Add($"{(w < 8 ? "writer" : "reader")}: {e.Message}");
                }

                // In the long form they take their time, or the tables would be what is measured.
                await Task.Delay((w < 8 ? 40 : 5) * Math.Max(1, Swaps / 100));
            }
        })).ToArray();
        var held = new List<double>();
        var cutover = new TableCutover(pool, Shop.Set, Patient);
        for (var i = 0; i < Swaps; i++)
        {
            held.Add((await cutover.CutoverAsync(LaterWrites.Keep)).LocksHeld.TotalMilliseconds);
            held.Add((await cutover.RollbackAsync(laterWrites: LaterWrites.Keep)).LocksHeld.TotalMilliseconds);
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        Assert.Empty(faults);
        var found = (await shop.AskAsync<string[]>("SELECT array_agg(email) FROM shop.member")).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(written, e => !found.Contains(e));
        Assert.NotEmpty(written);
        var sorted = waits.Order().ToArray();
        string At(double share) => sorted[(int)((sorted.Length - 1) * share)].ToString("0.0", CultureInfo.InvariantCulture);
        held.Sort();
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{Swaps} swaps and {Swaps} rollbacks, {written.Count} rows written, {sorted.Length} reads: reads took ms p50 {At(0.5)} p90 {At(0.9)} p99 {At(0.99)} p99.9 {At(0.999)} max {At(1)}; locks held ms median {held[held.Count / 2]:0.0} max {held[^1]:0.0}");
        TestContext.Current.SendDiagnosticMessage(line);
        TestContext.Current.TestOutputHelper?.WriteLine(line);
    }

    [Fact]
    public async Task R10_R11_Who_holds_a_lock_is_named_others_wait_less_than_half_a_second_and_nothing_changes()
    {
        using var shop = await Shop.OpenAsync(server, options: new CutoverOptions { Attempts = 4, Pause = TimeSpan.FromMilliseconds(100), LockWait = TimeSpan.FromMilliseconds(150) });
        await shop.ReadyAsync();
        var before = await SchemaDump.OfAsync(shop.Source);
        foreach (var blocker in (string[])["SELECT count(*) FROM shop.member", "SELECT count(*) FROM shop.rich", "UPDATE shop.member SET points = points WHERE id = 1", "SELECT count(*) FROM report.total", "LOCK TABLE shop.ledger IN SHARE UPDATE EXCLUSIVE MODE"])
        {
            await using var connection = await shop.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand(blocker, connection))
            {
                await hold.ExecuteNonQueryAsync();
            }

            using var done = new CancellationTokenSource();
            var longest = 0d;
            var reader = Task.Run(async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    var clock = Stopwatch.StartNew();
                    Assert.Equal(3L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
                    longest = Math.Max(longest, clock.Elapsed.TotalMilliseconds);
                    await Task.Delay(5);
                }
            });
            var e = await shop.FailsAsync(CutoverFault.Blocked, async () => await shop.Cutover.CutoverAsync());
            await done.CancelAsync();
            await reader;
            Assert.Contains(connection.ProcessID.ToString(CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
            TestContext.Current.SendDiagnosticMessage($"longest read beside a blocked cutover: {longest.ToString("0", CultureInfo.InvariantCulture)} ms");
            await transaction.RollbackAsync();
        }

        SchemaDump.AssertSame(before, await SchemaDump.OfAsync(shop.Source));
        await shop.Cutover.CutoverAsync();
    }

    /// <summary>The rows of a swap are locked before the live ones: a vacuum of them, or who still reads what was live, is waited for, too.</summary>
    [Theory]
    [InlineData("LOCK TABLE {0}.member IN SHARE UPDATE EXCLUSIVE MODE")]
    [InlineData("SELECT count(*) FROM {0}.member")]
    public async Task R10_R11_Who_is_at_the_staged_tables_is_waited_for_and_named(string blocker)
    {
        using var shop = await Shop.OpenAsync(server, options: new CutoverOptions { Attempts = 40, Pause = TimeSpan.FromMilliseconds(20), LockWait = TimeSpan.FromMilliseconds(50) });
        await shop.ReadyAsync();
        var schema = await shop.AskAsync<string>("SELECT schema_name FROM loyalty_cutover.generation WHERE state <> 'live' ORDER BY id DESC LIMIT 1");
        await using var connection = await shop.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand(string.Format(CultureInfo.InvariantCulture, blocker, schema), connection))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var hasty = new TableCutover(shop.Source, Shop.Set, new CutoverOptions { Attempts = 2, Pause = TimeSpan.FromMilliseconds(10), LockWait = TimeSpan.FromMilliseconds(50) });
        var e = await shop.FailsAsync(CutoverFault.Blocked, async () => await hasty.CutoverAsync());
        Assert.True(e.Message.Contains($"session {connection.ProcessID.ToString(CultureInfo.InvariantCulture)} ", StringComparison.Ordinal), e.ToString());
        Assert.Contains("member", e.Message, StringComparison.Ordinal);

        var swap = Task.Run(async () => await shop.Cutover.CutoverAsync());
        await Task.Delay(1_000);
        Assert.False(swap.IsCompleted);
        await transaction.RollbackAsync();
        await swap;
    }

    [Fact]
    public async Task R10_A_waiting_attempt_holds_others_up_for_less_than_half_a_second()
    {
        // What is asserted is what the server was told, not what a loaded machine makes of it.
        var seen = new List<string>();
        using var shop = await Shop.OpenAsync(server, options: Shop.Quick with
        {
            OnStatement = sql =>
            {
                if (sql.Contains("_timeout", StringComparison.Ordinal))
                {
                    seen.Add(sql);
                }

                return default;
            },
        });
        await shop.ReadyAsync();
        await shop.Cutover.CutoverAsync();
        var limits = seen.SelectMany(static s => s.Split(';')).Where(static s => s.Contains("lock_timeout", StringComparison.Ordinal) || s.Contains("statement_timeout", StringComparison.Ordinal))
            .Select(static s => int.Parse(new string([.. s.Where(char.IsAsciiDigit)]), CultureInfo.InvariantCulture)).ToList();
        Assert.NotEmpty(limits);
        Assert.All(limits, static l => Assert.InRange(l, 1, 500));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CutoverOptions { LockWait = TimeSpan.FromMilliseconds(251) });
    }

    [Fact]
    public async Task R12_Of_two_operators_at_once_one_wins_and_the_other_is_told()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.ReadyAsync();
        await shop.Cutover.CutoverAsync();
        await shop.ReadyAsync();
        for (var i = 0; i < 3; i++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
            {
                try
                {
                    // Whoever won may still be finishing: the next waits for it as long as operators do.
                    var other = new TableCutover(shop.Source, Shop.Set, Shop.Quick with { Attempts = 400 });
                    _ = n % 2 == 0 ? await other.CutoverAsync() : await other.RollbackAsync();
                    return "done";
                }
                catch (CutoverException e)
                {
                    return e.Fault.ToString();
                }
            }));
            Assert.Contains("done", results);
            Assert.All(results, static r => Assert.True(r is "done" or nameof(CutoverFault.AlreadyInProgress) or nameof(CutoverFault.NothingStaged), r));
            if ((await shop.Cutover.GetStatusAsync()).Staged is null)
            {
                await shop.ReadyAsync();
            }
        }
    }

    [Fact]
    public async Task R15_A_session_with_an_older_snapshot_stops_the_cutover_and_one_with_a_younger_sees_all_rows()
    {
        using var shop = await Shop.OpenAsync(server);
        await using var connection = await shop.Source.OpenConnectionAsync();
        await using (var old = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead))
        {
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            await command.ExecuteScalarAsync();
            await shop.ReadyAsync();
            var e = await shop.FailsAsync(CutoverFault.Blocked, async () => await shop.Cutover.CutoverAsync());
            Assert.Contains("older snapshot", e.Message, StringComparison.Ordinal);
            command.CommandText = "SELECT count(*) FROM shop.member";
            Assert.Equal(3L, await command.ExecuteScalarAsync());
        }

        await using (var young = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead))
        {
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            await command.ExecuteScalarAsync();
            await shop.Cutover.CutoverAsync();
            command.CommandText = "SELECT count(*) FROM shop.member";
            Assert.Equal(3L, await command.ExecuteScalarAsync());
        }
    }

    [Fact]
    public async Task R16_A_prepared_select_of_all_columns_gets_the_new_columns_or_an_error_and_never_wrong_ones()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.RunAsync("CREATE TABLE shop.wide (id int PRIMARY KEY, a text); INSERT INTO shop.wide VALUES (1, 'a')");
        var set = new CutoverSet("wide_next", "shop", "wide") { CreateTables = "CREATE TABLE wide (id int PRIMARY KEY, b text, a text)", ColumnsMayChange = true };
        var cutover = new TableCutover(shop.Source, set, Shop.Quick);
        await cutover.PrepareAsync(async (c, _, ct) =>
        {
            await using var fill = new NpgsqlCommand("INSERT INTO wide VALUES (1, 'b', 'a')", c);
            await fill.ExecuteNonQueryAsync(ct);
            return true;
        });
        await cutover.ValidateAsync();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shop.ConnectionString) { MaxAutoPrepare = 10, AutoPrepareMinUsages = 2 }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        async Task<string> ReadAsync()
        {
            await using var command = new NpgsqlCommand("SELECT * FROM shop.wide", connection);
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            return string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => $"{reader.GetName(i)}={reader.GetValue(i)}"));
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("id=1 a=a", await ReadAsync());
        }

        await cutover.CutoverAsync();
        string first;
        try
        {
            first = await ReadAsync();
        }
        catch (PostgresException e)
        {
            Assert.Equal(PostgresErrorCodes.FeatureNotSupported, e.SqlState);
            first = await ReadAsync();
        }

        Assert.Equal("id=1 b=b a=a", first);
    }

    [Theory]
    [InlineData("temp_file_limit", "64kB", CutoverFault.Refused)]
    [InlineData("statement_timeout", "40ms", CutoverFault.Interrupted)]
    public async Task R20_A_preparation_that_meets_a_limit_leaves_live_and_staging_as_they_were(string setting, string value, CutoverFault fault)
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync();
        var before = await SchemaDump.OfAsync(shop.Source);
        var e = await shop.FailsAsync(fault, async () => await shop.Cutover.PrepareAsync(async (connection, _, ct) =>
        {
            await using var command = new NpgsqlCommand($"SET LOCAL {setting} = '{value}'; SET LOCAL work_mem = '64kB'; INSERT INTO member (id, email) SELECT g, g || '@y' FROM generate_series(1000, 400000) g ORDER BY md5(g::text)", connection);
            await command.ExecuteNonQueryAsync(ct);
            return true;
        }));
        Assert.Contains("nothing was changed", e.Message, StringComparison.Ordinal);
        SchemaDump.AssertSame(before, await SchemaDump.OfAsync(shop.Source));
        Assert.Equal(GenerationState.Validated, (await shop.Cutover.GetStatusAsync()).Staged!.State);
        await shop.Cutover.CutoverAsync();
    }

    [Fact]
    public async Task T10_A_cutover_of_one_set_leaves_another_tenants_rows_as_they_are()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.RunAsync("CREATE SCHEMA other; CREATE TABLE other.member (LIKE shop.member INCLUDING ALL); INSERT INTO other.member (id, no, email) VALUES (1, 1, 'b@other')");
        const string Hash = "SELECT sum(hashtextextended(m::text || xmin::text || ctid::text, 0))::text FROM other.member m";
        var before = await shop.AskAsync<string>(Hash);
        await shop.ReadyAsync();
        await shop.Cutover.CutoverAsync();
        await shop.Cutover.RollbackAsync();
        Assert.Equal(before, await shop.AskAsync<string>(Hash));
    }
}
