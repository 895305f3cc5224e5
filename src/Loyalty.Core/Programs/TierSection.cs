using System.Globalization;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>Reads the <c>tiers</c> section of a program.</summary>
internal static class TierSection
{
    /// <summary>The tiers, or <see langword="null"/> when faults were noted.</summary>
    public static TierProgram? Read(JsonSection section, Currency? currency)
    {
        var metric = section.Choice("metric", required: true, ("sales", Metric.Sales), ("units", Metric.Units));
        var mode = section.Choice("mode", required: false, ("checkpoints", TierMode.Checkpoints), ("lifetime", TierMode.Lifetime))
            ?? TierMode.Checkpoints;
        var lifetime = mode == TierMode.Lifetime;
        var checkpoint = section.Section("checkpoint", required: !lifetime);
        var schedule = checkpoint is null ? null : ReadSchedule(checkpoint);
        var promotion = section.Choice(
            "promotion", required: false, ("immediate", PromotionRule.Immediate), ("at-checkpoint", PromotionRule.AtCheckpoint))
            ?? PromotionRule.Immediate;
        var demotion = section.Choice(
            "demotion", required: false, ("earned-level", DemotionRule.EarnedLevel), ("one-level", DemotionRule.OneLevel), ("never", DemotionRule.Never))
            ?? DemotionRule.EarnedLevel;
        var grace = section.Integer("graceDays", required: false, 0, 36_600) ?? 0;
        if (!lifetime && schedule is not null && grace >= schedule.Length.FewestDays)
        {
            section.FaultAt("graceDays", string.Create(
                CultureInfo.InvariantCulture,
                $"must be shorter than the checkpoint length ({schedule.Length}; a month counts as 28 days), found {grace}"));
        }

        var ladder = ReadLadder(section, metric, currency);
        section.Close();
        if (ladder is null || metric is null || (!lifetime && (schedule is null || grace >= schedule.Length.FewestDays)))
        {
            return null;
        }

        return new TierProgram(ladder, metric.Value, mode, schedule, promotion, demotion, grace, CanonicalJson.Version(section.Element));
    }

    private static CheckpointSchedule? ReadSchedule(JsonSection section)
    {
        var months = section.Integer("months", required: false, 1, 1_200);
        var days = section.Integer("days", required: false, 2, 36_600);
        var anchor = section.Choice(
            "anchor", required: false, ("tier-achieved", CheckpointAnchor.TierAchieved), ("joined", CheckpointAnchor.Joined), ("calendar", CheckpointAnchor.Calendar));
        var startText = section.Text("calendarStart", required: anchor == CheckpointAnchor.Calendar);
        section.Close();
        if (section.Element.ValueKind != System.Text.Json.JsonValueKind.Object)
        {
            return null;
        }

        if (section.Has("months") == section.Has("days"))
        {
            section.Fault(section.Path, section.Has("months")
                ? "has both \"months\" and \"days\"; keep one"
                : "needs a length: \"months\" or \"days\"");
            return null;
        }

        if (months is null && days is null)
        {
            return null;
        }

        var length = months is { } m ? CheckpointLength.Months(m) : CheckpointLength.Days(days!.Value);
        if (anchor != CheckpointAnchor.Calendar)
        {
            if (startText is not null)
            {
                section.FaultAt("calendarStart", "goes with \"anchor\": \"calendar\" only; remove it or change the anchor");
            }

            return anchor == CheckpointAnchor.Joined ? CheckpointSchedule.FromJoined(length) : CheckpointSchedule.FromTierAchieved(length);
        }

        if (!length.IsMonths || 12 % length.Count != 0)
        {
            section.Fault(section.PathOf(length.IsMonths ? "months" : "days"), "with \"anchor\": \"calendar\" the length must be 1, 2, 3, 4, 6 or 12 months");
            return null;
        }

        if (startText is null)
        {
            return null;
        }

        // 2023 is no leap year, so that 02-29 is refused.
        if (startText.Length != 5
            || !DateOnly.TryParseExact("2023-" + startText, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var start))
        {
            section.FaultAt("calendarStart", $"expected a month and day that every year has as \"MM-DD\" (not 02-29), found \"{startText}\"");
            return null;
        }

        return CheckpointSchedule.FromCalendar(length, start.Month, start.Day);
    }

    private static TierLadder? ReadLadder(JsonSection tiers, Metric? metric, Currency? currency)
    {
        var levels = new List<TierLevel>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var thresholds = new HashSet<long>();
        var sections = tiers.Sections("levels", required: true);
        foreach (var section in sections)
        {
            var name = section.Text("name", required: true);
            var threshold = ReadAmount(section, "threshold", metric, currency);
            var isProtected = section.Flag("protected") ?? false;
            section.Close();
            if (name is not null && !names.Add(name))
            {
                section.FaultAt("name", $"a level is named '{name}' already");
            }
            else if (threshold is { } value && !thresholds.Add(value))
            {
                section.FaultAt("threshold", "another level has this threshold");
            }
            else if (name is not null && threshold is not null)
            {
                levels.Add(new TierLevel(name, threshold.Value, isProtected));
            }
        }

        if (levels.Count < sections.Count || (sections.Count == 0 && tiers.Any("levels", required: false) is not { ValueKind: System.Text.Json.JsonValueKind.Array }))
        {
            return null;
        }

        if (!thresholds.Contains(0))
        {
            tiers.FaultAt("levels", "the lowest threshold must be 0: it is the entry level");
            return null;
        }

        return new TierLadder(levels);
    }

    /// <summary>An amount in a metric, at least 0: exact minor units for sales, a whole number for counts.</summary>
    internal static long? ReadAmount(JsonSection section, string name, Metric? metric, Currency? currency)
    {
        if (section.Decimal(name, required: true) is not { } amount || metric is null || (metric == Metric.Sales && currency is null))
        {
            return null;
        }

        long minor;
        if (metric == Metric.Sales)
        {
            if (!currency!.TryToMinor(amount, out minor) || minor < 0)
            {
                section.FaultAt(name, string.Create(
                    CultureInfo.InvariantCulture,
                    $"expected an amount of at least 0 with at most {currency.Digits} decimals ({currency.Code}), found {amount}"));
                return null;
            }

            return minor;
        }

        if (amount < 0 || amount > long.MaxValue || amount != decimal.Truncate(amount))
        {
            section.FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a whole number of at least 0, found {amount}"));
            return null;
        }

        return (long)amount;
    }
}
