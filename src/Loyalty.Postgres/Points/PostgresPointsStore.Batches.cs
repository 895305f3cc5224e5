using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points.Batches;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Points;

public sealed partial class PostgresPointsStore
{
    /// <inheritdoc/>
    /// <remarks>
    /// Ends as many holds in one transaction as operations share one. Waits for the book like an operation: 15 seconds for a run, then it is told
    /// so (<see cref="StoreFault.AlreadyRunning"/>).
    /// </remarks>
    public async ValueTask<int> TimeOutHoldsAsync(DateTime instant, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckInstant(instant, nameof(instant));
        var (all, isLast) = (0, false);
        while (!isLast)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (var ended, isLast) = await KeepAsync<HoldTimeOut, (int, bool)>(
                1, (transaction, lost) => new HoldTimeOut(_context, transaction, instant, lost)).ConfigureAwait(false);
            all += ended;
        }

        return all;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Reads the members concerned, their redemptions, and how much is taken of the rewards. Waits for the
    /// book like an operation.
    /// </remarks>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRedemptionsAsync(
        IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        PointsRules.Check(requests, bookedOn, recordedAt);
        return TakeAsync(requests, bookedOn, recordedAt, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Reads the customers whole where it does not remember them. Waits for the book like an operation.</remarks>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeOrdersAsync(
        IReadOnlyList<OrderRow> orders, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orders);
        PointsRules.CheckBooking(bookedOn, recordedAt);
        return TakeAsync(orders, bookedOn, recordedAt, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Reads the customers whole where it does not remember them. Waits for the book like an operation.</remarks>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRefundsAsync(
        IReadOnlyList<RefundRow> refunds, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(refunds);
        PointsRules.CheckBooking(bookedOn, recordedAt);
        return TakeAsync(refunds, bookedOn, recordedAt, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<RowOutcome>> TakeAsync<T>(
        IReadOnlyList<T> rows, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken)
        where T : struct
    {
        var answers = await _queue.RunAsync([.. rows.Select(r => new BatchItem(default, r, bookedOn, recordedAt))], cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll(answers, static a => a.Outcome);
    }

    /// <summary>Does a batch. Never called twice at once.</summary>
    private ValueTask<BatchAnswer[]> RunBatchAsync(IReadOnlyList<BatchItem> items) => KeepAsync<PointsBatch, BatchAnswer[]>(
        items.Count, (transaction, lost) => new PointsBatch(_context, transaction, items, _cache, lost));

    /// <summary>Does something under the lock of the book, and again as a whole when it was interrupted.</summary>
    /// <param name="operations">How many operations it is, for the log.</param>
    /// <param name="begin">Makes an attempt; gets the one whose answer to the commit was lost, if there is one.</param>
    private async ValueTask<TResult> KeepAsync<TAttempt, TResult>(int operations, Func<TenantTransaction, TAttempt?, TAttempt> begin)
        where TAttempt : class, IBookAttempt<TResult>
    {
        TAttempt? lost = null;
        Exception? lostBy = null;
        var retry = new Retry(Options);
        while (true)
        {
            try
            {
                var transaction = await TenantTransaction
                    .BeginAsync(_dataSource, TenantId, Options.PointsIsolation, CancellationToken.None).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var doing = begin(transaction, lost);
                    try
                    {
                        return await doing.RunAsync().ConfigureAwait(false);
                    }
                    catch (Exception e) when (doing.Version > 0 && PostgresErrors.IsAnswerLost(e))
                    {
                        // The commit was on its way. The next attempt gets the lock when the lost one is over, and then sees what it kept.
                        (lost, lostBy) = (doing, e);
                        throw;
                    }
                }
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e))
            {
                var mapped = PostgresErrors.Map(e);
                if (!retry.IsWorthIt(mapped.Fault, mayMeetItself: lostBy is not null))
                {
                    throw lostBy is null ? mapped : Unknown(lostBy);
                }

                PostgresLog.BatchInterrupted(Log, operations, mapped.Fault, retry.Attempt, retry.Delay);
                PostgresTelemetry.Retries.Add(1);
            }

            await retry.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static StoreException Unknown(Exception cause) => new(
        StoreFault.OutcomeUnknown,
        "The connection was lost while operations were being kept, and PostgreSQL cannot be asked whether they were; "
        + "send them again with the same ids: what was kept is then answered as a repeat.",
        cause);
}
