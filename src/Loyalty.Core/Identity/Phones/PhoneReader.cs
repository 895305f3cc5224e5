using System.Runtime.CompilerServices;
using Class = Loyalty.Identity.Phones.PhoneText.Class;

namespace Loyalty.Identity.Phones;

/// <summary>Reads phone text: what part of it is the number, which calling code, which national digits.</summary>
/// <remarks>
/// This is libphonenumber's algorithm (Apache-2.0, see NOTICE) in the order in which it decides; the order matters. National digits stay text, because
/// leading zeros count in Italy.
/// </remarks>
internal static class PhoneReader
{
    public const int MaxNational = 17;
    public const int MaxExtension = 20;
    private const int MinNational = 2;

    /// <summary>What was read.</summary>
    public struct Result
    {
        /// <summary>The regions of the calling code; null when nothing was read.</summary>
        public CallingCode? Code;

        /// <summary>How many national digits were written.</summary>
        public int Length;

        /// <summary>How many digits of an extension were written.</summary>
        public int ExtensionLength;
    }

    /// <summary>Reads phone text that was encoded by <see cref="PhoneText"/>.</summary>
    /// <param name="text">At most 250 characters.</param>
    /// <param name="hint">The region of a number without calling code.</param>
    /// <param name="national">Receives the national digits; at least <see cref="MaxNational"/> bytes.</param>
    /// <param name="extension">Receives the digits of the extension; at least <see cref="MaxExtension"/> bytes.</param>
    /// <param name="result">What was read.</param>
    /// <returns>Why nothing was read, or <see cref="PhoneReason.None"/>.</returns>
    public static PhoneReason Read(ReadOnlySpan<byte> text, PhoneRegion hint, Span<byte> national, Span<byte> extension, out Result result)
    {
        result = default;
        return PhoneText.IsPlain(text) ? ReadPlain(text, hint, national, ref result) : ReadSpecial(text, hint, national, extension, ref result);
    }

    [SkipLocalsInit]
    private static PhoneReason ReadSpecial(ReadOnlySpan<byte> text, PhoneRegion hint, Span<byte> national, Span<byte> extension, ref Result result)
    {
        if (PhoneText.IsMasked(text))
        {
            return PhoneReason.Masked;
        }

        Span<byte> joined = stackalloc byte[PhoneText.MaxLength * 2];
        if (!PhoneShape.TryFind(text, joined, out var number) || !PhoneShape.IsViable(number))
        {
            return text.ContainsAnyExcept("\t\r\n "u8) ? PhoneReason.NotANumber : PhoneReason.Missing;
        }

        var plus = PhoneText.Is(number[0], Class.Plus);
        if (hint.IsNone && !plus)
        {
            return PhoneReason.RegionNeeded;
        }

        number = number[..PhoneShape.FindExtension(number, out var extensionDigits)];
        extensionDigits.CopyTo(extension);
        result.ExtensionLength = extensionDigits.Length;
        Span<byte> digits = stackalloc byte[PhoneText.MaxLength * 2];
        return ReadDigits(digits[..Normalize(number, digits)], plus, hint, national, ref result);
    }

    /// <summary>The short way for a text of digits, plus signs and plain separators: no extension, no letters, no mask.</summary>
    [SkipLocalsInit]
    private static PhoneReason ReadPlain(ReadOnlySpan<byte> text, PhoneRegion hint, Span<byte> national, ref Result result)
    {
        Span<byte> digits = stackalloc byte[PhoneText.MaxLength];
        var number = PhoneShape.Extract(text);
        var plus = !number.IsEmpty && number[0] == (byte)'+';
        var length = CopyDigits(number, digits);
        return length < 3 && (length < 2 || number.Length > 2) ? text.ContainsAnyExcept((byte)' ') ? PhoneReason.NotANumber : PhoneReason.Missing
            : hint.IsNone && !plus ? PhoneReason.RegionNeeded
            : ReadDigits(digits[..length], plus, hint, national, ref result);
    }

    /// <summary>The digits of a plain text after its plus signs; -1 when one stands within.</summary>
    private static int CopyDigits(ReadOnlySpan<byte> number, Span<byte> digits)
    {
        var start = 0;
        while (start < number.Length && number[start] == (byte)'+')
        {
            start++;
        }

        number = number[start..];
        var length = 0;
        foreach (var b in number)
        {
            if (b is >= (byte)'0' and <= (byte)'9')
            {
                digits[length++] = b;
            }
            else if (b == (byte)'+')
            {
                return -1;
            }
        }

        return length;
    }

    /// <summary>The digits after a plus sign, or as dialled.</summary>
    private static PhoneReason ReadDigits(scoped ReadOnlySpan<byte> digits, bool plus, PhoneRegion hint, Span<byte> national, ref Result result)
    {
        Span<byte> hinted = stackalloc byte[PhoneText.MaxLength * 2 + 8];
        var region = hint.IsNone ? null : hint.Plan;
        scoped ReadOnlySpan<byte> rest;
        PhoneReason reason;
        CallingCode? code;
        if (plus)
        {
            reason = TakeCode(digits, out code, out rest);
            if (reason == PhoneReason.UnknownCallingCode)
            {
                // "+00 44 …": the plus is one too many.
                reason = ReadDialled(digits, region, hinted, out code, out rest);
                if (reason == PhoneReason.None && code is null)
                {
                    reason = PhoneReason.UnknownCallingCode;
                }
            }
        }
        else
        {
            reason = ReadDialled(digits, region, hinted, out code, out rest);
        }

        if (reason != PhoneReason.None)
        {
            return reason;
        }

        if (code is null)
        {
            code = NumberingPlan.World.Find(region!.Code)!;
        }
        else if (region is null || region.Code != code.Code || region.Order != 0)
        {
            // The rules of a code are those of its main region, whoever dials.
            region = code.Regions[0];
        }

        if (rest.Length < MinNational)
        {
            return PhoneReason.NoDigits;
        }

        Span<byte> buffer = stackalloc byte[PhoneText.MaxLength * 2 + 8];
        var stripped = StripNationalPrefix(rest, region, code, buffer);
        if (region.JudgeLength(stripped.Length) is not (PhonePossibility.TooShort or PhonePossibility.LocalOnly or PhonePossibility.InvalidLength))
        {
            rest = stripped;
        }

        if (rest.Length < MinNational)
        {
            return PhoneReason.NoDigits;
        }

        if (rest.Length > MaxNational)
        {
            return PhoneReason.Oversized;
        }

        rest.CopyTo(national);
        result.Code = code;
        result.Length = rest.Length;
        return PhoneReason.None;
    }

    /// <summary>Digits without plus: international prefix, or the hint's own code in front, or a national number (<paramref name="code"/> is null).</summary>
    private static PhoneReason ReadDialled(
        ReadOnlySpan<byte> digits, PlanRegion? region, Span<byte> buffer, out CallingCode? code, out ReadOnlySpan<byte> rest)
    {
        code = null;
        rest = digits;
        if (region is null || digits.IsEmpty)
        {
            return PhoneReason.None;
        }

        var prefix = region.MatchInternationalPrefix(digits);
        if (prefix > 0 && (prefix == digits.Length || digits[prefix] != (byte)'0'))
        {
            return TakeCode(digits[prefix..], out code, out rest);
        }

        Span<byte> own = stackalloc byte[3];
        region.Code.TryFormat(own, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        if (digits.StartsWith(own[..length]))
        {
            var regions = NumberingPlan.World.Find(region.Code)!;
            var national = StripNationalPrefix(digits[length..], region, regions, buffer);
            if ((!regions.FitsGeneral(digits, region.Order) && regions.FitsGeneral(national, region.Order))
                || region.JudgeLength(digits.Length) == PhonePossibility.TooLong)
            {
                code = regions;
                rest = national;
            }
        }

        return PhoneReason.None;
    }

    /// <summary>The calling code at the start of digits that must have one.</summary>
    private static PhoneReason TakeCode(ReadOnlySpan<byte> digits, out CallingCode? code, out ReadOnlySpan<byte> rest)
    {
        code = null;
        rest = digits;
        if (digits.Length <= MinNational)
        {
            return PhoneReason.NoDigits;
        }

        var value = 0;
        for (var length = 1; length <= 3 && digits[0] != (byte)'0'; length++)
        {
            value = value * 10 + digits[length - 1] - '0';
            code = NumberingPlan.World.Find(value);
            if (code is not null)
            {
                rest = digits[length..];
                return PhoneReason.None;
            }
        }

        return PhoneReason.UnknownCallingCode;
    }

    private static ReadOnlySpan<byte> StripNationalPrefix(ReadOnlySpan<byte> digits, PlanRegion region, CallingCode code, Span<byte> buffer)
    {
        if (!region.TryStripPrefix(digits, buffer, out var stripped) || stripped.SequenceEqual(digits))
        {
            return digits;
        }

        // A number that was right before must be right after.
        return code.FitsGeneral(digits, region.Order) && !code.FitsGeneral(stripped, region.Order) ? digits : stripped;
    }

    /// <summary>The digits of a number; three letters or more make it a word to dial on a keypad.</summary>
    private static int Normalize(ReadOnlySpan<byte> number, Span<byte> digits)
    {
        var letters = 0;
        foreach (var b in number)
        {
            letters += PhoneText.Is(b, Class.Letter) ? 1 : 0;
        }

        var written = 0;
        foreach (var b in number)
        {
            if (b is >= (byte)'0' and <= (byte)'9')
            {
                digits[written++] = b;
            }
            else if (letters >= 3 && PhoneText.Is(b, Class.Letter))
            {
                digits[written++] = "22233344455566677778889999"u8[(b | 0x20) - 'a'];
            }
        }

        return written;
    }
}
