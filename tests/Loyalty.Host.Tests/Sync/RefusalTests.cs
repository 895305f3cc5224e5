using System.Text;

namespace Loyalty.Tests.Host.Sync;

/// <summary>What a run refuses, with which exit code, and that nothing changes.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("sync", "--frobnicate")]
    [InlineData("frobnicate")]
    [InlineData]
    [InlineData("sync")]
    [InlineData("sync", "--program", "program.json", "--videos", "videos.csv")]
    [InlineData("sync", "--program", "program.json", "--videos", "videos.csv", "--out", "out", "--as-of", "2025-02-30")]
    [InlineData("sync", "--program", "program.json", "--videos", "videos.csv", "--out", "out", "--as-of", "01/02/2025")]
    [InlineData("sync", "--program", "program.json", "--videos", "videos.csv", "--out", "out", "--state", "s", "--postgres", "c")]
    [InlineData("sync", "--program", "program.json", "--videos", "videos.csv", "--out")]
    [InlineData("sync", "--program", "program.json", "--videos", "videos.csv", "--out", "out", "surplus")]
    [InlineData("verify", "--program", "program.json")]
    [InlineData("explain", "--state", "s")]
    [InlineData("sample-data", "--members", "0", "--videos", "5", "--out", "out")]
    [InlineData("sample-data", "--members", "x", "--videos", "5", "--out", "out")]
    public void Wrong_usage_ends_with_2_and_writes_nothing(params string[] arguments)
    {
        using var desk = new Desk();
        var before = desk.Snapshot();
        var ended = desk.Run(arguments).With(2);
        Assert.StartsWith("loyalty: ", ended.Error, StringComparison.Ordinal);
        Assert.Empty(ended.Out);
        Assert.Equal(before, desk.Snapshot());
        Assert.False(Directory.Exists(desk["out"]));
    }

    [Fact]
    public void Help_ends_with_0_and_has_an_example()
    {
        using var desk = new Desk();
        foreach (var command in (string[])["sync", "verify", "explain", "sample-data"])
        {
            Assert.Contains($"loyalty {command} ", desk.Run(command, "--help").With(0).Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_files_are_named()
    {
        using var desk = new Desk();
        desk.Run("sync", "--program", "none.json", "--videos", "videos.csv", "--out", "out").FailedWith("no program file", "none.json");
        desk.Run("sync", "--program", "program.json", "--videos", "none.csv", "--out", "out").FailedWith("no input file", "none.csv");
        desk.Sync("--adjustments", "none.csv").FailedWith("no input file", "none.csv");
        desk.Run("verify", "--program", "program.json", "--state", "none").FailedWith("no state file", "none");
        desk.Run("explain", "ann", "--state", "none").FailedWith("no state file", "none");
        Assert.False(Directory.Exists(desk["out"]));
    }

    [Fact]
    public void A_file_that_cannot_be_used_leaves_everything_as_it_was()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        desk.Write("affiliates.csv", "Affiliate Handle,Shop GMV,Followers\n");
        desk.Write("empty.csv", "");
        desk.Write("cut.csv", Desk.Videos + "\"open");
        desk.Write("lacking.csv", "Handle,Video\n");
        var before = desk.Snapshot();
        Videos("affiliates.csv").FailedWith("affiliates.csv", "shop GMV mixes in livestream sales");
        Videos("empty.csv").FailedWith("empty.csv", "is empty");
        Videos("cut.csv").FailedWith("cut.csv", "starts on line 7 (byte ");
        Videos("lacking.csv").FailedWith("lacking.csv", "lacks 'Views'");
        Videos("videos.csv", "--adjustments", "lacking.csv").FailedWith("lacking.csv", "lacks 'id'");
        Assert.Equal(before, desk.Snapshot());

        Ended Videos(string name, params string[] more) => desk.Run(
            ["sync", "--program", "program.json", "--videos", name, "--as-of", "2025-04-30", "--state", "acme.loyalty", "--out", "out", .. more]);
    }

    [Fact]
    public void A_folder_created_for_a_run_that_failed_is_removed()
    {
        using var desk = new Desk();
        desk.Write("videos.csv", "");
        desk.SyncState("2025-03-31").FailedWith("is empty");
        Assert.False(Directory.Exists(desk["out"]));
        Assert.Equal(["adjustments.csv", "program.json", "videos.csv"], desk.Snapshot().Keys);
    }

    [Fact]
    public void S02_An_as_of_before_the_last_one_is_refused_and_nothing_changes()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        var before = desk.Snapshot();
        desk.SyncState("2025-03-30").FailedWith("2025-03-30", "stale", "2025-03-31");
        Assert.Equal(before, desk.Snapshot());
    }

    [Fact]
    public void Another_tenant_or_currency_and_a_level_removed_are_refused_and_a_new_level_is_not()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        var before = desk.Snapshot();
        desk.Write("tenant.json", Desk.Program.Replace("acme", "other", StringComparison.Ordinal));
        desk.Write("currency.json", Desk.Program.Replace("USD", "JPY", StringComparison.Ordinal));
        desk.Write("level.json", Desk.Program.Replace("Silver", "Steel", StringComparison.Ordinal));
        desk.Write("more.json", Desk.Program.Replace("{ \"name\": \"Gold\"", "{ \"name\": \"Steel\", \"threshold\": 1500 }, { \"name\": \"Gold\"", StringComparison.Ordinal));
        Program("tenant.json").FailedWith("tenant 'acme'", "'other'");
        Program("currency.json").FailedWith("USD", "JPY");
        Program("level.json").FailedWith("Silver");
        foreach (var program in (string[])["tenant.json", "currency.json"])
        {
            desk.Run("verify", "--program", program, "--state", "acme.loyalty").With(1);
            desk.Run("explain", "ann", "--program", program, "--state", "acme.loyalty").With(1);
        }

        var after = desk.Snapshot();
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));
        Program("more.json").With(0);
        Assert.Contains("ann,Silver,", desk.Read("out/members.csv"), StringComparison.Ordinal);
        Assert.Contains(",Steel,1500.00,", desk.Read("out/members.csv"), StringComparison.Ordinal);

        Ended Program(string name) => desk.Run(
            "sync", "--program", name, "--videos", "videos.csv", "--as-of", "2025-03-31", "--state", "acme.loyalty", "--out", "out");
    }

    [Fact]
    public void A_damaged_or_newer_state_is_refused_and_left_alone()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        var good = File.ReadAllBytes(desk["acme.loyalty"]);
        var random = new Random(7);
        for (var i = 0; i < 4; i++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(12, bad.Length)] ^= (byte)random.Next(1, 256);
            Refused(bad, "is damaged");
        }

        Refused(good[..^1], "is damaged");
        Refused([], "is damaged");
        Refused(Encoding.UTF8.GetBytes(new string('x', 500)), "is damaged");
        var newer = (byte[])good.Clone();
        newer[8] = 99;
        Refused(newer, "format version 99");

        void Refused(byte[] state, string why)
        {
            File.WriteAllBytes(desk["acme.loyalty"], state);
            var before = desk.Snapshot();
            desk.SyncState("2025-03-31").FailedWith("acme.loyalty", why);
            Assert.Equal(before, desk.Snapshot());
        }
    }

    [Fact]
    public void All_faults_of_a_program_are_reported_together()
    {
        using var desk = new Desk();
        desk.Write("program.json", Desk.Program.Replace("\"units\"", "\"x\"", StringComparison.Ordinal).Replace("USD", "US", StringComparison.Ordinal)
            .Replace("\"months\": 4", "\"months\": 0", StringComparison.Ordinal));
        var ended = desk.SyncState("2025-03-31").With(1);
        Assert.Contains("$.currency", ended.Error, StringComparison.Ordinal);
        Assert.Contains("$.tiers.checkpoint.months", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Strict_ends_with_3_when_rows_were_rejected_and_everything_is_done()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31", "--strict").With(3);
        Assert.Equal(3, desk.Lines("out/members.csv").Length);
        Assert.True(File.Exists(desk["acme.loyalty"]));
        desk.Write("videos.csv", Desk.Header);
        desk.SyncState("2025-03-31", "--strict").With(0);
    }

    [Fact]
    public void Verbose_shows_where()
    {
        using var desk = new Desk();
        desk.Write("videos.csv", "");
        Assert.Contains("   at ", desk.Sync("--verbose").With(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_never_replace_inputs_folders_or_each_other()
    {
        using var desk = new Desk();
        desk.Write("members.csv", Desk.Videos);
        Directory.CreateDirectory(desk["folder"]);
        var before = desk.Snapshot();
        desk.Run("sync", "--program", "program.json", "--videos", "members.csv", "--as-of", "2025-03-31", "--out", ".").FailedWith("members.csv", "would be overwritten");
        desk.Sync("--as-of", "2025-03-31", "--report", "videos.csv").FailedWith("videos.csv", "would be overwritten");
        desk.Sync("--as-of", "2025-03-31", "--report", "folder").FailedWith("folder", "is a folder");
        desk.Sync("--as-of", "2025-03-31", "--state", "folder").FailedWith("folder", "is a folder");
        desk.Sync("--as-of", "2025-03-31", "--report", "out/members.csv").FailedWith("members.csv", "two results");
        desk.Sync("--as-of", "2025-03-31", "--state", "out/members.csv").FailedWith("members.csv", "the state file");
        desk.Sync("--as-of", "2025-03-31", "--report", "program.json/x.html").With(1);
        desk.Run("sync", "--program", "program.json", "--videos", "videos.csv", "--out", "videos.csv").With(1);
        Assert.Equal(before, desk.Snapshot());
    }
}
