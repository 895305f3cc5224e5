using System.Text.Json;

namespace Loyalty.Tests.Host.Sync;

/// <summary>What a run writes, to the letter.</summary>
public sealed class ResultTests
{
    [Fact]
    public void Every_file_of_a_known_run()
    {
        using var desk = new Desk();
        desk.Sync("--as-of", "2025-03-31", "--adjustments", "adjustments.csv").With(0);
        Assert.Equal(
            ["decisions.csv", "members.csv", "missions.csv", "rejects.csv", "summary.json"],
            Directory.EnumerateFileSystemEntries(desk["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                "handle,level,achieved_on,window_start,window_end,value,lifetime_sales,lifetime_units,lifetime_videos,lifetime_views,lifetime_likes,lifetime_comments,"
                + "window_sales,window_units,window_videos,window_views,window_likes,window_comments,window_adjustments,next_level,to_next_level,to_stay,level_if_closed_now,"
                + "lifetime_adjustments",
                "ann,Silver,2025-03-09,2025-03-10,2025-07-09,0.00,1100.00,11,2,3500,130,13,0.00,0,0,0,0,0,0.00,Gold,2000.00,1000.00,Bronze,0.00",
                "zed,Bronze,2025-02-01,2025-02-01,,25.00,5.00,1,1,10,1,0,5.00,1,1,10,1,0,20.00,Silver,975.00,0.00,Bronze,20.00",
            ],
            desk.Lines("out/members.csv"));
        var decisions = desk.Lines("out/decisions.csv");
        Assert.Equal(
            "handle,date,kind,level_before,level_after,window_start,window_end,value,threshold_before,threshold_after,value_activity,value_adjustments,program_version",
            decisions[0]);
        Assert.Matches(
            @"^ann,2025-03-09,promoted,Bronze,Silver,2025-03-01,2025-03-10,1100\.00,0\.00,1000\.00,1100\.00,0\.00,[0-9a-f]{12}$", Assert.Single(decisions[1..]));
        Assert.Equal(
            [
                "handle,mission,window_start,window_end,current,target,status,completed_on",
                "ann,first-2,2025-03-01,,2,2,completed,2025-03-09",
                "ann,first-2,2025-03-10,2025-07-09,0,2,active,",
                "ann,sprint,2025-03-01,2025-04-01,1100.00,700.00,completed,2025-03-09",
                "zed,first-2,2025-02-01,,1,2,active,",
                "zed,sprint,2025-03-01,2025-04-01,0.00,700.00,active,",
            ],
            desk.Lines("out/missions.csv"));
        Assert.Equal(
            [
                "file,line,column,reason,value,raw",
                "adjustments.csv,3,handle,unknown handle; no member has it,@bob,\"a2,@bob,2025-03-05,20.00,1,unknown\"",
                "videos.csv,6,Views,\"not a count; expected a whole number of at least 0, such as 1234 or 1,234\",1.2K,\"@bob,https://www.tiktok.com/@bob/video/4,1.2K,1,0,$5.00,1.0,1,2025-02-01,\"",
            ],
            desk.Lines("out/rejects.csv"));
        using var summary = JsonDocument.Parse(desk.Read("out/summary.json"));
        Assert.Equal(
            ["rows_read", "rows_inserted", "rows_updated", "rows_unchanged", "rows_superseded", "rows_rejected", "members_total", "members_created", "promoted", "kept", "demoted",
             "missions_completed", "elapsed_ms"],
            summary.RootElement.EnumerateObject().Take(13).Select(static p => p.Name));
        Assert.Equal(
            [7, 4, 0, 0, 1, 2, 2, 2, 1, 0, 0, 2], summary.RootElement.EnumerateObject().Take(12).Select(static p => p.Value.GetInt64()));
    }

    [Theory]
    [InlineData("USD", "1100.00", "0.00")]
    [InlineData("JPY", "1100", "0")]
    [InlineData("BHD", "1100.000", "0.000")]
    public void Money_has_exactly_the_digits_of_the_currency(string currency, string lifetime, string none)
    {
        using var desk = new Desk();
        desk.Write("program.json", Desk.Program.Replace("USD", currency, StringComparison.Ordinal));

        // A dollar sign is none of the yen's or the dinar's.
        desk.Write("videos.csv", Desk.Videos.Replace(".00", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal));
        desk.Sync("--as-of", "2025-03-31").With(0);
        var cells = desk.Lines("out/members.csv")[1].Split(',');
        Assert.Equal((none, lifetime, none, none), (cells[5], cells[6], cells[12], cells[18]));
        Assert.Contains($",{lifetime},{none},", desk.Read("out/decisions.csv"), StringComparison.Ordinal);
        Assert.Contains($"ann,sprint,2025-03-01,2025-04-01,{lifetime},", desk.Read("out/missions.csv"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_metric_units_is_a_whole_number_everywhere()
    {
        using var desk = new Desk();
        desk.Write("program.json", Desk.Program.Replace("\"sales\", \"mode\"", "\"units\", \"mode\"", StringComparison.Ordinal)
            .Replace("1000", "10", StringComparison.Ordinal).Replace("2000", "20", StringComparison.Ordinal));
        desk.Sync("--as-of", "2025-03-31", "--adjustments", "adjustments.csv").With(0);
        Assert.Equal(
            "ann,Silver,2025-03-09,2025-03-10,2025-07-09,0,1100.00,11,2,3500,130,13,0.00,0,0,0,0,0,0,Gold,20,10,Bronze,0", desk.Lines("out/members.csv")[1]);
        Assert.EndsWith(",2,1,1,10,1,0,5.00,1,1,10,1,0,1,Silver,8,0,Bronze,1", desk.Lines("out/members.csv")[2].Replace("5.00,1,1,10,1,0,5.00", "1,1,10,1,0,5.00", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith("ann,2025-03-09,promoted,Bronze,Silver,2025-03-01,2025-03-10,11,0,10,11,0,", desk.Lines("out/decisions.csv")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void S01_A_second_run_changes_no_row_and_decides_nothing()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31", "--adjustments", "adjustments.csv").With(0);
        var (members, missions) = (desk.Read("out/members.csv"), desk.Read("out/missions.csv"));
        desk.SyncState("2025-03-31", "--adjustments", "adjustments.csv").With(0);
        Assert.Equal((members, missions), (desk.Read("out/members.csv"), desk.Read("out/missions.csv")));
        Assert.Single(desk.Lines("out/decisions.csv"));
        using var summary = JsonDocument.Parse(desk.Read("out/summary.json"));
        Assert.Equal([7, 0, 0, 4, 1, 2, 2, 0, 0, 0, 0, 0], summary.RootElement.EnumerateObject().Take(12).Select(static p => p.Value.GetInt64()));
    }

    [Fact]
    public void Daily_runs_and_one_late_run_end_alike()
    {
        using var daily = new Desk();
        using var late = new Desk();
        var decided = new List<string>();
        foreach (var date in (string[])["2025-03-01", "2025-03-09", "2025-03-31", "2025-07-08", "2025-07-09", "2025-08-01"])
        {
            daily.SyncState(date, "--adjustments", "adjustments.csv").With(0);
            decided.AddRange(daily.Lines("out/decisions.csv")[1..]);
        }

        late.SyncState("2025-08-01", "--adjustments", "adjustments.csv").With(0);
        Assert.Equal(late.Lines("out/decisions.csv")[1..], decided);
        Assert.Equal(2, decided.Count);
        Assert.Equal(late.Read("out/members.csv"), daily.Read("out/members.csv"));
        Assert.Equal(late.Read("out/missions.csv"), daily.Read("out/missions.csv"));
    }

    [Fact]
    public void S03_The_last_row_of_a_file_wins_and_a_later_file_may_lower_values_and_move_a_video()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        desk.Write("videos.csv", Desk.Header
            + "ann,https://www.tiktok.com/@ann/video/1,1,0,0,10.00,,1,2025-03-01,\nzed,https://www.tiktok.com/@zed/video/2,7,0,0,20.00,,1,2025-03-09,\n");
        desk.SyncState("2025-03-31").With(0);
        Assert.StartsWith("ann,Silver,2025-03-09,2025-03-10,2025-07-09,0.00,10.00,1,1,1,0,0,", desk.Lines("out/members.csv")[1], StringComparison.Ordinal);
        Assert.StartsWith("zed,Bronze,2025-02-01,2025-02-01,,25.00,25.00,2,2,17,1,0,", desk.Lines("out/members.csv")[2], StringComparison.Ordinal);
        desk.Run("verify", "--program", "program.json", "--state", "acme.loyalty").With(0);
    }

    [Fact]
    public void S07_A_header_alone_reviews_dates_deletes_nothing_and_says_so()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        desk.Write("videos.csv", Desk.Header);
        var ended = desk.SyncState("2025-07-09").With(0);
        Assert.Contains("has a header and no rows", Assert.Single(ended.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains(",demoted,Silver,Bronze,", desk.Read("out/decisions.csv"), StringComparison.Ordinal);
        Assert.Equal(3, desk.Lines("out/members.csv").Length);
    }

    [Fact]
    public void C13_Formulas_are_kept_and_with_safe_csv_neutralised_and_numbers_stay_numbers()
    {
        using var desk = new Desk();
        desk.Write("videos.csv", Desk.Header
            + "=1+1,https://www.tiktok.com/@a/video/1,1,0,0,1,,1,2025-03-01,x\n\"@SUM(1)\",https://www.tiktok.com/@a/video/1,1,0,0,1,,1,2025-03-01,x\n"
            + "ann,https://www.tiktok.com/@a/video/2,-5,0,0,1,,1,2025-03-01,\0x\nann,https://www.tiktok.com/@a/video/3,5,0,0,-5.00,,1,2025-03-01,x\n");
        desk.Sync("--as-of", "2025-03-31").With(0);
        Assert.Contains(",=1+1,\"=1+1,https:", desk.Read("out/rejects.csv"), StringComparison.Ordinal);
        Assert.Contains("ann,Bronze,2025-03-01,2025-03-01,,-5.00,-5.00,", desk.Read("out/members.csv"), StringComparison.Ordinal);
        desk.Sync("--as-of", "2025-03-31", "--safe-csv").With(0);
        var rejects = desk.Read("out/rejects.csv");
        Assert.Contains(",\"'=1+1\",\"'=1+1,https:", rejects, StringComparison.Ordinal);
        Assert.Contains(",\"'@SUM(1)\",", rejects, StringComparison.Ordinal);
        Assert.Contains("\\x00x", rejects, StringComparison.Ordinal);
        Assert.Contains("ann,Bronze,2025-03-01,2025-03-01,,-5.00,-5.00,", desk.Read("out/members.csv"), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_on_stdout_is_the_summary()
    {
        using var desk = new Desk();
        var ended = desk.Sync("--as-of", "2025-03-31", "--json").With(0);
        Assert.Equal(desk.Read("out/summary.json"), ended.Out);
    }

    [Fact]
    public void The_report_is_written_and_escapes_what_it_shows()
    {
        using var desk = new Desk();
        desk.Write("program.json", Desk.Program.Replace("acme", "<b>&acme", StringComparison.Ordinal).Replace("Silver", "<script>alert(1)</script>", StringComparison.Ordinal));
        desk.Sync("--as-of", "2025-03-31", "--report", "pages/report.html").With(0);
        var report = desk.Read("pages/report.html");
        Assert.StartsWith("<!doctype html>", report, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", report, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;acme", report, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", report, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", report, StringComparison.Ordinal);
    }

    [Fact]
    public void C03_Rejected_bytes_that_are_no_text_are_written_out_and_a_named_encoding_reads_them()
    {
        using var desk = new Desk();
        File.WriteAllBytes(desk["videos.csv"], [.. "Handle,Video,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title\nann,https://www.tiktok.com/@a/video/2,5,0,0,1,,1,2025-03-01,caf"u8, 0xE9, (byte)'\n']);
        desk.Sync("--as-of", "2025-03-31").With(0);
        Assert.Contains(",caf\\xE9,\"ann,https:", desk.Read("out/rejects.csv"), StringComparison.Ordinal);
        desk.Sync("--as-of", "2025-03-31", "--encoding", "latin1").With(0);
        Assert.Single(desk.Lines("out/rejects.csv"));
        desk.Sync("--encoding", "klingon").FailedWith("'klingon' is no encoding known here");
        desk.Sync("--encoding", "utf-7").FailedWith("'utf-7' is no encoding known here");
    }

    [Fact]
    public void Real_videos_sync_without_a_reject_and_give_their_known_sums()
    {
        using var desk = new Desk();
        desk.Run("sync", "--program", "program.json", "--videos", SharedData.File("tiktok/videos.csv"), "--as-of", "2025-06-30", "--state", "t.loyalty", "--out", "out").With(0);
        Assert.Single(desk.Lines("out/rejects.csv"));
        var members = desk.Lines("out/members.csv")[1..].Select(static l => l.Split(',')).ToList();
        Assert.Equal(84, members.Count);
        Assert.Equal(members.Select(static m => m[0]).Order(StringComparer.Ordinal), members.Select(static m => m[0]));
        Assert.Equal(
            [100, 2_338_491_100, 262_735_338, 4_786_165],
            (long[])[Sum(8), Sum(9), Sum(10), Sum(11)]);
        Assert.All(members, static m => Assert.Equal(("0.00", "0"), (m[6], m[7])));
        desk.Run("verify", "--program", "program.json", "--state", "t.loyalty").With(0);

        long Sum(int column) => members.Sum(m => long.Parse(m[column], System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>Public data beside the repository.</summary>
internal static class SharedData
{
    public static string File(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "Loyalty.Libs.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Loyalty.Libs.sln is in no folder above the tests.");
        }

        return Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "data", name));
    }
}
