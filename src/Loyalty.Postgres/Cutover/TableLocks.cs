using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>Locks of tables outside the swap itself, and who holds locks.</summary>
internal static class TableLocks
{
    /// <summary>Locks staged tables: a vacuum of them, or who reads a generation that was live, is waited for as others are at the live tables.</summary>
    /// <exception cref="CutoverException">Others were there at every attempt.</exception>
    public static ValueTask TakeAsync(CutoverSession session, CutoverOptions options, IReadOnlyList<TableShape> tables, string mode, CancellationToken cancellationToken) =>
        RunAsync(session, options, tables, [Lock(tables, mode)], cancellationToken);

    /// <summary>The statement that locks tables, in their order.</summary>
    public static string Lock(IReadOnlyList<TableShape> tables, string mode) => $"LOCK TABLE {string.Join(", ", tables.Select(static t => t.Sql))} IN {mode} MODE";

    /// <summary>Runs short statements on tables, giving way as often as others are in the way.</summary>
    /// <exception cref="CutoverException">Others were in the way at every attempt; they are named.</exception>
    public static async ValueTask RunAsync(
        CutoverSession session, CutoverOptions options, IReadOnlyList<TableShape> tables, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await session.ExecuteAsync("SAVEPOINT loyalty_change", cancellationToken).ConfigureAwait(false);
            try
            {
                await session.RunAsync(statements, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PostgresException e) when (CutoverErrors.IsContention(e) && !cancellationToken.IsCancellationRequested)
            {
                await session.ExecuteAsync("ROLLBACK TO SAVEPOINT loyalty_change", cancellationToken).ConfigureAwait(false);
                if (attempt >= options.Attempts)
                {
                    var holders = await FindHoldersAsync(session, [.. tables.Select(static t => t.Oid)], cancellationToken).ConfigureAwait(false);
                    throw CutoverErrors.Blocked(attempt, holders.Count > 0 ? holders : [e.MessageText], e);
                }
            }

            await Task.Delay(options.Pause * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The sessions that hold locks on relations, at most ten.</summary>
    public static ValueTask<List<string>> FindHoldersAsync(CutoverSession session, uint[] relations, CancellationToken cancellationToken) => session.QueryAsync(
        """
        SELECT DISTINCT format('session %s (%s, %s since %s) holds %s on %s', a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, a.backend_type), a.state, a.xact_start, l.mode, l.relation::regclass)
        FROM (SELECT pg_stat_clear_snapshot()) c, pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.relation = ANY ($1) AND l.granted AND l.pid <> pg_backend_pid()
        LIMIT 10
        """,
        static r => r.GetString(0),
        cancellationToken,
        (object)relations);
}
