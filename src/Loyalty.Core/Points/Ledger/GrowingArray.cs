using System.Numerics;
using System.Runtime.CompilerServices;

namespace Loyalty.Points.Ledger;

/// <summary>A list that is part of its owner; nothing is taken while it is empty. A span of it is of no use after the next item was added.</summary>
/// <remarks>A value to be kept in a field and never copied.</remarks>
internal struct GrowingArray<T>
{
    private const int FirstLength = 4;

    /// <summary>Holds a block, which is full whenever the count is a power of two, but for the first ones.</summary>
    private T[]? _chunk;
    private int _offset;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<T> Span => new(_chunk, _offset, Count);

    // Behind the block lies that of another list, so the bounds of the array are not enough.
    public readonly ref T this[int index] => ref (uint)index < (uint)Count ? ref _chunk![_offset + index] : ref Outside();

    /// <summary>Adds an item, and moves the others where there is no room.</summary>
    /// <param name="arena">Where room is taken: the same one each time; <see langword="null"/> for an array of its own.</param>
    /// <param name="item">The item.</param>
    public void Add(Arena<T>? arena, in T item) => Add(arena) = item;

    /// <summary>Adds an item for the caller to write; it is of no meaning before.</summary>
    public ref T Add(Arena<T>? arena)
    {
        if (_chunk is null || (Count >= FirstLength && BitOperations.IsPow2(Count)))
        {
            Grow(arena);
        }

        return ref _chunk![_offset + Count++];
    }

    public void AddRange(Arena<T>? arena, ReadOnlySpan<T> items)
    {
        foreach (ref readonly var item in items)
        {
            Add(arena, item);
        }
    }

    /// <summary>Where an item lies or the next one most likely will; nothing where that is not in the array. For asking for the memory only.</summary>
    public readonly ref readonly T Near(int index)
    {
        var place = _offset + index;
        return ref _chunk is { } chunk && (uint)place < (uint)chunk.Length ? ref chunk[place] : ref Unsafe.NullRef<T>();
    }

    private static ref T Outside() => throw new InvalidOperationException("An item behind the end of a list was asked for.");

    private void Grow(Arena<T>? arena)
    {
        var bits = BitOperations.Log2((uint)Math.Max(FirstLength, 2 * Count));
        var offset = 0;
        var chunk = arena is null ? new T[1 << bits] : arena.Take(bits, out offset);
        if (_chunk is { } before)
        {
            Array.Copy(before, _offset, chunk, offset, Count);
            arena?.Return(before, _offset, bits - 1);
        }

        (_chunk, _offset) = (chunk, offset);
    }
}
