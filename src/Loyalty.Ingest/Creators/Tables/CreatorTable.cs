using Loyalty.Money;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Activities;
using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators.Tables;

/// <summary>A file of creators, row by row: cells by the columns of its source, values read as the options say, what they say put into the statements.</summary>
internal sealed partial class CreatorTable
{
    private const int NotRead = -2;
    private const int NoValue = -1;
    private const int MaskBit = 1 << 30;

    private readonly CsvSource _source;
    private readonly CsvHeader _header;
    private readonly CellReading _reading;
    private readonly CurrencySigns _signs;
    private readonly string _region;
    private readonly byte[] _handle = new byte[Handle.MaxUtf8Length];
    private readonly byte[] _email = new byte[EmailAddress.MaxUtf8Length];
    private int[] _read = [];
    private byte[] _record = new byte[1_024];
    private int _recordLength;
    private int _handleLength;

    public CreatorTable(CsvSource source, CsvHeader header, SourceStatements statements, CellReading reading)
    {
        (_source, _header, Statements, _reading) = (source, header, statements, reading);
        (_signs, _region) = (reading.Signs, reading.Region.Code);
    }

    public SourceStatements Statements { get; }

    /// <summary>The line where the current record starts.</summary>
    public long Line => _source.Line;

    /// <summary>The current record as read.</summary>
    public ReadOnlySpan<byte> Raw => _source.Raw;

    /// <summary>The record composed by <see cref="Append(ReadOnlySpan{byte})"/>; its cells end with NUL.</summary>
    public ReadOnlySpan<byte> Record => _record.AsSpan(0, _recordLength);

    /// <summary>The handle read last.</summary>
    public ReadOnlySpan<byte> HandleText => _handle.AsSpan(0, _handleLength);

    /// <summary>The trimmed cell of a column; empty where it says that there is no value, or the file does not have the column.</summary>
    public ReadOnlySpan<byte> this[int column]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_header[column] is not (var at and >= 0))
            {
                return default;
            }

            var cell = CellText.Trim(_source.Cell(at));
            return CellText.IsMissing(cell) ? default : cell;
        }
    }

    /// <summary>Goes to the next sound record that does not repeat the header.</summary>
    public bool Read()
    {
        while (_source.Read())
        {
            if (!IsHeader())
            {
                return true;
            }

            Skip();
        }

        return false;
    }

    /// <summary>Counts the current record as none.</summary>
    public void Skip() => Statements.RowsSkipped++;

    /// <summary>Rejects the current record because of a cell.</summary>
    public bool Reject(int column, string reason)
    {
        if (_header[column] is var at and >= 0)
        {
            _source.Reject(at, reason);
        }
        else
        {
            _source.Reject(reason);
        }

        return false;
    }

    /// <summary>Reads the handle of a row; rejects the row when it is none.</summary>
    public bool TryHandle(int column)
    {
        var fault = CellHandle.TryTikTok(_source.Cell(_header[column]), _handle, out _handleLength);
        return fault is null || Reject(column, fault);
    }

    /// <summary>The creator of the handle read last.</summary>
    public int Creator() => Statements.Creator(HandleText);

    /// <summary>Says the e-mail address of a cell, if it is one.</summary>
    public void SayEmail(int creator, int column)
    {
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return;
        }

        var reason = EmailAddress.Normalize(cell, _email, out var length);
        if (reason == EmailReason.None)
        {
            Statements.Say(creator, CreatorField.Email, _email.AsSpan(0, length), Line);
        }
        else
        {
            Unused(column, $"no e-mail address ({reason})");
        }
    }

    /// <summary>Says the name of a cell, repaired; a masked name says nothing.</summary>
    public void SayName(int creator, CreatorField field, int column)
    {
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return;
        }

        if (cell.Contains((byte)'*'))
        {
            Unused(column, "a masked name");
            return;
        }

        if (Ascii.IsValid(cell))
        {
            Statements.Say(creator, field, cell, Line);
            return;
        }

        var repaired = new byte[cell.Length];
        Statements.Say(creator, field, NameRepair.TryRepair(cell, repaired, out var length) ? repaired.AsSpan(0, length) : cell, Line);
    }

    /// <summary>Says the phone number of a cell: in full, or masked as evidence; one that is not valid says nothing.</summary>
    public void SayPhone(int creator, int column)
    {
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return;
        }

        ref var read = ref Known(Statements.Text(cell));
        if (read == NotRead)
        {
            read = ReadPhone(cell);
        }

        if (read == NoValue)
        {
            Unused(column, "no valid phone number");
        }
        else if ((read & MaskBit) != 0)
        {
            Statements.Say(creator, CreatorField.MaskedPhone, read & ~MaskBit, Line);
        }
        else
        {
            Statements.Say(creator, CreatorField.Phone, read, Line);
        }
    }

    /// <summary>Says the address of one cell.</summary>
    public void SayAddress(int creator, int column)
    {
        var cell = this[column];
        if (!cell.IsEmpty)
        {
            Statements.Say(creator, CreatorField.Address, Statements.Text(PostalAddress.Of(Encoding.UTF8.GetString(cell), _region)), Line);
        }
    }

    /// <summary>Says the address of six columns, in the order of <see cref="PostalAddress"/>.</summary>
    public void SayAddress(int creator, ReadOnlySpan<int> columns)
    {
        Clear();
        var isEmpty = true;
        for (var i = 0; i < columns.Length; i++)
        {
            var cell = columns[i] < 0 ? default : this[columns[i]];
            isEmpty &= cell.IsEmpty || i == PostalAddress.Columns - 1;
            Append(cell);
        }

        if (isEmpty)
        {
            return;
        }

        ref var read = ref Known(Statements.Text(Record));
        if (read == NotRead)
        {
            var cells = Encoding.UTF8.GetString(Record).Split('\0');
            var address = PostalAddress.FromCells(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], _region);
            read = address.IsEmpty ? NoValue : Statements.Text(address);
        }

        if (read >= 0)
        {
            Statements.Say(creator, CreatorField.Address, read, Line);
        }
    }

    /// <summary>Says how many followers there are.</summary>
    public void SayFollowers(int creator, long? followers)
    {
        Span<byte> text = stackalloc byte[20];
        if (followers is { } value && Utf8Formatter.TryFormat(value, text, out var length))
        {
            Statements.Say(creator, CreatorField.Followers, text[..length], Line);
        }
    }

    /// <summary>Says the sales, with exactly the digits of the currency.</summary>
    public void SayGmv(int creator, decimal? gmv)
    {
        Span<byte> text = stackalloc byte[22];
        if (gmv is { } value)
        {
            Statements.Say(creator, CreatorField.Gmv, text[.._reading.Currency.Format(Minor(value), text)], Line);
        }
    }

    /// <summary>Says what a creator did for the brand.</summary>
    public void SayFigures(int creator, decimal? gmv, long? videos, long? lives, ReadOnlySpan<byte> products)
    {
        Clear();
        Append(gmv);
        Append(videos);
        Append(lives);
        Append(products);
        Statements.SayFigures(creator, Record, Line);
    }

    /// <summary>No amount, as the currency writes it.</summary>
    public decimal Nothing => _reading.Currency.ToAmount(0);

    /// <summary>An amount that was read, in minor units.</summary>
    public long Minor(decimal amount) => _reading.Currency.TryToMinor(amount, out var minor) ? minor : throw new OverflowException("an amount that was read fits its currency");

    public void Clear() => _recordLength = 0;

    /// <summary>Appends a cell to the record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Append(ReadOnlySpan<byte> cell)
    {
        if (_recordLength + cell.Length >= _record.Length)
        {
            Array.Resize(ref _record, Math.Max(_record.Length * 2, _recordLength + cell.Length + 1));
        }

        cell.CopyTo(_record.AsSpan(_recordLength));
        _recordLength += cell.Length;
        _record[_recordLength++] = 0;
    }

    public void Append(long? number)
    {
        Span<byte> text = stackalloc byte[20];
        Append(number is { } value && Utf8Formatter.TryFormat(value, text, out var length) ? text[..length] : default);
    }

    public void Append(decimal? number)
    {
        Span<byte> text = stackalloc byte[64];
        Append(number is { } value && value.TryFormat(text, out var length, default, System.Globalization.CultureInfo.InvariantCulture) ? text[..length] : default);
    }

    /// <summary>Appends a time as a number of fourteen digits.</summary>
    public void Append(DateTime? time) => Append(time is { } t
        ? ((((((((((t.Year * 100L) + t.Month) * 100) + t.Day) * 100) + t.Hour) * 100) + t.Minute) * 100) + t.Second)
        : (long?)null);

    private string NotANumber => _reading.HasDecimalComma ? CellFigure.NotANumberWithComma : CellFigure.NotANumber;

    private bool TryTime(ReadOnlySpan<byte> cell, out DateTime time)
    {
        if (CellTime.TryParse(cell, _reading.Dates, null, out time))
        {
            return true;
        }

        // Some regions print 01-05-2026 or 01.05.2026.
        if (cell.Length is < 8 or > 32 || cell[2] is not ((byte)'-' or (byte)'.') || cell[5] != cell[2])
        {
            return false;
        }

        Span<byte> slashes = stackalloc byte[32];
        cell.CopyTo(slashes);
        slashes[2] = slashes[5] = (byte)'/';
        return CellTime.TryParse(slashes[..cell.Length], _reading.Dates, null, out time);
    }

    private int ReadPhone(ReadOnlySpan<byte> cell)
    {
        if (PhoneNumber.IsMasked(cell))
        {
            var mask = MaskedPhoneNumber.Read(cell, _reading.Region, out var masked) == MaskedPhoneReason.None ? masked.ToString() : "";
            Clear();
            Append(cell);
            Append(Encoding.UTF8.GetBytes(mask));
            return Statements.Text(Record) | MaskBit;
        }

        if (PhoneNumber.Read(cell, _reading.Region, out var number) != PhoneReason.None)
        {
            return NoValue;
        }

        Span<byte> e164 = stackalloc byte[PhoneNumber.MaxE164Length];
        number.WithoutExtension().TryFormat(e164, out var length, default, null);
        return Statements.Text(e164[..length]);
    }

    /// <summary>What was read of a text before, so that what many rows repeat is read once.</summary>
    private ref int Known(int text)
    {
        if (text >= _read.Length)
        {
            var before = _read.Length;
            Array.Resize(ref _read, Math.Max(4_096, text * 2));
            _read.AsSpan(before).Fill(NotRead);
        }

        return ref _read[text];
    }

    private void Unused(int column, string reason) => _reading.OnUnusedCell?.Invoke(new Reject
    {
        File = _source.File,
        Line = _source.Line,
        Column = _source.Names[_header[column]],
        Reason = reason,
        Value = _source.Cell(_header[column]),
        Raw = _source.Raw,
    });

    /// <summary>Whether the record repeats the header, as in exports put one after the other: at least two known columns hold their own names.</summary>
    private bool IsHeader()
    {
        var same = 0;
        for (var column = 0; column < _header.Count; column++)
        {
            var at = _header[column];
            if (at < 0)
            {
                continue;
            }

            var name = _source.Names[at];
            var cell = _source.Cell(at);
            if (cell.Length < name.Length || !Ascii.EqualsIgnoreCase(CellText.Trim(cell), name))
            {
                return false;
            }

            if (++same == 2)
            {
                return true;
            }
        }

        return false;
    }
}
