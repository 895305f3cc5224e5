using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Rewards;

namespace Loyalty.Tests.Messages;

/// <summary>The worked numbers of <c>docs/messages.md</c>.</summary>
public sealed class DueMessagesTests
{
    private static readonly ClubProgram Club = new([new ClubStage("Bronze", 10, 3, 10_000), new ClubStage("Silver", 15, 6, 25_000)]);
    private static readonly MessageProgram Program = new(["sms", "email"], [30, 7]);

    private static DateOnly D(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static List<string> Due(Membership m, string day, MessagePreferences? wishes = null, string? since = null, IEnumerable<Redemption>? redemptions = null) =>
        [.. (since is null ? DueMessages.On(D(day), Program, wishes ?? MessagePreferences.None) : new(Program, wishes ?? MessagePreferences.None, D(since), D(day)))
            .For("ann", m.Enrollments, redemptions).Select(x => $"{x.Kind.Word()} {x.Channel} {x.DueOn:O} {x.Cause}")];

    [Fact]
    public void Messages_are_due_on_their_day_once_for_each_channel()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-15"), 10_000);
        Assert.Equal(["tier-change email 2025-01-15 enrollment:1", "tier-change sms 2025-01-15 enrollment:1"], Due(m, "2025-01-15"));
        Assert.Empty(Due(m, "2025-01-16"));
        Assert.Equal(["monthly-status email 2025-02-01 month:2025-02", "monthly-status sms 2025-02-01 month:2025-02"], Due(m, "2025-02-01"));
        Assert.Equal("expiry-warning email 2025-03-16 enrollment:1:2025-04-15:30", Due(m, "2025-03-16")[0]);
        Assert.Equal("expiry-warning email 2025-04-08 enrollment:1:2025-04-15:7", Due(m, "2025-04-08")[0]);
        m.Advance(Club, D("2025-04-15"));
        Assert.Equal("expired email 2025-04-15 enrollment:1", Due(m, "2025-04-15")[0]);
        Assert.Empty(Due(m, "2025-05-01"));
    }

    [Fact]
    public void An_extension_on_the_day_of_the_warning_takes_it_away_and_makes_a_new_cause_later()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-15"), 10_000);
        m.Take(Club, "2", D("2025-03-16"), 10_000);
        Assert.Empty(Due(m, "2025-03-16"));
        Assert.Equal("expiry-warning email 2025-06-15 enrollment:1:2025-07-15:30", Due(m, "2025-06-15")[0]);
    }

    [Fact]
    public void Days_that_were_missed_are_listed_as_each_of_them_would_have_been()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-15"), 10_000);
        m.Take(Club, "2", D("2025-03-20"), 25_000);
        m.Advance(Club, D("2025-12-01"));
        var daily = new List<string>();
        for (var day = D("2025-01-01"); day <= D("2025-12-01"); day = day.AddDays(1))
        {
            daily.AddRange(Due(m, day.ToString("O", System.Globalization.CultureInfo.InvariantCulture)));
        }

        Assert.Equal(daily.Order(StringComparer.Ordinal), Due(m, "2025-12-01", since: "2024-12-31").Order(StringComparer.Ordinal));
        Assert.Contains("expiry-warning email 2025-03-16 enrollment:1:2025-04-15:30", daily);
        Assert.Contains("expiry-warning email 2025-06-15 enrollment:2:2025-07-15:30", daily);
    }

    [Fact]
    public void The_last_preference_that_fits_counts()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-15"), 10_000);
        Assert.Equal(["tier-change email 2025-01-15 enrollment:1"], Due(m, "2025-01-15", new([new("ann", null, "sms", false)])));
        Assert.Equal(2, Due(m, "2025-01-15", new([new("ann", null, null, false), new("ann", MessageKind.TierChange, null, true)])).Count);
        Assert.Empty(Due(m, "2025-01-15", new([new("ann", MessageKind.TierChange, null, true), new("ann", null, null, false)])));
        Assert.Equal(2, Due(m, "2025-01-15", new([new("bob", null, null, false)])).Count);
    }

    [Fact]
    public void A_reward_handed_out_and_taken_back_on_the_same_day_is_no_message()
    {
        var desk = new RewardDesk();
        var reward = new Reward("tote", RewardKind.Merchandise, 0);
        var claim = desk.Claim("7", reward, "tote", "ann", default, D("2025-02-01"));
        desk.TryMove(claim, RedemptionEvent.Fulfilled, D("2025-02-02"));
        Assert.Equal("reward-fulfilled email 2025-02-02 redemption:7", Due(new(), "2025-02-02", redemptions: [claim])[0]);
        desk.TryMove(claim, RedemptionEvent.Refunded, D("2025-02-02"));
        Assert.Empty(Due(new(), "2025-02-02", redemptions: [claim]));
    }
}
