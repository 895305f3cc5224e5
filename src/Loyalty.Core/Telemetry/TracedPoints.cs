using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Points;

namespace Loyalty.Telemetry;

/// <summary>Points, traced.</summary>
internal sealed class TracedPoints(IPointsStore store, TracedCalls calls) : IPointsStore
{
    public ValueTask<IPointsRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.BeginRunAsync(program, asOf, recordedAt, cancellationToken));

    public ValueTask<T> RunAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        DateTime recordedAt,
        Func<IPointsRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.RunAsync(program, asOf, recordedAt, run, cancellationToken));

    public ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ApplyAsync(operations, bookedOn, recordedAt, cancellationToken));

    public ValueTask<IReadOnlyList<RowOutcome>> TakeOrdersAsync(
        IReadOnlyList<OrderRow> orders, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.TakeOrdersAsync(orders, bookedOn, recordedAt, cancellationToken));

    public ValueTask<IReadOnlyList<RowOutcome>> TakeRefundsAsync(
        IReadOnlyList<RefundRow> refunds, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.TakeRefundsAsync(refunds, bookedOn, recordedAt, cancellationToken));

    public ValueTask<IReadOnlyList<RowOutcome>> TakeRedemptionsAsync(
        IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.TakeRedemptionsAsync(requests, bookedOn, recordedAt, cancellationToken));

    public ValueTask<int> TimeOutHoldsAsync(DateTime instant, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.TimeOutHoldsAsync(instant, cancellationToken));

    public ValueTask<PointsStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.GetStatusAsync(cancellationToken));

    public IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        calls.EachAsync(store.ReadMembersAsync, cancellationToken);

    public ValueTask<PointsBalance?> FindBalanceAsync(string member, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindBalanceAsync(member, cancellationToken));

    public ValueTask<PointsAsOf?> FindAsOfAsync(string member, DateOnly asOf, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindAsOfAsync(member, asOf, cancellationToken));

    public ValueTask<IReadOnlyList<LedgerEntry>> ReadEntriesAsync(string member, int after, int limit, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ReadEntriesAsync(member, after, limit, cancellationToken));

    public ValueTask<PointsLiability?> FindLiabilityAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindLiabilityAsync(cancellationToken));

    public ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindMemberAsync(member, cancellationToken));

    public ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.VerifyAsync(cancellationToken));
}
