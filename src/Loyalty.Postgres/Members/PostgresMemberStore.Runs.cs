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
        CancellationToken cancellationToken = default) =>
        Attempts.RunAsync("loyalty.sync", (runId, token) => BeginRunAsync(program, asOf, runId, token), run, cancellationToken);

    private RunLookup Lookup => new(
        LockTenantPatiently, SyncSql.CreateTenant, command => command.With(Tenant).With(string.Empty).With(string.Empty).With(DateOnly.MinValue), SyncSql.FindRun);
}
