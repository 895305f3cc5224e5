using System.Globalization;
using Class = Loyalty.Identity.Phones.PhoneText.Class;

namespace Loyalty.Identity.Phones;

/// <summary>Finds the calling code and the national symbols of a masked number.</summary>
internal static class MaskReader
{
    /// <summary>Reads masked text in place.</summary>
    /// <param name="text">The text as <see cref="PhoneText"/> encodes it; its national digits and symbols (as <c>*</c>) are moved together.</param>
    /// <param name="hint">The region of a mask without calling code.</param>
    /// <param name="code">The calling code.</param>
    /// <param name="start">Where the national symbols begin in <paramref name="text"/>.</param>
    /// <param name="length">How many there are.</param>
    public static MaskedPhoneReason Read(Span<byte> text, PhoneRegion hint, out int code, out int start, out int length)
    {
        var isElastic = PhoneText.MarkMasks(text);
        var plus = text.IndexOfAny((byte)'+', PhoneText.WidePlus);
        // "(+44)": the brackets say where the code ends.
        var bracket = plus > 0 && text[plus - 1] is (byte)'(' or (byte)'[' ? text[plus..].IndexOfAny((byte)')', (byte)']') : -1;
        // Next to stars, a lone x or # begins an extension.
        var starred = text.IndexOfAny((byte)'*', PhoneText.MaskSymbol) >= 0;
        var explicitDigits = 0;
        byte previous = 0;
        start = 0;
        length = 0;
        for (var i = Math.Max(plus, 0); i < text.Length; i++)
        {
            var b = text[i];
            var weak = b is (byte)'x' or (byte)'X' or (byte)'#';
            var hides = b is (byte)'*' or PhoneText.MaskSymbol
                || (weak && (!starred || Continues(previous, b) || (i + 1 < text.Length && Continues(text[i + 1], b))));
            previous = b;
            if (PhoneText.Is(b, Class.Digit))
            {
                text[length++] = b;
                explicitDigits += i < plus + bracket ? 1 : 0;
            }
            else if (hides)
            {
                text[length++] = (byte)'*';
            }
            else if (length > 0 && (weak || PhoneText.Is(b, Class.Letter)))
            {
                // An extension or a remark; letters in front are a label.
                break;
            }
        }

        var symbols = text[..length];
        code = 0;
        if (plus >= 0)
        {
            start = TakeCode(symbols, explicitDigits, out code);
        }
        else if (symbols.StartsWith("00"u8) && TakeCode(symbols[2..], 0, out code) is > 0 and var taken)
        {
            start = taken + 2;
        }
        else if (!hint.IsNone)
        {
            code = hint.Plan.Code;
            start = TrunkLength(symbols, hint.Plan, isElastic);
        }

        length -= start;
        return code == 0 ? MaskedPhoneReason.NoCallingCode : MaskedPhoneReason.None;
    }

    private static bool Continues(byte neighbour, byte weak) => (neighbour | 0x20) == (weak | 0x20) || neighbour is (byte)'*' or PhoneText.MaskSymbol;

    private static int TakeCode(ReadOnlySpan<byte> symbols, int exactly, out int code)
    {
        code = 0;
        var value = 0;
        for (var n = 1; n <= 3 && n <= symbols.Length && symbols[n - 1] != (byte)'*'; n++)
        {
            value = value * 10 + symbols[n - 1] - '0';
            if (value != 0 && (exactly == 0 || exactly == n) && NumberingPlan.World.Find(value) is not null)
            {
                code = value;
                return n;
            }
        }

        return 0;
    }

    /// <summary>How many symbols in front of a national mask are its trunk prefix, or the region's own calling code.</summary>
    /// <param name="symbols">The mask.</param>
    /// <param name="region">The region.</param>
    /// <param name="isElastic">Whether a symbol may hide any number of digits, so that the length says nothing.</param>
    private static int TrunkLength(ReadOnlySpan<byte> symbols, PlanRegion region, bool isElastic)
    {
        for (var n = 2; n >= 1; n--)
        {
            if (symbols.Length > n && !symbols[..n].Contains((byte)'*') && region.IsTrunkPrefix(symbols[..n])
                && (isElastic || region.JudgeLength(symbols.Length - n) == PhonePossibility.Possible)
                && (symbols[0] == (byte)'0' || region.JudgeLength(symbols.Length) != PhonePossibility.Possible))
            {
                return n;
            }
        }

        Span<byte> own = stackalloc byte[3];
        region.Code.TryFormat(own, out var length, default, CultureInfo.InvariantCulture);
        return symbols.StartsWith(own[..length])
            && region.JudgeLength(symbols.Length) == PhonePossibility.TooLong
            && region.JudgeLength(symbols.Length - length) == PhonePossibility.Possible
            ? length
            : 0;
    }
}
