using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Points;

/// <summary>Where clubs, points and rewards of one tenant are kept.</summary>
/// <remarks>
/// Two ways in. Runs take whole files day by day, and are kept wholly or not at all. <see cref="ApplyAsync"/> does single operations on the ledger
/// as they happen, <see cref="TakeRedemptionsAsync"/> claims and their events, in batches: each is atomic and stands for itself. All share the
/// keys and the rules of <see cref="PointsLedger"/> and <see cref="RewardDesk"/>, which is what every store must agree with. Reads see what was
/// last kept.
/// </remarks>
public interface IPointsStore
{
    /// <summary>Opens a run that takes rows and closes every day through a date.</summary>
    /// <param name="program">The program; it needs a club and points. It counts from the first day that is not closed.</param>
    /// <param name="asOf">The last day to close, at most 9998-12-31. Rows dated later wait for their day.</param>
    /// <param name="recordedAt">The instant that entries are recorded at, in UTC.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="ArgumentException">The program has no club or no points, the date is out of bounds, or the instant is not in UTC.</exception>
    /// <exception cref="StoreException">
    /// The store belongs to another tenant or currency, has closed a later day already, holds a member on a stage that the program does not
    /// have, or has another run open.
    /// </exception>
    ValueTask<IPointsSession> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default);

    /// <summary>Does operations, each wholly or not at all, in order for each member.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="bookedOn">The day on which they are taken into the books.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="cancellationToken">Gives up before the next batch is kept.</param>
    /// <returns>One result for each operation.</returns>
    /// <exception cref="InvalidOperationException">No run was kept yet, so that the store has no program.</exception>
    /// <exception cref="StoreException">A run is open.</exception>
    ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default);

    /// <summary>Takes claims and what happens to them at once, each wholly or not at all, in order.</summary>
    /// <remarks>
    /// <para>
    /// The rules, keys and answers are those of rows of runs, by the program of the last run: a claim takes points and stock together, and one that
    /// was refused stays refused. The same row again, from here or in a run, gets the same answer and changes nothing
    /// (<see cref="RowOutcome.IsNew"/> is false); another row with its key is a conflict that names the first column that differs.
    /// </para>
    /// <para>
    /// Everything counts on the booking day. Enrollments and lots that have run out by then count as run out, though no day is closed by this: a
    /// granted claim records what ran out of the member's lots, and nothing else. What happens on or before that day and is not known yet, such as an
    /// order that a later run brings, comes after it.
    /// </para>
    /// </remarks>
    /// <param name="requests">The rows.</param>
    /// <param name="bookedOn">The day on which they are taken into the books, at most 9998-12-31; it counts as the last closed day when that is later.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="cancellationToken">Gives up before the next batch is kept.</param>
    /// <returns>One outcome for each row.</returns>
    /// <exception cref="ArgumentException">A row lacks a text, is dated after the booking day or has negative grants; or the instant is not in UTC.</exception>
    /// <exception cref="InvalidOperationException">No run was kept yet, so that the store has no program.</exception>
    /// <exception cref="StoreException">A run is open.</exception>
    ValueTask<IReadOnlyList<RowOutcome>> TakeRedemptionsAsync(
        IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default);

    /// <summary>Ends the holds that are over at an instant, in the order of their ends, and sets free what they kept.</summary>
    /// <remarks>
    /// Neither operations nor runs do this by themselves: the caller says now and then what time it is. Called again with the same instant it
    /// finds nothing. Points set free whose lot has run out meanwhile expire with the next operation of the member, or when the day is closed.
    /// </remarks>
    /// <param name="instant">The instant, in UTC. A hold is over at its end, not after it.</param>
    /// <param name="cancellationToken">Gives up; the holds ended so far stay so.</param>
    /// <returns>How many holds were ended.</returns>
    /// <exception cref="ArgumentException">The instant is not in UTC.</exception>
    /// <exception cref="StoreException">A run is open.</exception>
    ValueTask<int> TimeOutHoldsAsync(DateTime instant, CancellationToken cancellationToken = default);

    /// <summary>What the store holds; <see langword="null"/> while it is empty.</summary>
    ValueTask<PointsStatus?> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>All members in ordinal order.</summary>
    IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default);

    /// <summary>One member, or <see langword="null"/> when the store has none of that name.</summary>
    ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default);

    /// <summary>Adds everything up anew and follows the hash chains; the first fault of each member, in ordinal order.</summary>
    ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default);
}

/// <summary>A run that is open: takes rows, and keeps what they lead to when it is completed.</summary>
/// <remarks>Not thread-safe. Disposed without completing, it leaves no trace.</remarks>
public interface IPointsSession : IAsyncDisposable
{
    /// <summary>Adds orders, in the order of their file.</summary>
    ValueTask AddOrdersAsync(IReadOnlyList<OrderRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Adds refunds, in the order of their file.</summary>
    ValueTask AddRefundsAsync(IReadOnlyList<RefundRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Adds claims and what happened to them, in the order of their file.</summary>
    ValueTask AddRedemptionsAsync(IReadOnlyList<RedemptionRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Closes every day through the as-of date and keeps everything.</summary>
    /// <param name="cancellationToken">Gives up, without a trace, as long as nothing is kept.</param>
    /// <exception cref="InvalidOperationException">The run was completed or disposed.</exception>
    ValueTask<PointsRunResult> CompleteAsync(CancellationToken cancellationToken = default);
}
