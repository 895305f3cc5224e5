using System.Diagnostics;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary>Runs on a store of one file that are killed or meet a full disk.</summary>
public sealed class DisturbedFileTests(TestServer server) : DisturbedRuns(server)
{
    [Theory]
    [MemberData(nameof(CommandsOnFiles))]
    public async Task F36_A_run_on_a_file_that_is_killed_anywhere_leaves_the_old_rows_or_the_new(string command, string file)
    {
        using var desk = Prepare();
        string[] store = Store(file);
        Run(desk, command, "2025-03-01", "out", store).With(0);
        var (old, content) = (Rows(desk, command, file), await File.ReadAllBytesAsync(desk[file], TestContext.Current.CancellationToken));
        var clock = Stopwatch.StartNew();
        Run(desk, command, "2025-03-02", "undisturbed", store).With(0);
        var (length, after, files) = (clock.ElapsedMilliseconds, Rows(desk, command, file), Files(desk, "undisturbed"));
        var random = new Random(Environment.TickCount);
        for (var i = 0; i < Kills; i++)
        {
            PutBack(desk, file, content);
            using (var process = desk.Start(Arguments(command, "2025-03-02", "out", store)))
            {
                await Task.Delay(random.Next(0, (int)length), TestContext.Current.CancellationToken);
                process.Kill();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            var left = Rows(desk, command, file);
            Assert.True(left == old || left == after, $"kill {i}: what is stored is neither that of before nor that of after");
            Run(desk, command, "2025-03-02", "out", store).With(0);
            Assert.Equal(files, Files(desk, "out"));
        }
    }

    /// <summary>Every file that a run writes meets the end of what it may write, at one size after the other.</summary>
    [Theory]
    [MemberData(nameof(CommandsOnFiles))]
    public void F36_A_full_disk_leaves_the_old_rows_and_one_line(string command, string file)
    {
        using var desk = Prepare();
        string[] store = Store(file);
        Run(desk, command, "2025-03-01", "out", store).With(0);
        var (old, content) = (Rows(desk, command, file), File.ReadAllBytes(desk[file]));
        Run(desk, command, "2025-03-02", "undisturbed", store).With(0);
        var files = Files(desk, "undisturbed");
        var failed = 0;
        var step = IsLongForm ? 1.05 : 3;
        for (double blocks = 1; blocks < 20_000; blocks = Math.Max(blocks + 1, blocks * step))
        {
            PutBack(desk, file, content);
            var limited = Limited(desk, (int)blocks, Arguments(command, "2025-03-02", "out", store));
            if (limited.Code == 0)
            {
                break;
            }

            failed++;
            Assert.True(Rows(desk, command, file) == old, $"{blocks} blocks: what is stored has changed\n{limited.Error}");
            Assert.DoesNotContain("   at ", limited.Error, StringComparison.Ordinal);
        }

        Assert.True(failed > 0, "no write failed");
        PutBack(desk, file, content);
        Run(desk, command, "2025-03-02", "out", store).With(0);
        Assert.Equal(files, Files(desk, "out"));
        Assert.DoesNotContain(desk.Snapshot().Keys, static f => f.EndsWith(".loyalty-new", StringComparison.Ordinal) || f.EndsWith(".new", StringComparison.Ordinal));
    }
}
