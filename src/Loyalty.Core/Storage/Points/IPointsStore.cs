using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Points;

/// <summary>Where clubs, points and rewards of one tenant are kept.</summary>
/// <remarks>
/// Two ways in. Runs take whole files day by day, and are kept wholly or not at all. <see cref="TakeOrdersAsync"/>, <see cref="TakeRefundsAsync"/> and
/// <see cref="TakeRedemptionsAsync"/> take rows as they come, <see cref="ApplyAsync"/> does single operations on the ledger, in batches: each is
/// atomic and stands for itself. All share the keys and the rules of <see cref="PointsLedger"/> and <see cref="RewardDesk"/>, which is what every
/// store must agree with. Reads see what was last kept. Safe to call from several threads at once.
/// </remarks>
public interface IPointsStore
{
    /// <summary>Opens a run that takes rows and closes every day through a date.</summary>
    /// <param name="program">The program; it needs points. It counts from the first day that is not closed.</param>
    /// <param name="asOf">The last day to close, at most 9998-12-31. Rows dated later wait for their day.</param>
    /// <param name="recordedAt">The instant that entries are recorded at, in UTC.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="ArgumentException">The program has no points, the date is out of bounds, or the instant is not in UTC.</exception>
    /// <exception cref="StoreException">
    /// The store belongs to another tenant or currency, has closed a later day already, holds a member on a stage that the program does not
    /// have, or has another run open.
    /// </exception>
    ValueTask<IPointsRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default);

    /// <summary>Makes a run from its beginning to its commit, and again when it was interrupted, where the store knows such a thing.</summary>
    /// <param name="program">The program.</param>
    /// <param name="asOf">The last day to close, at most 9998-12-31.</param>
    /// <param name="recordedAt">The instant that entries are recorded at, in UTC.</param>
    /// <param name="run">
    /// Gives the run all its rows, closes the days, and reads what it needs. Called once for each attempt, it must give the same input each time; it must not commit.
    /// </param>
    /// <param name="cancellationToken">Gives up; nothing is kept then.</param>
    /// <returns>What <paramref name="run"/> returned in the attempt that was kept.</returns>
    /// <remarks>Attempts are bounded and share one run id, so that no run is kept twice.</remarks>
    /// <exception cref="StoreException">The store refused, or the last attempt was interrupted.</exception>
    async ValueTask<T> RunAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        DateTime recordedAt,
        Func<IPointsRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var open = await BeginRunAsync(program, asOf, recordedAt, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            var result = await run(open, cancellationToken).ConfigureAwait(false);
            await open.CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
    }

    /// <summary>Does operations on the ledger, each wholly or not at all, in order for each member.</summary>
    /// <remarks>
    /// These are raw: an operation asks neither the club nor the membership days. <see cref="LedgerOperation.Earn(string, string, DateOnly, long)"/> makes an order earn whatever a run
    /// would say of it; to take an order as a run does, use <see cref="TakeOrdersAsync"/>.
    /// </remarks>
    /// <param name="operations">The operations.</param>
    /// <param name="bookedOn">The day on which they are taken into the books.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="cancellationToken">Gives up before the next batch is kept.</param>
    /// <returns>One result for each operation.</returns>
    /// <exception cref="InvalidOperationException">No run was kept yet, so that the store has no program.</exception>
    /// <exception cref="StoreException">A run is open.</exception>
    ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default);

    /// <summary>Takes orders as they come, each wholly or not at all, in order.</summary>
    /// <remarks>
    /// <para>
    /// An order does all that it does in a run, by the program of the last run: what has run out of the member's club and lots by its day ends, then the
    /// club takes it, then points. It is taken on its own date, or on the last closed day when that is later, and not before the last change of the
    /// member's club. What waits in the store for the member and stands before it in the order of days is taken first. Other members are not touched,
    /// and no day is closed.
    /// </para>
    /// <para>
    /// The same order again, from here or in a run, gets the same answer and changes nothing (<see cref="RowOutcome.IsNew"/> is false); another one
    /// with its id is a conflict. Taken in the order of days, orders leave what the run that closes their days leaves with them in it. What comes later
    /// though it belongs before stands behind: nothing recorded is changed.
    /// </para>
    /// </remarks>
    /// <param name="orders">The orders. One dated after the booking day takes its key and waits for its day, as in a run.</param>
    /// <param name="bookedOn">The day on which they are taken into the books: today.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="cancellationToken">Gives up before the next batch is kept.</param>
    /// <returns>One outcome for each order.</returns>
    /// <exception cref="ArgumentException">The booking day is after 9998-12-31, or the instant is not in UTC.</exception>
    /// <exception cref="InvalidOperationException">No run was kept yet, so that the store has no program.</exception>
    /// <exception cref="StoreException">A run is open.</exception>
    ValueTask<IReadOnlyList<RowOutcome>> TakeOrdersAsync(
        IReadOnlyList<OrderRow> orders, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default);

    /// <summary>Takes refunds as they come, each wholly or not at all, in order.</summary>
    /// <remarks>
    /// As <see cref="TakeOrdersAsync"/> takes orders; a refund counts on its order's date when that is later. One whose order is not known is rejected
    /// and forgotten, so that it can be sent again.
    /// </remarks>
    /// <param name="refunds">The refunds. One that counts after the booking day takes its key and waits for its day.</param>
    /// <param name="bookedOn">The day on which they are taken into the books: today.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="cancellationToken">Gives up before the next batch is kept.</param>
    /// <returns>One outcome for each refund.</returns>
    /// <exception cref="ArgumentException">The booking day is after 9998-12-31, or the instant is not in UTC.</exception>
    /// <exception cref="InvalidOperationException">No run was kept yet, so that the store has no program.</exception>
    /// <exception cref="StoreException">A run is open.</exception>
    ValueTask<IReadOnlyList<RowOutcome>> TakeRefundsAsync(
        IReadOnlyList<RefundRow> refunds, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default);

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

    /// <summary>A member's points, without their history; <see langword="null"/> when the store has no member of that name.</summary>
    /// <param name="member">The member.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<PointsBalance?> FindBalanceAsync(string member, CancellationToken cancellationToken = default);

    /// <summary>What the books said of a member's points at the end of a day; <see langword="null"/> when the store has no member of that name.</summary>
    /// <remarks>The entries that were booked by then are the first ones. An entry that counts on an earlier date and was booked later is not in it.</remarks>
    /// <param name="member">The member.</param>
    /// <param name="asOf">The day.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<PointsAsOf?> FindAsOfAsync(string member, DateOnly asOf, CancellationToken cancellationToken = default);

    /// <summary>Some of a member's entries, by sequence; none for a member that the store does not have.</summary>
    /// <param name="member">The member.</param>
    /// <param name="after">The sequence number before the first one; 0 begins at the first entry.</param>
    /// <param name="limit">The most entries, 1 to 10,000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its bounds.</exception>
    ValueTask<IReadOnlyList<LedgerEntry>> ReadEntriesAsync(string member, int after, int limit, CancellationToken cancellationToken = default);

    /// <summary>What the program owes its members in points; <see langword="null"/> while the store is empty.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<PointsLiability?> FindLiabilityAsync(CancellationToken cancellationToken = default);

    /// <summary>One member, or <see langword="null"/> when the store has none of that name.</summary>
    ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default);

    /// <summary>Adds everything up anew and follows the hash chains; the first fault of each member, in ordinal order.</summary>
    ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default);
}

/// <summary>A run of points: takes rows, closes days, can be read, and is kept when it is committed.</summary>
public interface IPointsRun : IRun
{
    /// <summary>Adds orders, in the order of their file.</summary>
    /// <exception cref="InvalidOperationException">The days were closed already.</exception>
    ValueTask AddOrdersAsync(IReadOnlyList<OrderRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Adds refunds, in the order of their file.</summary>
    /// <exception cref="InvalidOperationException">The days were closed already.</exception>
    ValueTask AddRefundsAsync(IReadOnlyList<RefundRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Adds claims and what happened to them, in the order of their file.</summary>
    /// <exception cref="InvalidOperationException">The days were closed already.</exception>
    ValueTask AddRedemptionsAsync(IReadOnlyList<RedemptionRow> rows, CancellationToken cancellationToken = default);

    /// <summary>Closes every day through the as-of date.</summary>
    /// <returns>What has become of each row, and how many entries were recorded.</returns>
    /// <exception cref="InvalidOperationException">The days were closed already.</exception>
    ValueTask<PointsRunResult> CloseDaysAsync(CancellationToken cancellationToken = default);

    /// <summary>All members as the run leaves them, in ordinal order.</summary>
    /// <exception cref="InvalidOperationException">The days were not closed yet.</exception>
    IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default);

    /// <summary>What else is kept with the run: deliveries that it caused, contacts, consent. To be used after the days were closed.</summary>
    /// <exception cref="NotSupportedException">The store keeps no queue.</exception>
    IRunOutbox Outbox => throw new NotSupportedException("The store keeps no queue.");
}
