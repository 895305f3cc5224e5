using System.Text.Json.Serialization;

namespace Loyalty.Activities;

/// <summary>
/// Sums over a set of activities: sales in the minor units of the program's currency, and counts.
/// </summary>
/// <remarks>
/// A value: two totals are equal when all six sums are. <see langword="default"/> is the sum over no activity.
/// Every addition is checked: a sum that leaves the range of <see cref="long"/> throws <see cref="OverflowException"/>,
/// it never wraps.
/// </remarks>
public readonly struct ActivityTotals : IEquatable<ActivityTotals>
{
    /// <summary>Creates totals from their sums.</summary>
    [JsonConstructor]
    public ActivityTotals(long sales, long units, long videos, long views, long likes, long comments)
    {
        Sales = sales;
        Units = units;
        Videos = videos;
        Views = views;
        Likes = likes;
        Comments = comments;
    }

    /// <summary>Sales in minor units of the currency (cents for USD); may be negative.</summary>
    public long Sales { get; }

    /// <summary>Units sold.</summary>
    public long Units { get; }

    /// <summary>The number of activities.</summary>
    public long Videos { get; }

    /// <summary>Views.</summary>
    public long Views { get; }

    /// <summary>Likes.</summary>
    public long Likes { get; }

    /// <summary>Comments.</summary>
    public long Comments { get; }

    /// <summary>The sum over both sets.</summary>
    /// <exception cref="OverflowException">A sum leaves the range of <see cref="long"/>.</exception>
    public static ActivityTotals operator +(in ActivityTotals left, in ActivityTotals right) => checked(new(
        left.Sales + right.Sales,
        left.Units + right.Units,
        left.Videos + right.Videos,
        left.Views + right.Views,
        left.Likes + right.Likes,
        left.Comments + right.Comments));

    /// <summary>The sum over <paramref name="left"/> without the activities of <paramref name="right"/>.</summary>
    /// <exception cref="OverflowException">A difference leaves the range of <see cref="long"/>.</exception>
    public static ActivityTotals operator -(in ActivityTotals left, in ActivityTotals right) => checked(new(
        left.Sales - right.Sales,
        left.Units - right.Units,
        left.Videos - right.Videos,
        left.Views - right.Views,
        left.Likes - right.Likes,
        left.Comments - right.Comments));

    /// <inheritdoc cref="operator +(in ActivityTotals, in ActivityTotals)"/>
    public static ActivityTotals Add(in ActivityTotals left, in ActivityTotals right) => left + right;

    /// <inheritdoc cref="operator -(in ActivityTotals, in ActivityTotals)"/>
    public static ActivityTotals Subtract(in ActivityTotals left, in ActivityTotals right) => left - right;

    /// <summary>Whether all six sums are equal.</summary>
    public static bool operator ==(in ActivityTotals left, in ActivityTotals right) => left.Equals(right);

    /// <summary>Whether any of the six sums differs.</summary>
    public static bool operator !=(in ActivityTotals left, in ActivityTotals right) => !left.Equals(right);

    /// <summary>The sum that <paramref name="metric"/> names: minor units for sales, a count for the others.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="metric"/> is not a defined metric.</exception>
    public long Of(Metric metric) => metric switch
    {
        Metric.Sales => Sales,
        Metric.Units => Units,
        Metric.Videos => Videos,
        Metric.Views => Views,
        Metric.Likes => Likes,
        Metric.Comments => Comments,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "not a metric"),
    };

    /// <inheritdoc/>
    public bool Equals(ActivityTotals other) =>
        Sales == other.Sales && Units == other.Units && Videos == other.Videos
        && Views == other.Views && Likes == other.Likes && Comments == other.Comments;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ActivityTotals other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Sales, Units, Videos, Views, Likes, Comments);

    /// <summary>The sums by name, for debugging.</summary>
    public override string ToString() =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"sales {Sales}, units {Units}, videos {Videos}, views {Views}, likes {Likes}, comments {Comments}");
}
