using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Money;

namespace Loyalty.Host.Points;

/// <summary>A run in numbers: <c>summary.json</c> for programs, a table for people.</summary>
internal sealed record PointsSummary(PointsCounts Rows, long EntriesNew, long RefundsOverOrder, PointsTotals Totals, long Elapsed)
{
    public string Json(Currency currency)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("rows_read", Rows.Read);
            json.WriteNumber("rows_new", Rows.New);
            json.WriteNumber("rows_unchanged", Rows.Unchanged);
            json.WriteNumber("rows_rejected", Rows.Rejected);
            json.WriteNumber("entries_new", EntriesNew);
            json.WriteNumber("refunds_over_order", RefundsOverOrder);
            json.WriteNumber("members_total", Totals.Members);
            json.WritePropertyName("points_outstanding");
            json.WriteRawValue(Totals.Outstanding.ToString(CultureInfo.InvariantCulture));
            json.WritePropertyName("liability");
            json.WriteRawValue(currency.Format(Totals.Liability));
            json.WriteNumber("elapsed_ms", Elapsed);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public string Table(Currency currency, DateOnly asOf, string folder) => string.Create(CultureInfo.InvariantCulture, $"""
        closed through {asOf:yyyy-MM-dd}
        rows      {Rows.Read,12:N0} read = {Rows.New:N0} new + {Rows.Unchanged:N0} unchanged + {Rows.Rejected:N0} rejected
        entries   {EntriesNew,12:N0} new
        members   {Totals.Members,12:N0}
        points    {Totals.Outstanding,12:N0} outstanding, worth {currency.Format(Totals.Liability)} {currency.Code}
        results in {folder}
        """);
}
