using System.Net.Sockets;
using Loyalty.Creators;
using Loyalty.DependencyInjection;
using Loyalty.Messages;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres;
using Loyalty.Postgres.Creators;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Scoring;
using Loyalty.Storage;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Points;
using Loyalty.Tests.Stores.Queue;
using Loyalty.Tests.Stores.Server;
using Loyalty.Testing.Members;
using Loyalty.Testing.Scores;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Loyalty.Tests.Stores.Sessions;

/// <summary>What members, scores and points have in common on PostgreSQL; each of these was true of some of them only.</summary>
public sealed class OneMechanismTests(TestServer server) : IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task A_statement_of_a_run_may_take_longer_than_the_driver_gives_a_command()
    {
        TestServer.Execute(
            _database.OwnerConnectionString,
            """
            CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;
            CREATE TRIGGER slow AFTER INSERT ON loyalty.activity FOR EACH STATEMENT EXECUTE FUNCTION public.slow();
            CREATE TRIGGER slow AFTER INSERT ON loyalty.customer_order FOR EACH STATEMENT EXECUTE FUNCTION public.slow();
            CREATE TRIGGER slow AFTER INSERT ON loyalty.points_entry FOR EACH STATEMENT EXECUTE FUNCTION public.slow();
            """);
        await using var source = NpgsqlDataSource.Create(_database.AppConnectionString + ";Command Timeout=1");
        var once = new PostgresStoreOptions { MaxAttempts = 1 };
        var synced = await new PostgresMemberStore(source, "t", once).RunAsync(Given.Program("t"), Given.Date(9), async (run, token) =>
        {
            await run.ApplyAsync(Given.Batch([new Video("ann", "1", 1, 100)]), token);
            return await run.ReviewAsync(token);
        });
        Assert.Equal(1, synced.MembersTotal);
        var scores = new PostgresScoreStore(source, "t", Loyalty.Money.Currency.Get("USD"), once);
        Assert.NotNull(await scores.RunAsync(ScoringProgram.Default, Given.Date(9), OrderScope.All, async (run, token) =>
        {
            await run.PutAsync([new Sale("1", "ann@x.com", 1, 5).Order], token);
            return await run.RescoreAsync(token);
        }));
        var earned = await new PostgresPointsStore(source, "t", once).RunAsync(
            PointsGiven.Program("t"), 2, [new OrderRow("o", "ann", PointsGiven.Date(1), 5_000)], [], []);
        Assert.Equal(1, earned.Orders.Count(static o => o.IsNew));

        // What is taken as it comes keeps the limit of the connection.
        await Assert.ThrowsAsync<StoreException>(async () => await new PostgresPointsStore(source, "t", once).TakeOrdersAsync(
            [new OrderRow("p", "ann", PointsGiven.Date(2), 5_000)], PointsGiven.Date(2), PointsGiven.Noon.AddDays(2)));
    }

    [Theory]
    [InlineData("DELETE FROM loyalty.schema_migration WHERE version = (SELECT max(version) FROM loyalty.schema_migration)", StoreFault.NotMigrated)]
    [InlineData("INSERT INTO loyalty.schema_migration SELECT 9998, 'of_tomorrow', checksum, applied_at FROM loyalty.schema_migration LIMIT 1", StoreFault.Newer)]
    public async Task F20_R01_nothing_is_written_into_or_read_from_a_schema_of_another_version(string change, StoreFault fault)
    {
        await new PostgresPointsStore(_database.App, "t").OpenedAsync(PointsGiven.Program("t"));
        TestServer.Execute(_database.OwnerConnectionString, change);

        // A data source looks every ten seconds; this one has not looked yet.
        await using var source = NpgsqlDataSource.Create(_database.AppConnectionString);
        var store = new PostgresLoyaltyStore(source, "t", Loyalty.Money.Currency.Get("USD"));
        var (creators, queue, jobs) = (new PostgresCreatorStore(source, "t"), new PostgresQueueStore(source, "t"), new PostgresJobStore(source, "t"));
        Func<Task>[] calls =
        [
            async () => await store.Members.BeginRunAsync(Given.Program("t"), Given.Date(9)),
            async () => await store.Members.FindProgressAsync("ann"),
            async () => await store.Members.FindMemberAsync("ann"),
            async () => await store.Members.ReadMembersAsync().ToListAsync(),
            async () => await store.Members.VerifyAsync(),
            async () => await store.Scores.BeginRunAsync(ScoringProgram.Default, Given.Date(9), OrderScope.All),
            async () => await store.Scores.FindScoreAsync("ann@x.com"),
            async () => await store.Scores.ReadTimelineAsync("ann@x.com", null, 2),
            async () => await store.Points.BeginRunAsync(PointsGiven.Program("t"), PointsGiven.Date(9), PointsGiven.Noon),
            async () => await store.Points.ApplyAsync(LedgerOperation.Adjust("a", "ann", PointsGiven.Date(0), 5, "gift")),
            async () => await store.Points.TakeOrdersAsync([new OrderRow("o", "ann", PointsGiven.Date(0), 5)], PointsGiven.Date(0), PointsGiven.Noon),
            async () => await store.Points.TakeRefundsAsync([new RefundRow("x", "o", PointsGiven.Date(0), 5)], PointsGiven.Date(0), PointsGiven.Noon),
            async () => await store.Points.TimeOutHoldsAsync(PointsGiven.Noon),
            async () => await store.Points.FindBalanceAsync("ann"),
            async () => await store.Points.ReadMembersAsync().ToListAsync(),
            async () => await store.Points.VerifyAsync(),
            async () => await creators.BeginRunAsync(Given.Program("t"), new CreatorImportOptions()),
            async () => await creators.TagAsync("ann", ["vip"], []),
            async () => await creators.RenameAsync("ann", "bea", Given.Date(9)),
            async () => await creators.AppendCommunicationsAsync([new Communication { Handle = "ann", At = QueueGiven.Past.UtcDateTime, Channel = "email", Status = "sent" }]),
            async () => await creators.ListAsync(new CreatorQuery()),
            async () => await queue.EnqueueAsync([QueueGiven.Operation("a", 1)]),
            async () => await queue.ClaimAsync(QueueGiven.Claim()),
            async () => await queue.RetryAsync(null),
            async () => await queue.DropAsync(null, "no more"),
            async () => await queue.PutContactsAsync([new Contact("a", "a@example.com", "", "Ann", "", "en")]),
            async () => await queue.AppendConsentAsync([new ConsentEntry("a", MessageKind.Expired, "email", false, false, QueueGiven.Past, ConsentSource.Operator)]),
            async () => await queue.ReadAsync().ToListAsync(),
            async () => await queue.CountAsync(),
            async () => await jobs.TryBeginAsync("expiry", QueueGiven.Past, Guid.NewGuid(), TimeSpan.FromMinutes(1)),
            async () => await jobs.FindLastAsync("expiry"),
        ];
        for (var i = 0; i < calls.Length; i++)
        {
            var thrown = await Record.ExceptionAsync(calls[i]);
            Assert.True(thrown is StoreException e && e.Fault == fault, $"call {i}: {thrown}");
        }
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
