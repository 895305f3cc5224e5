namespace Loyalty.Host.Sync;

/// <summary>What `loyalty sync` was asked to do.</summary>
internal sealed record SyncOptions
{
    public required string Program { get; init; }

    public required string Videos { get; init; }

    public string? Adjustments { get; init; }

    public DateOnly? AsOf { get; init; }

    public required StoreChoice Store { get; init; }

    public required string Out { get; init; }

    public string? Report { get; init; }

    public string? Encoding { get; init; }

    public bool Strict { get; init; }

    public bool SafeCsv { get; init; }

    public bool Json { get; init; }
}
