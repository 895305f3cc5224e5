namespace Loyalty.Host.Queue;

/// <summary>What <c>loyalty deliver</c> was asked to do.</summary>
internal sealed record DeliverOptions
{
    public required string Connectors { get; init; }

    public required StoreChoice Store { get; init; }

    public string? Tenant { get; init; }

    public string? Templates { get; init; }

    public string? Contacts { get; init; }

    public string? Preferences { get; init; }

    public int Workers { get; init; } = 4;

    public DateTimeOffset? Now { get; init; }

    public TimeSpan? For { get; init; }

    public bool Watch { get; init; }

    public string? Out { get; init; }

    public bool SafeCsv { get; init; }

    public bool Json { get; init; }
}
