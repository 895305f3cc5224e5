namespace Loyalty.Creators;

/// <summary>What binds a creator to a brand: samples received, and what Euka tells of the creator's work for it.</summary>
/// <remarks>Unique by brand and creator. It is a link only when there is a sample; figures without one are kept and make none.</remarks>
public sealed record BrandLink
{
    /// <summary>The brand.</summary>
    public required string Brand { get; init; }

    /// <summary>The handle.</summary>
    public required string Handle { get; init; }

    /// <summary>Samples received, cancelled ones too.</summary>
    public int Samples { get; init; }

    /// <summary>Sales for the brand ever, as Euka tells them.</summary>
    public decimal? Gmv { get; init; }

    /// <summary>Videos for the brand ever, as Euka counts them.</summary>
    public long? Videos { get; init; }

    /// <summary>Livestreams for the brand ever, as Euka counts them.</summary>
    public long? Lives { get; init; }

    /// <summary>The names of products sampled, as Euka lists them in one text.</summary>
    public string ProductsSampled { get; init; } = "";

    /// <summary>Whether this is a link: there is a sample.</summary>
    public bool IsLink => Samples > 0;

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(BrandLink), PrintMembers);
}
