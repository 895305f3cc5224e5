using System.Text;

namespace Loyalty.Memory;

/// <summary>What every store can keep: whole Unicode text without U+0000, and of ids and names no more than fits an index.</summary>
internal static class StorableText
{
    /// <summary>The most bytes of an id or a name, as UTF-8.</summary>
    public const int LongestKey = 1_024;

    /// <summary>Whether a text can be an id or a name.</summary>
    public static bool IsKey(string text) =>
        IsStorable(text) && (text.Length <= LongestKey / 3 || (text.Length <= LongestKey && Encoding.UTF8.GetByteCount(text) <= LongestKey));

    /// <summary>Whether a text is whole and has no U+0000.</summary>
    public static bool IsStorable(ReadOnlySpan<char> text)
    {
        for (var rest = text; rest.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0; rest = rest[(at + 2)..])
        {
            if (at + 1 >= rest.Length || !char.IsSurrogatePair(rest[at], rest[at + 1]))
            {
                return false;
            }
        }

        return !text.Contains('\0');
    }
}
