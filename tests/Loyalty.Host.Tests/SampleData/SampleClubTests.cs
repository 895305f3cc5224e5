namespace Loyalty.Tests.Host.SampleData;

/// <summary><c>loyalty points</c> on the sample.</summary>
public sealed class SampleClubTests
{
    private static readonly string[] Results =
        ["balances.csv", "enrollments.csv", "entries.csv", "messages.csv", "operations.csv", "redemptions.csv"];

    [Fact]
    public void Several_runs_by_date_write_the_files_of_one_run()
    {
        using var desk = Sampled("150", "4");
        foreach (var date in (string[])["2024-01-31", "2024-09-13", "2025-02-28", "2025-02-28", "2025-06-30"])
        {
            Run(desk, date, "several", "--state", "several.loyalty").With(0);
        }

        Run(desk, "2025-06-30", "one").With(0);
        Assert.All(Results, name => Assert.Equal(desk.Read($"one/{name}"), desk.Read($"several/{name}")));
        Assert.Equal(desk.Read("one/rejects.csv"), desk.Read("several/rejects.csv"));
        desk.Run("verify", "--program", "sample/program.json", "--state", "several.loyalty").With(0);

        // The sample has something of everything.
        string[] Column(string file, int column) => [.. desk.Lines($"one/{file}").Skip(1).Select(line => line.Split(',')[column]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["bonus", "earned", "expired", "redeemed", "reversed"], Column("entries.csv", 2));
        Assert.Equal(["Bronze", "Gold", "Silver"], Column("enrollments.csv", 1));
        Assert.Equal(["active", "expired", "upgraded"], Column("enrollments.csv", 4));
        Assert.Equal(["cancelled", "concluded", "fulfilled", "pending", "refunded", "refused", "rejected"], Column("redemptions.csv", 4));
        Assert.Equal(["expired", "expiry-warning", "monthly-status", "reward-fulfilled", "tier-change"], Column("messages.csv", 1));
    }

    [Fact]
    public void The_faults_of_the_sample_and_no_others_are_rejected()
    {
        using var desk = Sampled("60", "9");
        Run(desk, "2025-06-30", "one").With(0);
        Assert.Equal(
            [
                "club-orders.csv amount conflict", "club-orders.csv customer blank", "club-orders.csv date invalid", "club-orders.csv amount invalid", "club-orders.csv  invalid",
                "preferences.csv kind invalid",
                "redemptions.csv reward out-of-stock", "redemptions.csv reward limit-reached", "redemptions.csv reward insufficient-points", "redemptions.csv reward not-eligible",
                "redemptions.csv reward not-eligible", "redemptions.csv reward not-available", "redemptions.csv reward unknown-reward", "redemptions.csv id unknown-redemption",
                "redemptions.csv event wrong-status", "redemptions.csv reward conflict", "redemptions.csv event invalid",
                "refunds.csv order_id unknown-order", "refunds.csv amount invalid",
            ],
            desk.Lines("one/rejects.csv").Skip(1).Select(static line => line.Split(',')).Select(static cells => $"{cells[0]} {cells[2]} {cells[3]}"));
        Assert.Contains(" ", desk.Lines("sample/club-orders.csv")[4].Split(',')[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("40", "2")]
    [InlineData("300", "3")]
    public void A_tidy_sample_has_no_faults(string members, string seed)
    {
        using var desk = Sampled(members, seed, "--tidy");
        Run(desk, "2025-06-30", "one", "--strict").With(0);
        Assert.Single(desk.Lines("one/rejects.csv"));
    }

    private static Desk Sampled(string members, string seed, params string[] more)
    {
        var desk = new Desk();
        desk.Run(["sample-data", "--members", members, "--videos", members, "--days", "1", "--seed", seed, "--out", "sample", .. more]).With(0);
        return desk;
    }

    private static Ended Run(Desk desk, string asOf, string output, params string[] more) => desk.Run(
        [
            "points", "--program", "sample/program.json", "--orders", "sample/club-orders.csv", "--refunds", "sample/refunds.csv",
            "--redemptions", "sample/redemptions.csv", "--preferences", "sample/preferences.csv", "--messages-since", "2025-05-31", "--as-of", asOf, "--out", output, .. more,
        ]);
}
