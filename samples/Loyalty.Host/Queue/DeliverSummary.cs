using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Connectors.Delivering;
using Loyalty.Host.Output;
using Loyalty.Memory;
using Loyalty.Queue;

namespace Loyalty.Host.Queue;

/// <summary>A run of <c>loyalty deliver</c> in numbers, and the deliveries that it touched.</summary>
internal sealed record DeliverSummary(DeliveryResult Result, long Blocked, long Waiting, long Elapsed)
{
    public string Json()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("taken", Result.Taken);
            json.WriteNumber("done", Result.Done);
            json.WriteNumber("retried", Result.Retried);
            json.WriteNumber("parked", Result.Parked);
            json.WriteNumber("skipped", Result.Skipped);
            json.WriteNumber("blocked", Blocked);
            json.WriteNumber("waiting", Waiting);
            json.WriteNumber("elapsed_ms", Elapsed);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public string Table(string? folder) => string.Create(CultureInfo.InvariantCulture, $"""
        taken   {Result.Taken,10:N0} = {Result.Done:N0} done + {Result.Retried:N0} to be tried again + {Result.Parked:N0} parked + {Result.Skipped:N0} skipped
        left    {Waiting,10:N0} waiting, {Blocked:N0} blocked{(folder is null ? "" : $"\nresults in {folder}")}
        """);

    public static void Write(IEnumerable<Delivery> deliveries, Stream stream, bool safe)
    {
        using var table = new CsvTable(
            stream, safe, "key", "kind", "target", "customer", "what", "channel", "status", "attempts", "external_id", "error");
        foreach (var delivery in deliveries.OrderBy(static d => d.Key, CodePointOrder.Instance))
        {
            table.Text(delivery.Key).Text(delivery.Kind.Word()).Text(delivery.Target).Text(delivery.Customer).Text(delivery.What).Text(delivery.Channel)
                .Text(delivery.Status.Word()).Number(delivery.Attempts).Text(delivery.ExternalId).Text(delivery.Error).EndRow();
        }
    }
}
