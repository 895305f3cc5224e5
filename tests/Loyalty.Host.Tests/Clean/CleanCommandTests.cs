using System.Text.Json;
using Loyalty.Tests.Host.Database;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Clean;

/// <summary><c>loyalty clean</c> from files to live tables, and back.</summary>
public sealed class CleanCommandTests(TestServer server)
{
    internal const string Catalog =
        """
        {"tenant":"default","currency":"PHP","timeZone":"Asia/Manila","fiscalYearStartMonth":4,"products":[
        {"name":"P2P","descriptionContains":"papers to profits","tag":"PaidP2P","profile":true,"enrollment":true,"manualAmount":800},
        {"name":"Canva","descriptionContains":"canva","tag":"Canva","profile":false,"enrollment":false}],"otherProduct":"Other","testEmails":["*@example.com","*+test@*"]}
        """;

    private const string Payments =
        """
        Invoice ID,External ID,Status,Amount,Currency,Description,Email,Customer Email,Created Timestamp,Paid Timestamp,Settled Timestamp
        i1,e1,PAID,"1,000.00",PHP,Papers to Profits,Ann@Mail.ph,,2024-03-31T10:00:00Z,2024-03-31T17:00:00Z,
        i2,e2,SETTLED,1000,PHP,PAPERS TO PROFITS,,ann@mail.ph,2024-02-01T10:00:00Z,2024-02-01T10:00:00Z,2024-02-02T10:00:00Z
        i3,e3,PAID,500.50,PHP,Canva ebook,bob@mail.ph,,2024-05-01,2024-05-01,
        i4,e4,EXPIRED,1000,PHP,Papers to Profits,cid@mail.ph,,2024-05-01,,
        i5,e5,PAID,1000,PHP,Papers to Profits,,,2024-05-01,2024-05-01,
        i6,e6,PAID,1000,PHP,Papers to Profits,x@example.com,,2024-05-01,2024-05-01,
        i7,e7,PAID,12.345,PHP,Canva,dan@mail.ph,,2024-05-01,2024-05-01,
        i8,e8,PAID,75,PHP,Talk,bob@mail.ph,,2024-05-03 10:00:00,2024-05-03 10:00:00,

        """;

    private const string Contacts =
        """
        Email,First name,Last name,Tag,Date Registered
        ann@mail.ph,JosÃ©,Reyes,"Webinar, PaidP2P",2024-01-05 10:00:00
        ANN@mail.ph,Ann,,Late,2024-02-05 10:00:00
        eve@mail.ph,Eve,Cruz,"PaidP2P,Canva",2024-01-07 10:00:00
        fay@mail.ph,Fay,Go,"FBAds,CanvaInterest",2024-01-08 10:00:00
        gus@mail.ph,Gus,Uy,Canva,2024-01-09 10:00:00
        t+test@mail.ph,T,T,PaidP2P,2024-01-09 10:00:00

        """;

    [Fact]
    public void Prepare_writes_what_the_page_says_and_a_second_time_rewrites_no_row()
    {
        using var desk = Open();
        Prepare(desk).With(0);
        Assert.Equal(
            ["email,first_name,last_name,tags,first_source", "ann@mail.ph,José,Reyes,Webinar|PaidP2P|Late,Webinar", "eve@mail.ph,Eve,Cruz,PaidP2P|Canva,PaidP2P"],
            desk.Desk.Lines("out/profiles.csv"));
        Assert.Equal(
            [
                "external_id,email,product,status,amount,currency,paid_on,manual", "e1,ann@mail.ph,P2P,PAID,1000.00,PHP,2024-04-01,false", "e2,ann@mail.ph,P2P,SETTLED,1000.00,PHP,2024-02-01,false",
                "e3,bob@mail.ph,Canva,PAID,500.50,PHP,2024-05-01,false", "e8,bob@mail.ph,Other,PAID,75.00,PHP,2024-05-03,false", "manual:eve@mail.ph,eve@mail.ph,P2P,MANUAL,800.00,PHP,2024-01-07,true",
            ],
            desk.Desk.Lines("out/transactions.csv"));
        Assert.Equal(["email,product,external_id,enrolled_on", "ann@mail.ph,P2P,e2,2024-02-01", "eve@mail.ph,P2P,manual:eve@mail.ph,2024-01-07"], desk.Desk.Lines("out/enrollments.csv"));
        Assert.Equal(["email,first_name,last_name,first_source,registered_on", "fay@mail.ph,Fay,Go,FBAds,2024-01-08"], desk.Desk.Lines("out/leads.csv"));
        Assert.Equal(
            ["source,id,email,reason", "contacts,t+test@mail.ph,t+test@mail.ph,test data (*+test@*)", "payments,e5,,no e-mail", "payments,e6,x@example.com,test data (*@example.com)"], desk.Desk.Lines("out/excluded.csv"));
        Assert.Equal(
            [
                "product,status,fiscal_quarter,transactions,amount", "Canva,PAID,2025-Q1,1,500.50", "Other,PAID,2025-Q1,1,75.00", "P2P,MANUAL,2024-Q4,1,800.00", "P2P,PAID,2025-Q1,1,1000.00", "P2P,SETTLED,2024-Q4,1,1000.00",
            ],
            desk.Desk.Lines("out/revenue.csv"));
        Assert.Contains(desk.Desk.Lines("out/rejects.csv"), static l => l.StartsWith("payments.csv,8,Amount,the amount has more decimals", StringComparison.Ordinal));
        var summary = JsonDocument.Parse(desk.Desk.Read("out/summary.json")).RootElement;
        Assert.Equal("8 6 3 5 1 2 2 1", string.Join(' ', ((string[])["payments_read", "contacts_read", "excluded", "transactions", "manual", "profiles", "enrollments", "leads"]).Select(n => summary.GetProperty(n).GetRawText())));
        var rows = Rows(desk, "loyalty_clean__g_1");
        Prepare(desk).With(0);
        Assert.Equal(rows, Rows(desk, "loyalty_clean__g_1"));
        Prepare(desk, "--strict").With(3);
    }

    [Fact]
    public void Validate_cutover_later_writes_rollback_and_status_follow_one_another()
    {
        using var desk = Open();
        desk.Desk.Run("clean", "status", "--postgres", desk.Owner, "--json").With(0);
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).FailedWith("nothing is prepared");
        Prepare(desk).With(0);
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).FailedWith("not validated");
        desk.Desk.Run("clean", "validate", "--postgres", desk.Owner).With(0);
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).With(0);
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).FailedWith("No generation is staged");
        var key = desk.Read("SELECT id::text FROM loyalty_clean.profiles WHERE email = 'ann@mail.ph'").Single();
        desk.Read(
            """
            CREATE SCHEMA app; CREATE TABLE app.note (id int PRIMARY KEY, profile uuid REFERENCES loyalty_clean.profiles (id)); CREATE VIEW app.buyers AS SELECT email FROM loyalty_clean.profiles;
            COMMENT ON TABLE loyalty_clean.leads IS 'ours'; CREATE INDEX leads_source ON loyalty_clean.leads (first_source); GRANT SELECT ON loyalty_clean.profiles TO PUBLIC; SELECT ''
            """);
        desk.Desk.Write("payments.csv", Payments.Replace("i4,e4,EXPIRED,1000", "i4,e4,PAID,1000", StringComparison.Ordinal).Replace("cid@mail.ph,,2024-05-01,,", "cid@mail.ph,,2024-05-01,2024-05-02,", StringComparison.Ordinal));
        Prepare(desk).With(0);
        desk.Desk.Run("clean", "validate", "--postgres", desk.Owner).With(0);
        desk.Read("INSERT INTO loyalty_clean.leads VALUES (gen_random_uuid(), 'late@mail.ph', '', '', '', '2024-06-01'); UPDATE loyalty_clean.leads SET first_name = first_name; SELECT ''");
        var checks = desk.Desk.Run("clean", "validate", "--postgres", desk.Owner, "--json").With(0).Out;
        Assert.Equal(1, JsonDocument.Parse(checks).RootElement.GetProperty("checks").EnumerateArray().Single(static c => c.GetProperty("name").GetString() == "later writes").GetProperty("count").GetInt32());
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).FailedWith("1 rows were written", "--keep-later-writes");
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner, "--keep-later-writes").With(0);
        Assert.Equal([key], desk.Read("SELECT id::text FROM loyalty_clean.profiles WHERE email = 'ann@mail.ph'"));
        Assert.Equal(["3 2 true leads_source ours"], desk.Read(
            "SELECT concat_ws(' ', (SELECT count(*) FROM app.buyers), (SELECT count(*) FROM loyalty_clean.leads), has_table_privilege('public', 'loyalty_clean.profiles', 'SELECT')::text, to_regclass('loyalty_clean.leads_source')::text, obj_description('loyalty_clean.leads'::regclass))").Select(static l => l.Replace("loyalty_clean.", "", StringComparison.Ordinal)));
        Assert.Equal("2 - 1", Status(desk));
        desk.Desk.Run("clean", "rollback", "--postgres", desk.Owner).With(0);
        Assert.Equal("1 2 -", Status(desk));
        desk.Desk.Run("clean", "rollback", "--postgres", desk.Owner).With(0);
        Assert.Equal("2 - 1", Status(desk));
        desk.Desk.Run("clean", "rollback", "--postgres", desk.Owner, "--to", "7").FailedWith("no generation 7", "1 (previous)");
    }

    [Fact]
    public void A_corrupted_cell_of_staging_stops_the_cutover_and_is_named()
    {
        using var desk = Open();
        Prepare(desk).With(0);
        desk.Desk.Run("clean", "validate", "--postgres", desk.Owner).With(0);
        desk.Read("UPDATE loyalty_clean__g_1.transactions SET amount = amount + 0.01 WHERE external_id = 'e3'; SELECT ''");
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).FailedWith("transactions: the row", "changed in amount");
        var failed = desk.Desk.Run("clean", "validate", "--postgres", desk.Owner).With(1);
        Assert.Contains("FAILED totals against raw", failed.Out, StringComparison.Ordinal);
        desk.Desk.Run("clean", "validate", "--postgres", desk.Owner, "--answer", "totals against raw=known", "--answer", "rows against raw=known").With(0);
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner).With(0);
        Assert.Equal(["known"], desk.Read("SELECT DISTINCT answer FROM loyalty_cutover.check_result WHERE answer IS NOT NULL"));
    }

    [Fact]
    public void The_sample_has_the_composition_of_a_real_shop()
    {
        using var desk = Open();
        desk.Desk.Run("sample-data", "--members", "1", "--videos", "1", "--days", "1", "--out", "sample").With(0);
        desk.Desk.Run(
            "clean", "prepare", "--payments", "sample/payments.csv", "--contacts", "sample/contacts.csv", "--catalog", "sample/catalog.json", "--postgres", desk.Owner, "--as-of", "2026-06-30", "--out", "out").With(0);
        var summary = JsonDocument.Parse(desk.Desk.Read("out/summary.json")).RootElement;
        int Figure(string name) => summary.GetProperty(name).GetInt32();
        Assert.Equal((9_025, 15_270, 15, 424), (Figure("payments_read"), Figure("contacts_read"), Figure("excluded"), Figure("manual")));
        Assert.Equal(6_136, Figure("transactions") - Figure("manual"));
        Assert.Equal((3_724, 3_724, 2_889), (Figure("profiles"), Figure("enrollments"), Figure("payments_unpaid")));
        Assert.Equal(15_270 - 5_687 - 15 - 59, Figure("leads"));
        var products = desk.Desk.Lines("out/transactions.csv").Skip(1).Where(static l => l.EndsWith(",false", StringComparison.Ordinal)).CountBy(static l => l.Split(',')[2]).ToDictionary();
        Assert.Equal((3_334, 2_783, 19), (products["P2P"], products["Canva"], products["Other"]));
    }

    [Fact]
    public void Wrong_usage_and_catalogues_are_told_with_all_faults()
    {
        using var desk = Open();
        desk.Desk.Run("clean", "prepare", "--catalog", "catalog.json", "--postgres", desk.Owner, "--out", "out").With(2);
        desk.Desk.Run("clean", "cutover", "--postgres", desk.Owner, "--keep-later-writes", "--discard-later-writes").With(2);
        desk.Desk.Write("catalog.json", """{"tenant":"","currency":"XXX","timeZone":"Mars","products":[{"name":"A"}],"colour":1}""");
        var failed = Prepare(desk).With(1);
        Assert.All((string[])["$.tenant", "$.currency", "$.timeZone", "$.products[0].tag", "$.colour"], path => Assert.Contains(path, failed.Error, StringComparison.Ordinal));
        desk.Desk.Write("catalog.json", Catalog);
        desk.Desk.Write("payments.csv", "Invoice ID,Status\n");
        Prepare(desk).FailedWith("payments.csv", "'Amount'");
    }

    private static string Rows(DatabaseDesk desk, string schema) => string.Join('\n', ((string[])["profiles", "transactions", "enrollments", "leads"]).SelectMany(t => desk.Read($"SELECT xmin || ' ' || ctid || ' ' || t::text FROM {schema}.{t} t ORDER BY 1"))
        .Concat(desk.Read("SELECT xmin || ' ' || ctid || ' ' || t::text FROM loyalty_clean__raw.payment t UNION ALL SELECT xmin || ' ' || ctid || ' ' || t::text FROM loyalty_clean__raw.contact t ORDER BY 1")));

    private static string Status(DatabaseDesk desk)
    {
        var root = JsonDocument.Parse(desk.Desk.Run("clean", "status", "--postgres", desk.Owner, "--json").With(0).Out).RootElement;
        Assert.All(root.GetProperty("generations").EnumerateArray(), static g => Assert.True(g.GetProperty("tables").GetProperty("profiles").GetProperty("rows").GetInt64() > 0));
        return string.Join(' ', ((string[])["live", "staging", "previous"]).Select(n => root.GetProperty(n).GetString() ?? "-"));
    }

    private static Ended Prepare(DatabaseDesk desk, params string[] more) => desk.Desk.Run(
        ["clean", "prepare", "--payments", "payments.csv", "--contacts", "contacts.csv", "--catalog", "catalog.json", "--postgres", desk.Owner, "--as-of", "2024-12-31", "--out", "out", .. more]);

    private DatabaseDesk Open()
    {
        var desk = new DatabaseDesk(server, migrated: false);
        desk.Desk.Write("catalog.json", Catalog);
        desk.Desk.Write("payments.csv", Payments);
        desk.Desk.Write("contacts.csv", Contacts);
        return desk;
    }
}
