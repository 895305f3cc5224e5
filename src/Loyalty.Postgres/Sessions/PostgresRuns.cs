using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>What runs on PostgreSQL can do beside what all runs can.</summary>
public static class PostgresRuns
{
    /// <summary>
    /// Writes an application's own rows in the transaction of a run: they are kept when the run is, and not at all otherwise.
    /// </summary>
    /// <param name="run">A run that a store in PostgreSQL opened.</param>
    /// <param name="write">
    /// Called once, in the order of the calls, just before the commit. It must neither end the transaction nor change the tables of the suite; what it
    /// throws ends the run without a trace. The transaction sees the run's tenant (<c>app.tenant_id</c>) and has its time limits.
    /// </param>
    /// <exception cref="ArgumentException">The run is none of a store in PostgreSQL.</exception>
    /// <exception cref="InvalidOperationException">The run was committed, or has failed.</exception>
    public static void AlsoWrite(this IRun run, Func<NpgsqlTransaction, CancellationToken, ValueTask> write)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(write);
        var session = run is ISessionRun { Session: { } open }
            ? open
            : throw new ArgumentException("The run is none of a store in PostgreSQL; its rows cannot share a transaction with others.", nameof(run));
        session.AlsoWrite(write);
    }
}

/// <summary>A run on PostgreSQL.</summary>
internal interface ISessionRun : IRun
{
    RunSession Session { get; }
}
