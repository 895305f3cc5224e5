using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>How order files are read.</summary>
public sealed record OrderImportOptions
{
    /// <summary>
    /// The program's currency: rows that name another one, by code or by sign, are rejected. Default: none; then all amounts of an import must have
    /// one currency, as far as they name it.
    /// </summary>
    public Currency? Currency { get; init; }

    /// <summary>Signs that stand for <see cref="Currency"/> beside its own, for a source that prints them wrongly. Default: none.</summary>
    public IReadOnlyList<string> Signs { get; init; } = [];

    /// <summary>The zone in which a time with <c>Z</c> or an offset is dated. Default: none, times are taken as printed.</summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>The order of day and month where the default of a platform does not hold. Default: that of the platform.</summary>
    public DateOrder? Dates { get; init; }

    /// <summary>The encoding of the files, when it is neither UTF-8 nor UTF-16 with a byte order mark. Default: none.</summary>
    public Encoding? Encoding { get; init; }

    internal CurrencySigns? CurrencySigns() => Currency is null ? null : Money.CurrencySigns.Of(Currency, Signs);
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
/// where the rows of one order are its parts and add up (generic orders, invoices, attendee lists); of those a record that an earlier file has, too,
/// counts once. Not safe for use by several threads.
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
    private readonly OrderCollector _orders;
    private readonly List<OrderFileReport> _files = [];

    // The contents of files with rows that nothing would tell apart from their like in a copy of the file.
    private readonly Dictionary<string, string> _withoutIds = new(StringComparer.Ordinal);

    /// <summary>Creates an import without files.</summary>
    /// <param name="options">How to read.</param>
    /// <param name="onReject">Takes the rejected rows.</param>
    public OrderImport(OrderImportOptions options, RejectHandler onReject)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onReject);
        _options = options;
        _onReject = onReject;
        _orders = new OrderCollector(onReject);
    }

    /// <summary>The files read so far; rows of an earlier file may be rejected when a later one contradicts them.</summary>
    public IReadOnlyList<OrderFileReport> Files => [.. _files.Select((f, i) => f with { RowsRejected = f.RowsRejected + _orders.RejectedLater(i + 1) })];

    /// <summary>Words for the state of an order that are not known, with how often they came; such orders count.</summary>
    public IReadOnlyList<UnknownStatus> UnknownStatuses => _orders.UnknownStatuses;

    /// <summary>Customers that have several e-mails, as customer pages say: e-mail and the customer's first e-mail.</summary>
    public IReadOnlyList<(string Email, string Customer)> CustomerEmails => _orders.CustomerEmails;

    /// <summary>The currency signs and codes that rows showed when no program says the currency, in order of first appearance.</summary>
    public IReadOnlyList<string> Currencies => _orders.Currency.Signs;

    /// <summary>How many rows replaced an earlier one of the same order or ticket.</summary>
    public long RowsReplaced => _orders.Replaced;

    /// <summary>How many rows, of those that add up, an earlier file has already; they add nothing.</summary>
    public long RowsRepeated => _orders.Repeated;

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
        return Files[^1];
    }

    /// <summary>All orders of the files read: the credits that name an order first, otherwise in no particular order.</summary>
    public IReadOnlyList<Order> Complete() => [.. _orders.Complete()];

    /// <summary>As <see cref="Complete"/>, one order after the other, without a list of all; no file may be read meanwhile.</summary>
    public IEnumerable<Order> Enumerate() => _orders.Complete();

    /// <summary>
    /// As <see cref="Enumerate()"/>, each order as it stands on a date: one of which the credits up to then gave everything back is refunded.
    /// </summary>
    /// <remarks>For counting and adding up. A store is given <see cref="Enumerate()"/>: it keeps what the source says, and follows the credits itself.</remarks>
    /// <param name="asOf">The date of scoring.</param>
    public IEnumerable<Order> Enumerate(DateOnly asOf)
    {
        // The credits come first, so that the sums know them when an order comes.
        var sums = new OrderSums(asOf);
        foreach (var order in _orders.Complete())
        {
            if (order.RefundOf is not null)
            {
                sums.Add(order);
            }

            yield return sums.StandingOf(order) is var standing && standing != order.Standing ? order with { Standing = standing } : order;
        }
    }

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
        var sha256 = source.ThrowIfChanged();
        if (row.HasRowsWithoutId && !_withoutIds.TryAdd(sha256, source.File))
        {
            throw new SourceException(
                SourceFault.Repeated,
                $"{source.File}: the file has the content of {_withoutIds[sha256]}, and rows without an order id, of which each is an order; they would count twice. Give it once.");
        }

        return new OrderFileReport(source.File, layout.Platform, source.RowsRead, source.RowsRejected, header.Unknown, sha256);
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
