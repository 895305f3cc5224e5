namespace Loyalty.Tests.Tiers;

/// <summary>
/// The oracle: one member reviewed date by date, each sentence of the rule book as one statement, over plain lists and decimals.
/// </summary>
internal sealed class NaiveReview(Rules rules, Person member, IReadOnlyList<Video> videos, IReadOnlyList<Correction> corrections)
{
    private readonly Rung[] _ladder = [.. rules.Levels.OrderBy(l => l.Threshold)];

    /// <summary>Reviews every date from the first not yet reviewed through the last, in order.</summary>
    public void Through(DateOnly asOf)
    {
        for (var date = member.ReviewedThrough.AddDays(1); date <= asOf; date = date.AddDays(1))
        {
            On(date);
            member.ReviewedThrough = date;
        }

        foreach (var attempt in member.Attempts)
        {
            Settle(attempt, asOf);
        }

        foreach (var attempt in member.Attempts)
        {
            attempt.Current = Sum(attempt.Metric, attempt.From, attempt.Until, asOf);
        }
    }

    public decimal Sum(string metric, DateOnly? from, DateOnly? until, DateOnly through) =>
        videos.Where(v => IsIn(v.Date, from, until) && v.Date <= through).Sum(v => Of(metric, v));

    public decimal SumCorrections(string metric, DateOnly? from, DateOnly? until, DateOnly through) =>
        corrections.Where(c => IsIn(c.Date, from, until) && c.Date <= through).Sum(c => metric == "sales" ? c.Sales : c.Units);

    public static decimal Of(string metric, Video video) => metric switch
    {
        "sales" => video.Sales,
        "units" => video.Units,
        "videos" => 1,
        "views" => video.Views,
        "likes" => video.Likes,
        _ => video.Comments,
    };

    /// <summary>The level a value earns: the highest whose threshold it reaches; below 0 the entry level.</summary>
    public int Earned(decimal value)
    {
        var earned = 0;
        for (var level = 0; level < _ladder.Length; level++)
        {
            if (value >= _ladder[level].Threshold)
            {
                earned = level;
            }
        }

        return earned;
    }

    /// <summary>The level a member gets when the window closes with this value, grace aside.</summary>
    public int AtCheckpoint(int level, decimal value)
    {
        var earned = Earned(value);
        if (earned >= level)
        {
            return earned;
        }

        if (rules.Lifetime || rules.Demotion == "never" || _ladder[level].Protected)
        {
            return level;
        }

        return rules.Demotion == "one-level" ? level - 1 : earned;
    }

    public int Rank(string level) => Array.FindIndex(_ladder, l => l.Name == level);

    public Rung Level(int rank) => _ladder[rank];

    public int Levels => _ladder.Length;

    private static bool IsIn(DateOnly date, DateOnly? from, DateOnly? until) => (from is null || date >= from) && (until is null || date < until);

    private void On(DateOnly date)
    {
        if (!rules.Lifetime)
        {
            while (member.Until is { } end && end <= date)
            {
                Checkpoint(date, end);
            }
        }

        Promotion(date);
        Missions(date);
    }

    private void Checkpoint(DateOnly date, DateOnly end)
    {
        var level = Rank(member.Level);
        var activity = Sum(rules.Metric, member.From, end, date);
        var adjustments = SumCorrections(rules.Metric, member.From, end, date);
        var after = AtCheckpoint(level, activity + adjustments);
        var measuredFrom = member.From;
        string kind;
        if (after < level && rules.Grace > 0 && !member.InGrace)
        {
            kind = "GraceStarted";
            after = level;
            member.InGrace = true;
            member.Until = end.AddDays(rules.Grace);
        }
        else
        {
            kind = after > level ? "Promoted" : after < level ? "Demoted" : "Kept";
            member.Achieved = after == level ? member.Achieved : end;
            member.InGrace = false;
            member.From = end;
            member.Until = after == 0 ? null : NextCycleDate(end);
        }

        Record(date, kind, level, after, measuredFrom, end, activity, adjustments);
    }

    private void Promotion(DateOnly date)
    {
        var level = Rank(member.Level);
        var hasCheckpoint = level > 0 && member.Until is not null;
        if (!rules.Lifetime && rules.AtCheckpoint && hasCheckpoint)
        {
            return;
        }

        DateOnly? from = rules.Lifetime ? null : member.From;
        var activity = Sum(rules.Metric, from, null, date);
        var adjustments = SumCorrections(rules.Metric, from, null, date);
        var earned = Earned(activity + adjustments);
        if (earned <= level)
        {
            return;
        }

        var measuredFrom = rules.Lifetime ? member.Joined : member.From;
        member.Achieved = date;
        member.InGrace = false;
        if (!rules.Lifetime)
        {
            member.From = date.AddDays(1);
            member.Until = NextCycleDate(member.From);
        }

        Record(date, "Promoted", level, earned, measuredFrom, date.AddDays(1), activity, adjustments);
    }

    private void Record(DateOnly date, string kind, int before, int after, DateOnly from, DateOnly until, decimal activity, decimal adjustments)
    {
        member.Level = _ladder[after].Name;
        member.Rulings.Add(new Ruling(
            date, kind, _ladder[before].Name, _ladder[after].Name, _ladder[before].Threshold, _ladder[after].Threshold, from, until, activity,
            adjustments, member.From, member.Until) { IsLifetime = rules.Lifetime, Scale = rules.Metric == "sales" ? 100 : 1 });
    }

    /// <summary>The first cycle date after a date: anchor + k lengths, k ≥ 1; for the calendar the anchor is the month-day of any year.</summary>
    private DateOnly NextCycleDate(DateOnly after)
    {
        var anchors = new List<DateOnly>();
        if (rules.Anchor == "calendar")
        {
            for (var year = after.Year - 2; year <= after.Year + 1; year++)
            {
                anchors.Add(DateOnly.ParseExact($"{year}-{rules.CalendarStart}", "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
        else
        {
            anchors.Add(rules.Anchor == "joined" ? member.Joined : member.Achieved);
        }

        var first = DateOnly.MaxValue;
        foreach (var anchor in anchors)
        {
            var k = 1;
            while (Cycle(anchor, k) <= after)
            {
                k++;
            }

            first = Cycle(anchor, k) < first ? Cycle(anchor, k) : first;
        }

        return first;
    }

    private DateOnly Cycle(DateOnly anchor, int k) =>
        rules.Months > 0 ? Calendar.PlusMonths(anchor, rules.Months * k) : anchor.AddDays(rules.Days * k);

    private void Missions(DateOnly date)
    {
        foreach (var attempt in member.Attempts)
        {
            Settle(attempt, date);
        }

        foreach (var goal in rules.Missions)
        {
            var mine = member.Attempts.Where(a => a.Mission == goal.Id).ToList();
            if (mine.Exists(a => a.Status == "active") || goal.Levels?.Contains(member.Level) == false)
            {
                continue;
            }

            if (WindowOf(goal, date) is not { } window || mine.Exists(a => a.From == window.From))
            {
                continue;
            }

            var attempt = new Attempt { Mission = goal.Id, Metric = goal.Metric, Target = goal.Target, From = window.From, Until = window.Until };
            member.Attempts.Add(attempt);
            Settle(attempt, date);
        }
    }

    private (DateOnly From, DateOnly? Until)? WindowOf(Goal goal, DateOnly date)
    {
        if (goal.Kind == "checkpoint")
        {
            return (member.From, member.Until);
        }

        if (goal.Kind == "fixed")
        {
            return goal.Start <= date && date < goal.End ? (goal.Start, goal.End) : null;
        }

        var from = member.Achieved;
        while (from.AddDays(goal.Days) <= date)
        {
            from = from.AddDays(goal.Days);
        }

        return (from, from.AddDays(goal.Days));
    }

    private void Settle(Attempt attempt, DateOnly date)
    {
        if (attempt.Status != "active")
        {
            return;
        }

        if (Sum(attempt.Metric, attempt.From, attempt.Until, date) >= attempt.Target)
        {
            attempt.Status = "completed";
            var on = attempt.From;
            while (Sum(attempt.Metric, attempt.From, attempt.Until, on) < attempt.Target)
            {
                on = on.AddDays(1);
            }

            attempt.CompletedOn = on;
        }
        else if (attempt.Until <= date)
        {
            attempt.Status = "expired";
        }
    }
}
