using System.Text;

namespace Loyalty.Postgres.Cutover;

/// <summary>The tables that become live together: their schema, their names, and how they are made where none are live yet.</summary>
/// <remarks>Immutable. Names are exact, as the catalog has them, not folded; they are counted in bytes, as PostgreSQL does.</remarks>
public sealed class CutoverSet
{
    /// <summary>The most bytes of a name in PostgreSQL.</summary>
    public const int MaxNameLength = 63;

    /// <summary>Names a set.</summary>
    /// <param name="name">
    /// The name under which the set is kept. Generations that are not live stand in the schemas <c>name_1</c>, <c>name_2</c>, …
    /// </param>
    /// <param name="schema">The schema of the live tables.</param>
    /// <param name="tables">The tables, each once, in any order.</param>
    /// <exception cref="ArgumentException">A name is empty or has NUL, a table stands twice, or there is none.</exception>
    /// <exception cref="CutoverException"><see cref="CutoverFault.NameTooLong"/>: a name, or a name made from it, has more bytes than PostgreSQL keeps.</exception>
    public CutoverSet(string name, string schema, params IReadOnlyList<string> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        Name = Checked(name, nameof(name));
        Schema = Checked(schema, nameof(schema));
        if (tables.Count == 0)
        {
            throw new ArgumentException("A set has at least one table.", nameof(tables));
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            if (!seen.Add(Checked(table, nameof(tables))))
            {
                throw new ArgumentException($"The table '{table}' stands twice.", nameof(tables));
            }
        }

        Tables = [.. tables];
        ThrowIfTooLong(SchemaOf(long.MaxValue), $"the schema of a generation of the set '{name}'");
    }

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The schema of the live tables.</summary>
    public string Schema { get; }

    /// <summary>The tables.</summary>
    public IReadOnlyList<string> Tables { get; }

    /// <summary>
    /// The SQL that makes the tables when none of them is live yet, or anew when <see cref="ColumnsMayChange"/>; names without a schema, for it is run with
    /// the generation's schema first in the search path. <see langword="null"/>: the tables are made like the live ones.
    /// </summary>
    public string? CreateTables { get; init; }

    /// <summary>
    /// Whether a generation may have other columns than the live tables; it is then made by <see cref="CreateTables"/>. Off by default: a difference is refused.
    /// </summary>
    public bool ColumnsMayChange { get; init; }

    internal string SchemaOf(long generation) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name}_{generation}");

    private static string Checked(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A name in PostgreSQL has no NUL.", parameter);
        }

        ThrowIfTooLong(name, $"'{name}'");
        return name;
    }

    private static void ThrowIfTooLong(string name, string what)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > MaxNameLength)
        {
            throw new CutoverException(CutoverFault.NameTooLong, string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"The name of {what} has up to {bytes} bytes in UTF-8; PostgreSQL keeps {MaxNameLength} and would cut the rest, which may be another table's name. Choose a shorter one."));
        }
    }
}
