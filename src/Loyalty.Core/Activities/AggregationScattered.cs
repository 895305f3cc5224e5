using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Activities;

/// <summary>
/// Totals of rows in any order, made anew or corrected. The totals of many members do not fit the caches, and a row that waits for memory
/// takes longer than all its additions; so rows are first dealt out to partitions of neighbouring members whose totals do fit, and
/// then added partition by partition. Rows are taken in slabs, so that the memory for dealing is bounded.
/// </summary>
internal sealed unsafe class AggregationScattered(bool vector, int threads, int pieceRows, AggregationWorkers? workers) : IAggregationWork
{
    /// <summary>
    /// 2^11 members, whose totals and windows (208 kB) stay in the second cache while all of them are made anew; 2^16 for corrections, which
    /// meet most members once: their pages need not stay in more than the address caches.
    /// </summary>
#if DEBUG
    private const int RebuildBits = 2;
    private const int CorrectionBits = 3;
#else
    private const int RebuildBits = 11;
    private const int CorrectionBits = 16;
#endif

    /// <summary>Rows dealt to more partitions than this would wait for the places they are written to.</summary>
    private const int MostPartitions = 1024;

    /// <summary>2^24 rows: 604 MB at most, because every slab reads and writes all totals once.</summary>
#if DEBUG
    private const int SlabRows = 200;
#else
    private const int SlabRows = 1 << 24;
#endif

    private readonly int[] _starts = new int[MostPartitions + 1];
    private int[] _places = [];
    private AggregationDealtRow[] _dealt = [];
    private Slab _removed;
    private Slab _added;
    private DayWindow* _windows;
    private AggregatedTotals* _totals;
    private AggregationDealtRow* _rows;
    private Step _step;
    private bool _rebuild;
    private bool _firstSlab;
    private int _memberCount;
    private int _through;
    private int _bits;
    private int _partitions;
    private long _bound;
    private volatile bool _stranger;
    private volatile bool _beyond;

    private enum Step
    {
        Count,
        Deal,
        Add,
    }

    /// <summary>Makes totals anew.</summary>
    public void Aggregate(in AggregationColumns columns, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        Add(rebuild: true, default, columns, windows, through, totals);
        if (_stranger)
        {
            RequireMembers(columns.Members, totals.Length);
        }

        if (_beyond)
        {
            AggregationNaive.Aggregate(columns, windows, through, totals);
        }
    }

    /// <summary>Corrects totals by the rows that no longer hold and those that hold now; all of it or nothing.</summary>
    public void Apply(
        in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        if ((long)removed.Count + added.Count > SlabRows)
        {
            // One slab is checked as it is counted; of several, the last must not fail when the first is applied.
            RequireMembers(removed.Members, totals.Length);
            RequireMembers(added.Members, totals.Length);
        }

        Add(rebuild: false, removed, added, windows, through, totals);
        if (_stranger)
        {
            RequireMembers(removed.Members, totals.Length);
            RequireMembers(added.Members, totals.Length);
        }

        if (_beyond)
        {
            // Additions modulo 2^64 are undone without a trace, so the exact sums see the totals as they were.
            Add(rebuild: false, added, removed, windows, through, totals);
            AggregationNaive.RequireNoOverflow(removed, added, windows, through, totals);
            Add(rebuild: false, removed, added, windows, through, totals);
        }
    }

    private void Add(
        bool rebuild, in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, Span<AggregatedTotals> totals)
    {
        _rebuild = rebuild;
        _memberCount = totals.Length;
        _through = through;
        _stranger = false;
        _beyond = false;
        _bits = rebuild ? RebuildBits : CorrectionBits;
        while (totals.Length > (long)MostPartitions << _bits)
        {
            _bits++;
        }

        _partitions = (int)((totals.Length + (1L << _bits) - 1) >> _bits);

        // That many numbers inside the bound add up to less than 2^62.
        _bound = 1L << (62 - BitOperations.Log2((uint)Math.Max(1, added.Count)) - 1);
        var slabs = (int)Math.Max(1, ((long)removed.Count + added.Count + SlabRows - 1) / SlabRows);
        Grow((int)Math.Min(SlabRows + 2L, (long)removed.Count + added.Count));
        fixed (int* m = added.Members, d = added.Days, u = added.Units, l = added.Likes, c = added.Comments)
        fixed (int* m2 = removed.Members, d2 = removed.Days, u2 = removed.Units, l2 = removed.Likes, c2 = removed.Comments)
        fixed (long* s = added.Sales, v = added.Views, s2 = removed.Sales, v2 = removed.Views)
        fixed (DayWindow* window = windows)
        fixed (AggregatedTotals* total = totals)
        fixed (AggregationDealtRow* dealt = _dealt)
        {
            _added.Columns = new(m, d, s, u, v, l, c, added.Count);
            _removed.Columns = new(m2, d2, s2, u2, v2, l2, c2, removed.Count);
            _windows = window;
            _totals = total;
            _rows = dealt;
            for (var slab = 0; slab < slabs && !_stranger && !(_beyond && rebuild); slab++)
            {
                _firstSlab = slab == 0;
                _removed.Take(slab, slabs);
                _added.Take(slab, slabs);
                AddSlab();
            }
        }
    }

    private void AddSlab()
    {
        var large = _removed.Count + _added.Count >= 2 * pieceRows;
        _removed.Shares = _removed.Count == 0 ? 0 : large ? threads : 1;
        _added.Shares = large ? threads : 1;
        var shares = _removed.Shares + _added.Shares;
        Start(Step.Count, shares, large);
        if (_stranger)
        {
            return;
        }

        // Within a partition the rows of one share follow those of another; the removed ones come first.
        var place = 0;
        for (var partition = 0; partition < _partitions; partition++)
        {
            _starts[partition] = place;
            for (var share = 0; share < shares; share++)
            {
                ref var count = ref _places[(share * MostPartitions) + partition];
                (count, place) = (place, place + count);
            }
        }

        _starts[_partitions] = place;
        Start(Step.Deal, shares, large);
        Start(Step.Add, _partitions, large);
    }

    private void Start(Step step, int pieces, bool large)
    {
        _step = step;
        if (large && workers is not null)
        {
            workers.Run(this, pieces);
            return;
        }

        for (var piece = 0; piece < pieces; piece++)
        {
            Run(piece);
        }
    }

    public void Run(int piece)
    {
        if (_step == Step.Add)
        {
            AddPartition(piece);
            return;
        }

        var places = _places.AsSpan(piece * MostPartitions, _partitions);
        var slab = piece < _removed.Shares ? _removed : _added;
        var (start, end) = slab.Share(piece < _removed.Shares ? piece : piece - _removed.Shares);
        if (_step == Step.Count)
        {
            Count(slab.Columns, start, end, places);
        }
        else
        {
            Deal(slab.Columns, start, end, places);
        }
    }

    private void Count(in AggregationPointers columns, int start, int end, Span<int> counts)
    {
        counts.Clear();
        var members = columns.Members;
        var bits = _bits;
        fixed (int* count = counts)
        {
            for (var row = start; row < end; row++)
            {
                var member = members[row];
                if ((uint)member >= (uint)_memberCount)
                {
                    _stranger = true;
                    return;
                }

                count[member >> bits]++;
            }
        }
    }

    private void Deal(AggregationPointers columns, int start, int end, Span<int> places)
    {
        var bits = _bits;
        var bound = _bound;
        var beyond = 0L;
        var dealt = _rows;
        fixed (int* place = places)
        {
            for (var row = start; row < end; row++)
            {
                var member = columns.Members[row];
                var sales = columns.Sales[row];
                var views = columns.Views[row];
                beyond |= (sales + bound) | (views + bound);
                var to = dealt + place[member >> bits]++;
                to->Sales = sales;
                to->Views = views;
                to->Units = columns.Units[row];
                to->Likes = columns.Likes[row];
                to->Comments = columns.Comments[row];
                to->Day = columns.Days[row];
                to->Member = member;
            }
        }

        if (_rebuild && (beyond & ~((bound << 1) - 1)) != 0)
        {
            _beyond = true;
        }
    }

    private void AddPartition(int partition)
    {
        var first = partition << _bits;
        var members = Math.Min(1 << _bits, _memberCount - first);
        var start = _rows + _starts[partition];
        var end = _rows + _starts[partition + 1];
        if (_rebuild)
        {
            if (_firstSlab)
            {
                new Span<AggregatedTotals>(_totals + first, members).Clear();
            }
            else
            {
                Prefetch(_totals + first, members * sizeof(AggregatedTotals));
            }

            Prefetch(_windows + first, members * sizeof(DayWindow));
            AggregationDealtRow.Add(start, end, _windows, _through, _totals, AggregationMode.Rebuild, vector);
            return;
        }

        // After dealing, the place of a share is the end of its rows.
        var added = _removed.Shares == 0 ? start : _rows + _places[((_removed.Shares - 1) * MostPartitions) + partition];
        var beyond = AggregationDealtRow.Add(start, added, _windows, _through, _totals, AggregationMode.Remove, vector)
            | AggregationDealtRow.Add(added, end, _windows, _through, _totals, AggregationMode.Insert, vector);
        if (beyond < 0)
        {
            _beyond = true;
        }
    }

    /// <summary>Brings neighbouring totals into the cache at once: rows ask for them in no order.</summary>
    private static void Prefetch(void* memory, int bytes)
    {
        if (Sse.IsSupported)
        {
            for (var line = 0; line < bytes; line += 64)
            {
                Sse.Prefetch1((byte*)memory + line);
            }
        }
    }

    private static void RequireMembers(ReadOnlySpan<int> members, int count)
    {
        for (var row = 0; row < members.Length; row++)
        {
            AggregationRows.RequireMember(members[row], row, count);
        }
    }

    private void Grow(int rows)
    {
        if (_places.Length == 0)
        {
            _places = new int[2 * threads * MostPartitions];
        }

        if (_dealt.Length < rows)
        {
            // Half as much again, so that batches that grow a little do not allocate each time.
            _dealt = GC.AllocateUninitializedArray<AggregationDealtRow>(Math.Max(rows, (int)Math.Min(_dealt.Length * 3L / 2, SlabRows)));
        }
    }

    /// <summary>A stretch of rows, cut into as many shares as there are threads.</summary>
    private struct Slab
    {
        public AggregationPointers Columns;
        public int Start;
        public int Count;
        public int Shares;

        public void Take(int slab, int slabs)
        {
            Start = (int)((long)Columns.Count * slab / slabs);
            Count = (int)((long)Columns.Count * (slab + 1) / slabs) - Start;
        }

        public readonly (int Start, int End) Share(int share) =>
            (Start + (int)((long)Count * share / Shares), Start + (int)((long)Count * (share + 1) / Shares));
    }
}
