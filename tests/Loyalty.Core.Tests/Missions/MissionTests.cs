using Loyalty.Tests.Storage;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Missions;

public sealed class MissionTests
{
    [Fact]
    public void The_example_of_the_docs_weekly_views()
    {
        var e = With(new Goal("weekly", "views", 100_000, "every") { Days = 7 });
        e.Run("2025-03-06", e.Sale("2025-03-01", 0), e.Sale("2025-03-02", 0, views: 60_000), e.Sale("2025-03-05", 0, views: 50_000));
        Assert.Equal(["weekly [2025-03-01,2025-03-08) 110000/100000 Completed 2025-03-05"], e.Missions());
        e.Run("2025-03-16", e.Sale("2025-03-10", 100));
        Assert.Equal(
            [
                "weekly [2025-03-01,2025-03-08) 110000/100000 Completed 2025-03-05", "weekly [2025-03-08,2025-03-15) 0/100000 Expired",
                "weekly [2025-03-10,2025-03-17) 0/100000 Active",
            ],
            e.Missions());
    }

    [Fact]
    public void C17_A_date_typed_centuries_too_early_gives_each_day_its_instance_once()
    {
        var e = With(new Goal("daily", "views", 5, "every") { Days = 1 });
        e.Run("2024-03-06", e.Sale("1224-03-01", 0), e.Sale("1800-01-01", 0, views: 5));
        e.Run("2024-03-16", e.Sale("2024-03-10", 0));
        var days = (Example.Date("2024-03-16").DayNumber - Example.Date("1224-03-01").DayNumber) + 1;
        var missions = e.Member().Missions;
        Assert.Equal(days, missions.Count);
        Assert.Equal(days, missions.Select(static m => m.Window.Start).Distinct().Count());
        Assert.Equal("1800-01-01", Assert.Single(missions, static m => m.CompletedOn is not null).Window.Start.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(e.Verify().IsRight);
    }

    [Theory]
    [InlineData(99.99, "sprint [2025-03-01,2025-04-01) 9999/10000 Expired")]
    [InlineData(100, "sprint [2025-03-01,2025-04-01) 10000/10000 Completed 2025-03-31")]
    [InlineData(100.01, "sprint [2025-03-01,2025-04-01) 10001/10000 Completed 2025-03-31")]
    public void W06_A_fixed_mission_is_completed_on_its_target_and_expires_at_its_end(decimal sales, string expected)
    {
        var e = With(new Goal("sprint", "sales", 100, "fixed") { Start = Example.Date("2025-03-01"), End = Example.Date("2025-04-01") });
        e.Run("2025-03-30", e.Sale("2025-02-28", 50), e.Sale("2025-03-31", sales), e.Sale("2025-04-01", 50));
        Assert.Equal(["sprint [2025-03-01,2025-04-01) 0/10000 Active"], e.Missions());
        e.Run("2025-04-01");
        Assert.Equal([expected], e.Missions());
    }

    [Fact]
    public void No_instance_is_made_on_a_date_outside_a_fixed_window()
    {
        var goal = new Goal("sprint", "sales", 100, "fixed") { Start = Example.Date("2025-03-01"), End = Example.Date("2025-04-01") };
        var e = With(goal);
        e.Run("2025-05-01", e.Sale("2025-04-01", 100), e.Sale("2025-03-31", 100, "bob"));
        Assert.Empty(e.Missions());
        Assert.Equal(["sprint [2025-03-01,2025-04-01) 10000/10000 Completed 2025-03-31"], e.Missions("bob"));
    }

    [Fact]
    public void A_late_run_lists_the_windows_it_passed()
    {
        var e = With(new Goal("m", "videos", 2, "every") { Days = 10 });
        e.Run("2025-01-25", e.Sale("2025-01-01", 0));
        Assert.Equal(
            ["m [2025-01-01,2025-01-11) 1/2 Expired", "m [2025-01-11,2025-01-21) 0/2 Expired", "m [2025-01-21,2025-01-31) 0/2 Active"], e.Missions());
    }

    [Fact]
    public void An_instance_runs_on_through_a_promotion_and_the_next_has_the_new_window()
    {
        var e = With(new Goal("m", "videos", 3, "checkpoint"));
        e.Run("2025-01-20", e.Sale("2025-01-01", 0), e.Sale("2025-01-05", 100));
        Assert.Equal(["m [2025-01-01,) 2/3 Active"], e.Missions());
        Assert.Equal("[2025-01-06, 2025-02-05)", e.Window());
        e.Run("2025-01-21", e.Sale("2025-01-21", 0));
        Assert.Equal(["m [2025-01-01,) 3/3 Completed 2025-01-21", "m [2025-01-06,2025-02-05) 1/3 Active"], e.Missions());
    }

    [Fact]
    public void A_window_that_starts_tomorrow_is_the_members_own_after_a_promotion()
    {
        var e = With(new Goal("m", "videos", 1, "checkpoint") { Levels = ["Silver"] });
        e.Run("2025-01-10", e.Sale("2025-01-10", 100));
        Assert.Equal(["m [2025-01-11,2025-02-10) 0/1 Active"], e.Missions());
    }

    [Fact]
    public void The_longer_window_of_a_grace_makes_no_second_instance()
    {
        var e = With(new Goal("m", "videos", 5, "checkpoint") { Levels = ["Silver"] }, grace: 5);
        e.Run("2025-02-03", e.Sale("2025-01-01", 100), e.Sale("2025-02-02", 0));
        Assert.Equal(["m [2025-01-02,2025-02-01) 0/5 Expired"], e.Missions());
    }

    [Fact]
    public void Completed_and_expired_stay_whatever_arrives_later_and_current_is_recomputed()
    {
        var e = With(new Goal("m", "videos", 2, "every") { Days = 5 });
        var second = e.Sale("2025-01-02", 0);
        e.Run("2025-01-12", e.Sale("2025-01-01", 0), second);
        e.Run("2025-01-12", second with { Date = Example.Date("2025-01-07") }, e.Sale("2025-01-06", 0));
        Assert.Equal(
            ["m [2025-01-01,2025-01-06) 1/2 Completed 2025-01-02", "m [2025-01-06,2025-01-11) 2/2 Expired", "m [2025-01-11,2025-01-16) 0/2 Active"], e.Missions());
        Assert.Empty(e.Verify().Differences);
    }

    [Fact]
    public void Active_instances_are_settled_at_the_end_of_a_run_that_reviews_no_date()
    {
        var e = With(new Goal("m", "videos", 2, "every") { Days = 5 });
        e.Run("2025-01-03", e.Sale("2025-01-01", 0));
        Assert.Equal(1, e.Run("2025-01-03", e.Sale("2025-01-02", 0)).MissionsCompleted);
        Assert.Equal(["m [2025-01-01,2025-01-06) 2/2 Completed 2025-01-02"], e.Missions());
    }

    [Fact]
    public void Adjustments_do_not_count_in_missions()
    {
        var e = With(new Goal("m", "sales", 10, "every") { Days = 5 });
        e.Run("2025-01-03", e.Sale("2025-01-01", 9), e.Adjust("2025-01-01", 50));
        Assert.Equal(["m [2025-01-01,2025-01-06) 900/1000 Active"], e.Missions());
    }

    [Fact]
    public void Of_a_date_with_several_rows_the_whole_sum_counts()
    {
        var e = With(new Goal("m", "sales", 10, "every") { Days = 5 });
        e.Run("2025-01-03", e.Sale("2025-01-01", 12), e.Sale("2025-01-01", -5), e.Sale("2025-01-02", 3));
        Assert.Equal(["m [2025-01-01,2025-01-06) 1000/1000 Completed 2025-01-02"], e.Missions());
    }

    [Fact]
    public void A_mission_that_left_the_program_is_settled_by_the_goal_it_had()
    {
        var e = With(new Goal("m", "videos", 2, "every") { Days = 5 });
        e.Run("2025-01-03", e.Sale("2025-01-01", 0));
        e.Rules = e.Rules with { Missions = [] };
        e.Run("2025-01-20", e.Sale("2025-01-04", 0));
        Assert.Equal(["m [2025-01-01,2025-01-06) 2/2 Completed 2025-01-04"], e.Missions());
    }

    private static Example With(Goal goal, int grace = 0) => new(Example.OneMonth with { Missions = [goal], Grace = grace });
}
