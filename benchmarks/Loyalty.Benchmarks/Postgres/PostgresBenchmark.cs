using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Loyalty.Activities;
using Loyalty.Postgres.Members;
using Loyalty.Programs;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Benchmarks.Postgres;

/// <summary>The PostgreSQL store beside a plain COPY and beside the SQL of the old plan, all in one run on one server.</summary>
/// <remarks>
/// <c>postgres [--rows N] [--creators N] [--rounds N] [--no-seed] [--write]</c> prints a table of medians and ratios, and with <c>--write</c>
/// keeps it among the results; <c>postgres memory ROWS</c> loads that many rows in this process and prints its peak memory; <c>postgres tenants ROWS</c> shares that many rows
/// among ever more tenants, loads them and syncs them again, one tenant after the other.
/// </remarks>
internal static class PostgresBenchmark
{
    private const string Processor = ", processor";

    private static readonly string[] ServerSettings = ["max_wal_size=8GB", "shared_buffers=512MB", "checkpoint_timeout=1h", .. Environment.GetEnvironmentVariable("LOYALTY_BENCH_SERVER")?.Split(';') ?? []];

    private static LoyaltyProgram Program { get; } = ProgramOf("bench");

    private static DateOnly AsOf { get; } = new(2025, 11, 1);

    private static LoyaltyProgram ProgramOf(string tenant) => LoyaltyProgram.Parse(
        $$"""
        { "tenant": "{{tenant}}", "currency": "USD", "timeZone": "UTC", "tiers": { "metric": "sales", "mode": "checkpoints",
          "checkpoint": { "months": 4, "anchor": "tier-achieved" }, "promotion": "immediate", "demotion": "earned-level",
          "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 }, { "name": "Gold", "threshold": 2000 },
                      { "name": "Platinum", "threshold": 3000 } ] } }
        """);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["memory", var count])
        {
            return await MemoryAsync(int.Parse(count, CultureInfo.InvariantCulture));
        }

        if (arguments is ["tenants", var shared])
        {
            return await TenantsAsync(int.Parse(shared, CultureInfo.InvariantCulture));
        }

        var rows = Option(arguments, "--rows", 1_000_000);
        var creators = Option(arguments, "--creators", Math.Max(1, rows / 10));
        var rounds = Option(arguments, "--rounds", 3);
        var data = new VideoRows(rows, creators);
        using var server = new TestServer(fsync: true, [.. ServerSettings, "autovacuum=off"]);
        using var database = server.CreateDatabase();
        var times = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        data.Made(0);
        data.Made(100);
        await PlainCopy.RunAsync(database.Owner, data); // warms client and server up
        for (var round = 0; round < rounds; round++)
        {
            await TimeAsync(times, "copy", () => PlainCopy.RunAsync(database.Owner, data));
            using var target = server.CreateDatabase();
            var store = new PostgresMemberStore(target.App, "bench");
            await TimeAsync(times, "first load", () => RunAsync(store, data.Made(0)));
            await TimeAsync(times, "copy", () => PlainCopy.RunAsync(database.Owner, data));
            await TimeAsync(times, "re-sync, 1 % changed", () => RunAsync(store, data.Made(100)));
            await TimeAsync(times, "re-sync, nothing changed", () => RunAsync(store, data.Made(100)));
            await SmallAsync(times, target, store, creators);
            if (!arguments.Contains("--no-seed", StringComparer.Ordinal) && round == 0)
            {
                using var seed = server.CreateEmptyDatabase();
                await using (var connection = await seed.Owner.OpenConnectionAsync())
                {
                    await SeedSql.RunAsync(connection, SeedSql.Schema);
                }

                await TimeAsync(times, "old SQL, first load", () => SeedSql.RunAsync(seed.Owner, data, 0));
                await TimeAsync(times, "old SQL, re-sync", () => SeedSql.RunAsync(seed.Owner, data, 100));
            }
        }

        var table = Table(times, rows, creators);
        Console.Write(table);
        if (arguments.Contains("--write", StringComparer.Ordinal))
        {
            ProcessRuns.Keep(
                "postgres.md",
                $"# The PostgreSQL store\n\n<!-- table -->\n{table}<!-- /table -->\n\n{Environment.ProcessorCount} cores of {ProcessRuns.Cpu()}, "
                + $"{RuntimeInformation.FrameworkDescription}, PostgreSQL {await VersionAsync(database)} on the same machine with `fsync` on, medians of {rounds} rounds, "
                + "the old SQL once. Reproduce: `./build bench postgres`.\n");
        }

        return 0;
    }

    private static Task RunAsync(PostgresMemberStore store, IEnumerable<ActivityBatch> batches) => RunAsync(store, Program, batches);

    private static async Task RunAsync(PostgresMemberStore store, LoyaltyProgram program, IEnumerable<ActivityBatch> batches)
    {
        await using var session = await store.BeginRunAsync(program, AsOf);
        foreach (var batch in batches)
        {
            await session.ApplyAsync(batch);
        }

        await session.ReviewAsync();
        await session.CommitAsync();
    }

    private static async Task SmallAsync(Dictionary<string, List<double>> times, TestDatabase database, PostgresMemberStore store, int creators)
    {
        // A thousand members are made due a day later, and nobody else.
        await using (var connection = await database.Owner.OpenConnectionAsync())
        {
            await SeedSql.RunAsync(connection, "UPDATE loyalty.member SET next_due = NULL");
            await SeedSql.RunAsync(
                connection,
                "UPDATE loyalty.member SET next_due = '2025-11-02' WHERE handle IN (SELECT handle FROM loyalty.member ORDER BY md5(handle) LIMIT 1000)");
            await SeedSql.RunAsync(connection, "VACUUM ANALYZE loyalty.member");
        }

        long reviewed = 0;
        await TimeAsync(times, "review of 1,000 due members", async () =>
        {
            await using var session = await store.BeginRunAsync(Program, AsOf.AddDays(1));
            var outcome = await session.ReviewAsync();
            reviewed = outcome.MembersTotal;
            await session.CommitAsync();
        });
        if (reviewed == 0)
        {
            throw new InvalidOperationException("Nobody was reviewed.");
        }

        await ReadAsync(times, "progress read", store, creators);

        // The caller's connection string decides whether statements stay prepared.
        await using var prepared = NpgsqlDataSource.Create(database.AppConnectionString + ";Max Auto Prepare=20");
        await ReadAsync(times, "progress read, statements prepared", new PostgresMemberStore(prepared, "bench"), creators);
    }

    private static async Task ReadAsync(Dictionary<string, List<double>> times, string what, PostgresMemberStore store, int creators)
    {
        var reads = new List<double>();
        for (var i = 0; i < 3_000; i++)
        {
            var handle = $"creator_{(i * 7919) % creators:D6}";
            var start = Stopwatch.GetTimestamp();
            await store.FindProgressAsync(handle);
            if (i >= 500)
            {
                reads.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        Add(times, what, Median(reads) / 1_000);
    }

    private static async Task<int> MemoryAsync(int rows)
    {
        using var server = new TestServer(fsync: false, "max_wal_size=8GB", "autovacuum=off");
        using var database = server.CreateDatabase();
        var store = new PostgresMemberStore(database.App, "bench");
        var clock = Stopwatch.StartNew();
        await RunAsync(store, new VideoRows(rows, rows / 10).Batches());
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{rows:N0} rows of {rows / 10:N0} creators in {clock.Elapsed.TotalSeconds:F1} s, peak memory of the client {self.PeakWorkingSet64 / 1_048_576.0:F0} MB"));
        return 0;
    }

    private static async Task<int> TenantsAsync(int rows)
    {
        Console.WriteLine($"| {rows.ToString("N0", CultureInfo.InvariantCulture)} rows of | each | first load | 1 % changed | nothing changed | 1 row each |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|");
        using var server = new TestServer(fsync: true, ServerSettings);
        for (var tenants = 1; tenants <= 1_000; tenants *= 10)
        {
            using var database = server.CreateDatabase();
            var each = rows / tenants;
            var data = new VideoRows(each, Math.Max(1, each / 10));
            var one = new VideoRows(1, 1);
            (PostgresMemberStore Store, LoyaltyProgram Program)[] all = [.. Enumerable.Range(0, tenants).Select(i => (new PostgresMemberStore(database.App, $"bench{i}"), ProgramOf($"bench{i}")))];
            await RunAsync(new PostgresMemberStore(database.App, "bench"), data.Made(0));
            var times = new Dictionary<string, List<double>>(StringComparer.Ordinal);
            foreach (var (what, batches) in new[] { ("first load", data.Made(0)), ("1 % changed", data.Made(100)), ("nothing changed", data.Made(100)), ("1 row each", one.Made(1)) })
            {
                await TimeAsync(times, what, async () =>
                {
                    foreach (var (store, program) in all)
                    {
                        await RunAsync(store, program, batches);
                    }
                });
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {tenants:N0} {(tenants == 1 ? "tenant" : "tenants")} | {each:N0} | {times["first load"][0]:F1} s | {times["1 % changed"][0]:F2} s | {times["nothing changed"][0]:F2} s | {times["1 row each"][0]:F2} s |"));
        }

        return 0;
    }

    private static async Task TimeAsync(Dictionary<string, List<double>> times, string what, Func<Task> work)
    {
        GC.Collect();
        var processor = ProcessorTime.Now();
        var clock = Stopwatch.StartNew();
        await work();
        var elapsed = clock.Elapsed.TotalSeconds;
        var used = ProcessorTime.Now() - processor;
        Add(times, what, elapsed);
        Add(times, what + Processor, used);
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{what}: {elapsed:F3} s, processor time {used:F3} s"));
    }

    private static void Add(Dictionary<string, List<double>> times, string what, double seconds)
    {
        if (!times.TryGetValue(what, out var list))
        {
            times.Add(what, list = []);
        }

        list.Add(seconds);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static string Table(Dictionary<string, List<double>> times, int rows, int creators)
    {
        var copy = Median(times["copy"]);
        var copyProcessor = Median(times["copy" + Processor]);
        var old = times.TryGetValue("old SQL, first load", out var oldFirst) ? (First: Median(oldFirst), Again: Median(times["old SQL, re-sync"])) : default;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {rows:N0} rows, {creators:N0} creators | time | to the COPY | old SQL to it | processor time | to the COPY |\n|---|--:|--:|--:|--:|--:|\n");
        foreach (var (what, list) in times)
        {
            if (what.EndsWith(Processor, StringComparison.Ordinal))
            {
                continue;
            }

            var median = Median(list);
            var isRun = times.TryGetValue(what + Processor, out var processor);
            var slower = what.StartsWith("first", StringComparison.Ordinal) ? old.First : what.StartsWith("re-sync, 1", StringComparison.Ordinal) ? old.Again : 0;
            text.Append(CultureInfo.InvariantCulture, $"| {what} | {Seconds(median)} | {(isRun ? Ratio(median / copy) : "")} | {(slower > 0 ? $"{Ratio(slower / median)} ×" : "")} ");
            text.Append(isRun ? $"| {Seconds(Median(processor!))} | {Ratio(Median(processor!) / copyProcessor)} |\n" : "| | |\n");
        }

        return text.ToString();
    }

    private static string Ratio(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);

    private static async Task<string> VersionAsync(TestDatabase database)
    {
        await using var command = database.Owner.CreateCommand("SHOW server_version");
        return ((string)(await command.ExecuteScalarAsync())!).Split(' ')[0];
    }

    private static string Seconds(double seconds) => seconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds * 1_000:F2} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s");

    private static int Option(string[] arguments, string name, int standard)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : standard;
    }
}
