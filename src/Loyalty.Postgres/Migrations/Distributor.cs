using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Migrations;

/// <summary>Spreads the tables over a Citus cluster by tenant; the one step that a distributed database needs beside the migrations.</summary>
/// <remarks>
/// Works on loaded tables too, for an owner without superuser. Tables that are spread already are left alone, so that it can be run again after a migration that made new ones.
/// Connects as the owner.
/// </remarks>
public sealed class Distributor
{
    private const string HasCitus = "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')";

    // Without the first, tables that are linked by foreign keys become managed local tables; without the second, a table cannot be spread
    // after one that it refers to, in the same transaction.
    private static readonly string[] Settings =
    [
        "SET LOCAL citus.enable_local_reference_table_foreign_keys = off",
        "SET LOCAL citus.multi_shard_modify_mode = 'sequential'",
    ];

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _isSpread;

    /// <summary>Creates a distributor.</summary>
    /// <param name="dataSource">Gives connections of the owner to the coordinator; stays the caller's.</param>
    public Distributor(NpgsqlDataSource dataSource)
        : this(dataSource, "pg_catalog.pg_dist_partition")
    {
    }

    internal Distributor(NpgsqlDataSource dataSource, string catalog)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        _isSpread = $"SELECT EXISTS (SELECT FROM {catalog} WHERE logicalrelid = $1::regclass)";
    }

    /// <summary>Tables of tenants that a later migration made and that stand on the coordinator alone; each row is a sentence.</summary>
    internal const string NotSpread =
        "SELECT format('Table %s is not distributed, but others are; run `loyalty db distribute`.', c.relname) FROM pg_catalog.pg_class c "
        + "JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'loyalty' AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migration' "
        + "AND c.oid NOT IN (SELECT logicalrelid FROM pg_catalog.pg_dist_partition) AND EXISTS (SELECT FROM pg_catalog.pg_dist_partition p "
        + "JOIN pg_catalog.pg_class o ON o.oid = p.logicalrelid WHERE o.relnamespace = s.oid)";

    /// <summary>The tables and what becomes of them, in order: reference tables first, then parents, then children.</summary>
    internal static IReadOnlyList<(string Table, bool IsReference)> Plan { get; } = ReadPlan();

    /// <summary>Spreads the tables that are not spread yet.</summary>
    /// <returns>The tables that were spread, in order.</returns>
    /// <exception cref="StoreException">The database has no Citus extension, or refused.</exception>
    public async ValueTask<IReadOnlyList<string>> DistributeAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await DistributeAsync(connection, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    private async ValueTask<IReadOnlyList<string>> DistributeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await IsClusterAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            throw new StoreException(
                StoreFault.Refused,
                "The database has no extension `citus`; connect to the coordinator of a cluster and run `CREATE EXTENSION citus`, "
                + "or stay on plain PostgreSQL, which needs no distributing.");
        }

        var spread = new List<string>();
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var setting in Settings)
            {
                await RunAsync(connection, setting, null, cancellationToken).ConfigureAwait(false);
            }

            foreach (var (table, isReference) in Plan)
            {
                var name = $"loyalty.{table}";
                if (await RunAsync(connection, _isSpread, name, cancellationToken).ConfigureAwait(false) is true)
                {
                    continue;
                }

                // Its rows go by COPY, which no policy lets pass: the owner is bound by it only while it is forced.
                await RunAsync(connection, $"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY", null, cancellationToken).ConfigureAwait(false);
                await RunAsync(connection, Spread(table, isReference), name, cancellationToken).ConfigureAwait(false);
                if (!isReference)
                {
                    await RunAsync(connection, $"ALTER TABLE {name} FORCE ROW LEVEL SECURITY", null, cancellationToken).ConfigureAwait(false);
                }

                spread.Add(table);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        // Frees what the tables held before on the coordinator; tables that refer to others are emptied with them.
        foreach (var table in spread)
        {
            if (Roots.Contains(table, StringComparer.Ordinal))
            {
                await RunAsync(connection, "SELECT truncate_local_data_after_distributing_table($1::regclass)", $"loyalty.{table}", cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        return spread;
    }

    /// <summary>Whether the database is one of a Citus cluster.</summary>
    internal static async ValueTask<bool> IsClusterAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await RunAsync(connection, HasCitus, null, cancellationToken).ConfigureAwait(false) is true;

    /// <summary>Tables that refer to no other; what refers to them is emptied with them.</summary>
    internal static IReadOnlyList<string> Roots { get; } =
    [
        "tenant", "member", "activity", "decision",
        "scoring", "customer", "customer_order",
        "points_book", "points_member", "points_entry", "points_operation", "points_order", "points_happening",
        "creator_book", "creator", "creator_search", "creator_tag", "creator_handle", "creator_sample", "creator_video", "creator_snapshot",
        "creator_brand", "creator_product", "creator_communication",
        "queue_book", "queue_delivery", "queue_lane", "queue_block", "queue_contact", "queue_consent", "job_occurrence",
    ];

    private static string Spread(string table, bool isReference) =>
        isReference ? "SELECT create_reference_table($1::regclass)"
        : string.Equals(table, "tenant", StringComparison.Ordinal)
            ? "SELECT create_distributed_table($1::regclass, 'tenant_id', colocate_with => 'none')"
            : "SELECT create_distributed_table($1::regclass, 'tenant_id', colocate_with => 'loyalty.tenant')";

    private static async ValueTask<object?> RunAsync(
        NpgsqlConnection connection, string sql, string? table, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            if (table is not null)
            {
                command.With(table);
            }

            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static (string Table, bool IsReference)[] ReadPlan()
    {
        var plan = new List<(string, bool)>();
        foreach (var line in Migration.Resource("distribute.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line[0] != '#')
            {
                var parts = line.Split(' ');
                plan.Add((parts[1], string.Equals(parts[0], "reference", StringComparison.Ordinal)));
            }
        }

        return [.. plan];
    }
}
