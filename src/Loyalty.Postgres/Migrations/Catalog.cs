using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Migrations;

/// <summary>What is in the schema <c>loyalty</c>: tables, columns, constraints, indexes, policies, grants and whatever else there is, each with what it is.</summary>
/// <remarks>
/// Immutable. What the migrations make is a resource, written by a test from a database that they were applied to, so that nobody keeps it by hand.
/// </remarks>
internal sealed class Catalog
{
    private readonly SortedDictionary<string, string> _entries;

    private Catalog(SortedDictionary<string, string> entries) => _entries = entries;

    /// <summary>What the migrations of this version make.</summary>
    public static Catalog Expected { get; } = Parse(Migration.Resource("catalog.txt"));

    /// <summary>The privileges that the application's role has: on a table or a column (<c>table (column)</c>), the privilege.</summary>
    public IEnumerable<(string On, string Privilege)> AppPrivileges()
    {
        const string start = "grant on ", end = " to loyalty_app";
        foreach (var (name, value) in _entries)
        {
            if (name.StartsWith(start, StringComparison.Ordinal) && name.EndsWith(end, StringComparison.Ordinal))
            {
                foreach (var privilege in value.Split(", "))
                {
                    yield return (name[start.Length..^end.Length], privilege);
                }
            }
        }
    }

    /// <summary>Reads what a database has; the connection is in a transaction, whose search path is empty afterwards.</summary>
    public static async ValueTask<Catalog> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await new NpgsqlCommand(CatalogSql.Settings, connection).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var command = new NpgsqlCommand(CatalogSql.Read, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    entries[OneLine($"{reader.GetString(0)} {reader.GetString(1)}")] = OneLine(reader.GetString(2));
                }
            }
        }

        return new Catalog(entries);
    }

    /// <summary>Reads the text of <see cref="ToString"/>.</summary>
    public static Catalog Parse(string text)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line[0] != '#' && line.IndexOf(" | ", StringComparison.Ordinal) is > 0 and var middle)
            {
                entries.Add(line[..middle], line[(middle + 3)..]);
            }
        }

        return new Catalog(entries);
    }

    /// <summary>What differs in <paramref name="actual"/>, each a sentence that names it.</summary>
    public IEnumerable<string> Differences(Catalog actual)
    {
        // A table that is missing or too much is one fault, not one for each of its columns.
        var missing = Tables(this).Except(Tables(actual), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var more = Tables(actual).Except(Tables(this), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in _entries)
        {
            if (!actual._entries.TryGetValue(name, out var found))
            {
                if (IsOwn(name) || !missing.Contains(TableOf(name)))
                {
                    yield return $"Missing: {name}, which the migrations made as: {value}.";
                }
            }
            else if (!string.Equals(value, found, StringComparison.Ordinal))
            {
                yield return $"Changed: {name} is: {found}; the migrations made it as: {value}.";
            }
        }

        foreach (var (name, value) in actual._entries)
        {
            if (!_entries.ContainsKey(name) && (IsOwn(name) || !more.Contains(TableOf(name))))
            {
                yield return $"Not made by the migrations: {name}{(value.Length == 0 ? string.Empty : $", which is: {value}")}.";
            }
        }
    }

    /// <summary>One line for each entry, in order.</summary>
    public override string ToString() => string.Concat(_entries.Select(static e => $"{e.Key} | {e.Value}\n"));

    private static bool IsOwn(string name) => name.StartsWith("relation ", StringComparison.Ordinal);

    private static IEnumerable<string> Tables(Catalog catalog) => catalog._entries.Keys.Where(IsOwn).Select(TableOf);

    private static string TableOf(string name)
    {
        var words = name.Split(' ');
        var word = words.Length > 2 && words[1] is "on" ? words[2] : words[1];
        return word.Split('.')[0];
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
