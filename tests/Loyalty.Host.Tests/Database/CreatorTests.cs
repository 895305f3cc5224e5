using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary>Creators in PostgreSQL as the application's role: what a state file gives, to the byte.</summary>
public sealed class CreatorTests(TestServer server)
{
    private static readonly string[] Kinds = ["euka", "phones", "refunnel", "samples", "videos", "products"];

    private static readonly string[] Files =
        ["creators.csv", "conflicts.csv", "phone_links.csv", "provenance.csv", "rejects.csv", "samples.csv", "videos.csv", "snapshots.csv", "brand_links.csv"];

    [Fact]
    public void Imports_changes_and_lists_give_the_same_as_a_state_file()
    {
        using var desk = new DatabaseDesk(server);
        desk.Desk.Run("sample-data", "--members", "2", "--videos", "2", "--creators", "300", "--seed", "8", "--out", "g").With(0);
        string[] file = ["--state", "acme.loyalty"];
        string[] database = ["--postgres", desk.App];
        foreach (var kinds in (string[][])[["euka", "samples"], ["phones", "videos", "products"], ["refunnel"], Kinds])
        {
            string[] arguments = ["import", .. kinds.SelectMany(static k => (string[])["--source", $"{k}=g/creators/{k}.csv"]), "--brand", "Acme", "--as-of", "2025-06-30"];
            desk.Desk.Run([.. arguments, .. file, "--out", "file"]).With(0);
            desk.Desk.Run([.. arguments, .. database, "--out", "database"]).With(0);
            Assert.All(Files, name => Assert.Equal(desk.Desk.Read($"file/{name}"), desk.Desk.Read($"database/{name}")));
            Assert.Equal(Summary("file"), Summary("database"));
        }

        Assert.Equal(desk.Desk.Read("g/creators/truth/creators.csv").Split('\n').Length, desk.Desk.Read("database/creators.csv").Split('\n').Length);
        var before = desk.Rows();
        string[] again = ["import", .. Kinds.SelectMany(static k => (string[])["--source", $"{k}=g/creators/{k}.csv"]), "--brand", "Acme", "--as-of", "2025-06-30", .. database, "--out", "again"];
        Assert.Contains("nothing changed", desk.Desk.Run(again).With(0).Out, StringComparison.Ordinal);
        Assert.Equal(Without(before), Without(desk.Rows()));

        var handles = desk.Desk.Lines("database/creators.csv")[1..].Select(static l => l.Split(',')[0]).ToList();
        Same("creators", "tag", handles[3], "--add", "vip", "--add", "x y");
        Same("creators", "tag", handles[9], "--add", "vip");
        Same("creators", "tag", handles[3], "--remove", "x y");
        Same("creators", "rename", handles[5], handles[6], "--on", "2025-06-01");
        Same("creators", "rename", handles[7], "brand.new_name", "--on", "2025-06-02");
        desk.Desk.Write(
            "log.csv",
            $"handle,channel,status,external_id,subject,at,sent_at,opened_at\n{handles[5]},email,sent,m-1,Hello,2025-06-03T10:00:00Z,,\n{handles[6]},sms,,m-2,,,2025-06-04 09:00:00,2025-06-04T12:00:00+02:00\n,email,sent,,,2025-06-03,,\n");
        Same("creators", "log", "log.csv");
        Same("creators", "log", "log.csv");
        foreach (var query in (string[][])
            [
                [], ["--search", "kit"], ["--search", handles[20][2..9].ToUpperInvariant()], ["--search", "a"], ["--search", "@ur"], ["--search", "ez"], ["--search", "mail3"], ["--search", "%"],
                ["--tag", "vip"], ["--brand", "Acme", "--limit", "7"], ["--badge", "gold"], ["--badge", "Silver", "--search", "urb"], ["--badge", "none"], ["--after", handles[150], "--limit", "3"],
                ["--search", "josé"],
            ])
        {
            // The document has all that the table has.
            Same(["creators", "list", .. query, "--json"]);
        }

        Same("creators", "list");
        Same("creators", "list", "--badge", "Silver", "--search", "urb");

        foreach (var handle in (string[])[handles[3], handles[5], handles[6], handles[7], handles[40], "@" + handles[90], "nobody.at.all"])
        {
            Same("creators", "show", handle, "--json");
        }

        Same("creators", "show", handles[6]);

        // An import after the changes: earlier handles mean their creators.
        foreach (var place in (string[][])[file, database])
        {
            desk.Desk.Run(["import", "--source", "phones=g/creators/phones.csv", "--source", "samples=g/creators/samples.csv", "--brand", "Other", .. place, "--out", place[0][2..]]).With(0);
        }

        Assert.All(Files, name => Assert.Equal(desk.Desk.Read($"state/{name}"), desk.Desk.Read($"postgres/{name}")));

        void Same(params string[] arguments)
        {
            var (one, two) = (desk.Desk.Run([.. arguments, .. file]), desk.Desk.Run([.. arguments, .. database]));
            Assert.Equal((one.Code, one.Out, one.Error), (two.Code, two.Out, two.Error));
        }

        string Summary(string folder) => string.Join('\n', desk.Desk.Lines($"{folder}/summary.json").Where(static l => !l.Contains("elapsed_ms", StringComparison.Ordinal)));

        // A run leaves a line in the journal, and touches its own row.
        static string Without(string rows) =>
            string.Join('\n', rows.Split('\n').Where(static l => !l.StartsWith("creator_run ", StringComparison.Ordinal) && !l.StartsWith("creator_book ", StringComparison.Ordinal)));
    }

    [Fact]
    public void T01_Nobody_sees_another_tenants_creators()
    {
        using var desk = new DatabaseDesk(server);
        desk.Desk.Write("phones.csv", "Username,First Name,Phone #\nann,Ann,2125550123\n");
        foreach (var tenant in (string[])["acme", "other"])
        {
            desk.Desk.Write($"{tenant}.json", $$"""{ "tenant": "{{tenant}}", "currency": "USD", "timeZone": "UTC" }""");
        }

        desk.Desk.Run("import", "--source", "phones=phones.csv", "--program", "acme.json", "--postgres", desk.App, "--out", "out").With(0);
        Assert.Contains("0 creators", desk.Desk.Run("creators", "list", "--search", "ann", "--postgres", desk.App, "--tenant", "other").With(0).Out, StringComparison.Ordinal);
        Assert.Contains("1 creators", desk.Desk.Run("creators", "list", "--search", "ann", "--postgres", desk.App, "--tenant", "acme").With(0).Out, StringComparison.Ordinal);
        desk.Desk.Run("creators", "show", "ann", "--postgres", desk.App, "--tenant", "other").FailedWith("ann");
    }
}
