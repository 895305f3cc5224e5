using System.Globalization;
using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Orders;
using Loyalty.Programs;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>What a run is scored from: the orders of all files, or customers as a file lists them.</summary>
internal sealed class ScoreInput
{
    private ScoreInput(CustomerPopulation customers, OrderBook? book, IReadOnlyList<OrderFileReport> files)
    {
        Customers = customers;
        Book = book;
        Files = files;
    }

    public CustomerPopulation Customers { get; }

    /// <summary>The orders; <see langword="null"/> when customers were given.</summary>
    public OrderBook? Book { get; }

    /// <summary>All orders of the files; none when customers were given.</summary>
    public IReadOnlyList<Order> Orders { get; private init; } = [];

    public IReadOnlyList<OrderFileReport> Files { get; }

    public long RowsRead => Files.Sum(static f => f.RowsRead);

    public long RowsRejected => Files.Sum(static f => f.RowsRejected);

    public long RowsReplaced { get; private init; }

    public int OrdersLinked { get; private set; }

    public int OrdersUnlinked { get; private set; }

    public int OrdersAfterAsOf { get; private set; }

    public int DeadOrders { get; private set; }

    public int Credits { get; private set; }

    public int OrdersRead => OrdersLinked + OrdersUnlinked + OrdersAfterAsOf;

    public IReadOnlyList<UnknownStatus> UnknownStatuses { get; private init; } = [];

    public IReadOnlyList<string> Currencies { get; private init; } = [];

    public static ScoreInput Read(ScoreOptions options, LoyaltyProgram? program, RejectHandler onReject, HostConsole console, CancellationToken cancellation)
    {
        var encoding = ProgramFile.NamedEncoding(options.Encoding);
        if (options.Customers is { } path)
        {
            Require(path);
            var customers = new CustomerPopulation();
            return new ScoreInput(customers, null, [CustomerFile.Read(path, options.AsOf, customers, onReject, encoding)]);
        }

        options.Orders.ToList().ForEach(static o => Require(o.Path));
        var import = new OrderImport(
            new OrderImportOptions { Currency = program?.Currency, Dates = options.Dates, Encoding = encoding }, onReject);
        foreach (var file in options.Orders)
        {
            console.Progress($"reading {Path.GetFileName(file.Path)}", 0, 0);
            import.Read(file.Path, file.Platform, cancellation);
        }

        var book = new OrderBook(options.AsOf);
        var orders = import.Complete();
        var input = new ScoreInput(Fill(book, orders, cancellation), book, import.Files)
        {
            Orders = orders,
            RowsReplaced = import.RowsReplaced,
            UnknownStatuses = import.UnknownStatuses,
            Currencies = import.Currencies,
        };
        input.Count(orders, options.AsOf);
        return input;
    }

    /// <summary>What a user should know about the files, a line each.</summary>
    public IEnumerable<string> Notes()
    {
        foreach (var file in Files)
        {
            if (file.UnknownColumns.Count > 0 && file.Platform is OrderPlatform.Generic)
            {
                yield return $"{file.Name}: not used: {string.Join(", ", file.UnknownColumns.Select(static c => $"'{c}'"))}.";
            }

            if (file.RowsRejected > 0)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{file.Name}: {file.RowsRejected} of {file.RowsRead} rows rejected; rejects.csv lists each with line, column and reason.");
            }

            if (file.RowsRead == 0)
            {
                yield return $"{file.Name} has no rows.";
            }
        }

        foreach (var status in UnknownStatuses)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{status.Platform.ToName()}: '{status.Text}' in '{status.Column}' is not known, {status.Rows} rows; kept, and judged by the rules.");
        }

        if (Currencies.Count > 1)
        {
            yield return $"the rows name several currencies: {string.Join(", ", Currencies)}; their amounts are added as they stand. A program with a currency rejects the others.";
        }
    }

    private static CustomerPopulation Fill(OrderBook book, IReadOnlyList<Order> orders, CancellationToken cancellation)
    {
        foreach (var order in orders)
        {
            cancellation.ThrowIfCancellationRequested();
            book.Put(order);
        }

        return book.ToPopulation();
    }

    private void Count(IReadOnlyList<Order> orders, DateOnly asOf)
    {
        foreach (var order in orders)
        {
            if (order.Standing == OrderStanding.Credit)
            {
                Credits++;
            }
            else if (order.Date > asOf)
            {
                OrdersAfterAsOf++;
            }
            else
            {
                OrdersLinked += order.CustomerKey is null ? 0 : 1;
                OrdersUnlinked += order.CustomerKey is null ? 1 : 0;
                DeadOrders += order.Standing == OrderStanding.Counts ? 0 : 1;
            }
        }
    }

    private static void Require(string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandException($"there is no input file '{path}'.");
        }
    }
}
