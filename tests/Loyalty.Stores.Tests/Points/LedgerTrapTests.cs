using System.Collections.Concurrent;
using Loyalty.Points;
using Loyalty.Points.Runs;
using Loyalty.Postgres;
using Loyalty.Postgres.Points;
using Loyalty.Stores.Tests.Faults;
using Loyalty.Stores.Tests.Server;
using Npgsql;

namespace Loyalty.Stores.Tests.Points;

/// <summary>What goes wrong in ledgers, on PostgreSQL, with several hosts at work at the same time.</summary>
public sealed class LedgerTrapTests(TestServer server) : IDisposable
{
    private const int Writers = 64;
    private const int Hosts = 4;

    private static readonly DateOnly Day = PointsGiven.Date(0);
    private static readonly DateTime Now = PointsGiven.Noon;
    private static readonly PostgresStoreOptions Options = new() { RetryDelay = TimeSpan.FromMilliseconds(5), MaxAttempts = 20 };

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task L01_Of_64_redemptions_of_80_on_a_balance_of_100_one_succeeds_whatever_the_default_isolation()
    {
        foreach (var level in (string[])["read committed", "repeatable read", "serializable"])
        {
            var tenant = $"l01 {level}";
            using var hosts = await HostsAsync(tenant, level);
            await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 100, "opening"));
            var results = await hosts.AllAsync((host, i) => host.ApplyAsync(LedgerOperation.Redeem($"r{i}", "ann", Day, 80)));
            Assert.Equal(1, results.Count(static r => r.Outcome == LedgerOutcome.Applied));
            Assert.Equal(Writers - 1, results.Count(static r => r.Outcome == LedgerOutcome.InsufficientPoints));
            Assert.Equal(20, (await hosts.First.FindMemberAsync("ann"))!.Balance);
            Assert.Empty(await hosts.First.VerifyAsync());
            await PointsInvariants.CheckAsync(_database.Owner, tenant);
        }
    }

    [Fact]
    public async Task L02_64_first_ever_earns_of_50_leave_3200_in_64_entries_without_a_gap()
    {
        using var hosts = await HostsAsync("l02");
        await hosts.AllAsync((host, i) => host.ApplyAsync(LedgerOperation.Adjust($"a{i}", "ann", Day, 50, "gift")));
        var ann = (await hosts.First.FindMemberAsync("ann"))!;
        Assert.Equal(3_200, ann.Balance);
        Assert.Equal(Enumerable.Range(1, Writers), ann.Entries.Select(static e => e.Sequence));
        await PointsInvariants.CheckAsync(_database.Owner, "l02");
    }

    [Fact]
    public async Task L03_P03_The_same_key_and_content_64_times_is_one_entry_and_64_equal_results()
    {
        using var hosts = await HostsAsync("l03");
        var results = await hosts.AllAsync(static (host, _) => host.ApplyAsync(LedgerOperation.Earn("o", "ann", Day, 5_000)));
        Assert.Single(results.Select(static r => r with { IsRepeat = false }).Distinct());
        Assert.Equal(1, results.Count(static r => !r.IsRepeat));
        Assert.Equal(2, (await hosts.First.FindMemberAsync("ann"))!.Entries.Count); // points and bonus

        var mixed = await hosts.AllAsync(static (host, i) => host.ApplyAsync(LedgerOperation.Earn("o2", "ann", Day, 1_000 + (i % 2))));
        var winner = mixed.Single(static r => r is { IsRepeat: false, Outcome: LedgerOutcome.Applied });
        Assert.Equal(Writers / 2, mixed.Count(static r => r is { Outcome: LedgerOutcome.Conflict, Field: LedgerField.Amount }));
        Assert.Equal((Writers / 2) - 1, mixed.Count(r => r == winner with { IsRepeat = true }));
    }

    [Fact]
    public async Task L04_L21_The_same_key_with_other_content_is_a_conflict_and_of_another_tenant_is_not()
    {
        using var hosts = await HostsAsync("l04");
        using var other = await HostsAsync("l21");
        var store = hosts.First;
        await store.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, 100, "gift"));
        await store.ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 10));
        await store.ApplyAsync(LedgerOperation.Earn("o", "ann", Day, 1_000));
        await store.ApplyAsync(LedgerOperation.Reserve("h", "ann", Day, 5, Now.AddHours(1)));
        var before = await RowsAsync("l04");
        foreach (var (operation, field) in new[]
        {
            (LedgerOperation.Redeem("r", "ann", Day, 11), LedgerField.Points),
            (LedgerOperation.Redeem("r", "bob", Day, 10), LedgerField.Member),
            (LedgerOperation.Redeem("r", "ann", Day.AddDays(1), 10), LedgerField.Date),
            (LedgerOperation.Adjust("a", "ann", Day, 100, "correction"), LedgerField.Reason),
            (LedgerOperation.Earn("o", "ann", Day, 1_001), LedgerField.Amount),
            (LedgerOperation.Reserve("h", "ann", Day, 5, Now.AddHours(2)), LedgerField.ExpiresAt),
        })
        {
            var result = await store.ApplyAsync(operation);
            Assert.Equal((LedgerOutcome.Conflict, field), (result.Outcome, result.Field));
        }

        Assert.Equal(before, await RowsAsync("l04"));
        var elsewhere = await other.First.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, 7, "another"));
        Assert.Equal((LedgerOutcome.Applied, 7L, false), (elsewhere.Outcome, elsewhere.Balance, elsewhere.IsRepeat));
        Assert.Equal(before, await RowsAsync("l04"));
    }

    [Fact]
    public async Task L05_A_key_refused_for_too_few_points_stays_refused_and_a_new_key_succeeds()
    {
        using var hosts = await HostsAsync("l05");
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 10, "opening"));
        Assert.Equal(LedgerOutcome.InsufficientPoints, (await hosts.First.ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 80))).Outcome);
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("more", "ann", Day, 1_000, "gift"));
        var again = await hosts[1].ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 80));
        Assert.Equal((LedgerOutcome.InsufficientPoints, true), (again.Outcome, again.IsRepeat));
        Assert.True((await hosts[1].ApplyAsync(LedgerOperation.Redeem("r2", "ann", Day, 80))).IsApplied);
    }

    [Fact]
    public async Task L06_L18_A_batch_that_fails_at_any_point_is_done_again_and_once()
    {
        using var proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
        await using var proxied = NpgsqlDataSource.Create(proxy.ConnectionString);
        await new PostgresPointsStore(_database.App, "l06").OpenedAsync(PointsGiven.Program("l06"));
        var store = new PostgresPointsStore(proxied, "l06", Options);
        var (tried, balance) = (0, 0L);
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            for (var point = 1; ; point++)
            {
                LedgerOperation[] batch =
                [
                    LedgerOperation.Adjust($"a{tried}", "ann", Day, 100, "gift"), LedgerOperation.Redeem($"r{tried}", "ann", Day, 30),
                    LedgerOperation.Transfer($"t{tried}", "ann", "bob", Day, 20), LedgerOperation.Reserve($"h{tried}", "ann", Day, 5, Now.AddHours(1)),
                ];
                tried++;
                balance += 50;
                proxy.Arm(point, kind);
                var results = await store.ApplyAsync(batch, Day, Now);
                var seen = proxy.Points;
                Assert.All(results, static r => Assert.Equal((LedgerOutcome.Applied, false), (r.Outcome, r.IsRepeat)));
                Assert.Equal(balance, results[3].Balance);
                var again = await store.ApplyAsync(batch, Day, Now);
                Assert.Equal(results.Select(static r => r with { IsRepeat = true }), again);
                if (seen < point)
                {
                    break; // a batch without a fault: all points were tried
                }
            }
        }

        var ann = (await store.FindMemberAsync("ann"))!;
        Assert.Equal((tried * 3, balance), (ann.Entries.Count, ann.Balance));
        Assert.True(tried >= 12, $"only {tried} fault points");
        await PointsInvariants.CheckAsync(_database.Owner, "l06");
    }

    [Fact]
    public async Task L18_P08_Serialization_failures_and_deadlocks_are_retried_as_a_whole_bounded_and_never_seen()
    {
        // Nothing in the store can deadlock: who writes holds one lock. The server is made to raise both by a trigger that the owner adds.
        using var hosts = await HostsAsync("l18");
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 1_000, "opening"));
        TestServer.Execute(
            _database.OwnerConnectionString,
            """
            CREATE SEQUENCE public.failures;
            GRANT USAGE ON SEQUENCE public.failures TO loyalty_app;
            CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE n bigint := nextval('public.failures');
            BEGIN
                IF n % 3 = 1 THEN RAISE EXCEPTION 'made up' USING ERRCODE = '40001'; END IF;
                IF n % 3 = 2 THEN RAISE EXCEPTION 'made up' USING ERRCODE = '40P01'; END IF;
                RETURN NEW;
            END $$;
            """);
        foreach (var (table, writing) in new[] { ("points_entry", "INSERT"), ("points_operation", "INSERT"), ("points_member", "INSERT"), ("points_book", "UPDATE") })
        {
            TestServer.Execute(_database.OwnerConnectionString, $"CREATE TRIGGER fail BEFORE {writing} ON loyalty.{table} FOR EACH STATEMENT EXECUTE FUNCTION public.fail()");
            var results = await hosts.AllAsync((host, i) => host.ApplyAsync(LedgerOperation.Redeem($"{table}{i % 16}", "ann", Day, 1)));
            Assert.All(results, static r => Assert.Equal(LedgerOutcome.Applied, r.Outcome));
            Assert.Equal(16, results.Count(static r => !r.IsRepeat));
            TestServer.Execute(_database.OwnerConnectionString, $"DROP TRIGGER fail ON loyalty.{table}");
        }

        Assert.Equal(1_000 - 64, (await hosts.First.FindMemberAsync("ann"))!.Balance);
        await PointsInvariants.CheckAsync(_database.Owner, "l18");
    }

    [Fact]
    public async Task L07_P06_Of_64_reversals_of_one_redemption_one_succeeds()
    {
        using var hosts = await HostsAsync("l07");
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 100, "opening"));
        await hosts.First.ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 80));
        var results = await hosts.AllAsync(static (host, i) => host.ApplyAsync(LedgerOperation.GiveBack($"b{i}", "r", Day)));
        Assert.Equal(1, results.Count(static r => r.IsApplied));
        Assert.Equal(Writers - 1, results.Count(static r => r.Outcome == LedgerOutcome.AlreadyReversed));
        Assert.Equal([100L, -80, 80], (await hosts.First.FindMemberAsync("ann"))!.Entries.Select(static e => e.Points));
        await PointsInvariants.CheckAsync(_database.Owner, "l07");
    }

    [Fact]
    public async Task L08_L14_Refunds_of_points_already_spent_and_above_the_order_are_explained()
    {
        using var hosts = await HostsAsync("l08", program: 1);
        await hosts.First.ApplyAsync(LedgerOperation.Earn("o", "ann", Day, 10_000));
        await hosts.First.ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 70));
        var below = await hosts[1].ApplyAsync(LedgerOperation.Refund("x", "o", Day, 10_000));
        Assert.Equal((LedgerOutcome.Applied, -80L, -50L, 20L), (below.Outcome, below.Points, below.Balance, below.Shortfall));
        var above = await hosts[2].ApplyAsync(LedgerOperation.Refund("x2", "o", Day, 10_000));
        Assert.Equal((LedgerOutcome.Applied, 0L, -50L), (above.Outcome, above.Points, above.Balance));

        // What comes in pays the debt first: 60 points leave a lot of 10.
        Assert.Equal(10, (await hosts[3].ApplyAsync(LedgerOperation.Earn("o2", "ann", Day, 6_000))).Balance);
        Assert.Equal(10, Assert.Single((await hosts.First.FindMemberAsync("ann"))!.Lots).Remaining);
        await PointsInvariants.CheckAsync(_database.Owner, "l08");
    }

    [Fact]
    public async Task L10_The_application_can_change_delete_or_truncate_no_row_of_the_ledger()
    {
        using var hosts = await HostsAsync("l10");
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, 100, "gift"));
        var before = await RowsAsync("l10");
        foreach (var table in (string[])["points_entry", "points_settlement", "points_discount", "points_run", "points_program"])
        {
            foreach (var statement in (string[])[$"DELETE FROM loyalty.{table}", $"TRUNCATE loyalty.{table}", $"UPDATE loyalty.{table} SET tenant_id = tenant_id"])
            {
                var e = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsAppAsync("l10", statement));
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
            }
        }

        foreach (var table in (string[])["points_operation", "points_order", "points_member", "points_book", "points_redemption", "points_enrollment"])
        {
            var e = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsAppAsync("l10", $"DELETE FROM loyalty.{table}"));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
        }

        // What an operation said may not be changed either.
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsAppAsync("l10", "UPDATE loyalty.points_operation SET points = 1"));
        Assert.Equal(before, await RowsAsync("l10"));
    }

    [Fact]
    public async Task L11_L12_L13_L20_Every_rejected_operation_leaves_all_tables_as_they_were_but_for_its_key()
    {
        using var hosts = await HostsAsync("l20");
        var store = hosts.First;
        await store.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, long.MaxValue - 5, "much"));
        await store.ApplyAsync(LedgerOperation.Reserve("h", "ann", Day, 5, Now.AddHours(1)));
        await store.ApplyAsync(LedgerOperation.Release("free", "h", Day));
        var before = await RowsAsync("l20", "points_operation", "points_book");
        foreach (var (operation, outcome) in new[]
        {
            (LedgerOperation.Adjust("x1", "ann", Day, 6, "one too many"), LedgerOutcome.Overflow),
            (LedgerOperation.Earn("x2", "ann", Day, long.MaxValue), LedgerOutcome.Overflow),
            (LedgerOperation.Redeem("x3", "ann", Day, 0), LedgerOutcome.Invalid),
            (LedgerOperation.Adjust("x4", "ann", Day, 0, "nothing"), LedgerOutcome.Invalid),
            (LedgerOperation.Earn("x5", "ann", Day, -1), LedgerOutcome.Invalid),
            (LedgerOperation.Transfer("x6", "ann", "ann", Day, 5), LedgerOutcome.Invalid),
            (LedgerOperation.Redeem("x7", "bob", Day, 5), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.GiveBack("x8", "nobody", Day), LedgerOutcome.UnknownTarget),
            (LedgerOperation.Commit("x9", "h", Day, 5), LedgerOutcome.HoldClosed),
            (LedgerOperation.Reserve("x10", "ann", Day, 5, Now), LedgerOutcome.HoldExpired),
            (LedgerOperation.Transfer("x11", "bob", "ann", Day, 5), LedgerOutcome.InsufficientPoints),
        })
        {
            Assert.Equal(outcome, (await store.ApplyAsync(operation)).Outcome);
            Assert.Equal(before, await RowsAsync("l20", "points_operation", "points_book"));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => store.ApplyAsync(LedgerOperation.Redeem("a\0b", "ann", Day, 1)));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ApplyAsync(LedgerOperation.Redeem(new string('x', 1_025), "ann", Day, 1)));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ApplyAsync(LedgerOperation.Adjust("y", "ann", Day, 1, "\ud800")));
        Assert.Equal(before, await RowsAsync("l20", "points_operation", "points_book"));

        // Ten orders of an eighth of a point are rounded each for itself.
        Assert.Equal(0, (await store.ApplyAsync(LedgerOperation.Earn("eighth", "carl", Day, 12))).Balance);
    }

    [Fact]
    public async Task L15_A_hold_is_committed_or_over_and_what_it_kept_adds_up()
    {
        using var hosts = await HostsAsync("l15");
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 1_000, "opening"));
        var end = Now.AddHours(1);
        await hosts.First.ApplyAsync([.. Enumerable.Range(0, 250).Select(i => LedgerOperation.Reserve($"h{i}", "ann", Day, 4, end))], Day, Now);
        Assert.Equal(1_000, (await hosts.First.FindMemberAsync("ann"))!.Held);

        // For each hold four race: two commits, at its end and just before, and two releases likewise.
        var outcomes = new ConcurrentDictionary<int, ConcurrentBag<LedgerOutcome>>();
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async n =>
        {
            var (hold, way) = (n / 4, n % 4);
            var at = way % 2 == 0 ? end : end.AddTicks(-1);
            var result = await hosts[n % Hosts].ApplyAsync(
                way < 2 ? LedgerOperation.Commit($"c{n}", $"h{hold}", Day, 4) : LedgerOperation.Release($"r{n}", $"h{hold}", Day), at: at);
            outcomes.GetOrAdd(hold, static _ => []).Add(result.Outcome);
        }));
        Assert.All(outcomes.Values, static of => Assert.Equal(1, of.Count(static o => o == LedgerOutcome.Applied)));
        var ann = (await hosts.First.FindMemberAsync("ann"))!;
        Assert.Equal(0, ann.Held);
        Assert.Equal(ann.Balance, ann.Lots.Sum(static l => l.Remaining));
        await PointsInvariants.CheckAsync(_database.Owner, "l15");
    }

    [Fact]
    public async Task L16_When_the_clock_goes_back_order_and_balances_follow_the_sequence()
    {
        using var hosts = await HostsAsync("l16");
        for (var i = 0; i < 5; i++)
        {
            await hosts[i % Hosts].ApplyAsync(LedgerOperation.Adjust($"a{i}", "ann", Day, 10, "gift"), at: Now.AddHours(-i));
        }

        var entries = (await hosts.First.FindMemberAsync("ann"))!.Entries;
        Assert.Equal([10L, 20, 30, 40, 50], entries.Select(static e => e.Balance));
        Assert.Equal(Enumerable.Range(0, 5).Select(static i => Now.AddHours(-i)), entries.Select(static e => e.RecordedAt));
    }

    [Fact]
    public async Task L17_P08_Transfers_to_and_fro_and_batches_in_opposite_order_keep_the_total()
    {
        using var hosts = await HostsAsync("l17");
        string[] names = ["ann", "bob", "carl", "dora"];
        await hosts.First.ApplyAsync([.. names.Select(static n => LedgerOperation.Adjust($"opening {n}", n, Day, 1_000, "opening"))], Day, Now);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            var order = n % 2 == 0 ? names : names.Reverse().ToArray();
            LedgerOperation[] batch = [.. Enumerable.Range(0, 10).Select(i => LedgerOperation.Transfer($"t{n}-{i}", order[i % 4], order[(i + 1) % 4], Day, 1 + (i % 3)))];
            Assert.All(await hosts[n % Hosts].ApplyAsync(batch, Day, Now), static r => Assert.True(r.Outcome is LedgerOutcome.Applied or LedgerOutcome.InsufficientPoints));
        }));
        var sum = 0L;
        await foreach (var member in hosts.First.ReadMembersAsync())
        {
            sum += member.Balance;
        }

        Assert.Equal(4_000, sum);
        await PointsInvariants.CheckAsync(_database.Owner, "l17");
    }

    [Fact]
    public async Task L19_Verify_names_the_first_row_that_was_changed_taken_out_or_moved()
    {
        (string Sql, int Sequence)[] sabotage =
        [
            ("UPDATE loyalty.points_entry SET points = points + 1 WHERE sequence = 3", 3),
            ("UPDATE loyalty.points_entry SET id = 'x' WHERE sequence = 2", 2),
            ("UPDATE loyalty.points_entry SET recorded_at = recorded_at + 1 WHERE sequence = 4", 4),
            ("UPDATE loyalty.points_entry SET effective_on = effective_on + 1 WHERE sequence = 1", 1),
            ("UPDATE loyalty.points_entry SET hash = sha256(hash) WHERE sequence = 5", 5),
            ("DELETE FROM loyalty.points_entry WHERE sequence = 1", 1),
            ("DELETE FROM loyalty.points_entry WHERE sequence = 3", 3),
            ("DELETE FROM loyalty.points_entry WHERE sequence = 6", 7),
            ("UPDATE loyalty.points_entry SET sequence = sequence + 100 WHERE sequence IN (2, 3); UPDATE loyalty.points_entry SET sequence = 105 - sequence WHERE sequence > 100", 2),
            ("UPDATE loyalty.points_member SET balance = balance + 1", 6),
            ("UPDATE loyalty.points_member SET head = sha256(head)", 6),
            ("UPDATE loyalty.points_entry SET moved_points = '{-31}' WHERE kind = 'redeemed' AND sequence = 2", 6),
        ];
        for (var i = 0; i < sabotage.Length; i++)
        {
            var tenant = $"l19 {i}";
            using var database = server.CreateDatabase();
            var store = await new PostgresPointsStore(database.App, tenant).OpenedAsync(PointsGiven.Program(tenant));
            await store.ApplyAsync(LedgerOperation.Adjust("a0", "ann", Day, 100, "gift"));
            await store.ApplyAsync([.. Enumerable.Range(1, 5).Select(static n => LedgerOperation.Redeem($"r{n}", "ann", Day, 10 + n))], Day, Now);
            Assert.Empty(await store.VerifyAsync());
            TestServer.Execute(database.OwnerConnectionString, sabotage[i].Sql);
            var fault = Assert.Single(await store.VerifyAsync());
            Assert.True(fault.Member == "ann" && (fault.Sequence == sabotage[i].Sequence || (sabotage[i].Sequence == 7 && fault.Sequence == 6)), $"{sabotage[i].Sql}: {fault}");
        }
    }

    private async Task<HostGroup> HostsAsync(string tenant, string? isolation = null, int program = 0)
    {
        var hosts = new HostGroup(_database, tenant, isolation);
        await hosts.First.OpenedAsync(PointsGiven.Program(tenant, program));
        return hosts;
    }

    private async Task ExecuteAsAppAsync(string tenant, string sql)
    {
        await using var connection = await _database.App.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"SET LOCAL app.tenant_id = '{TenantId.FromName(tenant)}'; {sql}", connection);
        await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>All rows of a tenant's tables of points but some, as text.</summary>
    private async Task<string> RowsAsync(string tenant, params string[] but)
    {
        var lines = new List<string>();
        foreach (var table in PointsTables.All.Except(but, StringComparer.Ordinal))
        {
            await using var command = _database.Owner.CreateCommand($"SELECT '{table} ' || to_jsonb(t)::text FROM loyalty.{table} t WHERE tenant_id = {TenantId.FromName(tenant)} ORDER BY 1");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(0));
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>Several processes of one tenant, as far as the database can tell: stores that share nothing.</summary>
    private sealed class HostGroup : IDisposable
    {
        private readonly NpgsqlDataSource _source;
        private readonly PostgresPointsStore[] _hosts;

        public HostGroup(TestDatabase database, string tenant, string? isolation)
        {
            var options = isolation is null ? string.Empty : $" -c default_transaction_isolation={isolation.Replace(" ", "\\ ", StringComparison.Ordinal)}";
            _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.AppConnectionString)
            {
                Options = new NpgsqlConnectionStringBuilder(database.AppConnectionString).Options + options,
            }.ConnectionString);
            _hosts = [.. Enumerable.Range(0, Hosts).Select(_ => new PostgresPointsStore(_source, tenant, Options))];
        }

        public PostgresPointsStore First => _hosts[0];

        public PostgresPointsStore this[int host] => _hosts[host];

        public async Task<LedgerResult[]> AllAsync(Func<PostgresPointsStore, int, Task<LedgerResult>> work) =>
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => work(_hosts[i % Hosts], i))));

        public void Dispose() => _source.Dispose();
    }
}
