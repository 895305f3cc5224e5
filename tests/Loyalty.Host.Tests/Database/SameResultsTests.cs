using System.Text.RegularExpressions;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary>Whatever the program gives with a state file it gives with SQLite and PostgreSQL, to the byte; only <c>elapsed_ms</c> may differ.</summary>
public sealed partial class SameResultsTests(TestServer server)
{
    [Theory]
    [InlineData("--sqlite")]
    [InlineData("--postgres")]
    public void Runs_over_half_a_year_give_the_same_files_and_words(string store)
    {
        using var pair = new Pair(server, store);
        foreach (var date in (string[])["2025-02-28", "2025-03-09", "2025-03-31", "2025-03-31", "2025-07-08", "2025-07-09", "2025-08-01"])
        {
            pair.Sync("program.json", "videos.csv", date, "--adjustments", "adjustments.csv", "--report", "report.html");
        }

        pair.Same("verify", "--program", "program.json", "--json");
        foreach (var member in (string[])["ann", "@ZED", "nobody"])
        {
            pair.Same("explain", member, "--program", "program.json");
            pair.Same("explain", member, "--program", "program.json", "--as-of", "2025-03-08", "--json");
        }

        // A video is lowered and another moves to someone else (S14), then the program changes.
        pair.Write("videos.csv", Desk.Header
            + "ann,https://www.tiktok.com/@ann/video/1,1,0,0,10.00,,1,2025-03-01,\nzed,https://www.tiktok.com/@zed/video/2,7,0,0,2000.00,,1,2025-07-20,\n");
        pair.Sync("program.json", "videos.csv", "2025-08-01", "--json");
        pair.Same("verify", "--program", "program.json");
        pair.Write("program.json", Desk.Program.Replace("\"threshold\": 1000", "\"threshold\": 15", StringComparison.Ordinal));
        pair.Sync("program.json", "videos.csv", "2025-12-31", "--strict");
        pair.Same("verify", "--program", "program.json");
        pair.Same("explain", "zed", "--program", "program.json");
    }

    [Theory]
    [InlineData("--sqlite")]
    [InlineData("--postgres")]
    public void Days_of_messy_exports_give_the_same_files_and_words(string store)
    {
        using var pair = new Pair(server, store);
        pair.Prepare("sample-data", "--members", "150", "--videos", "1500", "--days", "3", "--out", "sample");
        pair.Sync("sample/program.json", "sample/videos-2025-06-28.csv", "2025-06-28", "--strict");
        pair.Sync("sample/program.json", "sample/videos-2025-06-29.csv", "2025-06-29", "--safe-csv");
        pair.Sync("sample/program.json", "sample/videos.csv", "2025-06-30", "--adjustments", "sample/adjustments.csv", "--report", "out/report.html");
        pair.Sync("sample/program.json", "sample/videos.csv", "2026-06-30", "--adjustments", "sample/adjustments.csv");
        pair.Same("verify", "--program", "sample/program.json");
        foreach (var line in pair.Lines("out/members.csv").Where(static (_, i) => i % 40 == 1))
        {
            pair.Same("explain", line.Split(',')[0], "--program", "sample/program.json");
            pair.Same("explain", line.Split(',')[0], "--program", "sample/program.json", "--as-of", "2025-06-29", "--json");
        }
    }

    [Theory]
    [InlineData("--sqlite")]
    [InlineData("--postgres")]
    public void What_a_run_refuses_it_refuses_in_the_same_words(string store)
    {
        using var pair = new Pair(server, store);
        pair.Sync("program.json", "videos.csv", "2025-03-31");
        pair.Sync("program.json", "videos.csv", "2025-03-30"); // stale
        pair.Write("level.json", Desk.Program.Replace("Silver", "Steel", StringComparison.Ordinal));
        pair.Sync("level.json", "videos.csv", "2025-03-31");
        pair.Write("currency.json", Desk.Program.Replace("USD", "JPY", StringComparison.Ordinal));
        pair.Sync("currency.json", "videos.csv", "2025-03-31");
        pair.Same("verify", "--program", "currency.json");
        pair.Same("explain", "ann", "--program", "currency.json");
        pair.Same("explain", "ann", "--program", "program.json", "--as-of", "2025-04-01");
        pair.Sync("program.json", "none.csv", "2025-03-31");
    }

    [GeneratedRegex("\"elapsed_ms\": [0-9]+")]
    private static partial Regex Elapsed();

    /// <summary>Two desks with the same files: one keeps its store in a file, one in another place.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly Desk _file = new();
        private readonly Desk _other = new();
        private readonly TestDatabase? _database;
        private readonly string[] _store;

        public Pair(TestServer server, string store)
        {
            _database = store == "--postgres" ? server.CreateDatabase() : null;
            _store = [store, _database?.AppConnectionString ?? "acme.db"];
        }

        public void Dispose()
        {
            _file.Dispose();
            _other.Dispose();
            _database?.Dispose();
        }

        public void Write(string name, string text)
        {
            _file.Write(name, text);
            _other.Write(name, text);
        }

        public string[] Lines(string name) => _file.Lines(name);

        /// <summary>Runs what needs no store on both.</summary>
        public void Prepare(params string[] arguments)
        {
            _file.Run(arguments).With(0);
            _other.Run(arguments).With(0);
        }

        public void Sync(string program, string videos, string asOf, params string[] more)
        {
            Same(["sync", "--program", program, "--videos", videos, "--as-of", asOf, "--out", "out", .. more]);
            var files = Files(_file);
            Assert.Equal(files.Keys, Files(_other).Keys);
            foreach (var name in files.Keys)
            {
                Assert.True(Plain(_file, _file.Read(name)) == Plain(_other, _other.Read(name)), $"{name} of the run through {asOf} differs");
            }
        }

        public void Same(params string[] arguments)
        {
            var expected = _file.Run([.. arguments, "--state", "acme.loyalty"]);
            var actual = _other.Run([.. arguments, .. _store]);
            Assert.Equal(
                (expected.Code, Plain(_file, expected.Out), Plain(_file, expected.Error)),
                (actual.Code, Plain(_other, actual.Out), Plain(_other, actual.Error)));
        }

        private static SortedDictionary<string, (string Content, DateTime Written)> Files(Desk desk)
        {
            var files = desk.Snapshot();
            files.Remove("acme.loyalty");
            files.Remove("acme.db");
            return files;
        }

        private static string Plain(Desk desk, string text) =>
            Elapsed().Replace(text, "\"elapsed_ms\": 0").Replace(Path.TrimEndingDirectorySeparator(desk[string.Empty]), "DESK", StringComparison.Ordinal);
    }
}
