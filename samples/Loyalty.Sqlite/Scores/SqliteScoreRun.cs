using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Sqlite.Scores;

/// <summary>A run: one transaction on the file. Orders are staged; scoring adds up whom they touch, lets the rules score, and writes.</summary>
internal sealed class SqliteScoreRun : IScoreRun
{
    private readonly SqliteConnectionLease _lease;
    private readonly ScoreRows _rows;
    private readonly OrderStage _stage;
    private readonly ScoringProgram _program;
    private readonly string _fingerprint;
    private readonly DateOnly _asOf;
    private readonly OrderScope _scope;
    private readonly ScoreRunRow? _stored;
    private CustomerPopulation? _customers;
    private bool _isScored;
    private bool _isCommitted;
    private bool _isDisposed;

    public SqliteScoreRun(SqliteConnectionLease lease, ScoringProgram program, DateOnly asOf, OrderScope scope)
    {
        _lease = lease;
        _rows = new ScoreRows(lease);
        _program = program;
        _fingerprint = ScoreRules.Fingerprint(program);
        _asOf = asOf;
        _scope = scope;
        _stored = _rows.Run();
        ScoreRules.CheckDate(asOf, _stored?.AsOf);
        _stage = new OrderStage(lease);
    }

    /// <remarks>There is no journal to put it in.</remarks>
    public Guid RunId { get; } = Guid.Empty;

    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isCommitted)
        {
            throw new InvalidOperationException("Inputs must be noted before the commit.");
        }
    }

    public ValueTask PutAsync(IReadOnlyList<Order> orders, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orders);
        ThrowUnlessTaking(cancellationToken);
        ThrowIfOrdersAreMissing();
        foreach (var order in orders)
        {
            ScoreRules.CheckStorable(order);
            _stage.Put(order);
        }

        return default;
    }

    public ValueTask RemoveAsync(IReadOnlyList<OrderKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ThrowUnlessTaking(cancellationToken);
        ThrowIfOrdersAreMissing();
        foreach (var key in keys)
        {
            _stage.Remove(key);
        }

        return default;
    }

    public ValueTask<bool> TryLinkAsync(string email, string customer, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ArgumentException.ThrowIfNullOrWhiteSpace(customer);
        ThrowUnlessTaking(cancellationToken);
        return new(_stage.TryLink(email, customer));
    }

    public ValueTask<bool> UnlinkAsync(string email, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ThrowUnlessTaking(cancellationToken);
        return new(_stage.Unlink(email));
    }

    public ValueTask SetCustomersAsync(CustomerPopulation customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        ThrowUnlessTaking(cancellationToken);
        if (_stage.Rows > 0 || _scope != OrderScope.All || _customers is not null)
        {
            throw new InvalidOperationException("Customers are set once, instead of orders, in a run of all there is.");
        }

        _customers = customers;
        return default;
    }

    public ValueTask<ScoreOutcome> RescoreAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnlessTaking(cancellationToken);
        var superseded = _stage.Rows - _stage.CountKeys();
        var counts = _stage.Take(_scope) with { Superseded = superseded };
        IsGiven = _customers is not null || (_stored is { IsGiven: true } && _scope == OrderScope.Changes);
        if (!IsGiven)
        {
            AddUp(cancellationToken);
        }
        else if (_customers is not null)
        {
            _lease.Execute("DELETE FROM customer");
        }

        var moves = new SegmentMoveList();
        var examined = Score(moves, cancellationToken);
        _isScored = true;
        return new(new ScoreOutcome(_asOf, counts, _rows.Count("SELECT count(*) FROM score"), examined, moves.Close()));
    }

    public ValueTask<StoredScores> ReadScoresAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_isScored || _isCommitted)
        {
            throw new InvalidOperationException("A run can be read after it was scored, until its commit.");
        }

        return new(new StoredScores(
            _asOf, _rows.Scores().Select(static s => new StoredScore(s.Customer, s.Score.Input, s.Score.Cell, s.Score.LeadScore, s.Score.Segment))));
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_isScored || _isCommitted)
        {
            throw new InvalidOperationException("A run can be committed once, after it was scored.");
        }

        _rows.Put(new ScoreRunRow(_asOf, _fingerprint, IsGiven));
        _stage.End();
        _lease.Commit();
        _isCommitted = true;
        return default;
    }

    public ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _lease.Dispose();
        }

        return default;
    }

    private bool IsGiven { get; set; }

    /// <summary>Adds the orders up of each customer whom the run or the calendar touches.</summary>
    private void AddUp(CancellationToken cancellationToken)
    {
        if (_stored is { } stored)
        {
            _stage.TouchDue(stored.AsOf, _asOf);
        }

        _stage.TouchCredited();

        foreach (var customer in _stage.Touched())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var totals = _rows.Orders(customer, _asOf, after: null, most: -1).Aggregate((EngagementTotals?)null, static (sum, order) => (sum ?? EngagementTotals.None).Plus(order));
            if (totals is null)
            {
                _rows.Remove("customer", customer);
            }
            else
            {
                _rows.Put(customer, totals);
            }
        }
    }

    private long Score(SegmentMoveList moves, CancellationToken cancellationToken)
    {
        var scorer = new CustomerScorer(_program, _asOf, isSameProgram: string.Equals(_stored?.Fingerprint, _fingerprint, StringComparison.Ordinal), moves);
        if (scorer.NeedsEverybody || _customers is not null || _stored is null or { IsGiven: true })
        {
            scorer.ScoreAll(Population(), _rows.Scores());
        }
        else
        {
            // Under fixed limits only those whose orders changed and those whom the calendar moves can have other scores.
            foreach (var customer in _stage.Touched().Union(Moved(), StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                scorer.Score(customer, _rows.Totals(customer)?.ToRfmInput(), _rows.Score(customer));
            }
        }

        foreach (var (customer, score, nextChange) in scorer.Changed)
        {
            if (score is null)
            {
                _rows.Remove("score", customer);
            }
            else
            {
                _rows.Put(customer, score, nextChange);
            }
        }

        return scorer.Examined;
    }

    private CustomerPopulation Population()
    {
        if (_customers is { } given)
        {
            return given;
        }

        var population = new CustomerPopulation();
        foreach (var (customer, input) in IsGiven ? _rows.Scores().Select(static s => (s.Customer, s.Score.Input)) : _rows.Inputs())
        {
            population.TryAdd(customer, input);
        }

        return population;
    }

    private List<string> Moved()
    {
        var moved = new List<string>();
        var rows = _lease["SELECT customer FROM score WHERE next_change <= ?"].With(_asOf);
        while (rows.Step())
        {
            moved.Add(rows.Text(0));
        }

        return moved;
    }

    private void ThrowUnlessTaking(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_isScored)
        {
            throw new InvalidOperationException("The run was scored already.");
        }
    }

    private void ThrowIfOrdersAreMissing()
    {
        if (_customers is not null)
        {
            throw new InvalidOperationException("Customers were set instead of orders.");
        }

        if (_scope == OrderScope.Changes && _stored is { IsGiven: true })
        {
            throw ScoreRules.OrdersAreMissing();
        }
    }
}
