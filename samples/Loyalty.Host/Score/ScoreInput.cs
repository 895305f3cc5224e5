using System.Globalization;
using Loyalty.Host.Output;
using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Programs;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>What a run is scored from: the orders of all files, or customers as a file lists them.</summary>
internal sealed class ScoreInput
{
    private readonly OrderImport? _import;
    private readonly Dictionary<string, Order> _latest = new(StringComparer.Ordinal);

    private ScoreInput(OrderImport? import, IReadOnlyList<OrderFileReport> files, DateOnly asOf)
    {
        _import = import;
        AsOf = asOf;
        Files = files;
    }

    /// <summary>The date of scoring.</summary>
    public DateOnly AsOf { get; }

    /// <summary>What the orders come to for each customer, or the customers of the file; nobody where the store keeps orders, which adds them up itself.</summary>
    public CustomerPopulation Customers { get; private set; } = new();

    /// <summary>Whether customers were given instead of orders.</summary>
    public bool AreCustomers => _import is null;

    /// <summary>All orders of the files as their sources say, made anew each time they are gone through; none when customers were given.</summary>
    public IEnumerable<Order> Orders => _import?.Enumerate() ?? [];

    public IReadOnlyList<OrderFileReport> Files { get; }

    public long RowsRead => Files.Sum(static f => f.RowsRead);

    public long RowsRejected => Files.Sum(static f => f.RowsRejected);

    public long RowsReplaced { get; private init; }

    /// <summary>Rows, of those that add up, that an earlier file has already.</summary>
    public long RowsRepeated { get; private init; }

    public int OrdersLinked { get; private set; }

    public int OrdersUnlinked { get; private set; }

    public int OrdersAfterAsOf { get; private set; }

    public int DeadOrders { get; private set; }

    public int Credits { get; private set; }

    /// <summary>Orders that were not paid: counted apart, linked or not.</summary>
    public int OrdersUnpaid { get; private set; }

    public int OrdersRead => OrdersLinked + OrdersUnlinked + OrdersUnpaid + OrdersAfterAsOf;

    public IReadOnlyList<UnknownStatus> UnknownStatuses { get; private init; } = [];

    public static ScoreInput Read(ScoreOptions options, LoyaltyProgram? program, bool keepsOrders, RejectHandler onReject, HostConsole console, CancellationToken cancellation)
    {
        var encoding = ProgramFile.NamedEncoding(options.Encoding);
        if (options.Customers is { } path)
        {
            ProgramFile.RequireInput(path);
            var customers = new CustomerPopulation();
            return new ScoreInput(null, [CustomerFile.Read(path, options.AsOf, customers, onReject, encoding, program is null ? null : CurrencySigns.Of(program.Currency, program.Signs), program?.TimeZone)], options.AsOf) { Customers = customers };
        }

        options.Orders.ToList().ForEach(static o => ProgramFile.RequireInput(o.Path));
        var import = new OrderImport(
            new OrderImportOptions
            {
                Currency = program?.Currency, Signs = program?.Signs ?? [], TimeZone = program?.TimeZone, Dates = options.Dates, Encoding = encoding,
            },
            onReject);
        foreach (var file in options.Orders)
        {
            console.Progress($"reading {Path.GetFileName(file.Path)}", 0, 0);
            import.Read(file.Path, file.Platform, cancellation);
        }

        var input = new ScoreInput(import, import.Files, options.AsOf)
        {
            RowsReplaced = import.RowsReplaced,
            RowsRepeated = import.RowsRepeated,
            UnknownStatuses = import.UnknownStatuses,
        };
        input.AddUp(options.AsOf, withSums: !keepsOrders, withLatest: options.Marketing is not null, cancellation);
        return input;
    }

    /// <summary>The newest order of a customer, if the list for marketing was asked for.</summary>
    public Order? LatestOf(string customer) => _latest.GetValueOrDefault(customer);

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
                yield return RejectLog.Told(file.Name, file.RowsRejected, file.RowsRead);
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
    }

    private void AddUp(DateOnly asOf, bool withSums, bool withLatest, CancellationToken cancellation)
    {
        var sums = new OrderSums(asOf);
        foreach (var order in _import!.Enumerate(asOf))
        {
            cancellation.ThrowIfCancellationRequested();
            if (withSums)
            {
                sums.Add(order);
            }

            Count(order, asOf);
            if (withLatest && order.CustomerKey is { } customer && order.Date <= asOf
                && (!_latest.TryGetValue(customer, out var latest) || PlaceOf(order) < PlaceOf(latest)))
            {
                _latest[customer] = order;
            }
        }

        Customers = sums.ToPopulation();
    }

    private static TimelineCursor PlaceOf(Order order) => new(order.PlacedAt, order.Key);

    private void Count(Order order, DateOnly asOf)
    {
        var standing = order.Standing;
        if (standing == OrderStanding.Credit)
        {
            Credits++;
        }
        else if (order.Date > asOf)
        {
            OrdersAfterAsOf++;
        }
        else if (standing == OrderStanding.Unpaid)
        {
            OrdersUnpaid++;
        }
        else
        {
            OrdersLinked += order.CustomerKey is null ? 0 : 1;
            OrdersUnlinked += order.CustomerKey is null ? 1 : 0;
            DeadOrders += standing == OrderStanding.Counts ? 0 : 1;
        }
    }
}
