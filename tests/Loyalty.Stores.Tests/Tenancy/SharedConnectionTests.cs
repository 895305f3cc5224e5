using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Tests.Stores.Contract;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Tenancy;

/// <summary>Tenants that share connections: one connection for all of them, and a pooler that hands connections over at the end of a transaction.</summary>
public sealed class SharedConnectionTests : IDisposable
{
    private const int Tenants = 16;

    // The policies alone keep tenants apart here: the statement does not name one.
    private const string AllHandles = "SELECT handle FROM loyalty.member";

    private readonly TestServer? _own;
    private readonly TestDatabase _database;

    public SharedConnectionTests(TestServer server)
    {
        // The pooler's side of a server that asks for passwords would be another test's matter.
        _own = server.IsThrowAway ? null : new TestServer(fsync: true);
        _database = (_own ?? server).CreateDatabase();
        TenancyTests.ThrowIfPrivileged(_database.App);
        for (var i = 0; i < Tenants; i++)
        {
            var answer = new StoreRun(20, [new($"only{i}", $"{i}", 1, 100 + i)], []).OnAsync(new PostgresMemberStore(_database.App, Name(i)), Name(i)).GetAwaiter().GetResult();
            Assert.DoesNotContain("Exception", answer, StringComparison.Ordinal);
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _own?.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task T02_T03_Operations_of_16_tenants_over_one_connection_see_their_own_rows_only(bool noReset)
    {
        var operations = (int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_OPERATIONS"), out var given) ? given : 1_000_000) / 2;
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_database.AppConnectionString) { MaxPoolSize = 1, NoResetOnClose = noReset, CancellationTimeout = 2_000 }.ConnectionString);
        const int Seed = 20250118;
        var random = new Random(Seed);
        var (seen, failed, cancelled) = (0, 0, 0);
        while (seen < operations)
        {
            // Many operations in one journey, each a transaction of its own tenant; now and then a journey fails or is cancelled on the way.
            var tenants = Enumerable.Range(0, 250).Select(_ => random.Next(Tenants)).ToArray();
            var trouble = random.Next(400);
            await using var connection = await source.OpenConnectionAsync();
            await using var batch = new NpgsqlBatch(connection);
            for (var i = 0; i < tenants.Length; i++)
            {
                batch.BatchCommands.Add(new("BEGIN"));
                batch.BatchCommands.Add(new($"SET LOCAL app.tenant_id = '{TenantId.FromName(Name(tenants[i]))}'"));
                batch.BatchCommands.Add(new(AllHandles));
                batch.BatchCommands.Add(new(i != tenants.Length / 2 ? "COMMIT" : trouble switch { 0 => "SELECT 1/0", 1 => "SELECT pg_sleep(20)", _ => "COMMIT" }));
            }

            if (trouble > 1)
            {
                await batch.PrepareAsync();
            }

            using var stop = new CancellationTokenSource();
            if (trouble == 1)
            {
                stop.CancelAfter(TimeSpan.FromMilliseconds(10));
            }

            try
            {
                await using var reader = await batch.ExecuteReaderAsync(stop.Token);
                var at = 0;
                do
                {
                    Assert.True(await reader.ReadAsync(stop.Token), $"seed {Seed}: tenant {tenants[at]} sees nothing");
                    Assert.Equal($"only{tenants[at++]}", reader.GetString(0));
                    Assert.False(await reader.ReadAsync(stop.Token), $"seed {Seed}: another tenant's row");
                    seen++;
                }
                while (await reader.NextResultAsync(stop.Token));
                Assert.Equal(tenants.Length, at);
            }
            catch (PostgresException e) when (e.SqlState == "22012")
            {
                failed++;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        Assert.True(operations < 100_000 || (failed > 0 && cancelled > 0), $"only {failed} journeys failed and {cancelled} were cancelled");
        TestContext.Current.SendDiagnosticMessage($"{seen} operations, {failed} journeys failed, {cancelled} cancelled");
    }

    [Fact]
    public async Task T03_Behind_a_pooler_in_transaction_mode_nothing_crosses()
    {
        using var pooler = new TransactionPooler(_database.AppConnectionString, connections: 3);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { MaxPoolSize = 40 }.ConnectionString);
        var stores = Enumerable.Range(0, Tenants).Select(i => new PostgresMemberStore(source, Name(i))).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async client =>
        {
            var random = new Random(client);
            for (var step = 0; step < 50; step++)
            {
                var i = random.Next(Tenants);
                var j = random.Next(Tenants);
                switch (random.Next(20))
                {
                    case 0:
                        using (var stop = new CancellationTokenSource(TimeSpan.FromMicroseconds(random.Next(3_000))))
                        {
                            try
                            {
                                Assert.Equal($"only{i}", (await stores[i].FindProgressAsync($"only{i}", stop.Token))?.Handle);
                            }
                            catch (OperationCanceledException)
                            {
                            }
                        }

                        break;
                    case 1:
                        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await stores[i].FindMemberAsync($"only{i}", Given.Date(900)));
                        break;
                    case 2:
                        Assert.Equal($"only{i}", (await stores[i].ReadMembersAsync().ToListAsync()).Single().Handle);
                        break;
                    case 3 or 4:
                        // A whole run, with its temporary tables and its COPY; the tenant may be at work already.
                        var told = await new StoreRun(20, [new($"only{i}", $"{i}", 1, 100 + random.Next(9))], []).OnAsync(stores[i], Name(i));
                        Assert.True(told == "StoreException AlreadyRunning" || told.Contains($"only{i}", StringComparison.Ordinal), told);
                        break;
                    default:
                        Assert.Equal(i == j, await stores[i].FindProgressAsync($"only{j}") is not null);
                        break;
                }
            }
        }));
        Assert.True(pooler.Clients >= 40, $"only {pooler.Clients} clients came");
        Assert.True(pooler.Handovers >= 1_000, $"connections went over only {pooler.Handovers} times");
        foreach (var store in stores)
        {
            Assert.True((await store.VerifyAsync()).IsRight);
        }

        TestContext.Current.SendDiagnosticMessage($"{pooler.Clients} clients, {pooler.Handovers} handovers over 3 connections");
    }

    [Fact]
    public async Task T03_The_pooler_hands_over_whatever_a_session_has_set()
    {
        // The proof that the test above can fail: what is set for a session, and not for a transaction, reaches the next client.
        using var pooler = new TransactionPooler(_database.AppConnectionString, connections: 1);
        await using var careless = await NpgsqlDataSource.Create(pooler.ConnectionString).OpenConnectionAsync();
        await using var innocent = await NpgsqlDataSource.Create(pooler.ConnectionString).OpenConnectionAsync();
        await using (var set = new NpgsqlCommand($"SET app.tenant_id = '{TenantId.FromName(Name(3))}'", careless))
        {
            await set.ExecuteNonQueryAsync();
        }

        await using (var read = new NpgsqlCommand(AllHandles, innocent))
        {
            Assert.Equal("only3", await read.ExecuteScalarAsync());
        }

        // The store's own transactions are not led astray by it.
        await using var source = NpgsqlDataSource.Create(pooler.ConnectionString);
        Assert.NotNull(await new PostgresMemberStore(source, Name(5)).FindProgressAsync("only5"));
        Assert.Null(await new PostgresMemberStore(source, Name(5)).FindProgressAsync("only3"));
    }

    private static string Name(int tenant) => $"shared{tenant}";
}
