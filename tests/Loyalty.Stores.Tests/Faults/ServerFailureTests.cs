using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Faults;

/// <summary>The server itself raises 40001 and 40P01, at a statement and at the commit: the whole run is tried again, and not for ever.</summary>
public sealed class ServerFailureTests(TestServer server) : IDisposable
{
    private const int MaxAttempts = 4;

    private readonly TestDatabase _database = server.CreateDatabase();

    private static StoreRun First { get; } = new(20, [new("ann", "1", 1, 1_500), new("bob", "2", 2, 10)], []);

    private static StoreRun Second { get; } = new(60, [new("ann", "1", 1, 900), new("cy", "3", 30, 2_500)], [new("a", "bob", 3, 700)]);

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData("40001", "activity")]
    [InlineData("40001", "member")]
    [InlineData("40001", "decision")]
    [InlineData("40P01", "adjustment")]
    [InlineData("40P01", "run")]
    public async Task A_statement_that_the_server_ends_begins_the_whole_run_again(string state, string table) => await RetriesAsync(
        state,
        $"""
        CREATE FUNCTION public.hook() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('public.failures') <= (SELECT most FROM public.plan) THEN RAISE EXCEPTION SQLSTATE '{state}'; END IF; RETURN true; END $$;
        ALTER TABLE loyalty.{table} ADD CONSTRAINT hook CHECK (public.hook()) NOT VALID
        """);

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_commit_that_the_server_ends_begins_the_whole_run_again(string state) => await RetriesAsync(
        state,
        $"""
        CREATE FUNCTION public.hook() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('public.failures') <= (SELECT most FROM public.plan) THEN RAISE EXCEPTION SQLSTATE '{state}'; END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER hook AFTER INSERT ON loyalty.run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.hook()
        """);

    [Fact]
    public async Task A_real_deadlock_with_another_session_begins_the_whole_run_again()
    {
        // The run looks for deadlocks soon, the other session late: the run is the one that the server ends.
        TestServer.Execute(_database.OwnerConnectionString, $"ALTER DATABASE {_database.Name} SET deadlock_timeout = '50ms'");
        await using var app = NpgsqlDataSource.Create(_database.AppConnectionString);
        var expected = await ReferenceAsync();
        var store = await PrepareAsync("dead", app);
        var before = await StateAsync("dead");

        var attempts = 0;
        var e = await Assert.ThrowsAsync<StoreException>(async () => await store.RunAsync(Given.Program("dead"), Given.Date(Second.AsOf), (session, _) =>
        {
            attempts++;
            return DeadlockAsync(session);
        }));
        Assert.Equal((StoreFault.Interrupted, "40P01", MaxAttempts), (e.Fault, (e.InnerException as PostgresException)?.SqlState, attempts));
        Assert.Equal(before, await StateAsync("dead"));

        attempts = 0;
        await store.RunAsync(
            Given.Program("dead"), Given.Date(Second.AsOf), (session, _) => ++attempts <= 2 ? DeadlockAsync(session) : FeedAsync(session));
        Assert.Equal(3, attempts);
        Assert.Equal(expected, await StateAsync("dead"));
    }

    /// <summary>The run holds the row of the tenant; another session takes the members and then wants that row; the run wants the members.</summary>
    private async ValueTask<string> DeadlockAsync(IMemberRun session)
    {
        await using var other = await _database.Owner.OpenConnectionAsync();
        await ExecuteAsync(other, "SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE loyalty.member IN ACCESS EXCLUSIVE MODE");
        var waiting = ExecuteAsync(other, $"SELECT 1 FROM loyalty.tenant WHERE tenant_id = {TenantId.FromName("dead")} FOR UPDATE");
        await using (var look = _database.Owner.CreateCommand($"SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {other.ProcessID} AND NOT granted)"))
        {
            while (await look.ExecuteScalarAsync() is false)
            {
                await Task.Delay(5);
            }
        }

        try
        {
            return await FeedAsync(session);
        }
        finally
        {
            await session.DisposeAsync();
            await waiting;
            await ExecuteAsync(other, "ROLLBACK");
        }
    }

    private async Task RetriesAsync(string state, string hook)
    {
        var expected = await ReferenceAsync();
        var store = await PrepareAsync("hooked", _database.App);
        var before = await StateAsync("hooked");
        TestServer.Execute(
            _database.OwnerConnectionString,
            $"""
            CREATE SEQUENCE public.failures; CREATE TABLE public.plan (most bigint); INSERT INTO public.plan VALUES ({long.MaxValue});
            GRANT ALL ON public.failures, public.plan TO {TestServer.AppRole};
            {hook}
            """);
        var e = await Assert.ThrowsAsync<StoreException>(async () => await RunAsync(store));
        Assert.Equal((StoreFault.Interrupted, state), (e.Fault, (e.InnerException as PostgresException)?.SqlState));
        Assert.Equal(MaxAttempts, await FailuresAsync());
        Assert.Equal(before, await StateAsync("hooked"));

        // Two more failures, then the run gets through: one effect.
        TestServer.Execute(_database.OwnerConnectionString, $"UPDATE public.plan SET most = {MaxAttempts + 2}");
        await RunAsync(store);
        Assert.Equal(expected, await StateAsync("hooked"));
        Assert.True(await FailuresAsync() > MaxAttempts + 2);
        Assert.True((await store.VerifyAsync()).IsRight);
    }

    private static ValueTask<string> RunAsync(PostgresMemberStore store) =>
        store.RunAsync(Given.Program(store.Tenant), Given.Date(Second.AsOf), (session, _) => FeedAsync(session));

    private static async ValueTask<string> FeedAsync(IMemberRun session) => await Second.FeedAsync(session);

    private async Task<string> ReferenceAsync()
    {
        await RunAsync(await PrepareAsync("reference", _database.App));
        return await StateAsync("reference");
    }

    private static async Task<PostgresMemberStore> PrepareAsync(string tenant, NpgsqlDataSource source)
    {
        var store = new PostgresMemberStore(source, tenant, new PostgresStoreOptions { RetryDelay = TimeSpan.FromMilliseconds(20), MaxAttempts = MaxAttempts });
        Assert.DoesNotContain("Exception", await First.OnAsync(store, tenant), StringComparison.Ordinal);
        return store;
    }

    private Task<string> StateAsync(string tenant) => RawState.OfAsync(_database.Owner, tenant);

    private async Task<long> FailuresAsync()
    {
        await using var command = _database.Owner.CreateCommand("SELECT last_value FROM public.failures");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
