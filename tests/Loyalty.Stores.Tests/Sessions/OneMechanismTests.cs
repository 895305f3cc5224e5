using System.Net.Sockets;
using Loyalty.DependencyInjection;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Scoring;
using Loyalty.Storage;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Points;
using Loyalty.Tests.Stores.Server;
using Loyalty.Testing.Members;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Loyalty.Tests.Stores.Sessions;

/// <summary>What members, scores and points have in common on PostgreSQL; each of these was true of some of them only.</summary>
public sealed class OneMechanismTests(TestServer server) : IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData("DELETE FROM loyalty.schema_migration WHERE version = (SELECT max(version) FROM loyalty.schema_migration)", StoreFault.NotMigrated)]
    [InlineData("INSERT INTO loyalty.schema_migration SELECT 9998, 'of_tomorrow', checksum, applied_at FROM loyalty.schema_migration LIMIT 1", StoreFault.Newer)]
    public async Task R01_nothing_is_written_into_a_schema_of_another_version(string change, StoreFault fault)
    {
        await new PostgresPointsStore(_database.App, "t").OpenedAsync(PointsGiven.Program("t"));
        TestServer.Execute(_database.OwnerConnectionString, change);
        var store = new PostgresLoyaltyStore(_database.App, "t", Loyalty.Money.Currency.Get("USD"));
        await RefusedAsync(async () => await store.Members.BeginRunAsync(Given.Program("t"), Given.Date(9)));
        await RefusedAsync(async () => await store.Scores.BeginRunAsync(ScoringProgram.Default, Given.Date(9), OrderScope.All));
        await RefusedAsync(async () => await store.Points.BeginRunAsync(PointsGiven.Program("t"), PointsGiven.Date(9), PointsGiven.Noon));
        await RefusedAsync(async () => await store.Points.ApplyAsync(LedgerOperation.Adjust("a", "ann", PointsGiven.Date(0), 5, "gift")));
        await RefusedAsync(async () => await store.Points.TimeOutHoldsAsync(PointsGiven.Noon));

        async Task RefusedAsync(Func<Task> call) => Assert.Equal(fault, (await Assert.ThrowsAsync<StoreException>(call)).Fault);
    }

    [Fact]
    public async Task R02_a_run_of_points_that_was_interrupted_waits_for_the_lock_of_its_own_lost_connection()
    {
        var store = await new PostgresPointsStore(_database.App, "own", Patient).OpenedAsync(PointsGiven.Program("own"));
        await using var holder = await _database.Owner.OpenConnectionAsync();
        var attempts = 0;
        NpgsqlTransaction? held = null;
        await store.RunAsync(PointsGiven.Program("own"), PointsGiven.Date(3), PointsGiven.Noon, async (run, token) =>
        {
            if (++attempts == 1)
            {
                await run.DisposeAsync();
                held = await holder.BeginTransactionAsync(token);
                await using var command = new NpgsqlCommand("SELECT 1 FROM loyalty.points_book FOR UPDATE", holder);
                await command.ExecuteScalarAsync(token);
                _ = Task.Run(async () =>
                {
                    await Task.Delay(1_500, CancellationToken.None);
                    await held.RollbackAsync(CancellationToken.None);
                }, CancellationToken.None);
                throw new StoreException(StoreFault.Interrupted, "lost");
            }

            return await run.CloseDaysAsync(token);
        });
        Assert.True(attempts > 1);
    }

    [Fact]
    public async Task R03_what_the_caller_throws_is_its_own_and_what_the_network_throws_is_tried_again()
    {
        var store = await new PostgresPointsStore(_database.App, "net", Patient).OpenedAsync(PointsGiven.Program("net"));
        var attempts = 0;

        // A file that cannot be written is no lost connection: it is not tried again, and comes out as it is.
        await Assert.ThrowsAsync<IOException>(async () => await store.RunAsync<int>(PointsGiven.Program("net"), PointsGiven.Date(3), PointsGiven.Noon, (_, _) =>
        {
            attempts++;
            throw new IOException("the disk is full");
        }));
        Assert.Equal(1, attempts);
        foreach (var lost in (Exception[])[new SocketException(10054), new TimeoutException(), new IOException("broken pipe")])
        {
            attempts = 0;
            await store.RunAsync(PointsGiven.Program("net"), PointsGiven.Date(3), PointsGiven.Noon, async (run, token) =>
            {
                if (++attempts == 1)
                {
                    await ((ISessionRun)run).Session.GuardAsync(_ => throw lost, token);
                }

                return await run.CloseDaysAsync(token);
            });
            Assert.Equal(2, attempts);
        }
    }

    [Fact]
    public async Task R04_every_tenant_has_its_whole_store_and_none_is_registered_twice()
    {
        var services = new ServiceCollection();
        services.AddLoyalty(Given.Program("one")).UsePostgres(_database.App);
        services.AddLoyalty(Given.Program("two")).UsePostgres(_database.App);
        Assert.Throws<InvalidOperationException>(() => services.AddLoyalty(Given.Program("two")));
        Assert.Throws<InvalidOperationException>(() => services.AddLoyalty(Given.Program("three")).UsePostgres(_database.App).UsePostgres(_database.App));
        await using var provider = services.BuildServiceProvider();
        var stores = provider.GetRequiredService<ILoyaltyStores>();
        Assert.Equal(["one", "two", "three"], stores.Tenants);
        foreach (var tenant in stores.Tenants)
        {
            var store = stores.Of(tenant);
            Assert.Equal(tenant, store.Tenant);
            Assert.Same(store, provider.GetRequiredKeyedService<ILoyaltyStore>(tenant));
            Assert.Null(await store.Members.FindMemberAsync("nobody"));
            Assert.Null(await store.Scores.FindScoreAsync("nobody"));
            Assert.Null(await store.Points.FindMemberAsync("nobody"));
        }

        Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<ILoyaltyStore>());
        Assert.Throws<ArgumentException>(() => stores.Of("nobody"));
        await new StoreRun(9, [new("ann", "1", 1, 1)], []).OnAsync(stores.Of("one").Members, "one");
        Assert.NotNull(await stores.Of("one").Members.FindProgressAsync("ann"));
        Assert.Null(await stores.Of("two").Members.FindProgressAsync("ann"));
    }

    [Fact]
    public async Task Rows_of_an_application_are_kept_with_the_run_or_not_at_all()
    {
        TestServer.Execute(_database.OwnerConnectionString, "CREATE TABLE public.told (what text); GRANT INSERT ON public.told TO PUBLIC");
        var store = await new PostgresPointsStore(_database.App, "also").OpenedAsync(PointsGiven.Program("also"));
        await Assert.ThrowsAsync<TimeoutException>(async () => await RunAsync(_ => throw new TimeoutException("the application gave up")));
        Assert.Equal(0L, await CountAsync());
        await RunAsync(_ => { });
        Assert.Equal(1L, await CountAsync());
        Assert.Throws<ArgumentException>(() => new Loyalty.Storage.InMemory.Points.InMemoryPointsStore()
            .BeginRunAsync(PointsGiven.Program("also"), PointsGiven.Date(1), PointsGiven.Noon).AsTask().GetAwaiter().GetResult().AlsoWrite(static (_, _) => default));

        async Task RunAsync(Action<int> then) => await store.RunAsync(PointsGiven.Program("also"), PointsGiven.Date(3), PointsGiven.Noon, async (run, token) =>
        {
            var result = await run.CloseDaysAsync(token);
            run.AlsoWrite(async (transaction, stop) =>
            {
                await using var command = new NpgsqlCommand("INSERT INTO public.told VALUES ($1)", transaction.Connection, transaction);
                command.Parameters.AddWithValue($"{result.EntriesNew} entries");
                await command.ExecuteNonQueryAsync(stop);
            });
            then(0);
            return result;
        });

        async Task<long> CountAsync()
        {
            await using var command = _database.Owner.CreateCommand("SELECT count(*) FROM public.told");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    private static PostgresStoreOptions Patient => new() { RetryDelay = TimeSpan.FromMilliseconds(200), MaxAttempts = 10 };
}
