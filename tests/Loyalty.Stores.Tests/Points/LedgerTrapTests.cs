using System.Collections.Concurrent;
using System.Data;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>What goes wrong in ledgers, on PostgreSQL, with several hosts at work at the same time.</summary>
public sealed class LedgerTrapTests(TestServer server) : IDisposable
{
    private const int Writers = HostGroup.Writers;
    private const int Hosts = 4;

    private static readonly DateOnly Day = PointsGiven.Date(0);
    private static readonly DateTime Now = PointsGiven.Noon;
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task L01_Of_64_redemptions_of_80_on_a_balance_of_100_one_succeeds_at_every_isolation_level()
    {
        var levels = new SeenLevels(_database);
        foreach (var level in (IsolationLevel[])[IsolationLevel.ReadCommitted, IsolationLevel.RepeatableRead, IsolationLevel.Serializable])
        {
            var tenant = $"l01 {level}";
            using var hosts = await HostsAsync(tenant, count: Writers, isolation: level);
            await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 100, "opening"));
            var results = await hosts.AllAsync((host, i) => host.ApplyAsync(LedgerOperation.Redeem($"r{i}", "ann", Day, 80)));
            Assert.Equal(1, results.Count(static r => r.Outcome == LedgerOutcome.Applied));
            Assert.Equal(Writers - 1, results.Count(static r => r.Outcome == LedgerOutcome.InsufficientPoints));
            Assert.Equal(20, (await hosts.First.FindMemberAsync("ann"))!.Balance);
            Assert.Empty(await hosts.First.VerifyAsync());
            await PointsInvariants.CheckAsync(_database.Owner, tenant);
        }

        Assert.Equal([IsolationLevel.ReadCommitted, IsolationLevel.RepeatableRead, IsolationLevel.Serializable], await levels.ReadAsync());
    }

    [Fact]
    public async Task L02_64_first_ever_earns_of_50_leave_3200_in_64_entries_without_a_gap()
    {
        using var hosts = await HostsAsync("l02", program: 1, count: Writers);
        var results = await hosts.AllAsync((host, i) => host.ApplyAsync(LedgerOperation.Earn($"o{i}", "ann", Day, 5_000)));
        Assert.Equal(Enumerable.Range(1, Writers), results.Select(static r => r.FirstSequence).Order());
        var ann = (await hosts.First.FindMemberAsync("ann"))!;
        Assert.Equal(3_200, ann.Balance);
        Assert.Equal(Enumerable.Range(1, Writers), ann.Entries.Select(static e => e.Sequence));
        await PointsInvariants.CheckAsync(_database.Owner, "l02");
    }

    [Fact]
    public async Task L03_P03_The_same_key_and_content_64_times_is_one_entry_and_64_equal_results()
    {
        using var hosts = await HostsAsync("l03", count: Writers);
        var results = await hosts.AllAsync(static (host, _) => host.ApplyAsync(LedgerOperation.Earn("o", "ann", Day, 5_000)));
        Assert.Single(results.Select(static r => r with { IsRepeat = false }).Distinct());
        Assert.Equal(1, results.Count(static r => !r.IsRepeat));
        Assert.Equal(2, (await hosts.First.FindMemberAsync("ann"))!.Entries.Count); // points and bonus

        var mixed = await hosts.AllAsync(static (host, i) => host.ApplyAsync(LedgerOperation.Earn("o2", "ann", Day, 1_000 + (i % 2))));
        var winner = mixed.Single(static r => r is { IsRepeat: false, Outcome: LedgerOutcome.Applied });
        Assert.Equal(Writers / 2, mixed.Count(static r => r is { Outcome: LedgerOutcome.Conflict, Field: LedgerField.Amount }));
        Assert.Equal((Writers / 2) - 1, mixed.Count(r => r == winner with { IsRepeat = true }));
        await PointsInvariants.CheckAsync(_database.Owner, "l03");
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
    public async Task L07_Of_64_reversals_of_one_redemption_one_succeeds()
    {
        using var hosts = await HostsAsync("l07", count: Writers);
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 100, "opening"));
        await hosts.First.ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 80));
        var results = await hosts.AllAsync(static (host, i) => host.ApplyAsync(LedgerOperation.GiveBack($"b{i}", "r", Day)));
        Assert.Equal(1, results.Count(static r => r.IsApplied));
        Assert.Equal(Writers - 1, results.Count(static r => r.Outcome == LedgerOutcome.AlreadyReversed));
        Assert.Equal([100L, -80, 80], (await hosts.First.FindMemberAsync("ann"))!.Entries.Select(static e => e.Points));
        await PointsInvariants.CheckAsync(_database.Owner, "l07");
    }

    [Fact]
    public async Task L08_A_refund_of_points_already_spent_takes_what_the_limit_allows_and_says_what_is_missing()
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
    public async Task L14_Of_partial_refunds_that_sum_up_above_the_order_the_last_takes_nothing()
    {
        // 99 points and 9.
        using var hosts = await HostsAsync("l14", count: Writers);
        await hosts.First.ApplyAsync(LedgerOperation.Earn("o", "ann", Day, 9_999));
        for (var third = 0; third < 3; third++)
        {
            var result = await hosts[third].ApplyAsync(LedgerOperation.Refund($"x{third}", "o", Day, 3_333));
            Assert.Equal((LedgerOutcome.Applied, 2, -36L, 0L), (result.Outcome, result.Entries, result.Points, result.Shortfall));
        }

        var above = await hosts[3].ApplyAsync(LedgerOperation.Refund("x3", "o", Day, 1));
        Assert.Equal((LedgerOutcome.Applied, 0, 0L, 0L), (above.Outcome, above.Entries, above.Points, above.Balance));

        // 64 at once, each of a twentieth: together they take what the order gave, and nothing of what another gave.
        await hosts.First.ApplyAsync([LedgerOperation.Earn("o2", "ann", Day, 10_000), LedgerOperation.Earn("o3", "ann", Day, 10_000)], Day, Now);
        var results = await hosts.AllAsync(static (host, i) => host.ApplyAsync(LedgerOperation.Refund($"y{i}", "o2", Day, 500)));
        Assert.Equal((20, -110L), (results.Count(static r => r.Points < 0), results.Sum(static r => r.Points)));
        Assert.Equal(110, (await hosts.First.FindMemberAsync("ann"))!.Balance);
        await PointsInvariants.CheckAsync(_database.Owner, "l14");
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
    public async Task L11_L12_L20_Every_rejected_operation_leaves_all_tables_as_they_were_but_for_its_key()
    {
        using var hosts = await HostsAsync("l20");
        var store = hosts.First;
        var end = Now.AddHours(1);
        await store.ApplyAsync(LedgerOperation.Adjust("a", "ann", Day, long.MaxValue - 5, "much"));
        await store.ApplyAsync(LedgerOperation.Reserve("h", "ann", Day, 5, end));
        await store.ApplyAsync(LedgerOperation.Release("free", "h", Day));
        await store.ApplyAsync(LedgerOperation.Reserve("open", "ann", Day, 5, end));
        await store.ApplyAsync(LedgerOperation.Redeem("r", "ann", Day, 3));
        await store.ApplyAsync(LedgerOperation.GiveBack("g", "r", Day));
        await store.ApplyAsync(LedgerOperation.Earn("o", "carl", Day, 1_000));
        foreach (var (operation, outcome) in new[]
        {
            (LedgerOperation.Adjust("x1", "ann", Day, 6, "one too many"), LedgerOutcome.Overflow),
            (LedgerOperation.Earn("x2", "ann", Day, long.MaxValue), LedgerOutcome.Overflow),
            (LedgerOperation.Earn("x2", "new", Day, long.MaxValue), LedgerOutcome.Conflict),
            (LedgerOperation.Redeem("x3", "ann", Day, 0), LedgerOutcome.Invalid),
            (LedgerOperation.Redeem("x3", "ann", Day, long.MinValue), LedgerOutcome.Invalid),
            (LedgerOperation.Adjust("x4", "ann", Day, 0, "nothing"), LedgerOutcome.Invalid),
            (LedgerOperation.Earn("x5", "ann", Day, -1), LedgerOutcome.Invalid),
            (LedgerOperation.Refund("x5", "o", Day, 0), LedgerOutcome.Invalid),
            (LedgerOperation.Reserve("x5", "ann", Day, -1, end), LedgerOutcome.Invalid),
            (LedgerOperation.Commit("x5", "open", Day, 0), LedgerOutcome.Invalid),
            (LedgerOperation.Transfer("x5", "ann", "carl", Day, -1), LedgerOutcome.Invalid),
            (LedgerOperation.Transfer("x6", "ann", "ann", Day, 5), LedgerOutcome.Invalid),
            (LedgerOperation.Redeem("x7", "bob", Day, 5), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Redeem("x7", "bob", Day, 6), LedgerOutcome.Conflict),
            (LedgerOperation.Adjust("x7", "carl", Day, -12, "too many"), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.GiveBack("x8", "nobody", Day), LedgerOutcome.UnknownTarget),
            (LedgerOperation.GiveBack("x8", "x7", Day), LedgerOutcome.UnknownTarget),
            (LedgerOperation.Refund("x8", "nobody", Day, 1), LedgerOutcome.UnknownTarget),
            (LedgerOperation.Release("x8", "nobody", Day), LedgerOutcome.UnknownTarget),
            (LedgerOperation.GiveBack("x8", "r", Day), LedgerOutcome.AlreadyReversed),
            (LedgerOperation.Commit("x9", "h", Day, 5), LedgerOutcome.HoldClosed),
            (LedgerOperation.Release("x9", "h", Day), LedgerOutcome.HoldClosed),
            (LedgerOperation.Reserve("x10", "ann", Day, 5, Now), LedgerOutcome.HoldExpired),
            (LedgerOperation.Commit("x10", "open", Day, 6), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Reserve("x11", "carl", Day, 12, end), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Transfer("x11", "bob", "ann", Day, 5), LedgerOutcome.InsufficientPoints),
            (LedgerOperation.Transfer("x12", "carl", "ann", Day, 11), LedgerOutcome.Overflow),
        })
        {
            await RejectsAsync(operation, outcome, Now);
        }

        await RejectsAsync(LedgerOperation.Commit("x13", "open", Day, 5), LedgerOutcome.HoldExpired, end);
        await RejectsAsync(LedgerOperation.Release("x13", "open", Day), LedgerOutcome.HoldExpired, end);
        var before = await RowsAsync("l20");
        await RejectsAsync(LedgerOperation.Redeem("a\0b", "ann", Day, 1), LedgerOutcome.Invalid, Now);
        await RejectsAsync(LedgerOperation.Redeem(new string('x', 1_025), "ann", Day, 1), LedgerOutcome.Invalid, Now);
        await RejectsAsync(LedgerOperation.Adjust("y", "ann", Day, 1, "\ud800"), LedgerOutcome.Invalid, Now);
        Assert.Equal(before, await RowsAsync("l20"));

        async Task RejectsAsync(LedgerOperation operation, LedgerOutcome outcome, DateTime at)
        {
            string[] keys = ["points_operation", "points_book"];
            var (all, rest) = (await RowsAsync("l20"), await RowsAsync("l20", keys));
            var operations = await OperationsAsync("l20");
            Assert.Equal(outcome, (await store.ApplyAsync(operation, at: at)).Outcome);
            if (outcome is LedgerOutcome.Invalid or LedgerOutcome.Conflict or LedgerOutcome.UnknownTarget)
            {
                Assert.Equal(all, await RowsAsync("l20"));
            }
            else
            {
                // No row was so much as written again, but for that of the key and the count of what was kept.
                Assert.Equal(rest, await RowsAsync("l20", keys));
                var key = Assert.Single((await OperationsAsync("l20")).Except(operations, StringComparer.Ordinal));
                Assert.Contains($"\"id\": \"{operation.Id}\"", key, StringComparison.Ordinal);
                Assert.Equal(operations.Length + 1, (await OperationsAsync("l20")).Length);
            }
        }
    }

    [Theory]
    [InlineData("down", 0, 1)]
    [InlineData("nearest", 0, 1)]
    [InlineData("up", 10, 2)]
    public async Task L13_Ten_orders_of_an_eighth_of_a_point_are_rounded_each_for_itself(string rounding, long ten, long once)
    {
        var tenant = $"l13 {rounding}";
        var program = Loyalty.Programs.LoyaltyProgram.Parse(
            $$"""
            { "tenant": "{{tenant}}", "currency": "USD", "timeZone": "UTC",
              "club": { "stages": [ { "name": "Bronze", "discountPercent": 10, "months": 1, "minimumPurchase": 0 } ] },
              "points": { "perUnit": 0.125, "minimumMembershipDays": 0, "rounding": "{{rounding}}" } }
            """);
        var hosts = Enumerable.Range(0, 11).Select(_ => new PostgresPointsStore(_database.App, tenant)).ToArray();
        await hosts[0].RunAsync(program, 0, [.. Enumerable.Range(0, 10).Select(static n => new OrderRow($"r{n}", "ten in a run", Day, 100)), new OrderRow("r", "one in a run", Day, 1_000)]);
        await Task.WhenAll(hosts.Select((host, n) =>
            host.ApplyAsync(n < 10 ? LedgerOperation.Earn($"o{n}", "ten", Day, 100) : LedgerOperation.Earn("o", "one", Day, 1_000))));
        foreach (var (member, points) in new[] { ("ten in a run", ten), ("ten", ten), ("one in a run", once), ("one", once) })
        {
            Assert.Equal(points, (await hosts[1].FindMemberAsync(member))?.Balance ?? 0);
        }

        await using var issued = _database.Owner.CreateCommand(
            "SELECT issued, (SELECT coalesce(sum(points), 0)::bigint FROM loyalty.points_entry e WHERE e.tenant_id = b.tenant_id) FROM loyalty.points_book b WHERE tenant_id = $1");
        issued.Parameters.AddWithValue(TenantId.FromName(tenant).Value);
        await using var reader = await issued.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        Assert.Equal((2 * (ten + once), 2 * (ten + once)), (reader.GetInt64(0), reader.GetInt64(1)));
        await PointsInvariants.CheckAsync(_database.Owner, tenant);
    }

    [Fact]
    public async Task L15_In_each_of_1000_races_a_hold_is_committed_or_over_and_what_it_kept_adds_up()
    {
        const int Holds = 1_000;
        using var hosts = await HostsAsync("l15", count: 8);
        await hosts.First.ApplyAsync(LedgerOperation.Adjust("opening", "ann", Day, 4 * Holds, "opening"));
        var end = Now.AddHours(1);
        await hosts.First.ApplyAsync([.. Enumerable.Range(0, Holds).Select(i => LedgerOperation.Reserve($"h{i}", "ann", Day, 4, end))], Day, Now);
        Assert.Equal(4 * Holds, (await hosts.First.FindMemberAsync("ann"))!.Held);

        // For each hold four race, from four hosts: two commits, at its very end and a tick before, and two releases likewise.
        var outcomes = new ConcurrentDictionary<int, ConcurrentBag<(int Way, LedgerOutcome Outcome)>>();
        await Task.WhenAll(Enumerable.Range(0, 4 * Holds).Select(n => Task.Run(async () =>
        {
            var (hold, way) = (n / 4, n % 4);
            var at = way % 2 == 0 ? end : end.AddTicks(-1);
            var result = await hosts[n % 8].ApplyAsync(
                way < 2 ? LedgerOperation.Commit($"c{n}", $"h{hold}", Day, 3) : LedgerOperation.Release($"r{n}", $"h{hold}", Day), at: at);
            outcomes.GetOrAdd(hold, static _ => []).Add((way, result.Outcome));
        })));

        // At its end a hold is over for whoever comes, and before that one has it: posted or set free, never both.
        Assert.Equal(Holds, outcomes.Count);
        Assert.All(outcomes.Values, static of =>
        {
            Assert.Equal(1, of.Count(static o => o.Outcome == LedgerOutcome.Applied));
            Assert.All(of, static o => Assert.True(o.Way % 2 == 0 ? o.Outcome is LedgerOutcome.HoldExpired or LedgerOutcome.HoldClosed : o.Outcome is LedgerOutcome.Applied or LedgerOutcome.HoldClosed));
        });
        var posted = outcomes.Values.Count(static of => of.Any(static o => o is (1, LedgerOutcome.Applied)));
        var ann = (await hosts.First.FindMemberAsync("ann"))!;
        Assert.Equal((0L, (4 * Holds) - (3L * posted)), (ann.Held, ann.Balance));
        Assert.Equal(posted, ann.Entries.Count(static e => e.Kind == EntryKind.Redeemed));
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
    public async Task L17_P08_A_thousand_transfers_to_and_fro_and_batches_in_opposite_order_keep_the_total()
    {
        using var hosts = await HostsAsync("l17", count: 16);
        string[] names = ["ann", "bob", "carl", "dora"];
        await hosts.First.ApplyAsync([.. names.Select(static n => LedgerOperation.Adjust($"opening {n}", n, Day, 1_000, "opening"))], Day, Now);

        // Each transfer is a call of its own, A to B on one host and B to A on another.
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(async n =>
        {
            var (from, to) = n % 2 == 0 ? ("ann", "bob") : ("bob", "ann");
            var result = await hosts[n % 16].ApplyAsync(LedgerOperation.Transfer($"t{n}", from, to, Day, 1 + (n % 7)));
            Assert.True(result.Outcome is LedgerOutcome.Applied or LedgerOutcome.InsufficientPoints, $"{result}");
        }));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            var order = n % 2 == 0 ? names : names.Reverse().ToArray();
            LedgerOperation[] batch = [.. Enumerable.Range(0, 10).Select(i => LedgerOperation.Transfer($"b{n}-{i}", order[i % 4], order[(i + 1) % 4], Day, 1 + (i % 3)))];
            Assert.All(await hosts[n % 16].ApplyAsync(batch, Day, Now), static r => Assert.True(r.Outcome is LedgerOutcome.Applied or LedgerOutcome.InsufficientPoints));
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
            ("UPDATE loyalty.points_entry SET sequence = 7 WHERE sequence = 6", 6),
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

    private async Task<HostGroup> HostsAsync(string tenant, int program = 0, int count = Hosts, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        var hosts = new HostGroup(_database, tenant, count, isolation);
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

    /// <summary>All rows of a tenant's tables of points but some, as text, each with the transaction that wrote it.</summary>
    private async Task<string> RowsAsync(string tenant, params string[] but)
    {
        var lines = new List<string>();
        foreach (var table in PointsTables.All.Except(but, StringComparer.Ordinal))
        {
            lines.AddRange(await LinesAsync(tenant, table));
        }

        return string.Join('\n', lines);
    }

    private Task<string[]> OperationsAsync(string tenant) => LinesAsync(tenant, "points_operation");

    private async Task<string[]> LinesAsync(string tenant, string table)
    {
        var lines = new List<string>();
        await using var command = _database.Owner.CreateCommand(
            $"SELECT '{table} ' || to_jsonb(t)::text || ' by ' || xmin FROM loyalty.{table} t WHERE tenant_id = {TenantId.FromName(tenant)} ORDER BY 1");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return [.. lines];
    }
}
