using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Members;

namespace Loyalty.Postgres.Members;

public sealed partial class PostgresMemberStore
{
    private const string LockTenantPatiently = "SELECT 1 FROM loyalty.tenant WHERE tenant_id = $1 FOR UPDATE";

    /// <inheritdoc/>
    /// <remarks>
    /// Serialization failures, deadlocks and lost connections begin the whole run again, at most <see cref="PostgresStoreOptions.MaxAttempts"/>
    /// times. All attempts share one run id, so that a commit whose answer was lost is resolved by looking, and no run is kept twice.
    /// </remarks>
    public ValueTask<T> RunAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        Func<IMemberRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Attempts.RunAsync(
            "loyalty.sync",
            async (runId, token) =>
            {
                var session = await BeginRunAsync(program, asOf, runId, token).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    var result = await run(session, token).ConfigureAwait(false);
                    await session.CommitAsync(token).ConfigureAwait(false);
                    return result;
                }
            },
            cancellationToken);
    }

    private RunLookup Lookup => new(
        LockTenantPatiently, SyncSql.CreateTenant, command => command.With(Tenant).With(string.Empty).With(string.Empty).With(DateOnly.MinValue), SyncSql.FindRun);
}
