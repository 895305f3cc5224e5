using System.Buffers;
using System.Text;

namespace Loyalty.Identity.Phones;

/// <summary>Phone text as one byte per character, so that UTF-8 and UTF-16 are read by the same rules, and the classes those rules speak of.</summary>
/// <remarks>
/// ASCII stands for itself. Digits of the scripts that count (full-width, Arabic-Indic, Extended Arabic-Indic) become ASCII digits. The other characters
/// that mean something get a byte above 0x7F; every other UTF-16 code unit is <see cref="Other"/>, so that lengths count as they do in libphonenumber.
/// </remarks>
internal static class PhoneText
{
    public const int MaxLength = 250;

    public const byte Other = 1;
    public const byte WidePlus = 0x80;
    public const byte NoBreakSpace = 0x81;
    public const byte Punctuation = 0x82;
    public const byte WideDot = 0x83;
    public const byte WideTilde = 0x84;
    public const byte WideHash = 0x85;
    public const byte AcuteO = 0x86;
    public const byte CombiningAcute = 0x87;
    public const byte MaskSymbol = 0x88;
    public const byte CyrillicDe = 0x89;
    public const byte CyrillicO = 0x8A;
    public const byte CyrillicBe = 0x8B;

    /// <summary>Full-width letters: this plus the place in the alphabet.</summary>
    public const byte WideLetters = 0x90;

    [Flags]
    public enum Class : byte
    {
        /// <summary>Means nothing in a number.</summary>
        None = 0,

        /// <summary>A digit.</summary>
        Digit = 1,

        /// <summary>May stand between digits.</summary>
        Separator = 2,

        /// <summary>An ASCII letter.</summary>
        Letter = 4,

        /// <summary>A plus sign.</summary>
        Plus = 8,

        /// <summary>A space, no-break space, tab or comma: may stand before an extension's label.</summary>
        Gap = 16,

        /// <summary>A gap or a hyphen: may stand between an extension's label and its digits.</summary>
        WideGap = 32,

        /// <summary>A colon or dot after an extension's label.</summary>
        Dot = 64,

        /// <summary>Neither a digit nor a plus nor a separator that means nothing else: the text needs a closer look.</summary>
        Special = 128,
    }

    private static readonly Class[] Classes = BuildClasses();

    /// <summary>The class of a byte of phone text.</summary>
    public static Class Of(byte b) => Classes[b];

    /// <summary>Whether a byte of phone text is of one of some classes.</summary>
    public static bool Is(byte b, Class classes) => (Classes[b] & classes) != Class.None;

    /// <summary>Whether a text is made of digits, plus signs and plain separators only.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> text)
    {
        var classes = Classes;
        var all = Class.None;
        foreach (var b in text)
        {
            all |= classes[b];
        }

        return (all & Class.Special) == Class.None;
    }

    /// <summary>Encodes UTF-8; bytes that are not UTF-8 are <see cref="Other"/>.</summary>
    /// <returns>The length in UTF-16 code units, or -1 when it is over <see cref="MaxLength"/>.</returns>
    public static int Encode(ReadOnlySpan<byte> utf8, Span<byte> destination)
    {
        var written = 0;
        while (!utf8.IsEmpty)
        {
            if (written >= MaxLength)
            {
                return -1;
            }

            var b = utf8[0];
            if (b < 0x80)
            {
                destination[written++] = b;
                utf8 = utf8[1..];
                continue;
            }

            var status = Rune.DecodeFromUtf8(utf8, out var rune, out var consumed);
            utf8 = utf8[consumed..];
            destination[written++] = status == OperationStatus.Done && rune.IsBmp ? Encode((char)rune.Value) : Other;
            if (!rune.IsBmp)
            {
                if (written >= MaxLength)
                {
                    return -1;
                }

                destination[written++] = Other;
            }
        }

        return written;
    }

    /// <summary>Encodes UTF-16.</summary>
    /// <returns>The length, or -1 when it is over <see cref="MaxLength"/>.</returns>
    public static int Encode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        if (text.Length > MaxLength)
        {
            return -1;
        }

        for (var i = 0; i < text.Length; i++)
        {
            destination[i] = Encode(text[i]);
        }

        return text.Length;
    }

    /// <summary>Whether mask symbols hide digits: a star or dot symbol, or two or more <c>x</c>, <c>X</c> or <c>#</c> in a row and no other letters.</summary>
    public static bool IsMasked(ReadOnlySpan<byte> text)
    {
        bool run = false, letters = false;
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b is (byte)'*' or MaskSymbol)
            {
                return true;
            }

            if (b is (byte)'x' or (byte)'X')
            {
                run |= i + 1 < text.Length && (text[i + 1] | 0x20) == 'x';
            }
            else if (b == (byte)'#')
            {
                run |= i + 1 < text.Length && text[i + 1] == '#';
            }
            else
            {
                letters |= Is(b, Class.Letter);
            }
        }

        return run && !letters;
    }

    private static byte Encode(char c) => c switch
    {
        < '\u0080' => (byte)c,
        >= '\uFF10' and <= '\uFF19' => (byte)(c - '\uFF10' + '0'),
        >= '\u0660' and <= '\u0669' => (byte)(c - '\u0660' + '0'),
        >= '\u06F0' and <= '\u06F9' => (byte)(c - '\u06F0' + '0'),
        '\uFF0B' => WidePlus,
        '\u00A0' => NoBreakSpace,
        '\uFF0E' => WideDot,
        '\uFF5E' => WideTilde,
        '\uFF03' => WideHash,
        '\u00F3' or '\u00D3' => AcuteO,
        '\u0301' => CombiningAcute,
        '\u2022' or '\u25CF' or '\uFF0A' or '\u2217' or '\u2588' => MaskSymbol,
        '\u0434' or '\u0414' => CyrillicDe,
        '\u043E' or '\u041E' => CyrillicO,
        '\u0431' or '\u0411' => CyrillicBe,
        >= '\u2010' and <= '\u2015' or '\u2212' or '\u30FC' or '\uFF0D' or '\uFF0F' or '\u00AD' or '\u200B' or '\u2060' or '\u3000'
            or '\uFF08' or '\uFF09' or '\uFF3B' or '\uFF3D' or '\u2053' or '\u223C' => Punctuation,
        >= '\uFF41' and <= '\uFF5A' => (byte)(WideLetters + c - '\uFF41'),
        >= '\uFF21' and <= '\uFF3A' => (byte)(WideLetters + c - '\uFF21'),
        _ => Other,
    };

    private static Class[] BuildClasses()
    {
        var classes = new Class[256];
        for (var b = 0; b < classes.Length; b++)
        {
            classes[b] = Classify(b);
        }

        return classes;
    }

    private static Class Classify(int b) => b switch
    {
        >= '0' and <= '9' => Class.Digit,
        '+' => Class.Plus,
        '(' or ')' or '[' or ']' or '/' => Class.Separator,
        '.' => Class.Separator | Class.Dot,
        ' ' => Class.Separator | Class.Gap | Class.WideGap,
        '-' => Class.Separator | Class.WideGap,
        'x' or 'X' => Class.Separator | Class.Letter | Class.Special,
        (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => Class.Letter | Class.Special,
        '\t' or ',' => Class.Gap | Class.WideGap | Class.Special,
        ':' => Class.Dot | Class.Special,
        '~' or Punctuation or WideTilde => Class.Separator | Class.Special,
        NoBreakSpace => Class.Separator | Class.Gap | Class.WideGap | Class.Special,
        WideDot => Class.Separator | Class.Dot | Class.Special,
        WidePlus => Class.Plus | Class.Special,
        _ => Class.Special,
    };
}
