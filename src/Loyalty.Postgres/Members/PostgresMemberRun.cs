using System.Runtime.CompilerServices;
using Loyalty.Activities;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>
/// A run on PostgreSQL: one transaction on one connection from beginning to completion, under the lock of the tenant's row.
/// </summary>
/// <remarks>
/// After an error the session is of no more use: dispose it, which rolls back, and begin again; <see cref="PostgresMemberStore.RunAsync"/> does so.
/// </remarks>
internal sealed class PostgresMemberRun : IMemberRun, ISessionRun
{
    private readonly PostgresMemberStore _store;
    private readonly TenantTransaction _transaction;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly TenantState? _stored;
    private readonly ActivityStage _activities;
    private readonly AdjustmentStage _adjustments;
    private readonly List<RunInput> _inputs = [];
    private SyncOutcome? _outcome;
    private Step _step;

    public PostgresMemberRun(
        PostgresMemberStore store, RunSession session, LoyaltyProgram program, DateOnly asOf, TenantState? stored)
    {
        _store = store;
        Session = session;
        _transaction = session.Transaction;
        _program = program;
        _asOf = asOf;
        _stored = stored;
        _activities = new ActivityStage(_transaction, stored?.Activities ?? 0, store.Options.Limits);
        _adjustments = new AdjustmentStage(_transaction);
    }

    private enum Step
    {
        Taking,
        Resolved,
        Reviewed,
        Committed,
        Disposed,
    }

    /// <inheritdoc/>
    public Guid RunId => Session.RunId;

    public RunSession Session { get; }

    /// <inheritdoc/>
    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIf(_step > Step.Reviewed, "Inputs must be noted before the commit.");
        _inputs.Add(input);
    }

    /// <inheritdoc/>
    public ValueTask ApplyAsync(ActivityBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ThrowIf(_step != Step.Taking, "Activities must be applied before adjustments and the review.");
        return Session.GuardAsync(token => _activities.AddAsync(batch, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> ApplyAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken = default)
    {
        MemberRules.CheckStorable(adjustments);
        ThrowIf(_step > Step.Resolved, "Adjustments must be applied before the review.");
        IReadOnlyList<int> unknown = [];
        await Session.GuardAsync(
            async token =>
            {
                await ResolveAsync(token).ConfigureAwait(false);
                unknown = await _adjustments.AddAsync(adjustments, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return unknown;
    }

    /// <inheritdoc/>
    public async ValueTask<SyncOutcome> ReviewAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step > Step.Resolved, "The review was done already.");
        await Session.GuardAsync(DoReviewAsync, cancellationToken).ConfigureAwait(false);
        return _outcome!;
    }

    /// <inheritdoc/>
    /// <remarks>The session must not be used otherwise while a page is being read; between members it may.</remarks>
    public async IAsyncEnumerable<MemberProgress> ReadMembersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Reviewed, "Members can be read after the review and before the commit.");
        var members = new TenantReader(_transaction, _store.Options.Limits).ProgressAsync(_program.Tiers!, _asOf, cancellationToken);
        await foreach (var member in PostgresMemberStore.Mapped(members).ConfigureAwait(false))
        {
            yield return member;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<MemberMission> ReadMissionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Reviewed, "Missions can be read after the review and before the commit.");
        var missions = new TenantReader(_transaction, _store.Options.Limits).MissionsAsync(cancellationToken);
        await foreach (var mission in PostgresMemberStore.Mapped(missions).ConfigureAwait(false))
        {
            yield return mission;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// When the answer to the commit is lost, the ledger of runs is asked, on a new connection, whether the run was kept.
    /// </remarks>
    /// <exception cref="StoreException">
    /// The run was not kept (<see cref="StoreFault.Interrupted"/>), or the store could not be asked (<see cref="StoreFault.OutcomeUnknown"/>).
    /// </exception>
    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step < Step.Reviewed, "A run can be committed after the review.");
        ThrowIf(_step > Step.Reviewed, "The run was committed already.");
        await Session.CommitAsync(WriteJournalAsync, cancellationToken).ConfigureAwait(false);
        _step = Step.Committed;
        Count(Session.Elapsed);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_step == Step.Disposed)
        {
            return;
        }

        _step = Step.Disposed;
        await _activities.DisposeAsync().ConfigureAwait(false);
        await Session.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask ResolveAsync(CancellationToken cancellationToken)
    {
        if (_step == Step.Taking)
        {
            await _activities.CloseAsync(cancellationToken).ConfigureAwait(false);
            _step = Step.Resolved;
        }
    }

    private async ValueTask DoReviewAsync(CancellationToken cancellationToken)
    {
        await ResolveAsync(cancellationToken).ConfigureAwait(false);
        await CheckGateAsync(cancellationToken).ConfigureAwait(false);
        var isEmpty = _stored is null || _stored is { Members: 0, Activities: 0 };
        await _transaction.ExecuteLocalAsync(SyncSql.CreateTouch, cancellationToken).ConfigureAwait(false);
        var adjusted = await _adjustments.ResolveAsync(cancellationToken).ConfigureAwait(false);
        var review = new MemberReview(_transaction, _program, _asOf, isEmpty ? null : _stored, _store.Options.Limits);
        if (isEmpty && _activities.Remembered is { } remembered)
        {
            remembered.Close(await _adjustments.ReadChangesAsync(cancellationToken).ConfigureAwait(false));
            var load = _activities.MergeAsync(tenantIsEmpty: true, cancellationToken).AsTask();
            try
            {
                await review.RunAsync(remembered, RunId, load, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                // Whatever happened here, the connection is free only when the server has answered.
                await load.ConfigureAwait(false);
            }
        }
        else
        {
            await _activities.MergeAsync(isEmpty, cancellationToken).ConfigureAwait(false);
            if (!isEmpty)
            {
                await _transaction.ExecuteLocalAsync(SyncSql.CreateLater, cancellationToken).ConfigureAwait(false);
                if (await _transaction.ExecuteAsync(SyncSql.FindLater, cancellationToken).ConfigureAwait(false) > 0)
                {
                    await _transaction.ExecuteAsync(SyncSql.MarkLater, cancellationToken).ConfigureAwait(false);
                }

                await TouchDueAsync(cancellationToken).ConfigureAwait(false);
            }

            await _transaction.ExecuteLocalAsync(isEmpty ? SyncSql.OpenStaged : SyncSql.OpenTouches, cancellationToken).ConfigureAwait(false);
            var changes = new MemberChangeReader(_transaction, "loyalty_touches", _store.Options.Limits);
            await review.RunAsync(changes, RunId, Task.CompletedTask, cancellationToken).ConfigureAwait(false);
            await _transaction.ExecuteLocalAsync("CLOSE loyalty_touches", cancellationToken).ConfigureAwait(false);
        }

        PostgresLog.RowsMerged(
            _store.Log, RunId, _activities.Staged, _activities.Inserted, _activities.Updated, Session.Elapsed);
        adjusted = await _adjustments.WriteAsync(adjusted, cancellationToken).ConfigureAwait(false);
        PostgresLog.MembersReviewed(
            _store.Log, RunId, review.Reviewed, review.Decisions.Count, Session.Elapsed);
        _outcome = new SyncOutcome(
            _asOf,
            new RowCounts(_activities.Inserted, _activities.Updated, _activities.Unchanged, _activities.Superseded),
            adjusted,
            (_stored?.Members ?? 0) + review.Created,
            review.Created,
            review.Decisions,
            review.MissionsCompleted);
        _step = Step.Reviewed;
    }

    private async ValueTask TouchDueAsync(CancellationToken cancellationToken)
    {
        if (!_stored!.Program.Json.Span.SequenceEqual(_program.Json.Span))
        {
            await _transaction.ExecuteAsync(SyncSql.TouchAll, cancellationToken).ConfigureAwait(false);
            return;
        }

        var command = _transaction.Command(SyncSql.TouchDue).With(_asOf);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask CheckGateAsync(CancellationToken cancellationToken)
    {
        if (_store.Options.Gate is not { } gate)
        {
            return;
        }

        var before = new List<(long Rows, decimal Sales)>();
        var command = _transaction.Command(SyncSql.LastRuns).With(gate.Runs);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    before.Add((reader.GetInt64(0), reader.GetDecimal(1)));
                }
            }
        }

        gate.Check(_activities.Staged - _activities.Superseded, _activities.Sales, before);
    }

    private ValueTask WriteJournalAsync(CancellationToken cancellationToken)
    {
        var journal = new RunJournal(_transaction, RunId);
        return journal.WriteAsync(
            new TenantState(
                _program, _asOf, _outcome!.MembersTotal, (_stored?.Activities ?? 0) + _outcome.Activities.Inserted,
                (_stored?.Adjustments ?? 0) + _outcome.Adjustments.Inserted),
            _outcome, _activities.Sales, Session.StartedAt, Session.Now, _inputs, cancellationToken);
    }

    private void Count(TimeSpan elapsed)
    {
        var rows = _outcome!.Activities + _outcome.Adjustments;
        PostgresTelemetry.Rows.Add(rows.Inserted, new KeyValuePair<string, object?>("outcome", "inserted"));
        PostgresTelemetry.Rows.Add(rows.Updated, new KeyValuePair<string, object?>("outcome", "updated"));
        PostgresTelemetry.Rows.Add(rows.Unchanged, new KeyValuePair<string, object?>("outcome", "unchanged"));
        PostgresTelemetry.Rows.Add(rows.Superseded, new KeyValuePair<string, object?>("outcome", "superseded"));
        PostgresTelemetry.Duration.Record(elapsed.TotalSeconds);
    }

    private void ThrowIf(bool wrong, string message)
    {
        ObjectDisposedException.ThrowIf(_step == Step.Disposed, this);
        Session.ThrowIf(wrong, message);
    }
}
