using Class = Loyalty.Identity.Phones.PhoneText.Class;

namespace Loyalty.Identity.Phones;

/// <summary>What part of phone text is the number, whether it is shaped like one, and where its extension begins.</summary>
internal static class PhoneShape
{
    private const int MinLength = 2;

    /// <summary>The part of a text that is the number: a plain text from its first digit on, or the parts of a <c>tel:</c> address.</summary>
    public static bool TryFind(ReadOnlySpan<byte> text, Span<byte> joined, out ReadOnlySpan<byte> number)
    {
        number = default;
        var context = text.IndexOf(";phone-context="u8);
        if (context >= 0)
        {
            var value = text[(context + 15)..];
            value = value[..(value.IndexOf((byte)';') is >= 0 and var semicolon ? semicolon : value.Length)];
            if (!IsContext(value))
            {
                return false;
            }

            var start = text.IndexOf("tel:"u8) is >= 0 and var scheme ? scheme + 4 : 0;
            var prefix = value[0] == (byte)'+' ? value : default;

            // "tel:" after the parameter: the two ends swap, as they do in the original.
            var (from, to) = start <= context ? (start, context) : (context, start);
            prefix.CopyTo(joined);
            text[from..to].CopyTo(joined[prefix.Length..]);
            number = joined[..(prefix.Length + to - from)];
        }
        else
        {
            number = Extract(text);
        }

        var subaddress = number.IndexOf(";isub="u8);
        number = subaddress > 0 ? number[..subaddress] : number;
        return number.Length >= MinLength;
    }

    /// <summary>A text from its first digit or plus sign to its last digit, letter or number sign, without a second number.</summary>
    public static ReadOnlySpan<byte> Extract(ReadOnlySpan<byte> text)
    {
        var start = 0;
        while (start < text.Length && !PhoneText.Is(text[start], Class.Digit | Class.Plus))
        {
            start++;
        }

        text = text[start..];
        while (!text.IsEmpty && !PhoneText.Is(text[^1], Class.Digit | Class.Letter) && text[^1] != (byte)'#')
        {
            text = text[..^1];
        }

        // "530-583-6985 /x302": the second of two numbers.
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is (byte)'/' or (byte)'\\')
            {
                var next = i + 1;
                while (next < text.Length && text[next] == (byte)' ')
                {
                    next++;
                }

                if (next < text.Length && text[next] == (byte)'x')
                {
                    return text[..i];
                }
            }
        }

        return text;
    }

    /// <summary>Whether the value of <c>phone-context</c> is a global number or a domain name.</summary>
    private static bool IsContext(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return false;
        }

        if (value[0] == (byte)'+')
        {
            var digits = 0;
            foreach (var b in value[1..])
            {
                var digit = PhoneText.Of(b) == Class.Digit;
                if (!digit && b is not ((byte)'-' or (byte)'.' or (byte)'(' or (byte)')'))
                {
                    return false;
                }

                digits += digit ? 1 : 0;
            }

            return digits > 0;
        }

        if (value[^1] == (byte)'.')
        {
            value = value[..^1];
        }

        var top = value[(value.LastIndexOf((byte)'.') + 1)..];
        if (top.IsEmpty || !PhoneText.Is(top[0], Class.Letter))
        {
            return false;
        }

        while (true)
        {
            var dot = value.IndexOf((byte)'.');
            var label = dot < 0 ? value : value[..dot];
            if (label.IsEmpty || label[0] == (byte)'-' || label[^1] == (byte)'-')
            {
                return false;
            }

            foreach (var b in label)
            {
                if (!PhoneText.Is(b, Class.Digit | Class.Letter) && b != (byte)'-')
                {
                    return false;
                }
            }

            if (dot < 0)
            {
                return true;
            }

            value = value[(dot + 1)..];
        }
    }

    /// <summary>Whether a text is shaped like a number: two digits, or plus signs, three digits with separators, then also letters, then an extension.</summary>
    public static bool IsViable(ReadOnlySpan<byte> text)
    {
        if (text.Length < MinLength)
        {
            return false;
        }

        var position = 0;
        while (position < text.Length && PhoneText.Is(text[position], Class.Plus))
        {
            position++;
        }

        var digits = 0;
        while (position < text.Length && digits < 3)
        {
            var kind = PhoneText.Of(text[position]);
            if (kind == Class.Digit)
            {
                digits++;
            }
            else if (!PhoneText.Is(text[position], Class.Separator) && text[position] != (byte)'*')
            {
                break;
            }

            position++;
        }

        if (digits < 3)
        {
            return text.Length == 2 && PhoneText.Of(text[0]) == Class.Digit && PhoneText.Of(text[1]) == Class.Digit;
        }

        var core = position;
        while (position < text.Length
            && (PhoneText.Is(text[position], Class.Digit | Class.Separator | Class.Letter) || text[position] == (byte)'*'))
        {
            position++;
        }

        if (position == text.Length)
        {
            return true;
        }

        var extension = new PhoneExtension(text);
        for (var start = core; start <= position && extension.IsPossible; start++)
        {
            if (extension.StartsAt(start))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where a number ends and its extension begins, if a number remains without it.</summary>
    public static int FindExtension(ReadOnlySpan<byte> number, out ReadOnlySpan<byte> digits)
    {
        digits = default;
        var extension = new PhoneExtension(number);
        if (!extension.IsPossible)
        {
            return number.Length;
        }

        for (var start = 0; start < number.Length; start++)
        {
            if (extension.StartsAt(start))
            {
                if (!IsViable(number[..start]))
                {
                    break;
                }

                digits = extension.Digits;
                return start;
            }
        }

        return number.Length;
    }
}
