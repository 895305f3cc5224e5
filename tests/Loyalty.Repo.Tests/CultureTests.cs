using System.Diagnostics;

namespace Loyalty.Tests.Repo;

/// <summary>
/// F34: the tests of the libraries pass where dates and numbers are written otherwise: Hijri, Buddhist and Persian calendars, the Turkish i. In CI those
/// that print or parse; all of them with LOYALTY_CULTURE_TESTS=all.
/// </summary>
public sealed class CultureTests
{
    private static readonly string[] Small =
    [
        "Loyalty.Tests.Programs.*", "Loyalty.Tests.Json.*", "Loyalty.Tests.Missions.*", "Loyalty.Tests.Tiers.*", "Loyalty.Tests.Clubs.*", "Loyalty.Tests.Rewards.*",
        "Loyalty.Tests.Messages.*", "Loyalty.Tests.Ingest.Values.*", "Loyalty.Tests.Ingest.Adjustments.*",
    ];

    public static TheoryData<string, string> Runs => new MatrixTheoryData<string, string>(["ar-SA", "th-TH", "fa-IR", "tr-TR"], ["Loyalty.Core.Tests", "Loyalty.Ingest.Tests"]);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task F34_The_tests_of_the_libraries_pass_under_other_cultures(string culture, string tests)
    {
        var folder = Repository.PathOf("artifacts", "bin", tests, Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)));
        var settings = Path.Combine(Path.GetTempPath(), $"loyalty-{Environment.ProcessId}-{culture}-{tests}.runtimeconfig.json");
        File.WriteAllText(settings, File.ReadAllText(Path.Combine(folder, $"{tests}.runtimeconfig.json"))
            .Replace("\"System.Globalization.Invariant\": true", "\"System.Globalization.Invariant\": false", StringComparison.Ordinal)
            .Replace("\"System.Globalization.PredefinedCulturesOnly\": true", "\"System.Globalization.PredefinedCulturesOnly\": false", StringComparison.Ordinal));
        try
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
            string[] chosen = Environment.GetEnvironmentVariable("LOYALTY_CULTURE_TESTS") == "all" ? [] : [.. Small.SelectMany(static c => (string[])["-class", c])];
            foreach (var argument in (string[])
                ["exec", "--runtimeconfig", settings, "--depsfile", Path.Combine(folder, $"{tests}.deps.json"), Path.Combine(folder, $"{tests}.dll"), "-noColor", .. chosen])
            {
                start.ArgumentList.Add(argument);
            }

            start.Environment["LC_ALL"] = culture.Replace('-', '_') + ".UTF-8";
            start.Environment["LOYALTY_TEST_CULTURE"] = culture;
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{output}{await errors}");
            Assert.DoesNotContain("Total: 0,", output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(settings);
        }
    }
}
