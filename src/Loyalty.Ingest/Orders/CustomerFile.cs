using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Scoring;

namespace Loyalty.Ingest.Orders;

/// <summary>Reads customers with what they are scored from, one row each: <c>customer,last_order_on,orders,net</c>.</summary>
/// <remarks>A blank date means that the customer never ordered. A customer who stands twice is rejected the second time.</remarks>
public static class CustomerFile
{
    private static readonly CsvColumn[] Columns =
        [new("customer", true, "customer_id"), new("last_order_on", true), new("orders", true), new("net", true)];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file: UTF-8 with or without byte order mark, or UTF-16 with one.</param>
    /// <param name="asOf">The date of scoring; a last order after it rejects the row.</param>
    /// <param name="population">Receives the customers.</param>
    /// <param name="onReject">Takes the rejected rows.</param>
    /// <param name="encoding">Another encoding, named; <see langword="null"/> for those above.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole; nothing of it should be kept.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OrderFileReport Read(
        string path, DateOnly asOf, CustomerPopulation population, RejectHandler onReject, Encoding? encoding = null)
    {
        ArgumentNullException.ThrowIfNull(population);
        using var source = CsvSource.Open(path, onReject, encoding);
        var header = CsvHeader.Match(source.File, source.Names, Columns);
        while (source.Read())
        {
            var (column, reason) = Take(source, header, asOf, population);
            if (reason is not null)
            {
                source.Reject(header[column], reason);
            }
        }

        return new OrderFileReport(
            source.File, Loyalty.Orders.OrderPlatform.Generic, source.RowsRead, source.RowsRejected, header.Unknown, source.ThrowIfChanged());
    }

    private static (int Column, string? Reason) Take(CsvSource source, CsvHeader header, DateOnly asOf, CustomerPopulation population)
    {
        var name = CellText.Trim(source.Cell(header[0]));
        if (CellText.IsMissing(name) || Generic.GenericOrders.CustomerKey(Encoding.UTF8.GetString(name)) is not { } customer)
        {
            return (0, "blank");
        }

        DateOnly? last = null;
        var date = CellText.Trim(source.Cell(header[1]));
        if (!CellText.IsMissing(date))
        {
            if (!CellTime.TryParse(date, DateOrder.YearFirst, out var time))
            {
                return (1, CellTime.NotATime(DateOrder.YearFirst));
            }

            last = DateOnly.FromDateTime(time);
            if (last > asOf)
            {
                return (1, $"after the date of scoring, {asOf:yyyy-MM-dd}");
            }
        }

        if (CellNumber.TryCount(CellText.Trim(source.Cell(header[2])), int.MaxValue - 1, out var orders) is { } noCount)
        {
            return (2, noCount);
        }

        if (last is null && orders > 0)
        {
            return (1, "blank, although there are orders");
        }

        if (CellDecimal.TryAmount(CellText.Trim(source.Cell(header[3])), out var net) is { } noAmount)
        {
            return (3, noAmount);
        }

        return (0, population.TryAdd(customer, new RfmInput(last, (int)orders, net)) ? null : "this customer stands in an earlier row already");
    }
}
