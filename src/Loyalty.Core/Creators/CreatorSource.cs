using System.Diagnostics.CodeAnalysis;

namespace Loyalty.Creators;

/// <summary>What kind of export tells something of creators.</summary>
public enum CreatorSource
{
    /// <summary>Euka: contacts, an address in one cell, figures of one brand.</summary>
    Euka,

    /// <summary>Raw phone numbers with names.</summary>
    Phones,

    /// <summary>Refunnel: followers and performance on one date.</summary>
    Refunnel,

    /// <summary>Orders of free samples.</summary>
    Samples,

    /// <summary>The video report of TikTok Shop.</summary>
    Videos,

    /// <summary>The product analytics of TikTok Shop; tells nothing of creators.</summary>
    Products,
}

/// <summary>The names of the sources in commands, files and tables.</summary>
public static class CreatorSourceName
{
    private static readonly string[] Names = ["euka", "phones", "refunnel", "samples", "videos", "products"];

    /// <summary>All names, in the order of <see cref="CreatorSource"/>.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The name of a source, such as <c>euka</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the named ones.</exception>
    public static string Of(CreatorSource source) =>
        (uint)source < (uint)Names.Length ? Names[(int)source] : throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such source.");

    /// <summary>The source of a name, exactly as <see cref="Of"/> gives it.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out CreatorSource source)
    {
        var index = Array.IndexOf(Names, name);
        source = (CreatorSource)Math.Max(0, index);
        return index >= 0;
    }
}
