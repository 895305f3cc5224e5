using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loyalty.Activities;

/// <summary>Totals of rows grouped by member: one run of rows after the other, each total written once.</summary>
internal sealed unsafe class AggregationGrouped(AggregationKernel kernel, int pieceRows, AggregationWorkers? workers) : IAggregationWork
{
    private readonly Lock _gate = new();
    private AggregationPointers _columns;
    private DayWindow* _windows;
    private AggregatedTotals* _totals;
    private int _memberCount;
    private int _through;
    private int _pieces;
    private bool _disorder;
    private AggregationOverflowException? _overflow;

    public void Aggregate(in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        fixed (int* members = columns.Members, days = columns.Days, units = columns.Units, likes = columns.Likes, comments = columns.Comments)
        fixed (long* sales = columns.Sales, views = columns.Views)
        fixed (DayWindow* window = windows)
        fixed (AggregatedTotals* total = totals)
        {
            _columns = new(members, days, sales, units, views, likes, comments, columns.Count);
            _windows = window;
            _totals = total;
            _memberCount = totals.Length;
            _through = through;
            _disorder = false;
            _overflow = null;
            _pieces = Math.Max(1, columns.Count / pieceRows);
            if (_pieces > 1 && workers is not null)
            {
                workers.Run(this, _pieces);
            }
            else
            {
                _pieces = 1;
                Run(0);
            }
        }

        if (_disorder)
        {
            ThrowDisorder(columns.Members, totals.Length);
        }

        if (_overflow is not null)
        {
            throw _overflow;
        }
    }

    public void Run(int piece)
    {
        var start = PieceStart(piece);
        var end = PieceStart(piece + 1);
        var firstMember = piece == 0 ? 0 : MemberAt(start);
        var endMember = piece == _pieces - 1 ? _memberCount : MemberAt(end);
        var ordered = kernel switch
        {
            AggregationKernel.Vector512 => TryAggregate<Vector512Kernel>(start, end, firstMember, endMember),
            AggregationKernel.Vector256 => TryAggregate<Vector256Kernel>(start, end, firstMember, endMember),
            AggregationKernel.Vector128 => TryAggregate<Vector128Kernel>(start, end, firstMember, endMember),
            _ => TryAggregate<ScalarKernel>(start, end, firstMember, endMember),
        };
        if (!ordered)
        {
            _disorder = true;
        }
    }

    /// <summary>Sums the rows [start, end), which hold all activities of the members [firstMember, endMember).</summary>
    private bool TryAggregate<TKernel>(int start, int end, int firstMember, int endMember)
        where TKernel : struct, IAggregationKernel
    {
        var columns = _columns;
        var members = columns.Members;
        var totals = _totals;
        var windows = _windows;
        var through = _through;
        var next = firstMember;
        for (var row = start; row < end;)
        {
            var member = members[row];
            if (member < next || member >= endMember)
            {
                return false;
            }

            for (; next < member; next++)
            {
                totals[next] = default;
            }

            var runEnd = RunEnd(members, row, end);
            if (!AggregationKernels.TrySumRun<TKernel>(columns, row, runEnd, windows[member], through, totals + member))
            {
                SumExactly(member, row, runEnd);
            }

            next = member + 1;
            row = runEnd;
        }

        for (; next < endMember; next++)
        {
            totals[next] = default;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SumExactly(int member, int start, int end)
    {
        try
        {
            _totals[member] = AggregationNaive.AggregateMember(member, _columns.Rows(start, end), _windows[member], _through);
        }
        catch (AggregationOverflowException overflow)
        {
            lock (_gate)
            {
                if (_overflow is null || member < _overflow.Member)
                {
                    _overflow = overflow;
                }
            }
        }
    }

    /// <summary>
    /// Where a piece starts: at its even share of the rows, moved on to the next member's first row. A search by halves, because one member
    /// may have all rows; in rows out of order it finds some row, the same for the piece before, and the piece that holds the
    /// descent, or ends at it, still meets it.
    /// </summary>
    private int PieceStart(int piece)
    {
        var row = (int)((long)_columns.Count * piece / _pieces);
        if (row == 0 || row == _columns.Count)
        {
            return row;
        }

        var member = _columns.Members[row - 1];
        var (low, high) = (row, _columns.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _columns.Members[middle] > member ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private int MemberAt(int row) => row == _columns.Count ? _memberCount : Math.Clamp(_columns.Members[row], 0, _memberCount);

    /// <summary>The first row after <paramref name="row"/> that belongs to another member.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RunEnd(int* members, int row, int end)
    {
        var member = members[row++];
        if (Vector256.IsHardwareAccelerated)
        {
            for (; row <= end - Vector256<int>.Count; row += Vector256<int>.Count)
            {
                var others = ~Vector256.Equals(Vector256.Load(members + row), Vector256.Create(member)).ExtractMostSignificantBits() & 0xFF;
                if (others != 0)
                {
                    return row + BitOperations.TrailingZeroCount(others);
                }
            }
        }

        while (row < end && members[row] == member)
        {
            row++;
        }

        return row;
    }

    /// <summary>Names the first row that is out of order, whatever piece met it.</summary>
    private static void ThrowDisorder(ReadOnlySpan<int> members, int memberCount)
    {
        var previous = 0;
        for (var row = 0; row < members.Length; row++)
        {
            AggregationRows.RequireMember(members[row], row, memberCount);
            if (members[row] < previous)
            {
                throw new ArgumentException(
                    $"Row {row} belongs to member {members[row]} and the row before it to member {previous}; rows must be grouped by member in ascending order. Sort them, or aggregate them as scattered rows.",
                    nameof(members));
            }

            previous = members[row];
        }
    }
}

/// <summary>Checks of rows that all ways of aggregation share.</summary>
internal static class AggregationRows
{
    public static void RequireMember(int member, int row, int memberCount)
    {
        if ((uint)member >= (uint)memberCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(member), member, $"Row {row} belongs to member {member}, but there are totals for members 0 to {memberCount - 1} only.");
        }
    }

    public static void RequireWindows(int windows, int totals)
    {
        if (windows != totals)
        {
            throw new ArgumentException($"There are {windows} windows for the totals of {totals} members; give one window for each member.", nameof(windows));
        }
    }
}
