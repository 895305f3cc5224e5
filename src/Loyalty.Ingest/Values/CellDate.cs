using System.Runtime.CompilerServices;

namespace Loyalty.Ingest.Values;

/// <summary>Reads dates in the one declared format <c>YYYY-MM-DD</c>.</summary>
internal static class CellDate
{
    public const string NotADate = "not a date; expected YYYY-MM-DD";

    /// <summary>A calendar date from 0001-01-01 to 9999-12-31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryParse(ReadOnlySpan<byte> text, out DateOnly date)
    {
        date = default;
        if (text.Length != 10 || text[4] != (byte)'-' || text[7] != (byte)'-')
        {
            return false;
        }

        var isDigits = true;
        var year = (Digit(text[0], ref isDigits) * 1_000) + (Digit(text[1], ref isDigits) * 100) + (Digit(text[2], ref isDigits) * 10) + Digit(text[3], ref isDigits);
        var month = (Digit(text[5], ref isDigits) * 10) + Digit(text[6], ref isDigits);
        var day = (Digit(text[8], ref isDigits) * 10) + Digit(text[9], ref isDigits);
        if (!isDigits || year == 0 || month is 0 or > 12 || day == 0 || (day > 28 && day > DateTime.DaysInMonth(year, month)))
        {
            return false;
        }

        date = new DateOnly(year, month, day);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Digit(byte c, ref bool isDigits)
    {
        var digit = c - '0';
        isDigits &= (uint)digit <= 9;
        return digit;
    }
}
