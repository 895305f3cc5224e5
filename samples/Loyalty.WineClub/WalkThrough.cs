using System.Globalization;
using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.InMemory.Points;

namespace Loyalty.WineClub;

/// <summary>Three years of one member of a winery's club, told by the library: what each order does, what it earns, what is due.</summary>
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

    /// <summary>Tells the story.</summary>
    public static async Task RunAsync(TextWriter output)
    {
        var store = new InMemoryPointsStore();
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

    private static DateOnly Date(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
