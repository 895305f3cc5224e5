using System.Numerics;
using System.Runtime.CompilerServices;
using Loyalty.Memory;

namespace Loyalty.Points.Ledger;

/// <summary>All operations ever decided, found by kind and id. Records stay where they are.</summary>
internal sealed class OperationTable
{
    private const int ChunkBits = 12;

    // The first chunks are small and double: most tables are those of a batch, and one of full size is a large object, which costs a collection of everything.
    private const int FirstBits = 4;
    private const int GrowingChunks = ChunkBits - FirstBits;

    private readonly List<OperationRecord[]> _chunks = [];
    private HashSlots _slots = new(0);
    private int _room;

    public int Count { get; private set; }

    public ref OperationRecord this[int number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref number >> ChunkBits is var chunk and > 0 ? ref _chunks[chunk + GrowingChunks][number & ((1 << ChunkBits) - 1)] : ref Early(number);
    }

    public static uint Hash(LedgerOperationKind kind, string id) => (uint)id.GetHashCode(StringComparison.Ordinal) + ((uint)kind * 0x9E37_79B9);

    public int Find(LedgerOperationKind kind, string id) => Find(kind, id, Hash(kind, id));

    public int Find(LedgerOperationKind kind, string id, uint hash)
    {
        var slot = _slots.Start(hash);
        var number = _slots.Next(ref slot, hash);
        while (number >= 0 && !this[number].IsOf(kind, id))
        {
            number = _slots.Next(ref slot, hash);
        }

        return number;
    }

    /// <summary>Writes down an operation that is not in the table, under the number it has when it is kept. Nobody finds it before.</summary>
    public int Propose(in LedgerOperation operation)
    {
        if (Count == _room)
        {
            var length = Math.Min(Math.Max(1 << FirstBits, _room), 1 << ChunkBits);
            _chunks.Add(new OperationRecord[length]);
            _room += length;
        }

        ref var record = ref this[Count];
        record.Operation = operation;
        record.Lot = -1;
        record.BonusLot = -1;
        return Count;
    }

    /// <summary>Keeps the operation proposed last.</summary>
    public void Keep(uint hash) => _slots.Add(hash, Count++);

    /// <summary>Leaves no trace of the operation proposed last.</summary>
    public void Drop() => this[Count] = default;

    /// <summary>Asks for the slot of a hash that is looked up soon.</summary>
    public void Prefetch(uint hash) => _slots.Prefetch(hash);

    /// <summary>Asks for the operation that most likely has a hash.</summary>
    public void PrefetchNumbered(uint hash)
    {
        if (_slots.Peek(hash) is var number and >= 0)
        {
            Cache.Prefetch(in this[number]);
        }
    }

    /// <summary>A record of the chunks that double: from 0, from 16, from 32 and so on.</summary>
    private ref OperationRecord Early(int number)
    {
        var bits = BitOperations.Log2((uint)number | (1 << (FirstBits - 1)));
        return ref bits < FirstBits ? ref _chunks[0][number] : ref _chunks[bits - FirstBits + 1][number - (1 << bits)];
    }
}
