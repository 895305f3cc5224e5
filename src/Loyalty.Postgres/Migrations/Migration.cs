using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Loyalty.Postgres.Migrations;

/// <summary>One numbered step of the schema: plain SQL that is never edited after release.</summary>
/// <remarks>Immutable. The checksum is over the text with its line ends as LF, so that a checkout with others does not change it.</remarks>
public sealed class Migration
{
    internal Migration(int version, string name, string sql)
    {
        Version = version;
        Name = name;
        Sql = sql.ReplaceLineEndings("\n");
        Checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
    }

    /// <summary>All migrations of this version of the library, in order.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load();

    /// <summary>The number; a later step has a higher one.</summary>
    public int Version { get; }

    /// <summary>The name, such as <c>members</c>.</summary>
    public string Name { get; }

    /// <summary>The SQL.</summary>
    public string Sql { get; }

    /// <summary>The SHA-256 of the SQL in hexadecimal digits.</summary>
    public string Checksum { get; }

    /// <summary>Number and name, such as <c>0002_members</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Version:D4}_{Name}");

    internal static string Resource(string name)
    {
        using var stream = typeof(Migration).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly has no resource '{name}'.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static Migration[] Load()
    {
        var migrations = new List<Migration>();
        foreach (var resource in typeof(Migration).Assembly.GetManifestResourceNames())
        {
            if (resource.EndsWith(".sql", StringComparison.Ordinal) && char.IsAsciiDigit(resource[0]))
            {
                var version = int.Parse(resource.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
                migrations.Add(new Migration(version, resource[5..^4], Resource(resource)));
            }
        }

        migrations.Sort(static (a, b) => a.Version.CompareTo(b.Version));
        return [.. migrations];
    }
}

/// <summary>How a migration stands in a database.</summary>
public enum MigrationState
{
    /// <summary>It is applied, with the same content.</summary>
    Applied,

    /// <summary>It is not applied yet.</summary>
    Pending,

    /// <summary>It is applied with other content: the file was edited, or the database was made by a fork.</summary>
    Changed,

    /// <summary>The database has it, but this version of the library does not: the database is newer.</summary>
    Unknown,
}

/// <summary>A migration and how it stands in a database.</summary>
/// <param name="Version">The number.</param>
/// <param name="Name">The name.</param>
/// <param name="State">How it stands.</param>
/// <param name="AppliedAt">When it was applied; <see langword="null"/> while pending.</param>
public sealed record MigrationStatus(int Version, string Name, MigrationState State, DateTimeOffset? AppliedAt)
{
    /// <summary>In short, written the same under every culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Version:D4} {Name} {State} {AppliedAt:O}");
}
