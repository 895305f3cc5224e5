using System.Globalization;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.Points;

namespace Loyalty.Testing.Points;

/// <summary>What tests of points feed stores with; days count from 2025-01-30.</summary>
internal static class PointsGiven
{
    public static DateTime Noon { get; } = new(2025, 1, 30, 12, 0, 0, DateTimeKind.Utc);

    public static DateOnly Date(int day) => new DateOnly(2025, 1, 30).AddDays(day);

    /// <summary>Programs that differ in every rule that a store could get wrong.</summary>
    public static LoyaltyProgram Program(string tenant, int variant = 0, string currency = "USD")
    {
        var points = (variant % 6) switch
        {
            0 => """{ "perUnit": 1, "bonusPercent": 10, "minimumMembershipDays": 0 }""",
            1 => """{ "perUnit": 1, "minimumMembershipDays": 0, "expiry": { "kind": "fixed", "days": 20 }, "negative": "allow-negative", "negativeLimit": 50 }""",
            2 => """{ "perUnit": 2, "bonusPercent": 25, "minimumMembershipDays": 0, "expiry": { "kind": "inactivity", "days": 15 } }""",
            3 => """{ "perUnit": 0.5, "minimumMembershipDays": 10, "rounding": "nearest", "expiry": { "kind": "calendar", "period": "month" } }""",
            4 => """{ "perUnit": 1, "bonusPercent": 10, "minimumMembershipDays": 0, "expiry": { "kind": "fixed", "months": 1 }, "negative": "allow-negative" }""",
            _ => """{ "perUnit": 1, "minimumMembershipDays": 0, "expiry": { "kind": "inactivity", "months": 1 } }""",
        };
        points = variant switch
        {
            9 => """{ "perUnit": 1, "minimumMembershipDays": 10, "caps": { "perPeriod": { "points": 120, "period": "month" } } }""",
            10 => """{ "perUnit": 1, "minimumMembershipDays": 0, "refundExcess": "refuse", "caps": { "perOrder": 100, "budget": 700 } }""",
            11 => """{ "perUnit": 1, "minimumMembershipDays": 0, "negative": "allow-negative", "refundExcess": "refuse", "expiry": { "kind": "fixed", "days": 12 } }""",
            _ => points,
        };
        var club = variant >= 9 ? string.Empty : $$"""
            "club": { "stages": [ { "name": "Bronze", "discountPercent": 10, "months": 1, "minimumPurchase": 0 },
                                  { "name": "Silver", "discountPercent": 12.5, "months": 2, "minimumPurchase": 100 }{{(variant >= 6 ? """, { "name": "Gold", "months": 2, "minimumPurchase": 200 }""" : "")}} ] },
            """;
        return LoyaltyProgram.Parse(
            $$"""
            { "tenant": "{{tenant}}", "currency": "{{currency}}", "timeZone": "UTC",
              {{club}}
              "points": {{points}},
              "rewards": [ { "id": "tote", "kind": "merchandise", "points": 60, "stock": 2 }, { "id": "cup", "kind": "merchandise", "points": 15, "limit": "once" },
                           { "id": "seat", "kind": "event", "points": 30, {{(variant >= 9 ? "" : "\"levels\": [\"Silver\"], ")}}"limit": { "count": 1, "per": "week" } },
                           { "id": "card", "kind": "gift-card", "points": 0, "limit": "once-per-achievement" },
                           { "id": "badge", "kind": "boost", "mission": "sprint", "points": 5 } ] }
            """);
    }

    /// <summary>A store of a tenant with a program and no member.</summary>
    public static async Task<T> OpenedAsync<T>(this T store, LoyaltyProgram program, int asOf = 0)
        where T : IPointsStore
    {
        await store.RunAsync(program, asOf);
        return store;
    }

    public static async Task<PointsRunResult> RunAsync(
        this IPointsStore store, LoyaltyProgram program, int asOf, OrderRow[]? orders = null, RefundRow[]? refunds = null, RedemptionRow[]? redemptions = null)
    {
        await using var session = await store.BeginRunAsync(program, Date(asOf), Noon.AddDays(asOf));
        await session.AddOrdersAsync(orders ?? []);
        await session.AddRefundsAsync(refunds ?? []);
        await session.AddRedemptionsAsync(redemptions ?? []);
        var result = await session.CloseDaysAsync();
        await session.CommitAsync();
        return result;
    }

    public static async Task<LedgerResult> ApplyAsync(this IPointsStore store, LedgerOperation operation, int day = 0, DateTime? at = null) =>
        (await store.ApplyAsync([operation], Date(day), at ?? Noon.AddDays(day)))[0];

    /// <summary>Everything a store says, as text.</summary>
    public static async Task<string> DumpAsync(this IPointsStore store)
    {
        var lines = new List<string>();
        var status = await store.GetStatusAsync();
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"{status?.Program.Tenant} {status?.AsOf:O} {status?.Members} members, {status?.Entries} entries"));
        await foreach (var member in store.ReadMembersAsync())
        {
            lines.Add(Of(member));
        }

        return string.Join('\n', lines);
    }

    public static string Of(MemberPoints? member) => member is null ? "nobody" : string.Join(
        "\n  ",
        (IEnumerable<string>)
        [
            string.Create(CultureInfo.InvariantCulture, $"{member.Member}: {member.HasOrdered} {member.Balance} {member.Held} {member.Lifetime} {member.CumulativeDays}"),
            .. member.Enrollments.Select(static e =>
                $"{e.Stage} {e.EnrolledAt:O} {e.StartedOn:O} {e.StartedBy} {e.ExpiresAt:O} {e.Status} {e.EndedOn:O} {string.Join('|', e.Extensions.Select(static x => $"{x.Order} {x.On:O} {x.ExpiresAt:O}"))}"),
            .. member.Operations.Select(static o => $"{o.Sequence} {o.On:O} {o.Kind} {o.Stage} {o.DiscountPercent.ToString("0.###", CultureInfo.InvariantCulture)} {o.Key} {o.Cause}"),
            .. member.Entries.Select(static e => $"{e} booked {e.BookedOn:O} at {e.RecordedAt:O} {e.Cause}"),
            .. member.Lots.Select(static l => $"{l}"),
            .. member.EntryExpiries.OrderBy(static e => e.Key).Select(static e => $"{e.Key} -> {e.Value:O}"),
            .. member.Redemptions.Select(static r => $"{r}"),
        ]);

    public static string Of(PointsRunResult result) => string.Join(
        '\n', result.Orders.Concat(result.Refunds).Concat(result.Redemptions).Select(static o => $"{o}").Append($"{result.EntriesNew}"));
}
