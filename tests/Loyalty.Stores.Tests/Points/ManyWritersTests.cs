using System.Data;
using Loyalty.Points.Ledger;
using Loyalty.Postgres.Points;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>
/// 64 writers on four hosts, each with 1,000 operations, in transactions of three isolation levels: no overdraft, no lost update, nothing that the
/// server ends in favour of another reaches a caller, and every operation, sent twice, is applied once.
/// </summary>
public sealed class ManyWritersTests(TestServer server) : IDisposable
{
    private const int Writers = 64;
    private const int Operations = 1_000;
    private const int Each = 100;
    private const int Hosts = 4;

    private static readonly DateOnly Day = PointsGiven.Date(0);

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(IsolationLevel.ReadCommitted, 1)]
    [InlineData(IsolationLevel.RepeatableRead, 1)]
    [InlineData(IsolationLevel.Serializable, 1)]
    [InlineData(IsolationLevel.ReadCommitted, 80)]
    [InlineData(IsolationLevel.RepeatableRead, 80)]
    [InlineData(IsolationLevel.Serializable, 80)]
    public async Task Every_operation_is_sent_twice_and_applied_once(IsolationLevel isolation, int members)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.AppConnectionString) { MaxAutoPrepare = 40 }.ConnectionString);
        var levels = new SeenLevels(_database);
        var log = new CountingLog();
        var options = HostOptions.At(isolation, log);
        PostgresPointsStore[] hosts = [.. Enumerable.Range(0, Hosts).Select(_ => new PostgresPointsStore(source, "many", options))];
        await hosts[0].OpenedAsync(PointsGiven.Program("many"));
        await hosts[0].ApplyAsync([.. Enumerable.Range(0, members).Select(n => LedgerOperation.Adjust($"opening{n}", $"m{n}", Day, 40_000 / members, "opening"))], Day, PointsGiven.Noon);

        var applied = 0L;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var first = 0; first < Operations; first += Each)
            {
                LedgerOperation[] batch = [.. Enumerable.Range(first, Each).Select(n => Any(random, $"{writer}-{n}", members))];

                // The second time from another host, which may see it first.
                var (once, again) = (
                    hosts[writer % Hosts].ApplyAsync(batch, Day, PointsGiven.Noon).AsTask(),
                    hosts[(writer + 1) % Hosts].ApplyAsync(batch, Day, PointsGiven.Noon).AsTask());
                var (a, b) = (await once, await again);
                for (var i = 0; i < Each; i++)
                {
                    if (a[i].IsRepeat == b[i].IsRepeat || a[i] with { IsRepeat = false } != b[i] with { IsRepeat = false } || a[i].Balance < 0
                        || a[i].Outcome is not (LedgerOutcome.Applied or LedgerOutcome.InsufficientPoints))
                    {
                        Assert.Fail($"{batch[i]}: {a[i]}, {b[i]}");
                    }

                    Interlocked.Add(ref applied, a[i].IsApplied && batch[i].Kind != LedgerOperationKind.Transfer ? a[i].Points : 0);
                }
            }
        })));

        // Nothing was lost: the balances are what was there and what the answers said.
        var sum = 0L;
        await foreach (var member in hosts[1].ReadMembersAsync())
        {
            sum += member.Balance;
        }

        Assert.Equal((40_000 / members * members) + applied, sum);
        Assert.Empty(await hosts[2].VerifyAsync());
        await PointsInvariants.CheckAsync(_database.Owner, "many");

        // It was the level it says it was, and at the stricter ones the server did end those who had waited.
        Assert.Equal([isolation], await levels.ReadAsync());
        TestContext.Current.SendDiagnosticMessage($"{isolation}, {members}: {log.Interrupted} batches were done again");
        Assert.True(isolation == IsolationLevel.ReadCommitted ? log.Interrupted == 0 : log.Interrupted > 0, $"{log.Interrupted} batches were done again");
    }

    private static LedgerOperation Any(Random random, string id, int members)
    {
        var member = $"m{random.Next(members)}";
        return random.Next(4) switch
        {
            0 => LedgerOperation.Earn(id, member, Day, random.Next(3_000)),
            1 when members > 1 && $"m{random.Next(members)}" is var other && other != member => LedgerOperation.Transfer(id, member, other, Day, random.Next(1, 60)),
            _ => LedgerOperation.Redeem(id, member, Day, random.Next(1, 60)),
        };
    }
}
