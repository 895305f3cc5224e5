using System.Globalization;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Testing.Queue;

/// <summary>What tests of the queue begin with.</summary>
internal static class QueueGiven
{
    public static readonly DateTimeOffset Past = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static NewDelivery Operation(string customer, int number, DateTimeOffset? due = null) => new(
        string.Create(CultureInfo.InvariantCulture, $"enrollment:{customer}-{number}:add"), DeliveryKind.Operation, QueueRules.Operations, customer, "add", "",
        """{"stage":"Bronze","discount_percent":"10","cause":"order:1","date":"2025-01-01"}""", due ?? Past.AddSeconds(number));

    public static NewDelivery Message(string customer, int number, string channel = "email", DateTimeOffset? due = null) => new(
        DeliveryKey.OfMessage(customer, Loyalty.Messages.MessageKind.Expired, channel, string.Create(CultureInfo.InvariantCulture, $"enrollment:{number}")),
        DeliveryKind.Message, channel, customer, "expired", channel, """{"cause":"enrollment:1","stage":"Bronze"}""", due ?? Past.AddSeconds(number));

    public static ClaimRequest Claim(string target = "shop", int count = 100, TimeSpan? lease = null, params string[] routes) =>
        new(target, routes.Length == 0 ? [QueueRules.Operations] : routes, count, lease ?? TimeSpan.FromMinutes(1), Guid.NewGuid());

    public static DeliveryReport Begin(this ClaimedDelivery claim, string target = "shop") =>
        new(claim, ReportKind.Begin, target, TimeSpan.FromMinutes(1), Event: new(Past, "begun", ""));

    public static DeliveryReport End(this ClaimedDelivery claim, DeliveryEnd end, string target = "shop") => new(claim, ReportKind.End, target, End: end);

    public static DeliveryEnd Done => new(DeliveryStatus.Done, null, "", "x-1", new(Past, "done", "x-1"));

    public static DeliveryEnd Again(DateTimeOffset at) => new(DeliveryStatus.Waiting, at, "429", "", new(Past, "retried", "429"));

    public static DeliveryEnd Parked => QueueRules.Park("refused: 400", Past);

    public static async Task<Delivery[]> AllAsync(this IQueueStore store)
    {
        var all = new List<Delivery>();
        await foreach (var delivery in store.ReadAsync())
        {
            all.Add(delivery);
        }

        return [.. all];
    }

    /// <summary>A delivery as text, without what differs by the clock of the store.</summary>
    public static string Text(this Delivery d) => string.Create(
        CultureInfo.InvariantCulture,
        $"{d.Key}|{d.Kind}|{d.Route}|{d.Target}|{d.Customer}|{d.What}|{d.Channel}|{d.Payload}|{d.DueAt.UtcTicks}|{d.Status}|{d.Attempts}|{d.NextAttemptAt.UtcTicks}|{d.IsBegun}|{d.ExternalId}|{d.Error}|{string.Join(';', d.History.Select(static h => $"{h.Event}:{h.Detail}"))}");
}
