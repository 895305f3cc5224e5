using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Sqlite.Scores;

/// <summary>Orders, what they come to for each customer, and scores, in a SQLite file.</summary>
/// <remarks>May be used by several threads; one run is open at a time.</remarks>
internal sealed class SqliteScoreStore(SqliteFile file) : IScoreStore
{
    /// <inheritdoc/>
    public ValueTask<IScoreRun> BeginRunAsync(
        ScoringProgram program, DateOnly asOf, OrderScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new(file.Begin(lease => new SqliteScoreRun(lease, program, asOf, scope), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<ScoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => new(Read(
        static (rows, run) => new ScoreStatus(
            run.AsOf,
            rows.Count("SELECT count(*) FROM customer_order"),
            rows.Count("SELECT count(*) FROM customer_order WHERE customer IS NOT NULL AND day <= ?", run.AsOf),
            rows.Count("SELECT count(*) FROM score")),
        cancellationToken));

    /// <inheritdoc/>
    public ValueTask<StoredScores?> ReadScoresAsync(string? segment = null, CancellationToken cancellationToken = default) => new(Read(
        (rows, run) => new StoredScores(
            run.AsOf,
            rows.Scores(segment).Select(static s => new StoredScore(s.Customer, s.Score.Input, s.Score.Cell, s.Score.LeadScore, s.Score.Segment))),
        cancellationToken));

    /// <inheritdoc/>
    public ValueTask<Score?> FindScoreAsync(string customer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        return new(Read((rows, _) => rows.Score(customer), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<EngagementTotals?> FindTotalsAsync(string customer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        return new(Read(
            (rows, run) => !run.IsGiven ? rows.Totals(customer) : rows.Score(customer) is { } score ? EngagementTotals.Of(score.Input) : null,
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<TimelinePage> ReadTimelineAsync(
        string customer, TimelineCursor? after, int size, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        ScoreRules.CheckPage(size);
        return new(Read(
            (rows, run) =>
            {
                // One more than asked for tells whether there is a next page.
                var orders = rows.Orders(customer, run.AsOf, after, size + 1);
                var entries = orders.Take(size).Select(
                    static o => new TimelineEntry(o.Key, o.PlacedAt, o.Net, o.Standing, o.Status, o.Item, o.Purchaser)).ToList();
                return new TimelinePage(entries, orders.Count > size ? entries[^1].Cursor : null);
            },
            cancellationToken) ?? new TimelinePage([], null));
    }

    private T? Read<T>(Func<ScoreRows, ScoreRunRow, T?> read, CancellationToken cancellationToken)
        where T : class => file.Read(lease => new ScoreRows(lease) is var rows && rows.Run() is { } run ? read(rows, run) : null, null, cancellationToken);
}
