using System.Globalization;
using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;
using Loyalty.Orders;
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
    /// <param name="signs">The signs of the program's currency; <see langword="null"/> without a program: all amounts must have one currency.</param>
    /// <param name="timeZone">The zone in which a time with an offset is dated; <see langword="null"/> for as printed.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole; nothing of it should be kept.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OrderFileReport Read(
        string path, DateOnly asOf, CustomerPopulation population, RejectHandler onReject, Encoding? encoding = null, CurrencySigns? signs = null,
        TimeZoneInfo? timeZone = null)
    {
        ArgumentNullException.ThrowIfNull(population);
        using var source = CsvSource.Open(path, onReject, encoding);
        var header = CsvHeader.Match(source.File, source.Names, Columns);
        var currency = new SeenCurrency();
        while (source.Read())
        {
            var (column, reason) = Take(source, header, asOf, population, signs, timeZone, currency);
            if (reason is not null)
            {
                source.Reject(header[column], reason);
            }
        }

        return new OrderFileReport(
            source.File, OrderPlatform.Generic, source.RowsRead, source.RowsRejected, header.Unknown, source.ThrowIfChanged());
    }

    private static (int Column, string? Reason) Take(CsvSource source, CsvHeader header, DateOnly asOf, CustomerPopulation population, CurrencySigns? signs, TimeZoneInfo? timeZone, SeenCurrency currency)
    {
        var name = CellText.Trim(source.Cell(header[0]));
        if (CellText.IsMissing(name) || CustomerEmail.NameOf(Encoding.UTF8.GetString(name)) is not { } customer)
        {
            return (0, "blank");
        }

        if (CellKey.IsChanged(name))
        {
            return (0, CellKey.Changed);
        }

        DateOnly? last = null;
        var date = CellText.Trim(source.Cell(header[1]));
        if (!CellText.IsMissing(date))
        {
            if (!CellTime.TryParse(date, DateOrder.YearFirst, timeZone, out var time))
            {
                return (1, CellTime.NotATime(DateOrder.YearFirst));
            }

            last = DateOnly.FromDateTime(time);
            if (last > asOf)
            {
                return (1, string.Create(CultureInfo.InvariantCulture, $"after the date of scoring, {asOf:O}"));
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

        if (last is not null && orders == 0)
        {
            return (1, "contradictory: a last order, although there are 0 orders");
        }

        if (CellDecimal.TryAmount(CellText.Trim(source.Cell(header[3])), signs, out var net, out var sign) is { } noAmount)
        {
            return (3, noAmount);
        }

        if (signs is null && !sign.IsEmpty)
        {
            currency.Note(Encoding.UTF8.GetString(sign), source.File, source.Line);
        }

        return (0, population.TryAdd(customer, new RfmInput(last, (int)orders, net)) ? null : "this customer stands in an earlier row already");
    }
}
