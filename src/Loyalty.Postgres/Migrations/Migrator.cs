using System.Data;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Migrations;

/// <summary>Brings a database to the schema of this version, and says how it stands.</summary>
/// <remarks>
/// Connects as the owner of the tables, not as the application. All pending migrations are one transaction under an advisory lock: two hosts
/// that start at once apply each migration once, and a failure leaves the database as it was.
/// </remarks>
public sealed class Migrator
{
    // Any number that no other software is likely to use: "loyalty" in ASCII.
    private const string Lock = "SELECT pg_advisory_xact_lock(30521821366838393)";

    private const string Exists = "SELECT to_regclass('loyalty.schema_migration') IS NOT NULL";

    // Reading the catalog after the lock was waited for makes the session see what the other host has made; IF NOT EXISTS alone trusts a cache.
    private const string HasSchema = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'loyalty')";

    private const string CreateSchema = "CREATE SCHEMA loyalty";

    private const string CreateJournal =
        "CREATE TABLE IF NOT EXISTS loyalty.schema_migration ("
        + "version integer NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL, "
        + "CONSTRAINT schema_migration_pkey PRIMARY KEY (version)); "
        + "COMMENT ON TABLE loyalty.schema_migration IS "
        + "'Which migrations were applied. No tenant''s data; stays on the coordinator of a distributed database. Cost: one row for each migration.'";

    // The application looks whether the schema is its own before it writes.
    private const string ShowJournal = "GRANT SELECT ON loyalty.schema_migration TO loyalty_app";

    private const string Journal = "SELECT version, name, checksum, applied_at FROM loyalty.schema_migration ORDER BY version";

    private const string Note = "INSERT INTO loyalty.schema_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";

    private readonly NpgsqlDataSource _dataSource;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IReadOnlyList<Migration> _migrations;

    /// <summary>Creates a migrator.</summary>
    /// <param name="dataSource">Gives connections of the owner; stays the caller's.</param>
    /// <param name="options">Clock and log; <see langword="null"/> for the defaults.</param>
    public Migrator(NpgsqlDataSource dataSource, PostgresStoreOptions? options = null)
        : this(dataSource, options ?? PostgresStoreOptions.Default, Migration.All)
    {
    }

    internal Migrator(NpgsqlDataSource dataSource, PostgresStoreOptions options, IReadOnlyList<Migration> migrations)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        _time = options.TimeProvider;
        _log = options.LoggerFactory.CreateLogger<Migrator>();
        _migrations = migrations;
    }

    /// <summary>Applies what is pending.</summary>
    /// <param name="dryRun">Whether to apply everything and then roll back, to see that it would work.</param>
    /// <param name="cancellationToken">Gives up; nothing is applied then.</param>
    /// <returns>The migrations that were (or, in a dry run, would be) applied, in order.</returns>
    /// <exception cref="StoreException">
    /// The database is newer than this version, or an applied migration has other content; or the server refused.
    /// </exception>
    public async ValueTask<IReadOnlyList<Migration>> MigrateAsync(bool dryRun = false, CancellationToken cancellationToken = default)
    {
        try
        {
            var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await ExecuteAsync(connection, Lock, cancellationToken).ConfigureAwait(false);
                    await CheckEncodingAsync(connection, cancellationToken).ConfigureAwait(false);
                    if (await ScalarAsync(connection, HasSchema, cancellationToken).ConfigureAwait(false) is false)
                    {
                        await ExecuteAsync(connection, CreateSchema, cancellationToken).ConfigureAwait(false);
                    }

                    await ExecuteAsync(connection, CreateJournal, cancellationToken).ConfigureAwait(false);
                    var status = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
                    Refuse(status);
                    var applied = await ApplyAsync(connection, status, cancellationToken).ConfigureAwait(false);
                    await ExecuteAsync(connection, ShowJournal, cancellationToken).ConfigureAwait(false);
                    if (!dryRun)
                    {
                        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                        foreach (var migration in applied)
                        {
                            PostgresLog.MigrationApplied(_log, migration.Version, migration.Name);
                        }
                    }

                    return applied;
                }
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>How each migration stands, in order; nothing is changed.</summary>
    public async ValueTask<IReadOnlyList<MigrationStatus>> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>
    /// Compares the database with what the migrations of this version made, and looks for whoever and whatever passes by the policies of tenants.
    /// </summary>
    /// <param name="role">A login to check besides: that it can do what the application does, and no more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Every fault, each a sentence that names what differs; none when the database is right. Nothing is changed.</returns>
    public async ValueTask<IReadOnlyList<string>> ValidateAsync(string? role = null, CancellationToken cancellationToken = default)
    {
        var faults = new List<string>();
        try
        {
            var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // One snapshot for all that is asked.
                var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    foreach (var migration in await ReadAsync(connection, cancellationToken).ConfigureAwait(false))
                    {
                        var name = $"{migration.Version:D4}_{migration.Name}";
                        switch (migration.State)
                        {
                            case MigrationState.Pending:
                                faults.Add($"Migration {name} is not applied; run `loyalty db migrate` or Migrator.MigrateAsync.");
                                break;
                            case MigrationState.Changed:
                                faults.Add($"Migration {name} was applied with other content; restore the file, and put the change into a new migration.");
                                break;
                            case MigrationState.Unknown:
                                faults.Add($"Migration {name} is not known to this version of the library; update it.");
                                break;
                        }
                    }

                    faults.AddRange(await ValidateAsync(connection, faults.Count == 0, role, cancellationToken).ConfigureAwait(false));
                }
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }

        return faults;
    }

    /// <summary>As above, on a connection in a transaction.</summary>
    internal static async ValueTask<IReadOnlyList<string>> ValidateAsync(
        NpgsqlConnection connection, bool isCurrent, string? role, CancellationToken cancellationToken)
    {
        var faults = await SchemaCheck.RunAsync(connection, isCurrent, cancellationToken).ConfigureAwait(false);
        return role is null ? faults : [.. faults, .. await LoginCheck.RunAsync(connection, role, cancellationToken).ConfigureAwait(false)];
    }

    /// <summary>Makes sure, before a run, that the schema is the one of this version: a newer one may mean what this version does not know.</summary>
    /// <exception cref="StoreException">It is newer, older, or changed.</exception>
    internal async ValueTask CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var status = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        Refuse(status);
        foreach (var migration in status)
        {
            if (migration.State == MigrationState.Pending)
            {
                throw new StoreException(
                    StoreFault.NotMigrated,
                    $"The database lacks migration {migration.Version:D4}_{migration.Name} of this version; run `loyalty db migrate` or Migrator.MigrateAsync.");
            }
        }
    }

    private static void Refuse(IReadOnlyList<MigrationStatus> status)
    {
        foreach (var migration in status)
        {
            if (migration.State == MigrationState.Unknown)
            {
                throw new StoreException(
                    StoreFault.Newer,
                    $"The database has migration {migration.Version:D4}_{migration.Name}, which this version does not know; update the library.");
            }

            if (migration.State == MigrationState.Changed)
            {
                throw new StoreException(
                    StoreFault.Damaged,
                    $"Migration {migration.Version:D4}_{migration.Name} was applied with other content than this version has; "
                    + "restore the file, and put the change into a new migration.");
            }
        }
    }

    private static async ValueTask CheckEncodingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var encoding = await ScalarAsync(connection, "SHOW server_encoding", cancellationToken).ConfigureAwait(false) as string;
        if (!string.Equals(encoding, "UTF8", StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.Refused, $"The database has the encoding {encoding}, but the suite needs UTF8; create it with `ENCODING 'UTF8' TEMPLATE template0`.");
        }
    }

    private async ValueTask<IReadOnlyList<Migration>> ApplyAsync(
        NpgsqlConnection connection, IReadOnlyList<MigrationStatus> status, CancellationToken cancellationToken)
    {
        var applied = new List<Migration>();
        foreach (var migration in _migrations)
        {
            if (status.Any(s => s.Version == migration.Version && s.State == MigrationState.Applied))
            {
                continue;
            }

            await ExecuteAsync(connection, migration.Sql, cancellationToken).ConfigureAwait(false);
            var note = new NpgsqlCommand(Note, connection)
                .With(migration.Version).With(migration.Name).With(migration.Checksum).With(_time.GetUtcNow());
            await using (note.ConfigureAwait(false))
            {
                await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            applied.Add(migration);
        }

        return applied;
    }

    private async ValueTask<IReadOnlyList<MigrationStatus>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var journal = new Dictionary<int, (string Name, string Checksum, DateTimeOffset At)>();
        if (await ScalarAsync(connection, Exists, cancellationToken).ConfigureAwait(false) is true)
        {
            var command = new NpgsqlCommand(Journal, connection);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        journal.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3)));
                    }
                }
            }
        }

        var status = new List<MigrationStatus>();
        foreach (var migration in _migrations)
        {
            if (!journal.Remove(migration.Version, out var line))
            {
                status.Add(new MigrationStatus(migration.Version, migration.Name, MigrationState.Pending, null));
                continue;
            }

            var same = string.Equals(line.Checksum, migration.Checksum, StringComparison.Ordinal);
            status.Add(new MigrationStatus(migration.Version, migration.Name, same ? MigrationState.Applied : MigrationState.Changed, line.At));
        }

        foreach (var (version, line) in journal)
        {
            status.Add(new MigrationStatus(version, line.Name, MigrationState.Unknown, line.At));
        }

        status.Sort(static (a, b) => a.Version.CompareTo(b.Version));
        return status;
    }

    private static async ValueTask ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
