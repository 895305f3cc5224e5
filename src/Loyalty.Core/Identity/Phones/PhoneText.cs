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

    /// <summary>An ellipsis: any number of digits.</summary>
    public const byte Ellipsis = 0x8C;

    /// <summary>A dot at middle height: a separator alone, a mask in runs.</summary>
    public const byte MiddleDot = 0x8D;

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

    /// <summary>
    /// Whether mask symbols hide digits: a star, a dot symbol or an ellipsis; two or more <c>x</c>, <c>X</c>, <c>#</c>, <c>_</c> or <c>·</c> in a row with no
    /// other letters but a label in front; or a word such as <c>hidden</c> beside digits.
    /// </summary>
    public static bool IsMasked(ReadOnlySpan<byte> text)
    {
        bool run = false, letters = false, digits = false, words = false;
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b is (byte)'*' or MaskSymbol or Ellipsis)
            {
                return true;
            }

            digits |= Is(b, Class.Digit | Class.Plus);
            if (b is (byte)'#' or (byte)'x' or (byte)'X' or (byte)'_' or MiddleDot && RunLength(text, i) is >= 2 and var length)
            {
                run |= b is (byte)'#' or (byte)'_' or MiddleDot || !(IsLetterAt(text, i - 1) || IsLetterAt(text, i + length));
                letters |= digits && b is (byte)'x' or (byte)'X' && (IsLetterAt(text, i - 1) || IsLetterAt(text, i + length));
                i += length - 1;
            }
            else if (Is(b, Class.Letter) && b is not ((byte)'x' or (byte)'X'))
            {
                letters |= digits;
                words |= MaskWordLength(text, i) > 0;
            }
        }

        return (run && !letters) || (words && text.ContainsAnyInRange((byte)'0', (byte)'9'));
    }

    /// <summary>
    /// Whether three or more hyphens or dots in a row may hide digits. They do when the text is no valid number without them: some write them between digits.
    /// </summary>
    public static bool HasRunOfSeparators(ReadOnlySpan<byte> text) =>
        text.IndexOf("---"u8) >= 0 || text.IndexOf("..."u8) >= 0 || text.IndexOf([Punctuation, Punctuation, Punctuation]) >= 0;

    /// <summary>Puts a <c>*</c> for everything that hides digits and is neither <c>x</c> nor <c>#</c>, which may also begin an extension.</summary>
    /// <returns>Whether something hides any number of digits: a word or an ellipsis.</returns>
    public static bool MarkMasks(Span<byte> text)
    {
        var isElastic = false;
        for (var i = 0; i < text.Length; i++)
        {
            var length = 1;
            if (text[i] == Ellipsis)
            {
                isElastic = true;
                text[i] = (byte)'*';
            }
            else if (text[i] is (byte)'_' or MiddleDot or (byte)'-' or (byte)'.' or Punctuation)
            {
                length = RunLength(text, i);
                if (length >= (text[i] is (byte)'_' or MiddleDot ? 2 : 3))
                {
                    isElastic |= text[i] == (byte)'.';
                    text.Slice(i, length).Fill((byte)'*');
                }
            }
            else if (MaskWordLength(text, i) is > 0 and var word)
            {
                isElastic = true;
                length = word;
                text.Slice(i, length).Fill(Other);
                text[i] = (byte)'*';
            }

            i += length - 1;
        }

        return isElastic;
    }

    private static int RunLength(ReadOnlySpan<byte> text, int start)
    {
        var isLetter = (text[start] | 0x20) == 'x';
        var end = start + 1;
        while (end < text.Length && (text[end] == text[start] || (isLetter && (text[end] | 0x20) == 'x')))
        {
            end++;
        }

        return end - start;
    }

    private static bool IsLetterAt(ReadOnlySpan<byte> text, int index) => (uint)index < (uint)text.Length && Is(text[index], Class.Letter);

    /// <summary>The length of a word at an index that says that digits are hidden; 0 for anything else.</summary>
    private static int MaskWordLength(ReadOnlySpan<byte> text, int index)
    {
        if (!IsLetterAt(text, index) || IsLetterAt(text, index - 1))
        {
            return 0;
        }

        var end = index + 1;
        while (IsLetterAt(text, end))
        {
            end++;
        }

        var word = text[index..end];
        foreach (var known in MaskWords)
        {
            if (Ascii.EqualsIgnoreCase(word, known))
            {
                return word.Length;
            }
        }

        return 0;
    }

    private static readonly byte[][] MaskWords =
        [[.. "hidden"u8], [.. "masked"u8], [.. "redacted"u8], [.. "private"u8], [.. "withheld"u8], [.. "protected"u8], [.. "confidential"u8]];

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
        '\u2022' or '\u25CF' or '\uFF0A' or '\u2217' or '\u2588' or '\u25CB' or '\u25E6' or '\u2219' or '\u25A0' or '\u25A1' or '\u25AA'
            or (>= '\u2591' and <= '\u2593') or '\u2731' or '\u26AB' or '\u2B24' or '\u00D7' => MaskSymbol,
        '\u2026' => Ellipsis,
        '\u00B7' or '\u2027' or '\u22C5' or '\u30FB' => MiddleDot,
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
