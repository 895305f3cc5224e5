using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Host.Queue;

/// <summary><c>loyalty queue</c>: what is in the queue, and what a person does with it.</summary>
internal static class QueueCommand
{
    private static readonly DeliveryStatus[] Statuses =
    [
        DeliveryStatus.Waiting, DeliveryStatus.Leased, DeliveryStatus.Done, DeliveryStatus.Parked, DeliveryStatus.Blocked, DeliveryStatus.Skipped, DeliveryStatus.Dropped,
    ];

    public static async Task<int> StatusAsync(StoreChoice store, string? tenant, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        using var queue = await OpenedQueue.OpenAsync(store, tenant, TimeProvider.System, cancellation);
        var targets = (await queue.Store.CountAsync(cancellation)).GroupBy(static c => c.Target, StringComparer.Ordinal).ToArray();
        var now = await queue.Store.GetNowAsync(cancellation);
        if (asJson)
        {
            console.WriteLine(Json(json =>
            {
                json.WriteStartArray("targets");
                foreach (var target in targets)
                {
                    json.WriteStartObject();
                    json.WriteString("target", target.Key);
                    foreach (var status in Statuses)
                    {
                        json.WriteNumber(status.Word(), Count(target, status));
                    }

                    if (Oldest(target) is { } oldest)
                    {
                        json.WriteString("oldest_due_at", Iso(oldest));
                    }
                    else
                    {
                        json.WriteNull("oldest_due_at");
                    }

                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }));
            return ExitCode.Done;
        }

        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"target",-20}{string.Concat(Statuses.Select(static s => $"{s.Word(),10}"))}  oldest"));
        foreach (var target in targets)
        {
            var age = Oldest(target) is { } oldest ? Age(now - oldest) : "";
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{(target.Key.Length == 0 ? "(not tried yet)" : target.Key),-20}{string.Concat(Statuses.Select(s => $"{Count(target, s).ToString(CultureInfo.InvariantCulture),10}"))}  {age}"));
        }

        return ExitCode.Done;
    }

    public static async Task<int> ListAsync(StoreChoice store, string? tenant, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        using var queue = await OpenedQueue.OpenAsync(store, tenant, TimeProvider.System, cancellation);
        var deliveries = new List<Delivery>();
        await foreach (var delivery in queue.Store.ReadAsync(cancellation))
        {
            if (!asJson)
            {
                console.WriteLine(
                    $"{delivery.Status.Word(),-8} {delivery.Attempts.ToString(CultureInfo.InvariantCulture),3} {Iso(delivery.NextAttemptAt)} {delivery.Target,-12} {delivery.Key}{(delivery.Error.Length > 0 ? $"  ({delivery.Error})" : "")}");
                continue;
            }

            deliveries.Add(delivery);
        }

        if (asJson)
        {
            console.WriteLine(Json(json => Write(json, deliveries)));
        }

        return ExitCode.Done;
    }

    public static Task<int> RetryAsync(StoreChoice store, string? tenant, string[] keys, bool all, bool asJson, HostConsole console, CancellationToken cancellation) =>
        ChangeAsync(store, tenant, asJson, "retried", "put back", s => s.RetryAsync(all ? null : keys, cancellation), console, cancellation);

    public static Task<int> DropAsync(
        StoreChoice store, string? tenant, string[] keys, bool all, string reason, bool asJson, HostConsole console, CancellationToken cancellation) =>
        ChangeAsync(store, tenant, asJson, "dropped", "dropped", s => s.DropAsync(all ? null : keys, reason, cancellation), console, cancellation);

    private static async Task<int> ChangeAsync(
        StoreChoice store, string? tenant, bool asJson, string member, string word, Func<IQueueStore, ValueTask<int>> change, HostConsole console,
        CancellationToken cancellation)
    {
        using var queue = await OpenedQueue.OpenAsync(store, tenant, TimeProvider.System, cancellation);
        int count;
        try
        {
            count = await change(queue.Store);
        }
        catch (QueueRefusalException e)
        {
            throw new CommandException(e.Message, e);
        }

        queue.Keep();
        console.WriteLine(asJson ? Json(json => json.WriteNumber(member, count)) : string.Create(CultureInfo.InvariantCulture, $"{count} {word}"));
        return ExitCode.Done;
    }

    private static void Write(Utf8JsonWriter json, List<Delivery> deliveries)
    {
        json.WriteStartArray("deliveries");
        foreach (var delivery in deliveries)
        {
            json.WriteStartObject();
            json.WriteString("key", delivery.Key);
            json.WriteString("kind", delivery.Kind.Word());
            json.WriteString("target", delivery.Target);
            json.WriteString("customer", delivery.Customer);
            json.WriteString("what", delivery.What);
            json.WriteString("channel", delivery.Channel);
            json.WriteString("status", delivery.Status.Word());
            json.WriteNumber("attempts", delivery.Attempts);
            json.WriteString("due_at", Iso(delivery.DueAt));
            json.WriteString("next_attempt_at", Iso(delivery.NextAttemptAt));
            json.WriteString("external_id", delivery.ExternalId);
            json.WriteString("error", delivery.Error);
            json.WriteStartArray("history");
            foreach (var line in delivery.History)
            {
                json.WriteStartObject();
                json.WriteString("at", Iso(line.At));
                json.WriteString("event", line.Event);
                json.WriteString("detail", line.Detail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static string Iso(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    internal static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static long Count(IEnumerable<QueueCount> counts, DeliveryStatus status) => counts.Where(c => c.Status == status).Sum(static c => c.Count);

    /// <summary>When the oldest of what is not over was due.</summary>
    private static DateTimeOffset? Oldest(IEnumerable<QueueCount> counts) => counts
        .Where(static c => c.Status is DeliveryStatus.Waiting or DeliveryStatus.Leased or DeliveryStatus.Blocked or DeliveryStatus.Parked)
        .Select(static c => (DateTimeOffset?)c.OldestDueAt).Min();

    private static string Age(TimeSpan age) => age < TimeSpan.Zero
        ? "not due yet"
        : string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalDays} d {age.Hours:00}:{age.Minutes:00}:{age.Seconds:00}");
}
