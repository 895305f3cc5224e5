using System.Diagnostics;
using System.Text;
using Loyalty.Host.Output;

namespace Loyalty.Tests.Host.Output;

/// <summary>F30 to F33, F35: the user's files, what stands beside them, terminals, and files that are none.</summary>
public sealed class PathTests
{
    [Theory]
    [InlineData("state.new")]
    [InlineData("state.lock")]
    [InlineData("state")]
    [InlineData("out/.loyalty.lock")]
    [InlineData("out/../state.new")]
    [InlineData("program.json")]
    public void F30_A_result_never_takes_the_place_of_what_the_run_uses(string report)
    {
        using var desk = new Desk();
        desk.Sync("--as-of", "2025-03-31", "--state", "state").With(0);
        var before = desk.Snapshot();
        desk.Sync("--as-of", "2025-04-01", "--state", "state", "--report", report).FailedWith("would be overwritten by a result");
        Assert.Equal(before, desk.Snapshot());
    }

    [Theory]
    [InlineData("x.loyalty-new", 3)]
    [InlineData("members.csv.loyalty-new", 1)]
    [InlineData(".rejects.0.loyalty-new", 1)]
    [InlineData("members.csv", 1)]
    [InlineData(".loyalty.lock", 1)]
    public void F30_An_input_in_the_folder_of_the_results_stays(string name, int code)
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk["out"]);
        desk.Write("out/" + name, Desk.Videos);
        desk.Run("sync", "--program", "program.json", "--videos", "out/" + name, "--out", "out", "--as-of", "2025-03-31", "--strict").With(code);
        Assert.Equal(Desk.Videos, desk.Read("out/" + name));
    }

    [Theory]
    [InlineData("state.lock")]
    [InlineData("state.new")]
    [InlineData("out/.loyalty.lock")]
    public void F30_A_file_of_somebody_else_is_not_taken_for_what_a_run_left(string name)
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk["out"]);
        desk.Write(name, "mine");
        var before = desk.Snapshot();
        desk.Sync("--as-of", "2025-03-31", "--state", "state").FailedWith(Path.GetFileName(name), "something else");
        Assert.Equal(before, desk.Snapshot());
    }

    [Fact]
    public void F31_An_input_is_known_through_links_of_folders_and_files_and_under_another_name()
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk["out"]);
        desk.Write("out/members.csv", Desk.Videos);
        Directory.CreateSymbolicLink(desk["link"], desk["out"]);
        desk.Run("sync", "--program", "program.json", "--videos", "link/members.csv", "--out", "out").FailedWith("members.csv", "an input");
        desk.Run("sync", "--program", "program.json", "--videos", "out/members.csv", "--out", "link").FailedWith("members.csv", "an input");
        File.CreateSymbolicLink(desk["videos-link.csv"], desk["out/members.csv"]);
        desk.Run("sync", "--program", "program.json", "--videos", "videos-link.csv", "--out", "out").FailedWith("members.csv", "an input");
        Assert.Equal(0, Start("ln", desk["out/members.csv"], desk["hard.csv"]));
        desk.Run("sync", "--program", "program.json", "--videos", "hard.csv", "--out", "out").FailedWith("members.csv", "an input");
        Assert.Equal(Desk.Videos, desk.Read("out/members.csv"));
        Assert.False(File.Exists(desk["out/.loyalty.lock"]));
    }

    [Fact]
    public void F31_A_state_behind_a_link_is_locked_and_written_at_its_target()
    {
        using var desk = new Desk();
        Directory.CreateDirectory(desk["real"]);
        File.CreateSymbolicLink(desk["state"], Path.Combine("real", "kept"));
        desk.Sync("--as-of", "2025-03-31", "--state", "state").With(0);
        Assert.NotNull(new FileInfo(desk["state"]).LinkTarget);
        Assert.True(File.Exists(desk["real/kept"]));
        using (new FileStream(desk["real/kept.lock"], FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            desk.Sync("--as-of", "2025-04-01", "--state", "state").FailedWith("another run");
        }

        desk.Sync("--as-of", "2025-04-01", "--state", "real/kept").With(0);
        Assert.Equal(["kept"], Directory.EnumerateFiles(desk["real"]).Select(Path.GetFileName));
    }

    [Fact]
    public void F31_Links_in_a_circle_are_named()
    {
        using var desk = new Desk();
        File.CreateSymbolicLink(desk["a"], desk["b"]);
        File.CreateSymbolicLink(desk["b"], desk["a"]);
        desk.Sync("--as-of", "2025-03-31", "--state", "a").FailedWith("circle");
    }

    [Fact]
    public void F32_A_full_disk_leaves_no_lock_and_no_half_written_file_and_the_first_file_is_named()
    {
        using var desk = new Desk();
        var rows = new StringBuilder(Desk.Header);
        for (var i = 0; i < 4_000; i++)
        {
            rows.Append($"@m{i:D5},https://www.tiktok.com/@m/video/{i + 1},x,1,0,$5.00,1.0,1,2025-02-01,title\n");
        }

        desk.Write("videos.csv", rows.ToString());
        var ended = Limited(desk, 64);
        Assert.Equal(1, ended.Code);
        Assert.Contains(".rejects.0", ended.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(desk["out"]) && Directory.EnumerateFileSystemEntries(desk["out"]).Any());
        Assert.Empty(Directory.EnumerateFiles(desk["."], "state*"));
    }

    [Fact]
    public void F33_Control_characters_of_files_do_not_reach_a_terminal_and_data_stays_exact()
    {
        Assert.Equal("a\\x1b[31m\\u202eb\\u009b\\x09\n", ShownText.Of("a\u001b[31m\u202Eb\u009b\t\n"));
        using var desk = new Desk();
        desk.Write("c.csv", "customer,order_id,date,net,\u001b[31m\u202Ered\na,1,2025-01-01,5,x\n");
        var ended = desk.Run("score", "--orders", "c.csv", "--as-of", "2025-02-01", "--out", "out").With(0);
        Assert.Contains("'\\x1b[31m\\u202ered'", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', ended.Error + ended.Out);
        desk.Write("program.json", Desk.Program.Replace("Bronze", "Br\u202Eonze", StringComparison.Ordinal));
        desk.Sync("--as-of", "2025-03-31", "--state", "state").With(0);
        Assert.Contains("Br\u202Eonze", desk.Read("out/members.csv"), StringComparison.Ordinal);
        var explained = desk.Run("explain", "ann", "--state", "state").With(0).Out + desk.Run("explain", "ann", "--state", "state", "--json").With(0).Out;
        Assert.Contains("Br\\u202eonze", explained, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', explained);
    }

    [Fact]
    public void F35_A_program_is_refused_by_its_size_or_kind_before_it_is_read_and_for_what_no_store_keeps()
    {
        using var desk = new Desk();
        using (var file = File.Create(desk["big.json"]))
        {
            file.SetLength((16 << 20) + 1);
        }

        desk.Run("sync", "--program", "big.json", "--videos", "videos.csv", "--out", "out").FailedWith("16 MB", "big.json");
        Assert.Equal(0, Start("mkfifo", desk["pipe"]));
        desk.Run("sync", "--program", "pipe", "--videos", "videos.csv", "--out", "out").FailedWith("pipe", "save the data to a file");
        desk.Run("sync", "--program", "program.json", "--videos", "pipe", "--out", "out").FailedWith("pipe", "save the data to a file");
        desk.Write("program.json", Desk.Program.Replace("acme", "ac\\u0000me", StringComparison.Ordinal));
        var refused = desk.Sync().With(1);
        Assert.Contains("$.tenant: contains a NUL character", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(desk["out"]));
    }

    private static int Start(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>A run whose files may have so many blocks of 1,024 bytes; the runtime maps its code without files then.</summary>
    private static Ended Limited(Desk desk, int blocks)
    {
        var start = new ProcessStartInfo("bash")
        {
            WorkingDirectory = desk["."], RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"ulimit -f {blocks}; export DOTNET_EnableWriteXorExecute=0; exec '{Desk.Executable}' sync --program program.json --videos videos.csv --out out --state state --as-of 2025-03-31");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        return Desk.Wait(process);
    }
}
