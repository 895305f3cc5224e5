namespace Loyalty.Queue;

/// <summary>When a day begins.</summary>
public static class DayStart
{
    /// <summary>What was asked last: a run asks for the same day again and again, and a zone answers slowly.</summary>
    [ThreadStatic]
    private static (TimeZoneInfo? Zone, DateOnly Date, DateTimeOffset Begins) t_last;

    /// <summary>The instant at which a date begins in a zone: 00:00, or the first instant after a change of the clocks that leaves midnight out.</summary>
    /// <param name="date">The date.</param>
    /// <param name="zone">The zone.</param>
    public static DateTimeOffset Of(DateOnly date, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        if (t_last.Date != date || !ReferenceEquals(t_last.Zone, zone))
        {
            t_last = (zone, date, Find(date, zone));
        }

        return t_last.Begins;
    }

    private static DateTimeOffset Find(DateOnly date, TimeZoneInfo zone)
    {
        var local = date.ToDateTime(default);
        if (zone.IsInvalidTime(local))
        {
            // The clocks go forward over midnight: the day begins where the gap ends.
            var step = local;
            while (zone.IsInvalidTime(step))
            {
                step = step.AddMinutes(1);
            }

            local = step;
        }

        // Of a midnight that comes twice the first one begins the day.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        var begins = Utc(local.Ticks - offset.Ticks);

        // What a zone says of a local time does not always fit what it says of an instant, which counts; and a date may be left out as a whole.
        return IsStart(begins, date, zone) ? begins : FirstOf(date, zone, begins);
    }

    private static DateTimeOffset Utc(long ticks) => new(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), TimeSpan.Zero);

    private static DateOnly DateAt(DateTimeOffset instant, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);

    private static bool IsStart(DateTimeOffset instant, DateOnly date, TimeZoneInfo zone) =>
        DateAt(instant, zone) == date && (instant.Ticks == 0 || DateAt(instant.AddTicks(-1), zone) < date);

    /// <summary>The first whole minute, near to an instant, whose date is not before the given one.</summary>
    private static DateTimeOffset FirstOf(DateOnly date, TimeZoneInfo zone, DateTimeOffset near)
    {
        var last = Utc(near.Ticks + (2 * TimeSpan.TicksPerDay));
        var at = Utc(near.Ticks - (2 * TimeSpan.TicksPerDay));
        at = at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMinute));
        while (at < last && DateAt(at, zone) < date)
        {
            at = Utc(at.Ticks + TimeSpan.TicksPerMinute);
        }

        return at < last ? at : near;
    }
}
