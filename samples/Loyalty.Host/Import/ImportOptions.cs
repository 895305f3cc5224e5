using Loyalty.Creators;
using Loyalty.Identity;

namespace Loyalty.Host.Import;

/// <summary>A file to import and what it is.</summary>
internal sealed record ImportSource(CreatorSource Kind, string Path)
{
    /// <summary>Reads <c>KIND=FILE</c>; <see langword="null"/> when it is not that.</summary>
    public static ImportSource? Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1 && CreatorSourceName.TryParse(text[..at], out var kind) ? new ImportSource(kind, System.IO.Path.GetFullPath(text[(at + 1)..])) : null;
    }
}

/// <summary>What <c>loyalty import</c> was asked to do.</summary>
internal sealed class ImportOptions
{
    public required IReadOnlyList<ImportSource> Sources { get; init; }

    public string? Program { get; init; }

    public string? Brand { get; init; }

    public required PhoneRegion Region { get; init; }

    /// <summary>Whether decimals stand after a comma; <see langword="null"/> for the custom of the region.</summary>
    public bool? DecimalComma { get; init; }

    public DateOnly? AsOf { get; init; }

    public required StoreChoice Store { get; init; }

    public required string Out { get; init; }

    public string? Encoding { get; init; }

    public bool Strict { get; init; }

    public bool SafeCsv { get; init; }

    public bool Json { get; init; }
}
