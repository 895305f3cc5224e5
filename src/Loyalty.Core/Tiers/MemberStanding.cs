using System.Text.Json.Serialization;
using Loyalty.Checkpoints;

namespace Loyalty.Tiers;

/// <summary>Where a member stands in the ladder: the level, since when, the window that is measured, and how far the member was reviewed.</summary>
/// <remarks>A value. <see langword="default"/> is nobody's standing.</remarks>
public readonly struct MemberStanding : IEquatable<MemberStanding>
{
    /// <summary>Creates a standing from what a store kept.</summary>
    /// <param name="joined">The date the member joined.</param>
    /// <param name="level">The rank of the level, 0 being the entry level.</param>
    /// <param name="achievedOn">The date the level was achieved, not before joining.</param>
    /// <param name="window">The window that is measured.</param>
    /// <param name="inGrace">Whether a demotion is put off until the end of the window.</param>
    /// <param name="reviewedThrough">The last date that was reviewed, at the earliest the day before joining; <see langword="null"/>: that day.</param>
    /// <exception cref="ArgumentException">The values are no standing; the message says which does not fit.</exception>
    [JsonConstructor]
    public MemberStanding(DateOnly joined, int level, DateOnly achievedOn, Window window, bool inGrace, DateOnly? reviewedThrough)
        : this(joined.DayNumber, level, achievedOn.DayNumber, window, inGrace, reviewedThrough?.DayNumber ?? joined.DayNumber - 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        if (achievedOn < joined || window.EndDay == 0 || reviewedThrough?.DayNumber < joined.DayNumber - 1 || (inGrace && !window.HasEnd))
        {
            throw new ArgumentException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"A member who joined on {joined:O} cannot have achieved a level on {achievedOn:O}, be measured over {window}{(inGrace ? " in grace" : string.Empty)} and be reviewed through {reviewedThrough:O}."),
                nameof(joined));
        }
    }

    internal MemberStanding(int joinedDay, int level, int achievedDay, Window window, bool inGrace, int reviewedThroughDay)
    {
        JoinedDay = joinedDay;
        Level = level;
        AchievedDay = achievedDay;
        Window = window;
        InGrace = inGrace;
        ReviewedThroughDay = reviewedThroughDay;
    }

    /// <summary>The date the member joined; it never changes.</summary>
    public DateOnly Joined => DateOnly.FromDayNumber(JoinedDay);

    /// <summary>The rank of the level in the ladder, 0 being the entry level.</summary>
    public int Level { get; }

    /// <summary>The date the present level was achieved.</summary>
    public DateOnly AchievedOn => DateOnly.FromDayNumber(AchievedDay);

    /// <summary>The window that is measured now; in grace it reaches to the end of the grace.</summary>
    public Window Window { get; }

    /// <summary>Whether a demotion is put off until the end of the window.</summary>
    public bool InGrace { get; }

    /// <summary>The last date that was reviewed; the day before joining for a member who was not reviewed yet.</summary>
    public DateOnly? ReviewedThrough => ReviewedThroughDay < 0 ? null : DateOnly.FromDayNumber(ReviewedThroughDay);

    internal int JoinedDay { get; }

    internal int AchievedDay { get; }

    internal int ReviewedThroughDay { get; }

    /// <summary>Whether all parts are equal.</summary>
    public static bool operator ==(in MemberStanding left, in MemberStanding right) => left.Equals(right);

    /// <summary>Whether a part differs.</summary>
    public static bool operator !=(in MemberStanding left, in MemberStanding right) => !left.Equals(right);

    /// <summary>The standing of a member who joins: entry level, achieved and window start on the joined date, nothing reviewed.</summary>
    public static MemberStanding New(DateOnly joined) => New(joined.DayNumber);

    /// <inheritdoc/>
    public bool Equals(MemberStanding other) =>
        JoinedDay == other.JoinedDay && Level == other.Level && AchievedDay == other.AchievedDay && Window == other.Window
        && InGrace == other.InGrace && ReviewedThroughDay == other.ReviewedThroughDay;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MemberStanding other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(JoinedDay, Level, AchievedDay, Window, InGrace, ReviewedThroughDay);

    /// <summary>The standing on one line, for debugging.</summary>
    public override string ToString() =>
        $"level {Level} since {AchievedOn:O}, window {Window}{(InGrace ? " in grace" : string.Empty)}";

    internal static MemberStanding New(int joinedDay) =>
        new(joinedDay, 0, joinedDay, new Window(joinedDay, Window.NoEnd), inGrace: false, joinedDay - 1);

    internal MemberStanding On(int level, int achievedDay, Window window, bool inGrace) =>
        new(JoinedDay, level, achievedDay, window, inGrace, ReviewedThroughDay);

    /// <summary>The same standing, reviewed through another date.</summary>
    /// <param name="through">The date; <see langword="null"/>: the day before joining.</param>
    public MemberStanding Reviewed(DateOnly? through) => Reviewed(through?.DayNumber ?? JoinedDay - 1);

    internal MemberStanding Reviewed(int throughDay) =>
        new(JoinedDay, Level, AchievedDay, Window, InGrace, throughDay);

    internal MemberStanding Ranked(int level) =>
        new(JoinedDay, level, AchievedDay, Window, InGrace, ReviewedThroughDay);
}
