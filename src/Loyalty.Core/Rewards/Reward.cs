using System.Globalization;

namespace Loyalty.Rewards;

/// <summary>What a reward is.</summary>
public enum RewardKind
{
    /// <summary>A thing.</summary>
    Merchandise,

    /// <summary>A seat at an event.</summary>
    Event,

    /// <summary>A tasting.</summary>
    Tasting,

    /// <summary>A wine for points.</summary>
    WinePointSale,

    /// <summary>A gift card.</summary>
    GiftCard,

    /// <summary>A discount.</summary>
    Discount,

    /// <summary>An experience.</summary>
    Experience,

    /// <summary>More points or a better commission for a time.</summary>
    Boost,
}

/// <summary>Over what a limit counts.</summary>
public enum RewardLimitKind
{
    /// <summary>No limit.</summary>
    None,

    /// <summary>One claim for each member, ever.</summary>
    Once,

    /// <summary>One claim for each time a member achieves a level or stage.</summary>
    OncePerAchievement,

    /// <summary>A number of claims in each 7 days, counted from the date the level was achieved.</summary>
    Week,

    /// <summary>A number of claims in each 30 days, counted from the date the level was achieved.</summary>
    Month,
}

/// <summary>How often one member may claim a reward. Claims that were cancelled, rejected or refunded do not count.</summary>
/// <remarks>A value; <see langword="default"/> is no limit.</remarks>
public readonly record struct RewardLimit
{
    private RewardLimit(RewardLimitKind kind, int count)
    {
        Kind = kind;
        Count = count;
    }

    /// <summary>No limit.</summary>
    public static RewardLimit None => default;

    /// <summary>One claim, ever.</summary>
    public static RewardLimit Once => new(RewardLimitKind.Once, 1);

    /// <summary>One claim per achievement.</summary>
    public static RewardLimit OncePerAchievement => new(RewardLimitKind.OncePerAchievement, 1);

    /// <summary>Over what it counts.</summary>
    public RewardLimitKind Kind { get; }

    /// <summary>The most claims; 0 without a limit.</summary>
    public int Count { get; }

    /// <summary>The days of its windows: 7, 30, or 0 for limits without windows.</summary>
    public int Days => Kind switch { RewardLimitKind.Week => 7, RewardLimitKind.Month => 30, _ => 0 };

    /// <summary>At most <paramref name="count"/> claims in each 7 days.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static RewardLimit PerWeek(int count) => new(RewardLimitKind.Week, Checked(count));

    /// <summary>At most <paramref name="count"/> claims in each 30 days.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static RewardLimit PerMonth(int count) => new(RewardLimitKind.Month, Checked(count));

    /// <summary>The limit in words.</summary>
    public override string ToString() => Kind switch
    {
        RewardLimitKind.None => "none",
        RewardLimitKind.Once => "once",
        RewardLimitKind.OncePerAchievement => "once-per-achievement",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Count} per {(Kind == RewardLimitKind.Week ? "week" : "month")}"),
    };

    private static int Checked(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return count;
    }
}

/// <summary>Something that members can have for points, or for completing a mission.</summary>
/// <remarks>Immutable. Two rewards are equal when they are the same object.</remarks>
public sealed class Reward
{
    /// <summary>Creates a reward.</summary>
    /// <param name="id">The id, unique in the program.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="points">What it costs, at least 0.</param>
    /// <exception cref="ArgumentException">The id is blank or <paramref name="points"/> is negative.</exception>
    public Reward(string id, RewardKind kind, long points)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentOutOfRangeException.ThrowIfNegative(points);
        Id = id;
        Kind = kind;
        Points = points;
    }

    /// <summary>The id.</summary>
    public string Id { get; }

    /// <summary>What it is.</summary>
    public RewardKind Kind { get; }

    /// <summary>What it costs in points.</summary>
    public long Points { get; }

    /// <summary>How many there are; <see langword="null"/> (the default) for no end of them.</summary>
    public int? Stock { get; init; }

    /// <summary>The first date on which it can be claimed; <see langword="null"/>: always before the end.</summary>
    public DateOnly? AvailableFrom { get; init; }

    /// <summary>The first date on which it can no longer be claimed; <see langword="null"/>: no end.</summary>
    public DateOnly? AvailableUntil { get; init; }

    /// <summary>The levels or stages that may claim it; <see langword="null"/> (the default): everybody, also without a level.</summary>
    public IReadOnlyCollection<string>? Levels { get; init; }

    /// <summary>How often one member may claim it.</summary>
    public RewardLimit Limit { get; init; }

    /// <summary>The mission whose completion grants it; <see langword="null"/>: it is claimed for points.</summary>
    public string? Mission { get; init; }

    /// <summary>Whether it can be claimed on a date: from the start on, before the end.</summary>
    public bool IsAvailableOn(DateOnly date) => !(date < AvailableFrom) && !(date >= AvailableUntil);

    /// <summary>Whether a member on a level or stage may claim it.</summary>
    /// <param name="level">The level, or <see langword="null"/> for none.</param>
    public bool IsFor(string? level) => Levels is null || (level is not null && Levels.Contains(level, StringComparer.Ordinal));

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
