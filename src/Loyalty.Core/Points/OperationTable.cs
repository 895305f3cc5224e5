using System.Runtime.InteropServices;

namespace Loyalty.Points;

/// <summary>What became of a hold.</summary>
internal enum HoldState : byte
{
    Open,
    Committed,
    Released,
    TimedOut,
}

/// <summary>An operation, its result, and what later operations on it need to know.</summary>
internal struct OperationRecord
{
    public LedgerOperation Operation;
    public LedgerResult Result;

    /// <summary>For an order: its lots, -1 for none. For a redemption: the entry in <see cref="Lot"/>.</summary>
    public int Lot;
    public int BonusLot;

    /// <summary>For an order: what was refunded so far, at most its amount.</summary>
    public long Refunded;

    /// <summary>For a redemption: whether its points went back.</summary>
    public bool IsGivenBack;

    public HoldState HoldState;

    /// <summary>What an open hold took from which lots.</summary>
    public List<(int Lot, long Points)>? Hold;
}

/// <summary>All operations ever decided, found by kind and id. Records stay where they are.</summary>
internal sealed class OperationTable
{
    private const int ChunkBits = 12;

    private readonly Dictionary<string, int>[] _numbers;
    private readonly List<OperationRecord[]> _chunks = [];

    public OperationTable()
    {
        _numbers = new Dictionary<string, int>[Enum.GetValues<LedgerOperationKind>().Length];
        for (var kind = 0; kind < _numbers.Length; kind++)
        {
            _numbers[kind] = new(StringComparer.Ordinal);
        }
    }

    public int Count { get; private set; }

    public ref OperationRecord this[int number] => ref _chunks[number >> ChunkBits][number & ((1 << ChunkBits) - 1)];

    public int Find(LedgerOperationKind kind, string id) => _numbers[(int)kind].TryGetValue(id, out var number) ? number : -1;

    /// <summary>The number of the operation with this key; a new record holds the operation.</summary>
    public int Reserve(in LedgerOperation operation, out bool isNew)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers[(int)operation.Kind], operation.Id, out var exists);
        isNew = !exists;
        if (isNew)
        {
            number = Count++;
            if (number >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new OperationRecord[1 << ChunkBits]);
            }

            ref var record = ref this[number];
            record.Operation = operation;
            record.Lot = -1;
            record.BonusLot = -1;
        }

        return number;
    }

    /// <summary>Frees the key of the operation reserved last.</summary>
    public void Forget(in LedgerOperation operation)
    {
        _numbers[(int)operation.Kind].Remove(operation.Id);
        this[--Count] = default;
    }
}
