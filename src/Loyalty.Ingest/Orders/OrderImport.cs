using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>How order files are read.</summary>
public sealed record OrderImportOptions
{
    /// <summary>The program's currency: rows that name another one are rejected. Default: none, no row is.</summary>
    public Currency? Currency { get; init; }

    /// <summary>The order of day and month where the default of a platform does not hold. Default: that of the platform.</summary>
    public DateOrder? Dates { get; init; }

    /// <summary>The encoding of the files, when it is neither UTF-8 nor UTF-16 with a byte order mark. Default: none.</summary>
    public Encoding? Encoding { get; init; }
}

/// <summary>What came out of one file.</summary>
/// <param name="Name">The name of the file, without its folder.</param>
/// <param name="Platform">The platform it was read as.</param>
/// <param name="RowsRead">The rows, or the objects of a JSON page.</param>
/// <param name="RowsRejected">Those that were rejected.</param>
/// <param name="UnknownColumns">The columns that are not used, in the order of the file.</param>
/// <param name="Sha256">The SHA-256 of the file in lower-case hexadecimal.</param>
public sealed record OrderFileReport(
    string Name, OrderPlatform Platform, long RowsRead, long RowsRejected, IReadOnlyList<string> UnknownColumns, string Sha256);

/// <summary>Reads order files of all platforms into one population of orders.</summary>
/// <remarks>
/// Every row is taken or rejected. Within all files together an order is unique by platform and id: a later row replaces the earlier one, except
/// where the rows of one order are its parts and add up (generic orders, invoices, attendee lists). Not safe for use by several threads.
/// </remarks>
/// <example>
/// <code>
/// var import = new OrderImport(new OrderImportOptions(), (in Reject r) => Console.Error.WriteLine($"{r.File}:{r.Line}: {r.Reason}"));
/// import.Read("orders.csv");
/// var book = new OrderBook(asOf);
/// foreach (var order in import.Complete()) book.Put(order);
/// var run = ScoringProgram.Default.Score(book.ToPopulation(), asOf);
/// </code>
/// </example>
public sealed class OrderImport
{
    private readonly OrderImportOptions _options;
    private readonly RejectHandler _onReject;
    private readonly OrderCollector _orders = new();
    private readonly List<OrderFileReport> _files = [];

    /// <summary>Creates an import without files.</summary>
    /// <param name="options">How to read.</param>
    /// <param name="onReject">Takes the rejected rows.</param>
    public OrderImport(OrderImportOptions options, RejectHandler onReject)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onReject);
        _options = options;
        _onReject = onReject;
    }

    /// <summary>The files read so far.</summary>
    public IReadOnlyList<OrderFileReport> Files => _files;

    /// <summary>Words for the state of an order that are not known, with how often they came; such orders count.</summary>
    public IReadOnlyList<UnknownStatus> UnknownStatuses => _orders.UnknownStatuses;

    /// <summary>Customers that have several e-mails, as customer pages say: e-mail and the customer's first e-mail.</summary>
    public IReadOnlyList<(string Email, string Customer)> CustomerEmails => _orders.CustomerEmails;

    /// <summary>The currencies that rows named, in order of first appearance.</summary>
    public IReadOnlyList<string> Currencies => _orders.Currencies;

    /// <summary>How many rows replaced an earlier one of the same order.</summary>
    public long RowsReplaced => _orders.Replaced;

    /// <summary>Reads a file: CSV, or pages of a platform's interface as JSON.</summary>
    /// <param name="path">The file.</param>
    /// <param name="platform">The platform; <see langword="null"/> to tell it by the header, or by the first object of the pages.</param>
    /// <param name="cancellation">Ends the reading between two rows; the import is of no use then.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole; nothing of it should be kept.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public OrderFileReport Read(string path, OrderPlatform? platform = null, CancellationToken cancellation = default)
    {
        var report = JsonPages.IsJson(path, _options.Encoding) ? ReadJson(path, platform, cancellation) : ReadCsv(path, platform, cancellation);
        _files.Add(report);
        return report;
    }

    /// <summary>All orders of the files read, in no particular order.</summary>
    public IReadOnlyList<Order> Complete() => [.. _orders.Complete()];

    /// <summary>As <see cref="Complete"/>, one order after the other, without a list of all; no file may be read meanwhile.</summary>
    public IEnumerable<Order> Enumerate() => _orders.Complete();

    private OrderFileReport ReadCsv(string path, OrderPlatform? platform, CancellationToken cancellation)
    {
        using var source = CsvSource.Open(path, _onReject, _options.Encoding);
        var layout = OrderLayouts.Find(source.File, source.Names, platform);
        var header = CsvHeader.Match(source.File, source.Names, layout.Columns);
        var row = new OrderCells(source, header, layout, _options, _orders, _files.Count);
        while (source.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            row.Start();
            layout.Take(row);
        }

        layout.End(row);
        return new OrderFileReport(source.File, layout.Platform, source.RowsRead, source.RowsRejected, header.Unknown, source.ThrowIfChanged());
    }

    private OrderFileReport ReadJson(string path, OrderPlatform? platform, CancellationToken cancellation)
    {
        var pages = JsonPages.Open(path, _options.Encoding, _onReject);
        var found = platform;
        foreach (var item in pages.Items())
        {
            cancellation.ThrowIfCancellationRequested();
            found ??= JsonOrderLayouts.Find(pages.File, item);
            JsonOrderLayouts.Take(found.Value, new JsonOrderItem(pages, item, _options, _orders));
        }

        return new OrderFileReport(pages.File, found ?? OrderPlatform.Generic, pages.RowsRead, pages.RowsRejected, [], pages.Sha256);
    }
}
