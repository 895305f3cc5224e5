using System.Globalization;
using Loyalty.Money;
using Loyalty.Orders;

namespace Loyalty.Ingest.Values;

/// <summary>Reads amounts exactly, whatever their decimals: digits, optionally in groups of three by commas, a point before decimals.</summary>
/// <remarks>As <see cref="CellNumber"/>, for amounts that are added up before they are rounded to a currency.</remarks>
internal static class CellDecimal
{
    public const string TooLarge = "the amount is too large; it must be below 10^12";
    public const string TooManyDecimals = "the amount has more than 15 decimals";
    private const int MaxWholeDigits = 12;

    /// <summary>An amount; may be negative, and carry the sign or code of a currency in front or behind.</summary>
    /// <param name="text">The cell, trimmed.</param>
    /// <param name="signs">The signs of the program's currency, others being refused; <see langword="null"/> for any that is known.</param>
    /// <param name="amount">The amount.</param>
    /// <param name="sign">The sign as it stands in the cell; empty for none.</param>
    /// <returns><see langword="null"/>, or why the cell is no amount.</returns>
    public static string? TryAmount(ReadOnlySpan<byte> text, CurrencySigns? signs, out decimal amount, out ReadOnlySpan<byte> sign)
    {
        amount = 0;
        var negative = CellMoney.Split(ref text, out sign);
        if (!sign.IsEmpty && CellMoney.FaultOf(sign, signs, CellNumber.NotAnAmount) is { } fault)
        {
            return fault;
        }

        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if ((whole.IsEmpty && fraction.IsEmpty) || (point >= 0 && fraction.IsEmpty)
            || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || !(whole.IsEmpty || CellNumber.IsWhole(whole)))
        {
            return CellNumber.NotAnAmount;
        }

        whole = whole.TrimStart("0,"u8);
        fraction = fraction.TrimEnd((byte)'0');
        if (fraction.Length > OrderAmount.MaxDigits)
        {
            return TooManyDecimals;
        }

        if (whole.Length - whole.Count((byte)',') > MaxWholeDigits)
        {
            return TooLarge;
        }

        Span<byte> plain = stackalloc byte[MaxWholeDigits + OrderAmount.MaxDigits + 2];
        var length = 0;
        foreach (var digit in whole)
        {
            if (digit != (byte)',')
            {
                plain[length++] = digit;
            }
        }

        plain[length++] = (byte)'.';
        fraction.CopyTo(plain[length..]);
        plain = plain[..(length + fraction.Length)];
        amount = plain.Length == 1 ? 0 : decimal.Parse(plain, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        amount = negative ? -amount : amount;
        return null;
    }
}
