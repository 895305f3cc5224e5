using System.Text;

namespace Loyalty.Identity;

/// <summary>The words people write before a handle: <c>TikTok:</c>, <c>IG -</c>, <c>my insta handle: @</c>.</summary>
internal static class HandleLabel
{
    /// <summary>Takes one label off the front of <paramref name="text"/>.</summary>
    /// <param name="text">Trimmed text; without its label afterwards.</param>
    /// <param name="platform">The platform that the label names, if it names one.</param>
    /// <returns>Whether there was a label.</returns>
    public static bool Strip(ref ReadOnlySpan<byte> text, out HandlePlatform? platform)
    {
        platform = null;
        if (text.IsEmpty || !char.IsAsciiLetter((char)text[0]))
        {
            return false;
        }

        var end = text.IndexOfAny(":=@|-–"u8[..6]);
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

            if (Is(word, "tiktok"u8) || Is(word, "tt"u8) || Is(word, "tik"u8) || Is(word, "tok"u8))
            {
                platform = HandlePlatform.TikTok;
            }
            else if (Is(word, "instagram"u8) || Is(word, "insta"u8) || Is(word, "ig"u8))
            {
                platform = HandlePlatform.Instagram;
            }
            else if (Is(word, "youtube"u8) || Is(word, "yt"u8))
            {
                platform = HandlePlatform.YouTube;
            }
            else if (!(Is(word, "handle"u8) || Is(word, "username"u8) || Is(word, "user"u8) || Is(word, "name"u8) || Is(word, "account"u8)
                || Is(word, "acct"u8) || Is(word, "id"u8) || Is(word, "profile"u8) || Is(word, "link"u8) || Is(word, "url"u8) || Is(word, "page"u8)
                || Is(word, "channel"u8) || Is(word, "creator"u8) || Is(word, "my"u8)))
            {
                return false;
            }
        }

        return count > 0;
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(word, lower);
}
