using System.Text.Json;
using Loyalty.Clubs;
using Loyalty.Missions;
using Loyalty.Rewards;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>Reads the <c>rewards</c> section of a program.</summary>
internal static class RewardSection
{
    public static IReadOnlyList<Reward> Read(JsonSection root, ClubProgram? club, TierProgram? tiers, IReadOnlyList<Mission> missions)
    {
        var rewards = new List<Reward>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Sections("rewards", required: false))
        {
            var id = section.Text("id", required: true);
            var kind = section.Choice("kind", required: true, ProgramWords.RewardKinds);
            var mission = section.Text("mission", required: false);
            if (mission is not null && root.Has("missions") && !missions.Any(m => string.Equals(m.Id, mission, StringComparison.Ordinal)))
            {
                section.FaultAt("mission", $"'{mission}' is no mission of $.missions");
            }

            var points = PointsSection.Whole(section, "points", required: mission is null);
            var stock = section.Integer("stock", required: false, 0, int.MaxValue);
            var (from, until) = ReadDates(section);
            var levels = ReadLevels(section, root, club, tiers);
            var limit = ReadLimit(section);
            section.Close();
            if (id is not null && !ids.Add(id))
            {
                section.FaultAt("id", $"a reward has the id '{id}' already");
            }
            else if (id is not null && kind is not null && (points is not null || mission is not null))
            {
                rewards.Add(new Reward(id, kind.Value, points ?? 0)
                {
                    Stock = stock,
                    AvailableFrom = from,
                    AvailableUntil = until,
                    Levels = levels,
                    Limit = limit,
                    Mission = mission,
                });
            }
        }

        return rewards;
    }

    private static (DateOnly? From, DateOnly? Until) ReadDates(JsonSection reward)
    {
        if (reward.Section("available", required: false) is not { } section)
        {
            return default;
        }

        var from = section.Date("start", required: false);
        var until = section.Date("end", required: false);
        section.Close();
        if (until <= from)
        {
            section.FaultAt("end", $"must be after the start: the dates are [start, end), and {until:O} is not after {from:O}");
        }

        return (from, until);
    }

    private static List<string>? ReadLevels(JsonSection reward, JsonSection root, ClubProgram? club, TierProgram? tiers)
    {
        if (reward.Any("levels", required: false) is null)
        {
            return null;
        }

        var levels = new List<string>();
        var items = reward.Items("levels", required: false);
        foreach (var (path, value) in items)
        {
            if (value.ValueKind != JsonValueKind.String)
            {
                reward.Fault(path, $"expected the name of a stage or level, found {JsonSection.Shown(value)}");
                continue;
            }

            var name = value.GetString()!;
            var isUnclear = (club is null && root.Has("club")) || (tiers is null && root.Has("tiers"));
            if (!isUnclear && club?.Find(name) is null && (tiers is null || tiers.Ladder.IndexOf(name) < 0))
            {
                reward.Fault(path, $"'{name}' is no stage of $.club.stages and no level of $.tiers.levels");
            }

            levels.Add(name);
        }

        if (items.Count == 0)
        {
            reward.FaultAt("levels", "lists no level, so that nobody could claim it; name some, or leave it out for all");
        }

        return levels;
    }

    private static RewardLimit ReadLimit(JsonSection reward)
    {
        if (reward.Any("limit", required: false) is not { } element)
        {
            return RewardLimit.None;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            return reward.Choice(
                "limit", required: false, ("none", RewardLimit.None), ("once", RewardLimit.Once), ("once-per-achievement", RewardLimit.OncePerAchievement)) ?? default;
        }

        var section = reward.Section("limit", required: true)!;
        var count = section.Integer("count", required: true, 1, int.MaxValue);
        var kind = section.Choice("per", required: true, ProgramWords.LimitPeriods);
        section.Close();
        return count is null || kind is null ? default : kind == RewardLimitKind.Week ? RewardLimit.PerWeek(count.Value) : RewardLimit.PerMonth(count.Value);
    }
}
