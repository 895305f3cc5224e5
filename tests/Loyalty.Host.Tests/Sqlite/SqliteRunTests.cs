using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Loyalty.Tests.Host.Sqlite;

/// <summary>A run on a SQLite file that is killed, not alone, or pointed at the wrong file.</summary>
public sealed class SqliteRunTests : IDisposable
{
    /// <summary>How many runs of each command are killed; the long form sets LOYALTY_TEST_KILLS.</summary>
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 6;

    private readonly Desk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Fact]
    public void S05_A_sync_that_is_killed_at_any_moment_is_there_whole_or_not_at_all()
    {
        _desk.Run("sample-data", "--members", "600", "--videos", "8000", "--days", "2", "--out", "sample").With(0);
        string[] run = ["sync", "--program", "sample/program.json", "--adjustments", "sample/adjustments.csv", "--sqlite", "acme.db", "--out", "out"];
        Kill(
            [.. run, "--videos", "sample/videos-2025-06-29.csv", "--as-of", "2025-06-29"], [.. run, "--videos", "sample/videos.csv", "--as-of", "2025-11-30"]);
        _desk.Run("verify", "--program", "sample/program.json", "--sqlite", "acme.db").With(0);
    }

    [Fact]
    public void S05_Points_that_are_killed_at_any_moment_are_there_whole_or_not_at_all()
    {
        _desk.Write("program.json", """
            { "tenant":"winery", "currency":"USD", "timeZone":"America/Los_Angeles",
              "club": { "stages": [ { "name":"Bronze","discountPercent":10,"months":3,"minimumPurchase":100 } ] },
              "points": { "perUnit":1, "minimumMembershipDays":0, "value":0.01 }, "messages": { "channels":["email"] } }
            """);
        _desk.Write("orders.csv", "order_id,customer,date,amount\n" + string.Concat(Enumerable.Range(0, 6_000).Select(static n =>
            $"o{n},c{n % 500},{new DateOnly(2025, 1, 5).AddDays(n % 90):yyyy-MM-dd},{(n * 37 % 400) + 20}.00\n")));
        string[] run = ["points", "--program", "program.json", "--orders", "orders.csv", "--sqlite", "acme.db", "--out", "out"];
        Kill([.. run, "--as-of", "2025-02-01"], [.. run, "--as-of", "2025-04-30"]);
        _desk.Run("verify", "--program", "program.json", "--sqlite", "acme.db").With(0);
    }

    [Fact]
    public void S13_A_run_on_a_file_that_another_process_writes_says_so_and_changes_nothing()
    {
        _desk.Sync("--as-of", "2025-03-31", "--sqlite", "acme.db").With(0);
        var rows = SqliteDump.Of(_desk["acme.db"]);
        using (var other = new SqliteConnection($"Data Source={_desk["acme.db"]};Pooling=False"))
        {
            other.Open();
            using var begin = other.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();
            _desk.Run("sync", "--program", "program.json", "--videos", "videos.csv", "--as-of", "2025-04-30", "--sqlite", "acme.db", "--out", "elsewhere")
                .FailedWith("Another run is at work on", "acme.db", "nothing was changed");
            Assert.False(Directory.Exists(_desk["elsewhere"]));

            // Who only reads is not held up.
            _desk.Run("verify", "--program", "program.json", "--sqlite", "acme.db").With(0);
        }

        Assert.Equal(rows, SqliteDump.Of(_desk["acme.db"]));
    }

    [Fact]
    public void S13_Of_two_processes_on_one_file_each_ends_its_run_or_says_why_not()
    {
        _desk.Run("sample-data", "--members", "300", "--videos", "4000", "--days", "2", "--out", "sample").With(0);
        for (var i = 0; i < 3; i++)
        {
            string[] run = ["sync", "--program", "sample/program.json", "--videos", "sample/videos.csv", "--as-of", $"2025-0{6 + i}-30", "--sqlite", "acme.db", "--out"];
            using var first = _desk.Start([.. run, "one"]);
            using var second = _desk.Start([.. run, "two"]);
            Ended[] ended = [Desk.Wait(first), Desk.Wait(second)];
            Assert.Contains(ended, static e => e.Code == 0);
            Assert.All(ended.Where(static e => e.Code != 0), static e => e.FailedWith("Another run is at work on", "acme.db"));
            _desk.Run("verify", "--program", "sample/program.json", "--sqlite", "acme.db").With(0);
        }
    }

    [Fact]
    public void A_file_of_something_else_or_of_another_tenant_and_one_that_is_missing_are_named()
    {
        _desk.Sync("--as-of", "2025-03-31", "--sqlite", "acme.db").With(0);
        var rows = SqliteDump.Of(_desk["acme.db"]);
        _desk.Write("other.json", Desk.Program.Replace("acme", "other", StringComparison.Ordinal));
        _desk.Run("sync", "--program", "other.json", "--videos", "videos.csv", "--as-of", "2025-04-30", "--sqlite", "acme.db", "--out", "out").FailedWith("'acme'", "'other'");
        _desk.Write("yen.json", Desk.Program.Replace("USD", "JPY", StringComparison.Ordinal));
        _desk.Run("sync", "--program", "yen.json", "--videos", "videos.csv", "--as-of", "2025-04-30", "--sqlite", "acme.db", "--out", "out").FailedWith("USD", "JPY");
        Assert.Equal(rows, SqliteDump.Of(_desk["acme.db"]));

        _desk.Sync("--as-of", "2025-03-31", "--sqlite", "videos.csv").With(1);
        Assert.Equal(Desk.Videos, _desk.Read("videos.csv"));
        _desk.Run("verify", "--program", "program.json", "--sqlite", "none.db").FailedWith("there is no SQLite file", "none.db");
        _desk.Run("explain", "ann", "--sqlite", "none.db").FailedWith("none.db");
        _desk.Run("queue", "list", "--sqlite", "none.db").FailedWith("none.db", "loyalty points --sqlite");
        Assert.False(File.Exists(_desk["none.db"]));
        _desk.Run("verify", "--program", "program.json", "--sqlite", "acme.db", "--state", "acme.loyalty").With(2);
        _desk.Run("verify", "--program", "program.json").With(2);
        _desk.Run("sync", "--program", "program.json", "--videos", "videos.csv", "--sqlite", "out", "--out", "out").FailedWith("is a folder");
        SqliteDump.Execute(_desk["acme.db"], "PRAGMA user_version = 99");
        _desk.Sync("--as-of", "2025-04-30", "--sqlite", "acme.db").FailedWith("newer version", "update the library");
    }

    /// <summary>An older file said that a run brings it up to date, and every run said so, too: it asks first whose the file is.</summary>
    [Fact]
    public void A_run_brings_a_file_with_older_tables_up_to_date_and_readers_say_that_it_does()
    {
        _desk.Write("program.json", Desk.Program);
        _desk.Write("videos.csv", Desk.Videos);
        _desk.Sync("--as-of", "2025-03-31", "--sqlite", "acme.db").With(0);
        SqliteDump.Execute(_desk["acme.db"], "DROP INDEX points_refund_of_order; PRAGMA user_version = 7");

        _desk.Run("verify", "--program", "program.json", "--sqlite", "acme.db").FailedWith("older version (7 of 8)", "a run brings them up to date");
        _desk.Sync("--as-of", "2025-04-30", "--sqlite", "acme.db").With(0);
        _desk.Run("verify", "--program", "program.json", "--sqlite", "acme.db").With(0);
    }

    /// <summary>Kills the second of two runs at moments over all its length; whatever is left is the state before or after it, and the next run ends it.</summary>
    private void Kill(string[] first, string[] second)
    {
        _desk.Run(first).With(0);
        var old = SqliteDump.Of(_desk["acme.db"]);
        File.Copy(_desk["acme.db"], _desk["old.db"]);
        var results = Results();
        var clock = Stopwatch.StartNew();
        _desk.Run(second).With(0);
        var length = (double)clock.ElapsedMilliseconds;
        var done = SqliteDump.Of(_desk["acme.db"]);
        var newResults = Results();
        Assert.NotEqual(old, done);

        // Once it is kept, a run that is repeated decides nothing anew.
        _desk.Run(second).With(0);
        var repeated = Results();
        var killed = 0;
        for (var i = 0; i < Kills || (killed == 0 && i < (3 * Kills) + 9); i++)
        {
            File.Copy(_desk["old.db"], _desk["acme.db"], overwrite: true);
            foreach (var (name, content) in results)
            {
                File.WriteAllText(_desk[$"out/{name}"], content);
            }

            using var process = _desk.Start(second);
            Thread.Sleep((int)(length * ((i % Kills) + 1) / (Kills + 1)));
            process.Kill();
            process.WaitForExit();
            killed += process.ExitCode == 0 ? 0 : 1;

            // The run by which it was measured may have been disturbed.
            length *= process.ExitCode == 0 ? 0.8 : 1;
            var left = SqliteDump.Of(_desk["acme.db"]);
            Assert.True(left == old || left == done, $"kill {i}: the rows are neither those of before nor those of after");
            foreach (var (name, content) in Results())
            {
                Assert.True(content == results[name] || content == newResults[name], $"kill {i}: {name} is neither the old file nor the new one");
                Assert.True(left == done || content == results[name], $"kill {i}: {name} tells of a run that was not kept");
            }
        }

        Assert.True(killed > 0, "no run could be killed in time");
        var last = SqliteDump.Of(_desk["acme.db"]);
        _desk.Run(second).With(0);
        Assert.Equal(done, SqliteDump.Of(_desk["acme.db"]));
        Assert.Equal(last == done ? repeated : newResults, Results());
    }

    private SortedDictionary<string, string> Results() => new(
        Directory.GetFiles(_desk["out"]).Select(static f => Path.GetFileName(f))
            .Where(static n => n != "summary.json" && !n.StartsWith('.') && !n.EndsWith(".loyalty-new", StringComparison.Ordinal)).ToDictionary(static n => n, n => _desk.Read($"out/{n}")),
        StringComparer.Ordinal);
}
