using System.Text.RegularExpressions;

namespace Loyalty.Tests.Host;

/// <summary>What a person sees who asks for help, or calls wrongly.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("creators")]
    [InlineData("clean")]
    [InlineData("db")]
    [InlineData("normalize")]
    [InlineData("queue status")]
    [InlineData("queue list")]
    [InlineData("queue retry")]
    [InlineData("queue drop")]
    [InlineData("consent add")]
    [InlineData("consent list")]
    public void Help_ends_with_an_example_that_is_no_wrong_usage(string command)
    {
        using var desk = new Desk();
        var help = desk.Run([.. Words(command), "--help"]).With(0).Out;
        var example = Regex.Match(help, @"Example:\n  (?:.* \| )?loyalty (.*)\n").Groups[1].Value;
        Assert.StartsWith(command, example, StringComparison.Ordinal);
        Assert.NotEqual(string.Empty, example);
        if (!example.Contains("--postgres", StringComparison.Ordinal) && command != "normalize")
        {
            Assert.NotEqual(2, desk.Run(Words(example)).Code);
        }
    }

    [Theory]
    [InlineData("clean rollback --to abc --postgres x", "expected a whole number")]
    [InlineData("creators list --limit abc --state x", "expected a whole number")]
    public void A_value_that_cannot_be_read_is_wrong_usage_and_told_without_names_of_types(string call, string expected)
    {
        using var desk = new Desk();
        var error = desk.Run(Words(call)).With(2).Error;
        Assert.Contains("'abc'", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
    }

    private static string[] Words(string call) => [.. Regex.Matches(call, "'([^']*)'|[^ ]+").Select(static m => m.Groups[1].Success ? m.Groups[1].Value : m.Value)];
}
