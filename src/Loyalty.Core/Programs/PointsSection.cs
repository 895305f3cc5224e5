using System.Globalization;
using System.Text.Json;
using Loyalty.Money;
using Loyalty.Points;

namespace Loyalty.Programs;

/// <summary>Reads the <c>points</c> section of a program.</summary>
internal static class PointsSection
{
    /// <summary>The rules of points, or <see langword="null"/> when faults were noted.</summary>
    public static PointsProgram? Read(JsonSection section, Currency? currency)
    {
        var perUnit = Number(section, "perUnit", required: true, PointsProgram.IsPerUnit, "from 0 to 1,000,000 with at most 9 decimals");
        var bonus = Number(section, "bonusPercent", required: false, PointsProgram.IsBonus, "from 0 to 1,000 with at most 6 decimals");
        var value = Number(section, "value", required: false, PointsProgram.IsValue, "from 0 to 10,000 with at most 9 decimals");
        var days = section.Integer("minimumMembershipDays", required: false, 0, ExpiryPolicy.MaxDays);
        var rounding = section.Choice("rounding", required: false, ProgramWords.Roundings);
        var negative = section.Choice("negative", required: false, ProgramWords.NegativeRules);
        var limit = Whole(section, "negativeLimit", required: false);
        var expiry = ReadExpiry(section);
        var caps = ReadCaps(section);
        var excess = section.Choice("refundExcess", required: false, ProgramWords.RefundExcesses);
        section.Close();
        return perUnit is null || currency is null || expiry is null ? null : new PointsProgram(currency, perUnit.Value, value ?? 0, bonus ?? 0)
        {
            MinimumMembershipDays = days ?? 365,
            Rounding = rounding ?? PointsRounding.Down,
            Negative = negative ?? NegativeRule.Clamp,
            NegativeLimit = limit,
            Expiry = expiry.Value,
            Caps = caps,
            RefundExcess = excess ?? RefundExcess.Ignore,
        };
    }

    private static EarningCaps ReadCaps(JsonSection points)
    {
        if (points.Section("caps", required: false) is not { } section)
        {
            return EarningCaps.None;
        }

        var perOrder = Whole(section, "perOrder", required: false);
        var budget = Whole(section, "budget", required: false);
        long? perPeriod = null;
        CalendarPeriod? period = null;
        if (section.Section("perPeriod", required: false) is { } bound)
        {
            perPeriod = Whole(bound, "points", required: true);
            period = bound.Choice("period", required: true, ProgramWords.Periods);
            bound.Close();
        }

        section.Close();
        return new() { PerOrder = perOrder, PerPeriod = perPeriod, Period = period ?? CalendarPeriod.Month, Budget = budget };
    }

    /// <summary>A whole number of at least 0.</summary>
    internal static long? Whole(JsonSection section, string name, bool required)
    {
        if (section.Decimal(name, required) is not { } number)
        {
            return null;
        }

        if (number >= 0 && number <= long.MaxValue && number == decimal.Truncate(number))
        {
            return (long)number;
        }

        section.FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a whole number of at least 0, found {number}"));
        return null;
    }

    private static decimal? Number(JsonSection section, string name, bool required, Func<decimal, bool> isAllowed, string expected)
    {
        if (section.Decimal(name, required) is not { } number)
        {
            return null;
        }

        if (isAllowed(number))
        {
            return number;
        }

        section.FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a number {expected}, found {number}"));
        return null;
    }

    private static ExpiryPolicy? ReadExpiry(JsonSection points)
    {
        if (points.Any("expiry", required: false) is not { } element)
        {
            return ExpiryPolicy.None;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            if (element.ValueKind == JsonValueKind.String && element.ValueEquals("none"))
            {
                return ExpiryPolicy.None;
            }

            points.FaultAt("expiry", $"expected \"none\" or an object such as {{\"kind\": \"fixed\", \"months\": 12}}, found {JsonSection.Shown(element)}");
            return null;
        }

        var section = points.Section("expiry", required: true)!;
        var kind = section.Choice("kind", required: true, ProgramWords.Expiries);
        if (kind == ExpiryKind.Calendar)
        {
            var period = section.Choice("period", required: true, ProgramWords.Periods);
            section.Close();
            return period is null ? null : ExpiryPolicy.AtEndOf(period.Value);
        }

        var months = section.Integer("months", required: false, 1, ExpiryPolicy.MaxMonths);
        var days = section.Integer("days", required: false, 1, ExpiryPolicy.MaxDays);
        if (kind is null)
        {
            return null;
        }

        section.Close();
        if (section.Has("months") == section.Has("days"))
        {
            section.Fault(section.Path, section.Has("months") ? "has both \"months\" and \"days\"; keep one" : "needs a duration: \"months\" or \"days\"");
            return null;
        }

        return (kind, months, days) switch
        {
            (ExpiryKind.Fixed, { } m, _) => ExpiryPolicy.AfterMonths(m),
            (ExpiryKind.Fixed, _, { } d) => ExpiryPolicy.AfterDays(d),
            (_, { } m, _) => ExpiryPolicy.InactiveMonths(m),
            (_, _, { } d) => ExpiryPolicy.InactiveDays(d),
            _ => null,
        };
    }
}
