using System.Globalization;

namespace Loyalty.Activities;

/// <summary>A sum of a member's activities does not fit 64 bits. Nothing wraps: the totals were not made.</summary>
/// <remarks>
/// Thrown when, and only when, the exact sum is out of range, whatever the order of the activities and the number of threads;
/// sums that leave the range on the way and come back are right. When several members overflow, the lowest index is named, and of
/// its sums the first in the order lifetime, window and then sales, units, videos, views, likes, comments.
/// </remarks>
public sealed class AggregationOverflowException : OverflowException
{
    internal AggregationOverflowException(int member, bool inWindow, string metric, Int128 sum)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"The {(inWindow ? "window" : "lifetime")} {metric} of member {member} add up to {sum}, outside the range of a 64-bit integer ({long.MinValue} to {long.MaxValue}). Look for a wrong amount among the member's activities."))
    {
        Member = member;
        InWindow = inWindow;
        Metric = metric;
        Sum = sum;
    }

    /// <summary>The index of the member.</summary>
    public int Member { get; }

    /// <summary>Whether the sum over a window is meant; otherwise the lifetime sum.</summary>
    public bool InWindow { get; }

    /// <summary>The metric: sales, units, videos, views, likes or comments.</summary>
    public string Metric { get; }

    /// <summary>The exact sum.</summary>
    public Int128 Sum { get; }
}
