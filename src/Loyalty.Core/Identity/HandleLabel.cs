using System.Buffers;
using System.Text;

namespace Loyalty.Identity;

/// <summary>The words people write before a handle: <c>TikTok:</c>, <c>IG -</c>, <c>my insta handle: @</c>.</summary>
internal static class HandleLabel
{
    // What ends a label; 0xE2 begins the dashes.
    private static readonly SearchValues<byte> Ends = SearchValues.Create([.. ":=@|-"u8, 0xE2]);

    /// <summary>Takes one label off the front of <paramref name="text"/>.</summary>
    /// <param name="text">Trimmed text; without its label afterwards.</param>
    /// <param name="platform">The platform that the label names, if it names one.</param>
    /// <returns>Whether there was a label.</returns>
    public static bool Strip(ref ReadOnlySpan<byte> text, out HandlePlatform? platform)
    {
        platform = null;
        if (text.IsEmpty || !char.IsAsciiLetter((char)text[0]) || text.StartsWith("http"u8))
        {
            return false;
        }

        var end = text.IndexOfAny(Ends);
        if (end <= 0)
        {
            return false;
        }

        var words = text[..end];
        var spaced = HandleText.IsAsciiSpace(words[^1]);
        var rest = text[end..];
        if (rest[0] == 0xE2)
        {
            if (rest.Length < 3 || rest[1] != 0x80 || rest[2] is < 0x90 or > 0x95)
            {
                return false;
            }

            rest = HandleText.Trim(rest[3..]);
        }
        else if (rest[0] != (byte)'@')
        {
            var hyphen = rest[0] is (byte)'-' or (byte)'|';
            rest = HandleText.Trim(rest[1..]);
            // "tt - name" and "tt-@name" are labels, "tt-name" may be a name.
            if (hyphen && !spaced && (rest.IsEmpty || rest[0] != (byte)'@'))
            {
                return false;
            }
        }
        else if (!spaced)
        {
            return false;
        }

        if (!IsLabel(words, out platform))
        {
            platform = null;
            return false;
        }

        text = rest;
        return true;
    }

    private static bool IsLabel(ReadOnlySpan<byte> words, out HandlePlatform? platform)
    {
        platform = null;
        var count = 0;
        while (!words.IsEmpty)
        {
            var space = words.IndexOfAny((byte)' ', (byte)'\t', (byte)'(');
            var word = space < 0 ? words : words[..space];
            words = space < 0 ? default : words[(space + 1)..];
            if (word.IsEmpty)
            {
                continue;
            }

            if (++count > 4)
            {
                return false;
            }

            if (PlatformOf(word) is { } named)
            {
                platform = named;
            }
            else if (!IsKind(word))
            {
                return false;
            }
        }

        return count > 0;
    }

    private static HandlePlatform? PlatformOf(ReadOnlySpan<byte> word) => word.Length switch
    {
        2 => Is(word, "tt"u8) ? HandlePlatform.TikTok : Is(word, "ig"u8) ? HandlePlatform.Instagram : Is(word, "yt"u8) ? HandlePlatform.YouTube : null,
        3 => Is(word, "tik"u8) || Is(word, "tok"u8) ? HandlePlatform.TikTok : null,
        5 => Is(word, "insta"u8) ? HandlePlatform.Instagram : null,
        6 => Is(word, "tiktok"u8) ? HandlePlatform.TikTok : null,
        7 => Is(word, "youtube"u8) ? HandlePlatform.YouTube : null,
        9 => Is(word, "instagram"u8) ? HandlePlatform.Instagram : null,
        _ => null,
    };

    private static bool IsKind(ReadOnlySpan<byte> word) => word.Length switch
    {
        2 => Is(word, "my"u8) || Is(word, "id"u8),
        3 => Is(word, "url"u8),
        4 => Is(word, "user"u8) || Is(word, "name"u8) || Is(word, "acct"u8) || Is(word, "link"u8) || Is(word, "page"u8),
        6 => Is(word, "handle"u8),
        7 => Is(word, "account"u8) || Is(word, "profile"u8) || Is(word, "channel"u8) || Is(word, "creator"u8),
        8 => Is(word, "username"u8),
        _ => false,
    };

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(word, lower);
}
