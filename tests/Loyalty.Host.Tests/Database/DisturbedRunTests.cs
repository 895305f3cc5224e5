using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary>Runs on PostgreSQL that are killed or have a pooler in front.</summary>
public sealed class DisturbedRunTests(TestServer server) : DisturbedRuns(server)
{
    [Theory]
    [MemberData(nameof(Commands))]
    public async Task F36_A_run_on_PostgreSQL_that_is_killed_anywhere_is_there_whole_or_not_at_all(string command)
    {
        using var desk = Prepare();
        using var before = Server.CreateDatabase();
        var (old, after) = Expected(desk, command, before);

        var random = new Random(Environment.TickCount);
        TestDatabase? database = null;
        var killed = 0;
        for (var i = 0; i < 3 * Kills && killed < Kills; i++)
        {
            database ??= Copy(before);
            using var process = desk.Start(Arguments(command, "2025-03-02", "out", Store(database)));
            await Task.Delay(random.Next(0, (int)after.Length), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            WaitUntilAlone(database);
            killed += process.ExitCode == 0 ? 0 : 1;
            var left = Stored(database);
            Assert.True(left == old || left == after.Stored, $"kill {i}: the rows are neither those of before nor those of after");
            if (left != old || i % 5 == 0)
            {
                Run(desk, command, "2025-03-02", "out", Store(database)).With(0);
                Assert.Equal(Lasting(after.Stored), Lasting(Stored(database)));
                Assert.Equal(after.Files, Files(desk, "out"));
                database.Dispose();
                database = null;
            }
        }

        database?.Dispose();
        Assert.True(killed >= Math.Min(2, Kills), $"only {killed} runs could be killed in time");
    }

    /// <summary>Two connections that a pooler in transaction mode hands from client to client, with whatever was set on them.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public async Task F36_Runs_of_several_tenants_behind_a_pooler_leave_what_they_leave_without_one(string command)
    {
        using var desk = Prepare();
        using var direct = Server.CreateDatabase();
        using var pooled = Server.CreateDatabase();
        Run(desk, command, "2025-03-01", "direct", Store(direct)).With(0);
        Run(desk, command, "2025-03-02", "direct", Store(direct)).With(0);

        using var pooler = new TransactionPooler(pooled.AppConnectionString, connections: 2);
        string[] tenants = ["acme", "brio", "cara"];
        foreach (var tenant in tenants)
        {
            desk.Write($"{tenant}.json", Program.Replace("acme", tenant, StringComparison.Ordinal));
        }

        foreach (var date in (string[])["2025-03-01", "2025-03-02"])
        {
            var runs = tenants.Select(tenant => Task.Run(() => Run(desk, command.Replace("p.json", $"{tenant}.json", StringComparison.Ordinal), date, tenant, ["--postgres", pooler.ConnectionString])));
            foreach (var ended in await Task.WhenAll(runs))
            {
                ended.With(0);
            }
        }

        Assert.All(tenants, tenant => Assert.Equal(Files(desk, "direct"), Files(desk, tenant)));
        Assert.True(pooler.Handovers > 6, $"connections went over only {pooler.Handovers} times");
    }
}
