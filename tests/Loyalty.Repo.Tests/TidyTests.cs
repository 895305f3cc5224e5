using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Loyalty.Tests.Repo;

public sealed partial class TidyTests
{
    private static readonly string[] TextEndings = [".cs", ".csproj", ".props", ".json", ".md", ".sql", ".mjs", ".txt", ".config", ".editorconfig", ".tsv"];

    private static IEnumerable<string> TextFiles => Repository.Files().Where(static f => TextEndings.Contains(Path.GetExtension(f), StringComparer.Ordinal));

    [Fact]
    public void Text_files_end_with_one_line_feed_and_have_no_tabs_or_trailing_space()
    {
        var faults = new List<string>();
        foreach (var file in TextFiles)
        {
            var text = File.ReadAllText(file);
            var name = Path.GetRelativePath(Repository.Root, file);
            if (text.Length > 0 && (!text.EndsWith('\n') || text.EndsWith("\n\n", StringComparison.Ordinal)))
            {
                faults.Add($"{name} does not end with one line feed");
            }

            if (text.Contains('\r', StringComparison.Ordinal))
            {
                faults.Add($"{name} has carriage returns");
            }

            if (file.EndsWith(".cs", StringComparison.Ordinal) && (text.Contains('\t', StringComparison.Ordinal) || TrailingSpace().IsMatch(text)))
            {
                faults.Add($"{name} has tabs or trailing space");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Source_files_stay_readable_in_one_sitting()
    {
        var long_ = Repository.Files()
            .Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) && f.Contains("/src/", StringComparison.Ordinal))
            .Where(static f => File.ReadLines(f).Count() > 450)
            .Select(static f => Path.GetRelativePath(Repository.Root, f));
        Assert.Empty(long_);
    }

    [Fact]
    public void No_file_or_folder_is_named_after_nothing_in_the_domain()
    {
        var names = Repository.Files().Select(static f => Path.GetRelativePath(Repository.Root, f)).Where(static f => NamedAfterNothing().IsMatch(f));
        Assert.Empty(names);
    }

    /// <summary>A pattern of a date follows the calendar of the culture: 2025 is 1446 or 2568 elsewhere. <c>:O</c> does not.</summary>
    [Fact]
    public void F34_Patterns_of_dates_and_numbers_stand_only_where_the_culture_is_the_invariant_one()
    {
        var faults = new List<string>();
        foreach (var file in Repository.Files().Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) && f.Contains("/src/", StringComparison.Ordinal)))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                // The provider stands in the same statement, at most some lines above.
                if (CulturedPattern().IsMatch(lines[i]) && !lines[Math.Max(0, i - 6)..(i + 1)].Any(static l => l.Contains("InvariantCulture", StringComparison.Ordinal)))
                {
                    faults.Add($"{Path.GetRelativePath(Repository.Root, file)}:{i + 1}: {lines[i].Trim()}");
                }
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void One_folder_is_one_namespace()
    {
        var faults = new List<string>();
        foreach (var file in Repository.Files().Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) && f.Contains("/src/", StringComparison.Ordinal)))
        {
            var relative = Path.GetRelativePath(Repository.PathOf("src"), file).Split('/');
            var root = relative[0] == "Loyalty.Core" ? "Loyalty" : relative[0];
            var expected = string.Join('.', [root, .. relative[1..^1]]);
            var found = NamespaceLine().Match(File.ReadAllText(file)).Groups[1].Value;
            if (found.Length > 0 && found != expected)
            {
                faults.Add($"{string.Join('/', relative)}: {found} instead of {expected}");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Packages_are_pinned_in_one_place_and_reasons_are_given_for_each()
    {
        var pinned = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion").Select(static e => e.Attribute("Include")!.Value).ToHashSet();
        var reasons = Repository.Read("docs", "decisions", "0001-dependencies.md");
        foreach (var project in Repository.Files().Where(static f => f.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            foreach (var reference in XDocument.Load(project).Descendants("PackageReference"))
            {
                var name = reference.Attribute("Include")!.Value;
                Assert.Null(reference.Attribute("Version"));
                Assert.Contains(name, pinned);
                if (project.Contains("/src/", StringComparison.Ordinal) || project.Contains("/samples/", StringComparison.Ordinal))
                {
                    Assert.Contains(name.Replace(".Abstractions", "", StringComparison.Ordinal), reasons, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Libraries_reference_only_what_stands_below_them()
    {
        string[] References(string project) =>
            [.. XDocument.Load(Repository.PathOf("src", project, project + ".csproj")).Descendants("ProjectReference").Select(static e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value))];
        Assert.Empty(References("Loyalty.Core"));
        Assert.Equal(["Loyalty.Core"], References("Loyalty.Ingest"));
        Assert.Equal(["Loyalty.Core"], References("Loyalty.DependencyInjection"));
        Assert.Equal(["Loyalty.Core", "Loyalty.DependencyInjection"], References("Loyalty.Postgres"));
        Assert.Equal(["Loyalty.Core"], References("Loyalty.Connectors"));
        Assert.Equal(["Loyalty.Core"], References("Loyalty.Testing"));
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var faults = new List<string>();
        foreach (var file in Repository.Files().Where(static f => f.EndsWith(".md", StringComparison.Ordinal)))
        {
            foreach (Match link in Link().Matches(File.ReadAllText(file)))
            {
                var target = link.Groups[1].Value.Split('#')[0];
                if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
                    && !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, target)))
                {
                    faults.Add($"{Path.GetRelativePath(Repository.Root, file)} → {target}");
                }
            }
        }

        Assert.Empty(faults);
    }

    [GeneratedRegex(@"\{[^{}""]*:[^{}""]*(yyyy|MM|dd|N\d|0\.[0#]|F\d|C\d|P\d)[^{}""]*\}")]
    private static partial Regex CulturedPattern();

    [GeneratedRegex(@"[ \t]+$", RegexOptions.Multiline)]
    private static partial Regex TrailingSpace();

    [GeneratedRegex(@"(^|/)(utils?|helpers?|common|misc|managers?|services|interfaces|models)(/|\.cs$)|(helper|manager|utils)s?\.cs$", RegexOptions.IgnoreCase)]
    private static partial Regex NamedAfterNothing();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
