using System.Diagnostics;
using Loyalty.Host;
using Loyalty.Storage.InMemory;

namespace Loyalty.Tests.Host.Sync;

/// <summary>A run that is killed, cancelled or not alone.</summary>
public sealed class KillTests
{
    private const int Members = 3_000;
    private const int Videos = 30_000;
    private const int Kills = 20;

    /// <summary>The places at which a run stands for a while are found by the files it has open beside their places.</summary>
    private static readonly string[] Moments =
    [
        "acme.loyalty.lock", "out/.loyalty.lock", "out/.rejects.0.loyalty-new", "out/members.csv.loyalty-new", "out/rejects.csv.loyalty-new", "acme.loyalty.new",
        "out/summary.json.loyalty-new",
    ];

    [Fact]
    public async Task S05_A_killed_run_leaves_the_old_state_and_files_and_the_next_one_ends_as_if_nothing_had_been()
    {
        using var desk = new Desk();
        Prepare(desk);
        var old = desk.Snapshot();
        var clock = Stopwatch.StartNew();
        Second(desk).With(0);
        var length = clock.ElapsedMilliseconds;
        var done = desk.Snapshot();
        Assert.NotEqual(old["out/members.csv"].Content, done["out/members.csv"].Content);

        var seed = Environment.TickCount;
        var random = new Random(seed);
        var (killed, mixed) = (0, 0);
        for (var i = 0; i < Kills; i++)
        {
            var which = $"seed {seed}, kill {i}";
            Restore(desk, old);
            using var process = Start(desk);
            if (i < Moments.Length)
            {
                var file = desk[Moments[i]];
                SpinWait.SpinUntil(() => File.Exists(file) || process.HasExited, 30_000);
            }
            else
            {
                await Task.Delay(random.Next(0, (int)length), TestContext.Current.CancellationToken);
            }

            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            if (process.ExitCode == 0)
            {
                continue;
            }

            killed++;
            var left = desk.Snapshot();
            var state = left["acme.loyalty"].Content;
            Assert.True(state == old["acme.loyalty"].Content || state == done["acme.loyalty"].Content, which);
            var isOld = Results(old).All(name => left[name].Content == old[name].Content);
            var isNew = Results(old).All(name => left[name].Content == done[name].Content || name == "out/summary.json");
            mixed += isOld || isNew ? 0 : 1;

            // Between two renames each file is the old one or the new one, and the state is still the old one.
            Assert.All(Results(old), name => Assert.True(
                left[name].Content == old[name].Content || left[name].Content == done[name].Content || name == "out/summary.json", $"{which}: {name}"));
            Assert.True(isNew || state == old["acme.loyalty"].Content, which);
            if (i % 4 == 0)
            {
                var verified = await StateFile.Load(desk["acme.loyalty"]).Members.VerifyAsync(TestContext.Current.CancellationToken);
                Assert.True(verified.IsRight, which);
            }

            if (i % 3 == 0 || i < Moments.Length)
            {
                Second(desk).With(0);
                var repeated = desk.Snapshot();
                Assert.Equal(done.Keys, repeated.Keys);
                Assert.Equal(done["acme.loyalty"].Content, repeated["acme.loyalty"].Content);
                Assert.All(Results(done).Where(static n => n != "out/summary.json"), name => Assert.True(
                    repeated[name].Content == done[name].Content || (isNew && name == "out/decisions.csv"), $"{which}: {name}"));
            }
        }

        Assert.InRange(killed, Kills / 2, Kills);
        Assert.InRange(mixed, 0, 2);
    }

    [Fact]
    public void A_cancelled_run_ends_within_a_second_with_130_and_changes_nothing()
    {
        using var desk = new Desk();
        Prepare(desk);
        var old = desk.Snapshot();
        var cancelled = 0;
        foreach (var moment in (string[])["out/.loyalty.lock", "out/members.csv.loyalty-new", "acme.loyalty.new"])
        {
            using var process = Start(desk);
            var file = desk[moment];
            SpinWait.SpinUntil(() => File.Exists(file) || process.HasExited, 30_000);
            Desk.Interrupt(process);
            var clock = Stopwatch.StartNew();
            var ended = Desk.Wait(process);
            if (ended.Code == 0)
            {
                // It had committed before the signal came.
                Restore(desk, old);
                continue;
            }

            cancelled++;
            ended.With(130);
            Assert.InRange(clock.ElapsedMilliseconds, 0, 2_000); // A second; twice that on a busy machine.
            Assert.Contains("cancelled; nothing was changed", Assert.Single(ended.Error.TrimEnd().Split('\n')[^1..]), StringComparison.Ordinal);
            Assert.Equal(old, desk.Snapshot());
        }

        Assert.True(cancelled > 0, "no run could be cancelled in time");
    }

    [Fact]
    public void S13_Of_two_runs_on_one_state_one_runs_and_the_other_says_so()
    {
        using var desk = new Desk();
        Prepare(desk);
        using var first = Start(desk);
        var held = desk["acme.loyalty.lock"];
        Assert.True(SpinWait.SpinUntil(() => File.Exists(held) || first.HasExited, 30_000));
        var second = desk.Run(Arguments("elsewhere"));
        var ended = Desk.Wait(first).With(0);
        Assert.NotEmpty(ended.Out);
        second.FailedWith("another run is at work on the state file", "acme.loyalty");
        Assert.False(Directory.Exists(desk["elsewhere"]));
        Assert.False(File.Exists(held));
        desk.Run("verify", "--program", "sample/program.json", "--state", "acme.loyalty").With(0);
    }

    [Fact]
    public void S13_Of_two_runs_into_one_folder_one_runs_and_the_other_says_so()
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk["out"]);
        using (new FileStream(desk["out/.loyalty.lock"], FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            desk.SyncState("2025-03-31").FailedWith("another run is writing to", "out");
        }

        // The file that a killed run left behind locks nobody out.
        desk.SyncState("2025-03-31").With(0);
        Assert.False(File.Exists(desk["out/.loyalty.lock"]));
    }

    [Fact]
    public void What_a_killed_run_left_behind_is_overwritten_by_the_next_one()
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk["out"]);
        desk.Write("out/members.csv.loyalty-new", "half a fi");
        desk.Write("out/.rejects.0.loyalty-new", "half a fi");
        desk.Write("out/.loyalty.lock", "\0\0\0");
        desk.Write("acme.loyalty.lock", "\0");
        desk.Write("acme.loyalty.new", "LOYALTY\nhalf a fi");
        desk.Write("out/notes.txt", "mine");
        desk.SyncState("2025-03-31").With(0);
        Assert.Equal(
            [
                "acme.loyalty", "adjustments.csv", "out/decisions.csv", "out/members.csv", "out/missions.csv", "out/notes.txt", "out/rejects.csv", "out/summary.json",
                "program.json", "videos.csv",
            ],
            desk.Snapshot().Keys);
        Assert.Equal("mine", desk.Read("out/notes.txt"));
    }

    /// <summary>A state and results of the day before.</summary>
    private static void Prepare(Desk desk)
    {
        desk.Run("sample-data", "--members", $"{Members}", "--videos", $"{Videos}", "--days", "2", "--out", "sample").With(0);
        desk.Run(
            "sync", "--program", "sample/program.json", "--videos", "sample/videos-2025-06-29.csv", "--as-of", "2025-06-29", "--state", "acme.loyalty", "--out", "out").With(0);
    }

    private static string[] Arguments(string output) =>
        ["sync", "--program", "sample/program.json", "--videos", "sample/videos.csv", "--as-of", "2025-06-30", "--state", "acme.loyalty", "--out", output];

    private static Process Start(Desk desk) => desk.Start(Arguments("out"));

    private static Ended Second(Desk desk) => desk.Run(Arguments("out"));

    private static IEnumerable<string> Results(SortedDictionary<string, (string Content, DateTime Written)> files) =>
        files.Keys.Where(static name => name.StartsWith("out/", StringComparison.Ordinal));

    private static void Restore(Desk desk, SortedDictionary<string, (string Content, DateTime Written)> files)
    {
        foreach (var name in desk.Snapshot().Keys.Except(files.Keys))
        {
            File.Delete(desk[name]);
        }

        foreach (var (name, (content, written)) in files)
        {
            if (name.StartsWith("sample/", StringComparison.Ordinal))
            {
                continue;
            }

            File.WriteAllBytes(desk[name], Convert.FromHexString(content));
            File.SetLastWriteTimeUtc(desk[name], written);
        }
    }
}
