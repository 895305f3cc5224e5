using System.Globalization;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Money;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>Reads the <c>tiers</c> section of a program.</summary>
internal static class TierSection
{
    /// <summary>The tiers, or <see langword="null"/> when faults were noted.</summary>
    public static TierProgram? Read(JsonSection section, Currency? currency)
    {
        var metric = section.Choice("metric", required: true, ProgramWords.TierMetrics);
        var mode = section.Choice("mode", required: false, ProgramWords.TierModes) ?? TierMode.Checkpoints;
        var lifetime = mode == TierMode.Lifetime;
        var checkpoint = section.Section("checkpoint", required: !lifetime);
        var schedule = checkpoint is null ? null : ReadSchedule(checkpoint);
        var promotion = section.Choice("promotion", required: false, ProgramWords.Promotions) ?? PromotionRule.Immediate;
        var demotion = section.Choice("demotion", required: false, ProgramWords.Demotions) ?? DemotionRule.EarnedLevel;
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
        var anchor = section.Choice("anchor", required: false, ProgramWords.Anchors);
        var startText = section.Text("calendarStart", required: anchor == CheckpointAnchor.Calendar);
        section.Close();
        if (section.Element.ValueKind != System.Text.Json.JsonValueKind.Object)
        {
            return null;
        }

        // Each is looked at whatever is wrong with the others, so that all faults are told at once.
        var length = ReadLength(section, months, days, anchor);
        var start = startText is null ? null : ReadStart(section, startText, anchor);
        if (length is null)
        {
            return null;
        }

        return anchor switch
        {
            CheckpointAnchor.Calendar => start is { } date ? CheckpointSchedule.FromCalendar(length.Value, date.Month, date.Day) : null,
            CheckpointAnchor.Joined => CheckpointSchedule.FromJoined(length.Value),
            _ => CheckpointSchedule.FromTierAchieved(length.Value),
        };
    }

    private static CheckpointLength? ReadLength(JsonSection section, int? months, int? days, CheckpointAnchor? anchor)
    {
        if (section.Has("months") == section.Has("days"))
        {
            section.Fault(section.Path, section.Has("months")
                ? "has both \"months\" and \"days\"; keep one"
                : "needs a length: \"months\" or \"days\"");
            return null;
        }

        if (anchor == CheckpointAnchor.Calendar && (days is not null || (months is { } count && 12 % count != 0)))
        {
            section.FaultAt(days is null ? "months" : "days", "with \"anchor\": \"calendar\" the length must be 1, 2, 3, 4, 6 or 12 months");
            return null;
        }

        return months is { } m ? CheckpointLength.Months(m) : days is { } d ? CheckpointLength.Days(d) : null;
    }

    private static DateOnly? ReadStart(JsonSection section, string text, CheckpointAnchor? anchor)
    {
        if (anchor != CheckpointAnchor.Calendar)
        {
            section.FaultAt("calendarStart", "goes with \"anchor\": \"calendar\" only; remove it or change the anchor");
            return null;
        }

        // 2023 is no leap year, so that 02-29 is refused.
        if (text.Length == 5
            && DateOnly.TryParseExact("2023-" + text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var start))
        {
            return start;
        }

        section.FaultAt("calendarStart", $"expected a month and day that every year has as \"MM-DD\" (not 02-29), found \"{text}\"");
        return null;
    }

    private static TierLadder? ReadLadder(JsonSection tiers, Metric? metric, Currency? currency)
    {
        var levels = new List<TierLevel>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var thresholds = new HashSet<long>();
        var sections = tiers.Sections("levels", required: true);
        var hasEntry = sections.Count == 0 && tiers.Any("levels", required: false) is not { ValueKind: System.Text.Json.JsonValueKind.Array };
        foreach (var section in sections)
        {
            var name = section.Text("name", required: true);
            var threshold = ReadAmount(section, "threshold", metric, currency, aboveZero: false);
            var isProtected = section.Flag("protected") ?? false;
            section.Close();
            var isNew = true;
            if (name is not null && !names.Add(name))
            {
                section.FaultAt("name", $"a level is named '{name}' already");
                isNew = false;
            }

            if (threshold is { } value && !thresholds.Add(value))
            {
                section.FaultAt("threshold", "another level has this threshold");
                isNew = false;
            }

            if (isNew && name is not null && threshold is not null)
            {
                levels.Add(new TierLevel(name, threshold.Value, isProtected));
            }

            // A threshold that cannot be read may have been meant to be 0.
            hasEntry |= section.Number("threshold") is null or 0;
        }

        if (!hasEntry)
        {
            tiers.FaultAt("levels", "the lowest threshold must be 0: it is the entry level");
        }

        return levels.Count == sections.Count && thresholds.Contains(0) ? new TierLadder(levels) : null;
    }

    /// <summary>The names of all levels, whatever else is wrong with them; <see langword="null"/> when one cannot be read, or there are none.</summary>
    internal static HashSet<string>? LevelNames(JsonSection root)
    {
        if (root.Any("tiers", required: false) is not { ValueKind: System.Text.Json.JsonValueKind.Object } tiers
            || !tiers.TryGetProperty("levels", out var levels) || levels.ValueKind != System.Text.Json.JsonValueKind.Array)
        {
            return null;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var level in levels.EnumerateArray())
        {
            if (level.ValueKind != System.Text.Json.JsonValueKind.Object || !level.TryGetProperty("name", out var name)
                || name.ValueKind != System.Text.Json.JsonValueKind.String)
            {
                return null;
            }

            names.Add(name.GetString()!);
        }

        return names.Count == 0 ? null : names;
    }

    /// <summary>An amount in a metric, at least or above 0: exact minor units for sales, a whole number for counts.</summary>
    internal static long? ReadAmount(JsonSection section, string name, Metric? metric, Currency? currency, bool aboveZero)
    {
        if (section.Decimal(name, required: true) is not { } amount)
        {
            return null;
        }

        // That an amount is too small shows in any metric and currency.
        var isEnough = aboveZero ? amount > 0 : amount >= 0;
        var least = aboveZero ? "above 0" : "of at least 0";
        if (metric is null || (metric == Metric.Sales && currency is null))
        {
            if (!isEnough)
            {
                section.FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a number {least}, found {amount}"));
            }

            return null;
        }

        if (metric == Metric.Sales)
        {
            if (!currency!.TryToMinor(amount, out var minor) || !isEnough)
            {
                section.FaultAt(name, string.Create(
                    CultureInfo.InvariantCulture,
                    $"expected an amount {least} with at most {currency.Digits} decimals ({currency.Code}), found {amount}"));
                return null;
            }

            return minor;
        }

        if (!isEnough || amount > long.MaxValue || amount != decimal.Truncate(amount))
        {
            section.FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a whole number {least}, found {amount}"));
            return null;
        }

        return (long)amount;
    }
}
