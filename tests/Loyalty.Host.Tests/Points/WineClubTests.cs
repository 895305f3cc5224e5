using Loyalty.WineClub;

namespace Loyalty.Tests.Host.Points;

public sealed class WineClubTests
{
    [Fact]
    public async Task The_walk_through_says_what_its_page_says()
    {
        using var desk = new Desk();
        using var output = new StringWriter { NewLine = "\n" };
        await WalkThrough.RunAsync(output, desk["wine-club"]);
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Loyalty.Libs.sln")))
        {
            directory = directory.Parent;
        }

        var page = File.ReadAllText(Path.Combine(directory.FullName, "docs", "wine-club.md"));
        var shown = page.Split("```text\n")[1].Split("```")[0];
        Assert.Equal(shown, output.ToString());

        // Every file that is named is there, whole: discounts as JSON, messages as mails.
        var files = output.ToString().Split("delivered: ")[1].Split('\n')[1..^2].Select(static l => l.Split(": ")).ToDictionary(static l => l[0].Trim(), l => File.ReadAllText(desk[$"wine-club/{l[1]}"]));
        Assert.Contains("20", files["enrollment:1004:add"], StringComparison.Ordinal);
        Assert.Contains("Gold", files["enrollment:1004:add"], StringComparison.Ordinal);
        Assert.Contains("To: mia@example.com", files["message:mia@example.com:tier-change:email:enrollment:1004"], StringComparison.Ordinal);
        Assert.Equal(files.Count + 37, Directory.GetFiles(desk["wine-club"]).Length);
    }
}
