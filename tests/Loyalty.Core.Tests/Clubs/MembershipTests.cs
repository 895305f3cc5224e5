using Loyalty.Clubs;

namespace Loyalty.Tests.Clubs;

/// <summary>The worked numbers of <c>docs/clubs.md</c>.</summary>
public sealed class MembershipTests
{
    private static readonly ClubProgram Club = new(
        [new ClubStage("Silver", 15, 6, 25_000), new ClubStage("Bronze", 10, 3, 10_000), new ClubStage("Gold", 20, 12, 50_000)]);

    private static DateOnly D(string date) => DateOnly.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static string Shown(Membership m) => string.Join(" | ", m.Enrollments.Select(e =>
        $"{e.Stage} {e.EnrolledAt:O}..{e.ExpiresAt:O} {e.Status} {(e.EndedOn is { } x ? x.ToString("O", System.Globalization.CultureInfo.InvariantCulture) : "-")}"));

    private static string Operations(Membership m) => string.Join(" | ", m.Operations.Select(o => $"{o.Sequence} {o.On:O} {o.Kind} {o.Stage} {o.Key} {o.Cause}"));

    [Fact]
    public void An_order_qualifies_for_the_highest_stage_whose_minimum_it_reaches()
    {
        Assert.Null(Club.Qualify(9_999));
        Assert.Equal("Bronze", Club.Qualify(10_000)!.Name);
        Assert.Equal("Bronze", Club.Qualify(24_999)!.Name);
        Assert.Equal("Gold", Club.Qualify(1_000_000)!.Name);
    }

    [Fact]
    public void An_upgrade_keeps_the_day_of_joining_and_takes_the_later_expiry()
    {
        var m = new Membership();
        Assert.Equal(ClubChange.Enrolled, m.Take(Club, "1", D("2025-01-15"), 10_000));
        Assert.Equal(ClubChange.Upgraded, m.Take(Club, "2", D("2025-03-01"), 25_000));
        Assert.Equal("Bronze 2025-01-15..2025-04-15 Upgraded 2025-03-01 | Silver 2025-01-15..2025-07-15 Active -", Shown(m));
        Assert.Equal(
            "1 2025-01-15 Add Bronze enrollment:1:add order:1 | 2 2025-03-01 Remove Bronze enrollment:1:remove order:2 | 3 2025-03-01 Add Silver enrollment:2:add order:2",
            Operations(m));
    }

    [Fact]
    public void An_upgrade_never_shortens_what_was_covered()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-15"), 10_000);
        foreach (var order in new[] { "2", "3", "4" })
        {
            Assert.Equal(ClubChange.Extended, m.Take(Club, order, D("2025-01-20"), 10_000));
        }

        // Four times three months: Jan 15, 2026. Six months from joining would be Jul 15, 2025.
        m.Take(Club, "5", D("2025-01-21"), 25_000);
        Assert.Equal(D("2026-01-15"), m.Active!.ExpiresAt);
    }

    [Fact]
    public void An_extension_counts_from_the_present_expiry_and_records_its_order()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-31"), 10_000);
        Assert.Equal(D("2025-04-30"), m.Active!.ExpiresAt);
        Assert.Equal(ClubChange.Extended, m.Take(Club, "2", D("2025-02-10"), 10_000));
        Assert.Equal(D("2025-07-30"), m.Active!.ExpiresAt);
        Assert.Equal([new EnrollmentExtension("2", D("2025-02-10"), D("2025-07-30"))], m.Active.Extensions);
        Assert.Equal(D("2025-04-30"), m.Active.ExpiresAtAsOf(D("2025-02-09")));
        Assert.Single(m.Operations);
    }

    [Fact]
    public void A_lower_order_extends_by_the_duration_of_the_present_stage()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-10"), 25_000);
        m.Take(Club, "2", D("2025-02-10"), 10_000);
        Assert.Equal("Silver 2025-01-10..2026-01-10 Active -", Shown(m));
    }

    [Fact]
    public void On_its_expiry_an_enrollment_is_over_and_a_new_one_begins_without_a_gap()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-10"), 10_000);
        Assert.False(m.Advance(Club, D("2025-04-09")));
        Assert.True(m.Covers(D("2025-04-09")));
        Assert.Equal(ClubChange.Enrolled, m.Take(Club, "2", D("2025-04-10"), 10_000));
        Assert.Equal("Bronze 2025-01-10..2025-04-10 Expired 2025-04-10 | Bronze 2025-04-10..2025-07-10 Active -", Shown(m));
        Assert.Equal(90, m.CumulativeDays(D("2025-04-10")));
        Assert.Equal(91, m.CumulativeDays(D("2025-04-11")));
        Assert.Equal(
            "1 2025-01-10 Add Bronze enrollment:1:add order:1 | 2 2025-04-10 Remove Bronze enrollment:1:remove expiry | 3 2025-04-10 Add Bronze enrollment:2:add order:2",
            Operations(m));
    }

    [Fact]
    public void Cumulative_days_leave_out_gaps_and_count_upgrades_once()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-01"), 10_000);
        Assert.Equal(0, m.CumulativeDays(D("2025-01-01")));
        m.Take(Club, "2", D("2025-02-01"), 25_000);
        m.Advance(Club, D("2025-12-01"));

        // Joined Jan 1 for six months: 181 days. Then nothing until Dec 1.
        Assert.Equal(181, m.CumulativeDays(D("2025-12-01")));
        m.Take(Club, "3", D("2025-12-01"), 50_000);
        Assert.Equal(181 + 31, m.CumulativeDays(D("2026-01-01")));
        Assert.Equal(31, m.CumulativeDays(D("2025-02-01")));
    }

    [Fact]
    public void One_year_after_joining_the_cumulative_days_are_365()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-01"), 50_000);
        Assert.Equal(365, m.CumulativeDays(D("2026-01-01")));
    }

    [Fact]
    public void Several_changes_on_one_day_are_several_enrollments()
    {
        var m = new Membership();
        m.Take(Club, "1", D("2025-01-01"), 10_000);
        m.Take(Club, "2", D("2025-01-01"), 25_000);
        m.Take(Club, "3", D("2025-01-01"), 50_000);
        Assert.Equal([EnrollmentStatus.Upgraded, EnrollmentStatus.Upgraded, EnrollmentStatus.Active], m.Enrollments.Select(e => e.Status));
        Assert.Equal(5, m.Operations.Count);
        Assert.Equal(10, m.CumulativeDays(D("2025-01-11")));
    }

    [Fact]
    public void An_expiry_never_passes_the_end_of_the_calendar() =>
        Assert.Equal(DateOnly.MaxValue, new ClubStage("Long", 0, 1_200, 0).After(D("9950-01-01")));
}
