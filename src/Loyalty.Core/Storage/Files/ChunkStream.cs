namespace Loyalty.Storage.Files;

/// <summary>Bytes in memory, written once and then read once; unlike those of a <see cref="MemoryStream"/> they may be more than an array holds.</summary>
internal sealed class ChunkStream : Stream
{
    private const int ChunkLength = 1 << 16;

    private readonly List<byte[]> _chunks = [];
    private long _written;
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var (chunk, at) = Math.DivRem(_written, ChunkLength);
            if (chunk == _chunks.Count)
            {
                _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkLength));
            }

            var part = Math.Min(buffer.Length, ChunkLength - (int)at);
            buffer[..part].CopyTo(_chunks[(int)chunk].AsSpan((int)at));
            buffer = buffer[part..];
            _written += part;
        }
    }

    /// <summary>Reads on; a chunk that was read is let go of.</summary>
    public override int Read(Span<byte> buffer)
    {
        var (chunk, at) = Math.DivRem(_read, ChunkLength);
        var part = (int)Math.Min(Math.Min(buffer.Length, ChunkLength - at), _written - _read);
        if (part == 0)
        {
            return 0;
        }

        _chunks[(int)chunk].AsSpan((int)at, part).CopyTo(buffer);
        _read += part;
        if (at + part == ChunkLength)
        {
            _chunks[(int)chunk] = [];
        }

        return part;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
