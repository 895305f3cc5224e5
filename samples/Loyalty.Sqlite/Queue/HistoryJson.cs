using System.Buffers;
using System.Text;
using System.Text.Json;
using Loyalty.Queue;

namespace Loyalty.Sqlite.Queue;

/// <summary>The history of a delivery as JSON: an array of instant in ticks, event and detail for each line.</summary>
internal static class HistoryJson
{
    public static string Write(IReadOnlyList<DeliveryEvent> history)
    {
        if (history.Count == 0)
        {
            return "[]";
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var line in history)
            {
                json.WriteStartArray();
                json.WriteNumberValue(line.At.UtcTicks);
                json.WriteStringValue(line.Event);
                json.WriteStringValue(line.Detail);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="InvalidDataException">The text is no history.</exception>
    public static IReadOnlyList<DeliveryEvent> Read(string text)
    {
        if (string.Equals(text, "[]", StringComparison.Ordinal))
        {
            return [];
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            return [.. json.RootElement.EnumerateArray().Select(static line => new DeliveryEvent(
                QueueRows.Instant(line[0].GetInt64()), line[1].GetString()!, line[2].GetString()!))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("the history of a delivery cannot be read", e);
        }
    }
}
