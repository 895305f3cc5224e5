using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Storage.InMemory.Scores;

/// <summary>Orders and scores in the memory of the process.</summary>
/// <remarks>
/// Each run works on a copy, so that it costs time and memory with all orders; its scores still follow by differences. May be read from several
/// threads while a run is open.
/// </remarks>
public sealed class InMemoryScoreStore : IScoreStore
{
    private int _isOpen;

    internal ScoredState? State { get; private set; }

    /// <inheritdoc/>
    public ValueTask<IScoreRun> BeginRunAsync(
        ScoringProgram program, DateOnly asOf, OrderScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        cancellationToken.ThrowIfCancellationRequested();
        ScoreRules.CheckDate(asOf, State?.AsOf);
        var fingerprint = ScoreRules.Fingerprint(program);
        return Interlocked.Exchange(ref _isOpen, 1) == 0
            ? new(new InMemoryScoreRun(this, program, fingerprint, asOf, scope))
            : throw new StoreException(StoreFault.AlreadyRunning, "Another run is open on this store; commit or dispose it first.");
    }

    /// <inheritdoc/>
    public ValueTask<ScoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) =>
        new(State is { } state ? new ScoreStatus(state.AsOf, state.Orders.Count, state.Book?.LinkedCount ?? 0, state.Scores.Count) : null);

    /// <inheritdoc/>
    public ValueTask<StoredScores?> ReadScoresAsync(string? segment = null, CancellationToken cancellationToken = default) =>
        new(State is not { } state ? null : new StoredScores(
            state.AsOf,
            from score in state.Scores
            where segment is null || string.Equals(score.Value.Segment, segment, StringComparison.Ordinal)
            select new StoredScore(score.Key, score.Value.Input, score.Value.Cell, score.Value.LeadScore, score.Value.Segment)));

    /// <inheritdoc/>
    public ValueTask<Score?> FindScoreAsync(string customer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        return new(State?.Scores.GetValueOrDefault(customer));
    }

    /// <inheritdoc/>
    public ValueTask<EngagementTotals?> FindTotalsAsync(string customer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        if (State is not { } state)
        {
            return default;
        }

        return new(state.Book is { } book ? book.Find(customer)
            : state.Scores.TryGetValue(customer, out var score) ? EngagementTotals.Of(score.Input)
            : null);
    }

    /// <inheritdoc/>
    public ValueTask<TimelinePage> ReadTimelineAsync(
        string customer, TimelineCursor? after, int size, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        ScoreRules.CheckPage(size);
        return new(State?.Book?.Timeline(customer, after, size) ?? new TimelinePage([], null));
    }

    /// <summary>The scores of the last run; <see langword="null"/> while the store is empty.</summary>
    internal StoredScores? Kept => State is not { } state ? null : new StoredScores(
        state.AsOf,
        state.Scores.Select(static s => new StoredScore(s.Key, s.Value.Input, s.Value.Cell, s.Value.LeadScore, s.Value.Segment)));

    /// <summary>A store that holds customers as their scores tell them, without their orders. The program of the scores is not known.</summary>
    internal static InMemoryScoreStore Of(StoredScores? scores)
    {
        var store = new InMemoryScoreStore();
        if (scores is not null)
        {
            store.Keep(new ScoredState(
                scores.AsOf,
                string.Empty,
                [],
                [],
                Book: null,
                scores.Scores.ToDictionary(
                    static s => s.Customer,
                    s => new Score(scores.AsOf, s.Input, s.Cell, s.LeadScore, s.Segment),
                    StringComparer.Ordinal)));
        }

        return store;
    }

    internal void Keep(ScoredState state) => State = state;

    internal void Close() => Volatile.Write(ref _isOpen, 0);
}

/// <summary>What was last kept; never changed.</summary>
/// <param name="AsOf">The date of scoring.</param>
/// <param name="Fingerprint">The program, see <see cref="ScoreRules.Fingerprint"/>.</param>
/// <param name="Orders">All orders.</param>
/// <param name="Owners">The customers of e-mails that were linked.</param>
/// <param name="Book">The orders, added up; <see langword="null"/> when customers were given without orders.</param>
/// <param name="Scores">The scores by customer.</param>
internal sealed record ScoredState(
    DateOnly AsOf,
    string Fingerprint,
    Dictionary<OrderKey, Order> Orders,
    Dictionary<string, string> Owners,
    OrderBook? Book,
    Dictionary<string, Score> Scores);
