using Loyalty.Points.Runs;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;
using Npgsql;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>A redemption row to be taken at once, and when.</summary>
internal readonly record struct TimedRequest(RedemptionRequest Request, DateOnly BookedOn, DateTime RecordedAt);

/// <summary>
/// One attempt to take a batch of redemption rows at once: under the lock of the book, what they touch is read, the rules decide as for a run,
/// and what they led to is written and committed.
/// </summary>
internal sealed class RedemptionBatch : IBookAttempt<RowOutcome[]>
{
    private readonly PostgresPointsStore _store;
    private readonly TenantTransaction _transaction;
    private readonly IReadOnlyList<TimedRequest> _requests;
    private readonly RedemptionBatch? _lost;
    private string? _transactionId;
    private bool _wasLostKept;
    private long _firstArrival;
    private long _nextArrival;

    /// <summary>Creates the attempt.</summary>
    /// <param name="store">The store.</param>
    /// <param name="transaction">Where to work.</param>
    /// <param name="requests">The rows.</param>
    /// <param name="lost">The attempt whose answer to the commit was lost, if there is one: the keys are new that it kept.</param>
    public RedemptionBatch(PostgresPointsStore store, TenantTransaction transaction, IReadOnlyList<TimedRequest> requests, RedemptionBatch? lost)
    {
        _store = store;
        _transaction = transaction;
        _requests = requests;
        _lost = lost;
    }

    public long Version { get; private set; }

    public async ValueTask<RowOutcome[]> RunAsync()
    {
        var stored = await LockAsync().ConfigureAwait(false) ?? throw PointsRules.NoProgram();
        _firstArrival = stored.Arrivals;
        var program = await _store.ReadProgramAsync(_transaction, stored.ProgramDigest, CancellationToken.None).ConfigureAwait(false);
        var run = new LoadedBook(_transaction, _store.Options.Limits, program, stored);
        await run.LoadAsync([.. _requests.Select(static r => r.Request.Row)], CancellationToken.None).ConfigureAwait(false);
        var keptBefore = new HashSet<object>(run.Book.Claims.Values.Concat(run.Book.Events.Values).Where(WasKeptBefore));
        var writer = new RunWriter(_transaction, _store.Options.Limits, run, _store.Tenant);
        var taker = new RedemptionTaker(run.Book, program);
        var outcomes = new RowOutcome[_requests.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            var (request, bookedOn, recordedAt) = _requests[i];
            outcomes[i] = taker.Take(request, bookedOn, recordedAt);
            var record = run.Book.FindOrAdd(request.Row).Record;
            if (RedemptionTaker.Difference(record.Row, request.Row) == RowColumn.None && keptBefore.Remove(record))
            {
                outcomes[i] = outcomes[i] with { IsNew = true };
            }
        }

        if (run.HasTakenRedemptions)
        {
            _nextArrival = run.Book.Arrivals;
            Version = writer.Version;
            await writer.WriteAsync(CancellationToken.None).ConfigureAwait(false);
            await CommitAsync(run, writer, stored).ConfigureAwait(false);
        }

        return outcomes;
    }

    private bool WasKeptBefore(RowRecord<RedemptionRow> record) =>
        _wasLostKept && record.Arrival >= _lost!._firstArrival && record.Arrival < _lost._nextArrival;

    private async ValueTask<BookState?> LockAsync()
    {
        var batch = _transaction.FirstBatch(PointsSql.BatchSettings);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.LockBook));
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Transactions).With(_lost?._transactionId));
            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var book = await BookState.ReadFirstAsync(reader, _store.Tenant).ConfigureAwait(false);
                await reader.ReadAsync().ConfigureAwait(false);
                (_transactionId, _wasLostKept) = (reader.GetString(0), reader.GetBoolean(1));
                return book;
            }
        }
    }

    private async ValueTask CommitAsync(LoadedBook run, RunWriter writer, BookState stored)
    {
        var update = _transaction.Command(PointsSql.UpdateBook)
            .With(writer.Version).With(run.Book.Arrivals).With(writer.Redemptions).With(stored.Issued).With(stored.AsOf).With(stored.ProgramDigest);
        await update.ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
        await _transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
