using System.Text.Json;

namespace Loyalty.Tests.Host.Sync;

/// <summary><c>loyalty simulate</c>, to the letter.</summary>
public sealed class SimulateTests
{
    private static string Lower { get; } = Desk.Program
        .Replace("\"Silver\", \"threshold\": 1000", "\"Silver\", \"threshold\": 500", StringComparison.Ordinal)
        .Replace("\"Gold\", \"threshold\": 2000", "\"Gold\", \"threshold\": 1100", StringComparison.Ordinal);

    [Fact]
    public void Who_would_stand_elsewhere_since_when_and_nothing_is_stored()
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        desk.Write("new.json", Lower);
        var state = File.ReadAllBytes(desk["acme.loyalty"]);
        var ended = desk.Run("simulate", "--program", "new.json", "--state", "acme.loyalty", "--out", "simulated").With(0);
        Assert.Contains("once elsewhere", ended.Out, StringComparison.Ordinal);
        Assert.Equal(
            ["changes.csv", "summary.json"],
            Directory.EnumerateFileSystemEntries(desk["simulated"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // 600.00 on the first date make Silver of the lower ladder at once; 500.00 more start a new window there and reach 500.00 only.
        Assert.Equal(["handle,level_now,level_simulated,first_difference_on", "ann,Silver,Silver,2025-03-01"], desk.Lines("simulated/changes.csv"));
        using var summary = JsonDocument.Parse(desk.Read("simulated/summary.json"));
        Assert.Equal(
            [2, 1, 0], ((string[])["members_total", "members_changed", "members_moved"]).Select(n => summary.RootElement.GetProperty(n).GetInt64()));
        Assert.Equal(state, File.ReadAllBytes(desk["acme.loyalty"]));

        desk.Run("simulate", "--program", "new.json", "--state", "acme.loyalty", "--since", "2025-03-05", "--out", "simulated", "--json").With(0);
        Assert.Equal(["handle,level_now,level_simulated,first_difference_on", "ann,Silver,Silver,2025-03-05"], desk.Lines("simulated/changes.csv"));

        desk.Write("higher.json", Desk.Program.Replace("\"Silver\", \"threshold\": 1000", "\"Silver\", \"threshold\": 1200", StringComparison.Ordinal));
        ended = desk.Run("simulate", "--program", "higher.json", "--state", "acme.loyalty", "--out", "simulated").With(0);
        Assert.Equal(["handle,level_now,level_simulated,first_difference_on", "ann,Silver,Bronze,2025-03-09"], desk.Lines("simulated/changes.csv"));
        Assert.Contains("Silver → Bronze: 1", ended.Out, StringComparison.Ordinal);

        desk.Run("simulate", "--program", "program.json", "--state", "acme.loyalty", "--out", "simulated").With(0);
        Assert.Single(desk.Lines("simulated/changes.csv"));
    }

    [Theory]
    [InlineData("--since 2025-04-01", "is after 2025-03-31, the date through which the store was reviewed")]
    [InlineData("--state nothing.loyalty", "there is no state file")]
    [InlineData("--program foreign.json", "belongs to tenant 'acme'")]
    [InlineData("--program money.json", "keeps amounts in USD")]
    [InlineData("--program renamed.json --since 2025-03-20", "stands on level 'Silver' on 2025-03-19")]
    public void What_it_refuses(string arguments, string message)
    {
        using var desk = new Desk();
        desk.SyncState("2025-03-31").With(0);
        desk.Write("foreign.json", Desk.Program.Replace("\"acme\"", "\"other\"", StringComparison.Ordinal));
        desk.Write("money.json", Desk.Program.Replace("USD", "EUR", StringComparison.Ordinal));
        desk.Write("renamed.json", Desk.Program.Replace("Silver", "Argent", StringComparison.Ordinal));
        string[] given = arguments.Split(' ');
        string[] all = ["simulate", .. given, .. Absent("--program", "program.json"), .. Absent("--state", "acme.loyalty"), "--out", "simulated"];
        var ended = desk.Run(all).With(1);
        Assert.Contains(message, ended.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(desk["simulated"]));

        string[] Absent(string option, string value) => given.Contains(option, StringComparer.Ordinal) ? [] : [option, value];
    }
}
