using System.Diagnostics;
using System.Runtime.CompilerServices;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>
/// Looks whether the schema is of this version, now and then for each data source: a call that is one short transaction would cost twice as much with this
/// beside it. A run looks in its own transaction, too.
/// </summary>
internal static class SchemaWatch
{
    /// <summary>How long what was seen counts.</summary>
    private static readonly TimeSpan Stands = TimeSpan.FromSeconds(10);

    private static readonly ConditionalWeakTable<NpgsqlDataSource, Seen> Checked = [];

    /// <summary>Opens a connection to a schema of this version.</summary>
    /// <exception cref="StoreException">The schema is newer, older, or changed; or a cluster's setting is wrong.</exception>
    public static async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var connection = await ClusterSetting.OpenAsync(dataSource, cancellationToken).ConfigureAwait(false);
        if (Checked.TryGetValue(dataSource, out var seen) && Stopwatch.GetElapsedTime(Volatile.Read(ref seen.At)) < Stands)
        {
            return connection;
        }

        try
        {
            var now = Stopwatch.GetTimestamp();
            await new Migrations.Migrator(dataSource).CheckAsync(connection, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref Checked.GetOrCreateValue(dataSource).At, now);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed class Seen
    {
        public long At;
    }
}
