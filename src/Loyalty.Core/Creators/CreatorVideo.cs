namespace Loyalty.Creators;

/// <summary>A video of a creator, as the newest report tells it.</summary>
/// <remarks>Unique by key. Of several rows in one report the one with the largest GMV counts; the products of all rows are kept. Equality is by content.</remarks>
public sealed record CreatorVideo
{
    private IReadOnlyList<string> _products = [];

    /// <summary>The key: the number of the video, or its URL in canonical form.</summary>
    public required string Key { get; init; }

    /// <summary>The handle of the creator.</summary>
    public required string Handle { get; init; }

    /// <summary>The day on which it was posted.</summary>
    public required DateOnly PostedOn { get; init; }

    /// <summary>The link as given.</summary>
    public string Url { get; init; } = "";

    /// <summary>The title.</summary>
    public string Title { get; init; } = "";

    /// <summary>Sales.</summary>
    public decimal Gmv { get; init; }

    /// <summary>Items sold.</summary>
    public long Units { get; init; }

    /// <summary>Orders.</summary>
    public long Orders { get; init; }

    /// <summary>Impressions.</summary>
    public long Impressions { get; init; }

    /// <summary>Likes.</summary>
    public long Likes { get; init; }

    /// <summary>Comments.</summary>
    public long Comments { get; init; }

    /// <summary>Click-through rate in percent; <see langword="null"/> when not said.</summary>
    public decimal? ClickThroughPercent { get; init; }

    /// <summary>Estimated commission; <see langword="null"/> when not said.</summary>
    public decimal? Commission { get; init; }

    /// <summary>The products it shows: ids of the shop where they are known, else names; ordinal order.</summary>
    public IReadOnlyList<string> Products
    {
        get => _products;
        init => _products = value;
    }

    /// <summary>Puts in the products that were found, before anybody else has seen the video.</summary>
    internal void Show(IReadOnlyList<string> products) => _products = products;

    /// <inheritdoc/>
    public bool Equals(CreatorVideo? other) =>
        other is not null && string.Equals(Key, other.Key, StringComparison.Ordinal) && string.Equals(Handle, other.Handle, StringComparison.Ordinal) && PostedOn == other.PostedOn && string.Equals(Url, other.Url, StringComparison.Ordinal) && string.Equals(Title, other.Title, StringComparison.Ordinal)
        && Gmv == other.Gmv && Units == other.Units && Orders == other.Orders && Impressions == other.Impressions && Likes == other.Likes
        && Comments == other.Comments && ClickThroughPercent == other.ClickThroughPercent && Commission == other.Commission
        && Products.SequenceEqual(other.Products, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Handle, Gmv);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CreatorVideo), PrintMembers);
}
