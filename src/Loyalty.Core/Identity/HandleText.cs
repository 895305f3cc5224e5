using System.Buffers;
using System.Text;

namespace Loyalty.Identity;

/// <summary>The cleaning that comes before a handle is read: entities, invisible characters, full-width forms.</summary>
internal static class HandleText
{
    /// <summary>
    /// Writes <paramref name="utf8"/> with HTML entities decoded once, default-ignorable characters removed and full-width forms (U+FF01 to U+FF5E)
    /// and white space as ASCII. The result is never longer than the input.
    /// </summary>
    /// <returns>The bytes written, or -1 when the input is not UTF-8.</returns>
    public static int Clean(ReadOnlySpan<byte> utf8, Span<byte> destination)
    {
        var written = 0;
        while (!utf8.IsEmpty)
        {
            var b = utf8[0];
            int consumed;
            Rune rune;
            if (b == (byte)'&' && TryReadEntity(utf8, out rune, out consumed))
            {
            }
            else if (b < 0x80)
            {
                destination[written++] = b;
                utf8 = utf8[1..];
                continue;
            }
            else if (Rune.DecodeFromUtf8(utf8, out rune, out consumed) != OperationStatus.Done)
            {
                return -1;
            }

            utf8 = utf8[consumed..];
            if (rune.Value is >= 0xFF01 and <= 0xFF5E)
            {
                destination[written++] = (byte)(rune.Value - 0xFEE0);
            }
            else if (rune.IsBmp && char.IsWhiteSpace((char)rune.Value))
            {
                destination[written++] = (byte)' ';
            }
            else if (!IsDefaultIgnorable(rune.Value))
            {
                written += rune.EncodeToUtf8(destination[written..]);
            }
        }

        return written;
    }

    /// <summary>Removes white space, in the sense of Unicode, at both ends of valid UTF-8.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] < 0x80)
            {
                if (!IsAsciiSpace(text[0]))
                {
                    break;
                }

                text = text[1..];
                continue;
            }

            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != OperationStatus.Done || !Rune.IsWhiteSpace(rune))
            {
                break;
            }

            text = text[length..];
        }

        while (!text.IsEmpty)
        {
            if (text[^1] < 0x80)
            {
                if (!IsAsciiSpace(text[^1]))
                {
                    break;
                }

                text = text[..^1];
                continue;
            }

            if (Rune.DecodeLastFromUtf8(text, out var rune, out var length) != OperationStatus.Done || !Rune.IsWhiteSpace(rune))
            {
                break;
            }

            text = text[..^length];
        }

        return text;
    }

    /// <summary>Decodes <c>%XX</c> once; a percent sign without two hex digits stays.</summary>
    public static int DecodePercent(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'%' && i + 2 < text.Length && Hex(text[i + 1]) is >= 0 and var high && Hex(text[i + 2]) is >= 0 and var low)
            {
                destination[written++] = (byte)(high << 4 | low);
                i += 2;
            }
            else
            {
                destination[written++] = text[i];
            }
        }

        return written;
    }

    /// <summary>Whether a code point is Default_Ignorable in Unicode: it shows nothing.</summary>
    public static bool IsDefaultIgnorable(int value) => value >= 0xAD && value switch
    {
        0xAD or 0x34F or 0x61C or 0x3164 or 0xFEFF or 0xFFA0 => true,
        >= 0x115F and <= 0x1160 => true,
        >= 0x17B4 and <= 0x17B5 => true,
        >= 0x180B and <= 0x180F => true,
        >= 0x200B and <= 0x200F => true,
        >= 0x202A and <= 0x202E => true,
        >= 0x2060 and <= 0x206F => true,
        >= 0xFE00 and <= 0xFE0F => true,
        >= 0xFFF0 and <= 0xFFF8 => true,
        >= 0x1BCA0 and <= 0x1BCA3 => true,
        >= 0x1D173 and <= 0x1D17A => true,
        >= 0xE0000 and <= 0xE0FFF => true,
        _ => false,
    };

    /// <summary>ASCII white space, as Unicode has it.</summary>
    public static bool IsAsciiSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    private static int Hex(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };

    /// <summary>Reads one HTML entity at the start of <paramref name="text"/>: a number, or a name that occurs around handles.</summary>
    private static bool TryReadEntity(ReadOnlySpan<byte> text, out Rune rune, out int consumed)
    {
        rune = default;
        consumed = 0;
        var end = text[..Math.Min(text.Length, 12)].IndexOf((byte)';');
        if (end < 2)
        {
            return false;
        }

        var body = text[1..end];
        consumed = end + 1;
        int value;
        if (body[0] == (byte)'#')
        {
            var hexadecimal = body.Length > 1 && (body[1] | 0x20) == 'x';
            var digits = body[(hexadecimal ? 2 : 1)..];
            value = 0;
            foreach (var b in digits)
            {
                var digit = Hex(b);
                if (digit < 0 || (!hexadecimal && digit > 9) || value > 0x10FFFF)
                {
                    return false;
                }

                value = value * (hexadecimal ? 16 : 10) + digit;
            }

            return !digits.IsEmpty && Rune.TryCreate(value, out rune) && rune.Utf8SequenceLength <= consumed;
        }

        value =
            body.SequenceEqual("commat"u8) ? '@' :
            body.SequenceEqual("amp"u8) ? '&' :
            body.SequenceEqual("nbsp"u8) ? 0xA0 :
            body.SequenceEqual("lt"u8) ? '<' :
            body.SequenceEqual("gt"u8) ? '>' :
            body.SequenceEqual("quot"u8) ? '"' :
            body.SequenceEqual("apos"u8) ? '\'' :
            body.SequenceEqual("period"u8) ? '.' :
            body.SequenceEqual("lowbar"u8) ? '_' :
            body.SequenceEqual("colon"u8) ? ':' :
            body.SequenceEqual("sol"u8) ? '/' :
            body.SequenceEqual("ast"u8) ? '*' :
            body.SequenceEqual("shy"u8) ? 0xAD :
            body.SequenceEqual("zwj"u8) ? 0x200D :
            body.SequenceEqual("zwnj"u8) ? 0x200C :
            body.SequenceEqual("lrm"u8) ? 0x200E :
            body.SequenceEqual("rlm"u8) ? 0x200F : -1;
        return value >= 0 && Rune.TryCreate(value, out rune);
    }
}
