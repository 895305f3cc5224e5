using System.Text.Json.Serialization;

namespace Loyalty.Orders;

/// <summary>One line of a customer's timeline.</summary>
/// <param name="Key">The order: its platform is the source.</param>
/// <param name="PlacedAt">When, local.</param>
/// <param name="Amount">The order's net.</param>
/// <param name="Standing">Whether it counts as an order.</param>
/// <param name="Status">The platform's words for its state.</param>
/// <param name="Item">The event or product.</param>
/// <param name="Purchaser">The name of the purchaser.</param>
public sealed record TimelineEntry(
    OrderKey Key, DateTime PlacedAt, decimal Amount, OrderStanding Standing, string Status, string Item, string Purchaser)
{
    /// <summary>Where the entry stands in the timeline.</summary>
    public TimelineCursor Cursor => new(PlacedAt, Key);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(TimelineEntry), PrintMembers);
}

/// <summary>A place in a timeline: newest first, then by platform, then by id (by code points, which is the order of UTF-8 bytes).</summary>
/// <remarks>
/// A page starts behind a place, whether or not an entry still stands there; so pages neither repeat nor miss an entry when orders are added
/// or removed between them. Equal by value.
/// </remarks>
public readonly record struct TimelineCursor : IComparable<TimelineCursor>
{
    /// <summary>Creates a place.</summary>
    /// <param name="placedAt">When the order was placed.</param>
    /// <param name="key">The order.</param>
    [JsonConstructor]
    public TimelineCursor(DateTime placedAt, OrderKey key)
    {
        PlacedAt = placedAt;
        Key = key;
    }

    /// <summary>When the order was placed.</summary>
    public DateTime PlacedAt { get; }

    /// <summary>The order.</summary>
    public OrderKey Key { get; }

    /// <summary>Whether a place comes earlier in a timeline.</summary>
    public static bool operator <(TimelineCursor left, TimelineCursor right) => left.CompareTo(right) < 0;

    /// <summary>Whether a place comes later in a timeline.</summary>
    public static bool operator >(TimelineCursor left, TimelineCursor right) => left.CompareTo(right) > 0;

    /// <summary>Whether a place comes earlier in a timeline, or is the same.</summary>
    public static bool operator <=(TimelineCursor left, TimelineCursor right) => left.CompareTo(right) <= 0;

    /// <summary>Whether a place comes later in a timeline, or is the same.</summary>
    public static bool operator >=(TimelineCursor left, TimelineCursor right) => left.CompareTo(right) >= 0;

    /// <summary>Below 0 when this place comes earlier in a timeline, that is, is newer.</summary>
    public int CompareTo(TimelineCursor other)
    {
        var order = other.PlacedAt.Ticks.CompareTo(PlacedAt.Ticks);
        order = order != 0 ? order : Key.Platform.CompareTo(other.Key.Platform);
        return order != 0 ? order : CompareIds(Key.Id, other.Key.Id);
    }

    // By code points, as every store orders texts: the two halves of a character beyond 16 bits stand after all others.
    private static int CompareIds(string left, string right)
    {
        var at = left.AsSpan().CommonPrefixLength(right);
        return at == Math.Min(left.Length, right.Length) ? left.Length.CompareTo(right.Length) : Rank(left[at]).CompareTo(Rank(right[at]));

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(TimelineCursor), PrintMembers);
}

/// <summary>A page of a timeline.</summary>
/// <param name="Entries">The entries, newest first.</param>
/// <param name="Next">Where the next page starts; <see langword="null"/> when this was the last.</param>
public sealed record TimelinePage(IReadOnlyList<TimelineEntry> Entries, TimelineCursor? Next);
