using System.Globalization;
using System.Text;

namespace Loyalty.Tests.Tiers;

/// <summary>The rules of a program as the tests write them down; rendered to JSON for the code under test.</summary>
public sealed record Rules
{
    public string Metric { get; init; } = "sales";

    public bool Lifetime { get; init; }

    public int Months { get; init; }

    public int Days { get; init; }

    public string Anchor { get; init; } = "tier-achieved";

    public string? CalendarStart { get; init; }

    public bool AtCheckpoint { get; init; }

    public string Demotion { get; init; } = "earned-level";

    public int Grace { get; init; }

    public Rung[] Levels { get; init; } = [];

    public Goal[] Missions { get; init; } = [];

    public string ToJson()
    {
        var json = new StringBuilder("{\"tenant\":\"acme\",\"currency\":\"USD\",\"timeZone\":\"UTC\",\"tiers\":{");
        json.Append(CultureInfo.InvariantCulture, $"\"metric\":\"{Metric}\",\"mode\":\"{(Lifetime ? "lifetime" : "checkpoints")}\",\"checkpoint\":{{");
        json.Append(Months > 0 ? $"\"months\":{Months}" : $"\"days\":{Days}").Append($",\"anchor\":\"{Anchor}\"");
        json.Append(CalendarStart is null ? "" : $",\"calendarStart\":\"{CalendarStart}\"").Append("},");
        json.Append($"\"promotion\":\"{(AtCheckpoint ? "at-checkpoint" : "immediate")}\",\"demotion\":\"{Demotion}\",\"graceDays\":{Grace},\"levels\":[");
        json.AppendJoin(',', Levels.Select(l => string.Create(
            CultureInfo.InvariantCulture, $"{{\"name\":\"{l.Name}\",\"threshold\":{l.Threshold},\"protected\":{(l.Protected ? "true" : "false")}}}")));
        json.Append("]},\"missions\":[").AppendJoin(',', Missions.Select(m => m.ToJson()));
        return json.Append("]}").ToString();
    }
}

public sealed record Rung(string Name, decimal Threshold, bool Protected = false);

public sealed record Goal(string Id, string Metric, decimal Target, string Kind)
{
    public DateOnly Start { get; init; }

    public DateOnly End { get; init; }

    public int Days { get; init; }

    public string[]? Levels { get; init; }

    public string ToJson() => string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"{Id}\",\"metric\":\"{Metric}\",\"target\":{Target},\"window\":{{\"kind\":\"{Kind}\"")
        + (Kind == "fixed" ? $",\"start\":\"{Start:O}\",\"end\":\"{End:O}\"" : Kind == "every" ? $",\"days\":{Days}" : "")
        + "}" + (Levels is null ? "" : $",\"levels\":[{string.Join(',', Levels.Select(l => $"\"{l}\""))}]") + "}";
}

/// <summary>A video as the tests write it down: money in units of the currency.</summary>
public sealed record Video(string Key, string Handle, DateOnly Date, decimal Sales, int Units = 0, long Views = 0, int Likes = 0, int Comments = 0, string Title = "");

/// <summary>An adjustment as the tests write it down.</summary>
public sealed record Correction(string Id, string Handle, DateOnly Date, decimal Sales, int Units = 0, string Reason = "");

/// <summary>The arithmetic of dates, by hand.</summary>
internal static class Calendar
{
    private static readonly int[] MonthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    public static int LengthOf(int year, int month) =>
        month == 2 && (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)) ? 29 : MonthLengths[month - 1];

    public static DateOnly PlusMonths(DateOnly date, int months)
    {
        var (year, month) = (date.Year, date.Month);
        for (var i = 0; i < months; i++)
        {
            month++;
            if (month == 13)
            {
                (year, month) = (year + 1, 1);
            }
        }

        return new DateOnly(year, month, Math.Min(date.Day, LengthOf(year, month)));
    }

    public static DateOnly Next(DateOnly date) => date.AddDays(1);
}

/// <summary>What the rule book says a review decided.</summary>
public sealed record Ruling(
    DateOnly Date, string Kind, string Before, string After, decimal ThresholdBefore, decimal ThresholdAfter, DateOnly From, DateOnly Until,
    decimal Activity, decimal Adjustments, DateOnly NextFrom, DateOnly? NextUntil)
{
    public bool IsLifetime { get; init; }

    /// <summary>Minor units in one: 100 for sales, 1 for units.</summary>
    public decimal Scale { get; init; } = 100;

    public bool LaterData { get; set; }
}

/// <summary>A member's try at a mission, by the rule book.</summary>
public sealed class Attempt
{
    public required string Mission { get; init; }

    public required string Metric { get; init; }

    public required decimal Target { get; init; }

    public required DateOnly From { get; init; }

    public required DateOnly? Until { get; init; }

    public string Status { get; set; } = "active";

    public decimal Current { get; set; }

    public DateOnly? CompletedOn { get; set; }
}

/// <summary>A member, by the rule book.</summary>
public sealed class Person
{
    public required string Handle { get; init; }

    public required DateOnly Joined { get; init; }

    public required string Level { get; set; }

    public required DateOnly Achieved { get; set; }

    public required DateOnly From { get; set; }

    public DateOnly? Until { get; set; }

    public bool InGrace { get; set; }

    public required DateOnly ReviewedThrough { get; set; }

    public List<Ruling> Rulings { get; } = [];

    public List<Attempt> Attempts { get; } = [];
}
