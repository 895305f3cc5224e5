using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CsvHelper;

namespace Loyalty.Ingest.Csv;

/// <summary>
/// A CSV file read strictly, record by record: records whose shape or encoding is wrong go to the reject handler, faults of the whole file
/// are exceptions. Every record is either given out or rejected.
/// </summary>
/// <remarks>
/// Comma-separated, RFC 4180 quoting, line ends CR, LF and CRLF. UTF-8 with or without byte order mark, UTF-16 with one, or the encoding
/// that is named. Empty lines are no records. Not thread-safe.
/// </remarks>
internal sealed class CsvSource : IDisposable
{
    /// <summary>The longest record, in bytes of UTF-8.</summary>
    public const int MaxRecordLength = 1 << 20;

    /// <summary>The most columns.</summary>
    public const int MaxColumns = 1_000;

    /// <summary>The most cells of records that are read together; bounds memory where there are many columns.</summary>
    private const int MaxCellsAtOnce = 1 << 17;

    private static readonly CsvFault StrayQuote = new(
        "a quote stands inside a field that is not quoted; quote the field and double the quote", OutranksEncoding: true);

    private static readonly CsvFault TextAfterQuote = new(
        "text stands after the closing quote of a field; double quotes that belong to the text", OutranksEncoding: true);

    private readonly SourceStream _source;
    private readonly CsvReader _reader;
    private readonly RejectHandler _onReject;
    private CsvMalformedRecord? _malformed;

    private CsvSource(SourceStream source, RejectHandler onReject, string? headerWith)
    {
        _source = source;
        _onReject = onReject;
        _reader = CsvReader.Create(source.Content, CsvReaderOptions.Default with
        {
            Separator = ',',
            MalformedData = CsvMalformedDataHandling.Recover,
            OnMalformedRecord = m => _malformed ??= m,
            MaxRecordSize = MaxRecordLength,
            TrackLineNumbers = true,
            DetectSeparatorHint = false,
            BufferSize = 1 << 18,
        });
        Names = ReadHeader();
        while (headerWith is not null && !Array.Exists(Names, n => n.Equals(headerWith, StringComparison.OrdinalIgnoreCase)))
        {
            Names = ReadLaterHeader(headerWith);
        }
    }

    /// <summary>The name of the file, without its folder.</summary>
    public string File => _source.Name;

    /// <summary>The header cells, trimmed; they may be blank or stand twice.</summary>
    public string[] Names { get; }

    /// <summary>Records before the header, in files that may have such.</summary>
    public int PreambleRows { get; private set; }

    /// <summary>Whether a record of the wrong shape is no record at all, such as a line of totals; it then counts as skipped. Asked while it is the current one.</summary>
    public Func<CsvSource, bool>? IsNoRecord { get; set; }

    /// <summary>Records of the wrong shape that are none.</summary>
    public long RowsPassedOver { get; private set; }

    /// <summary>Records read so far, rejected ones included.</summary>
    public long RowsRead { get; private set; }

    /// <summary>Records rejected so far.</summary>
    public long RowsRejected { get; private set; }

    /// <summary>Ends reading within some rows, also when all of them are rejected.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>The line where the current record starts.</summary>
    public long Line => _reader.LineNumber;

    /// <summary>The current record as read, without its line end.</summary>
    public ReadOnlySpan<byte> Raw => _reader.RawRecord;

    /// <summary>Whether the encoding was named rather than seen.</summary>
    public bool IsNamed => _source.IsNamed;

    /// <summary>How many bytes of the file were read, for progress.</summary>
    public long BytesRead => _source.BytesRead;

    /// <summary>Where the current record starts, in bytes of UTF-8.</summary>
    public long Offset => _reader.ByteOffset;

    /// <summary>The length of the file in bytes.</summary>
    public long Length => _source.Length;

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onReject">Takes rejected records.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="atOnce">How many bytes one read of the file gives at most; few in tests.</param>
    /// <param name="headerWith">A column by which the header is known, in files where other records may come before it.</param>
    /// <exception cref="SourceException">The file is empty, in another encoding, or has no usable header.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CsvSource Open(
        string path, RejectHandler onReject, Encoding? encoding = null, int atOnce = int.MaxValue, string? headerWith = null)
    {
        ArgumentNullException.ThrowIfNull(onReject);
        var source = SourceStream.Open(path, encoding, atOnce);
        try
        {
            return new CsvSource(source, onReject, headerWith);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _source.Dispose();
    }

    /// <summary>Goes to the next record that has as many cells as the header and is valid UTF-8 without NUL.</summary>
    /// <exception cref="SourceException">A quote is not closed, or a record is too long.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was requested.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Read()
    {
        while (ReadRecord())
        {
            if ((RowsRead++ & 0xFF) == 0)
            {
                Cancellation.ThrowIfCancellationRequested();
            }

            var fault = ShapeFault();
            if (fault is not null && IsNoRecord is { } isNone && isNone(this))
            {
                RowsPassedOver++;
            }
            else if (fault is not { OutranksEncoding: true } && !CsvText.IsValid(_reader.RawRecord))
            {
                RejectEncoding();
            }
            else if (fault is not null)
            {
                Reject(fault.Reason);
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Fills <paramref name="records"/> with the next ones, sound or not; nothing is rejected yet.</summary>
    /// <param name="records">The records.</param>
    /// <param name="most">How many they may be at the most.</param>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="SourceException">As <see cref="Read()"/>.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was requested.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Read(CsvRecords records, int most)
    {
        records.Clear();
        most = MostAtOnce(most);
        while (records.Count < most && records.Length < MaxRecordLength && ReadRecord())
        {
            if ((RowsRead++ & 0xFF) == 0)
            {
                Cancellation.ThrowIfCancellationRequested();
            }

            records.Add(_reader, ShapeFault());
        }

        (records.RowsRead, records.Offset) = (RowsRead, _reader.ByteOffset);
        return records.Count > 0;
    }

    /// <summary>How many records are read together at the most, of those that are wanted.</summary>
    public int MostAtOnce(int wanted) => Math.Clamp(MaxCellsAtOnce / Names.Length, 1, wanted);

    /// <summary>Rejects the records that have a fault.</summary>
    /// <exception cref="OperationCanceledException"><see cref="Cancellation"/> was requested.</exception>
    public void RejectFaulty(CsvRecords records)
    {
        foreach (var (record, column, reason) in records.Faults)
        {
            if ((RowsRejected++ & 0xFF) == 0)
            {
                Cancellation.ThrowIfCancellationRequested();
            }

            _onReject(new Reject
            {
                File = File,
                Line = records.Line(record),
                Column = column < 0 ? string.Empty : Names[column],
                Reason = reason,
                Value = column < 0 ? default : records.Cell(record, column),
                Raw = records.Raw(record),
            });
        }
    }

    /// <summary>Leaves out of the count a record that belongs to the header.</summary>
    public void Forget() => RowsRead--;

    /// <summary>The cell in a column of the current record, unquoted.</summary>
    public ReadOnlySpan<byte> Cell(int column) => _reader.GetSpan(column);

    /// <summary>The cell in a column of the current record, of whatever shape; empty where it has none.</summary>
    public ReadOnlySpan<byte> CellOrEmpty(int column) => column < _reader.FieldCount ? _reader.GetSpan(column) : default;

    /// <summary>Rejects the current record because of a cell.</summary>
    public void Reject(int column, string reason)
    {
        RowsRejected++;
        _onReject(new Reject
        {
            File = File,
            Line = _reader.LineNumber,
            Column = Names[column],
            Reason = reason,
            Value = _reader.GetSpan(column),
            Raw = _reader.RawRecord,
        });
    }

    /// <summary>Compares the length, reads the file once more and compares the hash; a long file, and one that was looked at before, only if its time is another.</summary>
    /// <returns>A fingerprint of the file: 16 hexadecimal digits.</returns>
    /// <exception cref="SourceException">The file changed while it was read.</exception>
    public string ThrowIfChanged() => _source.ThrowIfChanged();

    private string[] ReadHeader()
    {
        try
        {
            _reader.ReadHeader();
        }
        catch (CsvFormatException e)
        {
            throw TooLong(e, 1);
        }

        if (_malformed is not null)
        {
            throw new SourceException(SourceFault.Header, $"{File}: the header has a quote that is not closed or out of place; mend the first line.");
        }

        return ReadHeaderCells();
    }

    private string[] ReadHeaderCells()
    {
        var cells = _reader.Headers;
        if (cells.Count == 0)
        {
            throw new SourceException(SourceFault.Empty, $"{File}: the file is empty; expected a header line. Was the export complete?");
        }

        if (cells.Count > MaxColumns)
        {
            throw new SourceException(
                SourceFault.TooLong,
                string.Create(CultureInfo.InvariantCulture, $"{File}: the header has {cells.Count} columns; at most {MaxColumns} are read."));
        }

        for (var i = 0; i < cells.Count; i++)
        {
            if (cells[i].AsSpan().IndexOfAny('\0', '\uFFFD') >= 0)
            {
                throw new SourceException(SourceFault.Encoding, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{File}: column {i + 1} of the header has bytes that are no text in UTF-8; save the file as UTF-8, or name its encoding."));
            }
        }

        return CsvHeader.Trim(File, cells);
    }

    /// <summary>Makes the next record the header, as in a report whose first line says what it reports.</summary>
    private string[] ReadLaterHeader(string headerWith)
    {
        const int most = 20;
        if (++PreambleRows > most || !ReadRecord())
        {
            throw new SourceException(SourceFault.Header, string.Create(
                CultureInfo.InvariantCulture, $"{File}: no header with '{headerWith}' among the first {most} lines; is this the right export?"));
        }

        RowsRead++;
        _reader.ReadHeader();
        return ReadHeaderCells();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool ReadRecord()
    {
        _malformed = null;
        try
        {
            if (!_reader.Read())
            {
                return false;
            }
        }
        catch (CsvFormatException e)
        {
            throw TooLong(e, e.LineNumber);
        }

        if (_malformed is { Reason: CsvMalformedReason.UnterminatedQuote })
        {
            throw new SourceException(SourceFault.UnclosedQuote, string.Create(
                CultureInfo.InvariantCulture,
                $"{File}: the record that starts on line {_reader.LineNumber} (byte {_reader.ByteOffset}) has a quote that is not closed before the end "
                + $"of the file; the file was cut or a quote is missing. Nothing was taken; get the file anew or mend the line."));
        }

        return true;
    }

    private SourceException TooLong(CsvFormatException e, long line) => new(
        SourceFault.TooLong,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{File}: the record that starts on line {Math.Max(1, line)} (near byte {e.ByteOffset}) is longer than {MaxRecordLength:N0} bytes; "
            + $"probably a quote is not closed. Nothing was taken; mend the line."),
        e);

    /// <summary>Rejects the current record as a whole.</summary>
    public void Reject(string reason)
    {
        RowsRejected++;
        _onReject(new Reject
        {
            File = File,
            Line = _reader.LineNumber,
            Column = string.Empty,
            Reason = reason,
            Raw = _reader.RawRecord,
        });
    }

    private void RejectEncoding()
    {
        for (var i = 0; i < Math.Min(_reader.FieldCount, Names.Length); i++)
        {
            if (CsvText.FaultOf(_reader.GetSpan(i), IsNamed) is { } reason)
            {
                Reject(i, reason);
                return;
            }
        }

        Reject(CsvText.NoText);
    }

    /// <summary>What is wrong with the shape of the current record, if anything.</summary>
    private CsvFault? ShapeFault()
    {
        if (_malformed is { } malformed)
        {
            return malformed.Reason == CsvMalformedReason.StrayQuote ? StrayQuote : TextAfterQuote;
        }

        return _reader.FieldCount == Names.Length ? null : new CsvFault(
            string.Create(CultureInfo.InvariantCulture, $"expected {Names.Length} fields as in the header, found {_reader.FieldCount}{CutHint()}"),
            OutranksEncoding: false);
    }

    /// <summary>Says so when the last record of a file without a final line end is short: the file may have been cut there.</summary>
    private string CutHint() =>
        _reader.FieldCount < Names.Length && _source.EndsInRecord(_reader.RawRecord.Length, _reader.ByteOffset)
            ? string.Create(CultureInfo.InvariantCulture, $"; the file ends inside this record (byte {_reader.ByteOffset}), it may have been cut")
            : string.Empty;
}
