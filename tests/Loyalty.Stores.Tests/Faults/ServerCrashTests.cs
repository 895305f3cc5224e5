using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Faults;

/// <summary>The server loses its power in the middle of a run, and comes up again: what was told to be kept is there, and nothing else.</summary>
public sealed class ServerCrashTests : IDisposable
{
    private static readonly PostgresStoreOptions Options = new() { RetryDelay = TimeSpan.FromMilliseconds(100), MaxAttempts = 8 };

    // A server of its own, which writes through to the disk.
    private readonly TestServer _server = new(fsync: true);
    private readonly TestDatabase _database;

    public ServerCrashTests() => _database = _server.CreateDatabase();

    /// <summary>Where the power fails.</summary>
    public enum Moment
    {
        Begun,
        Staged,
        Reviewed,
        Committing,
        Committed,
    }

    private static StoreRun First { get; } = new(20, [.. Enumerable.Range(0, 300).Select(static i => new Video($"c{i % 40}", $"{i}", i % 20, 100 * (i % 30)))], []);

    private static StoreRun Second { get; } = new(75, [.. Enumerable.Range(100, 300).Select(static i => new Video($"c{i % 45}", $"{i}", i % 60, 90 * (i % 31)))], [new("a", "c1", 3, 700)]);

    public void Dispose()
    {
        _database.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task S05_After_a_crash_of_the_server_a_run_is_there_whole_or_not_at_all_and_completes_when_run_again()
    {
        var expected = await RunAsync("reference", static _ => { });
        var kept = 0;
        foreach (var moment in (Moment[])[.. Enum.GetValues<Moment>(), Moment.Committing, Moment.Committing])
        {
            var tenant = $"{moment}{++kept}";
            var store = await PrepareAsync(tenant);
            var before = await StateAsync(tenant);
            var told = await CrashAtAsync(moment, store);
            var state = await StateAsync(tenant);
            Assert.True(
                state == (told ? expected : before), $"{moment}: the run was {(told ? "kept" : "not kept")}, but the state is {(state == before ? "as before" : state == expected ? "as after" : "neither")}");
            Assert.Equal(moment == Moment.Committed || (moment == Moment.Committing && told), told);
            if (!told)
            {
                await store.RunAsync(Given.Program(tenant), Given.Date(Second.AsOf), static async (session, _) => await Second.FeedAsync(session));
                Assert.Equal(expected, await StateAsync(tenant));
            }

            Assert.True((await store.VerifyAsync()).IsRight);
        }
    }

    [Fact]
    public async Task S05_A_run_during_which_the_server_crashes_is_run_again_by_itself()
    {
        var expected = await RunAsync("reference", static _ => { });
        foreach (var moment in (Moment[])[Moment.Begun, Moment.Staged, Moment.Reviewed])
        {
            var crashed = false;
            Assert.Equal(expected, await RunAsync($"alone{moment}", at =>
            {
                if (at == moment && !crashed)
                {
                    crashed = true;
                    _server.Crash();
                }
            }));
            Assert.True(crashed);
        }
    }

    /// <summary>Runs until the power fails at a moment.</summary>
    /// <returns>Whether the run was kept, as the caller is told.</returns>
    private async Task<bool> CrashAtAsync(Moment moment, PostgresMemberStore store)
    {
        var crash = Task.CompletedTask;
        try
        {
            await using var session = await store.BeginRunAsync(Given.Program(store.Tenant), Given.Date(Second.AsOf));
            await FeedAsync(session, at =>
            {
                if (at == moment)
                {
                    _server.Crash();
                }
            });
            if (moment == Moment.Committing)
            {
                crash = Task.Run(_server.Crash);
            }

            await session.CommitAsync();
        }
        catch (StoreException e)
        {
            Assert.Equal(StoreFault.Interrupted, e.Fault);
            return false;
        }
        finally
        {
            await crash;
        }

        if (moment == Moment.Committed)
        {
            _server.Crash();
        }

        return true;
    }

    private async Task<string> RunAsync(string tenant, Action<Moment> at)
    {
        var store = await PrepareAsync(tenant);
        await store.RunAsync(Given.Program(tenant), Given.Date(Second.AsOf), (session, _) => FeedAsync(session, at));
        return await StateAsync(tenant);
    }

    private static async ValueTask<int> FeedAsync(IMemberRun session, Action<Moment> at)
    {
        at(Moment.Begun);
        await session.ApplyAsync(Given.Batch(Second.Videos));
        await session.ApplyAsync([.. Second.Corrections.Select(Given.Adjustment)]);
        at(Moment.Staged);
        await session.ReviewAsync();
        at(Moment.Reviewed);
        return 0;
    }

    private async Task<PostgresMemberStore> PrepareAsync(string tenant)
    {
        var store = new PostgresMemberStore(_database.App, tenant, Options);
        await store.RunAsync(Given.Program(tenant), Given.Date(First.AsOf), static async (session, _) => await First.FeedAsync(session));
        return store;
    }

    private async Task<string> StateAsync(string tenant)
    {
        // Connections from before the crash are dead, and the pool does not know.
        _database.Owner.Clear();
        _database.App.Clear();
        return await RawState.OfAsync(_database.Owner, tenant);
    }
}
