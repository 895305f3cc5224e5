using System.Runtime.InteropServices;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Where the rows of one member stand in a heap, one after the other.</summary>
internal readonly record struct RowRange(int First, int Count);

/// <summary>Rows without references, in blocks that are never moved: nothing here costs the garbage collector anything.</summary>
/// <remarks>
/// Rows are appended, by any thread, and never changed, so that a copy of a table shares them. Rows that no range names any more are left behind
/// when a table is copied and they are the larger part.
/// </remarks>
internal sealed class RowHeap<TRow>
    where TRow : unmanaged
{
#if DEBUG
    private const int BlockBits = 2;
#else
    private const int BlockBits = 14;
#endif

    private const int BlockMask = (1 << BlockBits) - 1;

    private readonly Lock _lock = new();
    private TRow[][] _blocks = [];

    public int Count { get; private set; }

    public ref readonly TRow this[int row] => ref _blocks[row >> BlockBits][row & BlockMask];

    /// <summary>Appends rows.</summary>
    /// <returns>Where the first of them stands.</returns>
    public int Append(ReadOnlySpan<TRow> rows)
    {
        lock (_lock)
        {
            var first = Count;
            var end = checked(first + rows.Length);
            for (var at = first; at < end;)
            {
                var block = at >> BlockBits;
                if (block == _blocks.Length)
                {
                    // Readers keep the list that they have; all that they name is in it.
                    var more = new TRow[Math.Max(4, _blocks.Length * 2)][];
                    _blocks.CopyTo(more, 0);
                    _blocks = more;
                }

                var free = (_blocks[block] ??= GC.AllocateUninitializedArray<TRow>(BlockMask + 1)).AsSpan(at & BlockMask);
                var taken = Math.Min(free.Length, end - at);
                rows.Slice(at - first, taken).CopyTo(free);
                at += taken;
            }

            Count = end;
            return first;
        }
    }
}

/// <summary>Rows of several members, gathered by one thread and appended together.</summary>
internal sealed class RowBatch<TRow>
    where TRow : unmanaged
{
    private readonly List<TRow> _rows = [];
    private readonly List<(int Member, int Count)> _members = [];

    public ReadOnlySpan<TRow> Rows => CollectionsMarshal.AsSpan(_rows);

    /// <summary>Whose they are, in order.</summary>
    public IReadOnlyList<(int Member, int Count)> Members => _members;

    public void Add(in TRow row) => _rows.Add(row);

    /// <summary>Says that the last rows are those of a member.</summary>
    public void End(int member, int count) => _members.Add((member, count));

    public void Clear()
    {
        _rows.Clear();
        _members.Clear();
    }
}

/// <summary>The ranges of all members in a heap.</summary>
internal sealed class MemberRows<TRow>
    where TRow : unmanaged
{
    private RowRange[] _ranges;

    public MemberRows(int capacity)
    {
        Heap = new();
        _ranges = new RowRange[capacity];
    }

    private MemberRows(RowHeap<TRow> heap, RowRange[] ranges)
    {
        Heap = heap;
        _ranges = ranges;
    }

    public RowHeap<TRow> Heap { get; }

    public RowRange this[int member] => _ranges[member];

    public void EnsureRoom(int capacity)
    {
        if (capacity > _ranges.Length)
        {
            Array.Resize(ref _ranges, capacity);
        }
    }

    /// <summary>Appends the rows of members in the place of those they had.</summary>
    public void Append(RowBatch<TRow> batch)
    {
        var first = Heap.Append(batch.Rows);
        foreach (var (member, count) in batch.Members)
        {
            _ranges[member] = new(first, count);
            first += count;
        }
    }

    /// <summary>A copy that shares the rows; where most of them are nobody's any more, one with those that are.</summary>
    public MemberRows<TRow> Copy(int capacity)
    {
        var ranges = new RowRange[Math.Max(capacity, _ranges.Length)];
        _ranges.CopyTo(ranges, 0);
        var live = 0L;
        foreach (var range in _ranges)
        {
            live += range.Count;
        }

        if (live >= Heap.Count / 2)
        {
            return new(Heap, ranges);
        }

        var copy = new MemberRows<TRow>(new(), ranges);
        var batch = new RowBatch<TRow>();
        for (var member = 0; member < _ranges.Length; member++)
        {
            var (first, count) = _ranges[member];
            for (var row = first; row < first + count; row++)
            {
                batch.Add(Heap[row]);
            }

            batch.End(member, count);
            if (batch.Rows.Length > 4_096)
            {
                copy.Append(batch);
                batch.Clear();
            }
        }

        copy.Append(batch);
        return copy;
    }
}
