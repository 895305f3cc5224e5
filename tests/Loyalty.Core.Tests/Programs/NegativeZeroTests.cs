using Loyalty.Programs;

namespace Loyalty.Tests.Programs;

/// <summary>F35: minus zero in a program is zero, in what it means, prints and is hashed.</summary>
public sealed class NegativeZeroTests
{
    [Theory]
    [InlineData("-0")]
    [InlineData("-0.0")]
    [InlineData("-0e5")]
    [InlineData("-0.000E-2")]
    public void F35_Minus_zero_is_zero(string zero)
    {
        var (plain, signed) = (Parse("0"), Parse(zero));
        Assert.Equal(plain.Tiers!.Version, signed.Tiers!.Version);
        Assert.Equal(plain.Json.ToArray(), signed.Json.ToArray());
        Assert.Equal((0, 0, 0m), (signed.Tiers.Ladder[0].Threshold, signed.Points!.MinimumMembershipDays, signed.Points.Value));
        Assert.False(decimal.IsNegative(signed.Points.Value));
        Assert.False(decimal.IsNegative(signed.Points.BonusPercent));
    }

    private static LoyaltyProgram Parse(string zero) => LoyaltyProgram.Parse(
        $$"""
        { "tenant": "t", "currency": "USD", "timeZone": "Etc/UTC",
          "tiers": { "metric": "sales", "checkpoint": { "months": 4 }, "graceDays": -0, "levels": [ { "name": "A", "threshold": {{zero}} }, { "name": "B", "threshold": 10 } ] },
          "points": { "perUnit": 1, "value": {{zero}}, "bonusPercent": {{zero}}, "minimumMembershipDays": -0 } }
        """);
}
