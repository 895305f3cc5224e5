using Loyalty.Points.Runs;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Points;
using Npgsql;

namespace Loyalty.Postgres.Points;

/// <summary>
/// A run of points on PostgreSQL: one transaction on one connection, under the lock of the book. Rows are collected; completing reads what they
/// touch, lets the rules decide, and writes what was appended.
/// </summary>
internal sealed class PostgresPointsSession : IPointsSession
{
    private readonly PostgresPointsStore _store;
    private readonly TenantTransaction _transaction;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly DateTime _recordedAt;
    private readonly BookState? _stored;
    private readonly Guid _runId;
    private readonly DateTimeOffset _startedAt;
    private readonly List<OrderRow> _orders = [];
    private readonly List<RefundRow> _refunds = [];
    private readonly List<RedemptionRow> _redemptions = [];
    private bool _isOver;
    private bool _isDisposed;

    public PostgresPointsSession(
        PostgresPointsStore store, TenantTransaction transaction, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, BookState? stored, Guid runId)
    {
        _store = store;
        _transaction = transaction;
        _program = program;
        _asOf = asOf;
        _recordedAt = recordedAt;
        _stored = stored;
        _runId = runId;
        _startedAt = store.Options.TimeProvider.GetUtcNow();
        PostgresLog.RunBegins(store.Log, runId, store.TenantId, asOf);
    }

    public ValueTask AddOrdersAsync(IReadOnlyList<OrderRow> rows, CancellationToken cancellationToken = default) => Add(
        _orders, rows, static row =>
        {
            PostgresPointsStore.CheckKey(row.Id, "The id of an order");
            PostgresPointsStore.CheckKey(row.Customer, "The customer of an order");
        },
        cancellationToken);

    public ValueTask AddRefundsAsync(IReadOnlyList<RefundRow> rows, CancellationToken cancellationToken = default) => Add(
        _refunds, rows, static row =>
        {
            PostgresPointsStore.CheckKey(row.Id, "The id of a refund");
            PostgresPointsStore.CheckKey(row.Order, "The order of a refund");
        },
        cancellationToken);

    public ValueTask AddRedemptionsAsync(IReadOnlyList<RedemptionRow> rows, CancellationToken cancellationToken = default) => Add(
        _redemptions, rows, static row => PostgresPointsStore.CheckKeys(row), cancellationToken);

    public ValueTask<PointsRunResult> CompleteAsync(CancellationToken cancellationToken = default) => CompleteAsync(review: null, cancellationToken);

    /// <inheritdoc cref="IPointsSession.CompleteAsync"/>
    /// <param name="review">Sees the result and the members before they are kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<PointsRunResult> CompleteAsync(
        Func<PointsRunResult, IAsyncEnumerable<MemberPoints>, CancellationToken, ValueTask>? review, CancellationToken cancellationToken)
    {
        CheckOpen();
        cancellationToken.ThrowIfCancellationRequested();
        _isOver = true;
        PointsRunResult result;
        try
        {
            var run = new LoadedBook(_transaction, _store.Options.Limits, _program, _stored);
            await run.LoadAsync(_orders, _refunds, _redemptions, _asOf, cancellationToken).ConfigureAwait(false);
            var writer = new RunWriter(_transaction, _store.Options.Limits, run, _store.Tenant);
            var rules = new PointsRun(run.Book, _program, _asOf, _recordedAt);
            rules.Register(_orders, _refunds, _redemptions);
            await PutProgramAsync(cancellationToken).ConfigureAwait(false);
            result = await writer.WriteAsync(rules.Take, _asOf, cancellationToken).ConfigureAwait(false);
            await WriteRunAsync(run.Book, writer, result, cancellationToken).ConfigureAwait(false);
            if (review is not null)
            {
                var members = PostgresPointsStore.PagesAsync(
                    _transaction, _store.Options.Limits, _program, _asOf, PostgresPointsStore.Show, isLenient: false, cancellationToken);
                await review(result, members, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }

        await CommitAsync(cancellationToken).ConfigureAwait(false);
        PostgresLog.RunCompleted(_store.Log, _runId, _store.TenantId, _store.Options.TimeProvider.GetUtcNow() - _startedAt);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isOver = true;
        _isDisposed = true;
        try
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            // The connection is lost; the server rolls back on its own.
        }
    }

    private ValueTask Add<T>(List<T> all, IReadOnlyList<T> rows, Action<T> check, CancellationToken cancellationToken)
    {
        CheckOpen();
        ArgumentNullException.ThrowIfNull(rows);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var row in rows)
        {
            check(row);
        }

        all.AddRange(rows);
        return default;
    }

    private void CheckOpen()
    {
        if (_isOver)
        {
            throw new InvalidOperationException("The run was completed or disposed.");
        }
    }

    private async ValueTask PutProgramAsync(CancellationToken cancellationToken)
    {
        var json = System.Text.Encoding.UTF8.GetString(_program.Json.Span);
        await ExecuteAsync(_transaction.Command(PointsSql.PutProgram).With(RunJournal.Digest(_program)).With(json), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteRunAsync(PointsBook book, RunWriter writer, PointsRunResult result, CancellationToken cancellationToken)
    {
        var digest = RunJournal.Digest(_program);
        await ExecuteAsync(
            _transaction.Command(PointsSql.UpdateBook)
                .With(writer.Version).With(book.Arrivals).With(writer.Redemptions).With(book.Ledger.Issued).With(_asOf).With(digest),
            cancellationToken).ConfigureAwait(false);
        var outcomes = result.Orders.Concat(result.Refunds).Concat(result.Redemptions);
        var (fresh, rejected) = (0L, 0L);
        foreach (var outcome in outcomes)
        {
            fresh += outcome is { IsNew: true, IsRejected: false } ? 1 : 0;
            rejected += outcome.IsRejected ? 1 : 0;
        }

        await ExecuteAsync(
            _transaction.Command(PointsSql.InsertRun).With(_runId).With(_asOf).With(digest).With(_startedAt).With(_store.Options.TimeProvider.GetUtcNow())
                .With((long)_orders.Count + _refunds.Count + _redemptions.Count).With(fresh).With(rejected).With(result.EntriesNew),
            cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Commits; when the answer is lost, the ledger of runs is asked on a new connection, behind the lock of the book.</summary>
    private async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            // From here on nobody may give up: the answer matters.
            await _transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            if (!PostgresPointsStore.IsAnswerLost(e))
            {
                throw PostgresErrors.Map(e);
            }

            PostgresLog.CommitUnknown(_store.Log, _runId);
            await DisposeAsync().ConfigureAwait(false);
            var kept = await _store.WasKeptAsync(_runId, e, cancellationToken).ConfigureAwait(false);
            PostgresLog.CommitResolved(_store.Log, _runId, kept);
            if (!kept)
            {
                throw PostgresErrors.Map(e);
            }
        }
    }
}
