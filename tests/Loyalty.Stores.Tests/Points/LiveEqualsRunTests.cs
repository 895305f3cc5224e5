using System.Globalization;
using Loyalty.Points.Runs;
using Loyalty.Postgres;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;
using Loyalty.Tests.Points;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>
/// Orders, refunds and redemption rows of generated histories, taken one by one as they come, then the file with the same rows: beside the run alone,
/// in two databases. LOYALTY_LIVE_CASES sets how many.
/// </summary>
public sealed class LiveEqualsRunTests(TestServer server) : IDisposable
{
    /// <summary>What tells when and in which order something came, not what; and what the ledger answered where entries tell it, too.</summary>
    private const string Bookkeeping =
        "'{tenant_id,version,number,arrival,arrivals,outcome,result_points,balance,shortfall,refunded,first_sequence,entries,lot,bonus_lot,is_given_back}'::text[]";

    private static readonly int Histories = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_LIVE_CASES"), out var given) ? Math.Min(given, 500) : 25;

    private readonly TestDatabase _alone = server.CreateDatabase();
    private readonly TestDatabase _live = server.CreateDatabase();

    public void Dispose()
    {
        _alone.Dispose();
        _live.Dispose();
    }

    [Fact]
    public async Task Rows_taken_live_then_the_file_leave_the_tables_of_the_run_alone()
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            var random = new Random(seed);
            var story = new LiveScenario(random, PointsScenario.Make(random), $"t{seed}");
            var one = new PostgresPointsStore(_alone.App, story.Program.Tenant);

            // Two hosts take turns; where every limit is crossed each remembers next to nothing.
            var options = new PostgresStoreOptions { Limits = seed % 3 == 0 ? StoreLimits.Small : StoreLimits.Standard };
            PostgresPointsStore[] hosts = [new(_live.App, story.Program.Tenant, options), new(_live.App, story.Program.Tenant, options)];
            try
            {
                await CompareAsync(story, one, hosts);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
    }

    private async Task CompareAsync(LiveScenario story, PostgresPointsStore one, PostgresPointsStore[] hosts)
    {
        var end = PointsScenario.Start.AddDays(220);
        var expected = await RunAsync(one, story, story.Orders, story.Refunds, story.Redemptions, end);
        await RunAsync(hosts[0], story, [], [], [], PointsScenario.Start.AddDays(-1));
        var outcomes = new Dictionary<object, RowOutcome>();
        for (var i = 0; i < story.Steps.Count; i++)
        {
            var (row, day, isRepeated, ahead) = story.Steps[i];
            var host = hosts[i / 5 % 2];
            if (row is null)
            {
                await RunAsync(host, story, [.. ahead!.OfType<OrderRow>()], [.. ahead!.OfType<RefundRow>()], [.. ahead!.OfType<RedemptionRow>()], day);
                continue;
            }

            outcomes[row] = await TakeAsync(host, row, day);
            if (isRepeated)
            {
                Assert.Equal(outcomes[row] with { IsNew = false }, await TakeAsync(hosts[1], row, day));
            }
        }

        var last = await RunAsync(hosts[1], story, story.Orders, story.Refunds, story.Redemptions, end);
        foreach (var (a, b, live) in ((IReadOnlyList<RowOutcome>, IReadOnlyList<RowOutcome>, IEnumerable<RowOutcome>)[])
            [(expected.Orders, last.Orders, story.Orders.Select(r => outcomes[r])), (expected.Refunds, last.Refunds, story.Refunds.Select(r => outcomes[r])),
                (expected.Redemptions, last.Redemptions, story.Redemptions.Select(r => outcomes[r]))])
        {
            Assert.Equal(a.Select(static o => o with { IsNew = false }), b);
            Assert.Equal(b, live.Select(static o => o with { IsNew = false }));
        }

        Assert.Equal(await one.DumpAsync(), await hosts[0].DumpAsync());
        Assert.Empty(await hosts[0].VerifyAsync());
        foreach (var table in (string[])["member", "entry", "settlement", "operation", "order", "refund", "happening", "redemption", "enrollment", "discount", "book"])
        {
            Assert.Equal(await TableAsync(_alone.Owner, table, one.TenantId), await TableAsync(_live.Owner, table, one.TenantId));
        }
    }

    private static async Task<string> TableAsync(NpgsqlDataSource source, string table, TenantId tenant)
    {
        await using var command = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT coalesce(string_agg((to_jsonb(t) - {Bookkeeping})::text, E'\\n' ORDER BY (to_jsonb(t) - {Bookkeeping})::text), '') FROM loyalty.points_{table} t WHERE tenant_id = {tenant}"));
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<PointsRunResult> RunAsync(
        IPointsStore store, LiveScenario story, IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions, DateOnly asOf)
    {
        await using var session = await store.BeginRunAsync(story.Program, asOf, PointsGiven.Noon);
        await session.AddOrdersAsync(orders);
        await session.AddRefundsAsync(refunds);
        await session.AddRedemptionsAsync(redemptions);
        var result = await session.CloseDaysAsync();
        await session.CommitAsync();
        return result;
    }

    private static async Task<RowOutcome> TakeAsync(IPointsStore store, object row, DateOnly bookedOn) => row switch
    {
        OrderRow order => (await store.TakeOrdersAsync([order], bookedOn, PointsGiven.Noon))[0],
        RefundRow refund => (await store.TakeRefundsAsync([refund], bookedOn, PointsGiven.Noon))[0],
        _ => (await store.TakeRedemptionsAsync([new((RedemptionRow)row)], bookedOn, PointsGiven.Noon))[0],
    };
}
