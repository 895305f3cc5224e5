using System.Runtime.CompilerServices;

namespace Loyalty.Memory;

/// <summary>Bytes that stay: appended into chunks, found again by their position. Spans are valid until the next append.</summary>
internal sealed class TextHeap
{
#if DEBUG
    internal const int ChunkBits = 14;
#else
    internal const int ChunkBits = 22;
#endif
    private const int ChunkSize = 1 << ChunkBits;
    private const int ChunkMask = ChunkSize - 1;
    private const int FirstSize = 4_096;

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkSize;

    public TextHeap Copy()
    {
        var copy = new TextHeap { _used = _used };
        foreach (var chunk in _chunks)
        {
            copy._chunks.Add(chunk.AsSpan().ToArray());
        }

        return copy;
    }

    /// <summary>Appends nothing yet: room for <paramref name="length"/> bytes and where they will stand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Span<byte> Reserve(int length, out long position)
    {
        if (length > ChunkSize - _used)
        {
            // A text longer than a chunk gets chunk numbers of its own, so that positions stay unique.
            var chunks = Math.Max(1, (length + ChunkMask) >> ChunkBits);

            // The first chunk starts small: most heaps of a small store never fill one.
            var chunk = GC.AllocateUninitializedArray<byte>(
                chunks == 1 && _chunks.Count == 0 ? Math.Min(ChunkSize, Math.Max(FirstSize, length)) : chunks << ChunkBits);
            position = (long)_chunks.Count << ChunkBits;
            for (var i = 0; i < chunks; i++)
            {
                _chunks.Add(i == 0 ? chunk : []);
            }

            _used = chunks == 1 ? length : ChunkSize;
            return chunk.AsSpan(0, length);
        }

        if (length > _chunks[^1].Length - _used)
        {
            var grown = GC.AllocateUninitializedArray<byte>(Math.Min(ChunkSize, Math.Max(_used * 2, _used + length)));
            _chunks[^1].AsSpan(0, _used).CopyTo(grown);
            _chunks[^1] = grown;
        }

        position = ((long)(_chunks.Count - 1) << ChunkBits) + _used;
        var span = _chunks[^1].AsSpan(_used, length);
        _used += length;
        return span;
    }

    public long Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length, out var position));
        return position;
    }

    /// <summary>The byte at a position.</summary>
    public ref readonly byte At(long position) => ref _chunks[(int)(position >> ChunkBits)][(int)(position & ChunkMask)];

    /// <summary>The bytes from a position to the end of its chunk.</summary>
    public ReadOnlySpan<byte> From(long position) => _chunks[(int)(position >> ChunkBits)].AsSpan((int)(position & ChunkMask));
}
