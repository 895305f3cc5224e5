using Loyalty.Orders;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Npgsql;

namespace Loyalty.Postgres.Scores;

/// <summary>What the row of a tenant that scores tells.</summary>
internal sealed record ScoringState(
    long Orders, long OrdersLinked, long Customers, DateOnly AsOf, DateOnly AllScoredOn, bool IsGiven, string ProgramDigest, bool HasCredits)
{
    public static ScoringState Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<DateOnly>(3), reader.GetFieldValue<DateOnly>(4),
        reader.GetBoolean(5), reader.GetString(8), reader.GetBoolean(9));
}

/// <summary>A run of scoring on PostgreSQL: one transaction on one connection, under the lock of the tenant's row in <c>scoring</c>.</summary>
internal sealed class PostgresScoreRun : IScoreRun, ISessionRun
{
    private readonly PostgresScoreStore _store;
    private readonly TenantTransaction _transaction;
    private readonly ScoringProgram _program;
    private readonly DateOnly _asOf;
    private readonly OrderScope _scope;
    private readonly ScoringState? _stored;
    private readonly OrderStage _orders;
    private CustomerPopulation? _customers;
    private ScoringState? _after;
    private ScoreOutcome? _outcome;
    private Step _step;
    private bool _isDeltaCreated;

    public PostgresScoreRun(
        PostgresScoreStore store, RunSession session, ScoringProgram program, DateOnly asOf, OrderScope scope, ScoringState? stored)
    {
        _store = store;
        Session = session;
        _transaction = session.Transaction;
        _program = program;
        _asOf = asOf;
        _scope = scope;
        _stored = stored;
        _orders = new OrderStage(_transaction, store.Options.Limits);
    }

    private enum Step
    {
        Taking,
        Scored,
        Committed,
        Disposed,
    }

    public Guid RunId => Session.RunId;

    public RunSession Session { get; }

    /// <remarks>The journal of scores has no files.</remarks>
    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_step == Step.Disposed, this);
        if (_step == Step.Committed)
        {
            throw new InvalidOperationException("Inputs must be noted before the commit.");
        }
    }

    public ValueTask PutAsync(IReadOnlyList<Order> orders, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orders);
        ThrowIfOrdersAreMissing();
        foreach (var order in orders)
        {
            ScoreRules.CheckStorable(order);
        }

        return Session.GuardAsync(token => _orders.PutAsync(orders, token), cancellationToken);
    }

    public ValueTask RemoveAsync(IReadOnlyList<OrderKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ThrowIfOrdersAreMissing();
        return Session.GuardAsync(token => _orders.RemoveAsync(keys, token), cancellationToken);
    }

    public async ValueTask<bool> TryLinkAsync(string email, string customer, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ArgumentException.ThrowIfNullOrWhiteSpace(customer);
        ThrowUnless(Step.Taking);
        var isLinked = false;
        await Session.GuardAsync(
            async token => isLinked = await _orders.TryLinkAsync(email, customer, token).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);
        return isLinked;
    }

    public async ValueTask<bool> UnlinkAsync(string email, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ThrowUnless(Step.Taking);
        var wasLinked = false;
        await Session.GuardAsync(
            async token => wasLinked = await _orders.UnlinkAsync(email, token).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);
        return wasLinked;
    }

    public ValueTask SetCustomersAsync(CustomerPopulation customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        ThrowUnless(Step.Taking);
        if (!_orders.IsEmpty || _scope != OrderScope.All || _customers is not null)
        {
            throw new InvalidOperationException("Customers are set once, instead of orders, in a run of all there is.");
        }

        _customers = customers;
        return Session.GuardAsync(token => StageAsync(customers, token), cancellationToken);
    }

    public async ValueTask<ScoreOutcome> RescoreAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnless(Step.Taking);
        await Session.GuardAsync(ScoreAsync, cancellationToken).ConfigureAwait(false);
        _step = Step.Scored;
        return _outcome!;
    }

    public async ValueTask<StoredScores> ReadScoresAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnless(Step.Scored);
        List<StoredScore> scores = [];
        await Session.GuardAsync(
            async token => scores = await PostgresScoreStore.ReadScoresAsync(_transaction, segment: null, _after!.AllScoredOn, token).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return new StoredScores(_asOf, scores);
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnless(Step.Scored);
        await Session.CommitAsync(WriteRunAsync, cancellationToken).ConfigureAwait(false);
        _step = Step.Committed;
    }

    public async ValueTask DisposeAsync()
    {
        if (_step != Step.Disposed)
        {
            _step = Step.Disposed;
            await Session.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask StageAsync(CustomerPopulation customers, CancellationToken cancellationToken)
    {
        await _transaction.ExecuteLocalAsync(ScoreSql.CreateGiven, cancellationToken).ConfigureAwait(false);
        var buffer = new CopyBuffer();
        var stream = await CopyStream.OpenAsync(_transaction.Connection, ScoreSql.CopyGiven, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            for (var i = 0; i < customers.Count; i++)
            {
                OrderStage.Check(customers.NameAt(i), "The name of a customer");
                var input = customers.InputAt(i);
                buffer.StartRow(4);
                buffer.Numeric(input.Net);
                buffer.Int32(input.Orders);
                buffer.DateOrNull(input.LastOrderOn?.DayNumber ?? int.MaxValue);
                buffer.Text(customers.NameAt(i));
                if (buffer.Length >= _store.Options.Limits.FlushBytes)
                {
                    await stream.SendAsync(buffer, cancellationToken).ConfigureAwait(false);
                }
            }

            await stream.SendAsync(buffer, cancellationToken).ConfigureAwait(false);
            await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ScoreAsync(CancellationToken cancellationToken)
    {
        var digest = ScoreRules.Fingerprint(_program);
        var scoring = new ScoreStage(_transaction, _program, _asOf, _store.Options.Limits);
        var isGiven = _customers is not null || (_stored is { IsGiven: true } && _scope == OrderScope.Changes);
        var counts = _customers is not null ? await ReplaceAsync(cancellationToken).ConfigureAwait(false)
            : isGiven ? OrderCounts.None
            : await AddUpAsync(cancellationToken).ConfigureAwait(false);
        long linked = isGiven || _stored is null or { IsGiven: true } ? 0 : _stored.OrdersLinked, added = 0;
        if (_isDeltaCreated)
        {
            await _transaction.ExecuteLocalAsync(ScoreSql.AnalyzeDelta, cancellationToken).ConfigureAwait(false);
            linked += isGiven ? 0 : await LinkedAsync(cancellationToken).ConfigureAwait(false);
            added = isGiven ? 0 : await WriteTotalsAsync(cancellationToken).ConfigureAwait(false);
            await DeleteGoneAsync(scoring, cancellationToken).ConfigureAwait(false);
        }

        var customers = _customers?.Count ?? (_stored?.Customers ?? 0) + added - scoring.Gone;
        var isSame = string.Equals(_stored?.ProgramDigest, digest, StringComparison.Ordinal);
        var all = await scoring.RunAsync(_stored?.AllScoredOn ?? _asOf, isSame, _isDeltaCreated, cancellationToken).ConfigureAwait(false);
        _outcome = new ScoreOutcome(_asOf, counts, customers, scoring.Examined, scoring.Moves);
        _after = new ScoringState(
            (_stored?.Orders ?? 0) + counts.Inserted - counts.Removed, linked, customers, _asOf, all ? _asOf : _stored!.AllScoredOn, isGiven, digest,
            _orders.HasCredits || (_scope == OrderScope.Changes && _stored is { HasCredits: true }));
    }

    /// <summary>Deletes customers without any order left, or who were not given.</summary>
    private async ValueTask DeleteGoneAsync(ScoreStage scoring, CancellationToken cancellationToken)
    {
        var find = _customers is not null ? ScoreSql.FindAllCustomers : _stored is { IsGiven: true } ? ScoreSql.FindAllGone : ScoreSql.FindGone;
        var gone = await _transaction.ExecuteAsync(find, cancellationToken).ConfigureAwait(false);
        if (gone > 0 && _customers is not null)
        {
            gone -= await _transaction.ExecuteLocalAsync(ScoreSql.KeepGiven, cancellationToken).ConfigureAwait(false);
        }

        if (gone > 0)
        {
            scoring.NoteGone(await _transaction.ExecuteAsync(ScoreSql.DeleteScores, cancellationToken).ConfigureAwait(false));
            await _transaction.ExecuteAsync(ScoreSql.DeleteCustomers, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the given customers instead of what is stored.</summary>
    private async ValueTask<OrderCounts> ReplaceAsync(CancellationToken cancellationToken)
    {
        await CreateDeltaAsync(cancellationToken).ConfigureAwait(false);
        var removed = await _transaction.ExecuteAsync(ScoreSql.DeleteAllOrders, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteAsync(ScoreSql.PutGiven, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(ScoreSql.TouchGiven, cancellationToken).ConfigureAwait(false);
        return OrderCounts.None with { Removed = removed };
    }

    private async ValueTask<OrderCounts> AddUpAsync(CancellationToken cancellationToken)
    {
        var counts = await _orders.ResolveAsync(_asOf, _scope, _stored, cancellationToken).ConfigureAwait(false);
        await CheckGateAsync(cancellationToken).ConfigureAwait(false);
        if (_orders.HasChanges || _stored is { IsGiven: true })
        {
            await CreateDeltaAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_stored is { IsGiven: true })
        {
            await _transaction.ExecuteAsync(ScoreSql.ForgetGiven, cancellationToken).ConfigureAwait(false);
        }

        if (_orders.HasChanges)
        {
            await _transaction.ExecuteLocalAsync(ScoreSql.AddUp, cancellationToken).ConfigureAwait(false);
        }

        return counts;
    }

    private async ValueTask CreateDeltaAsync(CancellationToken cancellationToken)
    {
        await _transaction.ExecuteLocalAsync(ScoreSql.CreateDelta, cancellationToken).ConfigureAwait(false);
        _isDeltaCreated = true;
    }

    /// <summary>Corrects the totals of customers, and makes those who are new.</summary>
    /// <returns>How many are new.</returns>
    private async ValueTask<long> WriteTotalsAsync(CancellationToken cancellationToken)
    {
        if (_stored is not null)
        {
            if (await _transaction.ExecuteAsync(ScoreSql.FindSpans, cancellationToken).ConfigureAwait(false) > 0)
            {
                await _transaction.ExecuteLocalAsync(ScoreSql.TakeSpans, cancellationToken).ConfigureAwait(false);
            }

            if (await _transaction.ExecuteAsync(ScoreSql.FindKnown, cancellationToken).ConfigureAwait(false) > 0)
            {
                await _transaction.ExecuteAsync(ScoreSql.UpdateTotals, cancellationToken).ConfigureAwait(false);
                await _transaction.ExecuteLocalAsync(ScoreSql.MarkKnown, cancellationToken).ConfigureAwait(false);
            }
        }

        var added = await _transaction.ExecuteAsync(ScoreSql.InsertTotals, cancellationToken).ConfigureAwait(false);
        if (await _transaction.Command(ScoreSql.FindOverflow).With(OrderAmount.Limit).ScalarAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new OverflowException("A sum of amounts reached 10^12.");
        }

        return added;
    }

    private async ValueTask<long> LinkedAsync(CancellationToken cancellationToken) =>
        (long)(await _transaction.LocalCommand(ScoreSql.SumLinked).ScalarAsync(cancellationToken).ConfigureAwait(false))!;

    private async ValueTask CheckGateAsync(CancellationToken cancellationToken)
    {
        if (_store.Options.Gate is not { } gate || _scope != OrderScope.All)
        {
            return;
        }

        var before = new List<(long Rows, decimal Net)>();
        var command = _transaction.Command(ScoreSql.LastRuns).With(gate.Runs);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    before.Add((reader.GetInt64(0), reader.GetDecimal(1) * _store.Currency.MinorUnits));
                }
            }
        }

        gate.Check(_orders.Given, _orders.Net * _store.Currency.MinorUnits, before);
    }

    private async ValueTask WriteRunAsync(CancellationToken cancellationToken)
    {
        var (after, outcome) = (_after!, _outcome!);
        await _transaction.Command(ScoreSql.UpdateScoring)
            .With(after.Orders).With(after.OrdersLinked).With(after.Customers).With(after.AsOf).With(after.AllScoredOn).With(after.IsGiven)
            .With(after.ProgramDigest).With(after.HasCredits).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await _transaction.Command(ScoreSql.InsertRun)
            .With(RunId).With(_asOf).With(_scope == OrderScope.All).With(after.ProgramDigest)
            .With(Session.StartedAt).With(Session.Now).With(_orders.Given).With(_orders.Net)
            .With(outcome.Orders.Inserted).With(outcome.Orders.Updated).With(outcome.Orders.Removed)
            .With(outcome.Customers).With(outcome.Examined).With((long)outcome.Moves.Moves.Count)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    private void ThrowIfOrdersAreMissing()
    {
        ThrowUnless(Step.Taking);
        if (_customers is not null)
        {
            throw new InvalidOperationException("Customers were set instead of orders.");
        }

        if (_scope == OrderScope.Changes && _stored is { IsGiven: true })
        {
            throw ScoreRules.OrdersAreMissing();
        }
    }

    private void ThrowUnless(Step step)
    {
        ObjectDisposedException.ThrowIf(_step == Step.Disposed, this);
        Session.ThrowIf(_step != step, step == Step.Taking ? "The run was scored already." : "A run can be committed once, after it was scored.");
    }
}
