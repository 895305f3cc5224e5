using System.Runtime.InteropServices;

namespace Loyalty.Postgres.Members;

/// <summary>
/// Remembers which keys may have been seen, in a fixed amount of memory: never says "new" of a key that came before, and says "seen" of a
/// new one about once in ten million after a million keys. The database then looks at those few only.
/// </summary>
/// <remarks>A Bloom filter whose four bits for a key lie in one line of the cache, so that a key costs one access to memory.</remarks>
internal sealed unsafe class KeySketch : IDisposable
{
    private const int BlockBits = 20;
    private const int WordsInBlock = 8;

    // 64 MB of address space; the system gives memory only to the pages that are touched.
    private ulong* _words = (ulong*)NativeMemory.AllocZeroed((1u << BlockBits) * WordsInBlock * sizeof(ulong));

#pragma warning disable MA0055 // The memory is not the collector's.
    ~KeySketch() => Free();
#pragma warning restore MA0055

    /// <summary>Marks a key as seen.</summary>
    /// <returns>Whether it may have been seen before.</returns>
    public bool Mark(ulong hash)
    {
        var block = _words + ((hash >> (64 - BlockBits)) * WordsInBlock);
        var seen = true;
        for (var i = 0; i < 4; i++)
        {
            var bit = (int)(hash >> (9 * i)) & 511;
            ref var word = ref block[bit >> 6];
            var mask = 1UL << (bit & 63);
            seen &= (word & mask) != 0;
            word |= mask;
        }

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
