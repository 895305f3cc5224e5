using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Rewards;

namespace Loyalty.Tests.Rewards;

/// <summary>The worked numbers of <c>docs/rewards.md</c>.</summary>
public sealed class RewardDeskTests
{
    private static DateOnly D(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static Claimant Ann(long points = 1_000, string? level = "Gold", int achievement = 1, string achieved = "2025-01-01") =>
        new(level, achievement, D(achieved), points);

    private static Reward Reward(RewardLimit limit = default, int? stock = null, IReadOnlyCollection<string>? levels = null, string? mission = null) =>
        new("tote", RewardKind.Merchandise, 500)
        {
            Limit = limit, Stock = stock, Levels = levels, Mission = mission, AvailableFrom = D("2025-01-01"), AvailableUntil = D("2026-01-01"),
        };

    [Fact]
    public void A_claim_is_refused_for_the_first_reason_that_applies()
    {
        var desk = new RewardDesk();
        var reward = Reward(RewardLimit.Once, stock: 1, levels: ["Gold"]);
        var day = D("2025-02-01");
        Assert.Equal(ClaimRefusal.UnknownReward, desk.Judge(null, "ann", Ann(0), D("2030-01-01")));
        Assert.Equal(ClaimRefusal.NotAvailable, desk.Judge(reward, "ann", Ann(0, "Bronze"), D("2026-01-01")));
        Assert.Equal(ClaimRefusal.NotAvailable, desk.Judge(reward, "ann", Ann(0), D("2024-12-31")));
        Assert.Equal(ClaimRefusal.NotEligible, desk.Judge(reward, "ann", Ann(0, null), day));
        Assert.Equal(ClaimRefusal.InsufficientPoints, desk.Judge(reward, "ann", Ann(499), day));
        desk.Claim("1", reward, "tote", "ann", Ann(500), day);
        Assert.Equal(ClaimRefusal.LimitReached, desk.Judge(reward, "ann", Ann(0), day));
        Assert.Equal(ClaimRefusal.OutOfStock, desk.Judge(reward, "bob", Ann(0), day));
    }

    [Fact]
    public void A_debt_does_not_refuse_what_is_free()
    {
        var (desk, day) = (new RewardDesk(), D("2025-02-01"));
        Assert.Equal(ClaimRefusal.None, desk.Judge(new Reward("cup", RewardKind.Merchandise, 0), "ann", Ann(-550), day));
        Assert.Equal(ClaimRefusal.InsufficientPoints, desk.Judge(new Reward("cup", RewardKind.Merchandise, 1), "ann", Ann(-550), day));
    }

    [Fact]
    public void P01_The_last_item_goes_to_one_of_16_members()
    {
        var desk = new RewardDesk();
        var reward = Reward(stock: 1);
        var claims = Enumerable.Range(0, 16).Select(i => desk.Claim($"{i}", reward, "tote", $"m{i}", Ann(), D("2025-02-01"))).ToList();
        Assert.Equal(1, claims.Count(c => c.Status == RedemptionStatus.Pending));
        Assert.Equal(15, claims.Count(c => c.Refusal == ClaimRefusal.OutOfStock));
        Assert.Equal(1, desk.TakenOf("tote"));
    }

    [Fact]
    public void P06_A_claim_gives_its_stock_back_once()
    {
        var desk = new RewardDesk();
        var reward = Reward(stock: 1);
        var claim = desk.Claim("1", reward, "tote", "ann", Ann(), D("2025-02-01"));
        Assert.True(desk.TryMove(claim, RedemptionEvent.Cancelled, D("2025-02-02")));
        Assert.False(desk.TryMove(claim, RedemptionEvent.Cancelled, D("2025-02-02")));
        Assert.Equal((0, RedemptionStatus.Cancelled), (desk.TakenOf("tote"), claim.Status));
        Assert.Equal(ClaimRefusal.None, desk.Judge(reward, "bob", Ann(), D("2025-02-03")));
    }

    [Fact]
    public void Events_are_allowed_as_documented_and_nowhere_else()
    {
        var allowed = new Dictionary<(RedemptionStatus, RedemptionEvent), RedemptionStatus>
        {
            [(RedemptionStatus.Pending, RedemptionEvent.Fulfilled)] = RedemptionStatus.Fulfilled,
            [(RedemptionStatus.Pending, RedemptionEvent.Cancelled)] = RedemptionStatus.Cancelled,
            [(RedemptionStatus.Pending, RedemptionEvent.Rejected)] = RedemptionStatus.Rejected,
            [(RedemptionStatus.Fulfilled, RedemptionEvent.Concluded)] = RedemptionStatus.Concluded,
            [(RedemptionStatus.Fulfilled, RedemptionEvent.Refunded)] = RedemptionStatus.Refunded,
            [(RedemptionStatus.Concluded, RedemptionEvent.Refunded)] = RedemptionStatus.Refunded,
        };
        foreach (var status in Enum.GetValues<RedemptionStatus>())
        {
            foreach (var happening in Enum.GetValues<RedemptionEvent>())
            {
                Assert.Equal(allowed.TryGetValue((status, happening), out var next) ? next : null, Redemption.After(status, happening));
            }
        }
    }

    [Theory]
    [InlineData("2025-01-07", ClaimRefusal.LimitReached)]
    [InlineData("2025-01-08", ClaimRefusal.None)]
    public void Weeks_are_windows_of_7_days_from_the_achievement(string day, ClaimRefusal expected)
    {
        var desk = new RewardDesk();
        var reward = Reward(RewardLimit.PerWeek(2));
        desk.Claim("1", reward, "tote", "ann", Ann(), D("2025-01-01"));
        desk.Claim("2", reward, "tote", "ann", Ann(), D("2025-01-07"));
        Assert.Equal(expected, desk.Judge(reward, "ann", Ann(), D(day)));
    }

    [Theory]
    [InlineData("2025-01-30", ClaimRefusal.LimitReached)]
    [InlineData("2025-01-31", ClaimRefusal.None)]
    public void Months_are_windows_of_30_days_from_the_achievement(string day, ClaimRefusal expected)
    {
        var desk = new RewardDesk();
        var reward = Reward(RewardLimit.PerMonth(1));
        desk.Claim("1", reward, "tote", "ann", Ann(), D("2025-01-01"));
        Assert.Equal(expected, desk.Judge(reward, "ann", Ann(), D(day)));
    }

    [Fact]
    public void Once_per_achievement_starts_anew_with_the_next_achievement_and_cancelled_claims_do_not_count()
    {
        var desk = new RewardDesk();
        var reward = Reward(RewardLimit.OncePerAchievement);
        var first = desk.Claim("1", reward, "tote", "ann", Ann(), D("2025-01-01"));
        Assert.Equal(ClaimRefusal.LimitReached, desk.Judge(reward, "ann", Ann(), D("2025-06-01")));
        Assert.Equal(ClaimRefusal.None, desk.Judge(reward, "ann", Ann(achievement: 2), D("2025-01-01")));
        desk.TryMove(first, RedemptionEvent.Rejected, D("2025-01-02"));
        Assert.Equal(ClaimRefusal.None, desk.Judge(reward, "ann", Ann(), D("2025-01-03")));
    }

    [Fact]
    public void A_claim_keeps_the_level_it_was_made_on()
    {
        var desk = new RewardDesk();
        var claim = desk.Claim("1", Reward(levels: ["Gold"]), "tote", "ann", Ann(), D("2025-02-01"));
        Assert.True(desk.TryMove(claim, RedemptionEvent.Fulfilled, D("2025-03-01")));
        Assert.Equal(("Gold", D("2025-02-01"), D("2025-03-01")), (claim.Level, claim.ClaimedOn, claim.FulfilledOn));
    }

    [Fact]
    public void A_mission_grants_one_claim_for_each_time_it_is_completed()
    {
        var desk = new RewardDesk();
        var reward = new Reward("boost", RewardKind.Boost, 0) { Mission = "sprint" };
        MissionInstance Instance(string id, MissionStatus status, string start) =>
            new(new MissionGoal(id, Metric.Videos, 1), new Window(D(start), D(start).AddDays(7)), status, 1, D(start).DayNumber);

        var missions = new List<MissionInstance> { Instance("sprint", MissionStatus.Expired, "2025-01-01"), Instance("other", MissionStatus.Completed, "2025-01-01") };
        Assert.Equal(ClaimRefusal.NotEligible, desk.Judge(reward, "ann", Ann(), D("2025-02-01"), RewardDesk.GrantsOf(reward, missions)));
        missions.Add(Instance("sprint", MissionStatus.Completed, "2025-01-08"));
        Assert.Equal(1, RewardDesk.GrantsOf(reward, missions));
        Assert.Equal(RedemptionStatus.Pending, desk.Claim("1", reward, "boost", "ann", Ann(), D("2025-02-01"), 1).Status);
        Assert.Equal(ClaimRefusal.NotEligible, desk.Claim("2", reward, "boost", "ann", Ann(), D("2025-02-01"), 1).Refusal);
        Assert.Equal(RedemptionStatus.Pending, desk.Claim("3", reward, "boost", "ann", Ann(), D("2025-02-01"), 2).Status);
    }
}
