namespace Loyalty.Creators;

/// <summary>A product of the shop, as product analytics tells it.</summary>
/// <remarks>Unique by product id.</remarks>
public sealed record CreatorProduct
{
    /// <summary>The product id: digits, as text.</summary>
    public required string ProductId { get; init; }

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The seller's own SKU, where the report has it.</summary>
    public string SellerSku { get; init; } = "";

    /// <summary>The SKU id of the shop, where the report has it.</summary>
    public string SkuId { get; init; } = "";

    /// <summary>Whether it is listed, as the shop words it.</summary>
    public string ListingStatus { get; init; } = "";

    /// <summary>Sales.</summary>
    public decimal? Gmv { get; init; }

    /// <summary>Sales through creators.</summary>
    public decimal? CreatorGmv { get; init; }

    /// <summary>Orders.</summary>
    public long? Orders { get; init; }

    /// <summary>Items sold.</summary>
    public long? Units { get; init; }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CreatorProduct), PrintMembers);
}
