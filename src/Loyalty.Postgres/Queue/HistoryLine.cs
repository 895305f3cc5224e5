using System.Text.Json;
using Loyalty.Queue;

namespace Loyalty.Postgres.Queue;

/// <summary>The history of a delivery as text: one line of JSON for each thing that happened, <c>[microseconds,"event","detail"]</c>.</summary>
internal static class HistoryLine
{
    public static string Write(DeliveryEvent happening)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(QueueInstant.Of(happening.At));
            writer.WriteStringValue(happening.Event);
            writer.WriteStringValue(happening.Detail);
            writer.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    public static IReadOnlyList<DeliveryEvent> Read(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var history = new List<DeliveryEvent>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var parts = json.RootElement;
            history.Add(new(QueueInstant.From(parts[0].GetInt64()), parts[1].GetString()!, parts[2].GetString()!));
        }

        return history;
    }
}
