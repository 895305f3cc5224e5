using System.Text;

namespace Loyalty.Creators;

/// <summary>What is searched of a creator, and how: the same rule for every store.</summary>
/// <remarks>
/// Searched are the handle, the name as "First Last" and the e-mail address, in lower case without culture. A term of at least three bytes of UTF-8 is found anywhere in one of
/// them, a shorter one at the beginning of one.
/// </remarks>
public static class CreatorSearch
{
    /// <summary>The length of a gram in bytes of UTF-8; also the shortest term that is found anywhere.</summary>
    public const int GramLength = 3;

    /// <summary>What stands before each of the texts that are searched.</summary>
    public const char Start = '\n';

    /// <summary>The texts of a creator that are searched: each after a line feed.</summary>
    public static string TextOf(Creator creator)
    {
        ArgumentNullException.ThrowIfNull(creator);
        var name = creator.FirstName.Length > 0 && creator.LastName.Length > 0 ? $"{creator.FirstName} {creator.LastName}" : creator.FirstName + creator.LastName;
        return Line(creator.Handle) + Line(name) + Line(creator.Email);
    }

    /// <summary>A term as it is looked for: trimmed, without leading <c>@</c>, in lower case; <see langword="null"/> when nothing is left.</summary>
    public static string? Normalize(string? term)
    {
        var text = term?.Trim().TrimStart('@').ToLowerInvariant().Replace(Start, ' ');
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>Whether a normalised term is found anywhere, or at beginnings only.</summary>
    public static bool IsAnywhere(string term) => Encoding.UTF8.GetByteCount(term) >= GramLength;

    /// <summary>Whether a creator has a normalised term.</summary>
    public static bool IsMatch(Creator creator, string term) =>
        TextOf(creator).Contains(IsAnywhere(term) ? term : Start + term, StringComparison.Ordinal);

    /// <summary>The distinct grams of a text, ascending: three bytes of UTF-8 each as a number below 2^24.</summary>
    /// <remarks>A creator that has a term has all grams of it; the grams of a short term are those that begin with it, so it is looked up another way.</remarks>
    public static int[] Grams(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var utf8 = Encoding.UTF8.GetBytes(text);
        if (utf8.Length < GramLength)
        {
            return [];
        }

        var grams = new int[utf8.Length - GramLength + 1];
        for (var i = 0; i < grams.Length; i++)
        {
            grams[i] = (utf8[i] << 16) | (utf8[i + 1] << 8) | utf8[i + 2];
        }

        Array.Sort(grams);
        var count = 0;
        for (var i = 0; i < grams.Length; i++)
        {
            if (i == 0 || grams[i] != grams[i - 1])
            {
                grams[count++] = grams[i];
            }
        }

        return grams[..count];
    }

    private static string Line(string text) => text.Length == 0 ? "" : Start + text.ToLowerInvariant().Replace(Start, ' ');
}
