using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Memory;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Handles and their dense numbers, in the order in which they came.</summary>
internal sealed class HandleTable
{
    /// <summary>The longest handle, in bytes of UTF-8.</summary>
    public const int MaxLength = (1 << LengthBits) - 1;

    private const int LengthBits = 12;

    private readonly TextHeap _heap;
    private HashSlots _index;

    // Where a handle stands in the heap, and in the lower 12 bits how long it is.
    private long[] _place;

    public HandleTable()
    {
        _heap = new();
        _index = new(64);
        _place = new long[64];
    }

    private HandleTable(HandleTable other)
    {
        _heap = other._heap.Copy();
        _index = other._index.Copy();
        _place = other._place.AsSpan().ToArray();
        Count = other.Count;
    }

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int number] => _heap.From(_place[number] >> LengthBits)[..(int)(_place[number] & MaxLength)];

    public string Text(int number) => Encoding.UTF8.GetString(this[number]);

    public HandleTable Copy() => new(this);

    /// <summary>The number of a handle, or -1.</summary>
    public int Find(ReadOnlySpan<byte> handle) => Find(handle, HashSlots.Hash(handle));

    /// <summary>Asks for the place of a handle in the index.</summary>
    public void Prefetch(uint hash) => _index.Prefetch(hash);

    /// <summary>Asks for the text of the handle that most likely has a hash, whose place in the index is at hand.</summary>
    public void PrefetchLikely(uint hash)
    {
        if (_index.Peek(hash) is var number and >= 0)
        {
            PrefetchText(number);
        }
    }

    /// <summary>Asks for the text of a handle.</summary>
    public void PrefetchText(int number) => Cache.Prefetch(in _heap.At(_place[number] >> LengthBits));

    public int GetOrAdd(ReadOnlySpan<byte> handle) => GetOrAdd(handle, HashSlots.Hash(handle));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int GetOrAdd(ReadOnlySpan<byte> handle, uint hash)
    {
        if (handle.Length > MaxLength)
        {
            throw new ArgumentException($"A handle has at most {MaxLength} bytes.", nameof(handle));
        }

        var number = Find(handle, hash);
        if (number >= 0)
        {
            return number;
        }

        EnsureRoom(1);
        number = Count;
        _place[number] = (_heap.Append(handle) << LengthBits) | (uint)handle.Length;
        _index.Add(hash, number);
        Count++;
        return number;
    }

    public void EnsureRoom(int more)
    {
        _index.EnsureRoom(more);
        if (Count + more > _place.Length)
        {
            Array.Resize(ref _place, Math.Max(_place.Length * 2, Count + more));
        }
    }

    /// <summary>Sorts numbers by their handles, ordinally (UTF-8 order, which is the order of code points).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sort(int[] numbers)
    {
        var prefixes = new UInt128[numbers.Length];
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

    private static UInt128 Prefix(ReadOnlySpan<byte> handle)
    {
        Span<byte> first = stackalloc byte[16];
        first.Clear();
        handle[..Math.Min(16, handle.Length)].CopyTo(first);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
