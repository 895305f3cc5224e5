using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Host.Database;

/// <summary>Runs on a server of their own, which ends or has a full disk.</summary>
public sealed class DisturbedServerTests(TestServer server) : DisturbedRuns(server)
{
    /// <summary>
    /// The disk of the server is full at one write after the other: that of its tables, or that of its log, too, on which it ends. Then there is room again.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void F36_A_full_disk_of_the_server_leaves_the_rows_of_before(bool hasLog)
    {
        using var own = new TestServer(fsync: false, new SmallDisk(220, hasLog), "min_wal_size=32MB", "max_wal_size=64MB", "shared_buffers=16MB");
        using var desk = Prepare();
        var step = IsLongForm ? 1.4 : 20;
        foreach (var row in Commands)
        {
            var command = row.Data;
            using var database = own.CreateDatabase();
            var (old, after) = Expected(desk, command, database, own);
            var failed = 0;
            for (double left = 0; ; left = Math.Max(8, left * step))
            {
                own.Fill((int)left);
                var ended = Run(desk, command, "2025-03-02", "out", Store(database));
                NpgsqlConnection.ClearAllPools();
                own.Free();
                if (hasLog && ended.Code != 0)
                {
                    own.Crash();
                }

                var stored = Stored(database);
                if (ended.Code == 0)
                {
                    Assert.True(stored == after.Stored, $"{command}, {left} KiB left: the rows are not those of after");
                    break;
                }

                failed++;
                Assert.True(stored == old || (hasLog && stored == after.Stored), $"{command}, {left} KiB left: the rows are neither those of before nor those of after\n{ended.Error}");
                Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
                if (!hasLog)
                {
                    Assert.Contains("The disk of the server is full; free some, then run again.", ended.Error, StringComparison.Ordinal);
                }
            }

            Assert.True(failed > 0, $"{command}: no write failed");
            Run(desk, command, "2025-03-02", "out", Store(database)).With(0);
            Assert.Equal(Lasting(after.Stored), Lasting(Stored(database)));
            Assert.Equal(after.Files, Files(desk, "out"));
        }
    }

    /// <summary>The server ends as by a loss of power in the middle of runs: they succeed on it when it is there again, or say that they could not.</summary>
    [Fact]
    public async Task F36_The_server_may_be_restarted_in_the_middle()
    {
        using var own = new TestServer(fsync: true);
        using var desk = Prepare();
        var random = new Random(Environment.TickCount);
        foreach (var row in Commands)
        {
            var command = row.Data;
            using var before = own.CreateDatabase();
            var (old, after) = Expected(desk, command, before, own);
            for (var i = 0; i < Restarts; i++)
            {
                using var database = Copy(before, own);
                using var process = desk.Start(Arguments(command, "2025-03-02", "out", Store(database)));
                await Task.Delay(random.Next(0, (int)after.Length), TestContext.Current.CancellationToken);
                own.Crash();
                _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                NpgsqlConnection.ClearAllPools();
                var left = Stored(database);
                Assert.True(process.ExitCode == 0 ? left == after.Stored : left == old || left == after.Stored, $"{command}, restart {i}, exit code {process.ExitCode}: {error}");
                Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
                Run(desk, command, "2025-03-02", "out", Store(database)).With(0);
                Assert.Equal(Lasting(after.Stored), Lasting(Stored(database)));
            }
        }
    }
}
