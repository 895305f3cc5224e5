using System.Text.Json;
using Loyalty.Creators;

namespace Loyalty.Tests.Host.Import;

public sealed class ImportTests
{
    private static readonly string[] Kinds = ["euka", "phones", "refunnel", "samples", "videos", "products"];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 2)]
    [InlineData(600, 3)]
    public void What_the_sample_planted_is_what_comes_of_importing_it(int creators, int seed)
    {
        using var desk = new Desk();
        Sample(desk, creators, seed);
        Import(desk, Kinds, "--out", "out").With(0);
        foreach (var file in (string[])["creators.csv", "conflicts.csv", "phone_links.csv"])
        {
            Assert.Equal(desk.Lines($"g/creators/truth/{file}"), desk.Lines($"out/{file}"));
        }

        // Handles, keys and sums: the columns that were planted.
        Assert.Equal(desk.Lines("g/creators/truth/samples.csv")[1..].Order(StringComparer.Ordinal), desk.Lines("out/samples.csv")[1..].Select(static l => Columns(l, 0, 1, 2)));
        Assert.Equal(desk.Lines("g/creators/truth/videos.csv")[1..].Order(StringComparer.Ordinal), desk.Lines("out/videos.csv")[1..].Select(static l => Columns(l, 0, 1, 3)));

        using var planted = JsonDocument.Parse(desk.Read("g/creators/truth/summary.json"));
        using var found = JsonDocument.Parse(desk.Read("out/summary.json"));
        Assert.Equal(Numbers(planted.RootElement.GetProperty("totals")), Numbers(found.RootElement.GetProperty("totals")));
        Assert.Equal(
            planted.RootElement.GetProperty("sources").EnumerateArray().Select(Numbers),
            found.RootElement.GetProperty("sources").EnumerateArray().Select(static s => Numbers(s)));
        foreach (var source in found.RootElement.GetProperty("sources").EnumerateArray())
        {
            Assert.Equal(source.GetProperty("rows_read").GetInt64(), source.GetProperty("rows_taken").GetInt64() + source.GetProperty("rows_skipped").GetInt64() + source.GetProperty("rows_rejected").GetInt64());
        }

        // Every filled field has its source and line.
        var filled = desk.Lines("out/creators.csv")[1..].Sum(static l => l.Split(',')[1..14].Where((_, i) => i != 2).Count(static c => c.Length > 0));
        Assert.True(Math.Abs(filled - (desk.Lines("out/provenance.csv").Length - 1)) <= filled / 50, "provenance has a row for each filled field");
    }

    [Fact]
    public void The_same_files_again_change_nothing_and_say_so()
    {
        using var desk = new Desk();
        Sample(desk, 120, 4);
        Import(desk, Kinds, "--state", "acme.loyalty", "--out", "one").With(0);
        var again = Import(desk, Kinds, "--state", "acme.loyalty", "--out", "two").With(0);
        Assert.Contains("nothing changed", again.Out, StringComparison.Ordinal);
        foreach (var file in (string[])["creators.csv", "conflicts.csv", "phone_links.csv", "provenance.csv", "rejects.csv", "samples.csv", "videos.csv", "snapshots.csv", "brand_links.csv"])
        {
            Assert.Equal(desk.Read($"one/{file}"), desk.Read($"two/{file}"));
        }

        using var summary = JsonDocument.Parse(desk.Read("two/summary.json"));
        Assert.All(Kinds, kind => Assert.True(summary.RootElement.GetProperty("sources").EnumerateArray().Single(s => s.GetProperty("kind").GetString() == kind).GetProperty("taken_before").GetBoolean()));
        Assert.Equal(0, summary.RootElement.GetProperty("creators_created").GetInt64() + summary.RootElement.GetProperty("creators_changed").GetInt64());
    }

    [Fact]
    public void Sources_one_after_the_other_come_to_the_same_as_all_at_once()
    {
        using var desk = new Desk();
        Sample(desk, 150, 5);
        Import(desk, Kinds, "--out", "once").With(0);
        foreach (var kind in Kinds)
        {
            Import(desk, [kind], "--state", "acme.loyalty", "--out", "last").With(0);
        }

        foreach (var file in (string[])["creators.csv", "conflicts.csv", "phone_links.csv", "provenance.csv", "samples.csv", "snapshots.csv", "brand_links.csv"])
        {
            Assert.Equal(desk.Read($"once/{file}"), desk.Read($"last/{file}"));
        }
    }

    [Fact]
    public void Another_order_of_sources_changes_who_fills_a_field_and_nothing_else()
    {
        using var desk = new Desk();
        Sample(desk, 200, 6);
        Import(desk, Kinds, "--out", "one").With(0);
        Import(desk, [.. Kinds.Reverse()], "--out", "other").With(0);
        Assert.Equal(Keys("one", "creators.csv", 0, 14, 15), Keys("other", "creators.csv", 0, 14, 15));
        Assert.Equal(desk.Read("one/samples.csv"), desk.Read("other/samples.csv"));
        Assert.Equal(desk.Read("one/snapshots.csv"), desk.Read("other/snapshots.csv"));
        Assert.Equal(desk.Read("one/brand_links.csv"), desk.Read("other/brand_links.csv"));
        Assert.Equal(desk.Read("one/phone_links.csv"), desk.Read("other/phone_links.csv"));
        Assert.NotEqual(desk.Read("one/creators.csv"), desk.Read("other/creators.csv"));

        string[] Keys(string folder, string file, params int[] columns) =>
            [.. desk.Lines($"{folder}/{file}").Where(static l => !l.Contains('"', StringComparison.Ordinal)).Select(l => Columns(l, columns))];
    }

    [Fact]
    public void What_cannot_be_used_is_refused_with_what_to_do()
    {
        using var desk = new Desk();
        desk.Write("phones.csv", "Username,Phone #\nann,2125550123\n");
        desk.Write("refunnel.csv", "username,followers\nann,1\n");
        desk.Write("book.csv", "PK\u0003\u0004 and so on");
        desk.Write("other.csv", "name,mail\nann,a@b.example\n");
        Assert.Contains("--as-of", desk.Run("import", "--source", "refunnel=refunnel.csv", "--out", "out").With(2).Error, StringComparison.Ordinal);
        Assert.Contains("KIND=FILE", desk.Run("import", "--source", "phone=phones.csv", "--out", "out").With(2).Error, StringComparison.Ordinal);
        Assert.Contains("GB", desk.Run("import", "--source", "phones=phones.csv", "--region", "UK", "--out", "out").With(2).Error, StringComparison.Ordinal);
        desk.Run("import", "--source", "phones=book.csv", "--out", "out").FailedWith("book.csv", "save it as CSV");
        desk.Run("import", "--source", "phones=other.csv", "--out", "out").FailedWith("other.csv", "lacks 'Username', 'Phone #'", "found are 'name', 'mail'");
        desk.Run("import", "--source", "phones=none.csv", "--out", "out").FailedWith("none.csv");
        Assert.False(Directory.Exists(desk["out"]));
        desk.Run("import", "--source", "phones=phones.csv", "--out", "out").With(0);
    }

    [Fact]
    public void Rejected_rows_are_listed_and_strict_says_so()
    {
        using var desk = new Desk();
        desk.Write("phones.csv", "Username,First Name,Last Name,Phone #\nann,Ann,,not a number\n,x,,\nb***b,x,,\n");
        desk.Run("import", "--source", "phones=phones.csv", "--out", "out", "--strict").With(3);
        Assert.Equal(
            ["file,line,column,reason,value,raw", "phones.csv,3,Username,placeholder,,\",x,,\"", "phones.csv,4,Username,masked,b***b,\"b***b,x,,\""],
            desk.Lines("out/rejects.csv"));
        Assert.Equal(["file,line,column,reason,value,raw", "phones.csv,2,Phone #,no valid phone number,not a number,\"ann,Ann,,not a number\""], desk.Lines("out/unused_cells.csv"));
        Assert.Equal("ann,,,false,Ann,,,,,,,,,,0,0,phones", desk.Lines("out/creators.csv")[1]);
    }

    [Fact]
    public void A_program_decides_tenant_and_currency()
    {
        using var desk = new Desk();
        desk.Write("gbp.json", """{ "tenant": "acme", "currency": "GBP", "timeZone": "Europe/London" }""");
        desk.Write("phones.csv", "Username,Phone #\nann,020 7946 0018\n");
        desk.Run("import", "--source", "phones=phones.csv", "--program", "gbp.json", "--region", "GB", "--state", "acme.loyalty", "--out", "out").With(0);
        Assert.Contains("+442079460018", desk.Read("out/creators.csv"), StringComparison.Ordinal);
        desk.Run("import", "--source", "phones=phones.csv", "--state", "acme.loyalty", "--out", "out").FailedWith("acme");
    }

    [Fact]
    public void Files_without_rows_rejected_rows_and_missing_columns_are_told()
    {
        using var desk = new Desk();
        desk.Write("euka.csv", "handle,email\n");
        desk.Write("phones.csv", "Username,First Name,Last Name,Phone #\nann,Ann,,\nN/A,Bob,,\n");
        var ended = desk.Run("import", "--source", "euka=euka.csv", "--source", "phones=phones.csv", "--out", "out").With(0);
        Assert.Contains("euka.csv has a header and no rows", ended.Error, StringComparison.Ordinal);
        Assert.Contains("phones.csv: 1 of 2 rows rejected; rejects.csv lists each", ended.Error, StringComparison.Ordinal);
        desk.Write("euka.csv", "who,ACME GMV ALL TIME\nann,5\n");
        desk.Run("import", "--source", "euka=euka.csv", "--out", "out").FailedWith("lacks 'handle'", "'who', 'ACME GMV ALL TIME'");
    }

    [Fact]
    public void Changes_of_creators_are_told_as_json()
    {
        using var desk = new Desk();
        desk.Write("phones.csv", "Username,First Name,Last Name,Phone #\nann,Ann,,\n");
        desk.Write("sent.csv", "handle,channel,direction,status,external_id,subject,at\nann,email,outbound,sent,x1,Hello,2025-06-01T10:00:00Z\n,email,outbound,sent,x2,Hello,2025-06-01T10:00:00Z\n");
        desk.Run("import", "--source", "phones=phones.csv", "--state", "s.loyalty", "--out", "out").With(0);
        Assert.Equal("""{"handle":"ann","tags":["vip"]}""", Json("tag", "ann", "--add", "vip"));
        Assert.Equal("""{"rows_read":2,"rows_taken":1,"rows_rejected":1,"entries_new":1}""", Json("log", "sent.csv"));
        Assert.Equal("""{"messages":0,"entries_new":0}""", Json("log", "--deliveries"));
        Assert.Equal("""{"handle":"anna","earlier_handle":"ann","on":"2025-05-01","samples":0,"videos":0}""", Json("rename", "ann", "anna", "--on", "2025-05-01"));

        string Json(params string[] call) =>
            JsonSerializer.Serialize(JsonDocument.Parse(desk.Run(["creators", .. call, "--state", "s.loyalty", "--json"]).With(0).Out).RootElement);
    }

    private static void Sample(Desk desk, int creators, int seed) => desk.Run(
        "sample-data", "--members", "2", "--videos", "2", "--creators", creators.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "--seed", seed.ToString(System.Globalization.CultureInfo.InvariantCulture), "--out", "g").With(0);

    private static Ended Import(Desk desk, string[] kinds, params string[] more)
    {
        Assert.All(kinds, static kind => Assert.True(CreatorSourceName.TryParse(kind, out _)));
        return desk.Run(["import", .. kinds.SelectMany(static k => (string[])["--source", $"{k}=g/creators/{k}.csv"]), "--brand", "Acme", "--as-of", "2025-06-30", .. more]);
    }

    private static string Columns(string line, params int[] columns)
    {
        var cells = line.Split(',');
        return string.Join(',', columns.Select(c => cells[c]));
    }

    private static Dictionary<string, long> Numbers(JsonElement element) =>
        element.EnumerateObject().Where(static p => p.Value.ValueKind == JsonValueKind.Number).ToDictionary(static p => p.Name, static p => p.Value.GetInt64());
}
