namespace Loyalty.Points.Ledger;

/// <summary>Where the entries, lots and movements of all members of a ledger lie: side by side in few large arrays; and the ids that entries name by number.</summary>
/// <remarks>
/// Members are many and their lists short and growing. With arrays of their own, most of the time of earning went into collections that copied these arrays.
/// Not thread-safe, so only members of one ledger share it.
/// </remarks>
internal sealed class LedgerArena
{
    /// <summary>Where lines lie; <see langword="null"/>: each member has arrays of its own.</summary>
    public readonly Arena<LedgerLine>? Lines;

    /// <summary>Where movements lie, likewise.</summary>
    public readonly Arena<LotMovement>? Movements;

    private readonly List<string> _ids = [];

    private LedgerArena(bool isShared)
    {
        Lines = isShared ? new() : null;
        Movements = isShared ? new() : null;
    }

    /// <summary>For all members of a ledger.</summary>
    public static LedgerArena Shared() => new(isShared: true);

    /// <summary>For a member who outlives the ledger.</summary>
    public static LedgerArena OfOne() => new(isShared: false);

    /// <summary>The id of a number.</summary>
    public string IdOf(int number) => _ids[number];

    /// <summary>Gives an id a number; that of the last id again when it is the same object, since an operation writes several entries.</summary>
    public int NumberOf(string id)
    {
        if (_ids.Count == 0 || !ReferenceEquals(_ids[^1], id))
        {
            _ids.Add(id);
        }

        return _ids.Count - 1;
    }
}

/// <summary>Blocks of a power of two of items, cut from large arrays; a block given back is used again.</summary>
internal sealed class Arena<T>
{
    private const int FirstChunkBits = 6;
    private const int LastChunkBits = 14;

    private readonly Stack<(T[] Chunk, int Offset)>?[] _free = new Stack<(T[], int)>?[LastChunkBits];
    private T[] _chunk = [];
    private int _used;
    private int _chunkBits = FirstChunkBits;

    /// <summary>A block; what it holds is of no meaning.</summary>
    /// <param name="bits">The power of two that its length is.</param>
    /// <param name="offset">Where it begins.</param>
    public T[] Take(int bits, out int offset)
    {
        offset = 0;
        if (bits >= LastChunkBits)
        {
            return GC.AllocateUninitializedArray<T>(1 << bits);
        }

        if (_free[bits] is { Count: > 0 } free)
        {
            (var chunk, offset) = free.Pop();
            return chunk;
        }

        var length = 1 << bits;
        if (_used + length > _chunk.Length)
        {
            GiveRestBack();

            // Chunks become larger with the ledger, so that a small one stays small.
            _chunkBits = Math.Max(_chunkBits, bits);
            _chunk = GC.AllocateUninitializedArray<T>(1 << _chunkBits);
            _chunkBits = Math.Min(_chunkBits + 1, LastChunkBits);
            _used = 0;
        }

        offset = _used;
        _used += length;
        return _chunk;
    }

    /// <summary>Takes a block back; nobody may look at it any more.</summary>
    public void Return(T[] chunk, int offset, int bits)
    {
        if (bits < LastChunkBits)
        {
            (_free[bits] ??= new()).Push((chunk, offset));
        }
    }

    /// <summary>What a chunk has left becomes free blocks.</summary>
    private void GiveRestBack()
    {
        for (var rest = _chunk.Length - _used; rest > 0; rest &= rest - 1)
        {
            var bits = System.Numerics.BitOperations.TrailingZeroCount(rest);
            Return(_chunk, _used, bits);
            _used += 1 << bits;
        }
    }
}
