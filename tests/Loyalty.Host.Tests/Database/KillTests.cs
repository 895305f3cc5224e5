using System.Diagnostics;
using Loyalty.Host;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary>The program is killed in the middle of a run on PostgreSQL.</summary>
public sealed class KillTests(TestServer server)
{
    private const int RandomKills = 8;

    // In the order in which a run comes to them.
    private static readonly string[] Tables = ["tenant", "activity", "decision", "member", "mission_instance", "adjustment", "program", "run", "run_input"];

    [Fact]
    public async Task S05_A_killed_run_is_there_whole_or_not_at_all_and_the_next_one_ends_as_if_nothing_had_been()
    {
        using var reference = new DatabaseDesk(server);
        Prepare(reference);
        Second(reference).With(0);
        var done = Stored(reference);

        using var desk = new DatabaseDesk(server);
        Prepare(desk);
        var old = Stored(desk);
        Assert.NotEqual(old, done);
        var files = desk.Desk.Snapshot();

        // At each table the run is made to stop, and is killed there.
        var killed = 0;
        foreach (var table in Tables)
        {
            Process run;
            using (desk.Lock(table))
            {
                run = Start(desk);
                if (!desk.WaitUntilStopped(run))
                {
                    Assert.Fail($"the run did not come to the table {table}");
                }

                run.Kill();
                await run.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            using (run)
            {
                Assert.NotEqual(0, run.ExitCode);
            }

            killed++;
            desk.WaitUntilAlone();
            Assert.True(Stored(desk) == old, $"killed at {table}: the rows are not those of before");
            Assert.All(files, file => Assert.Equal(file.Value, desk.Desk.Snapshot()[file.Key]));
        }

        // And at moments that nobody chose.
        var clock = Stopwatch.StartNew();
        reference.Desk.Run("verify", "--program", "sample/program.json", "--postgres", reference.App).With(0);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < RandomKills && Stored(desk) == old; i++)
        {
            using var run = Start(desk);
            await Task.Delay(random.Next(0, 2 * (int)clock.ElapsedMilliseconds), TestContext.Current.CancellationToken);
            run.Kill();
            await run.WaitForExitAsync(TestContext.Current.CancellationToken);
            desk.WaitUntilAlone();
            var left = Stored(desk);
            Assert.True(left == old || left == done, $"seed {seed}, kill {i}: the rows are neither those of before nor those of after");
        }

        Assert.Equal(Tables.Length, killed);
        Second(desk).With(0);
        Assert.Equal(Lasting(done), Lasting(Stored(desk)));
        desk.Desk.Run("verify", "--program", "sample/program.json", "--postgres", desk.App).With(0);
    }

    private static void Prepare(DatabaseDesk desk)
    {
        desk.Desk.Run("sample-data", "--members", "300", "--videos", "3000", "--days", "2", "--out", "sample").With(0);
        desk.Desk.Run([.. Arguments(desk, "sample/videos-2025-06-29.csv", "2025-06-29")]).With(0);

        // Another program from now on, so that every table is written.
        desk.Desk.Write("sample/program.json", desk.Desk.Read("sample/program.json").Replace("\"graceDays\": 0", "\"graceDays\": 3", StringComparison.Ordinal));
    }

    private static string[] Arguments(DatabaseDesk desk, string videos, string asOf) =>
        ["sync", "--program", "sample/program.json", "--videos", videos, "--adjustments", "sample/adjustments.csv", "--as-of", asOf, "--postgres", desk.App, "--out", "out"];

    private static Process Start(DatabaseDesk desk) => desk.Desk.Start(Arguments(desk, "sample/videos.csv", "2025-11-30"));

    private static Ended Second(DatabaseDesk desk) => desk.Desk.Run(Arguments(desk, "sample/videos.csv", "2025-11-30"));

    /// <summary>All rows but what differs from run to run: ids and times of runs.</summary>
    private static string Stored(DatabaseDesk desk) => string.Join('\n', desk.Read(
        """
        SELECT line FROM (
            SELECT 'tenant ' || to_jsonb(t)::text AS line FROM loyalty.tenant t
            UNION ALL SELECT 'program ' || to_jsonb(t)::text FROM loyalty.program t
            UNION ALL SELECT 'member ' || to_jsonb(t)::text FROM loyalty.member t
            UNION ALL SELECT 'activity ' || to_jsonb(t)::text FROM loyalty.activity t
            UNION ALL SELECT 'adjustment ' || to_jsonb(t)::text FROM loyalty.adjustment t
            UNION ALL SELECT 'decision ' || (to_jsonb(t) - 'run_id')::text FROM loyalty.decision t
            UNION ALL SELECT 'mission ' || to_jsonb(t)::text FROM loyalty.mission_instance t
            UNION ALL SELECT 'run ' || (to_jsonb(t) - 'run_id' - 'started_at' - 'completed_at')::text FROM loyalty.run t
            UNION ALL SELECT 'input ' || (to_jsonb(t) - 'run_id')::text FROM loyalty.run_input t
        ) all_rows ORDER BY line
        """));

    /// <summary>Without the ledger, which has one more line when a kill came after the commit.</summary>
    private static string Lasting(string rows) => string.Join(
        '\n', rows.Split('\n').Where(static row => !row.StartsWith("run ", StringComparison.Ordinal) && !row.StartsWith("input ", StringComparison.Ordinal)));
}
