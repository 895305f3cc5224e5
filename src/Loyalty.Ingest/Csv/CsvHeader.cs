using System.Globalization;

namespace Loyalty.Ingest.Csv;

/// <summary>The header of a file: trimmed, and matched with the columns a reader knows.</summary>
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

    /// <summary>The header cells that the reader does not know, blank ones aside.</summary>
    public string[] Unknown { get; }

    /// <summary>How many columns the reader knows.</summary>
    public int Count => _index.Length;

    /// <summary>Where each known column stands in the file, or -1.</summary>
    public ReadOnlySpan<int> Places => _index;

    /// <summary>Where the n-th known column stands in the file, or -1.</summary>
    public int this[int column] => _index[column];

    /// <summary>The trimmed cells of a header. Blank and repeated names are told when a reader asks for one, see <see cref="Match"/>.</summary>
    /// <exception cref="SourceException">The header is one cell that shows another separator.</exception>
    public static string[] Trim(string file, IReadOnlyList<string> cells)
    {
        var names = new string[cells.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = cells[i].Trim();
        }

        if (names[0].StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && (names.Length == 1 || (names.Length == 2 && names[1].Length == 0)))
        {
            var separator = names.Length == 2 ? "," : names[0][4..] is { Length: > 0 } stated ? stated : "\t";
            throw OtherSeparator(file, $"the first line says that cells are separated by {Shown(separator)}; remove that line, and", separator);
        }

        return names.Length == 1 && names[0].AsSpan().IndexOfAny(';', '\t', '|') is var at and >= 0
            ? throw OtherSeparator(file, $"the cells of the header are separated by {Shown(names[0][at].ToString())}, so that there is only one column;", names[0][at].ToString())
            : names;
    }

    private static string Shown(string separator) => separator is "\t" ? "tabs" : $"'{separator}'";

    private static SourceException OtherSeparator(string file, string found, string separator) => new(
        SourceFault.Header,
        separator is "," ? $"{file}: {found} start again." : $"{file}: {found} save the file with commas between cells (CSV, comma-separated).");

    /// <summary>Matches trimmed names with known columns; names that no column has may be blank or stand twice.</summary>
    /// <param name="file">The name of the file.</param>
    /// <param name="names">The trimmed names.</param>
    /// <param name="columns">The columns that the reader knows.</param>
    /// <param name="printed">The names as they stand in the file, where the reader changed some.</param>
    /// <exception cref="SourceException">A required column is missing, or a known one stands twice, or under two of its names.</exception>
    public static CsvHeader Match(string file, string[] names, ReadOnlySpan<CsvColumn> columns, string[]? printed = null)
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
                        string.Equals(names[index[c]], names[i], StringComparison.OrdinalIgnoreCase)
                            ? string.Create(CultureInfo.InvariantCulture, $"{file}: columns {index[c] + 1} and {i + 1} of the header have the same name '{names[i]}'; remove or rename one.")
                            : $"{file}: the header has '{names[index[c]]}' and '{names[i]}', which are two names of one column; remove one.");
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
                $"{file}: the header lacks {string.Join(", ", missing)}; found are {string.Join(", ", (printed ?? names).Take(60).Select(static n => $"'{n}'"))}. "
                + "The header must be the first line that is not empty.");
        }

        return new CsvHeader(names, index, [.. names.Where((name, i) => !known[i] && name.Length > 0)]);
    }
}
