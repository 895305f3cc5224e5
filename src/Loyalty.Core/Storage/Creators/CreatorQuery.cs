using Loyalty.Money;
using Loyalty.Creators;

namespace Loyalty.Storage.Creators;

/// <summary>Which creators to list. All conditions hold together.</summary>
public sealed record CreatorQuery
{
    /// <summary>The most creators on one page.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>
    /// Part of a handle, of the name ("First Last") or of the e-mail address, in any case; a leading <c>@</c> is dropped. A text of fewer than three characters is
    /// looked for at their beginnings only.
    /// </summary>
    public string? Search { get; init; }

    /// <summary>Only creators with a link to this brand.</summary>
    public string? Brand { get; init; }

    /// <summary>Only creators with this badge, by its name in any case.</summary>
    public string? Badge { get; init; }

    /// <summary>Only creators with this tag.</summary>
    public string? Tag { get; init; }

    /// <summary>Only creators after this handle: the last one of the page before.</summary>
    public string? After { get; init; }

    /// <summary>How many creators at most, 1 to <see cref="MaxLimit"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its bounds.</exception>
    public int Limit
    {
        get;
        init => field = value is >= 1 and <= MaxLimit
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A page has 1 to 1,000 creators.");
    } = 50;
}

/// <summary>A creator in a list.</summary>
/// <param name="Creator">The creator.</param>
/// <param name="Badge">The badge.</param>
public sealed record ListedCreator(Creator Creator, string Badge);

/// <summary>One page of creators.</summary>
/// <param name="Creators">The creators, in ordinal order of their handles.</param>
/// <param name="Next">What to ask after for the next page; <see langword="null"/> on the last one.</param>
public sealed record CreatorPage(IReadOnlyList<ListedCreator> Creators, string? Next);

/// <summary>One creator with everything that is known.</summary>
public sealed record CreatorDetail
{
    /// <summary>The creator.</summary>
    public required Creator Creator { get; init; }

    /// <summary>The badge.</summary>
    public required string Badge { get; init; }

    /// <summary>Where each field comes from.</summary>
    public required IReadOnlyList<FieldOrigin> Origins { get; init; }

    /// <summary>What else the sources say.</summary>
    public required IReadOnlyList<FieldConflict> Conflicts { get; init; }

    /// <summary>The masked phone numbers and what fits them.</summary>
    public required IReadOnlyList<PhoneLink> PhoneLinks { get; init; }

    /// <summary>The handles that the creator had before.</summary>
    public required IReadOnlyList<EarlierHandle> EarlierHandles { get; init; }

    /// <summary>The samples, newest first.</summary>
    public required IReadOnlyList<CreatorSample> Samples { get; init; }

    /// <summary>The videos, newest first.</summary>
    public required IReadOnlyList<CreatorVideo> Videos { get; init; }

    /// <summary>The snapshots, newest first.</summary>
    public required IReadOnlyList<CreatorSnapshot> Snapshots { get; init; }

    /// <summary>What binds the creator to brands, by brand.</summary>
    public required IReadOnlyList<BrandLink> Brands { get; init; }

    /// <summary>The badges by month.</summary>
    public required IReadOnlyList<BadgeMonth> Badges { get; init; }

    /// <summary>The newest entries of the log of communications.</summary>
    public required IReadOnlyList<Communication> Communications { get; init; }

    /// <summary>The files that the origins and conflicts speak of.</summary>
    public required IReadOnlyList<CreatorImport> Files { get; init; }
}

/// <summary>What a store of creators holds.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Currency">The code of the currency.</param>
/// <param name="Totals">How many of each kind.</param>
/// <param name="Order">The order of merging.</param>
/// <param name="Imports">The journal of imports.</param>
/// <param name="BadgesOn">The date that the badges are of; <see langword="null"/> while there is none.</param>
public sealed record CreatorStatus(
    string Tenant, string Currency, CreatorCounts Totals, IReadOnlyList<CreatorSource> Order, IReadOnlyList<CreatorImport> Imports, DateOnly? BadgesOn)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CreatorStatus), PrintMembers);
}
