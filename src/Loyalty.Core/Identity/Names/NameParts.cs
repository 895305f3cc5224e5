namespace Loyalty.Identity.Names;

/// <summary>
/// Repairs a name part by part, where it cannot be read as a whole because true apostrophes, no-break spaces or intact parts stand beside broken ones
/// (<c>JosÃ© O’Neil</c>). Every part must be certain, broken or intact; one that is neither leaves the whole name as it is.
/// </summary>
internal static class NameParts
{
    /// <summary>Repairs the broken parts of a text.</summary>
    /// <param name="text">The text, which is not broken as a whole.</param>
    /// <param name="destination">Receives the repaired text.</param>
    /// <param name="written">Characters written; 0 when nothing is repaired.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short for the repaired text.</exception>
    public static bool TryRepair(ReadOnlySpan<char> text, Span<char> destination, out int written)
    {
        written = 0;

        // A question mark or a replacement character stands where something is missing.
        if (!MayHoldSequences(text) || text.ContainsAny('?', '\uFFFD'))
        {
            return false;
        }

        int length = 0, count = 0;
        for (var start = 0; start < text.Length;)
        {
            var end = EndOfPart(text, start);
            var part = text[start..end];
            if (WholeText.TryRepair(part, destination[length..], out var repaired))
            {
                count++;
                length += repaired;
            }
            else if (IsIntact(part))
            {
                Copy(part, destination, ref length);
            }
            else
            {
                return false;
            }

            for (start = end; start < text.Length && IsSeparator(text[start]) && EndOfPart(text, start) == start; start++)
            {
                Copy(text.Slice(start, 1), destination, ref length);
            }
        }

        written = count > 0 ? length : 0;
        return count > 0;
    }

    /// <summary>Whether the text may hold a character that a wrong code page has torn apart; most clean names end here.</summary>
    private static bool MayHoldSequences(ReadOnlySpan<char> text)
    {
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] >= 0x80 && text[i + 1] >= 0x80 && LengthAt(text, i) > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The end of the part that starts at an index. An apostrophe or a space within a torn character separates nothing.</summary>
    private static int EndOfPart(ReadOnlySpan<char> text, int start)
    {
        var i = start;
        while (i < text.Length)
        {
            var length = LengthAt(text, i);
            if (length > 0)
            {
                i += length;
            }
            else if (IsSeparator(text[i]))
            {
                break;
            }
            else
            {
                i++;
            }
        }

        return i;
    }

    /// <summary>How many characters a torn one takes at an index, or 0. Mac Roman has quotes and spaces as first bytes, which are none here.</summary>
    private static int LengthAt(ReadOnlySpan<char> text, int index)
    {
        if (text[index] < 0x80)
        {
            return 0;
        }

        var length = Math.Max(CodePage.Western.LengthAt(text, index), CodePage.Central.LengthAt(text, index));
        return length > 0 || IsSeparator(text[index]) ? length : CodePage.Macintosh.LengthAt(text, index);
    }

    private static bool IsSeparator(char c) =>
        c is ' ' or '\u00A0' or '\u202F' or '’' or '‘' or '\'' or '-' or '‐' or '‑' or '.' or ',' or ';' or ':' or '/' or '(' or ')' or '"' or '&' or '\t';

    /// <summary>Whether a part is beyond doubt as it is: letters that stand together in a name, and nothing torn or cut off.</summary>
    private static bool IsIntact(ReadOnlySpan<char> part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            var c = part[i];
            if (c < 0x80)
            {
                continue;
            }

            var isLetter = Characters.IsLetter(c);
            if (!Characters.IsPlausible(c) || !(isLetter || Characters.IsMark(c)) || LengthAt(part, i) > 0)
            {
                return false;
            }

            // "MartÃnez" and "RUBÃ" lost the second half of a letter; "ETELÄ" did not.
            var before = i > 0 ? part[i - 1] : ' ';
            var follows = i + 1 < part.Length && Characters.IsLetter(part[i + 1]);
            if (IsFirstHalf(c) && (Characters.IsLower(before) || (!follows && !(c is 'Ä' or 'Å' && Characters.IsUpper(before)))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a capital begins the common letters of Latin, Cyrillic and Arabic names when they are torn.</summary>
    private static bool IsFirstHalf(char c) => c is 'Â' or 'Ã' or 'Ä' or 'Å' or 'Ð' or 'Ñ' or 'Ø' or 'Ù' or 'Ă' or 'Ĺ' or 'Đ' or 'Ń';

    private static void Copy(ReadOnlySpan<char> part, Span<char> destination, ref int length)
    {
        if (!part.TryCopyTo(destination[length..]))
        {
            throw new ArgumentException("The destination is too short for the repaired text.", nameof(destination));
        }

        length += part.Length;
    }
}
