using System.Runtime.InteropServices;
using Loyalty.Storage.InMemory;

namespace Loyalty.Postgres.Sync;

/// <summary>
/// Remembers which keys may have been seen, in a fixed amount of memory: never says "new" of a key that came before, and says "seen" of a
/// new one about once in a thousand after a million keys. The database then looks at those few only.
/// </summary>
internal sealed unsafe class KeySketch : IDisposable
{
    private const int Bits = 29;

    // 64 MB of address space; the system gives memory only to the pages that are touched.
    private ulong* _words = (ulong*)NativeMemory.AllocZeroed(1u << (Bits - 3));

#pragma warning disable MA0055 // The memory is not the collector's.
    ~KeySketch() => Free();
#pragma warning restore MA0055

    /// <summary>Marks a key as seen.</summary>
    /// <returns>Whether it may have been seen before.</returns>
    public bool Mark(ReadOnlySpan<byte> key)
    {
        var bit = HashSlots.Hash(key) >> (32 - Bits);
        ref var word = ref _words[bit >> 6];
        var mask = 1UL << (int)(bit & 63);
        var seen = (word & mask) != 0;
        word |= mask;
        return seen;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_words);
        _words = null;
    }
}
