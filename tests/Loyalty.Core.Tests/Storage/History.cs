using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>One run of a history: which program applies, through which date, and what came in.</summary>
public sealed record Run(int Program, DateOnly AsOf, Video[] Videos, Correction[] Corrections);

/// <summary>A generated history: programs, and runs with late, corrected, moved and repeated rows.</summary>
public sealed record History(Rules[] Programs, Run[] Runs)
{
    public override string ToString() => string.Join('\n', [
        "",
        .. Programs.Select((p, i) => $"program {i}: {p.ToJson()}"),
        .. Runs.SelectMany(r => (string[])[
            $"run through {r.AsOf:O}, program {r.Program}",
            .. r.Videos.Select(v => Invariant($"  {v.Key} {v.Handle} {v.Date:yyyy-MM-dd} ${v.Sales} u{v.Units} v{v.Views} l{v.Likes} c{v.Comments} '{v.Title}'")),
            .. r.Corrections.Select(c => Invariant($"  adjust {c.Id} {c.Handle} {c.Date:yyyy-MM-dd} ${c.Sales} u{c.Units} '{c.Reason}'"))])]);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A date so many days before the last one of a history.</summary>
public readonly record struct DaysBack(int Count);

/// <summary>How far a session gets before it is left: it has begun, has activities, adjustments too, a review too.</summary>
public readonly record struct SessionSteps(int Count);

internal static class Histories
{
    /// <summary>
    /// FsCheck chooses a seed and a size; the history is made from them at once, because composing a generator for each cell would take most
    /// of the time. What fails is shrunk by leaving out runs, rows and missions.
    /// </summary>
    public static Arbitrary<History> Any { get; } = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue)
        from size in Gen.Sized(Gen.Constant)
        select new HistoryMaker(new Random(seed)).Make(size),
        Shrink);

    public static Arbitrary<DaysBack> Back { get; } = Gen.Choose(0, 400).Select(static days => new DaysBack(days)).ToArbitrary();

    public static Arbitrary<SessionSteps> Steps { get; } = Gen.Choose(0, 3).Select(static steps => new SessionSteps(steps)).ToArbitrary();

    private static IEnumerable<History> Shrink(History history)
    {
        for (var i = 0; i < history.Runs.Length && history.Runs.Length > 1; i++)
        {
            yield return history with { Runs = Without(history.Runs, i) };
        }

        for (var i = 0; i < history.Runs.Length; i++)
        {
            var run = history.Runs[i];
            for (var row = 0; row < run.Videos.Length; row++)
            {
                yield return history with { Runs = With(history.Runs, i, run with { Videos = Without(run.Videos, row) }) };
            }

            for (var row = 0; row < run.Corrections.Length; row++)
            {
                yield return history with { Runs = With(history.Runs, i, run with { Corrections = Without(run.Corrections, row) }) };
            }
        }

        for (var i = 0; i < history.Programs.Length; i++)
        {
            var program = history.Programs[i];
            for (var m = 0; m < program.Missions.Length; m++)
            {
                yield return history with { Programs = With(history.Programs, i, program with { Missions = Without(program.Missions, m) }) };
            }
        }
    }

    private static T[] Without<T>(T[] items, int at) => [.. items[..at], .. items[(at + 1)..]];

    private static T[] With<T>(T[] items, int at, T item) => [.. items[..at], item, .. items[(at + 1)..]];
}

/// <summary>Makes histories in which thresholds are met to the cent, months end, and rows come late.</summary>
internal sealed class HistoryMaker(Random random)
{
    private static readonly string[] Names = ["Bronze", "Silver", "Gold", "Platinum"];
    private static readonly string[] Handles = ["ann", "bob", "cid", "dee"];
    private static readonly string[] Metrics = ["sales", "units", "videos", "views", "likes", "comments"];
    private static readonly string[] Demotions = ["earned-level", "earned-level", "one-level", "never"];
    private static readonly string[] Starts = ["01-01", "04-01", "01-31", "02-28", "08-30", "12-15"];
    private static readonly decimal[] Sales = [0m, 0.01m, 50m, 99.99m, 100m, 100m, 100.01m, 200m, 200m, 299.99m, 300m, -0.01m, -100m];
    private readonly List<Video> _videos = [];
    private readonly List<Correction> _corrections = [];
    private Rules _rules = new();
    private DateOnly _first;
    private int _span;

    public History Make(int size)
    {
        _first = new DateOnly(2023, 11, 1).AddDays(random.Next(500));
        _span = random.Next(10, 30 + (size * 2));
        _rules = MakeRules(Names);
        var programs = new List<Rules> { _rules };
        if (random.Next(4) == 0)
        {
            programs.Add(Changed(programs[0]));
        }

        var runs = new Run[random.Next(1, 5)];
        var asOf = _first.AddDays(random.Next(_span / 2));
        for (var i = 0; i < runs.Length; i++)
        {
            var videos = new Video[random.Next(0, 3 + (size / 8))];
            for (var row = 0; row < videos.Length; row++)
            {
                _videos.Add(videos[row] = MakeVideo());
            }

            var corrections = new Correction[Math.Max(0, random.Next(-2, 4))];
            for (var row = 0; row < corrections.Length; row++)
            {
                _corrections.Add(corrections[row] = MakeCorrection());
            }

            runs[i] = new Run(i == 0 ? 0 : random.Next(programs.Count), asOf, videos, corrections);
            asOf = asOf.AddDays(random.Next(4) == 0 ? 0 : random.Next(1, 2 + (_span / 2)));
        }

        return new History([.. programs], runs);
    }

    private Rules MakeRules(string[] names)
    {
        var days = random.Next(2) == 0;
        var anchor = random.Next(3) switch { 0 => "joined", 1 when !days => "calendar", _ => "tier-achieved" };
        var length = days ? random.Next(2, 40) : anchor == "calendar" ? Pick([1, 1, 2, 3, 4]) : random.Next(1, 4);
        var fewest = days ? length : length * 28;
        var sales = random.Next(4) > 0;
        var count = random.Next(8) == 0 ? 1 : Math.Min(names.Length, random.Next(2, 5));
        return new Rules
        {
            Metric = sales ? "sales" : "units",
            Lifetime = random.Next(8) == 0,
            Months = days ? 0 : length,
            Days = days ? length : 0,
            Anchor = anchor,
            CalendarStart = anchor == "calendar" ? Pick(Starts) : null,
            AtCheckpoint = random.Next(3) == 0,
            Demotion = Pick(Demotions),
            Grace = random.Next(2) == 0 ? 0 : random.Next(0, Math.Min(fewest, 35)),
            Levels = [.. names.Take(count).Select((name, i) => new Rung(name, i * (sales ? 100m : 3m), random.Next(6) == 0))],
            Missions = [.. Enumerable.Range(0, random.Next(4)).Select(i => MakeGoal($"m{i}", names[..count]))],
        };
    }

    private Goal MakeGoal(string id, string[] names)
    {
        var metric = Pick(Metrics);
        var start = _first.AddDays(random.Next(-10, _span));
        return new Goal(id, metric, metric == "sales" ? Pick([0.01m, 100m, 250.5m]) : random.Next(1, 6), Pick(["checkpoint", "fixed", "every"]))
        {
            Start = start,
            End = start.AddDays(random.Next(1, 40)),
            Days = random.Next(1, 20),
            Levels = random.Next(3) == 0 ? [.. names.Where((_, i) => i == 0 || random.Next(2) == 0)] : null,
        };
    }

    /// <summary>Another program with the same level names, in which their thresholds, and so their ranks, may differ.</summary>
    private Rules Changed(Rules before)
    {
        var names = before.Levels.Select(l => l.Name).ToArray();
        if (random.Next(3) == 0)
        {
            random.Shuffle(names);
        }

        var changed = MakeRules(names);
        var step = changed.Metric == "sales" ? 100m : 3m;
        return changed with
        {
            Levels = [.. names.Select((name, i) => new Rung(name, i * step, random.Next(6) == 0))],
            Missions = random.Next(2) == 0 ? before.Missions : changed.Missions,
        };
    }

    private Video MakeVideo()
    {
        if (_videos.Count > 0 && random.Next(2) == 0)
        {
            var earlier = Pick(_videos);
            return random.Next(5) switch
            {
                0 => earlier,
                1 => earlier with { Title = "title " + random.Next(3) },
                2 => earlier with { Sales = Pick(Sales), Views = random.Next(4) },
                3 => earlier with { Handle = Pick(Handles) },
                _ => earlier with { Date = Day() },
            };
        }

        if (_videos.Count > 0 && random.Next(2) == 0)
        {
            // Around the ends of the windows that an earlier video may have opened for its member.
            var earlier = Pick(_videos);
            var end = _rules.Months > 0 ? Tiers.Calendar.PlusMonths(earlier.Date, _rules.Months) : earlier.Date.AddDays(_rules.Days);
            return earlier with { Key = Key(), Date = end.AddDays(random.Next(-1, 2)), Sales = Pick(Sales), Units = Pick([0, 3, 6]) };
        }

        return new Video(
            Key(), Pick(Handles), Day(), Pick(Sales), random.Next(7), random.Next(5), random.Next(3), random.Next(3));
    }

    private string Key() => random.Next(1, 40).ToString(CultureInfo.InvariantCulture);

    private Correction MakeCorrection()
    {
        if (_corrections.Count > 0 && random.Next(3) == 0)
        {
            var earlier = Pick(_corrections);
            return random.Next(3) switch
            {
                0 => earlier,
                1 => earlier with { Reason = "reason " + random.Next(3) },
                _ => earlier with { Sales = Pick(Sales), Handle = Pick(Handles) },
            };
        }

        return new Correction($"a{random.Next(8)}", Pick(Handles), Day(), Pick(Sales), random.Next(-3, 4), "");
    }

    private DateOnly Day() => _first.AddDays(random.Next(-10, _span + 10));

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
