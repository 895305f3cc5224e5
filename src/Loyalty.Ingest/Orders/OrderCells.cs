using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>The current row of an order file: its cells as values; the leftmost faulty cell rejects it.</summary>
internal sealed class OrderCells(
    CsvSource source, CsvHeader header, OrderLayout layout, OrderImportOptions options, OrderCollector orders, int fileNumber)
{
    private readonly DateOrder _dates = options.Dates ?? layout.Dates;
    private readonly CurrencySigns? _signs = options.CurrencySigns();
    private readonly SharedTexts _texts = new();
    private readonly RecordFingerprint _record = new(header, layout.Columns.Length);
    private readonly List<string> _currencies = [];
    private int _faulty;
    private string? _reason;

    public OrderCollector Orders => orders;

    public OrderPlatform Platform => layout.Platform;

    public long Line => source.Line;

    /// <summary>The name of the file, without its folder.</summary>
    public string File => source.File;

    /// <summary>The current record as read.</summary>
    public ReadOnlySpan<byte> Raw => source.Raw;

    /// <summary>The position of the file among those of the import, from 1.</summary>
    public int FileNumber => fileNumber + 1;

    /// <summary>Whether any row of the file was without an id, so that the file must not come twice.</summary>
    public bool HasRowsWithoutId { get; set; }

    public void Start()
    {
        (_faulty, _reason) = (-1, null);
        _currencies.Clear();
        _record.Clear();
    }

    /// <summary>Notes a faulty cell; the leftmost one is reported.</summary>
    public void Fault(int column, string reason)
    {
        var at = header[column];
        if (_reason is null || at < _faulty)
        {
            (_faulty, _reason) = (at, reason);
        }
    }

    /// <summary>Rejects the row when a cell was faulty.</summary>
    /// <exception cref="SourceException">The row is right, but without a program its currency is another than that of earlier rows.</exception>
    public bool IsRejected()
    {
        if (_reason is null)
        {
            foreach (var currency in _currencies)
            {
                orders.Currency.Note(currency, source.File, source.Line);
            }

            _currencies.Clear();
            return false;
        }

        source.Reject(_faulty, _reason);
        return true;
    }

    /// <summary>Whether an earlier file has this record, cell by cell, as often as this one so far; to be asked once, when all cells were read.</summary>
    public bool IsRepeated() => orders.IsRepeated(_record.Make(source), FileNumber);

    /// <summary>Whether the file has a column.</summary>
    public bool Has(int column) => header[column] >= 0;

    /// <summary>The name of a column in this file.</summary>
    public string NameOf(int column) => source.Names[header[column]];

    /// <summary>A cell, trimmed; empty when it is missing or the file lacks the column.</summary>
    public ReadOnlySpan<byte> Cell(int column)
    {
        if (header[column] < 0)
        {
            return default;
        }

        var cell = CellText.Trim(source.Cell(header[column]));
        return CellText.IsMissing(cell) ? default : cell;
    }

    public bool IsBlank(int column) => Cell(column).IsEmpty;

    public string Text(int column) => Encoding.UTF8.GetString(Cell(column));

    /// <summary>A text of which many rows have the same, such as that of a customer; equal ones are one.</summary>
    public string SharedText(int column) => _texts.Get(Cell(column));

    /// <summary>A text that must be there.</summary>
    public string RequiredText(int column)
    {
        var text = Text(column);
        if (text.Length == 0)
        {
            Fault(column, "blank");
        }

        return text;
    }

    /// <summary>A key of the platform; empty when it is missing.</summary>
    public string Key(int column)
    {
        var cell = Cell(column);
        if (CellKey.IsChanged(cell))
        {
            Fault(column, CellKey.Changed);
        }

        var key = CellKey.Normalize(cell);
        _record.Set(column, key);
        return Encoding.UTF8.GetString(key);
    }

    /// <summary>A key that must be there.</summary>
    public string RequiredKey(int column)
    {
        var key = Key(column);
        if (key.Length == 0)
        {
            Fault(column, "blank");
        }

        return key;
    }

    /// <summary>A customer, of whom many rows have the same; a name that a spreadsheet changed is a fault.</summary>
    public string Customer(int column)
    {
        if (CellKey.IsChanged(Cell(column)))
        {
            Fault(column, CellKey.Changed);
        }

        return SharedText(column);
    }

    /// <summary>Two cells with a space between them, such as a first and a last name.</summary>
    public string Joined(int first, int second)
    {
        var (left, right) = (Text(first), Text(second));
        return left.Length > 0 && right.Length > 0 ? $"{left} {right}" : left + right;
    }

    public DateTime Time(int column)
    {
        var cell = Cell(column);
        if (cell.IsEmpty)
        {
            Fault(column, "blank");
        }
        else if (CellTime.TryParse(cell, _dates, options.TimeZone, out var time))
        {
            _record.Set(column, time);
            return time;
        }
        else
        {
            Fault(column, CellTime.NotATime(_dates));
        }

        return default;
    }

    /// <summary>An amount; a missing one is 0 unless it is required.</summary>
    public decimal Amount(int column, bool isRequired = false)
    {
        var cell = Cell(column);
        if (cell.IsEmpty)
        {
            if (isRequired)
            {
                Fault(column, "blank");
            }

            return 0;
        }

        if (CellDecimal.TryAmount(cell, _signs, out var amount, out var sign) is { } reason)
        {
            Fault(column, reason);
        }
        else
        {
            _record.Set(column, amount);
            if (_signs is null && !sign.IsEmpty)
            {
                _currencies.Add(Encoding.UTF8.GetString(sign));
            }
        }

        return amount;
    }

    public long Whole(int column)
    {
        if (IsBlank(column))
        {
            Fault(column, "blank");
            return 0;
        }

        if (CellNumber.TryWhole(Cell(column), out var number) is { } reason)
        {
            Fault(column, reason);
        }

        return number;
    }

    /// <summary>Checks the currency that a cell names.</summary>
    public void Currency(int column) => Currency(column, Text(column));

    /// <summary>Checks the currency of a row, which a cell or a header names, against the program's, or that of the run.</summary>
    public void Currency(int column, string code)
    {
        if (code.Length == 0)
        {
            return;
        }

        if (_signs is null)
        {
            _currencies.Add(code);
        }
        else if (!_signs.Accepts(Encoding.UTF8.GetBytes(code)))
        {
            Fault(column, CellMoney.OtherCurrency(code, _signs));
        }
    }

    /// <summary>The text of a status; a word outside the vocabulary is counted.</summary>
    public string Status(int column, ReadOnlySpan<string> vocabulary)
    {
        var text = Text(column);
        if (text.Length > 0 && _reason is null && !StatusWords.Knows(vocabulary, text))
        {
            orders.Unknown(Platform, NameOf(column), text);
        }

        return text;
    }
}
