namespace Loyalty.Creators;

/// <summary>A creator's performance on one date, as a source tells it.</summary>
/// <remarks>Unique by creator, date and source. Figures that are not said are <see langword="null"/>.</remarks>
public sealed record CreatorSnapshot
{
    /// <summary>The handle.</summary>
    public required string Handle { get; init; }

    /// <summary>The date that the figures are of.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The source.</summary>
    public required CreatorSource Source { get; init; }

    /// <summary>Followers.</summary>
    public long? Followers { get; init; }

    /// <summary>Sales.</summary>
    public decimal? Gmv { get; init; }

    /// <summary>Earned media value.</summary>
    public decimal? Emv { get; init; }

    /// <summary>Posts ever made.</summary>
    public long? Posts { get; init; }

    /// <summary>Likes.</summary>
    public long? Likes { get; init; }

    /// <summary>Comments.</summary>
    public long? Comments { get; init; }

    /// <summary>Shares.</summary>
    public long? Shares { get; init; }

    /// <summary>Engagements, a count.</summary>
    public long? Engagement { get; init; }

    /// <summary>Impressions.</summary>
    public long? Impressions { get; init; }

    /// <summary>The platform, as given.</summary>
    public string Platform { get; init; } = "";

    /// <summary>The link to the profile, as given.</summary>
    public string Profile { get; init; } = "";

    /// <summary>The last post, as given.</summary>
    public string LastPost { get; init; } = "";

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CreatorSnapshot), PrintMembers);
}
