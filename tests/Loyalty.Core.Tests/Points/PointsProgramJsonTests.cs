using System.Text;
using Loyalty.Points;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Tests.Points;

/// <summary>The sections club, points, rewards and messages of a program file.</summary>
public sealed class PointsProgramJsonTests
{
    private const string Head = """ "tenant":"t","currency":"USD","timeZone":"Etc/UTC", """;

    private static IEnumerable<string> Faults(string sections)
    {
        Assert.False(LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes($"{{{Head}{sections}}}"), out _, out var faults));
        return faults.Select(f => f.Path);
    }

    [Fact]
    public void Every_member_is_read()
    {
        var program = LoyaltyProgram.Parse($$"""
            { {{Head}}
              "club": { "stages": [ { "name": "Silver", "discountPercent": 12.5, "months": 6, "minimumPurchase": 250 }, { "name": "Bronze", "months": 3, "minimumPurchase": 99.99 } ] },
              "points": { "perUnit": 1.5, "bonusPercent": 10, "minimumMembershipDays": 30, "value": 0.01, "rounding": "nearest", "negative": "allow-negative",
                          "negativeLimit": 500, "expiry": { "kind": "inactivity", "months": 6 } },
              "rewards": [ { "id": "tote", "kind": "merchandise", "points": 500, "stock": 20, "limit": "once", "levels": ["Silver"],
                             "available": { "start": "2025-01-01" } },
                           { "id": "flight", "kind": "wine-point-sale", "points": 50, "limit": { "count": 2, "per": "week" } } ],
              "messages": { "channels": ["email", "sms"], "expiryWarningDays": [30, 7] } }
            """);
        Assert.Equal(["Bronze", "Silver"], program.Club!.Stages.Select(s => s.Name));
        Assert.Equal(9_999, program.Club.Stages[0].MinimumPurchase);
        var points = program.Points!;
        Assert.Equal((1.5m, 10m, 30, 0.01m, PointsRounding.Nearest), (points.PerUnit, points.BonusPercent, points.MinimumMembershipDays, points.Value, points.Rounding));
        Assert.Equal((NegativeRule.AllowNegative, 500L, ExpiryPolicy.InactiveMonths(6)), (points.Negative, points.NegativeLimit!.Value, points.Expiry));
        Assert.Equal((20, RewardLimit.Once, new DateOnly(2025, 1, 1)), (program.Rewards[0].Stock!.Value, program.Rewards[0].Limit, program.Rewards[0].AvailableFrom!.Value));
        Assert.Equal(RewardLimit.PerWeek(2), program.Rewards[1].Limit);
        Assert.Equal([30, 7], program.Messages.ExpiryWarningDays);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var program = LoyaltyProgram.Parse($$"""{ {{Head}} "points": { "perUnit": 1, "value": 0.01 } }""");
        var points = program.Points!;
        Assert.Equal((0m, 365, PointsRounding.Down, NegativeRule.Clamp, ExpiryPolicy.None), (points.BonusPercent, points.MinimumMembershipDays, points.Rounding, points.Negative, points.Expiry));
        Assert.Null(program.Club);
        Assert.Empty(program.Rewards);
        Assert.Equal(["email"], program.Messages.Channels);
        Assert.Empty(program.Messages.ExpiryWarningDays);
    }

    [Theory]
    [InlineData("\"none\"", ExpiryKind.None)]
    [InlineData("""{"kind":"fixed","months":12}""", ExpiryKind.Fixed)]
    [InlineData("""{"kind":"fixed","days":90}""", ExpiryKind.Fixed)]
    [InlineData("""{"kind":"calendar","period":"quarter"}""", ExpiryKind.Calendar)]
    [InlineData("""{"kind":"inactivity","days":90}""", ExpiryKind.Inactivity)]
    public void Every_kind_of_expiry_is_read(string expiry, ExpiryKind kind) =>
        Assert.Equal(kind, LoyaltyProgram.Parse($$"""{ {{Head}} "points": { "perUnit": 1, "expiry": {{expiry}} } }""").Points!.Expiry.Kind);

    [Fact]
    public void All_faults_are_reported_at_once_with_their_paths() => Assert.Equal(
        [
            "$.club.stages[0].discountPercent", "$.club.stages[0].months", "$.club.stages[0].minimumPurchase", "$.club.stages[1].colour", "$.club.stages[2].name",
            "$.points.perUnit", "$.points.value", "$.points.rounding", "$.points.negativeLimit", "$.points.expiry",
            "$.rewards[0].kind", "$.rewards[0].points", "$.rewards[0].available.end", "$.rewards[0].levels[0]", "$.rewards[0].limit.per", "$.rewards[1].id",
            "$.messages.channels[1]", "$.messages.expiryWarningDays[0]",
        ],
        Faults("""
            "club": { "stages": [ { "name": "A", "discountPercent": 101, "months": 0, "minimumPurchase": 1.234 },
                                  { "name": "B", "months": 1, "minimumPurchase": 5, "colour": "red" }, { "name": "B", "months": 1, "minimumPurchase": 6 } ] },
            "points": { "perUnit": -1, "value": 0.0000000001, "rounding": "sideways", "negativeLimit": -1, "expiry": { "kind": "fixed" } },
            "rewards": [ { "id": "x", "kind": "boat", "points": 1.5, "available": { "start": "2025-02-01", "end": "2025-01-01" }, "levels": [5], "limit": { "count": 1, "per": "year" } },
                         { "id": "x", "kind": "event", "points": 1 } ],
            "messages": { "channels": ["email", "email"], "expiryWarningDays": [0] }
            """));

    [Fact]
    public void A_level_of_a_reward_must_be_a_stage_or_a_level() => Assert.Equal(
        ["$.rewards[0].levels[0]"],
        Faults(""" "club": { "stages": [ { "name": "A", "months": 1, "minimumPurchase": 1 } ] }, "rewards": [ { "id": "x", "kind": "event", "points": 1, "levels": ["Z", "A"] } ] """));
}
