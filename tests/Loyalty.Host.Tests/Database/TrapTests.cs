using System.Diagnostics;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary>Inputs and moments that have hurt others, through the program on PostgreSQL: what is stored stays exactly as it was.</summary>
public sealed class TrapTests : IDisposable
{
    private readonly DatabaseDesk _desk;

    public TrapTests(TestServer server)
    {
        _desk = new DatabaseDesk(server);
        _desk.Sync("2025-03-31", "--adjustments", "adjustments.csv").With(0);
    }

    public void Dispose() => _desk.Dispose();

    [Fact]
    public void S01_The_same_files_twice_write_a_line_of_the_ledger_and_no_other_row()
    {
        var before = Lasting();
        _desk.Sync("2025-03-31", "--adjustments", "adjustments.csv").With(0);
        Assert.Equal(before, Lasting());
        Assert.Equal(["2"], _desk.Read("SELECT count(*)::text FROM loyalty.run"));

        string[] Lasting() => [.. _desk.Rows().Split('\n').Where(static row => !row.StartsWith("run", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData("\"open", "starts on line 7 (byte ")] // inside a quoted field
    [InlineData("ann,https://www.tiktok.com/@ann/video/9,1,0,0,10.00,,1,2025-03-01,\"caf\u00e9", "starts on line 7 (byte ")]
    public void S06_A_file_cut_inside_a_quoted_field_is_refused_with_the_place(string cut, string place)
    {
        _desk.Desk.Write("videos.csv", Desk.Videos + cut);
        Refused("videos.csv", place);
    }

    [Fact]
    public void S06_A_file_cut_in_the_middle_of_a_row_rejects_that_row_by_line()
    {
        _desk.Desk.Write("videos.csv", Desk.Videos + "ann,https://www.tiktok.com/@ann/video/9,1,0");
        _desk.Sync("2025-03-31").With(0);
        Assert.Contains("videos.csv,7,", _desk.Desk.Read("out/rejects.csv"), StringComparison.Ordinal);
        Assert.Equal(["0"], _desk.Read("SELECT count(*)::text FROM loyalty.activity WHERE key = '9'"));
    }

    [Fact]
    public void S07_A_file_without_a_byte_or_without_its_header_changes_nothing()
    {
        _desk.Desk.Write("videos.csv", string.Empty);
        Refused("videos.csv", "is empty");
        _desk.Desk.Write("videos.csv", Desk.Videos[Desk.Header.Length..]);
        Refused("videos.csv", "the header lacks");
    }

    [Fact]
    public void S07_A_header_alone_reviews_dates_deletes_nothing_and_says_so()
    {
        _desk.Desk.Write("videos.csv", Desk.Header);
        var ended = _desk.Sync("2025-07-09").With(0);
        Assert.Contains("has a header and no rows", Assert.Single(ended.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains(",demoted,Silver,Bronze,", _desk.Desk.Read("out/decisions.csv"), StringComparison.Ordinal);
        Assert.Equal(["3 2"], _desk.Read("SELECT (SELECT count(*) FROM loyalty.activity) || ' ' || (SELECT count(*) FROM loyalty.member)"));
    }

    [Fact]
    public void S11_Columns_in_another_order_are_found_and_ones_not_known_are_reported()
    {
        var before = _desk.Read("SELECT to_jsonb(t)::text FROM loyalty.activity t ORDER BY key");
        _desk.Desk.Write("videos.csv", Reordered());
        var ended = _desk.Sync("2025-03-31").With(0);
        Assert.Contains("not used: 'Mood'", ended.Error, StringComparison.Ordinal);
        Assert.Equal(before, _desk.Read("SELECT to_jsonb(t)::text FROM loyalty.activity t ORDER BY key"));

        static string Reordered()
        {
            // The handle last, and a column that nobody asked for first; the one quoted title has a comma.
            var lines = Desk.Videos.TrimEnd('\n').Split('\n').Select(static (line, i) =>
            {
                var comma = line.IndexOf(',', StringComparison.Ordinal);
                return $"{(i == 0 ? "Mood" : "fine")},{line[(comma + 1)..]},{line[..comma]}";
            });
            return string.Join('\n', lines) + "\n";
        }
    }

    [Fact]
    public void S11_A_missing_or_doubled_column_fails_before_the_first_write()
    {
        _desk.Desk.Write("videos.csv", Desk.Videos.Replace("Units Sold", "Unites Sold", StringComparison.Ordinal));
        Refused("videos.csv", "lacks 'Units Sold'");
        _desk.Desk.Write("videos.csv", Desk.Videos.Replace("Handle,Video,Views", "Handle,Video,Handle", StringComparison.Ordinal));
        Refused("videos.csv", "'Handle'");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void S12_A_file_that_changes_while_the_run_is_at_work_is_refused_and_nothing_is_committed(bool longer)
    {
        _desk.Desk.Write("videos.csv", Desk.Videos.Replace("600.00", "700.00", StringComparison.Ordinal));
        var before = _desk.Rows();
        var files = Results();
        Process run;
        using (_desk.Lock("activity"))
        {
            run = Start("out");
            Assert.True(_desk.WaitUntilStopped(run), "the run did not come to the locked table");
            _desk.Desk.Write("videos.csv", longer ? Desk.Videos + "x" : Desk.Videos.Replace("600.00", "800.00", StringComparison.Ordinal));
        }

        using (run)
        {
            Desk.Wait(run).FailedWith("videos.csv", "changed while it was read", "Run again");
        }

        Assert.Equal(before, _desk.Rows());
        Assert.Equal(files, Results());
    }

    [Fact]
    public void S13_Of_two_processes_on_one_tenant_one_runs_and_the_other_says_so()
    {
        _desk.Desk.Write("videos.csv", Desk.Videos.Replace("600.00", "700.00", StringComparison.Ordinal));
        Process first;
        using (_desk.Lock("activity"))
        {
            first = Start("out");
            Assert.True(_desk.WaitUntilStopped(first), "the run did not come to the locked table");
            Signal(first, "STOP");
        }

        using (first)
        {
            var before = _desk.Rows();
            _desk.Desk.Run("sync", "--program", "program.json", "--videos", "videos.csv", "--as-of", "2025-04-01", "--postgres", _desk.App, "--out", "elsewhere")
                .FailedWith("Another run is at work on this tenant");
            Assert.False(Directory.Exists(_desk.Desk["elsewhere"]));
            Assert.Equal(before, _desk.Rows());
            Signal(first, "CONT");
            Desk.Wait(first).With(0);
        }

        Assert.Equal(["70000"], _desk.Read("SELECT sales::text FROM loyalty.activity WHERE key = '1'"));
        _desk.Desk.Run("verify", "--program", "program.json", "--postgres", _desk.App).With(0);
    }

    private void Refused(params string[] words)
    {
        var rows = _desk.Rows();
        var files = _desk.Desk.Snapshot();
        _desk.Sync("2025-04-30").FailedWith(words);
        Assert.Equal(rows, _desk.Rows());
        Assert.Equal(files, _desk.Desk.Snapshot());
    }

    private Process Start(string output) => _desk.Desk.Start(
        "sync", "--program", "program.json", "--videos", "videos.csv", "--as-of", "2025-04-01", "--postgres", _desk.App, "--out", output);

    private Dictionary<string, (string Content, DateTime Written)> Results() =>
        _desk.Desk.Snapshot().Where(static file => file.Key.StartsWith("out/", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }
}
