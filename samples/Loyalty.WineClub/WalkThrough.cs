using System.Globalization;
using System.Text.Json;
using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Delivering;
using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Queue.Plans;
using Loyalty.Rewards;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Queue;

namespace Loyalty.WineClub;

/// <summary>Three years of one member of a winery's club, told by the library: what each order does, what it earns, what is due, what the queue delivers.</summary>
public static class WalkThrough
{
    private const string Member = "mia@example.com";

    private static readonly LoyaltyProgram Winery = LoyaltyProgram.Parse("""
        {
          "tenant": "hillside", "currency": "USD", "timeZone": "America/Los_Angeles",
          "club": { "stages": [
            { "name": "Bronze", "discountPercent": 10, "months": 3, "minimumPurchase": 150 },
            { "name": "Silver", "discountPercent": 15, "months": 6, "minimumPurchase": 400 },
            { "name": "Gold", "discountPercent": 20, "months": 12, "minimumPurchase": 900 } ] },
          "points": { "perUnit": 1, "bonusPercent": 10, "minimumMembershipDays": 365, "value": 0.05, "expiry": "none" },
          "rewards": [ { "id": "library-tasting", "kind": "tasting", "points": 500, "stock": 12, "limit": "once-per-achievement", "levels": ["Gold"] } ],
          "messages": { "channels": ["email"], "expiryWarningDays": [30] }
        }
        """);

    /// <summary>Tells the story, and delivers its messages and discounts as files.</summary>
    /// <param name="output">Where it is told.</param>
    /// <param name="folder">Where the files go; made when it is missing.</param>
    public static async Task RunAsync(TextWriter output, string folder)
    {
        // The story's own clock: what is due by then goes out, whatever day it is today.
        var now = new StoryClock(new DateTimeOffset(2027, 3, 2, 9, 0, 0, TimeSpan.Zero));
        var loyalty = new InMemoryLoyaltyStore(Winery.Tenant, Winery.Currency, now);
        var store = loyalty.Points;
        await Day("2024-01-10", new OrderRow("1001", Member, Date("2024-01-10"), 180_00));
        await Day("2024-03-01", new OrderRow("1002", Member, Date("2024-03-01"), 450_00));
        await Day("2024-06-10");
        await Day("2024-06-20", new OrderRow("1003", Member, Date("2024-06-20"), 160_00));
        await Day("2025-01-08", new OrderRow("1004", Member, Date("2025-01-08"), 950_00));
        await Day("2025-01-09", new OrderRow("1005", Member, Date("2025-01-09"), 200_00));
        await Day("2025-02-01", new OrderRow("1006", Member, Date("2025-02-01"), 480_50));
        await Day("2025-02-14", claim: new RedemptionRow("R1", Member, Date("2025-02-14"), "library-tasting", RedemptionEvent.Claimed));
        await Day("2025-03-05", claim: new RedemptionRow("R1", Member, Date("2025-03-05"), "library-tasting", RedemptionEvent.Fulfilled));
        await Day("2027-01-10");
        await Day("2027-03-01", new OrderRow("1007", Member, Date("2027-03-01"), 500_00));
        await DeliverAsync(loyalty.Queue, now, folder, output);

        async Task Day(string date, OrderRow? order = null, RedemptionRow? claim = null)
        {
            var asOf = Date(date);
            var before = await store.FindMemberAsync(Member);
            var since = (await store.GetStatusAsync())?.AsOf ?? asOf.AddDays(-1);
            PointsRunResult result;
            await using (var run = await store.BeginRunAsync(Winery, asOf, new DateTime(asOf, default, DateTimeKind.Utc)))
            {
                await run.AddOrdersAsync(order is { } o ? [o] : []);
                await run.AddRedemptionsAsync(claim is { } c ? [c] : []);
                result = await run.CloseDaysAsync();
                await new RunDeliveries(Winery, since, asOf).EnqueueAsync(run, result);
                await run.CommitAsync();
            }

            var now = (await store.FindMemberAsync(Member))!;
            output.WriteLine(date + (order is { } taken ? $"  order {taken.Id}, {Winery.Currency.Format(taken.Amount)}" : claim is { } event_ ? $"  {event_.Reward} {event_.Event}" : "  day closed").ToLowerInvariant());
            foreach (var operation in now.Operations.Skip(before?.Operations.Count ?? 0))
            {
                Say($"{operation.On:yyyy-MM-dd} {operation.Kind} discount {operation.DiscountPercent} % ({operation.Stage})");
            }

            if (now.Enrollments is [.., var last])
            {
                Say($"{last.Stage} since {last.StartedOn:yyyy-MM-dd}, joined {last.EnrolledAt:yyyy-MM-dd}, {last.Status} to {last.ExpiresAt:yyyy-MM-dd}; {now.CumulativeDays} days in the club");
            }

            foreach (var entry in now.Entries.Skip(before?.Entries.Count ?? 0))
            {
                Say($"{entry.Kind} {entry.Points} points, balance {entry.Balance}");
            }

            foreach (var message in new DueMessages(Winery.Messages, MessagePreferences.None, since, asOf).For(Member, now.Enrollments, now.Redemptions))
            {
                if (message.Kind != MessageKind.MonthlyStatus)
                {
                    Say($"message due {message.DueOn:yyyy-MM-dd}: {message.Kind.Word()} ({message.Cause})");
                }
            }

            Say($"balance {now.Balance}, worth {Winery.Currency.Format(Winery.Points!.ValueOf(now.Balance))}; rows refused: {result.Orders.Concat(result.Redemptions).Count(static r => r.IsRejected)}");
        }

        void Say(FormattableString line) => output.WriteLine("  " + line.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Sends everything that the runs stored, each as a file of its own, and lists it in the order in which it was caused.</summary>
    private static async Task DeliverAsync(IQueueStore queue, StoryClock now, string folder, TextWriter output)
    {
        var connectors = ConnectorsFile.Parse(JsonSerializer.SerializeToUtf8Bytes(new
        {
            targets = new { cellar = new { kind = "file", folder } },
            operations = "cellar",
            channels = new { email = "cellar" },
        }));
        var targets = DeliveryTarget.Create(connectors, TimeProvider.System);
        DeliveryResult result;
        try
        {
            result = await new DeliveryWorker(queue, targets, DeliveryOptions.From(connectors, Winery.Tenant) with { FixedNow = now.GetUtcNow() }).RunAsync();
        }
        finally
        {
            foreach (var target in targets)
            {
                target.Dispose();
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"delivered: {result.Done} done, {result.Parked} parked, {result.Skipped} skipped"));
        var statuses = 0;
        await foreach (var delivery in queue.ReadAsync())
        {
            if (delivery.What == MessageKind.MonthlyStatus.Word())
            {
                statuses++;
                continue;
            }

            output.WriteLine($"  {delivery.Key}: {delivery.ExternalId}");
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  and {statuses} monthly statuses"));
    }

    private static DateOnly Date(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A clock that stands still.</summary>
    private sealed class StoryClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
