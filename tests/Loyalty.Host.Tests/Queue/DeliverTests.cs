using System.Text.Json;
using Loyalty.Messages;
using Loyalty.Storage.Files;
using Loyalty.Tests.Connectors.Server;

namespace Loyalty.Tests.Host.Queue;

/// <summary><c>loyalty deliver</c>, <c>queue</c> and <c>consent</c> as a black box, on a state file.</summary>
public sealed class DeliverTests : IDisposable
{
    private const string Program = """
        { "tenant": "winery", "currency": "USD", "timeZone": "America/Los_Angeles",
          "club": { "stages": [ { "name": "Bronze", "discountPercent": 10, "months": 3, "minimumPurchase": 100 }, { "name": "Silver", "discountPercent": 15, "months": 6, "minimumPurchase": 250 } ] },
          "points": { "perUnit": 1, "minimumMembershipDays": 0, "value": 0.01 }, "messages": { "channels": ["email"] } }
        """;

    private readonly Desk _desk = new();

    public DeliverTests()
    {
        _desk.Write("program.json", Program);
        _desk.Write("orders.csv", "order_id,customer,date,amount\n1,ann@example.com,2025-01-10,120\n2,ann@example.com,2025-02-01,300.55\n3,bob@example.com,2025-02-01,150\n4,nobody,2025-02-01,150\n");
        _desk.Write("files.json", """{ "targets": { "out": { "kind": "file", "folder": "sent" } }, "operations": "out", "channels": { "email": "out" } }""");
    }

    public void Dispose() => _desk.Dispose();

    private Ended Points(params string[] more) =>
        _desk.Run(["points", "--program", "program.json", "--orders", "orders.csv", "--as-of", "2025-02-01", "--state", "s.loyalty", "--out", "points", .. more]);

    private Ended Deliver(params string[] more) => _desk.Run(["deliver", "--connectors", "files.json", "--state", "s.loyalty", "--out", "d", .. more]);

    [Fact]
    public void What_a_run_caused_is_sent_once_in_order_and_shown()
    {
        Points().With(0);
        Deliver().With(3); // an operation of somebody without an address is parked
        var lines = _desk.Lines("d/deliveries.csv");
        Assert.Equal("key,kind,target,customer,what,channel,status,attempts,external_id,error", lines[0]);
        Assert.Equal(lines.Skip(1).Order(StringComparer.Ordinal), lines.Skip(1));
        Assert.Contains("enrollment:4:add,operation,out,nobody,add,,parked,0,,no-address", lines);
        Assert.Contains(lines, static l => l.StartsWith("message:nobody:tier-change:email:enrollment:4,message,out,nobody,tier-change,email,skipped,0,,no-address", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.StartsWith("enrollment:1:remove,operation,out,ann@example.com,remove,,done,1,", StringComparison.Ordinal));
        Assert.Equal(12, lines.Length); // ann: add, remove, add and two messages; bob and nobody: add and two messages each

        var summary = JsonDocument.Parse(_desk.Read("d/summary.json")).RootElement;
        Assert.Equal((11, 8, 1, 2, 0), (summary.GetProperty("taken").GetInt32(), summary.GetProperty("done").GetInt32(), summary.GetProperty("parked").GetInt32(), summary.GetProperty("skipped").GetInt32(), summary.GetProperty("waiting").GetInt32()));
        Assert.Equal(8, Directory.GetFiles(_desk["sent"]).Length);
        Assert.Contains("Subject: Welcome to Silver", File.ReadAllText(Directory.GetFiles(_desk["sent"], "*.eml").First(static f => File.ReadAllText(f) is var t && t.Contains("ann@example.com", StringComparison.Ordinal) && t.Contains("Welcome", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.False(File.Exists(_desk["s.loyalty.queue"]));

        // The same run again stores nothing, and there is nothing to send.
        Points().With(0);
        Deliver().With(0);
        Assert.Single(_desk.Lines("d/deliveries.csv"));
        var status = JsonDocument.Parse(_desk.Run("queue", "status", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("targets").EnumerateArray().Single();
        Assert.Equal(("out", 8, 1), (status.GetProperty("target").GetString(), status.GetProperty("done").GetInt32(), status.GetProperty("parked").GetInt32()));
        _desk.Run("queue", "retry", "enrollment:1:add", "--state", "s.loyalty").FailedWith("enrollment:1:add", "done");
        _desk.Run("queue", "drop", "enrollment:4:add", "--state", "s.loyalty").With(2);
        _desk.Run("queue", "retry", "--all-parked", "--state", "s.loyalty").With(0);
        _desk.Run("queue", "drop", "enrollment:4:add", "--reason", "left the club", "--state", "s.loyalty").With(0);
        var list = JsonDocument.Parse(_desk.Run("queue", "list", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("deliveries").EnumerateArray().ToArray();
        Assert.Equal(11, list.Length);
        Assert.Equal(["dropped"], list.Where(static d => d.GetProperty("key").GetString() == "enrollment:4:add").Select(static d => d.GetProperty("status").GetString()));
    }

    [Fact]
    public void Consent_contacts_and_no_queue_are_followed()
    {
        Points("--no-queue").With(0);
        Deliver().With(0);
        Assert.Single(_desk.Lines("d/deliveries.csv"));
        _desk.Write("orders.csv", "order_id,customer,date,amount\n5,cat,2025-02-02,150\n6,dan@example.com,2025-02-02,150\n");
        _desk.Write("contacts.csv", "customer,email,phone,first_name,last_name,locale\ncat,cat@example.com,,Cat,,fr\n");
        _desk.Write("preferences.csv", "customer,kind,channel,allowed\ncat,monthly-status,email,false\n");
        Directory.CreateDirectory(_desk["templates"]);
        _desk.Write("templates/tier-change.email.fr.liquid", "subject: Bonjour {{ first_name }}\n{{ stage }}");
        _desk.Run("points", "--program", "program.json", "--orders", "orders.csv", "--as-of", "2025-02-02", "--state", "s.loyalty", "--out", "points", "--contacts", "contacts.csv", "--preferences", "preferences.csv").With(0);
        _desk.Run("consent", "add", "--customer", "dan@example.com", "--allowed", "false", "--hard", "--text", "bounce", "--state", "s.loyalty").With(0);
        Deliver("--templates", "templates").With(0);
        var lines = _desk.Lines("d/deliveries.csv");
        Assert.Contains(lines, static l => l.StartsWith("message:dan@example.com:tier-change:email:enrollment:6,", StringComparison.Ordinal) && l.EndsWith(",skipped,0,,suppressed", StringComparison.Ordinal));
        Assert.Contains("Subject: Bonjour Cat", File.ReadAllText(Assert.Single(Directory.GetFiles(_desk["sent"], "*.eml"))), StringComparison.Ordinal);
        var log = JsonDocument.Parse(_desk.Run("consent", "list", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("consent").EnumerateArray().ToArray();
        Assert.Equal(["cat", "dan@example.com"], log.Select(static e => e.GetProperty("customer").GetString()));
        Assert.Equal(["import", "operator"], log.Select(static e => e.GetProperty("source").GetString()));
    }

    [Fact]
    public void Where_customers_are_emails_a_refusal_and_a_contact_name_them_in_any_form()
    {
        _desk.Write("program.json", Program.Replace("\"currency\"", "\"customers\": \"email\", \"currency\"", StringComparison.Ordinal));
        _desk.Write("orders.csv", "order_id,customer,date,amount\n1,Ann@X.co,2025-01-10,120\n2,bob@x.co,2025-01-10,120\n3,carl@x.co,2025-01-10,120\n4,dan@x.co,2025-01-10,120\n");
        Points().With(0);
        _desk.Write("preferences.csv", "customer,kind,channel,allowed\nAnn@X.co,,,false\n");
        _desk.Write("contacts.csv", "customer,email,phone,first_name,last_name,locale\n Dan@X.co ,danreal@x.co,,,,\n");
        _desk.Run("consent", "add", "--customer", " CARL@x.co ", "--allowed", "false", "--state", "s.loyalty").With(0);
        Assert.Contains("blank", _desk.Run("consent", "add", "--customer", "  ", "--allowed", "false", "--state", "s.loyalty").With(2).Error, StringComparison.Ordinal);
        Deliver("--preferences", "preferences.csv", "--contacts", "contacts.csv").With(0);
        var lines = _desk.Lines("d/deliveries.csv");
        Assert.All((string[])["ann@x.co", "carl@x.co"], who => Assert.Contains(lines, l => l.StartsWith($"message:{who}:", StringComparison.Ordinal) && l.EndsWith(",skipped,0,,preference", StringComparison.Ordinal)));
        string[] mails = [.. Directory.GetFiles(_desk["sent"], "*.eml").Select(File.ReadAllText)];
        Assert.Equal(2, mails.Length);
        Assert.Contains(mails, static m => m.Contains("danreal@x.co", StringComparison.Ordinal));
        Assert.Single(JsonDocument.Parse(_desk.Run("consent", "list", "--customer", "Carl@X.CO", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("consent").EnumerateArray());
    }

    [Fact]
    public void A_file_that_stands_where_the_journal_belongs_is_kept_and_no_input()
    {
        Points().With(0);
        _desk.Write("s.loyalty.queue", "my own notes");
        Deliver().FailedWith("s.loyalty.queue", "something else");
        Points().FailedWith("s.loyalty.queue");
        _desk.Write("s.loyalty.queue", _desk.Read("files.json"));
        _desk.Run("deliver", "--connectors", "s.loyalty.queue", "--state", "s.loyalty").FailedWith("s.loyalty.queue");
        Assert.Equal(_desk.Read("files.json"), _desk.Read("s.loyalty.queue"));
    }

    [Theory]
    [InlineData(0, "something else")]
    [InlineData(8, "newer")]
    [InlineData(12, "head")]
    [InlineData(60, "others follow")]
    public async Task A_journal_that_was_damaged_is_refused_and_one_that_was_cut_short_counts_as_far_as_it_goes(int place, string why)
    {
        Points().With(0);
        using (var file = QueueStateFile.Open(_desk["s.loyalty"], TimeProvider.System))
        {
            file.StartJournal();
            for (var n = 0; n < 3; n++)
            {
                await file.Store.AppendConsentAsync([new ConsentEntry($"c{n}", null, null, false, false, DateTimeOffset.UnixEpoch, ConsentSource.Operator)]);
            }
        }

        var whole = File.ReadAllBytes(_desk["s.loyalty.queue"]);
        byte[] damaged = [.. whole];
        damaged[place]++;
        File.WriteAllBytes(_desk["s.loyalty.queue"], damaged);
        Deliver().FailedWith("s.loyalty.queue", why);
        Assert.Equal(damaged, File.ReadAllBytes(_desk["s.loyalty.queue"]));
        File.WriteAllBytes(_desk["s.loyalty.queue"], whole[..^1]);
        Assert.Equal(2, JsonDocument.Parse(_desk.Run("consent", "list", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("consent").GetArrayLength());
    }

    [Fact]
    public void A_consent_says_whether_it_allows_and_is_shown_as_it_was_added()
    {
        Points().With(0);
        string[] add = ["consent", "add", "--customer", "dan@example.com", "--state", "s.loyalty"];
        Assert.Contains("--allowed", _desk.Run(add).With(2).Error, StringComparison.Ordinal);
        Assert.Contains("--allowed must be true or false, not 'maybe'", _desk.Run([.. add, "--allowed", "maybe"]).With(2).Error, StringComparison.Ordinal);
        _desk.Run([.. add, "--allowed"]).With(2);
        var added = JsonDocument.Parse(_desk.Run([.. add, "--allowed", "false", "--channel", "email", "--json"]).With(0).Out).RootElement;
        var log = JsonDocument.Parse(_desk.Run("consent", "list", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("consent");
        Assert.True(JsonElement.DeepEquals(added, Assert.Single(log.EnumerateArray())));
        Assert.False(added.GetProperty("allowed").GetBoolean());
    }

    [Fact]
    public async Task What_is_tried_again_is_due_at_the_instant_that_the_list_shows()
    {
        Points().With(0);
        await using var server = new ScriptedServer(static (_, _) => new ScriptedAnswer(503, "{}"));
        _desk.Write("files.json", $$"""{ "targets": { "hook": { "kind": "webhook", "url": "{{server.Url}}" } }, "operations": "hook" }""");
        string First(string member) => JsonDocument.Parse(_desk.Run("queue", "list", "--state", "s.loyalty", "--json").With(0).Out).RootElement
            .GetProperty("deliveries").EnumerateArray().First(static d => d.GetProperty("key").GetString() == "enrollment:1:add").GetProperty(member).ToString();
        Deliver("--now", "2025-02-02T12:00:00Z").With(3); // an operation of somebody without an address is parked
        Deliver("--now", First("next_attempt_at")).With(0);
        Assert.Equal("2", First("attempts"));
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    public void An_instant_from_which_nothing_can_be_counted_is_refused(string now)
    {
        Points().With(0);
        Assert.Contains($"'{now}' is out of reach", Deliver("--now", now).With(2).Error, StringComparison.Ordinal);
        Deliver("--now", "9998-12-31T23:59:59Z").With(3);
    }

    [Fact]
    public void Rows_of_contacts_and_preferences_that_cannot_be_read_are_listed()
    {
        Points().With(0);
        _desk.Write("contacts.csv", "customer,email,phone,first_name,last_name,locale\nnobody,n@example.com,,No,Body,\n,x@example.com,,,,\n");
        _desk.Write("preferences.csv", "customer,kind,channel,allowed\nann@example.com,,email,perhaps\n");
        Assert.Contains("contacts.csv: 1 of 2 rows rejected", Deliver("--contacts", "contacts.csv", "--preferences", "preferences.csv").With(0).Error, StringComparison.Ordinal);
        Assert.Equal(
            ["file,line,column,reason,value,raw", "contacts.csv,3,customer,blank,,\",x@example.com,,,,\"", "preferences.csv,2,allowed,invalid,perhaps,\"ann@example.com,,email,perhaps\""],
            _desk.Lines("d/rejects.csv"));
        var ended = _desk.Run("deliver", "--connectors", "files.json", "--state", "s.loyalty", "--preferences", "preferences.csv").With(0);
        Assert.Contains("preferences.csv: 1 of 1 rows rejected; the first is line 2, column allowed: invalid.", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_sent_to_a_creator_is_in_the_log_of_communications_once()
    {
        _desk.Write("euka.csv", "handle,email,phone,address,ACME GMV ALL TIME\ncat.lee,cat@example.com,,,\nann_lee,ann@example.com,,,\nbob.one,bob@example.com,,,\nbob.two,bob@example.com,,,\n");
        _desk.Write("orders.csv", "order_id,customer,date,amount\n1,@Cat.Lee,2025-02-01,150\n2,ann@example.com,2025-02-01,150\n3,bob@example.com,2025-02-01,150\n4,stranger,2025-02-01,150\n");
        _desk.Write("contacts.csv", "customer,email,phone,first_name,last_name,locale\n@Cat.Lee,cat@example.com,,Cat,,\n");
        _desk.Run("import", "--source", "euka=euka.csv", "--program", "program.json", "--state", "s.loyalty", "--out", "i").With(0);
        Points("--contacts", "contacts.csv").With(0);
        _desk.Run("creators", "log", "--deliveries", "--state", "s.loyalty").With(0);
        Deliver().With(3);
        Assert.Contains("4 messages of the queue went to creators; 4 entries are new", _desk.Run("creators", "log", "--deliveries", "--state", "s.loyalty").With(0).Out, StringComparison.Ordinal);
        Assert.Contains("4 messages of the queue went to creators; 0 entries are new", _desk.Run("creators", "log", "--deliveries", "--state", "s.loyalty").With(0).Out, StringComparison.Ordinal);
        foreach (var (handle, entries) in ((string, int)[])[("cat.lee", 2), ("ann_lee", 2), ("bob.one", 0)])
        {
            var log = JsonDocument.Parse(_desk.Run("creators", "show", handle, "--json", "--state", "s.loyalty").With(0).Out).RootElement.GetProperty("communications").EnumerateArray().ToArray();
            Assert.Equal(entries, log.Length);
            Assert.All(log, static e => Assert.Equal(("email", "outbound", "sent"), (e.GetProperty("channel").GetString(), e.GetProperty("direction").GetString(), e.GetProperty("status").GetString())));
        }

        _desk.Run("creators", "log", "--state", "s.loyalty").With(2);
    }

    [Fact]
    public void Faults_of_connectors_and_templates_are_told_before_anything_is_sent()
    {
        Points().With(0);
        _desk.Write("files.json", """{ "targets": { "mail": { "kind": "sendgrid", "url": "http://127.0.0.1:1", "key": "literal-secret", "from": "a@b.example" }, "x": { "kind": "fax" } }, "operations": "mail" }""");
        var ended = Deliver().With(1);
        Assert.Contains("$.targets.mail.key", ended.Error, StringComparison.Ordinal);
        Assert.Contains("$.targets.x.kind", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("literal-secret", ended.Error + ended.Out, StringComparison.Ordinal);
        _desk.Write("files.json", """{ "targets": { "out": { "kind": "file", "folder": "sent" } }, "channels": { "email": "out" } }""");
        Directory.CreateDirectory(_desk["templates"]);
        _desk.Write("templates/expired.email.liquid", "subject: x\nHello\n{{ first_nam }}\n");
        Deliver("--templates", "templates").FailedWith("expired.email.liquid:3", "first_nam");
        _desk.Run("deliver", "--connectors", "files.json", "--state", "none.loyalty").FailedWith("none.loyalty");
    }

    [Fact]
    public async Task Q01_A_killed_deliver_loses_nothing_and_sends_nothing_twice()
    {
        Points().With(0);
        await using var server = new ScriptedServer((_, n) => new ScriptedAnswer(200, "{}") { Delay = n == 2 ? TimeSpan.FromSeconds(20) : TimeSpan.Zero });
        _desk.Write("files.json", $$"""{ "targets": { "hook": { "kind": "webhook", "url": "{{server.Url}}" } }, "operations": "hook", "channels": { "email": "hook" } }""");
        using (var process = _desk.Start("deliver", "--connectors", "files.json", "--state", "s.loyalty", "--workers", "1"))
        {
            for (var i = 0; i < 600 && server.Seen.Count < 3; i++)
            {
                await Task.Delay(100);
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        Assert.Equal(3, server.Seen.Count);
        Deliver().With(3); // what was on its way may have arrived: it waits for a person
        Assert.Equal(server.Seen.Count, server.Seen.Select(static s => s.Headers["X-Loyalty-Key"]).Distinct(StringComparer.Ordinal).Count());
        var list = JsonDocument.Parse(_desk.Run("queue", "list", "--state", "s.loyalty", "--json").With(0).Out).RootElement.GetProperty("deliveries").EnumerateArray()
            .ToDictionary(static d => d.GetProperty("key").GetString()!, static d => (d.GetProperty("status").GetString(), d.GetProperty("error").GetString()));
        Assert.Single(list, static d => d.Value == ("parked", "answer lost"));
        Assert.Equal(server.Seen[2].Headers["X-Loyalty-Key"], list.Single(static d => d.Value == ("parked", "answer lost")).Key);
    }
}
