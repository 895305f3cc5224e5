namespace Loyalty.Creators;

/// <summary>One line of an order of free samples: what a creator received.</summary>
/// <remarks>Unique by order id and SKU id. Times are local as printed by the shop.</remarks>
public sealed record CreatorSample
{
    /// <summary>The order id: digits, as text.</summary>
    public required string OrderId { get; init; }

    /// <summary>The SKU id, as text; may be empty.</summary>
    public required string SkuId { get; init; }

    /// <summary>The handle of the buyer.</summary>
    public required string Handle { get; init; }

    /// <summary>The brand that gave it.</summary>
    public required string Brand { get; init; }

    /// <summary>The shop's product in the catalogue, found by SKU, product id or name; empty when none fits.</summary>
    public string ProductId { get; init; } = "";

    /// <summary>The seller's own SKU; may be empty.</summary>
    public string SellerSku { get; init; } = "";

    /// <summary>The name of the product when it was ordered.</summary>
    public string ProductName { get; init; } = "";

    /// <summary>The variation, such as a size.</summary>
    public string Variation { get; init; } = "";

    /// <summary>How many; <see langword="null"/> when not said.</summary>
    public int? Quantity { get; init; }

    /// <summary>The status as the shop words it; cancelled orders stay.</summary>
    public string Status { get; init; } = "";

    /// <summary>When it was ordered.</summary>
    public DateTime? OrderedAt { get; init; }

    /// <summary>When it was shipped.</summary>
    public DateTime? ShippedAt { get; init; }

    /// <summary>When it arrived.</summary>
    public DateTime? DeliveredAt { get; init; }

    /// <summary>When it was cancelled.</summary>
    public DateTime? CancelledAt { get; init; }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CreatorSample), PrintMembers);
}
