using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Loyalty.Tests.Repo;

public sealed partial class ReadmeTests
{
    private static readonly string Configuration = AppContext.BaseDirectory.TrimEnd('/').EndsWith("debug", StringComparison.OrdinalIgnoreCase) ? "debug" : "release";

    [Fact]
    public void The_library_example_is_the_sample_program_of_at_most_20_statements()
    {
        var example = Example().Match(Repository.Read("README.md")).Groups[1].Value;
        Assert.Equal(Repository.Read("samples", "Loyalty.Library", "Program.cs"), example);
        Assert.True(example.Count(static c => c == '\n') <= 26);
    }

    /// <summary>The 20-line program and the host come to the same members and decisions.</summary>
    [Fact]
    public void The_library_example_does_what_the_host_does()
    {
        var folder = Directory.CreateTempSubdirectory("loyalty-readme-");
        try
        {
            Run(Host, folder.FullName, "sample-data", "--members", "40", "--videos", "400", "--days", "1", "--out", folder.FullName);
            Run(Host, folder.FullName, "sync", "--program", "program.json", "--videos", "videos.csv", "--as-of", "2025-06-30", "--out", "results", "--state", "host.loyalty");
            var lines = Run(Repository.PathOf("artifacts", "bin", "Loyalty.Library", Configuration, "Loyalty.Library"), folder.FullName).Split('\n');
            var members = File.ReadAllLines(Path.Combine(folder.FullName, "results", "members.csv")).Skip(1).Select(static l => l.Split(',')).ToList();
            var decisions = File.ReadAllLines(Path.Combine(folder.FullName, "results", "decisions.csv")).Skip(1).ToList();
            var rejects = lines.Count(static l => l.StartsWith("rejected ", StringComparison.Ordinal));
            Assert.Equal(40, members.Count);
            Assert.True(decisions.Count > 0 && rejects > 0);
            Assert.Contains($"members: {members.Count}, decisions: {decisions.Count}", lines);
            foreach (var member in members)
            {
                Assert.Contains($"{member[0]}: {member[1]}, {member[5]}", lines);
            }

            Assert.Equal(
                File.ReadAllBytes(Path.Combine(folder.FullName, "host.loyalty")),
                File.ReadAllBytes(Path.Combine(folder.FullName, "acme.loyalty")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_command_of_the_readme_exists()
    {
        var targets = Run(Repository.PathOf("build"), Repository.Root, "help");
        foreach (Match command in BuildCommand().Matches(Repository.Read("README.md")))
        {
            Assert.Contains("./build " + command.Groups[1].Value, targets, StringComparison.Ordinal);
        }

        var help = Run(Host, Repository.Root, "--help");
        foreach (Match command in HostCommand().Matches(Repository.Read("README.md")))
        {
            Assert.Contains(command.Groups[1].Value, help, StringComparison.Ordinal);
        }
    }

    /// <summary>The sample is compiled, and driven over HTTP by its own tests.</summary>
    [Fact]
    public void The_examples_of_the_application_page_are_lines_of_the_web_sample()
    {
        var examples = Block().Matches(Repository.Read("docs", "application.md")).Select(static m => m.Groups[1].Value).ToList();
        Assert.Equal(4, examples.Count);
        Assert.All(examples, static e => Assert.Contains(e, Repository.Read("samples", "Loyalty.Web", "Program.cs"), StringComparison.Ordinal));
    }

    /// <summary>The decorator and the inherited contract are compiled, and the contract runs on both.</summary>
    [Fact]
    public void The_examples_of_the_page_of_adapters_are_lines_of_the_samples_and_tests()
    {
        var examples = Block().Matches(Repository.Read("docs", "adapters.md")).Select(static m => m.Groups[1].Value).ToList();
        var sources = Repository.Read("samples", "Loyalty.Decorator", "RememberingMemberStore.cs") + Repository.Read("tests", "Loyalty.Stores.Tests", "Contract", "MemberStoreTests.cs");
        Assert.Equal(2, examples.Count);
        Assert.All(examples, e => Assert.Contains(e, sources, StringComparison.Ordinal));
    }

    private static string Host => Repository.PathOf("artifacts", "bin", "Loyalty.Host", Configuration, "loyalty");

    private static string Run(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result}");
        return output;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"<!-- example:library -->\n```csharp\n(.*?)```\n<!-- /example:library -->", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\./build ([a-z]+)")]
    private static partial Regex BuildCommand();

    [GeneratedRegex(@"^loyalty ([a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex HostCommand();
}
