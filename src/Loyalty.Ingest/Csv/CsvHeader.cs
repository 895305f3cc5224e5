namespace Loyalty.Ingest.Csv;

/// <summary>The header of a file: checked, and matched with the columns a reader knows.</summary>
internal sealed class CsvHeader
{
    private readonly int[] _index;

    private CsvHeader(string[] names, int[] index, string[] unknown)
    {
        Names = names;
        _index = index;
        Unknown = unknown;
    }

    /// <summary>The header cells, trimmed.</summary>
    public string[] Names { get; }

    /// <summary>The header cells that the reader does not know.</summary>
    public string[] Unknown { get; }

    /// <summary>Where the n-th known column stands in the file, or -1.</summary>
    public int this[int column] => _index[column];

    /// <summary>The trimmed cells of a header; refuses blank and repeated ones.</summary>
    /// <exception cref="SourceException">A name is blank or stands twice.</exception>
    public static string[] Check(string file, IReadOnlyList<string> cells)
    {
        var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var names = new string[cells.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = cells[i].Trim();
            if (names[i].Length == 0)
            {
                throw new SourceException(SourceFault.Header, $"{file}: column {i + 1} of the header has no name; name it or remove the column.");
            }

            if (!seen.TryAdd(names[i], i))
            {
                throw new SourceException(
                    SourceFault.Header,
                    $"{file}: columns {seen[names[i]] + 1} and {i + 1} of the header have the same name '{names[i]}'; remove or rename one.");
            }
        }

        return names;
    }

    /// <summary>Matches checked names with known columns.</summary>
    /// <exception cref="SourceException">A required column is missing, or a known one stands under two of its names.</exception>
    public static CsvHeader Match(string file, string[] names, ReadOnlySpan<CsvColumn> columns)
    {
        var index = new int[columns.Length];
        var known = new bool[names.Length];
        var missing = new List<string>();
        for (var c = 0; c < columns.Length; c++)
        {
            index[c] = -1;
            for (var i = 0; i < names.Length; i++)
            {
                if (!columns[c].Matches(names[i]))
                {
                    continue;
                }

                if (index[c] >= 0)
                {
                    throw new SourceException(
                        SourceFault.Header,
                        $"{file}: the header has '{names[index[c]]}' and '{names[i]}', which are two names of one column; remove one.");
                }

                index[c] = i;
                known[i] = true;
            }

            if (index[c] < 0 && columns[c].IsRequired)
            {
                missing.Add($"'{columns[c].Name}'");
            }
        }

        if (missing.Count > 0)
        {
            throw new SourceException(
                SourceFault.Header,
                $"{file}: the header lacks {string.Join(", ", missing)}; found are {string.Join(", ", names.Take(60).Select(static n => $"'{n}'"))}. "
                + "The header must be the first line that is not empty.");
        }

        return new CsvHeader(names, index, [.. names.Where((_, i) => !known[i])]);
    }
}
