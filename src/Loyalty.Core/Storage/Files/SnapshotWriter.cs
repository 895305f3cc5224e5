using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Loyalty.Storage.Files;

/// <summary>Writes little-endian values and hashes all that it writes.</summary>
internal sealed class SnapshotWriter(Stream stream, int bufferSize = 1 << 20) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(bufferSize);
    private int _used;
    private long _flushed;

    /// <summary>How many bytes were written so far.</summary>
    public long Position => _flushed + _used;

    public void Dispose() => _hash.Dispose();

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _buffer.Length - _used)
        {
            var part = _buffer.Length - _used;
            bytes[..part].CopyTo(_buffer.AsSpan(_used));
            bytes = bytes[part..];
            _used = _buffer.Length;
            Flush();
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    public void Int(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Bytes(bytes);
    }

    public void Long(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Bytes(bytes);
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        Int(utf8.Length);
        Bytes(utf8);
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Int(length);
        if (length > _buffer.Length - _used)
        {
            Bytes(Encoding.UTF8.GetBytes(text));
            return;
        }

        _used += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_used));
    }

    /// <summary>A column of numbers, without its length.</summary>
    public void Column<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Snapshots are written on little-endian machines.");
        }

        Bytes(MemoryMarshal.AsBytes(values));
    }

    /// <summary>Writes the hash of everything before it.</summary>
    public void Seal()
    {
        Flush();
        stream.Write(_hash.GetHashAndReset());
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _used);
        stream.Write(_buffer, 0, _used);
        _flushed += _used;
        _used = 0;
    }
}
