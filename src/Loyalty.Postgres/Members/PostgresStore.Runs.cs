using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Members;

public sealed partial class PostgresStore
{
    private const string LockTenantPatiently = "SELECT 1 FROM loyalty.tenant WHERE tenant_id = $1 FOR UPDATE";

    /// <summary>Runs a session from its beginning to its completion, and again when it was interrupted.</summary>
    /// <param name="program">The program; its tiers decide.</param>
    /// <param name="asOf">The last date to review.</param>
    /// <param name="run">
    /// Gives the session all its input, reviews, and reads what it needs; it is called once for each attempt and must give the same input each
    /// time. It must not complete the session.
    /// </param>
    /// <param name="cancellationToken">Gives up; nothing is kept then.</param>
    /// <returns>What <paramref name="run"/> returned in the attempt that was kept.</returns>
    /// <remarks>
    /// Serialization failures, deadlocks and lost connections begin the whole run again, at most <see cref="PostgresStoreOptions.MaxAttempts"/>
    /// times. All attempts share one run id, so that a commit whose answer was lost is resolved by looking, and no run is kept twice.
    /// </remarks>
    /// <exception cref="StoreException">The store refused, or the last attempt was interrupted.</exception>
    public ValueTask<T> SyncAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        Func<PostgresSession, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Attempts.RunAsync(
            "loyalty.sync",
            async (runId, token) =>
            {
                var session = await BeginSyncAsync(program, asOf, runId, token).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    var result = await run(session, token).ConfigureAwait(false);
                    await session.CompleteAsync(token).ConfigureAwait(false);
                    return result;
                }
            },
            cancellationToken);
    }

    private RunLookup Lookup => new(
        LockTenantPatiently, SyncSql.CreateTenant, command => command.With(Tenant).With(string.Empty).With(string.Empty).With(DateOnly.MinValue), SyncSql.FindRun);
}
