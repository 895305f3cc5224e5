using Loyalty.Memory;

namespace Loyalty.Points.Ledger;

/// <summary>All operations ever decided, found by kind and id. Records stay where they are.</summary>
internal sealed class OperationTable
{
    private const int ChunkBits = 12;

    private readonly List<OperationRecord[]> _chunks = [];
    private HashSlots _slots = new(0);

    public int Count { get; private set; }

    public ref OperationRecord this[int number] => ref _chunks[number >> ChunkBits][number & ((1 << ChunkBits) - 1)];

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
        if (Count >> ChunkBits == _chunks.Count)
        {
            _chunks.Add(new OperationRecord[1 << ChunkBits]);
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
}
