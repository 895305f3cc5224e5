namespace Loyalty.Identity.Names;

/// <summary>A single-byte encoding that UTF-8 text was wrongly decoded with: which byte a character came from.</summary>
internal sealed class CodePage
{
    private const string Windows1252 =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F" +
        "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private const string Windows1250 =
        "\u20AC\u0081\u201A\u0083\u201E\u2026\u2020\u2021\u0088\u2030\u0160\u2039\u015A\u0164\u017D\u0179" +
        "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u0098\u2122\u0161\u203A\u015B\u0165\u017E\u017A" +
        "\u00A0\u02C7\u02D8\u0141\u00A4\u0104\u00A6\u00A7\u00A8\u00A9\u015E\u00AB\u00AC\u00AD\u00AE\u017B" +
        "\u00B0\u00B1\u02DB\u0142\u00B4\u00B5\u00B6\u00B7\u00B8\u0105\u015F\u00BB\u013D\u02DD\u013E\u017C" +
        "\u0154\u00C1\u00C2\u0102\u00C4\u0139\u0106\u00C7\u010C\u00C9\u0118\u00CB\u011A\u00CD\u00CE\u010E" +
        "\u0110\u0143\u0147\u00D3\u00D4\u0150\u00D6\u00D7\u0158\u016E\u00DA\u0170\u00DC\u00DD\u0162\u00DF" +
        "\u0155\u00E1\u00E2\u0103\u00E4\u013A\u0107\u00E7\u010D\u00E9\u0119\u00EB\u011B\u00ED\u00EE\u010F" +
        "\u0111\u0144\u0148\u00F3\u00F4\u0151\u00F6\u00F7\u0159\u016F\u00FA\u0171\u00FC\u00FD\u0163\u02D9";

    private const string MacRoman =
        "\u00C4\u00C5\u00C7\u00C9\u00D1\u00D6\u00DC\u00E1\u00E0\u00E2\u00E4\u00E3\u00E5\u00E7\u00E9\u00E8" +
        "\u00EA\u00EB\u00ED\u00EC\u00EE\u00EF\u00F1\u00F3\u00F2\u00F4\u00F6\u00F5\u00FA\u00F9\u00FB\u00FC" +
        "\u2020\u00B0\u00A2\u00A3\u00A7\u2022\u00B6\u00DF\u00AE\u00A9\u2122\u00B4\u00A8\u2260\u00C6\u00D8" +
        "\u221E\u00B1\u2264\u2265\u00A5\u00B5\u2202\u2211\u220F\u03C0\u222B\u00AA\u00BA\u03A9\u00E6\u00F8" +
        "\u00BF\u00A1\u00AC\u221A\u0192\u2248\u2206\u00AB\u00BB\u2026\u00A0\u00C0\u00C3\u00D5\u0152\u0153" +
        "\u2013\u2014\u201C\u201D\u2018\u2019\u00F7\u25CA\u00FF\u0178\u2044\u20AC\u2039\u203A\uFB01\uFB02" +
        "\u2021\u00B7\u201A\u201E\u2030\u00C2\u00CA\u00C1\u00CB\u00C8\u00CD\u00CE\u00CF\u00CC\u00D3\u00D4" +
        "\uF8FF\u00D2\u00DA\u00DB\u00D9\u0131\u02C6\u02DC\u00AF\u02D8\u02D9\u02DA\u00B8\u02DD\u02DB\u02C7";

    // Bytes of U+0080 to U+02FF; the few characters beyond are searched.
    private readonly byte[] _near = new byte[0x300];
    private readonly char[] _farChars;
    private readonly byte[] _farBytes;

    private CodePage(string upper, bool keepsControls)
    {
        var far = new SortedList<char, byte>();
        if (keepsControls)
        {
            // Bytes without a character come through as C1 controls.
            for (var b = 0x80; b < 0xA0; b++)
            {
                _near[b] = (byte)b;
            }
        }

        for (var b = 0x80; b < 0x100; b++)
        {
            var c = b - 0x80 < upper.Length ? upper[b - 0x80] : (char)b;
            if (c < 0x300)
            {
                _near[c] = (byte)b;
            }
            else
            {
                far[c] = (byte)b;
            }
        }

        _farChars = [.. far.Keys];
        _farBytes = [.. far.Values];
    }

    /// <summary>Latin-1 and Windows-1252, which are mixed up with each other so often that they count as one.</summary>
    public static CodePage Western { get; } = new(Windows1252, keepsControls: true);

    /// <summary>Windows-1250.</summary>
    public static CodePage Central { get; } = new(Windows1250, keepsControls: true);

    /// <summary>Mac OS Roman.</summary>
    public static CodePage Macintosh { get; } = new(MacRoman, keepsControls: false);

    /// <summary>The byte that a character beyond ASCII came from, or 0.</summary>
    public byte ByteOf(char c)
    {
        if (c < 0x300)
        {
            return _near[c];
        }

        var at = Array.BinarySearch(_farChars, c);
        return at < 0 ? (byte)0 : _farBytes[at];
    }

    /// <summary>Undoes one wrong decoding of a whole text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="result">Receives a character for each that was read; as long as the text.</param>
    /// <returns>How many were read; 0 when the text is not UTF-8 in this encoding from beginning to end, or has nothing but ASCII.</returns>
    public int Undo(ReadOnlySpan<char> text, Span<ReadCharacter> result)
    {
        var count = 0;
        var any = false;
        for (var i = 0; i < text.Length; count++)
        {
            if (text[i] < 0x80)
            {
                result[count] = new ReadCharacter(text[i], default, default, 1);
                i++;
                continue;
            }

            var length = Read(text, i, out var value);
            if (length == 0)
            {
                return 0;
            }

            any = true;
            result[count] = new ReadCharacter(value, text[i], text[i + 1], length);
            i += length;
        }

        return any ? count : 0;
    }

    /// <summary>How many characters hide one that a name may hold, or one to be undone again, at an index of a text; 0 when none is hidden there.</summary>
    public int LengthAt(ReadOnlySpan<char> text, int index)
    {
        var length = Read(text, index, out var value);
        return length > 0 && (value < 0x100 || Characters.IsPlausible(value)) ? length : 0;
    }

    private int Read(ReadOnlySpan<char> text, int index, out int value)
    {
        int lead = ByteOf(text[index]);
        var length = lead switch
        {
            >= 0xC2 and <= 0xDF => 2,
            >= 0xE0 and <= 0xEF => 3,
            >= 0xF0 and <= 0xF4 => 4,
            _ => 0,
        };
        value = lead & (0x7F >> length);
        if (length == 0 || index + length > text.Length)
        {
            return 0;
        }

        for (var n = 1; n < length; n++)
        {
            int next = text[index + n] < 0x80 ? 0 : ByteOf(text[index + n]);
            if ((next & 0xC0) != 0x80)
            {
                return 0;
            }

            value = value << 6 | next & 0x3F;
        }

        return value < (length == 3 ? 0x800 : length == 4 ? 0x10000 : 0x80) || value is (>= 0xD800 and <= 0xDFFF) or > 0x10FFFF ? 0 : length;
    }
}

/// <summary>A character that was read out of wrongly decoded text.</summary>
/// <param name="Value">Its code point.</param>
/// <param name="Lead">The first character it was hidden in; unset for ASCII.</param>
/// <param name="Next">The second one.</param>
/// <param name="Length">How many characters it was hidden in; 1 for ASCII.</param>
internal readonly record struct ReadCharacter(int Value, char Lead, char Next, int Length);
