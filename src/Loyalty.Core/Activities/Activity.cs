namespace Loyalty.Activities;

/// <summary>One activity of a member: a creator's video with what it sold and how often it was seen.</summary>
/// <remarks>A view: the texts are spans that stay valid as long as what they point to. Texts are UTF-8.</remarks>
public readonly ref struct Activity
{
    /// <summary>The member's normalised handle, not empty.</summary>
    public required ReadOnlySpan<byte> Handle { get; init; }

    /// <summary>The key, unique in a tenant; see <see cref="ActivityKey"/>.</summary>
    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The date it was posted; it counts on this date.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>Sales in minor units of the program's currency; may be negative.</summary>
    public long Sales { get; init; }

    /// <summary>Units sold, at least 0.</summary>
    public int Units { get; init; }

    /// <summary>Views, at least 0.</summary>
    public long Views { get; init; }

    /// <summary>Likes, at least 0.</summary>
    public int Likes { get; init; }

    /// <summary>Comments, at least 0.</summary>
    public int Comments { get; init; }

    /// <summary>The click-through rate as the source wrote it.</summary>
    public ReadOnlySpan<byte> ClickThroughRate { get; init; }

    /// <summary>The title as the source wrote it.</summary>
    public ReadOnlySpan<byte> Title { get; init; }

    /// <summary>The URL as the source wrote it.</summary>
    public ReadOnlySpan<byte> Url { get; init; }

    /// <summary>What the activity adds to totals.</summary>
    public ActivityTotals Totals => new(Sales, Units, 1, Views, Likes, Comments);
}
