using System.Text;

namespace Loyalty.Storage.InMemory;

/// <summary>Handles and their dense numbers, in the order in which they came.</summary>
internal sealed class HandleTable
{
    private readonly TextHeap _heap;
    private HashSlots _index;
    private long[] _position;
    private int[] _length;

    public HandleTable()
    {
        _heap = new();
        _index = new(64);
        _position = new long[64];
        _length = new int[64];
    }

    private HandleTable(HandleTable other)
    {
        _heap = other._heap.Copy();
        _index = other._index.Copy();
        _position = other._position.AsSpan().ToArray();
        _length = other._length.AsSpan().ToArray();
        Count = other.Count;
    }

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int number] => _heap.From(_position[number])[.._length[number]];

    public string Text(int number) => Encoding.UTF8.GetString(this[number]);

    public HandleTable Copy() => new(this);

    /// <summary>The number of a handle, or -1.</summary>
    public int Find(ReadOnlySpan<byte> handle) => Find(handle, HashSlots.Hash(handle));

    public int GetOrAdd(ReadOnlySpan<byte> handle)
    {
        var hash = HashSlots.Hash(handle);
        var number = Find(handle, hash);
        if (number >= 0)
        {
            return number;
        }

        EnsureRoom(1);
        number = Count;
        _position[number] = _heap.Append(handle);
        _length[number] = handle.Length;
        _index.Add(hash, number);
        Count++;
        return number;
    }

    public void EnsureRoom(int more)
    {
        _index.EnsureRoom(more);
        if (Count + more > _position.Length)
        {
            var size = Math.Max(_position.Length * 2, Count + more);
            Array.Resize(ref _position, size);
            Array.Resize(ref _length, size);
        }
    }

    /// <summary>Sorts numbers by their handles, ordinally (UTF-8 order, which is the order of code points).</summary>
    public void Sort(int[] numbers)
    {
        var prefixes = new ulong[numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            prefixes[i] = Prefix(this[numbers[i]]);
        }

        Array.Sort(prefixes, numbers);
        for (var start = 0; start < numbers.Length;)
        {
            var end = start + 1;
            while (end < numbers.Length && prefixes[end] == prefixes[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                numbers.AsSpan(start, end - start).Sort((a, b) => this[a].SequenceCompareTo(this[b]));
            }

            start = end;
        }
    }

    private static ulong Prefix(ReadOnlySpan<byte> handle)
    {
        Span<byte> first = stackalloc byte[8];
        first.Clear();
        handle[..Math.Min(8, handle.Length)].CopyTo(first);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(first);
    }

    private int Find(ReadOnlySpan<byte> handle, uint hash)
    {
        for (var slot = _index.Start(hash); ;)
        {
            var number = _index.Next(ref slot, hash);
            if (number < 0 || this[number].SequenceEqual(handle))
            {
                return number;
            }
        }
    }
}
