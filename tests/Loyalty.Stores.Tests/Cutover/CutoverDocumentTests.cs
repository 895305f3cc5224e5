using System.Text.RegularExpressions;
using Loyalty.Postgres.Cutover;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Cutover;

/// <summary>What docs/cutover.md shows is what runs here.</summary>
public sealed partial class CutoverDocumentTests(TestServer server)
{
    [Fact]
    public async Task The_example_of_the_page_runs()
    {
        using var shop = await Shop.OpenAsync(server);
        var dataSource = shop.Source;

        // <example>
        var set = new CutoverSet("shop_next", "shop", "member", "purchase");
        var cutover = new TableCutover(dataSource, set);
        await cutover.MigrateAsync();
        await cutover.PrepareAsync(async (connection, staged, ct) =>
        {
            await FillAsync(connection, ct);   // "member" and "purchase" mean the staged tables here
            return true;                       // whether anything changed
        });
        var checks = await cutover.ValidateAsync();
        var result = await cutover.CutoverAsync();
        await cutover.RollbackAsync();
        // </example>
        Assert.All(checks, static c => Assert.True(c.Passed));
        Assert.Equal(2, result.To);
        Assert.Equal(Lines(Example().Match(await SourceAsync()).Groups[1].Value), Lines(CSharp().Match(await PageAsync()).Groups[1].Value));
    }

    [Fact]
    public async Task The_generation_pointer_of_the_page_swaps_one_tenant_in_one_row()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        var statements = Sql().Match(await PageAsync()).Groups[1].Value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var make in statements.Where(static s => s.Contains("CREATE", StringComparison.Ordinal)))
        {
            await shop.RunAsync(make);
        }

        await shop.RunAsync("INSERT INTO snap VALUES (7, 1), (8, 1); INSERT INTO profile_rows VALUES (7, 1, 'a', 'old'), (7, 2, 'a', 'new'), (8, 1, 'a', 'other')");
        const string Seen = "SELECT string_agg(tenant_id || name, ' ' ORDER BY tenant_id) FROM profile";
        var updates = statements.Where(static s => s.Contains("UPDATE", StringComparison.Ordinal)).ToList();
        Assert.Equal("7old 8other", await shop.AskAsync<string>(Seen));
        await shop.RunAsync(updates[0]);
        Assert.Equal("7new 8other", await shop.AskAsync<string>(Seen));
        await shop.RunAsync(updates[1]);
        Assert.Equal("7old 8other", await shop.AskAsync<string>(Seen));
    }

    private static async ValueTask FillAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("INSERT INTO member (id, email) VALUES (1, 'a@x'), (2, 'b@x')", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static Task<string> SourceAsync() => File.ReadAllTextAsync(Sources.PathOf("tests", "Loyalty.Stores.Tests", "Cutover", $"{nameof(CutoverDocumentTests)}.cs"));

    private static Task<string> PageAsync() => File.ReadAllTextAsync(Sources.PathOf("docs", "cutover.md"));

    [GeneratedRegex("// <example>\n(.*?)// </example>\n", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sql();
}
