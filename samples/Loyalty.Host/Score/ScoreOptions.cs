using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>A file of orders, and the platform it is declared to come from.</summary>
internal sealed record OrderInput(string Path, OrderPlatform? Platform)
{
    /// <summary>Reads <c>[FORMAT=]FILE</c>; a file whose name looks like that is found too.</summary>
    /// <returns><see langword="null"/> when the word before the sign is no format and there is no such file.</returns>
    public static OrderInput? Parse(string text, OrderPlatform? platform)
    {
        var sign = text.IndexOf('=', StringComparison.Ordinal);
        if (sign > 0 && OrderPlatformName.TryParse(text.AsSpan(0, sign), out var named))
        {
            return new OrderInput(text[(sign + 1)..], named);
        }

        if (sign > 0 && text.AsSpan(0, sign).SequenceEqual("auto"))
        {
            return new OrderInput(text[(sign + 1)..], null);
        }

        var isWord = sign > 0 && text.AsSpan(0, sign).IndexOfAny('/', '\\', '.') < 0;
        return isWord && !File.Exists(text) ? null : new OrderInput(text, platform);
    }
}

/// <summary>Which segments a run uses instead of those of the program.</summary>
internal enum SegmentChoice
{
    /// <summary>Bands of the lead score: Hot, Warm, Cool, Cold.</summary>
    Lead,

    /// <summary>Ten segments over recency and frequency.</summary>
    Grid,

    /// <summary>The boxes of the R package.</summary>
    R,
}

/// <summary>What `loyalty score` was asked to do.</summary>
internal sealed record ScoreOptions
{
    public IReadOnlyList<OrderInput> Orders { get; init; } = [];

    public string? Customers { get; init; }

    public string? Program { get; init; }

    public ScoringModel? Model { get; init; }

    public CutRule? Cuts { get; init; }

    public SegmentChoice? Segments { get; init; }

    public Ingest.Values.DateOrder? Dates { get; init; }

    public required DateOnly AsOf { get; init; }

    public required StoreChoice Store { get; init; }

    public required string Out { get; init; }

    public string? Report { get; init; }

    public string? Marketing { get; init; }

    public string? Encoding { get; init; }

    public bool Strict { get; init; }

    public bool SafeCsv { get; init; }

    public bool Json { get; init; }
}
