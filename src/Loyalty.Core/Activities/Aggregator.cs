namespace Loyalty.Activities;

/// <summary>
/// Turns activities into lifetime and window totals, at the speed of memory. Holds the buffers, so that calls after the first
/// ones allocate nothing; keep one for as long as there is something to aggregate. Grouped rows need no buffer, scattered and changed ones
/// 36 bytes for each row (at most 604 MB).
/// </summary>
/// <remarks>
/// <para>
/// An activity counts when it is dated up to and including the day <c>through</c>: in the member's lifetime always, in a window when the
/// window contains its day. An activity dated after <c>through</c> counts nowhere.
/// </para>
/// <para>
/// Every way gives the same totals, bit for bit: grouped or scattered rows, any order of rows, any vector width, any number of
/// threads. A sum that does not fit 64 bits throws <see cref="AggregationOverflowException"/>; nothing wraps. After an exception
/// the content of the totals handed in is undefined.
/// </para>
/// <para>
/// Not safe for use by several threads at once; each has its own. The static methods are safe.
/// </para>
/// </remarks>
public sealed class Aggregator
{
    private readonly AggregationGrouped _grouped;
    private readonly AggregationScattered _scattered;
    private readonly AggregationBuffer _buffer = new();

    /// <summary>Creates an aggregator.</summary>
    /// <param name="threads">
    /// How many threads large input may use, the caller's included; 0, the default, means one for each processor. Input of less than
    /// 32,768 activities is always summed on the caller's thread.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public Aggregator(int threads = 0)
        : this(AggregationKernels.Best, threads)
    {
    }

    internal Aggregator(AggregationKernel kernel, int threads, int pieceRows = AggregationLimits.PieceRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        var workers = Threads > 1 ? new AggregationWorkers(Threads) : null;
        _grouped = new(kernel, pieceRows, workers);
        _scattered = new(kernel >= AggregationKernel.Vector256, Threads, pieceRows, workers);
    }

    /// <summary>How many threads large input may use.</summary>
    public int Threads { get; }

    /// <summary>
    /// Totals of activities that are grouped by member, in ascending order of the member index. The fastest way: use it when rows can be
    /// kept or gathered in this order.
    /// </summary>
    /// <param name="columns">The activities; member indexes never go down from row to row.</param>
    /// <param name="windows">The window of each member.</param>
    /// <param name="through">The last day that counts, as a day number.</param>
    /// <param name="totals">Receives the totals of each member; members without activity get zeros.</param>
    /// <exception cref="ArgumentException">
    /// The rows are not grouped, there is no member column, or there are more or fewer windows than totals.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A member index has no place in <paramref name="totals"/>.</exception>
    /// <exception cref="AggregationOverflowException">A sum does not fit 64 bits.</exception>
    public void AggregateGrouped(in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        columns.RequireMembers(nameof(columns));
        AggregationRows.RequireWindows(windows.Length, totals.Length);
        _grouped.Aggregate(columns, windows, through, totals);
    }

    /// <summary>Totals of activities in any order.</summary>
    /// <remarks>
    /// One sale or view count beyond 2^62 divided by the number of activities (10^11 for ten million of them) makes the
    /// call slow, because every sum is then made in 128 bits; the totals are right all the same.
    /// </remarks>
    /// <param name="columns">The activities.</param>
    /// <param name="windows">The window of each member.</param>
    /// <param name="through">The last day that counts, as a day number.</param>
    /// <param name="totals">Receives the totals of each member; members without activity get zeros.</param>
    /// <exception cref="ArgumentException">There is no member column, or there are more or fewer windows than totals.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A member index has no place in <paramref name="totals"/>.</exception>
    /// <exception cref="AggregationOverflowException">A sum does not fit 64 bits.</exception>
    public void AggregateScattered(in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        columns.RequireMembers(nameof(columns));
        AggregationRows.RequireWindows(windows.Length, totals.Length);
        _scattered.Aggregate(columns, windows, through, totals);
    }

    /// <summary>Corrects totals by what changed, at a cost proportional to the change. Either all of it or, when an exception is thrown, nothing.</summary>
    /// <remarks>
    /// <para>
    /// A change is told as the rows that no longer hold and the rows that hold now: an inserted activity is an added row; a removed one is
    /// a removed row; a corrected one is its old row removed and its new row added; one that moved to another member is the old
    /// row removed under the old member and the new row added under the new one. Order does not matter, neither among rows nor
    /// between batches, and a late row (dated before rows already counted) is a row like any other.
    /// </para>
    /// <para>
    /// The totals afterwards equal a recomputation from all activity for the same windows and the same day, provided that they did before
    /// and that the removed rows were counted. When the day moves on, activities dated between the old day and the new one begin to
    /// count: they are added rows of a call for the new day. When a member's window moves, its totals are made anew by
    /// <see cref="AggregateMember"/>.
    /// </para>
    /// </remarks>
    /// <param name="removed">The rows that no longer hold, as they were counted.</param>
    /// <param name="added">The rows that hold now.</param>
    /// <param name="windows">The window of each member, the same as the totals were made for.</param>
    /// <param name="through">The last day that counts, as a day number, the same as the totals were made for.</param>
    /// <param name="totals">The totals to correct.</param>
    /// <exception cref="ArgumentException">There is no member column, or there are more or fewer windows than totals.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A member index has no place in <paramref name="totals"/>.</exception>
    /// <exception cref="AggregationOverflowException">A total afterwards would not fit 64 bits.</exception>
    public void ApplyChanges(
        in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        removed.RequireMembers(nameof(removed));
        added.RequireMembers(nameof(added));
        AggregationRows.RequireWindows(windows.Length, totals.Length);
        _scattered.Apply(removed, added, windows, through, totals);
    }

    /// <summary>Totals of one member, from all its activities: after a promotion or a checkpoint moved its window, for example.</summary>
    /// <param name="member">The member's index; it is only used to name the member in an error.</param>
    /// <param name="columns">All activities of the member and no others; a member column is not read.</param>
    /// <param name="window">The member's window.</param>
    /// <param name="through">The last day that counts, as a day number.</param>
    /// <exception cref="AggregationOverflowException">A sum does not fit 64 bits.</exception>
    public static unsafe AggregatedTotals AggregateMember(int member, in AggregationColumns columns, DayWindow window, int through)
    {
        fixed (int* days = columns.Days, units = columns.Units, likes = columns.Likes, comments = columns.Comments)
        fixed (long* sales = columns.Sales, views = columns.Views)
        {
            AggregatedTotals totals;
            var pointers = new AggregationPointers(null, days, sales, units, views, likes, comments, columns.Count);
            return AggregationKernels.TrySumRun(AggregationKernels.Best, pointers, 0, columns.Count, window, through, &totals)
                ? totals
                : AggregationNaive.AggregateMember(member, columns, window, through);
        }
    }

    /// <summary>Totals of one member over many windows, its missions for example, in one pass over its activities.</summary>
    /// <param name="member">The member's index; it is only used to name the member in an error.</param>
    /// <param name="columns">All activities of the member and no others; a member column is not read.</param>
    /// <param name="windows">The windows, in any order; they may overlap.</param>
    /// <param name="through">The last day that counts, as a day number.</param>
    /// <param name="totals">Receives the sums over each window, in the order of <paramref name="windows"/>.</param>
    /// <exception cref="ArgumentException">There are more or fewer windows than totals.</exception>
    /// <exception cref="AggregationOverflowException">A sum does not fit 64 bits.</exception>
    public static void AggregateWindows(
        int member, in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<ActivityTotals> totals)
    {
        AggregationRows.RequireWindows(windows.Length, totals.Length);
        AggregationWindows.Aggregate(AggregationKernels.Best, member, columns, windows, through, totals);
    }

    /// <summary>
    /// Copies rows that lie apart, such as one member's among all rows of a store, next to each other, ready for
    /// <see cref="AggregateMember"/> and <see cref="AggregateWindows"/>.
    /// </summary>
    /// <param name="columns">The columns to copy from.</param>
    /// <param name="rows">The rows to copy, in the order wanted.</param>
    /// <returns>The rows, without a member column. They are valid until the next call of this method.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A row is not among the columns.</exception>
    public AggregationColumns Gather(in AggregationColumns columns, ReadOnlySpan<int> rows) => _buffer.Gather(columns, rows);
}
