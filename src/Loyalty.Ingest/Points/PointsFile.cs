using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Points;

/// <summary>A file of orders, refunds, redemptions or preferences: the rows that could be read.</summary>
/// <remarks>
/// Read strictly as every CSV file of the suite. A row with a blank or unreadable cell is rejected as <c>blank</c> or <c>invalid</c> with its
/// first such column; a row of another shape than the header as <c>invalid</c> without one. Rejects are handed out by
/// <see cref="ReportRejects"/>, which reads the file once more: only then is it known which rows a run refused.
/// </remarks>
/// <typeparam name="T">The row.</typeparam>
public sealed class PointsFile<T>
    where T : struct
{
    /// <summary>The reason of a row with an empty cell that must not be empty.</summary>
    internal const string Blank = "blank";

    /// <summary>The reason of a row that cannot be read.</summary>
    internal const string Invalid = "invalid";

    private readonly string _path;
    private readonly Encoding? _encoding;
    private readonly CsvColumn[] _columns;
    private readonly RowReader _read;
    private readonly List<T> _rows = [];
    private readonly string _sha256;

    internal PointsFile(string path, Encoding? encoding, CsvColumn[] columns, RowReader read, CancellationToken cancellation)
    {
        (_path, _encoding, _columns, _read) = (path, encoding, columns, read);
        using var source = CsvSource.Open(path, static (in Reject _) => { }, encoding);
        Name = source.File;
        var header = CsvHeader.Match(source.File, source.Names, columns);
        UnknownColumns = header.Unknown;
        while (source.Read())
        {
            if (Take(source, header, out var row, out _, out _))
            {
                _rows.Add(row);
            }

            if ((source.RowsRead & 0xFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }

        RowsRead = source.RowsRead;
        _sha256 = source.ThrowIfChanged();
    }

    /// <summary>Reads one cell after the other; false with a column and a reason when one is at fault.</summary>
    internal delegate bool RowReader(in RowCells cells, out T row);

    /// <summary>The name of the file, without its folder.</summary>
    public string Name { get; }

    /// <summary>The rows that could be read, in the order of the file.</summary>
    public IReadOnlyList<T> Rows => _rows;

    /// <summary>How many rows the file has, empty lines left out.</summary>
    public long RowsRead { get; }

    /// <summary>How many rows could not be read.</summary>
    public long RowsFaulty => RowsRead - _rows.Count;

    /// <summary>The header cells that are not used.</summary>
    public IReadOnlyList<string> UnknownColumns { get; }

    /// <summary>Hands out the rejected rows in order of lines: those that could not be read, and those refused later.</summary>
    /// <param name="refusalOf">
    /// Says for the n-th of <see cref="Rows"/> the reason and the number of the column, in the order of the documented header; an empty reason
    /// for a row that was taken.
    /// </param>
    /// <param name="onReject">Takes the rows.</param>
    /// <returns>How many rows were rejected.</returns>
    /// <exception cref="SourceException">The file changed since it was read first.</exception>
    public long ReportRejects(Func<int, (string Reason, int Column)> refusalOf, RejectHandler onReject)
    {
        ArgumentNullException.ThrowIfNull(refusalOf);
        ArgumentNullException.ThrowIfNull(onReject);
        var count = 0L;
        var ownReason = (string?)null;
        void Report(in Reject r)
        {
            count++;

            // What the CSV layer rejects by itself, shape and encoding, has one word here.
            onReject(new Reject { File = r.File, Line = r.Line, Column = r.Column, Reason = ownReason ?? Invalid, Value = r.Value, Raw = r.Raw });
        }

        using var source = CsvSource.Open(_path, Report, _encoding);
        var header = CsvHeader.Match(source.File, source.Names, _columns);
        var index = 0;
        while (source.Read())
        {
            if (Take(source, header, out _, out var column, out var reason))
            {
                (reason, var known) = refusalOf(index++);
                column = Math.Max(0, header[known]);
            }

            if (reason.Length > 0)
            {
                ownReason = reason;
                source.Reject(column, reason);
                ownReason = null;
            }
        }

        return string.Equals(source.ThrowIfChanged(), _sha256, StringComparison.Ordinal)
            ? count
            : throw new SourceException(SourceFault.Changed, $"{Name}: the file changed while it was read; nothing was taken. Start again when it is complete.");
    }

    private bool Take(CsvSource source, CsvHeader header, out T row, out int column, out string reason)
    {
        var cells = new RowCells(source, header);
        if (_read(cells, out row))
        {
            (column, reason) = (-1, string.Empty);
            return true;
        }

        // Of several faults the first in the file counts.
        (column, reason) = (-1, string.Empty);
        for (var c = 0; c < _columns.Length; c++)
        {
            if (cells.Faults[c] is { } fault && header[c] >= 0 && (column < 0 || header[c] < column))
            {
                (column, reason) = (header[c], fault);
            }
        }

        return false;
    }
}

/// <summary>The cells of one row, and what is wrong with them.</summary>
internal readonly ref struct RowCells
{
    private readonly CsvSource _source;
    private readonly CsvHeader _header;

    public RowCells(CsvSource source, CsvHeader header)
    {
        (_source, _header) = (source, header);
        Faults = [null, null, null, null, null, null];
    }

    public string?[] Faults { get; }

    public bool Has(int column) => _header[column] >= 0;

    /// <summary>A cell without space around it; empty when the file has no such column.</summary>
    public ReadOnlySpan<byte> Trimmed(int column) => Has(column) ? CellText.Trim(_source.Cell(_header[column])) : default;

    public bool Fault(int column, string reason)
    {
        Faults[column] = reason;
        return false;
    }

    /// <summary>An identifier: not blank, compared exactly, not longer than every store can keep.</summary>
    public bool Id(int column, out string id)
    {
        var cell = Trimmed(column);
        return Text(column, cell, cell, out id);
    }

    /// <summary>A key: as an identifier, but <c>5002.0</c> is <c>5002</c>.</summary>
    public bool Key(int column, out string id)
    {
        var cell = Trimmed(column);
        return Text(column, cell, CellKey.Normalize(cell), out id);
    }

    /// <summary>A customer: an identifier, or, where customers are e-mails, the normal form of an address.</summary>
    public bool Customer(int column, bool areEmails, out string customer)
    {
        var isRight = Id(column, out customer);
        customer = isRight && areEmails && CustomerEmail.TryNormalize(customer, out var email) ? email : customer;
        return isRight;
    }

    private bool Text(int column, ReadOnlySpan<byte> cell, ReadOnlySpan<byte> normal, out string id)
    {
        var isChanged = CellKey.IsChanged(cell);
        var isRight = normal.Length is > 0 and <= PointsFiles.LongestId && !isChanged;
        id = isRight ? Encoding.UTF8.GetString(normal) : string.Empty;
        return isRight || Fault(column, normal.IsEmpty ? PointsFile<int>.Blank : isChanged ? CellKey.Changed : PointsFile<int>.Invalid);
    }

    /// <summary>A date as <c>YYYY-MM-DD</c>.</summary>
    public bool Date(int column, out DateOnly date)
    {
        var cell = Trimmed(column);
        return CellDate.TryParse(cell, out date) || Fault(column, cell.IsEmpty ? PointsFile<int>.Blank : PointsFile<int>.Invalid);
    }

    /// <summary>A plain decimal: digits, and at most the currency's digits after a point.</summary>
    public bool Amount(int column, int digits, bool allowsZero, out long minor)
    {
        var cell = Trimmed(column);
        minor = 0;
        return (PlainAmount.TryParse(cell, digits, out minor) && (minor > 0 || allowsZero))
            || Fault(column, cell.IsEmpty ? PointsFile<int>.Blank : PointsFile<int>.Invalid);
    }
}
