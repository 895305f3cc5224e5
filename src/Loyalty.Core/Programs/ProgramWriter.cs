using System.Buffers;
using System.Globalization;
using System.Text.Json;
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
internal sealed class ProgramWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json;
    private readonly Currency? _currency;

    private ProgramWriter(Currency? currency)
    {
        _json = new Utf8JsonWriter(_bytes);
        _currency = currency;
    }

    public static ReadOnlyMemory<byte> Write(ProgramParts parts)
    {
        Currency.TryGet(parts.Currency, out var currency);
        using var writer = new ProgramWriter(currency);
        writer.WriteAll(parts);
        writer._json.Flush();
        return writer._bytes.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private void WriteAll(ProgramParts parts)
    {
        _json.WriteStartObject();
        _json.WriteString("tenant", parts.Tenant);
        _json.WriteString("currency", parts.Currency);
        _json.WriteString("timeZone", parts.TimeZone);
        Texts("signs", parts.Signs.Count == 0 ? null : parts.Signs);
        if (parts.CustomersAreEmails)
        {
            _json.WriteString("customers", "email");
        }

        Section("tiers", parts.Tiers, Write);
        List("missions", parts.Missions, Write);
        Section("rfm", parts.Scoring, Write);
        Section("club", parts.Club, Write);
        Section("points", parts.Points, Write);
        List("rewards", parts.Rewards, Write);
        Section("messages", parts.Messages, Write);
        var jobs = parts.Jobs.Where(static j => !string.Equals(j.Value, JobSection.Default.GetValueOrDefault(j.Key), StringComparison.Ordinal)).ToArray();
        if (jobs.Length > 0)
        {
            _json.WriteStartObject("jobs");
            foreach (var (job, cron) in jobs)
            {
                _json.WriteString(job, cron);
            }

            _json.WriteEndObject();
        }

        Texts("events", parts.Events.Count == 0 ? null : parts.Events);
        _json.WriteEndObject();
    }

    private void Write(TierProgram tiers)
    {
        _json.WriteString("metric", tiers.Metric == Metric.Sales ? "sales" : "units");
        Word("mode", tiers.Mode, TierMode.Checkpoints, "lifetime");
        Section("checkpoint", tiers.Schedule, Write);
        Word("promotion", tiers.Promotion, PromotionRule.Immediate, "at-checkpoint");
        Word("demotion", tiers.Demotion, DemotionRule.EarnedLevel, tiers.Demotion == DemotionRule.Never ? "never" : "one-level");
        if (tiers.GraceDays != 0)
        {
            _json.WriteNumber("graceDays", tiers.GraceDays);
        }

        List("levels", [.. Enumerable.Range(0, tiers.Ladder.Count).Select(i => tiers.Ladder[i])], level =>
        {
            _json.WriteString("name", level.Name);
            Amount("threshold", level.Threshold, tiers.Metric);
            if (level.IsProtected)
            {
                _json.WriteBoolean("protected", true);
            }
        });
    }

    private void Write(CheckpointSchedule schedule)
    {
        _json.WriteNumber(schedule.Length.IsMonths ? "months" : "days", schedule.Length.Count);
        Word("anchor", schedule.Anchor, CheckpointAnchor.TierAchieved, schedule.Anchor == CheckpointAnchor.Joined ? "joined" : "calendar");
        if (schedule.Anchor == CheckpointAnchor.Calendar)
        {
            _json.WriteString("calendarStart", string.Create(CultureInfo.InvariantCulture, $"{schedule.CalendarMonth:D2}-{schedule.CalendarDay:D2}"));
        }
    }

    private void Write(Mission mission)
    {
        _json.WriteString("id", mission.Id);
        _json.WriteString("metric", mission.Metric switch
        {
            Metric.Sales => "sales",
            Metric.Units => "units",
            Metric.Videos => "videos",
            Metric.Views => "views",
            Metric.Likes => "likes",
            _ => "comments",
        });
        Amount("target", mission.Target, mission.Metric);
        Texts("levels", mission.Levels?.Order(StringComparer.Ordinal));
        _json.WriteStartObject("window");
        switch (mission.WindowKind)
        {
            case MissionWindowKind.Checkpoint:
                _json.WriteString("kind", "checkpoint");
                break;
            case MissionWindowKind.Every:
                _json.WriteString("kind", "every");
                _json.WriteNumber("days", mission.Days);
                break;
            default:
                _json.WriteString("kind", "fixed");
                Date("start", mission.Dates.Start);
                Date("end", mission.Dates.End);
                break;
        }

        _json.WriteEndObject();
    }

    private void Write(ScoringProgram scoring)
    {
        Word("model", scoring.Model, ScoringModel.Thresholds, "quantiles");
        Word("cuts", scoring.Cuts, CutRule.Exact, "r-rfm");
        var standard = ThresholdModel.Default;
        Numbers("recencyDays", scoring.Thresholds.RecencyDays, standard.RecencyDays, static n => n);
        Numbers("orders", scoring.Thresholds.Orders, standard.Orders, static n => n);
        Numbers("net", scoring.Thresholds.Net, standard.Net, static n => n);
        if (scoring.Weights != ScoreWeights.Default)
        {
            Numbers("weights", [scoring.Weights.Recency, scoring.Weights.Frequency, scoring.Weights.Money], [], static n => n);
        }

        var segments = scoring.Segments;
        if (segments.AllowsGaps)
        {
            _json.WriteBoolean("allowGaps", true);
        }

        if (segments.AllowsOverlaps)
        {
            _json.WriteBoolean("allowOverlaps", true);
        }

        List("segments", segments.Bands, band =>
        {
            _json.WriteString("name", band.Name);
            _json.WriteNumber("from", band.From);
        });
        List("segments", segments.Boxes, box =>
        {
            _json.WriteString("name", box.Name);
            Range("r", box.Recency);
            Range("f", box.Frequency);
            Range("m", box.Money);
        });
    }

    private void Write(ClubProgram club) => List("stages", club.Stages, stage =>
    {
        _json.WriteString("name", stage.Name);
        if (stage.DiscountPercent != 0)
        {
            _json.WriteNumber("discountPercent", stage.DiscountPercent);
        }

        _json.WriteNumber("months", stage.Months);
        Amount("minimumPurchase", stage.MinimumPurchase, Metric.Sales);
    });

    private void Write(PointsProgram points)
    {
        var standard = new PointsProgram(points.Currency, 0, 0);
        _json.WriteNumber("perUnit", points.PerUnit);
        if (points.BonusPercent != 0)
        {
            _json.WriteNumber("bonusPercent", points.BonusPercent);
        }

        if (points.Value != 0)
        {
            _json.WriteNumber("value", points.Value);
        }

        if (points.MinimumMembershipDays != standard.MinimumMembershipDays)
        {
            _json.WriteNumber("minimumMembershipDays", points.MinimumMembershipDays);
        }

        Word("rounding", points.Rounding, PointsRounding.Down, points.Rounding == PointsRounding.Up ? "up" : "nearest");
        Word("negative", points.Negative, NegativeRule.Clamp, "allow-negative");
        Number("negativeLimit", points.NegativeLimit);
        Word("refundExcess", points.RefundExcess, RefundExcess.Ignore, "refuse");
        Write(points.Expiry);
        Section("caps", points.Caps == EarningCaps.None ? null : points.Caps, caps =>
        {
            Number("perOrder", caps.PerOrder);
            if (caps.PerPeriod is not null)
            {
                _json.WriteStartObject("perPeriod");
                Number("points", caps.PerPeriod);
                _json.WriteString("period", WordOf(caps.Period));
                _json.WriteEndObject();
            }

            Number("budget", caps.Budget);
        });
    }

    private void Write(ExpiryPolicy expiry)
    {
        if (expiry == ExpiryPolicy.None)
        {
            return;
        }

        _json.WriteStartObject("expiry");
        _json.WriteString("kind", expiry.Kind switch { ExpiryKind.Fixed => "fixed", ExpiryKind.Calendar => "calendar", _ => "inactivity" });
        if (expiry.Kind == ExpiryKind.Calendar)
        {
            _json.WriteString("period", WordOf(expiry.Period));
        }
        else
        {
            _json.WriteNumber(expiry.IsMonths ? "months" : "days", expiry.Count);
        }

        _json.WriteEndObject();
    }

    private void Write(Reward reward)
    {
        _json.WriteString("id", reward.Id);
        _json.WriteString("kind", reward.Kind switch
        {
            RewardKind.Merchandise => "merchandise",
            RewardKind.Event => "event",
            RewardKind.Tasting => "tasting",
            RewardKind.WinePointSale => "wine-point-sale",
            RewardKind.GiftCard => "gift-card",
            RewardKind.Discount => "discount",
            RewardKind.Experience => "experience",
            _ => "boost",
        });
        if (reward.Mission is null || reward.Points != 0)
        {
            _json.WriteNumber("points", reward.Points);
        }

        if (reward.Mission is not null)
        {
            _json.WriteString("mission", reward.Mission);
        }

        Number("stock", reward.Stock);
        if (reward.AvailableFrom is not null || reward.AvailableUntil is not null)
        {
            _json.WriteStartObject("available");
            Date("start", reward.AvailableFrom);
            Date("end", reward.AvailableUntil);
            _json.WriteEndObject();
        }

        Texts("levels", reward.Levels);
        switch (reward.Limit.Kind)
        {
            case RewardLimitKind.None:
                break;
            case RewardLimitKind.Once or RewardLimitKind.OncePerAchievement:
                _json.WriteString("limit", reward.Limit.ToString());
                break;
            default:
                _json.WriteStartObject("limit");
                _json.WriteNumber("count", reward.Limit.Count);
                _json.WriteString("per", reward.Limit.Kind == RewardLimitKind.Week ? "week" : "month");
                _json.WriteEndObject();
                break;
        }
    }

    private void Write(MessageProgram messages)
    {
        Texts("channels", messages.Channels.SequenceEqual(MessageProgram.Default.Channels, StringComparer.Ordinal) ? null : messages.Channels);
        if (messages.ExpiryWarningDays.Count > 0)
        {
            Numbers("expiryWarningDays", messages.ExpiryWarningDays.ToArray(), [], static n => n);
        }
    }

    private static string WordOf(CalendarPeriod period) => period switch { CalendarPeriod.Month => "month", CalendarPeriod.Quarter => "quarter", _ => "year" };

    private void Section<T>(string name, T? section, Action<T> write)
        where T : class
    {
        if (section is not null)
        {
            _json.WriteStartObject(name);
            write(section);
            _json.WriteEndObject();
        }
    }

    private void List<T>(string name, IReadOnlyList<T>? items, Action<T> write)
    {
        if (items is not { Count: > 0 })
        {
            return;
        }

        _json.WriteStartArray(name);
        foreach (var item in items)
        {
            _json.WriteStartObject();
            write(item);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void Texts(string name, IEnumerable<string>? texts)
    {
        if (texts is not null)
        {
            _json.WriteStartArray(name);
            foreach (var text in texts)
            {
                _json.WriteStringValue(text);
            }

            _json.WriteEndArray();
        }
    }

    private void Numbers<T>(string name, ReadOnlySpan<T> numbers, ReadOnlySpan<T> standard, Func<T, decimal> numberOf)
        where T : IEquatable<T>
    {
        if (numbers.SequenceEqual(standard))
        {
            return;
        }

        _json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            _json.WriteNumberValue(numberOf(number));
        }

        _json.WriteEndArray();
    }

    private void Word<T>(string name, T value, T standard, string word)
        where T : struct, Enum
    {
        if (!value.Equals(standard))
        {
            _json.WriteString(name, word);
        }
    }

    private void Number(string name, long? number)
    {
        if (number is { } known)
        {
            _json.WriteNumber(name, known);
        }
    }

    private void Date(string name, DateOnly? date)
    {
        if (date is { } known)
        {
            _json.WriteString(name, known.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }
    }

    private void Range(string name, ScoreRange range)
    {
        if (range != ScoreRange.All)
        {
            _json.WriteStartArray(name);
            _json.WriteNumberValue(range.From);
            _json.WriteNumberValue(range.To);
            _json.WriteEndArray();
        }
    }

    /// <summary>An amount in units of the currency; a currency that is none is told as a fault of its own.</summary>
    private void Amount(string name, long amount, Metric metric) =>
        _json.WriteNumber(name, metric == Metric.Sales && _currency is not null ? (decimal)amount / _currency.MinorUnits : amount);
}
