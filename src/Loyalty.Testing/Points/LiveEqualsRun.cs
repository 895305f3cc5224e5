using System.Globalization;
using Loyalty.Points.Runs;
using Loyalty.Storage.Points;

namespace Loyalty.Testing.Points;

/// <summary>
/// Orders, refunds and redemption rows of generated histories, taken one by one as they come, then the file with the same rows: beside the run alone.
/// </summary>
/// <remarks>LOYALTY_LIVE_CASES sets how many histories are tried; the number of a history is its seed.</remarks>
public abstract class LiveEqualsRun
{
    /// <summary>How many histories to try unless the environment says otherwise.</summary>
    protected virtual int Histories => 25;

    /// <summary>Opens the store of a tenant on which one run is made.</summary>
    protected abstract IPointsStore OpenAlone(string tenant);

    /// <summary>Opens the store of a tenant that takes rows as they come; twice, as two processes would.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="seed">The number of the history.</param>
    protected abstract IPointsStore OpenLive(string tenant, int seed);

    /// <summary>Looks closer at what both stores hold.</summary>
    protected virtual Task CheckAsync(string tenant) => Task.CompletedTask;

    [Fact]
    public async Task Rows_taken_live_then_the_file_leave_what_the_run_alone_leaves()
    {
        var histories = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_LIVE_CASES"), CultureInfo.InvariantCulture, out var given) ? Math.Min(given, 500) : Histories;
        for (var seed = 0; seed < histories; seed++)
        {
            var random = new Random(seed);
            var story = new LiveScenario(random, PointsScenario.Make(random), $"t{seed}");
            var tenant = story.Program.Tenant;
            try
            {
                await CompareAsync(story, OpenAlone(tenant), [OpenLive(tenant, seed), OpenLive(tenant, seed)]);
                await CheckAsync(tenant);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
    }

    private static async Task CompareAsync(LiveScenario story, IPointsStore one, IPointsStore[] hosts)
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
