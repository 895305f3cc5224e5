using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Activities;

/// <summary>
/// Totals of rows in any order. The totals of many members do not fit the caches, so each row waits for memory: the totals of rows
/// further on are asked for ahead. Threads share the members, not the rows: each picks the rows of its own range of members.
/// </summary>
internal sealed unsafe class AggregationScattered(int threads, int pieceRows, AggregationWorkers? workers) : IAggregationWork
{
    /// <summary>How many rows ahead the totals are asked for.</summary>
    private const int Ahead = 24;

#if DEBUG
    private const int BatchRows = 32;
#else
    private const int BatchRows = 2048;
#endif

    private readonly int[][] _picked = CreateBuffers(threads);
    private AggregationPointers _columns;
    private DayWindow* _windows;
    private MemberTotals* _totals;
    private int _memberCount;
    private int _through;
    private int _pieces;
    private long _bound;
    private volatile bool _stranger;
    private volatile bool _beyond;

    public void Aggregate(in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<MemberTotals> totals)
    {
        fixed (int* members = columns.Members, days = columns.Days, units = columns.Units, likes = columns.Likes, comments = columns.Comments)
        fixed (long* sales = columns.Sales, views = columns.Views)
        fixed (DayWindow* window = windows)
        fixed (MemberTotals* total = totals)
        {
            _columns = new(members, days, sales, units, views, likes, comments, columns.Count);
            _windows = window;
            _totals = total;
            _memberCount = totals.Length;
            _through = through;
            _stranger = false;
            _beyond = false;

            // That many numbers inside the bound add up to less than 2^62.
            _bound = 1L << (62 - BitOperations.Log2((uint)Math.Max(1, columns.Count)) - 1);
            _pieces = columns.Count >= 2 * pieceRows && workers is not null ? threads : 1;
            if (_pieces > 1)
            {
                workers!.Run(this, _pieces);
            }
            else
            {
                Run(0);
            }
        }

        if (_stranger)
        {
            for (var row = 0; row < columns.Count; row++)
            {
                AggregationRows.RequireMember(columns.Members[row], row, totals.Length);
            }
        }

        if (_beyond)
        {
            AggregationNaive.Aggregate(columns, windows, through, totals);
        }
    }

    /// <summary>Sums the rows of one range of members.</summary>
    public void Run(int piece)
    {
        var first = (int)((long)_memberCount * piece / _pieces);
        var count = (int)((long)_memberCount * (piece + 1) / _pieces) - first;
        var columns = _columns;
        new Span<MemberTotals>(_totals + first, count).Clear();
        var picked = _picked[piece].AsSpan();
        for (var start = 0; start < columns.Count; start += BatchRows)
        {
            var rows = Math.Min(BatchRows, columns.Count - start);
            var mine = 0;
            var strangers = 0;
            for (var row = start; row < start + rows; row++)
            {
                var member = columns.Members[row];
                picked[mine] = row;
                mine += (uint)(member - first) < (uint)count ? 1 : 0;
                strangers |= (uint)member >= (uint)_memberCount ? 1 : 0;
            }

            if (strangers != 0)
            {
                _stranger = true;
                return;
            }

            if (!TryAdd(columns, picked[..mine]))
            {
                _beyond = true;
                return;
            }
        }
    }

    private bool TryAdd(in AggregationPointers columns, ReadOnlySpan<int> rows)
    {
        var windows = _windows;
        var totals = _totals;
        var members = columns.Members;
        var through = _through;
        var bound = _bound;
        var beyond = 0L;
        for (var i = 0; i < rows.Length; i++)
        {
            var ahead = members[rows[Math.Min(i + Ahead, rows.Length - 1)]];
            Prefetch(totals + ahead, windows + ahead);
            var row = rows[i];
            var member = members[row];
            var day = columns.Days[row];
            var window = windows[member];
            var counts = day <= through ? -1L : 0L;
            var inside = (uint)(day - window.Start) < (uint)(window.End - window.Start) ? counts : 0L;
            var sales = columns.Sales[row];
            var views = columns.Views[row];
            beyond |= (sales + bound) | (views + bound);
            Add((long*)(totals + member), sales & counts, columns.Units[row] & counts, -counts, views & counts, columns.Likes[row] & counts, columns.Comments[row] & counts);
            Add((long*)(totals + member) + 6, sales & inside, columns.Units[row] & inside, -inside, views & inside, columns.Likes[row] & inside, columns.Comments[row] & inside);
        }

        return (beyond & ~((bound << 1) - 1)) == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(long* sums, long sales, long units, long videos, long views, long likes, long comments)
    {
        sums[0] += sales;
        sums[1] += units;
        sums[2] += videos;
        sums[3] += views;
        sums[4] += likes;
        sums[5] += comments;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(MemberTotals* totals, DayWindow* window)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(totals);
            Sse.Prefetch0((byte*)totals + 64);
            Sse.Prefetch0(window);
        }
    }

    private static int[][] CreateBuffers(int threads)
    {
        var buffers = new int[threads][];
        for (var thread = 0; thread < threads; thread++)
        {
            buffers[thread] = new int[BatchRows];
        }

        return buffers;
    }
}
