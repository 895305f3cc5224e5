using System.Runtime.CompilerServices;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>
/// The setting without which a Citus cluster does not tell its nodes the tenant of a transaction, so that every policy sees no tenant and every store is empty,
/// silently. Looked at once for each data source; on plain PostgreSQL there is nothing to look at.
/// </summary>
internal static class ClusterSetting
{
    /// <summary>What belongs into the connection string.</summary>
    public const string Option = "-c citus.propagate_set_commands=local";

    private const string Asked = "SELECT current_setting('citus.propagate_set_commands', true)";

    private const string HasCluster = "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL";

    // Those that are right, each with whether it is of a cluster.
    private static readonly ConditionalWeakTable<NpgsqlDataSource, object> Right = [];

    /// <summary>Whether a data source, which has given a connection already, is of a cluster.</summary>
    public static bool IsCluster(NpgsqlDataSource dataSource) => Right.TryGetValue(dataSource, out var found) && found is true;

    /// <summary>Opens a connection of a data source whose setting is right.</summary>
    /// <exception cref="StoreException">It is not (<see cref="StoreFault.Refused"/>).</exception>
    public static async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        if (Right.TryGetValue(dataSource, out _))
        {
            return connection;
        }

        var isCluster = false;
        try
        {
            // Unknown or empty: no cluster's library is loaded.
            var setting = await new NpgsqlCommand(Asked, connection).ScalarAsync(cancellationToken).ConfigureAwait(false) as string;
            isCluster = setting is not (null or "") && await new NpgsqlCommand(HasCluster, connection).ScalarAsync(cancellationToken).ConfigureAwait(false) is true;
            if (isCluster && setting is not "local")
            {
                throw new StoreException(
                    StoreFault.Refused,
                    $"The database is one of a Citus cluster, and citus.propagate_set_commands is '{setting}': every store would look empty. "
                    + $"Add `Options={Option}` to the connection string.");
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Right.TryAdd(dataSource, isCluster);
        return connection;
    }
}
