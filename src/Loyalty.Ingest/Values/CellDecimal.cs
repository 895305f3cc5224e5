using System.Globalization;
using Loyalty.Orders;

namespace Loyalty.Ingest.Values;

/// <summary>Reads amounts exactly, whatever their decimals: digits, optionally in groups of three by commas, a point before decimals.</summary>
/// <remarks>As <see cref="CellNumber"/>, for amounts that are added up before they are rounded to a currency.</remarks>
internal static class CellDecimal
{
    public const string TooLarge = "the amount is too large; it must be below 10^12";
    public const string TooManyDecimals = "the amount has more than 15 decimals";
    private const int MaxWholeDigits = 12;

    private static readonly byte[][] Signs = ["$"u8.ToArray(), "£"u8.ToArray(), "€"u8.ToArray()];

    /// <summary>An amount; may be negative, may carry <c>$</c>, <c>£</c> or <c>€</c> in front.</summary>
    /// <returns><see langword="null"/>, or why the cell is no amount.</returns>
    public static string? TryAmount(ReadOnlySpan<byte> text, out decimal amount)
    {
        amount = 0;
        var negative = TakeMinus(ref text);
        foreach (var sign in Signs)
        {
            if (text.StartsWith(sign))
            {
                text = text[sign.Length..];
                negative = negative || TakeMinus(ref text);
                break;
            }
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
