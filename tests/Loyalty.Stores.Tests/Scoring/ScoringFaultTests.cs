using Loyalty.Orders;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Faults;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Scoring;

/// <summary>Every statement, piece of COPY data and commit of a run of scoring fails in every way: what is stored is as before the run or as after it.</summary>
public sealed class ScoringFaultTests : IDisposable
{
    private static readonly PostgresStoreOptions Options = new()
    {
        Limits = StoreLimits.Small,
        RetryDelay = TimeSpan.FromMilliseconds(2),
        MaxAttempts = 8,
    };

    private readonly TestDatabase _database;
    private readonly FaultProxy _proxy;
    private readonly NpgsqlDataSource _proxied;
    private int _tenants;

    public ScoringFaultTests(TestServer server)
    {
        _database = server.CreateDatabase();
        _proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
        _proxied = NpgsqlDataSource.Create(_proxy.ConnectionString);
    }

    private static ScoringCase First { get; } = new(
        40,
        OrderScope.All,
        [
            new Step.Put([.. Enumerable.Range(0, 12).Select(static i => new Sale($"{i}", $"c{i % 5}@x.com", i * 4, 40 * i, Item: "an item that fills the buffer"))]),
            new Step.Link("c4@x.com", "c3@x.com"),
        ]);

    private static ScoringCase Second { get; } = new(
        75,
        OrderScope.Changes,
        [
            new Step.Put([.. Enumerable.Range(0, 5).Select(static i => new Sale($"{i * 4}", $"c{i % 3}@x.com", 60 + i, 90 * i, OrderStanding.Counts + (i % 2)))]),
            new Step.Remove("1"), new Step.Remove("6"), new Step.Unlink("c4@x.com"), new Step.Link("c2@x.com", "c0@x.com"),
        ]);

    public void Dispose()
    {
        _proxied.Dispose();
        _proxy.Dispose();
        _database.Dispose();
    }

    [Fact]
    public async Task S05_A_first_run_that_fails_anywhere_is_run_again_and_completes()
    {
        var after = await RawState.OfAsync(_database.Owner, await PrepareAsync(First));
        var points = 0;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            for (var point = FaultPointTests.FirstOf(kind); ; point += FaultPointTests.Step, points++)
            {
                var tenant = NewTenant();
                _proxy.Arm(point, kind);
                await RunAsync(_proxied, tenant, First);
                Assert.Equal(after, await RawState.OfAsync(_database.Owner, tenant));
                if (_proxy.Points < point)
                {
                    break; // a run without a fault: all points were tried
                }
            }
        }

        Assert.True(points >= 100 / FaultPointTests.Step, $"only {points} fault points");
    }

    [Fact]
    public async Task S05_A_run_of_changes_that_fails_anywhere_leaves_before_or_after()
    {
        var before = await RawState.OfAsync(_database.Owner, await PrepareAsync(First));
        var after = await RawState.OfAsync(_database.Owner, await PrepareAsync(First, Second));
        var points = 0;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            var tenant = await PrepareAsync(First);
            for (var point = FaultPointTests.FirstOf(kind); ; point += FaultPointTests.Step, points++)
            {
                var told = await TryAsync(tenant, point, kind);
                var state = await RawState.OfAsync(_database.Owner, tenant);
                Assert.True(state == (told ? after : before), $"{kind} at point {point}: the run was {(told ? "kept" : "not kept")}, but the state is {(state == before ? "as before" : state == after ? "as after" : "neither")}");
                if (told && _proxy.Points < point)
                {
                    break;
                }

                tenant = told ? await PrepareAsync(First) : tenant;
            }
        }

        Assert.True(points >= 150 / FaultPointTests.Step, $"only {points} fault points");
    }

    /// <summary>Runs once, without trying again.</summary>
    /// <returns>Whether the run was kept, as the caller is told.</returns>
    private async Task<bool> TryAsync(string tenant, int point, FaultKind kind)
    {
        var store = NewStore(_proxied, tenant);
        while (true)
        {
            _proxy.Arm(point, kind);
            try
            {
                await using var session = await store.BeginRunAsync(Second.Program, Given.Date(Second.AsOf), Second.Scope);
                await Second.FeedAsync(session);
                await session.CommitAsync();
                return true;
            }
            catch (StoreException e) when (e.Fault == StoreFault.AlreadyRunning)
            {
                // The backend of the attempt before has not noticed yet that its client is gone; begin the point again.
                await Task.Delay(5);
            }
            catch (StoreException e)
            {
                Assert.Equal(StoreFault.Interrupted, e.Fault);
                return false;
            }
        }
    }

    private async Task<string> PrepareAsync(params ScoringCase[] runs)
    {
        var tenant = NewTenant();
        foreach (var run in runs)
        {
            await RunAsync(_database.App, tenant, run);
        }

        return tenant;
    }

    private static async Task RunAsync(NpgsqlDataSource source, string tenant, ScoringCase run) =>
        await NewStore(source, tenant).RunAsync(run.Program, Given.Date(run.AsOf), run.Scope, (session, _) => run.FeedAsync(session));

    private static PostgresScoreStore NewStore(NpgsqlDataSource source, string tenant) => new(source, tenant, Money.Currency.Get("USD"), Options);

    private string NewTenant() => $"s{++_tenants}";
}
