using System.Data;
using System.Diagnostics;
using Loyalty.Postgres.Sync;
using Loyalty.Programs;
using Loyalty.Storage;

namespace Loyalty.Postgres;

public sealed partial class PostgresStore
{
    private const string WaitForTenant = "; SET LOCAL lock_timeout = '10s'";

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
    public async ValueTask<T> SyncAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        Func<PostgresSession, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var runId = Guid.CreateVersion7(Time.GetUtcNow());
        using var activity = PostgresTelemetry.Source.StartActivity("loyalty.sync");
        activity?.SetTag("loyalty.run_id", runId);
        activity?.SetTag("loyalty.tenant_id", TenantId.Value);
        var delay = Options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var session = await BeginSyncAsync(program, asOf, runId, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    var result = await run(session, cancellationToken).ConfigureAwait(false);
                    await session.CompleteAsync(cancellationToken).ConfigureAwait(false);
                    return result;
                }
            }
            catch (StoreException e) when (ShouldRetry(e, attempt))
            {
                PostgresLog.RunInterrupted(Log, runId, e.Fault, attempt, delay);
                PostgresTelemetry.Retries.Add(1);
                activity?.AddEvent(new ActivityEvent("retry"));
            }

            await Task.Delay(delay, Time, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }

    /// <summary>Whether the ledger has the run, asked after its commit got no answer.</summary>
    /// <exception cref="StoreException">The store could not be asked (<see cref="StoreFault.OutcomeUnknown"/>).</exception>
    internal async ValueTask<bool> WasKeptAsync(Guid runId, Exception cause, CancellationToken cancellationToken)
    {
        var delay = Options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await LookUpAsync(runId, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e))
            {
                if (attempt == Options.MaxAttempts || cancellationToken.IsCancellationRequested)
                {
                    throw Unknown(runId, cause);
                }
            }
            catch (OperationCanceledException)
            {
                throw Unknown(runId, cause);
            }

            await Task.Delay(delay, Time, CancellationToken.None).ConfigureAwait(false);
            delay *= 2;
        }
    }

    private async ValueTask<bool> LookUpAsync(Guid runId, CancellationToken cancellationToken)
    {
        var transaction = await TenantTransaction
            .OpenAsync(_dataSource, TenantId, IsolationLevel.ReadCommitted, WaitForTenant, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // The lost backend may still be committing; it holds the lock of the tenant's row until it is done.
            if (await ScalarAsync(transaction.Command(LockTenantPatiently), cancellationToken).ConfigureAwait(false) is null)
            {
                // A first run makes the row itself: making it, too, waits for the other, and is rolled back here.
                var create = transaction.Command(SyncSql.CreateTenant).With(Tenant).With(string.Empty).With(string.Empty).With(DateOnly.MinValue);
                await using (create.ConfigureAwait(false))
                {
                    await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return await ScalarAsync(transaction.Command(SyncSql.FindRun).With(runId), cancellationToken).ConfigureAwait(false) is not null;
        }
    }

    private static async ValueTask<object?> ScalarAsync(Npgsql.NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// An interrupted run may be tried again; one that meets the lock of its own lost attempt may, too, but not one that met another run first.
    /// </summary>
    private bool ShouldRetry(StoreException e, int attempt) =>
        attempt < Options.MaxAttempts && (e.Fault == StoreFault.Interrupted || (e.Fault == StoreFault.AlreadyRunning && attempt > 1));

    private static StoreException Unknown(Guid runId, Exception cause) => new(
        StoreFault.OutcomeUnknown,
        $"The connection was lost while run {runId} was being kept, and PostgreSQL cannot be asked whether it was; "
        + "run again with the same files and date: what was kept is then unchanged.",
        cause);
}
