using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Money;

namespace Loyalty.Programs;

/// <summary>Reads the <c>missions</c> section of a program.</summary>
internal static class MissionSection
{
    public static IReadOnlyList<Mission> Read(JsonSection root, Currency? currency)
    {
        var missions = new List<Mission>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var names = TierSection.LevelNames(root);
        foreach (var section in root.Sections("missions", required: false))
        {
            var id = section.Text("id", required: true);
            var metric = section.Choice("metric", required: true, ProgramWords.Metrics);
            var target = TierSection.ReadAmount(section, "target", metric, currency, aboveZero: true);
            var levels = ReadLevels(section, root, names);
            var window = section.Section("window", required: true);
            var create = window is null ? null : ReadWindow(window);
            section.Close();
            if (id is not null && !ids.Add(id))
            {
                section.FaultAt("id", $"a mission has the id '{id}' already");
            }
            else if (id is not null && metric is not null && target is not null && create is not null)
            {
                missions.Add(create(id, metric.Value, target.Value, levels));
            }
        }

        return missions;
    }

    private static Func<string, Metric, long, IEnumerable<string>?, Mission>? ReadWindow(JsonSection section)
    {
        var kind = section.Choice("kind", required: true, ProgramWords.MissionWindows);
        switch (kind)
        {
            case MissionWindowKind.Checkpoint:
                section.Close();
                return Mission.OverCheckpoint;
            case MissionWindowKind.Every:
                var days = section.Integer("days", required: true, 1, 36_600);
                section.Close();
                return days is null ? null : (id, metric, target, levels) => Mission.EveryDays(id, metric, target, days.Value, levels);
            case MissionWindowKind.Fixed:
                var start = section.Date("start", required: true);
                var end = section.Date("end", required: true);
                section.Close();
                if (start is null || end is null)
                {
                    return null;
                }

                if (end <= start)
                {
                    section.FaultAt("end", $"must be after the start: the window is [start, end), and {end:O} is not after {start:O}");
                    return null;
                }

                return (id, metric, target, levels) => Mission.OverDates(id, metric, target, new Window(start.Value, end), levels);
            default:
                return null;
        }
    }

    private static List<string>? ReadLevels(JsonSection section, JsonSection root, HashSet<string>? names)
    {
        if (section.Any("levels", required: false) is null)
        {
            return null;
        }

        var levels = new List<string>();
        foreach (var (path, value) in section.Items("levels", required: false))
        {
            if (value.ValueKind != System.Text.Json.JsonValueKind.String)
            {
                section.Fault(path, $"expected the name of a level, found {JsonSection.Shown(value)}");
            }
            else if (names is not null && !names.Contains(value.GetString()!))
            {
                section.Fault(path, $"'{value.GetString()}' is no level of $.tiers.levels");
            }
            else if (!root.Has("tiers"))
            {
                section.Fault(path, "the program has no tiers");
            }
            else
            {
                levels.Add(value.GetString()!);
            }
        }

        if (levels.Count == 0 && section.Items("levels", required: false).Count == 0)
        {
            section.FaultAt("levels", "lists no level, so that nobody could take part; name some, or leave it out for all");
        }

        return levels;
    }
}
