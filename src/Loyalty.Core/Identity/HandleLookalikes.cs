using System.Text;

namespace Loyalty.Identity;

/// <summary>The ASCII character that another character stands for in styled or look-alike writing.</summary>
/// <remarks>
/// Compatibility characters (circled, squared, superscript, mathematical) by Unicode's compatibility decomposition; letters of other scripts in the
/// sense of UTS #39 (confusable characters). Folded to lower case. Used to name a suspect, never to merge one.
/// </remarks>
internal static class HandleLookalikes
{
    /// <summary>The lower-case ASCII character behind <paramref name="rune"/>, or 0.</summary>
    public static byte ToAscii(Rune rune)
    {
        var value = rune.Value;
        if (value is >= 0x1D400 and <= 0x1D6A3)
        {
            return (byte)('a' + (value - 0x1D400) % 26);
        }

        if (value is >= 0x1D7CE and <= 0x1D7FF)
        {
            return (byte)('0' + (value - 0x1D7CE) % 10);
        }

        var runs = Runs;
        int low = 0, high = runs.Length / 3 - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var first = runs[middle * 3];
            if (value < first)
            {
                high = middle - 1;
            }
            else if (value >= first + runs[middle * 3 + 1])
            {
                low = middle + 1;
            }
            else
            {
                return (byte)(runs[middle * 3 + 2] + value - first);
            }
        }

        return 0;
    }

    /// <summary>The letters of a Latin ligature (U+FB00 to U+FB06), or empty.</summary>
    public static ReadOnlySpan<byte> Ligature(Rune rune) => rune.Value switch
    {
        0xFB00 => "ff"u8,
        0xFB01 => "fi"u8,
        0xFB02 => "fl"u8,
        0xFB03 => "ffi"u8,
        0xFB04 => "ffl"u8,
        0xFB05 or 0xFB06 => "st"u8,
        _ => [],
    };

    /// <summary>First code point, length, first ASCII character; ascending.</summary>
    private static ReadOnlySpan<int> Runs =>
    [
        0xAA, 1, 'a', 0xB2, 2, '2', 0xB9, 1, '1', 0xBA, 1, 'o', 0x131, 1, 'i', 0x17F, 1, 's', 0x237, 1, 'j', 0x251, 1, 'a', 0x261, 1, 'g',
        0x262, 1, 'g', 0x269, 1, 'i', 0x26A, 1, 'i', 0x274, 1, 'n', 0x280, 1, 'r', 0x28B, 1, 'v', 0x28F, 1, 'y', 0x299, 1, 'b', 0x29C, 1, 'h',
        0x29F, 1, 'l', 0x2B0, 1, 'h', 0x2B2, 1, 'j', 0x2B3, 1, 'r', 0x2B7, 1, 'w', 0x2B8, 1, 'y', 0x2E1, 1, 'l', 0x2E2, 1, 's', 0x2E3, 1, 'x',
        0x391, 2, 'a', 0x395, 1, 'e', 0x396, 1, 'z', 0x397, 1, 'h', 0x399, 1, 'i', 0x39A, 1, 'k', 0x39C, 2, 'm', 0x39F, 1, 'o', 0x3A1, 1, 'p',
        0x3A4, 1, 't', 0x3A5, 1, 'y', 0x3A7, 1, 'x', 0x3B1, 1, 'a', 0x3B3, 1, 'y', 0x3B9, 1, 'i', 0x3BA, 1, 'k', 0x3BD, 1, 'v', 0x3BF, 1, 'o',
        0x3C1, 1, 'p', 0x3C3, 1, 'o', 0x3C5, 1, 'u', 0x3F2, 1, 'c', 0x3F3, 1, 'j', 0x405, 1, 's', 0x406, 1, 'i', 0x408, 1, 'j', 0x410, 1, 'a',
        0x412, 1, 'b', 0x415, 1, 'e', 0x41A, 1, 'k', 0x41C, 1, 'm', 0x41D, 1, 'h', 0x41E, 1, 'o', 0x420, 1, 'p', 0x421, 1, 'c', 0x422, 1, 't',
        0x423, 1, 'y', 0x425, 1, 'x', 0x430, 1, 'a', 0x433, 1, 'r', 0x435, 1, 'e', 0x43E, 1, 'o', 0x440, 1, 'p', 0x441, 1, 'c', 0x443, 1, 'y',
        0x445, 1, 'x', 0x455, 1, 's', 0x456, 1, 'i', 0x458, 1, 'j', 0x474, 1, 'v', 0x475, 1, 'v', 0x4AE, 1, 'y', 0x4AF, 1, 'y', 0x4BA, 1, 'h',
        0x4BB, 1, 'h', 0x4BD, 1, 'e', 0x4C0, 1, 'l', 0x4CF, 1, 'l', 0x500, 1, 'd', 0x501, 1, 'd', 0x50C, 1, 'g', 0x50D, 1, 'g', 0x51A, 1, 'q',
        0x51B, 1, 'q', 0x51C, 1, 'w', 0x51D, 1, 'w', 0x54D, 1, 'u', 0x54F, 1, 's', 0x555, 1, 'o', 0x570, 1, 'h', 0x578, 1, 'n', 0x57D, 1, 'u',
        0x581, 1, 'g', 0x585, 1, 'o', 0x13A0, 1, 'd', 0x13A1, 1, 'r', 0x13A2, 1, 't', 0x13A5, 1, 'i', 0x13AA, 1, 'a', 0x13AB, 1, 'j', 0x13AC, 1, 'e',
        0x13B3, 1, 'w', 0x13B7, 1, 'm', 0x13BB, 1, 'h', 0x13C0, 1, 'g', 0x13C3, 1, 'z', 0x13D9, 1, 'v', 0x13DA, 1, 's', 0x13DE, 1, 'l',
        0x13DF, 1, 'c', 0x13E2, 1, 'p', 0x13E6, 1, 'k', 0x13F4, 1, 'b', 0x1D00, 1, 'a', 0x1D04, 2, 'c', 0x1D07, 1, 'e', 0x1D0A, 2, 'j',
        0x1D0D, 1, 'm', 0x1D0F, 1, 'o', 0x1D18, 1, 'p', 0x1D1B, 2, 't', 0x1D20, 2, 'v', 0x1D22, 1, 'z', 0x1D2C, 1, 'a', 0x1D2E, 1, 'b',
        0x1D30, 2, 'd', 0x1D33, 8, 'g', 0x1D3C, 1, 'o', 0x1D3E, 1, 'p', 0x1D3F, 1, 'r', 0x1D40, 2, 't', 0x1D42, 1, 'w', 0x1D43, 1, 'a',
        0x1D47, 1, 'b', 0x1D48, 2, 'd', 0x1D4D, 1, 'g', 0x1D4F, 1, 'k', 0x1D50, 1, 'm', 0x1D52, 1, 'o', 0x1D56, 1, 'p', 0x1D57, 2, 't',
        0x1D5B, 1, 'v', 0x1D62, 1, 'i', 0x1D63, 1, 'r', 0x1D64, 2, 'u', 0x1D9C, 1, 'c', 0x1DA0, 1, 'f', 0x1DBB, 1, 'z', 0x2024, 1, '.',
        0x2070, 1, '0', 0x2071, 1, 'i', 0x2074, 6, '4', 0x207F, 1, 'n', 0x2080, 10, '0', 0x2090, 1, 'a', 0x2091, 1, 'e', 0x2092, 1, 'o',
        0x2093, 1, 'x', 0x2095, 1, 'h', 0x2096, 4, 'k', 0x209A, 1, 'p', 0x209B, 2, 's', 0x2102, 1, 'c', 0x210A, 2, 'g', 0x210C, 1, 'h',
        0x210D, 1, 'h', 0x210E, 1, 'h', 0x2110, 1, 'i', 0x2111, 1, 'i', 0x2112, 1, 'l', 0x2113, 1, 'l', 0x2115, 1, 'n', 0x2119, 3, 'p',
        0x211C, 1, 'r', 0x211D, 1, 'r', 0x2124, 1, 'z', 0x2128, 1, 'z', 0x212C, 2, 'b', 0x212F, 1, 'e', 0x2130, 2, 'e', 0x2133, 1, 'm',
        0x2134, 1, 'o', 0x2139, 1, 'i', 0x2145, 1, 'd', 0x2146, 2, 'd', 0x2148, 2, 'i', 0x2160, 1, 'i', 0x2164, 1, 'v', 0x2169, 1, 'x',
        0x216C, 1, 'l', 0x216D, 2, 'c', 0x216F, 1, 'm', 0x2170, 1, 'i', 0x2174, 1, 'v', 0x2179, 1, 'x', 0x217C, 1, 'l', 0x217D, 2, 'c',
        0x217F, 1, 'm', 0x2460, 9, '1', 0x24B6, 26, 'a', 0x24D0, 26, 'a', 0x24EA, 1, '0', 0x2C7C, 1, 'j', 0x2C7D, 1, 'v', 0x2C9E, 1, 'o',
        0x2C9F, 1, 'o', 0x2CA2, 1, 'p', 0x2CA3, 1, 'p', 0x2CA4, 1, 'c', 0x2CA5, 1, 'c', 0xA730, 1, 'f', 0xA731, 1, 's', 0xA7AF, 1, 'q',
        0xA7F2, 1, 'c', 0xA7F3, 1, 'f', 0xA7F4, 1, 'q', 0xFE33, 1, '_', 0xFE34, 1, '_', 0xFE4D, 1, '_', 0xFE4E, 1, '_', 0xFE4F, 1, '_',
        0xFE52, 1, '.', 0xFE63, 1, '-', 0x107A5, 1, 'q', 0x1F12B, 1, 'c', 0x1F12C, 1, 'r', 0x1F130, 26, 'a', 0x1F150, 26, 'a', 0x1F170, 26, 'a',
        0x1FBF0, 10, '0',
    ];
}
