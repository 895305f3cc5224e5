using System.Globalization;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Missions;
using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Tiers;

namespace Loyalty.Programs;

/// <summary>Writes the parts of a program as the JSON that is read to them again. What has its default is left out.</summary>
/// <remarks>What no program can hold (an enumeration value that has no word, a list item that is <see langword="null"/>) is written as what it is, so that the reader says what is wrong.</remarks>
internal sealed class ProgramWriter
{
    private readonly JsonSectionWriter _json;
    private readonly Currency? _currency;

    private ProgramWriter(JsonSectionWriter json, Currency? currency)
    {
        _json = json;
        _currency = currency;
    }

    /// <summary>The JSON of the parts, and what in them no JSON can hold.</summary>
    public static (ReadOnlyMemory<byte> Json, IReadOnlyList<ProgramFault> Faults) Write(ProgramParts parts)
    {
        Currency.TryGet(parts.Currency, out var currency);
        using var json = new JsonSectionWriter();
        new ProgramWriter(json, currency).WriteAll(parts);
        return (json.Written(), json.Faults);
    }

    private void WriteAll(ProgramParts parts)
    {
        _json.Text("tenant", parts.Tenant);
        _json.Text("currency", parts.Currency);
        _json.Text("timeZone", parts.TimeZone);
        _json.Texts("signs", parts.Signs is { Count: > 0 } ? parts.Signs : null);
        if (parts.CustomersAreEmails)
        {
            _json.Text("customers", "email");
        }

        _json.Section("tiers", parts.Tiers, Write);
        _json.List("missions", parts.Missions, Write);
        _json.Section("rfm", parts.Scoring, Write);
        _json.Section("club", parts.Club, Write);
        _json.Section("points", parts.Points, Write);
        _json.List("rewards", parts.Rewards, Write);
        _json.Section("messages", parts.Messages, Write);
        var jobs = parts.Jobs?.Where(static j => !string.Equals(j.Value, JobSection.Default.GetValueOrDefault(j.Key), StringComparison.Ordinal)).ToArray();
        _json.Section("jobs", jobs is { Length: > 0 } ? jobs : null, Write);
        _json.Texts("events", parts.Events is { Count: > 0 } ? parts.Events : null);
    }

    private void Write(KeyValuePair<string, string>[] jobs)
    {
        foreach (var (job, cron) in jobs)
        {
            _json.Text(job, cron);
        }
    }

    private void Write(TierProgram tiers)
    {
        _json.Choice("metric", tiers.Metric, ProgramWords.TierMetrics);
        _json.Choice("mode", tiers.Mode, TierMode.Checkpoints, ProgramWords.TierModes);
        _json.Section("checkpoint", tiers.Schedule, Write);
        _json.Choice("promotion", tiers.Promotion, PromotionRule.Immediate, ProgramWords.Promotions);
        _json.Choice("demotion", tiers.Demotion, DemotionRule.EarnedLevel, ProgramWords.Demotions);
        _json.Number("graceDays", tiers.GraceDays, 0);
        _json.List("levels", [.. Enumerable.Range(0, tiers.Ladder.Count).Select(i => tiers.Ladder[i])], level =>
        {
            _json.Text("name", level.Name);
            Amount("threshold", level.Threshold, tiers.Metric);
            _json.Flag("protected", level.IsProtected);
        });
    }

    private void Write(CheckpointSchedule schedule)
    {
        _json.Number(schedule.Length.IsMonths ? "months" : "days", schedule.Length.Count);
        _json.Choice("anchor", schedule.Anchor, CheckpointAnchor.TierAchieved, ProgramWords.Anchors);
        if (schedule.Anchor == CheckpointAnchor.Calendar)
        {
            _json.Text("calendarStart", string.Create(CultureInfo.InvariantCulture, $"{schedule.CalendarMonth:D2}-{schedule.CalendarDay:D2}"));
        }
    }

    private void Write(Mission mission)
    {
        _json.Text("id", mission.Id);
        _json.Choice("metric", mission.Metric, ProgramWords.Metrics);
        Amount("target", mission.Target, mission.Metric);
        _json.Texts("levels", mission.Levels?.Order(StringComparer.Ordinal));
        _json.Object("window", () =>
        {
            _json.Choice("kind", mission.WindowKind, ProgramWords.MissionWindows);
            _json.Number("days", mission.WindowKind == MissionWindowKind.Every ? mission.Days : null, null);
            if (mission.WindowKind == MissionWindowKind.Fixed)
            {
                _json.Date("start", mission.Dates.Start);
                _json.Date("end", mission.Dates.End);
            }
        });
    }

    private void Write(ScoringProgram scoring)
    {
        _json.Choice("model", scoring.Model, ScoringModel.Thresholds, ProgramWords.ScoringModels);
        _json.Choice("cuts", scoring.Cuts, CutRule.Exact, ProgramWords.CutRules);
        var standard = ThresholdModel.Default;
        _json.Numbers("recencyDays", scoring.Thresholds.RecencyDays, standard.RecencyDays, static n => n);
        _json.Numbers("orders", scoring.Thresholds.Orders, standard.Orders, static n => n);
        _json.Numbers("net", scoring.Thresholds.Net, standard.Net, static n => n);
        if (scoring.Weights != ScoreWeights.Default)
        {
            _json.Numbers("weights", [scoring.Weights.Recency, scoring.Weights.Frequency, scoring.Weights.Money], [], static n => n);
        }

        var segments = scoring.Segments;
        _json.Flag("allowGaps", segments.AllowsGaps);
        _json.Flag("allowOverlaps", segments.AllowsOverlaps);
        _json.List("segments", segments.Bands, band =>
        {
            _json.Text("name", band.Name);
            _json.Number("from", band.From);
        });
        _json.List("segments", segments.Boxes, box =>
        {
            _json.Text("name", box.Name);
            Range("r", box.Recency);
            Range("f", box.Frequency);
            Range("m", box.Money);
        });
    }

    private void Write(ClubProgram club) => _json.List("stages", club.Stages, stage =>
    {
        _json.Text("name", stage.Name);
        _json.Number("discountPercent", stage.DiscountPercent, 0);
        _json.Number("months", stage.Months);
        Amount("minimumPurchase", stage.MinimumPurchase, Metric.Sales);
    });

    private void Write(PointsProgram points)
    {
        var standard = new PointsProgram(points.Currency, 0, 0);
        _json.Number("perUnit", points.PerUnit);
        _json.Number("bonusPercent", points.BonusPercent, 0);
        _json.Number("value", points.Value, 0);
        _json.Number("minimumMembershipDays", points.MinimumMembershipDays, standard.MinimumMembershipDays);
        _json.Choice("rounding", points.Rounding, PointsRounding.Down, ProgramWords.Roundings);
        _json.Choice("negative", points.Negative, NegativeRule.Clamp, ProgramWords.NegativeRules);
        _json.Number("negativeLimit", points.NegativeLimit, null);
        _json.Choice("refundExcess", points.RefundExcess, RefundExcess.Ignore, ProgramWords.RefundExcesses);
        Write(points.Expiry);
        _json.Section("caps", points.Caps == EarningCaps.None ? null : points.Caps, caps =>
        {
            _json.Number("perOrder", caps.PerOrder, null);
            if (caps.PerPeriod is not null)
            {
                _json.Object("perPeriod", () =>
                {
                    _json.Number("points", caps.PerPeriod, null);
                    _json.Choice("period", caps.Period, ProgramWords.Periods);
                });
            }

            _json.Number("budget", caps.Budget, null);
        });
    }

    private void Write(ExpiryPolicy expiry)
    {
        if (expiry == ExpiryPolicy.None)
        {
            return;
        }

        _json.Object("expiry", () =>
        {
            _json.Choice("kind", expiry.Kind, ProgramWords.Expiries);
            if (expiry.Kind == ExpiryKind.Calendar)
            {
                _json.Choice("period", expiry.Period, ProgramWords.Periods);
            }
            else
            {
                _json.Number(expiry.IsMonths ? "months" : "days", expiry.Count);
            }
        });
    }

    private void Write(Reward reward)
    {
        _json.Text("id", reward.Id);
        _json.Choice("kind", reward.Kind, ProgramWords.RewardKinds);
        if (reward.Mission is null || reward.Points != 0)
        {
            _json.Number("points", reward.Points);
        }

        if (reward.Mission is not null)
        {
            _json.Text("mission", reward.Mission);
        }

        _json.Number("stock", reward.Stock, null);
        if (reward.AvailableFrom is not null || reward.AvailableUntil is not null)
        {
            _json.Object("available", () =>
            {
                _json.Date("start", reward.AvailableFrom);
                _json.Date("end", reward.AvailableUntil);
            });
        }

        _json.Texts("levels", reward.Levels);
        switch (reward.Limit.Kind)
        {
            case RewardLimitKind.None:
                break;
            case RewardLimitKind.Once or RewardLimitKind.OncePerAchievement:
                _json.Text("limit", reward.Limit.ToString());
                break;
            default:
                _json.Object("limit", () =>
                {
                    _json.Number("count", reward.Limit.Count);
                    _json.Choice("per", reward.Limit.Kind, ProgramWords.LimitPeriods);
                });
                break;
        }
    }

    private void Write(MessageProgram messages)
    {
        _json.Texts("channels", messages.Channels.SequenceEqual(MessageProgram.Default.Channels, StringComparer.Ordinal) ? null : messages.Channels);
        _json.Numbers("expiryWarningDays", messages.ExpiryWarningDays.ToArray(), [], static n => n);
    }

    private void Range(string name, ScoreRange range)
    {
        if (range != ScoreRange.All)
        {
            _json.Numbers(name, [range.From, range.To], [], static n => n);
        }
    }

    /// <summary>An amount in units of the currency; a currency that is none is told as a fault of its own.</summary>
    private void Amount(string name, long amount, Metric metric) =>
        _json.Number(name, metric == Metric.Sales && _currency is not null ? (decimal)amount / _currency.MinorUnits : amount);
}
