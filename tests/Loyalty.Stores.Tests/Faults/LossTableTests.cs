using Loyalty.Postgres.Cutover;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Loyalty.Testing.Members;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Faults;

/// <summary>Which loss is worth another try, which failed commit may have been kept, and what a refusal says to do.</summary>
public sealed class LossTableTests(TestServer server)
{
    [Theory]
    [InlineData("08006", "connection to the remote node web@10.0.0.1:5432 failed", StoreFault.Interrupted, true)]
    [InlineData("08P01", "protocol violation", StoreFault.Interrupted, true)]
    [InlineData("57P01", "terminating connection due to administrator command", StoreFault.Interrupted, true)]
    [InlineData("57P02", "terminating connection because of crash of another server process", StoreFault.Interrupted, true)]
    [InlineData("57P03", "the database system is starting up", StoreFault.Interrupted, true)]
    [InlineData("57P05", "terminating connection due to idle-session timeout", StoreFault.Interrupted, true)]
    [InlineData("53300", "sorry, too many clients already", StoreFault.Interrupted, true)]
    [InlineData("25P03", "terminating connection due to idle-in-transaction timeout", StoreFault.Interrupted, true)]
    [InlineData("25P04", "terminating connection due to transaction timeout", StoreFault.Interrupted, true)]
    [InlineData("58030", "could not read block 5", StoreFault.Interrupted, true)]
    [InlineData("XX000", "failure on connection marked as essential: 10.0.0.1:5432", StoreFault.Interrupted, true)]
    [InlineData("XX000", "could not commit transaction for shard 102008 on any active node", StoreFault.Interrupted, true)]
    [InlineData("XX000", "cache lookup failed for relation 5", StoreFault.Refused, true)]
    [InlineData("XX001", "invalid page in block 5", StoreFault.Refused, false)]
    [InlineData("40001", "could not serialize access", StoreFault.Interrupted, false)]
    [InlineData("40P01", "deadlock detected", StoreFault.Interrupted, false)]
    [InlineData("55P03", "could not obtain lock on row", StoreFault.AlreadyRunning, false)]
    [InlineData("23505", "duplicate key", StoreFault.Refused, false)]
    [InlineData("57014", "canceling statement due to statement timeout", StoreFault.Refused, false)]
    [InlineData("42P01", "relation does not exist", StoreFault.NotMigrated, false)]
    public void F22_One_table_says_what_is_worth_another_try_and_what_may_have_been_kept(string state, string message, StoreFault fault, bool mayBeKept)
    {
        var exception = new PostgresException(message, "ERROR", "ERROR", state);
        Assert.Equal(fault, PostgresErrors.Map(exception).Fault);
        Assert.Equal(mayBeKept, PostgresErrors.IsAnswerLost(exception));
    }

    [Fact]
    public void F22_Each_line_of_the_table_is_one_that_is_tried_again()
    {
        Assert.All(PostgresErrors.Losses, static loss => Assert.Equal(
            StoreFault.Interrupted, PostgresErrors.Map(new PostgresException("a connection", "FATAL", "FATAL", loss.State.PadRight(5, '0'))).Fault));
        Assert.All(PostgresErrors.Advice, static advice =>
        {
            var mapped = PostgresErrors.Map(new PostgresException("so", "ERROR", "ERROR", advice.Key));
            Assert.Equal(StoreFault.Refused, mapped.Fault);
            Assert.EndsWith(advice.Value, mapped.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void F22_A_cutover_takes_the_same_losses_as_worth_another_try() =>
        Assert.All(PostgresErrors.Losses, static loss => Assert.Equal(
            CutoverFault.Interrupted, CutoverErrors.Map(new PostgresException("a connection", "FATAL", "FATAL", loss.State.PadRight(5, '0'))).Fault));

    [Theory]
    [InlineData("-c statement_timeout=1ms", "statement_timeout")]
    [InlineData("-c default_transaction_read_only=on", "connect to the primary")]
    public async Task F22_A_limit_of_the_server_says_what_to_do(string options, string advice)
    {
        using var database = server.CreateDatabase();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.AppConnectionString) { Options = options, MaxPoolSize = 2 });
        var store = new PostgresMemberStore(source, "acme", new PostgresStoreOptions());
        var run = new StoreRun(40, [.. Enumerable.Range(0, 3_000).Select(static i => new Video($"c{i % 9}", $"{i}", i % 30, 100))], []);
        var e = await Assert.ThrowsAsync<StoreException>(async () => await store.RunAsync(Given.Program("acme"), Given.Date(40), async (session, token) =>
        {
            await session.ApplyAsync(Given.Batch(run.Videos), token);
            return await session.ReviewAsync(token);
        }));
        Assert.Equal(StoreFault.Refused, e.Fault);
        Assert.Contains(advice, e.Message, StringComparison.Ordinal);
    }

    /// <summary>No cluster is at hand: a table of the same name says that there is one.</summary>
    [Fact]
    public async Task F27_On_a_cluster_a_store_whose_tenant_would_not_reach_the_nodes_is_refused_and_on_one_server_none()
    {
        using var database = server.CreateDatabase();
        await ReadAsync("-c citus.propagate_set_commands=none");
        TestServer.Execute(
            new NpgsqlConnectionStringBuilder(database.OwnerConnectionString) { Options = "-c allow_system_table_mods=on", Pooling = false }.ConnectionString,
            "CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass)");
        var e = await Assert.ThrowsAsync<StoreException>(async () => await ReadAsync("-c citus.propagate_set_commands=none"));
        Assert.Equal(StoreFault.Refused, e.Fault);
        Assert.Contains("Options=-c citus.propagate_set_commands=local", e.Message, StringComparison.Ordinal);
        await ReadAsync("-c citus.propagate_set_commands=local");
        await ReadAsync("-c work_mem=8MB");

        async Task ReadAsync(string options)
        {
            await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.AppConnectionString) { Options = options, MaxPoolSize = 2 });
            Assert.Null(await new PostgresMemberStore(source, "acme", new PostgresStoreOptions()).GetStatusAsync());
        }
    }
}
