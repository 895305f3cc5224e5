using System.Text;

namespace Loyalty.Storage.Runs;

/// <summary>What every store can keep: whole Unicode text without U+0000, and of ids and names no more than fits an index.</summary>
public static class StorableText
{
    /// <summary>The most bytes of an id or a name, as UTF-8.</summary>
    public const int LongestKey = 1_024;

    /// <summary>Whether a text can be an id or a name.</summary>
    public static bool IsKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsStorable(text) && (text.Length <= LongestKey / 3 || (text.Length <= LongestKey && Encoding.UTF8.GetByteCount(text) <= LongestKey));
    }

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

    /// <summary>Refuses a text that cannot be kept.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is, such as <c>The item of an order</c>.</param>
    /// <exception cref="ArgumentException">The text has U+0000 or half a character.</exception>
    public static void Check(string text, string what)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsStorable(text))
        {
            throw new ArgumentException($"{what} has a NUL character (U+0000) or half a character, which no store can keep; reject the row.", nameof(text));
        }
    }

    /// <summary>Refuses a text that cannot be an id or a name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is, such as <c>The id of an order</c>.</param>
    /// <exception cref="ArgumentException">The text has U+0000 or half a character, or is too long.</exception>
    public static void CheckKey(string text, string what)
    {
        Check(text, what);
        if (!IsKey(text))
        {
            throw new ArgumentException($"{what} has more than {LongestKey} bytes, which is too long for a key; reject the row.", nameof(text));
        }
    }
}
