using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Loyalty.Json;
using Loyalty.Storage.InMemory;
using Loyalty.Tests.Host.Sqlite;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Host.Database;

/// <summary>
/// Each command that writes is killed at moments that nobody chose, loses its server, and meets a full disk: what is stored is that of before or that of after,
/// and the next run ends as if nothing had been.
/// </summary>
/// <remarks>LOYALTY_TEST_KILLS says how often each command is disturbed on each store (2; the nightly form 200), LOYALTY_TEST_RESTARTS how often the server (1; 20).</remarks>
public sealed partial class DisturbedRunTests(TestServer server)
{
    private const string Program = """
        { "tenant": "acme", "currency": "USD", "timeZone": "UTC",
          "tiers": { "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 4, "anchor": "tier-achieved" },
            "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 }, { "name": "Gold", "threshold": 2000 } ] },
          "club": { "stages": [ { "name":"Bronze","discountPercent":10,"months":3,"minimumPurchase":100 } ] },
          "points": { "perUnit":1, "bonusPercent":10, "minimumMembershipDays":0, "expiry":{"kind":"fixed","months":2} },
          "rewards": [ { "id":"tote","kind":"merchandise","points":50,"stock":3 } ] }
        """;

    private static readonly int Kills = Number("LOYALTY_TEST_KILLS", 2);
    private static readonly int Restarts = Number("LOYALTY_TEST_RESTARTS", 1);

    /// <summary>Commands that write, each by what follows its name; a run of the first date comes before the one that is disturbed.</summary>
    public static TheoryData<string> Commands { get; } = new(
        "sync --program p.json --videos videos-DATE.csv --adjustments adjustments.csv",
        "score --program p.json --orders scored-DATE.csv",
        "points --program p.json --orders orders-DATE.csv --refunds refunds.csv --redemptions redemptions.csv",
        "import --program p.json --source phones=phones-DATE.csv --source videos=posted-DATE.csv");

    /// <summary>The same on each store that is one file.</summary>
    public static MatrixTheoryData<string, string> CommandsOnFiles { get; } = new(Commands.Select(static row => row.Data), ["s.loyalty", "s.db"]);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task F36_A_run_on_PostgreSQL_that_is_killed_anywhere_is_there_whole_or_not_at_all(string command)
    {
        using var desk = Prepare();
        using var before = server.CreateDatabase();
        var (old, after) = Expected(desk, command, before);

        var random = new Random(Environment.TickCount);
        TestDatabase? database = null;
        var killed = 0;
        for (var i = 0; i < 3 * Kills && killed < Kills; i++)
        {
            database ??= Copy(before);
            using var process = desk.Start(Arguments(command, "2025-03-02", "out", Store(database)));
            await Task.Delay(random.Next(0, (int)after.Length), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            WaitUntilAlone(database);
            killed += process.ExitCode == 0 ? 0 : 1;
            var left = Stored(database);
            Assert.True(left == old || left == after.Stored, $"kill {i}: the rows are neither those of before nor those of after");
            if (left != old || i % 5 == 0)
            {
                Run(desk, command, "2025-03-02", "out", Store(database)).With(0);
                Assert.Equal(Lasting(after.Stored), Lasting(Stored(database)));
                Assert.Equal(after.Files, Files(desk, "out"));
                database.Dispose();
                database = null;
            }
        }

        database?.Dispose();
        Assert.True(killed >= Math.Min(2, Kills), $"only {killed} runs could be killed in time");
    }

    [Theory]
    [MemberData(nameof(CommandsOnFiles))]
    public async Task F36_A_run_on_a_file_that_is_killed_anywhere_leaves_the_old_rows_or_the_new(string command, string file)
    {
        using var desk = Prepare();
        string[] store = Store(file);
        Run(desk, command, "2025-03-01", "out", store).With(0);
        var (old, content) = (Rows(desk, command, file), await File.ReadAllBytesAsync(desk[file], TestContext.Current.CancellationToken));
        var clock = Stopwatch.StartNew();
        Run(desk, command, "2025-03-02", "undisturbed", store).With(0);
        var (length, after, files) = (clock.ElapsedMilliseconds, Rows(desk, command, file), Files(desk, "undisturbed"));
        var random = new Random(Environment.TickCount);
        for (var i = 0; i < Kills; i++)
        {
            PutBack(desk, file, content);
            using (var process = desk.Start(Arguments(command, "2025-03-02", "out", store)))
            {
                await Task.Delay(random.Next(0, (int)length), TestContext.Current.CancellationToken);
                process.Kill();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            var left = Rows(desk, command, file);
            Assert.True(left == old || left == after, $"kill {i}: what is stored is neither that of before nor that of after");
            Run(desk, command, "2025-03-02", "out", store).With(0);
            Assert.Equal(files, Files(desk, "out"));
        }
    }

    /// <summary>Every file that a run writes meets the end of what it may write, at one size after the other.</summary>
    [Theory]
    [MemberData(nameof(CommandsOnFiles))]
    public void F36_A_full_disk_leaves_the_old_rows_and_one_line(string command, string file)
    {
        using var desk = Prepare();
        string[] store = Store(file);
        Run(desk, command, "2025-03-01", "out", store).With(0);
        var (old, content) = (Rows(desk, command, file), File.ReadAllBytes(desk[file]));
        Run(desk, command, "2025-03-02", "undisturbed", store).With(0);
        var files = Files(desk, "undisturbed");
        var failed = 0;
        var step = IsLongForm ? 1.05 : 3;
        for (double blocks = 1; blocks < 20_000; blocks = Math.Max(blocks + 1, blocks * step))
        {
            PutBack(desk, file, content);
            var limited = Limited(desk, (int)blocks, Arguments(command, "2025-03-02", "out", store));
            if (limited.Code == 0)
            {
                break;
            }

            failed++;
            Assert.True(Rows(desk, command, file) == old, $"{blocks} blocks: what is stored has changed\n{limited.Error}");
            Assert.DoesNotContain("   at ", limited.Error, StringComparison.Ordinal);
        }

        Assert.True(failed > 0, "no write failed");
        PutBack(desk, file, content);
        Run(desk, command, "2025-03-02", "out", store).With(0);
        Assert.Equal(files, Files(desk, "out"));
        Assert.DoesNotContain(desk.Snapshot().Keys, static f => f.EndsWith(".loyalty-new", StringComparison.Ordinal) || f.EndsWith(".new", StringComparison.Ordinal));
    }

    /// <summary>
    /// The disk of the server is full at one write after the other: that of its tables, or that of its log, too, on which it ends. Then there is room again.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void F36_A_full_disk_of_the_server_leaves_the_rows_of_before(bool hasLog)
    {
        using var own = new TestServer(fsync: false, new SmallDisk(220, hasLog), "min_wal_size=32MB", "max_wal_size=64MB", "shared_buffers=16MB");
        using var desk = Prepare();
        var step = IsLongForm ? 1.4 : 20;
        foreach (var row in Commands)
        {
            var command = row.Data;
            using var database = own.CreateDatabase();
            var (old, after) = Expected(desk, command, database, own);
            var failed = 0;
            for (double left = 0; ; left = Math.Max(8, left * step))
            {
                own.Fill((int)left);
                var ended = Run(desk, command, "2025-03-02", "out", Store(database));
                NpgsqlConnection.ClearAllPools();
                own.Free();
                if (hasLog && ended.Code != 0)
                {
                    own.Crash();
                }

                var stored = Stored(database);
                if (ended.Code == 0)
                {
                    Assert.True(stored == after.Stored, $"{command}, {left} KiB left: the rows are not those of after");
                    break;
                }

                failed++;
                Assert.True(stored == old || (hasLog && stored == after.Stored), $"{command}, {left} KiB left: the rows are neither those of before nor those of after\n{ended.Error}");
                Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
                if (!hasLog)
                {
                    Assert.Contains("The disk of the server is full; free some, then run again.", ended.Error, StringComparison.Ordinal);
                }
            }

            Assert.True(failed > 0, $"{command}: no write failed");
            Run(desk, command, "2025-03-02", "out", Store(database)).With(0);
            Assert.Equal(Lasting(after.Stored), Lasting(Stored(database)));
            Assert.Equal(after.Files, Files(desk, "out"));
        }
    }

    /// <summary>Two connections that a pooler in transaction mode hands from client to client, with whatever was set on them.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public async Task F36_Runs_of_several_tenants_behind_a_pooler_leave_what_they_leave_without_one(string command)
    {
        using var desk = Prepare();
        using var direct = server.CreateDatabase();
        using var pooled = server.CreateDatabase();
        Run(desk, command, "2025-03-01", "direct", Store(direct)).With(0);
        Run(desk, command, "2025-03-02", "direct", Store(direct)).With(0);

        using var pooler = new TransactionPooler(pooled.AppConnectionString, connections: 2);
        string[] tenants = ["acme", "brio", "cara"];
        foreach (var tenant in tenants)
        {
            desk.Write($"{tenant}.json", Program.Replace("acme", tenant, StringComparison.Ordinal));
        }

        foreach (var date in (string[])["2025-03-01", "2025-03-02"])
        {
            var runs = tenants.Select(tenant => Task.Run(() => Run(desk, command.Replace("p.json", $"{tenant}.json", StringComparison.Ordinal), date, tenant, ["--postgres", pooler.ConnectionString])));
            foreach (var ended in await Task.WhenAll(runs))
            {
                ended.With(0);
            }
        }

        Assert.All(tenants, tenant => Assert.Equal(Files(desk, "direct"), Files(desk, tenant)));
        Assert.True(pooler.Handovers > 6, $"connections went over only {pooler.Handovers} times");
    }

    /// <summary>The server ends as by a loss of power in the middle of runs: they succeed on it when it is there again, or say that they could not.</summary>
    [Fact]
    public async Task F36_The_server_may_be_restarted_in_the_middle()
    {
        using var own = new TestServer(fsync: true);
        using var desk = Prepare();
        var random = new Random(Environment.TickCount);
        foreach (var row in Commands)
        {
            var command = row.Data;
            using var before = own.CreateDatabase();
            var (old, after) = Expected(desk, command, before, own);
            for (var i = 0; i < Restarts; i++)
            {
                using var database = Copy(before, own);
                using var process = desk.Start(Arguments(command, "2025-03-02", "out", Store(database)));
                await Task.Delay(random.Next(0, (int)after.Length), TestContext.Current.CancellationToken);
                own.Crash();
                _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                NpgsqlConnection.ClearAllPools();
                var left = Stored(database);
                Assert.True(process.ExitCode == 0 ? left == after.Stored : left == old || left == after.Stored, $"{command}, restart {i}, exit code {process.ExitCode}: {error}");
                Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
                Run(desk, command, "2025-03-02", "out", Store(database)).With(0);
                Assert.Equal(Lasting(after.Stored), Lasting(Stored(database)));
            }
        }
    }

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Whether everything is tried, not what CI has time for.</summary>
    internal static bool IsLongForm => Kills > 100;

    internal static Desk Prepare()
    {
        var desk = new Desk();
        desk.Write("p.json", Program);
        foreach (var (date, count) in new[] { ("2025-03-01", 2_000), ("2025-03-02", 2_400) })
        {
            desk.Write($"videos-{date}.csv", Desk.Header + Lines(count, n =>
                $"@c{n % 90},https://www.tiktok.com/@c{n % 90}/video/{n},10,1,0,${(n * 7 % 40) + (count / 1_000)}.00,1.0,1,2025-0{(n % 2) + 1}-{(n % 27) + 1:D2},title {n}\n"));
            desk.Write($"scored-{date}.csv", "customer,order_id,date,net\n" + Lines(count, n => $"c{n % 300}@x.com,{n},2025-0{(n % 2) + 1}-{(n % 27) + 1:D2},{(n * 7 % 90) + (count / 1_000)}\n"));
            desk.Write($"phones-{date}.csv", "Username,Recipient,First Name,Last Name,Phone #\n" + Lines(count, n => $"c{n % 700},R*** P***,Emma{count},Lee,(+1)512555{n % 700:D4}\n"));
            desk.Write($"posted-{date}.csv", "Video name,Video link,Video post date,Creator username,GMV,Product name\n" + Lines(count, n =>
                $"title {n},https://www.tiktok.com/@c{n % 700}/video/{n + 1},2025-0{(n % 2) + 1}-{(n % 27) + 1:D2},c{n % 700},{(n * 7 % 40) + (count / 1_000)}.00,cup\n"));
            desk.Write($"orders-{date}.csv", "order_id,customer,date,amount\n" + Lines(count, n => $"o{n},c{n % 90},2025-0{(n % 2) + 1}-{(n % 27) + 1:D2},{(n % 90) + 20}.00\n"));
        }

        desk.Write("adjustments.csv", "id,handle,date,sales,units,reason\n" + Lines(20, n => $"a{n},@c{n},2025-02-05,20.00,1,event\n"));
        desk.Write("refunds.csv", "id,order_id,date,amount\n" + Lines(40, n => $"x{n},o{n * 5},2025-03-0{(n % 2) + 1},10.00\n"));
        desk.Write("redemptions.csv", "id,customer,date,reward,event\n" + Lines(10, n => $"r{n},c{n},2025-03-0{(n % 2) + 1},tote,claimed\n"));
        return desk;
    }

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(line));

    private static string[] Store(TestDatabase database) => ["--postgres", database.AppConnectionString];

    private static string[] Store(string file) => [file.EndsWith(".db", StringComparison.Ordinal) ? "--sqlite" : "--state", file];

    internal static string[] Arguments(string command, string date, string output, string[] store) =>
        [.. command.Replace("DATE", date, StringComparison.Ordinal).Split(' '), "--as-of", date, "--out", output, .. store];

    private static Ended Run(Desk desk, string command, string date, string output, string[] store) => desk.Run(Arguments(command, date, output, store));

    /// <summary>What a store of one file holds.</summary>
    private static string Rows(Desk desk, string command, string file) =>
        file.EndsWith(".db", StringComparison.Ordinal) ? SqliteDump.Of(desk[file])
        : command.StartsWith("points ", StringComparison.Ordinal) ? Points(desk[file])
        : Convert.ToHexString(File.ReadAllBytes(desk[file]));

    /// <summary>Points and what is to be told of them, without the instants at which runs recorded them and the hashes that are made over these.</summary>
    private static string Points(string path)
    {
        var store = StateFile.Load(path, clock: TimeProvider.System);
        var members = store.Points.ReadMembersAsync().ToBlockingEnumerable().Select(static m => OfRun().Replace(JsonSerializer.Serialize(m, LoyaltyJson.Default.MemberPoints), ""));
        var deliveries = store.Queue.ReadAsync().ToBlockingEnumerable().Select(static d => $"{d.Position} {d.Key} {d.Status} {d.DueAt:O} {d.Payload}");
        return string.Join('\n', [.. members, .. deliveries]);
    }

    [GeneratedRegex("\"(recordedAt|hash|head)\":\"[^\"]*\",?")]
    private static partial Regex OfRun();

    internal static void PutBack(Desk desk, string file, byte[] content)
    {
        foreach (var beside in (string[])["-wal", "-shm", "-journal"])
        {
            File.Delete(desk[file + beside]);
        }

        File.WriteAllBytes(desk[file], content);
    }

    /// <summary>Runs the first date; what it leaves, what an undisturbed run of the second leaves on a copy, and how long that takes.</summary>
    private (string Old, (string Stored, string Files, long Length) After) Expected(Desk desk, string command, TestDatabase before, TestServer? own = null)
    {
        Run(desk, command, "2025-03-01", "out", Store(before)).With(0);
        var old = Stored(before);
        using var undisturbed = Copy(before, own);
        var clock = Stopwatch.StartNew();
        Run(desk, command, "2025-03-02", "undisturbed", Store(undisturbed)).With(0);
        var length = clock.ElapsedMilliseconds;
        return (old, (Stored(undisturbed), Files(desk, "undisturbed"), length));
    }

    /// <summary>A database with the same rows.</summary>
    private TestDatabase Copy(TestDatabase database, TestServer? own = null)
    {
        WaitUntilAlone(database);
        return (own ?? server).CopyDatabase(database);
    }

    // Not from a pool: nobody may be there when a database is copied.
    private static NpgsqlConnection Open(TestDatabase database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.OwnerConnectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    private static void WaitUntilAlone(TestDatabase database)
    {
        using var connection = Open(database);
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    using var command = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'loyalty'", connection);
                    return (long)command.ExecuteScalar()! == 0;
                },
                60_000),
            "a backend of a run that has ended is still there after a minute");
    }

    /// <summary>All rows but what differs from run to run: ids and times of runs, and what is made of them.</summary>
    private static string Stored(TestDatabase database)
    {
        var text = new StringBuilder();
        using var connection = Open(database);
        var tables = new List<string>();
        using (var list = new NpgsqlCommand("SELECT relname::text FROM pg_class WHERE relnamespace = 'loyalty'::regnamespace AND relkind = 'r' AND relname <> 'schema_migration' ORDER BY 1", connection))
        using (var reader = list.ExecuteReader())
        {
            while (reader.Read())
            {
                tables.Add(reader.GetString(0));
            }
        }

        foreach (var table in tables)
        {
            using var rows = new NpgsqlCommand(
                $"SELECT (to_jsonb(t) - '{{run_id,started_at,completed_at,recorded_at,hash,head}}'::text[])::text FROM loyalty.{table} t ORDER BY 1", connection);
            using var reader = rows.ExecuteReader();
            while (reader.Read())
            {
                text.Append(table).Append(' ').Append(reader.GetString(0)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Without the journals of runs, which have one more line when a kill came after the commit, and the counters that go with them.</summary>
    private static string Lasting(string rows) => string.Join(
        '\n', rows.Split('\n').Where(static row => !row.StartsWith("run", StringComparison.Ordinal) && !row.StartsWith("score_run ", StringComparison.Ordinal)
            && !row.StartsWith("creator_run ", StringComparison.Ordinal) && !row.StartsWith("points_run ", StringComparison.Ordinal) && !row.StartsWith("points_book ", StringComparison.Ordinal)));

    /// <summary>The files of results that say how things stand, not what a run did: they are the same when it was done before.</summary>
    internal static string Files(Desk desk, string output)
    {
        string[] lasting = ["members.csv", "missions.csv", "scores.csv", "segments.csv", "creators.csv", "videos.csv", "provenance.csv", "balances.csv", "ledger.csv", "rejects.csv"];
        var names = Directory.GetFiles(desk[output]).Select(Path.GetFileName).OfType<string>().Where(n => lasting.Contains(n, StringComparer.Ordinal)).Order(StringComparer.Ordinal);
        return string.Concat(names.Select(n => $"{n}\n{desk.Read($"{output}/{n}")}"));
    }

    /// <summary>Runs the program under a limit of what a file may grow to, in blocks of 512 bytes.</summary>
    private static Ended Limited(Desk desk, int blocks, string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = desk["."], RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", $"trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"", Desk.Executable, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        // The runtime's double mapping of code is a file, too.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new Ended(process.ExitCode, output.Result, error);
    }
}
