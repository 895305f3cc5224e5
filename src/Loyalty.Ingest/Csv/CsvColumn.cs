namespace Loyalty.Ingest.Csv;

/// <summary>A column that a reader knows: its name, other names it goes by, and whether a file must have it.</summary>
/// <remarks>Names are compared trimmed and without regard to case (ordinal).</remarks>
internal sealed record CsvColumn(string Name, bool IsRequired, params string[] Aliases)
{
    public bool Matches(string header) =>
        string.Equals(header, Name, StringComparison.OrdinalIgnoreCase)
        || Array.Exists(Aliases, a => string.Equals(a, header, StringComparison.OrdinalIgnoreCase));
}
