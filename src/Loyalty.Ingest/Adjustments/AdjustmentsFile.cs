using System.Text;
using Loyalty.Activities;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Storage.Members;

namespace Loyalty.Ingest.Adjustments;

/// <summary>Reads dated manual corrections: <c>id,handle,date,sales,units,reason</c>, matched as in the videos export.</summary>
/// <remarks>
/// The file is read as a whole: corrections are made by hand and are few. Sales and units may be negative; a blank one is 0. The reason may be
/// missing. Rejected rows are handed out by <see cref="ReportRejects"/>, when it is known which handles exist.
/// </remarks>
public sealed class AdjustmentsFile
{
    private const string TooLong = "longer than 2,048 bytes";

    private static readonly CsvColumn[] Columns =
    [
        new("id", true, "adjustment_id"),
        new("handle", true),
        new("date", true),
        new("sales", true),
        new("units", true),
        new("reason", false),
    ];

    private readonly List<Adjustment> _adjustments = [];
    private readonly List<Row> _rows = [];
    private readonly List<Row> _rejects = [];
    private readonly List<byte[]> _sales = [];
    private readonly string _handleColumn;
    private readonly string _salesColumn;

    private AdjustmentsFile(CsvSource source, CurrencySigns currency)
    {
        Name = source.File;
        var header = CsvHeader.Match(source.File, source.Names, Columns);
        (_handleColumn, _salesColumn) = (source.Names[header[1]], source.Names[header[3]]);
        UnknownColumns = header.Unknown;
        Span<byte> handle = stackalloc byte[Handle.MaxUtf8Length];
        while (source.Read())
        {
            Take(source, header, currency, handle);
        }

        RowsRead = source.RowsRead;
        Fingerprint = source.ThrowIfChanged();
    }

    /// <summary>The name of the file, without its folder.</summary>
    public string Name { get; }

    /// <summary>The adjustments of the rows that can be read, in order of the file.</summary>
    public IReadOnlyList<Adjustment> Adjustments => _adjustments;

    /// <summary>Rows read; empty lines are no rows.</summary>
    public long RowsRead { get; }

    /// <summary>The columns of the file that are not used, in its order.</summary>
    public IReadOnlyList<string> UnknownColumns { get; }

    /// <summary>A fingerprint of the file: 16 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file: UTF-8 with or without byte order mark, or UTF-16 with one.</param>
    /// <param name="currency">The currency of the sales column.</param>
    /// <param name="encoding">Another encoding, named; <see langword="null"/> for those above.</param>
    /// <param name="signs">Signs that stand for the currency beside its own; <see langword="null"/> for none.</param>
    /// <exception cref="SourceException">
    /// The file is empty, its header lacks required columns or has one twice, its encoding is another, a quote is not closed, a record is too
    /// long, or the file changed while it was read.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AdjustmentsFile Read(string path, Currency currency, Encoding? encoding = null, IReadOnlyList<string>? signs = null)
    {
        ArgumentNullException.ThrowIfNull(currency);
        var early = new List<Row>();
        using var source = CsvSource.Open(path, (in Reject r) => early.Add(new Row(r)), encoding);
        var file = new AdjustmentsFile(source, CurrencySigns.Of(currency, signs ?? []));
        file._rejects.AddRange(early);
        return file;
    }

    /// <summary>Hands out the rejected rows in order of lines: those that cannot be read, and those whose handle no member has.</summary>
    /// <param name="unknown">Indexes into <see cref="Adjustments"/>, as a store session returns them.</param>
    /// <param name="onReject">Takes the rows.</param>
    /// <param name="overflowing">Indexes of those that would take the member's total out of 64 bits; <see langword="null"/> for none.</param>
    /// <returns>How many rows were rejected.</returns>
    public long ReportRejects(IReadOnlyList<int> unknown, RejectHandler onReject, IReadOnlyList<int>? overflowing = null)
    {
        ArgumentNullException.ThrowIfNull(unknown);
        ArgumentNullException.ThrowIfNull(onReject);
        var all = new List<Row>(_rejects);
        foreach (var index in unknown)
        {
            all.Add(_rows[index] with { Column = _handleColumn, Reason = "unknown handle; no member has it" });
        }

        foreach (var index in overflowing ?? [])
        {
            all.Add(_rows[index] with { Column = _salesColumn, Value = _sales[index], Reason = "takes the member's total out of 64 bits" });
        }

        all.Sort(static (a, b) => a.Line.CompareTo(b.Line));
        foreach (var row in all)
        {
            onReject(new Reject { File = Name, Line = row.Line, Column = row.Column, Reason = row.Reason, Value = row.Value, Raw = row.Raw });
        }

        return all.Count;
    }

    private void Take(CsvSource source, CsvHeader header, CurrencySigns currency, Span<byte> handle)
    {
        var idText = CellText.Trim(source.Cell(header[0]));
        var id = CellKey.Normalize(idText);
        var handleFault = CellHandle.TryTikTok(source.Cell(header[1]), handle, out var handleLength);
        var dateText = CellText.Trim(source.Cell(header[2]));
        var dateIsRight = CellDate.TryParse(dateText, out var date);
        var salesFault = TryAmount(CellText.Trim(source.Cell(header[3])), currency, out var sales);
        var unitsFault = TryWhole(CellText.Trim(source.Cell(header[4])), out var units);
        ReadOnlySpan<string?> faults =
        [
            CellText.IsMissing(id) ? "blank" : CellKey.IsChanged(idText) ? CellKey.Changed : id.Length > MemberRules.LongestAdjustmentId ? TooLong : null,
            handleFault,
            dateIsRight ? null : CellText.IsMissing(dateText) ? "blank" : CellDate.NotADate,
            salesFault,
            unitsFault,
        ];
        var first = -1;
        for (var i = 0; i < faults.Length; i++)
        {
            if (faults[i] is not null && (first < 0 || header[i] < header[first]))
            {
                first = i;
            }
        }

        if (first >= 0)
        {
            source.Reject(header[first], faults[first]!);
            return;
        }

        _adjustments.Add(new Adjustment(
            Encoding.UTF8.GetString(id),
            Encoding.UTF8.GetString(handle[..handleLength]),
            date,
            sales,
            units,
            header[5] < 0 ? string.Empty : Encoding.UTF8.GetString(source.Cell(header[5]))));
        _sales.Add(source.Cell(header[3]).ToArray());
        _rows.Add(new Row(source.Line, string.Empty, string.Empty, source.Cell(header[1]).ToArray(), source.Raw.ToArray()));
    }

    private static string? TryAmount(ReadOnlySpan<byte> cell, CurrencySigns currency, out long minor)
    {
        minor = 0;
        return CellText.IsMissing(cell) ? null : CellNumber.TryAmount(cell, currency, out minor);
    }

    private static string? TryWhole(ReadOnlySpan<byte> cell, out long number)
    {
        number = 0;
        return CellText.IsMissing(cell) ? null : CellNumber.TryWhole(cell, out number);
    }

    private sealed record Row(long Line, string Column, string Reason, byte[] Value, byte[] Raw)
    {
        public Row(in Reject reject)
            : this(reject.Line, reject.Column, reject.Reason, reject.Value.ToArray(), reject.Raw.ToArray())
        {
        }
    }
}
