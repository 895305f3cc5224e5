namespace Loyalty.Host.Points;

/// <summary>What <c>loyalty points</c> was asked to do.</summary>
internal sealed record PointsOptions
{
    public required string Program { get; init; }

    public required string Orders { get; init; }

    public string? Redemptions { get; init; }

    public string? Refunds { get; init; }

    public string? Preferences { get; init; }

    public string? Contacts { get; init; }

    /// <summary>Whether what the run causes is left out of the queue.</summary>
    public bool NoQueue { get; init; }

    /// <summary>Messages due after this date are listed; <see langword="null"/>: those due on the as-of date.</summary>
    public DateOnly? MessagesSince { get; init; }

    public required DateOnly AsOf { get; init; }

    public required StoreChoice Store { get; init; }

    public required string Out { get; init; }

    public string? Encoding { get; init; }

    public bool Strict { get; init; }

    public bool SafeCsv { get; init; }

    public bool Json { get; init; }
}
