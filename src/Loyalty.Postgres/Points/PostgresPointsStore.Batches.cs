using Loyalty.Points;
using Loyalty.Storage;
using Npgsql;

namespace Loyalty.Postgres.Points;

public sealed partial class PostgresPointsStore
{
    /// <summary>Does a batch of operations, and again when it was interrupted. Never called twice at once.</summary>
    private async ValueTask<LedgerResult[]> RunBatchAsync(IReadOnlyList<TimedOperation> operations)
    {
        var lost = -1L;
        Exception? lostBy = null;
        var delay = Options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var transaction = await TenantTransaction.BeginAsync(_dataSource, TenantId, CancellationToken.None).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var batch = new OperationBatch(this, transaction, operations);
                    try
                    {
                        return await batch.RunAsync(_cache, lost).ConfigureAwait(false);
                    }
                    catch (Exception e) when (batch.Version > 0 && IsAnswerLost(e))
                    {
                        // The commit was on its way. The next attempt gets the lock when the lost one is over, and then sees what it kept.
                        (lost, lostBy) = (batch.Version, e);
                        throw;
                    }
                }
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e))
            {
                var mapped = PostgresErrors.Map(e);
                if (mapped.Fault != StoreFault.Interrupted && !(mapped.Fault == StoreFault.AlreadyRunning && lostBy is not null))
                {
                    throw lostBy is null ? mapped : Unknown(lostBy);
                }

                if (attempt >= Options.MaxAttempts)
                {
                    throw lostBy is null ? mapped : Unknown(lostBy);
                }

                PostgresLog.BatchInterrupted(Log, operations.Count, mapped.Fault, attempt, delay);
                PostgresTelemetry.Retries.Add(1);
            }

            await Task.Delay(delay, Options.TimeProvider).ConfigureAwait(false);
            delay = Longer(delay);
        }
    }

    /// <summary>The wait before the attempt after the next one: twice as long, but not above a second unless the caller wanted that.</summary>
    private TimeSpan Longer(TimeSpan delay)
    {
        var most = Options.RetryDelay > TimeSpan.FromSeconds(1) ? Options.RetryDelay : TimeSpan.FromSeconds(1);
        return delay * 2 < most ? delay * 2 : most;
    }

    /// <summary>Whether a transaction may have been committed though it ended with an error.</summary>
    internal static bool IsAnswerLost(Exception e) => PostgresErrors.IsOutside(e)
        && (e is not PostgresException { SqlState: var state }
            || state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal));

    private static StoreException Unknown(Exception cause) => new(
        StoreFault.OutcomeUnknown,
        "The connection was lost while operations were being kept, and PostgreSQL cannot be asked whether they were; "
        + "send them again with the same ids: what was kept is then answered as a repeat.",
        cause);
}
