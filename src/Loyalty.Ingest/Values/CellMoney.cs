using System.Buffers;
using System.Text;
using Loyalty.Money;

namespace Loyalty.Ingest.Values;

/// <summary>Parts an amount from the sign or code of its currency, which may stand in front of the number or behind it.</summary>
internal static class CellMoney
{
    private static readonly SearchValues<byte> NumberStart = SearchValues.Create("0123456789-."u8);

    /// <summary>Takes minus sign and currency off a trimmed cell.</summary>
    /// <param name="text">The cell; afterwards the number alone, which may still be anything.</param>
    /// <param name="sign">The sign or code as it stands there; empty for none.</param>
    /// <returns>Whether the amount is negative.</returns>
    public static bool Split(scoped ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> sign)
    {
        sign = default;
        var negative = TakeMinus(ref text);
        if (text.IsEmpty)
        {
            return negative;
        }

        if (!IsNumeric(text[0]))
        {
            var end = text.IndexOfAny(NumberStart);
            if (end < 0)
            {
                return negative;
            }

            sign = CellText.Trim(text[..end]);

            // The point of "Rp." belongs to the letters; that of "$.50" to the number.
            text = CellText.Trim(text[(end + (text[end] == (byte)'.' && char.IsAsciiLetter((char)text[end - 1]) ? 1 : 0))..]);
            return TakeSecondMinus(ref text, negative);
        }

        if (!IsNumeric(text[^1]))
        {
            var last = text.LastIndexOfAnyInRange((byte)'0', (byte)'9');
            if (last >= 0)
            {
                sign = CellText.Trim(text[(last + 1)..]);
                text = text[..(last + 1)];
            }
        }

        return negative;
    }

    /// <summary>Why a sign is not taken, or <see langword="null"/>.</summary>
    /// <param name="sign">The sign as it stands in the cell; not empty.</param>
    /// <param name="signs">The signs of the program's currency; <see langword="null"/> without a program: any known one.</param>
    /// <param name="notAnAmount">The reason when it is no sign at all.</param>
    public static string? FaultOf(ReadOnlySpan<byte> sign, CurrencySigns? signs, string notAnAmount)
    {
        if (signs is not null && signs.Accepts(sign))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(sign);
        return CurrencySigns.CurrenciesOf(text).Count == 0 ? notAnAmount : signs is null ? null : OtherCurrency(text, signs);
    }

    /// <summary>The reason of an amount in another currency.</summary>
    public static string OtherCurrency(string sign, CurrencySigns signs) => $"'{sign}' is not the program's currency, which is {signs.Currency.Code}";

    private static bool TakeSecondMinus(ref ReadOnlySpan<byte> text, bool negative) => negative || TakeMinus(ref text);

    private static bool IsNumeric(byte b) => b is (>= (byte)'0' and <= (byte)'9') or (byte)'.' or (byte)'-';

    private static bool TakeMinus(ref ReadOnlySpan<byte> text)
    {
        if (text is not [(byte)'-', ..])
        {
            return false;
        }

        text = text[1..];
        return true;
    }
}
