using System.Runtime.InteropServices;

namespace Loyalty.Activities;

/// <summary>What a member's activities add up to: over all time, and over the member's current window.</summary>
/// <remarks>
/// A value of 96 bytes: twelve sums in the order of <see cref="ActivityTotals"/>, lifetime first.
/// <see langword="default"/> is the totals of a member without activity.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct AggregatedTotals : IEquatable<AggregatedTotals>
{
    /// <summary>Creates the totals of a member.</summary>
    public AggregatedTotals(in ActivityTotals lifetime, in ActivityTotals window)
    {
        Lifetime = lifetime;
        Window = window;
    }

    /// <summary>The sums over every activity dated up to the day the totals were made for.</summary>
    public ActivityTotals Lifetime { get; }

    /// <summary>The sums over those of them that are dated inside the member's window.</summary>
    public ActivityTotals Window { get; }

    /// <summary>Whether all twelve sums are equal.</summary>
    public static bool operator ==(in AggregatedTotals left, in AggregatedTotals right) => left.Equals(right);

    /// <summary>Whether any of the twelve sums differs.</summary>
    public static bool operator !=(in AggregatedTotals left, in AggregatedTotals right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(AggregatedTotals other) => Lifetime == other.Lifetime && Window == other.Window;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AggregatedTotals other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Lifetime, Window);

    /// <summary>The sums by name, for debugging.</summary>
    public override string ToString() => $"lifetime: {Lifetime}; window: {Window}";
}
