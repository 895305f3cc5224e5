using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Scores;

namespace Loyalty.Telemetry;

/// <summary>Scores, traced.</summary>
internal sealed class TracedScores(IScoreStore store, TracedCalls calls) : IScoreStore
{
    public ValueTask<IScoreRun> BeginRunAsync(ScoringProgram program, DateOnly asOf, OrderScope scope, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.BeginRunAsync(program, asOf, scope, cancellationToken));

    public ValueTask<T> RunAsync<T>(
        ScoringProgram program,
        DateOnly asOf,
        OrderScope scope,
        Func<IScoreRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.RunAsync(program, asOf, scope, run, cancellationToken));

    public ValueTask<ScoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.GetStatusAsync(cancellationToken));

    public ValueTask<StoredScores?> ReadScoresAsync(string? segment = null, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ReadScoresAsync(segment, cancellationToken));

    public ValueTask<Score?> FindScoreAsync(string customer, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindScoreAsync(customer, cancellationToken));

    public ValueTask<EngagementTotals?> FindTotalsAsync(string customer, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindTotalsAsync(customer, cancellationToken));

    public ValueTask<TimelinePage> ReadTimelineAsync(string customer, TimelineCursor? after, int size, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ReadTimelineAsync(customer, after, size, cancellationToken));
}
