using Loyalty.Points.Ledger;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Points;

/// <summary>
/// A million random operations on PostgreSQL, of four tenants at the same time with different rules, and the same in memory: every balance is the one
/// before plus the points, and replaying gives what is stored. LOYALTY_TEST_OPERATIONS sets how many.
/// </summary>
public sealed class LedgerReplayTests(TestServer server) : IDisposable
{
    private const int Members = 250;
    private const int Each = 1_000;

    // Bonus; a negative limit and 20 days; inactivity; no limit and a month.
    private static readonly int[] Variants = [0, 1, 2, 4];

    private static readonly int Operations = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_OPERATIONS"), out var given) ? given : 1_000_000;

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task L09_After_a_million_operations_every_balance_is_the_one_before_plus_the_points_and_a_replay_gives_what_is_stored() =>
        await Task.WhenAll(Variants.Select(variant => Task.Run(() => OfTenantAsync(variant))));

    private async Task OfTenantAsync(int variant)
    {
        var tenant = $"l09 {variant}";
        PostgresPointsStore[] hosts = [new(_database.App, tenant), new(_database.App, tenant)];
        var model = await new InMemoryPointsStore().OpenedAsync(PointsGiven.Program(tenant, variant));
        await hosts[0].OpenedAsync(PointsGiven.Program(tenant, variant));
        var random = new Random(9 + variant);
        var commands = new Commands(random);
        var calls = Operations / Variants.Length / Each;
        var outcomes = new int[Enum.GetValues<LedgerOutcome>().Length];
        for (var call = 0; call < calls; call++)
        {
            var (day, now) = (PointsGiven.Date(call / 3), PointsGiven.Noon.AddMinutes(480 * call));
            LedgerOperation[] batch = [.. Enumerable.Range(0, Each).Select(_ => commands.Next(day, now))];
            var results = await hosts[random.Next(30) == 0 ? 1 : 0].ApplyAsync(batch, day, now);
            var expected = await model.ApplyAsync(batch, day, now);
            for (var i = 0; i < Each; i++)
            {
                if (expected[i] != results[i])
                {
                    Assert.Fail($"{batch[i]}: expected {expected[i]}, but PostgreSQL {results[i]}");
                }

                outcomes[(int)results[i].Outcome]++;
            }
        }

        // Every kind of answer that a ledger without options and without huge numbers can give.
        Assert.All(
            Enum.GetValues<LedgerOutcome>().Except([LedgerOutcome.None, LedgerOutcome.RefundExceedsOrder, LedgerOutcome.Overflow]), outcome => Assert.True(outcomes[(int)outcome] > 0, $"{outcome}"));
        Assert.True(outcomes[(int)LedgerOutcome.Applied] > calls * Each / 2);

        var (entries, faults) = await RunningBalancesAsync(tenant);
        Assert.Equal(0, faults);
        Assert.True(entries > calls * Each / 2, $"only {entries} entries");
        await PointsInvariants.CheckAsync(_database.Owner, tenant);
        Assert.Empty(await hosts[1].VerifyAsync());

        await using var replayed = model.ReadMembersAsync().GetAsyncEnumerator();
        await foreach (var stored in hosts[1].ReadMembersAsync())
        {
            Assert.True(await replayed.MoveNextAsync());
            var member = replayed.Current;
            Assert.Equal(
                (member.Member, member.Balance, member.Held, member.Lifetime, member.Entries.Count),
                (stored.Member, stored.Balance, stored.Held, stored.Lifetime, stored.Entries.Count));
            Assert.Equal(member.Lots, stored.Lots);
            Assert.Equal(member.EntryExpiries, stored.EntryExpiries);
            for (var i = 0; i < member.Entries.Count; i++)
            {
                if (Of(member.Entries[i]) != Of(stored.Entries[i]))
                {
                    Assert.Fail($"{member.Member}: expected {member.Entries[i]}, but PostgreSQL {stored.Entries[i]}");
                }
            }
        }

        Assert.False(await replayed.MoveNextAsync());
    }

    private static (int, EntryKind, EntryKey, long, long, DateOnly, DateOnly, DateTime) Of(LedgerEntry e) =>
        (e.Sequence, e.Kind, e.Key, e.Points, e.Balance, e.EffectiveOn, e.BookedOn, e.RecordedAt);

    /// <summary>The entries of a tenant, and those of them whose balance is not the one before plus the points, or whose number is not the next one.</summary>
    private async Task<(long Entries, long Faults)> RunningBalancesAsync(string tenant)
    {
        await using var command = _database.Owner.CreateCommand(
            """
            SELECT count(*), count(*) FILTER (WHERE balance <> before + points OR sequence <> last + 1) FROM (
                SELECT points, balance, sequence, coalesce(lag(balance) OVER entries, 0) AS before, coalesce(lag(sequence) OVER entries, 0) AS last
                FROM loyalty.points_entry WHERE tenant_id = $1 WINDOW entries AS (PARTITION BY member ORDER BY sequence)) running
            """);
        command.Parameters.AddWithValue(TenantId.FromName(tenant).Value);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Random operations of every kind, most of which have something to work on.</summary>
    private sealed class Commands(Random random)
    {
        private readonly Dictionary<LedgerOperationKind, List<LedgerOperation>> _done = [];
        private int _number;

        public LedgerOperation Next(DateOnly day, DateTime now)
        {
            var operation = Any(day, now);
            if (_done.TryGetValue(operation.Kind, out var done))
            {
                done.Add(operation);
            }
            else
            {
                _done.Add(operation.Kind, [operation]);
            }

            return operation;
        }

        private LedgerOperation Any(DateOnly day, DateTime now)
        {
            var id = $"{++_number}";
            var member = $"member {random.Next(Members)}";
            return random.Next(40) switch
            {
                // An order may come late.
                < 12 => LedgerOperation.Earn(id, member, day.AddDays(random.Next(4) == 0 ? -random.Next(40) : 0), random.Next(40_000)),
                < 20 => LedgerOperation.Redeem(id, member, day, random.Next(1, 300)),
                < 23 => LedgerOperation.GiveBack(id, Target(LedgerOperationKind.Redeem), day),
                < 26 => LedgerOperation.Refund(id, Target(LedgerOperationKind.Earn), day, random.Next(1, 30_000)),
                < 28 => LedgerOperation.Adjust(id, member, day, random.Next(3) == 0 ? -random.Next(1, 200) : random.Next(1, 200), "by hand"),
                < 31 => LedgerOperation.Reserve(id, member, day, random.Next(1, 200), now.AddMinutes(random.Next(-30, 6_000))),
                < 33 => LedgerOperation.Commit(id, Target(LedgerOperationKind.Reserve), day, random.Next(1, 150)),
                < 35 => LedgerOperation.Release(id, Target(LedgerOperationKind.Reserve), day),
                < 38 => LedgerOperation.Transfer(id, member, $"member {random.Next(Members)}", day, random.Next(1, 100)),

                // Sent again, as it was or with another content.
                38 => Again(LedgerOperationKind.Redeem) ?? LedgerOperation.Redeem(id, member, day, 1),
                _ => Again(LedgerOperationKind.Redeem) is { } earlier ? LedgerOperation.Redeem(earlier.Id, member, day, 7) : LedgerOperation.Redeem(id, member, day, 1),
            };
        }

        /// <summary>Mostly a late one: those before are mostly done with.</summary>
        private string Target(LedgerOperationKind kind) => Again(kind)?.Id ?? "none";

        private LedgerOperation? Again(LedgerOperationKind kind) => !_done.TryGetValue(kind, out var done) ? null
            : random.Next(10) == 0 ? done[random.Next(done.Count)]
            : done[Math.Max(0, done.Count - 1 - random.Next(400))];
    }
}
