using Loyalty.WineClub;

namespace Loyalty.Tests.Host.Points;

public sealed class WineClubTests
{
    [Fact]
    public async Task The_walk_through_says_what_its_page_says()
    {
        using var output = new StringWriter { NewLine = "\n" };
        await WalkThrough.RunAsync(output);
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Loyalty.Libs.sln")))
        {
            directory = directory.Parent;
        }

        var page = File.ReadAllText(Path.Combine(directory.FullName, "docs", "wine-club.md"));
        var shown = page.Split("```text\n")[1].Split("```")[0];
        Assert.Equal(shown, output.ToString());
    }
}
