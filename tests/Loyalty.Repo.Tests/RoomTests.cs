using System.Text.RegularExpressions;

namespace Loyalty.Tests.Repo;

/// <summary>Folders are rooms; arrows between them go one way.</summary>
public sealed partial class RoomTests
{
    /// <summary>Rooms that look into each other, and why they may.</summary>
    private static readonly string[][] Circles =
    [
        // Phone numbers are one concept: its public types in front, its tables and automata behind.
        ["Loyalty.Identity", "Loyalty.Identity.Phones"],

        // A platform of orders is read by what reads all of them, and uses its parts.
        ["Loyalty.Ingest.Orders"],
    ];

    private static IEnumerable<Source> Sources => Repository.Files()
        .Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) && f.Contains("/src/", StringComparison.Ordinal))
        .Select(Source.Read)
        .Where(static s => s.Room.Length > 0);

    [Fact]
    public void No_room_looks_into_one_that_looks_back()
    {
        var sources = Sources.ToList();
        var rooms = sources.SelectMany(static s => s.Types.Select(t => (Type: t, s.Room))).ToLookup(static t => t.Type, static t => t.Room, StringComparer.Ordinal);
        var arrows = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            foreach (var room in source.Words.SelectMany(w => rooms[w]).Where(r => r != source.Room && source.Sees(r)))
            {
                (arrows.TryGetValue(source.Room, out var to) ? to : arrows[source.Room] = new(StringComparer.Ordinal)).Add(room);
            }
        }

        Assert.True(arrows.Count > 20, "the arrows were not found");
        var circles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var room in arrows.Keys)
        {
            string[] circle = [.. Reached(room).Where(other => Reached(other).Contains(room)).Order(StringComparer.Ordinal)];
            if (circle.Length > 0 && !Circles.Any(c => circle.All(r => c.Any(allowed => r == allowed || (allowed.StartsWith("Loyalty.Ingest.", StringComparison.Ordinal) && r.StartsWith(allowed + ".", StringComparison.Ordinal))))))
            {
                circles.Add(string.Join(" ↔ ", circle));
            }
        }

        Assert.Empty(circles);

        HashSet<string> Reached(string from)
        {
            var reached = new HashSet<string>(StringComparer.Ordinal);
            var next = new Stack<string>([from]);
            while (next.TryPop(out var room))
            {
                foreach (var to in arrows.GetValueOrDefault(room) ?? [])
                {
                    if (reached.Add(to))
                    {
                        next.Push(to);
                    }
                }
            }

            return reached;
        }
    }

    [Fact]
    public void A_type_has_at_most_600_lines_over_its_parts()
    {
        var lengths = Sources.Where(static s => s.Partial.Length > 0).GroupBy(static s => $"{s.Room}.{s.Partial}", StringComparer.Ordinal)
            .Select(static g => (Type: g.Key, Lines: g.Sum(static s => s.Lines)));
        Assert.Empty(lengths.Where(static l => l.Lines > 600).Select(static l => $"{l.Type} has {l.Lines} lines"));
    }

    /// <summary>A command that a store makes of its connection has the driver's limit of half a minute also in a run, in which a statement may take minutes.</summary>
    [Fact]
    public void Stores_on_PostgreSQL_take_commands_and_batches_from_their_transaction()
    {
        string[] rooms = ["Members", "Scores", "Points", "Creators", "Queue", "Copy"];
        var files = Repository.Files().Where(f => rooms.Any(r => f.Contains($"/src/Loyalty.Postgres/{r}/", StringComparison.Ordinal))).ToList();
        Assert.True(files.Count > 50, $"only {files.Count} files were found");
        var found = files.Where(static f => OwnCommand().IsMatch(File.ReadAllText(f))).Select(static f => Path.GetFileName(f)).ToList();

        // Reads one member, in one batch of a connection of its own.
        Assert.Equal(["PostgresMemberStore.Progress.cs"], found);
    }

    [Fact]
    public void Tests_have_one_root_namespace()
    {
        var others = Repository.Files()
            .Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) && f.Contains("/tests/Loyalty.", StringComparison.Ordinal))
            .Select(static f => (File: Path.GetRelativePath(Repository.Root, f), Room: NamespaceLine().Match(File.ReadAllText(f)).Groups[1].Value))
            .Where(static f => f.Room.Length > 0 && f.Room != "Loyalty.Tests" && !f.Room.StartsWith("Loyalty.Tests.", StringComparison.Ordinal));
        Assert.Empty(others.Select(static f => $"{f.File}: {f.Room}"));
    }

    [GeneratedRegex(@"new (Npgsql\.)?Npgsql(Command|Batch)\([^)]*[Cc]onnection\)")]
    private static partial Regex OwnCommand();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^using ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^(?:\[[^\]]*\]\s*)*(?:(?:public|internal)\s+)?(?:(?:static|sealed|abstract|readonly|partial|unsafe|ref)\s+)*(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?|delegate\s+[\w<>?]+)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Declared();

    [GeneratedRegex(@"^(?:public|internal)[\w ]* partial [\w ]*(?:class|struct|record|interface) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Parts();

    [GeneratedRegex(@"""""""[\s\S]*?""""""|//.*|""(?:\\.|[^""\\\n])*""")]
    private static partial Regex Prose();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w+")]
    private static partial Regex Word();

    private sealed record Source(string Room, HashSet<string> Usings, HashSet<string> Types, HashSet<string> Words, string Partial, int Lines)
    {
        public static Source Read(string file)
        {
            var text = File.ReadAllText(file);
            var code = Prose().Replace(text, string.Empty);
            return new(
                NamespaceLine().Match(text).Groups[1].Value,
                [.. Using().Matches(text).Select(static m => m.Groups[1].Value)],
                [.. Declared().Matches(code).Select(static m => m.Groups[1].Value)],
                [.. Word().Matches(code).Select(static m => m.Value)],
                Parts().Match(code).Groups[1].Value,
                text.Count(static c => c == '\n'));
        }

        public bool Sees(string room) => Usings.Contains(room) || Room.StartsWith(room + ".", StringComparison.Ordinal);
    }
}
