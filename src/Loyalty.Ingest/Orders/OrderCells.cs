using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>The current row of an order file: its cells as values; the leftmost faulty cell rejects it.</summary>
internal sealed class OrderCells(
    CsvSource source, CsvHeader header, OrderLayout layout, OrderImportOptions options, OrderCollector orders, int fileNumber)
{
    private readonly DateOrder _dates = options.Dates ?? layout.Dates;
    private readonly SharedTexts _texts = new();
    private int _faulty;
    private string? _reason;

    public OrderCollector Orders => orders;

    public OrderPlatform Platform => layout.Platform;

    public long Line => source.Line;

    /// <summary>The position of the file among those of the import, from 1.</summary>
    public int FileNumber => fileNumber + 1;

    public void Start() => (_faulty, _reason) = (-1, null);

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
    public bool IsRejected()
    {
        if (_reason is null)
        {
            return false;
        }

        source.Reject(_faulty, _reason);
        return true;
    }

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
        else if (CellTime.TryParse(cell, _dates, out var time))
        {
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

        if (CellDecimal.TryAmount(cell, out var amount) is { } reason)
        {
            Fault(column, reason);
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

    /// <summary>Checks the currency of a row against the program's.</summary>
    public void Currency(int column)
    {
        var code = Text(column);
        if (code.Length == 0)
        {
            return;
        }

        orders.Currency(code);
        if (options.Currency is { } currency && !string.Equals(code, currency.Code, StringComparison.OrdinalIgnoreCase))
        {
            Fault(column, $"the currency is not the program's, which is {currency.Code}");
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
