using System.Globalization;

namespace Loyalty.Identity.Names;

/// <summary>The script of a character, as far as names need it told apart.</summary>
internal enum Script
{
    /// <summary>Of every script: digits, punctuation, symbols, marks that go with any letter.</summary>
    Common,
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    Thaana,
    Indic,
    Thai,
    Georgian,
    Hangul,
    Han,
    Other,
}

/// <summary>What is known of single characters.</summary>
internal static class Characters
{
    /// <summary>The script of a code point.</summary>
    public static Script ScriptOf(int value) => value switch
    {
        < 0x80 => char.IsAsciiLetter((char)value) ? Script.Latin : Script.Common,
        0xD7 or 0xF7 => Script.Common,
        (>= 0xC0 and <= 0x24F) or 0x259 or (>= 0x1E00 and <= 0x1EFF) => Script.Latin,
        (>= 0x370 and <= 0x3FF) or (>= 0x1F00 and <= 0x1FFF) => Script.Greek,
        >= 0x400 and <= 0x52F => Script.Cyrillic,
        >= 0x530 and <= 0x58F => Script.Armenian,
        >= 0x590 and <= 0x5FF => Script.Hebrew,
        (>= 0x600 and <= 0x6FF) or (>= 0x750 and <= 0x77F) or (>= 0xFB50 and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFE) => Script.Arabic,
        >= 0x780 and <= 0x7BF => Script.Thaana,
        >= 0x900 and <= 0xDFF => Script.Indic,
        >= 0xE00 and <= 0xE7F => Script.Thai,
        >= 0x10A0 and <= 0x10FF => Script.Georgian,
        (>= 0x1100 and <= 0x11FF) or (>= 0xAC00 and <= 0xD7A3) => Script.Hangul,
        (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF) => Script.Han,
        >= 0x370 => IsLetter(value) || IsMark(value) ? Script.Other : Script.Common,
        _ => Script.Common,
    };

    /// <summary>Whether a name, or the text around one, can hold a code point beyond ASCII that was read out of broken text.</summary>
    /// <remarks>Phonetic letters, N'Ko, rare Latin and Cyrillic extensions and unassigned code points are what wrong readings of clean text give.</remarks>
    public static bool IsPlausible(int value) => value switch
    {
        < 0xA0 => false,
        < 0x180 => value is not (0x138 or 0x13F or 0x140 or 0x149 or 0x17F),
        < 0x2B0 => value is 0x192 or 0x1A0 or 0x1A1 or 0x1AF or 0x1B0 or 0x18F or 0x259 or 0x1E6 or 0x1E7
            or (>= 0x1CD and <= 0x1DC) or (>= 0x218 and <= 0x21B),
        < 0x300 => value is 0x2BB or 0x2BC or 0x2C6 or 0x2C7 or 0x2D8 or 0x2D9 or (>= 0x2DB and <= 0x2DD),
        < 0x384 => value < 0x340,
        < 0x400 => value < 0x3D7 && IsAssigned(value),
        < 0x530 => value is <= 0x45F or (>= 0x490 and <= 0x4F9),
        < 0x600 => IsAssigned(value),
        < 0x620 => value is 0x60C or 0x61B or 0x61F,
        < 0x700 => IsAssigned(value),
        < 0x900 => value is >= 0x750 and < 0x7C0,
        (>= 0x1680 and < 0x1700) or (>= 0x1D00 and < 0x1E00) or (>= 0xE000 and < 0xF900) => false,
        _ => IsAssigned(value),
    };

    public static bool IsLetter(int value) => Category(value) <= UnicodeCategory.OtherLetter;

    public static bool IsUpper(int value) => Category(value) == UnicodeCategory.UppercaseLetter;

    public static bool IsLower(int value) => Category(value) == UnicodeCategory.LowercaseLetter;

    public static bool IsDigit(int value) => Category(value) == UnicodeCategory.DecimalDigitNumber;

    public static bool IsMark(int value) => Category(value) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    public static bool IsSymbol(int value) => Category(value) is UnicodeCategory.MathSymbol or UnicodeCategory.OtherSymbol;

    private static bool IsAssigned(int value) => Category(value) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse);

    private static UnicodeCategory Category(int value) => value < 0 ? UnicodeCategory.Control : CharUnicodeInfo.GetUnicodeCategory(value);
}
