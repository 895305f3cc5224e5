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
public abstract partial class DisturbedRuns(TestServer server)
{
    private protected TestServer Server => server;

    private protected const string Program = """
        { "tenant": "acme", "currency": "USD", "timeZone": "UTC",
          "tiers": { "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 4, "anchor": "tier-achieved" },
            "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 }, { "name": "Gold", "threshold": 2000 } ] },
          "club": { "stages": [ { "name":"Bronze","discountPercent":10,"months":3,"minimumPurchase":100 } ] },
          "points": { "perUnit":1, "bonusPercent":10, "minimumMembershipDays":0, "expiry":{"kind":"fixed","months":2} },
          "rewards": [ { "id":"tote","kind":"merchandise","points":50,"stock":3 } ] }
        """;

    private protected static readonly int Kills = Number("LOYALTY_TEST_KILLS", 2);
    private protected static readonly int Restarts = Number("LOYALTY_TEST_RESTARTS", 1);

    /// <summary>Commands that write, each by what follows its name; a run of the first date comes before the one that is disturbed.</summary>
    public static TheoryData<string> Commands { get; } = new(
        "sync --program p.json --videos videos-DATE.csv --adjustments adjustments.csv",
        "score --program p.json --orders scored-DATE.csv",
        "points --program p.json --orders orders-DATE.csv --refunds refunds.csv --redemptions redemptions.csv",
        "import --program p.json --source phones=phones-DATE.csv --source videos=posted-DATE.csv");

    /// <summary>The same on each store that is one file.</summary>
    public static MatrixTheoryData<string, string> CommandsOnFiles { get; } = new(Commands.Select(static row => row.Data), ["s.loyalty", "s.db"]);

    private protected static int Number(string name, int otherwise) =>
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

    private protected static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(line));

    private protected static string[] Store(TestDatabase database) => ["--postgres", database.AppConnectionString];

    private protected static string[] Store(string file) => [file.EndsWith(".db", StringComparison.Ordinal) ? "--sqlite" : "--state", file];

    internal static string[] Arguments(string command, string date, string output, string[] store) =>
        [.. command.Replace("DATE", date, StringComparison.Ordinal).Split(' '), "--as-of", date, "--out", output, .. store];

    private protected static Ended Run(Desk desk, string command, string date, string output, string[] store) => desk.Run(Arguments(command, date, output, store));

    /// <summary>What a store of one file holds.</summary>
    private protected static string Rows(Desk desk, string command, string file) =>
        file.EndsWith(".db", StringComparison.Ordinal) ? SqliteDump.Of(desk[file])
        : command.StartsWith("points ", StringComparison.Ordinal) ? Points(desk[file])
        : Convert.ToHexString(File.ReadAllBytes(desk[file]));

    /// <summary>Points and what is to be told of them, without the instants at which runs recorded them and the hashes that are made over these.</summary>
    private protected static string Points(string path)
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
    private protected (string Old, (string Stored, string Files, long Length) After) Expected(Desk desk, string command, TestDatabase before, TestServer? own = null)
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
    private protected TestDatabase Copy(TestDatabase database, TestServer? own = null)
    {
        WaitUntilAlone(database);
        return (own ?? Server).CopyDatabase(database);
    }

    // Not from a pool: nobody may be there when a database is copied.
    private protected static NpgsqlConnection Open(TestDatabase database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.OwnerConnectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    private protected static void WaitUntilAlone(TestDatabase database)
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
    private protected static string Stored(TestDatabase database)
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
    private protected static string Lasting(string rows) => string.Join(
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
    private protected static Ended Limited(Desk desk, int blocks, string[] arguments)
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
