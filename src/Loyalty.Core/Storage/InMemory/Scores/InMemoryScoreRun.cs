using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Storage.InMemory.Scores;

/// <summary>A run in memory: works on copies, which take the place of what is stored on completion.</summary>
internal sealed class InMemoryScoreRun : IScoreRun
{
    private readonly InMemoryScoreStore _store;
    private readonly ScoringProgram _program;
    private readonly string _fingerprint;
    private readonly DateOnly _asOf;
    private readonly OrderScope _scope;
    private readonly ScoredState? _before;
    private readonly Dictionary<OrderKey, Order?> _given = [];
    private readonly Dictionary<string, string> _owners;
    private CustomerPopulation? _customers;
    private ScoredState? _after;
    private long _rows;
    private bool _isCommitted;
    private bool _isClosed;

    public InMemoryScoreRun(InMemoryScoreStore store, ScoringProgram program, string fingerprint, DateOnly asOf, OrderScope scope)
    {
        _store = store;
        _program = program;
        _fingerprint = fingerprint;
        _asOf = asOf;
        _scope = scope;
        _before = store.State;
        _owners = new(_before?.Owners ?? [], StringComparer.Ordinal);
    }

    /// <remarks>There is no journal to put it in.</remarks>
    public Guid RunId { get; } = Guid.Empty;

    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_isClosed, this);
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
        }

        foreach (var order in orders)
        {
            _given[order.Key] = order;
            _rows++;
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
            _given[key] = null;
            _rows++;
        }

        return default;
    }

    public ValueTask<bool> TryLinkAsync(string email, string customer, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ArgumentException.ThrowIfNullOrWhiteSpace(customer);
        ThrowUnlessTaking(cancellationToken);
        return new(_owners.TryAdd(email, customer) || string.Equals(_owners[email], customer, StringComparison.Ordinal));
    }

    public ValueTask<bool> UnlinkAsync(string email, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ThrowUnlessTaking(cancellationToken);
        return new(_owners.Remove(email));
    }

    public ValueTask SetCustomersAsync(CustomerPopulation customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        ThrowUnlessTaking(cancellationToken);
        if (_rows > 0 || _scope != OrderScope.All || _customers is not null)
        {
            throw new InvalidOperationException("Customers are set once, instead of orders, in a run of all there is.");
        }

        _customers = customers;
        return default;
    }

    public ValueTask<ScoreOutcome> RescoreAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnlessTaking(cancellationToken);
        var (orders, counts) = Resolve();
        var isGiven = _customers is not null || (_before is { Book: null } && _scope == OrderScope.Changes);
        var book = isGiven ? null : Fill(orders);
        var customers = _customers ?? book?.ToPopulation() ?? Given(_before!);
        var moves = new SegmentMoveList();
        var (scores, examined) = Rescore(customers, moves);
        _after = new ScoredState(_asOf, _fingerprint, orders, _owners, book, scores);
        return new(new ScoreOutcome(_asOf, counts, scores.Count, examined, moves.Close()));
    }

    public ValueTask<StoredScores> ReadScoresAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        var after = _after ?? throw new InvalidOperationException("A run can be read after it was scored, until its commit.");
        return new(new StoredScores(
            _asOf, after.Scores.Select(static s => new StoredScore(s.Key, s.Value.Input, s.Value.Cell, s.Value.LeadScore, s.Value.Segment))));
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        _store.Keep(_after ?? throw new InvalidOperationException("A run can be committed once, after it was scored."));
        _after = null;
        _isCommitted = true;
        return default;
    }

    public ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _store.Close();
        }

        return default;
    }

    private (Dictionary<OrderKey, Order> Orders, OrderCounts Counts) Resolve()
    {
        var stored = _before?.Orders ?? [];
        var orders = _scope == OrderScope.All ? [] : new Dictionary<OrderKey, Order>(stored);
        long inserted = 0, updated = 0, unchanged = 0;
        foreach (var (key, order) in _given)
        {
            if (order is null)
            {
                orders.Remove(key);
                continue;
            }

            var old = stored.GetValueOrDefault(key);
            orders[key] = old == order ? old : order;
            inserted += old is null ? 1 : 0;
            updated += old is not null && old != order ? 1 : 0;
            unchanged += old == order ? 1 : 0;
        }

        var removed = stored.Count + inserted - orders.Count;
        return (orders, new OrderCounts(inserted, updated, removed, unchanged, _rows - _given.Count));
    }

    private OrderBook Fill(Dictionary<OrderKey, Order> orders)
    {
        var book = new OrderBook(_asOf);
        foreach (var (email, customer) in _owners)
        {
            book.TryLink(email, customer);
        }

        foreach (var order in orders.Values)
        {
            book.Put(order);
        }

        return book;
    }

    private static CustomerPopulation Given(ScoredState state)
    {
        var customers = new CustomerPopulation();
        foreach (var (customer, score) in state.Scores)
        {
            customers.TryAdd(customer, score.Input);
        }

        return customers;
    }

    private (Dictionary<string, Score> Scores, long Examined) Rescore(CustomerPopulation customers, SegmentMoveList moves)
    {
        var scores = new Dictionary<string, Score>(_before?.Scores ?? [], StringComparer.Ordinal);
        var scorer = new CustomerScorer(_program, _asOf, string.Equals(_before?.Fingerprint, _fingerprint, StringComparison.Ordinal), moves);
        scorer.ScoreAll(customers, scores.Select(static s => (s.Key, s.Value)));
        foreach (var (customer, score, _) in scorer.Changed)
        {
            if (score is null)
            {
                scores.Remove(customer);
            }
            else
            {
                scores[customer] = score;
            }
        }

        return (scores, scorer.Examined);
    }

    private void ThrowUnlessTaking(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_after is not null)
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

        if (_scope == OrderScope.Changes && _before is { Book: null })
        {
            throw ScoreRules.OrdersAreMissing();
        }
    }
}
