using System.Security.Cryptography;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Faults;

/// <summary>
/// Every statement, piece of COPY data and commit of a run fails in every way: what is stored is exactly as before the run or exactly as after
/// it, as the run was told, and running again completes with the same result.
/// </summary>
public sealed class FaultPointTests : IDisposable
{
    private static readonly PostgresStoreOptions Options = new()
    {
        Limits = StoreLimits.Small,
        RetryDelay = TimeSpan.FromMilliseconds(2),
        MaxAttempts = 8,
    };

    // Another version of PostgreSQL than the one that has every point may have every fifth.
    /// <summary>Every how many-th point is tried: LOYALTY_TEST_FAULT_STEP.</summary>
    internal static readonly int Step = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_FAULT_STEP"), out var step) ? Math.Max(1, step) : 1;

    private readonly TestServer _server;
    private readonly TestDatabase _database;
    private readonly FaultProxy _proxy;
    private readonly NpgsqlDataSource _proxied;
    private int _tenants;

    public FaultPointTests(TestServer server)
    {
        _server = server;
        _database = server.CreateDatabase();
        _proxy = new FaultProxy(_database.AppConnectionString, server.Admin);
        _proxied = NpgsqlDataSource.Create(_proxy.ConnectionString);
    }

    private static StoreRun First { get; } = new(
        40,
        [.. Enumerable.Range(0, 36).Select(static i => new Video($"creator{i % 7}", $"7{i % 33}", i % 30, 100 * (i % 12), i % 3, 10, $"a title that fills the buffer {i}"))],
        [new Correction("a1", "creator1", 5, 700), new Correction("a2", "creator2", 6, -100), new Correction("a3", "nobody", 6, 1)],
        Cut: 10);

    private static StoreRun Second { get; } = new(
        75,
        [.. Enumerable.Range(0, 36).Select(static i => new Video($"creator{(i + (i % 5 == 0 ? 1 : 0)) % 8}", $"7{i % 34}", i % 30, 100 * (i % 9), i % 3, 10, $"a title that fills the buffer {i}"))],
        [new Correction("a1", "creator2", 5, 800), new Correction("a4", "creator7", 16, 300)],
        Cut: 10);

    private static StoreRun Later { get; } = new(
        110, [.. Enumerable.Range(0, 20).Select(static i => new Video($"creator{i % 9}", $"8{i}", 50 + i, 150 * (i % 9)))], [], Variant: 3, Cut: 7);

    public void Dispose()
    {
        _proxied.Dispose();
        _proxy.Dispose();
        _database.Dispose();
    }

    /// <summary>Kinds of faults begin at different points, so that together they meet more of them.</summary>
    internal static int FirstOf(FaultKind kind) => 1 + ((int)kind % Step);

    [Fact]
    public async Task S05_A_first_load_that_fails_anywhere_is_run_again_and_completes()
    {
        var after = await ReferenceAsync([First]);
        var points = 0;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            for (var point = FirstOf(kind); ; point += Step)
            {
                var tenant = NewTenant();
                _proxy.Arm(point, kind);
                await new PostgresMemberStore(_proxied, tenant, Options).RunAsync(
                    Given.Program(tenant, First.Variant), Given.Date(First.AsOf), (session, _) => FeedAsync(First, session));
                Assert.Equal(after, await RawState.OfAsync(_database.Owner, tenant));
                if (_proxy.Points < point)
                {
                    break; // a run without a fault: all points were tried
                }

                points++;
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{points} fault points");
        Assert.True(points >= 340 / Step, $"only {points} fault points");
    }

    [Fact]
    public Task S05_A_second_run_that_fails_anywhere_leaves_before_or_after() => LeavesBeforeOrAfterAsync([First], Second, 440);

    [Fact]
    public Task S05_A_run_under_another_program_that_fails_anywhere_leaves_before_or_after() => LeavesBeforeOrAfterAsync([First, Second], Later, 380);

    private async Task LeavesBeforeOrAfterAsync(StoreRun[] earlier, StoreRun run, int least)
    {
        var before = await ReferenceAsync(earlier);
        var after = await ReferenceAsync([.. earlier, run]);
        var points = 0;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            var tenant = await PrepareAsync(earlier);
            for (var point = FirstOf(kind); ; point += Step)
            {
                var told = await TryAsync(run, tenant, point, kind);
                var state = await RawState.OfAsync(_database.Owner, tenant);
                Assert.True(state == (told ? after : before), $"{kind} at point {point}: the run was {(told ? "kept" : "not kept")}, but the state is {(state == before ? "as before" : state == after ? "as after" : "neither")}");
                if (told && _proxy.Points < point)
                {
                    break;
                }

                points++;
                if (told)
                {
                    tenant = await PrepareAsync(earlier);
                }
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{points} fault points");
        Assert.True(points >= least / Step, $"only {points} fault points");
    }

    /// <summary>Runs once, without trying again.</summary>
    /// <returns>Whether the run was kept, as the caller is told.</returns>
    private async Task<bool> TryAsync(StoreRun run, string tenant, int point, FaultKind kind)
    {
        var store = new PostgresMemberStore(_proxied, tenant, Options);
        while (true)
        {
            _proxy.Arm(point, kind);
            try
            {
                await using var session = await store.BeginRunAsync(Given.Program(tenant, run.Variant), Given.Date(run.AsOf));
                await FeedAsync(run, session);
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

    private static async ValueTask<string> FeedAsync(StoreRun run, IMemberRun session)
    {
        session.AddInput(new RunInput("videos.csv", 100, run.Videos.Count, SHA256.HashData([1])));
        return await run.FeedAsync(session);
    }

    private async Task<string> PrepareAsync(StoreRun[] runs)
    {
        var tenant = NewTenant();
        var store = new PostgresMemberStore(_database.App, tenant, Options);
        foreach (var run in runs)
        {
            await store.RunAsync(Given.Program(tenant, run.Variant), Given.Date(run.AsOf), (session, _) => FeedAsync(run, session));
        }

        return tenant;
    }

    private async Task<string> ReferenceAsync(StoreRun[] runs) => await RawState.OfAsync(_database.Owner, await PrepareAsync(runs));

    private string NewTenant() => $"f{++_tenants}";
}
