namespace Loyalty.Memory;

/// <summary>
/// The ordinal order of texts in results: by Unicode code points, which is that of the bytes of UTF-8 and of PostgreSQL's collation "C".
/// </summary>
/// <remarks>
/// <see cref="StringComparer.Ordinal"/> compares UTF-16, where code points from U+10000 on come before U+E000 to U+FFFF; all stores must list
/// their members in one order. A lone surrogate stands after every whole code point below U+10000. Thread-safe.
/// </remarks>
public sealed class CodePointOrder : IComparer<string>
{
    private CodePointOrder()
    {
    }

    /// <summary>The one comparer.</summary>
    public static CodePointOrder Instance { get; } = new();

    /// <summary>Compares two texts; <see langword="null"/> comes first.</summary>
    /// <param name="x">The first text.</param>
    /// <param name="y">The second text.</param>
    /// <returns>Below 0, 0 or above 0, as the first text comes before, with or after the second.</returns>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return string.CompareOrdinal(x, y);
        }

        var same = x.AsSpan().CommonPrefixLength(y);
        return same == x.Length || same == y.Length ? x.Length.CompareTo(y.Length) : Rank(x[same]).CompareTo(Rank(y[same]));
    }

    /// <summary>Halves of code points from U+10000 on come after everything else.</summary>
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + char.MaxValue : unit;
}
