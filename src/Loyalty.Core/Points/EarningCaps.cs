namespace Loyalty.Points;

/// <summary>Bounds on earning. What is above a bound is not earned; a refund gives no room back.</summary>
/// <remarks>Where several are passed the lowest counts; the bonus is cut before the points.</remarks>
public sealed record EarningCaps
{
    /// <summary>No bounds.</summary>
    public static EarningCaps None { get; } = new();

    /// <summary>The most points one order earns, bonus included, at least 0; <see langword="null"/>: no bound.</summary>
    public long? PerOrder { get; init; }

    /// <summary>The most points a member earns in one period, by the dates of the orders, at least 0; <see langword="null"/>: no bound.</summary>
    public long? PerPeriod { get; init; }

    /// <summary>The period of <see cref="PerPeriod"/>. Default month.</summary>
    public CalendarPeriod Period { get; init; }

    /// <summary>The most points the program issues to all members together, ever, at least 0; <see langword="null"/>: no bound.</summary>
    public long? Budget { get; init; }
}

/// <summary>What to do with a refund that, with those before it, is above the amount of an order that earned.</summary>
public enum RefundExcess
{
    /// <summary>The part above counts for nothing (the default).</summary>
    Ignore,

    /// <summary>The refund is refused.</summary>
    Refuse,
}
