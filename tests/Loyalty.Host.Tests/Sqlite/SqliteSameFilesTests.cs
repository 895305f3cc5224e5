using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Loyalty.Tests.Host.Sqlite;

/// <summary>Every command gives with <c>--sqlite</c> the files and words that it gives with <c>--state</c>; only times differ.</summary>
public sealed partial class SqliteSameFilesTests : IDisposable
{
    private const string Winery = """
        { "tenant":"winery", "currency":"USD", "timeZone":"America/Los_Angeles",
          "club": { "stages": [ { "name":"Bronze","discountPercent":10,"months":3,"minimumPurchase":100 }, { "name":"Silver","discountPercent":15,"months":6,"minimumPurchase":250 } ] },
          "points": { "perUnit":1, "bonusPercent":10, "minimumMembershipDays":0, "value":0.01, "expiry":{"kind":"fixed","months":2} },
          "rewards": [ { "id":"tote","kind":"merchandise","points":50,"stock":1,"limit":"once" }, { "id":"cup","kind":"merchandise","points":5 } ],
          "messages": { "channels":["email"], "expiryWarningDays":[30] }, "jobs": { "deliver": "*/5 * * * *" } }
        """;

    private readonly Desk _file = new();
    private readonly Desk _sqlite = new();

    public void Dispose()
    {
        _file.Dispose();
        _sqlite.Dispose();
    }

    [Fact]
    public void Points_by_date_verified_and_damaged()
    {
        Write("program.json", Winery);
        Write("orders.csv", "order_id,customer,date,amount\n" + string.Concat(Enumerable.Range(0, 120).Select(static n =>
            $"o{n},c{n % 9},{new DateOnly(2025, 1, 5).AddDays((n * 7) % 200):yyyy-MM-dd},{(n * 37 % 400) + 20}.{n % 100:D2}\n")) + "bad,c1,2025-13-01,5\n"
            + $"wide,\U0001F600,2025-01-05,300\nnarrow,\uffee,2025-01-05,300\n{new string('x', 1025)},c1,2025-01-05,300\n");
        Write("refunds.csv", "id,order_id,date,amount\n" + string.Concat(Enumerable.Range(0, 20).Select(static n =>
            $"x{n},o{n * 5},{new DateOnly(2025, 1, 20).AddDays(n * 9):yyyy-MM-dd},{n + 10}\n")));
        Write("redemptions.csv", "id,customer,date,reward,event\n" + string.Concat(Enumerable.Range(0, 30).Select(static n =>
            $"r{n},c{n % 9},{new DateOnly(2025, 1, 25).AddDays(n * 4):yyyy-MM-dd},{(n % 3 == 0 ? "tote" : "cup")},claimed\n"
            + $"r{n},c{n % 9},{new DateOnly(2025, 1, 28).AddDays(n * 4):yyyy-MM-dd},{(n % 3 == 0 ? "tote" : "cup")},{(n % 2 == 0 ? "fulfilled" : "cancelled")}\n")));
        foreach (var date in (string[])["2025-01-15", "2025-02-28", "2025-02-28", "2025-06-30", "2025-12-31", "2025-12-30"])
        {
            Same(
                "points", "--program", "program.json", "--orders", "orders.csv", "--redemptions", "redemptions.csv", "--refunds", "refunds.csv", "--as-of", date, "--out", "out");
        }

        Same("verify", "--program", "program.json");
        Same("verify", "--program", "program.json", "--json");
        SqliteDump.Execute(_sqlite["acme.db"], "UPDATE points_entry SET points = points + 1, balance = balance + 1 WHERE member = 'c3' AND sequence = 2");
        Assert.Contains("DIFFERENT c3 #2", _sqlite.Run("verify", "--program", "program.json", "--sqlite", "acme.db").With(1).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Simulations()
    {
        Same("sync", "--program", "program.json", "--videos", "videos.csv", "--as-of", "2025-07-08", "--out", "out");
        Write("other.json", Desk.Program.Replace("\"threshold\": 1000", "\"threshold\": 15", StringComparison.Ordinal));
        Same("simulate", "--program", "other.json", "--out", "simulated");
        Same("simulate", "--program", "other.json", "--since", "2025-03-02", "--out", "simulated", "--json");
    }

    [Fact]
    public void Scores_of_orders_and_of_customers()
    {
        var random = new Random(5);
        for (var run = 0; run < 3; run++)
        {
            Write("o.csv", "customer,order_id,date,net,item\n" + string.Concat(Enumerable.Range(0, 200).Where(_ => random.Next(6) > 0).Select(i => string.Create(
                CultureInfo.InvariantCulture,
                $"{(i % 17 == 0 ? "" : $"C{i % 41}@x.com")},{i},{new DateOnly(2025, 1, 1).AddDays(random.Next(150)):yyyy-MM-dd},{random.Next(-50, 40_000) / 100m},show {i}\n"))));
            Same(["score", "--orders", "o.csv", "--as-of", $"2025-06-{10 + run}", "--out", "out", .. run == 2 ? ["--model", "quantiles"] : Array.Empty<string>()]);
        }

        Write("c.csv", "customer,last_order_on,orders,net\nx@x.com,2025-01-01,3,200.005\ny,,0,0\n");
        Same("score", "--customers", "c.csv", "--as-of", "2025-07-01", "--out", "out");
        Same("score", "--customers", "c.csv", "--as-of", "2025-06-30", "--out", "out"); // stale
    }

    [Fact]
    public void Imports_of_creators_and_what_is_asked_of_them()
    {
        foreach (var desk in (Desk[])[_file, _sqlite])
        {
            desk.Run("sample-data", "--members", "2", "--videos", "2", "--creators", "120", "--seed", "8", "--out", "g").With(0);
        }

        string[] kinds = ["euka", "phones", "refunnel", "samples", "videos", "products"];
        foreach (var some in (string[][])[["euka", "samples"], ["phones", "videos", "products"], ["refunnel"], kinds])
        {
            Same(["import", .. some.SelectMany(static k => (string[])["--source", $"{k}=g/creators/{k}.csv"]), "--brand", "Acme", "--as-of", "2025-06-30", "--out", "out"]);
        }

        var handles = _file.Lines("out/creators.csv")[1..].Select(static l => l.Split(',')[0]).ToList();
        Same("creators", "tag", handles[3], "--add", "vip", "--add", "x y");
        Same("creators", "tag", handles[9], "--add", "vip");
        Same("creators", "tag", handles[3], "--remove", "x y");
        Same("creators", "rename", handles[5], handles[6], "--on", "2025-06-01");
        Same("creators", "rename", handles[7], "brand.new_name", "--on", "2025-06-02");
        Write("log.csv", $"handle,channel,status,external_id,subject,at\n{handles[5]},email,sent,m-1,Hello,2025-06-03T10:00:00Z\n{handles[6]},sms,sent,m-2,,2025-06-04T09:00:00Z\n");
        Same("creators", "log", "log.csv");
        Same("creators", "log", "log.csv");
        foreach (var query in (string[][])
            [[], ["--search", "kit"], ["--search", "a"], ["--search", "@ur"], ["--search", "%"], ["--tag", "vip"], ["--brand", "Acme", "--limit", "7"], ["--badge", "gold"], ["--after", handles[60], "--limit", "3"]])
        {
            Same(["creators", "list", .. query, "--json"]);
        }

        foreach (var handle in (string[])[handles[3], handles[5], handles[6], handles[7], handles[40], "nobody.at.all"])
        {
            Same("creators", "show", handle, "--json");
        }

        Same("import", "--source", "phones=g/creators/phones.csv", "--source", "samples=g/creators/samples.csv", "--brand", "Other", "--out", "out");
    }

    [Fact]
    public void Deliveries_the_queue_consent_and_jobs()
    {
        Write("program.json", Winery);
        Write("orders.csv", "order_id,customer,date,amount\n1,ann@example.com,2025-01-10,120\n2,ann@example.com,2025-02-01,300.55\n3,bob@example.com,2025-02-01,150\n4,nobody,2025-02-01,150\n");
        Write("files.json", """{ "targets": { "out": { "kind": "file", "folder": "sent" } }, "operations": "out", "channels": { "email": "out" } }""");
        Write("contacts.csv", "customer,email,phone,first_name,last_name,locale\nbob@example.com,bob2@example.com,,Bob,,\n");
        Write("preferences.csv", "customer,kind,channel,allowed\nann@example.com,tier-change,email,false\n");
        Same("points", "--program", "program.json", "--orders", "orders.csv", "--as-of", "2025-02-01", "--contacts", "contacts.csv", "--preferences", "preferences.csv", "--out", "out");
        Same("queue", "list", "--json");
        Same("consent", "add", "--customer", "bob@example.com", "--allowed", "false", "--hard", "--text", "bounce");
        Same("deliver", "--connectors", "files.json", "--out", "d");
        Same("queue", "status", "--json");
        Same("deliver", "--connectors", "files.json", "--out", "d");
        Same("queue", "retry", "enrollment:1:add");
        Same("queue", "retry", "--all-parked");
        Same("queue", "drop", "enrollment:4:add", "--reason", "left the club");
        Same("queue", "drop", "nothing", "--reason", "x");
        Same("queue", "list", "--json");
        Same("consent", "list");
        Assert.StartsWith("deliver ", _sqlite.Run("jobs", "list", "--program", "program.json", "--sqlite", "acme.db").With(0).Out, StringComparison.Ordinal);
        Assert.Equal("deliver", JsonDocument.Parse(_sqlite.Run("jobs", "list", "--program", "program.json", "--sqlite", "acme.db", "--json").With(0).Out)
            .RootElement.GetProperty("jobs")[0].GetProperty("job").GetString());
    }

    [GeneratedRegex("\"elapsed_ms\": [0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,16}Z|\"oldest_[a-z_]+\": ?[0-9]+|\\b[0-9.]+ ?s\\b")]
    private static partial Regex Times();

    private void Write(string name, string text)
    {
        _file.Write(name, text);
        _sqlite.Write(name, text);
    }

    private void Same(params string[] arguments)
    {
        var expected = _file.Run([.. arguments, "--state", "acme.loyalty"]);
        var actual = _sqlite.Run([.. arguments, "--sqlite", "acme.db"]);
        Assert.Equal(
            (expected.Code, Plain(_file, expected.Out), Plain(_file, expected.Error)), (actual.Code, Plain(_sqlite, actual.Out), Plain(_sqlite, actual.Error)));
        var (file, sqlite) = (Files(_file), Files(_sqlite));
        Assert.Equal(file.Keys, sqlite.Keys);
        Assert.All(file.Keys, name => Assert.Equal(Plain(_file, _file.Read(name)), Plain(_sqlite, _sqlite.Read(name))));
    }

    /// <summary>What a command wrote, but for the stores and for messages, whose ids are random.</summary>
    private static SortedDictionary<string, (string Content, DateTime Written)> Files(Desk desk)
    {
        var files = desk.Snapshot();
        foreach (var name in files.Keys.Where(static n => n.StartsWith("acme.", StringComparison.Ordinal) || n.StartsWith("sent", StringComparison.Ordinal)).ToArray())
        {
            files.Remove(name);
        }

        return files;
    }

    private static string Plain(Desk desk, string text) => Times().Replace(text, "TIME")
        .Replace(Path.TrimEndingDirectorySeparator(desk[string.Empty]), "DESK", StringComparison.Ordinal)
        .Replace("acme.loyalty", "STORE", StringComparison.Ordinal).Replace("acme.db", "STORE", StringComparison.Ordinal);
}
