using System.Diagnostics;
using System.Globalization;
using Loyalty.Postgres.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Cutover;

/// <summary>One transaction of the component: its settings, its lock, and its statements, each of which can be met by a test.</summary>
internal sealed class CutoverSession : IAsyncDisposable
{
    // Texts of values must not depend on whose session made them, and no policy may hide a row silently.
    private const string Settings =
        "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC'; "
        + "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'; SET LOCAL xmlbinary = 'base64'; SET LOCAL row_security = off; "
        + "SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; SET LOCAL check_function_bodies = off; "
        + "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = '500ms'; SET LOCAL jit = off";

    private readonly NpgsqlTransaction _transaction;
    private readonly Func<string, ValueTask>? _onStatement;

    private CutoverSession(NpgsqlConnection connection, NpgsqlTransaction transaction, CutoverSet set, CutoverOptions options)
    {
        (Connection, _transaction, Set, _onStatement) = (connection, transaction, set, options.OnStatement);
    }

    public NpgsqlConnection Connection { get; }

    public CutoverSet Set { get; }

    /// <summary>The number of the set; 0 where nothing was prepared yet.</summary>
    public int SetId { get; private set; }

    /// <summary>The role that the statements run as.</summary>
    public string Role { get; private set; } = string.Empty;

    /// <summary>Begins a transaction; with the set's lock, unless it only reads.</summary>
    public static async ValueTask<CutoverSession> BeginAsync(
        NpgsqlDataSource source, CutoverSet set, CutoverOptions options, bool readOnly, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var transaction = await connection.BeginTransactionAsync(
                readOnly ? System.Data.IsolationLevel.RepeatableRead : System.Data.IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            var session = new CutoverSession(connection, transaction, set, options);
            await session.StartAsync(readOnly, cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        if (_onStatement is not null)
        {
            await _onStatement(sql).ConfigureAwait(false);
        }

        var command = Command(sql, values);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        var rows = await QueryAsync(sql, static r => r.IsDBNull(0) ? default : r.GetFieldValue<T>(0), cancellationToken, values).ConfigureAwait(false);
        return rows.Count == 0 ? default : rows[0];
    }

    public async ValueTask<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object?[] values)
    {
        if (_onStatement is not null)
        {
            await _onStatement(sql).ConfigureAwait(false);
        }

        var command = Command(sql, values);
        await using (command.ConfigureAwait(false))
        {
            var rows = new List<T>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(read(reader));
                }
            }

            return rows;
        }
    }

    /// <summary>Runs statements of a schema change in order: in one round trip, or one by one for tests.</summary>
    /// <remarks>They are run by the server's own language, because they hold bodies of functions that a driver would cut at semicolons.</remarks>
    public async ValueTask RunAsync(IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        if (_onStatement is not null)
        {
            foreach (var statement in statements)
            {
                await ExecuteAsync(Sql.Run([statement]), cancellationToken).ConfigureAwait(false);
            }
        }
        else if (statements.Count > 0)
        {
            await ExecuteAsync(Sql.Run(statements), cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<int> UseSchemasAsync(CancellationToken cancellationToken, params ReadOnlySpan<string> schemas) =>
        ExecuteAsync(Sql.SearchPath(schemas), cancellationToken);

    public async ValueTask SetIdAsync(CancellationToken cancellationToken) => SetId = await ScalarAsync<int>(
        "SELECT id FROM loyalty_cutover.cutover_set WHERE name = $1", cancellationToken, Set.Name).ConfigureAwait(false);

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_onStatement is not null)
        {
            await _onStatement("COMMIT").ConfigureAwait(false);
        }

        await _transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            // The connection is gone, and the transaction with it.
        }

        await Connection.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask StartAsync(bool readOnly, CancellationToken cancellationToken)
    {
        await ExecuteAsync(Settings, cancellationToken).ConfigureAwait(false);
        Role = await ScalarAsync<string>("SELECT current_user::text", cancellationToken).ConfigureAwait(false) ?? string.Empty;
        if (await ScalarAsync<bool>("SELECT to_regclass('loyalty_cutover.migration') IS NULL", cancellationToken).ConfigureAwait(false))
        {
            throw new CutoverException(CutoverFault.NotMigrated, "The database has no tables of cutovers; run `loyalty clean prepare`, or MigrateAsync of the set, as the owner.");
        }

        if (!readOnly && !await ScalarAsync<bool>(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('loyalty_cutover.' || $1, 0))", cancellationToken, Set.Name).ConfigureAwait(false))
        {
            throw new CutoverException(
                CutoverFault.AlreadyInProgress, $"Another preparation, validation, cutover or rollback of '{Set.Name}' is at work; nothing was changed. Wait until it has ended.");
        }

        await SetIdAsync(cancellationToken).ConfigureAwait(false);
    }

    private NpgsqlCommand Command(string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, Connection) { CommandTimeout = 0 };
        foreach (var value in values)
        {
            command.Parameters.Add(value is uint[] oids
                ? new NpgsqlParameter { Value = oids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid }
                : new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}

/// <summary>Text of statements.</summary>
internal static class Sql
{
    /// <summary>A name as SQL writes it, always quoted.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A name in a schema.</summary>
    public static string Name(string schema, string name) => $"{Name(schema)}.{Name(name)}";

    /// <summary>A text as SQL writes it.</summary>
    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Makes names without a schema mean those of the first of these that has them; temporary tables come last, so that they shadow nothing.</summary>
    public static string SearchPath(params ReadOnlySpan<string> schemas) =>
        $"SET LOCAL search_path = {string.Concat(schemas.ToArray().Select(static s => Name(s) + ", "))}pg_temp";

    /// <summary>One statement that runs others in order.</summary>
    public static string Run(IEnumerable<string> statements) =>
        $"DO {Text($"BEGIN {string.Concat(statements.Select(static s => $"EXECUTE {Text(s)}; "))}END")}";

    /// <summary>A whole number as SQL writes it.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Milliseconds as a setting of time.</summary>
    public static string Milliseconds(TimeSpan time) => Number(Math.Max(1, (long)Math.Ceiling(time.TotalMilliseconds)));
}
