using System.Globalization;
using Loyalty.Tests.Host.Database;

namespace Loyalty.Tests.Host.Sqlite;

/// <summary>Runs on a SQLite file in which a statement fails: what is stored is that of before, and the next run ends as if nothing had been.</summary>
/// <remarks>In CI each statement fails in one way, in the long form (LOYALTY_TEST_KILLS above 100) in all.</remarks>
public sealed class SqliteFailureTests
{
    /// <summary>What SQLite can do to a transaction when a statement of it fails: undo the statement, leave half of it, or end the transaction.</summary>
    private static readonly string[] Ways = ["ABORT", "FAIL", "ROLLBACK"];

    public static TheoryData<string> Commands => DisturbedRuns.Commands;

    [Theory]
    [MemberData(nameof(Commands))]
    public void S05_A_row_that_cannot_be_written_leaves_the_old_rows(string command)
    {
        using var desk = DisturbedRuns.Prepare();
        Run(desk, command, "2025-03-01", "out").With(0);
        var (old, content) = (SqliteDump.Of(desk["s.db"]), File.ReadAllBytes(desk["s.db"]));
        Run(desk, command, "2025-03-02", "undisturbed").With(0);
        var files = DisturbedRuns.Files(desk, "undisturbed");
        var after = SqliteDump.Of(desk["s.db"]);
        var writes = Writes(desk, command, content);
        Assert.True(writes.Count >= 3, $"only {writes.Count} kinds of writes were seen");
        var number = 0;
        foreach (var (table, kind) in writes)
        {
            foreach (var way in DisturbedRuns.IsLongForm ? Ways : [Ways[number++ % Ways.Length]])
            {
                DisturbedRuns.PutBack(desk, "s.db", content);
                SqliteDump.Execute(desk["s.db"], $"CREATE TRIGGER planted AFTER {kind} ON \"{table}\" BEGIN SELECT RAISE({way}, 'planted'); END");
                var ended = Run(desk, command, "2025-03-02", "out");
                ended.With(1);
                Assert.Contains("planted", ended.Error, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
                SqliteDump.Execute(desk["s.db"], "DROP TRIGGER planted");
                Assert.True(SqliteDump.Of(desk["s.db"]) == old, $"{kind} on {table} with {way}: what is stored has changed");
            }
        }

        Run(desk, command, "2025-03-02", "out").With(0);
        Assert.Equal(files, DisturbedRuns.Files(desk, "out"));
        Assert.Equal(after, SqliteDump.Of(desk["s.db"]));
    }

    /// <summary>The tables that the command writes, and how.</summary>
    private static List<(string Table, string Kind)> Writes(Desk desk, string command, byte[] content)
    {
        DisturbedRuns.PutBack(desk, "s.db", content);
        SqliteDump.Execute(desk["s.db"], "CREATE TABLE seen (what TEXT PRIMARY KEY)");
        foreach (var table in SqliteDump.Texts(desk["s.db"], "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'seen'"))
        {
            foreach (var kind in (string[])["INSERT", "UPDATE", "DELETE"])
            {
                SqliteDump.Execute(desk["s.db"], string.Create(
                    CultureInfo.InvariantCulture, $"CREATE TRIGGER \"{kind} {table}\" AFTER {kind} ON \"{table}\" BEGIN INSERT OR IGNORE INTO seen VALUES ('{table} {kind}'); END"));
            }
        }

        Run(desk, command, "2025-03-02", "probe").With(0);
        return [.. SqliteDump.Texts(desk["s.db"], "SELECT what FROM seen ORDER BY what").Select(static what => what.Split(' ')).Select(static what => (what[0], what[1]))];
    }

    private static Ended Run(Desk desk, string command, string date, string output) =>
        desk.Run(DisturbedRuns.Arguments(command, date, output, ["--sqlite", "s.db"]));
}
