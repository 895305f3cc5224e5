using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Orders;

/// <summary>
/// A fingerprint of a record, cell by cell: known columns by their values, others by their text. Blank cells, the order of columns and the way an
/// amount or a date is written make no difference.
/// </summary>
internal sealed class RecordFingerprint
{
    private const int ValueLength = 16;

    private readonly (int Column, byte[] Name)[] _cells;
    private readonly int[] _known;
    private readonly bool[] _isSet;
    private readonly byte[] _values;
    private readonly byte[]?[] _texts;
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public RecordFingerprint(CsvHeader header, int columns)
    {
        _isSet = new bool[columns];
        _values = new byte[columns * ValueLength];
        _texts = new byte[columns][];
        _known = new int[header.Names.Length];
        Array.Fill(_known, -1);
        for (var i = 0; i < columns; i++)
        {
            if (header[i] >= 0)
            {
                _known[header[i]] = i;
            }
        }

        // A known column by its number, since it goes by several names.
        _cells =
        [
            .. header.Names.Select((name, i) => (Column: i, Name: _known[i] >= 0 ? [(byte)_known[i]] : Encoding.UTF8.GetBytes(name.ToUpperInvariant())))
                .OrderBy(static c => c.Name, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b))),
        ];
    }

    public void Clear() => Array.Clear(_isSet);

    public void Set(int column, DateTime time)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Value(column), time.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(Value(column)[8..], 0);
    }

    public void Set(int column, decimal amount)
    {
        // Without needless zeros behind the point.
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(amount / 1.0000000000000000000000000000m, bits);
        MemoryMarshal.AsBytes(bits).CopyTo(Value(column));
    }

    public void Set(int column, ReadOnlySpan<byte> text)
    {
        _texts[column] = text.ToArray();
        _isSet[column] = true;
    }

    public UInt128 Make(CsvSource source)
    {
        _buffer.ResetWrittenCount();
        Span<byte> length = stackalloc byte[4];
        foreach (var (at, name) in _cells)
        {
            var known = _known[at];
            var cell = CellText.Trim(source.Cell(at));
            if (CellText.IsMissing(cell))
            {
                continue;
            }

            if (known >= 0 && _isSet[known])
            {
                cell = _texts[known] ?? _values.AsSpan(known * ValueLength, ValueLength);
            }

            _buffer.Write(name);
            BinaryPrimitives.WriteInt32LittleEndian(length, cell.Length);
            _buffer.Write(length);
            _buffer.Write(cell);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer.WrittenSpan, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private Span<byte> Value(int column)
    {
        _texts[column] = null;
        _isSet[column] = true;
        return _values.AsSpan(column * ValueLength, ValueLength);
    }
}
