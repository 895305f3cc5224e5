using System.Globalization;
using Loyalty.Postgres.Migrations;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>The tables of the component in their own schema, with their own line of migrations; the store's schema is not needed and not touched.</summary>
internal static class CutoverMigrator
{
    private const string Prefix = "cutover.";

    private const string Start =
        "SELECT pg_advisory_xact_lock(30521821366838394); "
        + "CREATE SCHEMA IF NOT EXISTS loyalty_cutover; REVOKE ALL ON SCHEMA loyalty_cutover FROM PUBLIC; "
        + "CREATE TABLE IF NOT EXISTS loyalty_cutover.migration (version integer NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL, "
        + "CONSTRAINT migration_pkey PRIMARY KEY (version)); "
        + "COMMENT ON TABLE loyalty_cutover.migration IS 'Which migrations of the tables of cutovers were applied. Cost: one row for each.'";

    public static IReadOnlyList<Migration> All { get; } = Load();

    /// <summary>Applies what is pending in one transaction; the same file with another content, or a newer database, is refused.</summary>
    public static async ValueTask MigrateAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await RunAsync(connection, "SET LOCAL client_min_messages = warning; SET LOCAL search_path = pg_catalog, pg_temp; " + Start, cancellationToken).ConfigureAwait(false);
                var applied = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
                foreach (var (version, checksum) in applied)
                {
                    if (version > All.Count || !string.Equals(All[version - 1].Checksum, checksum, StringComparison.Ordinal))
                    {
                        throw new CutoverException(CutoverFault.NotMigrated, string.Create(
                            CultureInfo.InvariantCulture,
                            $"Migration {version} of the tables of cutovers is not the one of this version of the library; use the version that made them, or a newer one."));
                    }
                }

                foreach (var migration in All.Skip(applied.Count))
                {
                    await RunAsync(connection, migration.Sql, cancellationToken).ConfigureAwait(false);
                    var note = new NpgsqlCommand("INSERT INTO loyalty_cutover.migration VALUES ($1, $2, $3, clock_timestamp())", connection);
                    await using (note.ConfigureAwait(false))
                    {
                        note.Parameters.Add(new NpgsqlParameter { Value = migration.Version });
                        note.Parameters.Add(new NpgsqlParameter { Value = migration.Name });
                        note.Parameters.Add(new NpgsqlParameter { Value = migration.Checksum });
                        await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    }
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<List<(int Version, string Checksum)>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT version, checksum FROM loyalty_cutover.migration ORDER BY version", connection);
        await using (command.ConfigureAwait(false))
        {
            var applied = new List<(int, string)>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    applied.Add((reader.GetInt32(0), reader.GetString(1)));
                }
            }

            return applied;
        }
    }

    private static Migration[] Load() =>
    [
        .. typeof(CutoverMigrator).Assembly.GetManifestResourceNames()
            .Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal) && n.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(static n => new Migration(int.Parse(n.AsSpan(Prefix.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture), n[(Prefix.Length + 5)..^4], Migration.Resource(n))),
    ];
}
