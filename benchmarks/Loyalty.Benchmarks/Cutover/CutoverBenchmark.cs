using System.Diagnostics;
using System.Globalization;
using Loyalty.Postgres.Cutover;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Benchmarks.Cutover;

/// <summary>How long a cutover of three tables holds its locks, for several numbers of rows.</summary>
/// <remarks><c>cutover [--rows N] [--rounds N]</c>: tables of N / 100, N / 10 and N rows each, linked by foreign keys; a cutover and a rollback a round.</remarks>
internal static class CutoverBenchmark
{
    private const string Schema =
        """
        CREATE SCHEMA shop;
        CREATE TABLE shop.member (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, joined date NOT NULL);
        CREATE TABLE shop.purchase (id bigint PRIMARY KEY, member_id bigint NOT NULL REFERENCES shop.member (id), amount numeric(12,2) NOT NULL);
        CREATE TABLE shop.visit (id bigint PRIMARY KEY, member_id bigint NOT NULL REFERENCES shop.member (id), at timestamptz NOT NULL, page text);
        CREATE INDEX purchase_member ON shop.purchase (member_id); CREATE INDEX visit_member ON shop.visit (member_id, at);
        CREATE VIEW shop.spent AS SELECT member_id, sum(amount) AS amount FROM shop.purchase GROUP BY member_id;
        """;

    private const string Fill =
        """
        INSERT INTO {0}member SELECT g, g || '@x', 'member ' || g, date '2024-01-01' + (g % 400)::int FROM generate_series(1, {1}) g;
        INSERT INTO {0}purchase SELECT g, g, g % 1000 FROM generate_series(1, {1}) g;
        INSERT INTO {0}visit SELECT g, g, timestamptz '2025-01-01' + make_interval(secs => g), 'page ' || g % 50 FROM generate_series(1, {1}) g;
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var most = Option(arguments, "--rows", 1_000_000);
        var rounds = Option(arguments, "--rounds", 5);
        Console.WriteLine("| rows in each of 3 tables | prepare s | validate s | cutover s | locks held ms, median | locks held ms, most |\n|---:|---:|---:|---:|---:|---:|");
        using var server = new TestServer(fsync: true, "max_wal_size=8GB", "shared_buffers=512MB", "checkpoint_timeout=1h");
        foreach (var rows in (int[])[most / 100, most / 10, most])
        {
            using var database = server.CreateEmptyDatabase();
            await ExecuteAsync(database.Owner, Schema + Filled("shop.", rows) + "ANALYZE;");
            var cutover = new TableCutover(database.Owner, new CutoverSet("shop_next", "shop", "member", "purchase", "visit"));
            await cutover.MigrateAsync();
            var clock = Stopwatch.StartNew();
            await cutover.PrepareAsync(async (connection, _, ct) =>
            {
                await using var command = new NpgsqlCommand(Filled(string.Empty, rows), connection) { CommandTimeout = 0 };
                await command.ExecuteNonQueryAsync(ct);
                return true;
            });
            var prepared = clock.Elapsed;
            await cutover.ValidateAsync();
            var validated = clock.Elapsed - prepared;
            var held = new List<double>();
            var took = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                foreach (var isRollback in (bool[])[false, true])
                {
                    clock.Restart();
                    var result = isRollback ? await cutover.RollbackAsync() : await cutover.CutoverAsync();
                    took.Add(clock.Elapsed.TotalSeconds);
                    held.Add(result.LocksHeld.TotalMilliseconds);
                }
            }

            held.Sort();
            took.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {rows:N0} | {prepared.TotalSeconds:0.0} | {validated.TotalSeconds:0.0} | {took[took.Count / 2]:0.0} | {held[held.Count / 2]:0.0} | {held[^1]:0.0} |"));
        }

        return 0;
    }

    private static string Filled(string schema, int rows) =>
        Fill.Replace("{0}", schema, StringComparison.Ordinal).Replace("{1}", rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static int Option(string[] arguments, string name, int otherwise)
    {
        var at = Array.IndexOf(arguments, name);
        return at < 0 ? otherwise : int.Parse(arguments[at + 1], CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
