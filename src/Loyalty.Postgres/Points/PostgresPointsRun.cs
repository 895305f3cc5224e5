using System.Runtime.CompilerServices;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Points;

/// <summary>
/// A run of points on PostgreSQL: one transaction on one connection, under the lock of the book. Rows are collected; closing the days reads
/// what they touch, lets the rules decide, and writes what was appended.
/// </summary>
internal sealed class PostgresPointsRun : IPointsRun, ISessionRun
{
    private readonly PostgresPointsStore _store;
    private readonly TenantTransaction _transaction;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly DateTime _recordedAt;
    private readonly BookState? _stored;
    private readonly List<OrderRow> _orders = [];
    private readonly List<RefundRow> _refunds = [];
    private readonly List<RedemptionRow> _redemptions = [];
    private Step _step;

    public PostgresPointsRun(
        PostgresPointsStore store, RunSession session, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, BookState? stored)
    {
        _store = store;
        Session = session;
        _transaction = session.Transaction;
        _program = program;
        _asOf = asOf;
        _recordedAt = recordedAt;
        _stored = stored;
    }

    private enum Step
    {
        Taking,
        Closed,
        Committed,
        Disposed,
    }

    public Guid RunId => Session.RunId;

    public RunSession Session { get; }

    /// <remarks>The journal of points has no files.</remarks>
    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIf(_step > Step.Closed, "Inputs must be noted before the commit.");
    }

    public ValueTask AddOrdersAsync(IReadOnlyList<OrderRow> rows, CancellationToken cancellationToken = default) =>
        Add(_orders, rows, cancellationToken);

    public ValueTask AddRefundsAsync(IReadOnlyList<RefundRow> rows, CancellationToken cancellationToken = default) =>
        Add(_refunds, rows, cancellationToken);

    public ValueTask AddRedemptionsAsync(IReadOnlyList<RedemptionRow> rows, CancellationToken cancellationToken = default) =>
        Add(_redemptions, rows, cancellationToken);

    public async ValueTask<PointsRunResult> CloseDaysAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Taking, "The days were closed already.");
        PointsRunResult? result = null;
        await Session.GuardAsync(
            async token =>
            {
                var run = new LoadedBook(_transaction, _store.Options.Limits, _program, _stored);
                await run.LoadAsync(
                    LiveRows.WithoutFault(_orders), LiveRows.WithoutFault(_refunds), LiveRows.WithoutFault(_redemptions), _asOf, token).ConfigureAwait(false);
                var writer = new RunWriter(_transaction, _store.Options.Limits, run, _store.Tenant);
                var rules = new PointsRun(run.Book, _program, _asOf, _recordedAt);
                rules.Register(_orders, _refunds, _redemptions);
                await PutProgramAsync(token).ConfigureAwait(false);
                result = await writer.WriteAsync(rules.Take, _asOf, token).ConfigureAwait(false);
                await WriteRunAsync(run.Book, writer, result, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        _step = Step.Closed;
        return result!;
    }

    public async IAsyncEnumerable<MemberPoints> ReadMembersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Closed, "Members can be read after the days were closed and before the commit.");
        var members = PostgresPointsStore.PagesAsync(
            _transaction, _store.Options.Limits, _program, _asOf, PostgresPointsStore.Show, isLenient: false, cancellationToken);
        await foreach (var member in PostgresMemberStore.Mapped(members).ConfigureAwait(false))
        {
            yield return member;
        }
    }

    public IRunOutbox Outbox
    {
        get
        {
            ThrowIf(_step != Step.Closed, "What else is kept with the run is written after the days were closed and before the commit.");
            return new PostgresRunOutbox(_transaction, _store.Tenant, _store.Options.Limits);
        }
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step < Step.Closed, "A run can be committed after the days were closed.");
        ThrowIf(_step > Step.Closed, "The run was committed already.");
        await Session.CommitAsync(static _ => default, cancellationToken).ConfigureAwait(false);
        _step = Step.Committed;
    }

    public ValueTask DisposeAsync()
    {
        _step = Step.Disposed;
        return Session.DisposeAsync();
    }

    private ValueTask Add<T>(List<T> all, IReadOnlyList<T> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ThrowIf(_step != Step.Taking, "The days were closed already.");
        cancellationToken.ThrowIfCancellationRequested();
        all.AddRange(rows);
        return default;
    }

    private void ThrowIf(bool wrong, string message)
    {
        ObjectDisposedException.ThrowIf(_step == Step.Disposed, this);
        Session.ThrowIf(wrong, message);
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
            _transaction.Command(PointsSql.InsertRun).With(RunId).With(_asOf).With(digest).With(Session.StartedAt).With(Session.Now)
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
}
