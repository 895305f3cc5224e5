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
        if (text.Length != 10 || text[4] != (byte)'-' || text[7] != (byte)'-'
            || !TryDigits(text[..4], out var year) || !TryDigits(text.Slice(5, 2), out var month) || !TryDigits(text.Slice(8, 2), out var day)
            || year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        date = new DateOnly(year, month, day);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var c in text)
        {
            if ((uint)(c - '0') > 9)
            {
                return false;
            }

            number = (number * 10) + c - '0';
        }

        return true;
    }
}
