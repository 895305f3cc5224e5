using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Loyalty.Storage.Files;

/// <summary>Reads what <see cref="SnapshotWriter"/> wrote; a length that cannot be is refused before memory is taken for it.</summary>
/// <param name="stream">Stands at the beginning of what is read.</param>
/// <param name="length">How many bytes there are at most.</param>
internal sealed class SnapshotReader(Stream stream, long length)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[1 << 16];
    private int _next;
    private int _filled;
    private long _left = length;

    public void Bytes(Span<byte> destination)
    {
        if (destination.Length > _left)
        {
            throw new InvalidDataException("a part is longer than the file");
        }

        _left -= destination.Length;
        while (true)
        {
            var part = Math.Min(destination.Length, _filled - _next);
            _buffer.AsSpan(_next, part).CopyTo(destination);
            _next += part;
            destination = destination[part..];
            if (destination.Length >= _buffer.Length)
            {
                stream.ReadExactly(destination);
                return;
            }

            if (destination.IsEmpty)
            {
                return;
            }

            _filled = stream.ReadAtLeast(_buffer, destination.Length);
            _next = 0;
        }
    }

    public int Int()
    {
        Span<byte> bytes = stackalloc byte[4];
        Bytes(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public long Long()
    {
        Span<byte> bytes = stackalloc byte[8];
        Bytes(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>A number of items of at least <paramref name="size"/> bytes each that follow.</summary>
    public int Count(int size)
    {
        var count = Int();
        return count >= 0 && (long)count * size <= _left ? count : throw new InvalidDataException("a count does not fit the file");
    }

    /// <summary>A whole number of at least 0 and below <paramref name="limit"/>.</summary>
    public int Below(int limit)
    {
        var value = Int();
        return (uint)value < (uint)limit ? value : throw new InvalidDataException("a number is out of its bounds");
    }

    public byte[] TextBytes()
    {
        var bytes = new byte[Count(1)];
        Bytes(bytes);
        return bytes;
    }

    public string Text() => Strict.GetString(TextBytes());

    public T[] Column<T>(int count)
        where T : unmanaged
    {
        var values = GC.AllocateUninitializedArray<T>(count);
        Bytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public void End()
    {
        if (_left != 0)
        {
            throw new InvalidDataException("there is more than the format has");
        }
    }
}
