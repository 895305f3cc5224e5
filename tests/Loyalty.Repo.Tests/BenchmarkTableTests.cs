namespace Loyalty.Tests.Repo;

/// <summary>Benchmark tables in the documents are the committed results, line by line; nobody retypes a number.</summary>
public sealed class BenchmarkTableTests
{
    private const string TableStart = "<!-- table -->\n";
    private const string TableEnd = "<!-- /table -->";

    /// <summary>Documents, the marker of their table and the results file it is cut from.</summary>
    public static TheoryData<string, string, string> Tables => new()
    {
        { "README.md", "bench:sync", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/sync.md" },
        { "README.md", "bench:aggregation", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/aggregation.md" },
        { "docs/aggregation.md", "bench:aggregation", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/aggregation.md" },
        { "docs/identity.md", "bench:identity", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/identity.md" },
        { "docs/import.md", "bench:import", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/import.md" },
        { "docs/postgres.md", "bench:postgres", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/postgres.md" },
        { "docs/points.md", "bench:points", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/points.md" },
        { "docs/points.md", "bench:points-postgres", "benchmarks/Loyalty.Benchmarks/results/intel-xeon-processor/points-postgres.md" },
        { "docs/queue.md", "bench:queue", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/queue.md" },
        { "docs/scoring.md", "bench:scoring", "benchmarks/Loyalty.Benchmarks/results/amd-epyc/scoring.md" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_in_a_document_is_that_of_the_results_file(string document, string marker, string results)
    {
        var shown = Between(Read(document), $"<!-- {marker} -->\n", $"<!-- /{marker} -->", document);
        var measured = Between(Read(results), TableStart, TableEnd, results);
        Assert.True(
            shown == measured,
            $"The table between the markers {marker} of {document} is not that of {results}. Copy the lines between its table markers.\nshown:\n{shown}\nmeasured:\n{measured}");
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root(), path)).ReplaceLineEndings("\n");

    private static string Between(string text, string start, string end, string path)
    {
        var from = text.IndexOf(start, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= 0 && to > from, $"{path} has no lines between {start.Trim()} and {end}.");
        return text[(from + start.Length)..to];
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Loyalty.Libs.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException("No directory above the tests holds Loyalty.Libs.sln.");
    }
}
