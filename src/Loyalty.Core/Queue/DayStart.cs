namespace Loyalty.Queue;

/// <summary>When a day begins.</summary>
public static class DayStart
{
    /// <summary>The instant at which a date begins in a zone: 00:00, or the first instant after a change of the clocks that leaves midnight out.</summary>
    /// <param name="date">The date.</param>
    /// <param name="zone">The zone.</param>
    public static DateTimeOffset Of(DateOnly date, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
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
        var ticks = local.Ticks - offset.Ticks;
        return new DateTimeOffset(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }
}
