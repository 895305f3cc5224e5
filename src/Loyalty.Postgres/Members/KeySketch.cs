using System.Runtime.InteropServices;

namespace Loyalty.Postgres.Members;

/// <summary>
/// Remembers which keys may have been seen, in a bounded amount of memory: never says "new" of a key that came before, and says "seen" of a
/// new one about once in ten million after a million keys. The database then looks at those few only.
/// </summary>
/// <remarks>
/// A Bloom filter whose four bits for a key lie in one line of the cache, so that a key costs one access to memory. It is as large as the keys that are expected need;
/// when more come, a filter of the largest size takes those, and the first is asked as well.
/// </remarks>
internal sealed class KeySketch : IDisposable
{
    private const int LeastBits = 10;
    private const int MostBits = 20;

    private readonly Filter _first;
    private Filter? _rest;
    private long _left;

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="expected">How many keys are expected; others only make it slower or larger.</param>
    public KeySketch(long expected)
    {
        var bits = Math.Clamp(64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)Math.Max(1, expected)), LeastBits, MostBits);
        _first = new Filter(bits);
        _left = bits == MostBits ? long.MaxValue : 1L << bits;
    }

    /// <summary>Marks a key as seen.</summary>
    /// <returns>Whether it may have been seen before.</returns>
    public bool Mark(ulong hash)
    {
        if (_rest is not null)
        {
            return _first.Has(hash) | _rest.Mark(hash);
        }

        if (--_left == 0)
        {
            _rest = new Filter(MostBits);
        }

        return _first.Mark(hash);
    }

    public void Dispose()
    {
        _first.Dispose();
        _rest?.Dispose();
    }

    private sealed unsafe class Filter(int blockBits) : IDisposable
    {
        private const int WordsInBlock = 8;

        private readonly int _shift = 64 - blockBits;

        // At most 64 MB of address space; the system gives memory only to the pages that are touched.
        private ulong* _words = (ulong*)NativeMemory.AllocZeroed((nuint)(1u << blockBits) * WordsInBlock * sizeof(ulong));

#pragma warning disable MA0055 // The memory is not the collector's.
        ~Filter() => Free();
#pragma warning restore MA0055

        public bool Mark(ulong hash)
        {
            var block = _words + ((hash >> _shift) * WordsInBlock);
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

        public bool Has(ulong hash)
        {
            var block = _words + ((hash >> _shift) * WordsInBlock);
            var seen = true;
            for (var i = 0; i < 4; i++)
            {
                var bit = (int)(hash >> (9 * i)) & 511;
                seen &= (block[bit >> 6] & (1UL << (bit & 63))) != 0;
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
}
