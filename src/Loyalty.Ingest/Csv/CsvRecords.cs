using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsvHelper;

namespace Loyalty.Ingest.Csv;

/// <summary>
/// Records copied out of a source, so that their cells can be looked at on one thread while another reads on; each is sound or has a fault.
/// </summary>
internal sealed class CsvRecords
{
    /// <summary>How long most records are, in bytes: room is made for so much at first.</summary>
    private const int UsualLength = 160;

    private readonly int _columns;
    private readonly List<(int Record, int Column, string Reason)> _faults = [];
    private byte[] _text;
    private int _length;
    private Record[] _records;

    // Two for each cell: where it starts and ends in the text.
    private int[] _cells;

    /// <summary>Makes room for so many records of a usual length; it grows with more.</summary>
    public CsvRecords(int columns, int capacity = 16)
    {
        _columns = columns;
        _text = new byte[capacity * UsualLength];
        _records = new Record[capacity];
        _cells = new int[_records.Length * columns * 2];
    }

    public int Count { get; private set; }

    /// <summary>The bytes of all records.</summary>
    public int Length => _length;

    /// <summary>Records of the source up to the last one of these.</summary>
    public long RowsRead { get; set; }

    /// <summary>Where the last one of these starts, in bytes of UTF-8.</summary>
    public long Offset { get; set; }

    /// <summary>Why records are not taken, in their order, the column -1 when the whole record is at fault; complete when all cells were looked at.</summary>
    public IReadOnlyList<(int Record, int Column, string Reason)> Faults => _faults;

    /// <summary>The line where a record starts.</summary>
    public long Line(int record) => _records[record].Line;

    /// <summary>A record as read, without its line end.</summary>
    public ReadOnlySpan<byte> Raw(int record) => _text.AsSpan(_records[record].Start, _records[record].Length);

    /// <summary>A cell, unquoted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Cell(int record, int column)
    {
        var at = ((record * _columns) + column) * 2;
        return _text.AsSpan(_cells[at], _cells[at + 1] - _cells[at]);
    }

    /// <summary>The bytes in which the cells of a record stand, and for each where it starts and ends there.</summary>
    public ReadOnlySpan<int> Cells(int record, out ReadOnlySpan<byte> text)
    {
        text = _text;
        return _cells.AsSpan(record * _columns * 2, _columns * 2);
    }

    public void Clear()
    {
        (Count, _length) = (0, 0);
        _faults.Clear();
    }

    /// <summary>Copies the current record of a reader.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="fault">What is wrong with its shape, if anything.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(CsvReader reader, CsvFault? fault)
    {
        if (Count == _records.Length)
        {
            Array.Resize(ref _records, Count * 2);
            Array.Resize(ref _cells, _cells.Length * 2);
        }

        var raw = reader.RawRecord;

        // The line end keeps the start of the next record from completing a character that this one cut.
        var place = Reserve(raw.Length + 1);
        raw.CopyTo(_text.AsSpan(place));
        _text[place + raw.Length] = (byte)'\n';
        _records[Count] = new Record { Line = reader.LineNumber, Start = place, Length = raw.Length, Fault = fault };
        var cells = _cells.AsSpan(Count * _columns * 2, _columns * 2);
        var fields = reader.FieldCount;
        for (var column = 0; column < _columns; column++)
        {
            // A field that is not there reads as an empty one; its record has a fault. One that was unescaped stands elsewhere.
            var cell = column < fields ? reader.GetSpan(column) : default;
            var offset = Unsafe.ByteOffset(ref MemoryMarshal.GetReference(raw), ref MemoryMarshal.GetReference(cell));
            var start = (nuint)offset < (nuint)raw.Length ? place + (int)offset : Append(cell);
            cells[column * 2] = start;
            cells[(column * 2) + 1] = start + cell.Length;
        }

        Count++;
    }

    /// <summary>Whether a record has the right shape and is valid UTF-8 without NUL; if not, its fault is noted. To be called once for each.</summary>
    /// <param name="record">The record.</param>
    /// <param name="allIsText">Whether <see cref="IsText"/> was true.</param>
    /// <param name="isNamed">Whether the encoding was named.</param>
    public bool IsSound(int record, bool allIsText, bool isNamed)
    {
        var fault = _records[record].Fault;
        if (fault is not { OutranksEncoding: true } && !allIsText && !CsvText.IsValid(Raw(record)))
        {
            NoteEncoding(record, isNamed);
            return false;
        }

        if (fault is { } shape)
        {
            Fail(record, -1, shape.Reason);
            return false;
        }

        return true;
    }

    /// <summary>Whether all records are valid UTF-8 without NUL.</summary>
    public bool IsText() => CsvText.IsValid(_text.AsSpan(0, _length));

    /// <summary>Notes why a record is not taken.</summary>
    public void Fail(int record, int column, string reason) => _faults.Add((record, column, reason));

    private void NoteEncoding(int record, bool isNamed)
    {
        for (var column = 0; column < _columns; column++)
        {
            if (CsvText.FaultOf(Cell(record, column), isNamed) is { } reason)
            {
                Fail(record, column, reason);
                return;
            }
        }

        Fail(record, -1, CsvText.NoText);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Append(ReadOnlySpan<byte> bytes)
    {
        var start = Reserve(bytes.Length);
        bytes.CopyTo(_text.AsSpan(start));
        return start;
    }

    /// <summary>Makes room at the end and returns where it starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Reserve(int length)
    {
        var start = _length;
        if (length > _text.Length - start)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, start + length));
        }

        _length += length;
        return start;
    }

    private struct Record
    {
        public long Line;
        public int Start;
        public int Length;
        public CsvFault? Fault;
    }
}
