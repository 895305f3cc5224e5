using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loyalty.Memory;

/// <summary>
/// An open-addressed index from hashes to row numbers; whose row it is, the owner checks. Rows are never removed.
/// </summary>
internal struct HashSlots
{
    private const ulong First = 0x9E37_79B9_7F4A_7C15;
    private const ulong Second = 0xD6E8_FEB8_6659_FD93;

    // Each slot holds the hash in its upper half and the row + 1 in its lower half; 0 is empty.
    private ulong[] _slots;
    private int _count;

    public HashSlots(int capacity) =>
        _slots = new ulong[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 3L / 2))];

    public readonly HashSlots Copy()
    {
        var copy = this;
        copy._slots = _slots.AsSpan().ToArray();
        return copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = (ulong)text.Length * First;
        if (text.Length < 8)
        {
            // What the pieces have in common is mixed in twice, which the length tells apart.
            var few = text.Length >= 4 ? MemoryMarshal.Read<uint>(text) | ((ulong)MemoryMarshal.Read<uint>(text[^4..]) << 32)
                : text.IsEmpty ? 0
                : text[0] | ((ulong)text[text.Length >> 1] << 8) | ((ulong)text[^1] << 16);
            return (uint)(Mix(hash ^ few) >> 32);
        }

        var last = MemoryMarshal.Read<ulong>(text[^8..]);
        for (; text.Length > 8; text = text[8..])
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(text));
        }

        return (uint)(Mix(hash ^ last) >> 32);
    }

    /// <summary>The first slot to look at.</summary>
    public readonly int Start(uint hash) => (int)(hash & (uint)(_slots.Length - 1));

    /// <summary>Asks for the slot of a hash that is looked up soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(uint hash) => Cache.Prefetch(in _slots[Start(hash)]);

    /// <summary>The first row with a hash, or -1: most likely the one that is looked up.</summary>
    public readonly int Peek(uint hash)
    {
        var slot = Start(hash);
        return Next(ref slot, hash);
    }

    /// <summary>Goes on to the next row with this hash: its number, or -1 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly int Next(ref int slot, uint hash)
    {
        var slots = _slots;
        while (true)
        {
            var value = slots[slot];
            slot = (slot + 1) & (slots.Length - 1);
            if (value == 0)
            {
                return -1;
            }

            if ((uint)(value >> 32) == hash)
            {
                return (int)(uint)value - 1;
            }
        }
    }

    public void Add(uint hash, int row)
    {
        EnsureRoom(1);
        Insert(_slots, ((ulong)hash << 32) | (uint)(row + 1));
        _count++;
    }

    public void EnsureRoom(int more)
    {
        var needed = ((long)_count + more) * 3 / 2;
        if (needed <= _slots.Length)
        {
            return;
        }

        var larger = new ulong[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed)];
        foreach (var value in _slots)
        {
            if (value != 0)
            {
                Insert(larger, value);
            }
        }

        _slots = larger;
    }

    private static void Insert(ulong[] slots, ulong value)
    {
        var slot = (int)((uint)(value >> 32) & (uint)(slots.Length - 1));
        while (slots[slot] != 0)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }

        slots[slot] = value;
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value ^ First, Second, out var low);
        return high ^ low;
    }
}
