using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Creators.Tables;

/// <summary>Reads an amount with the sign or code of its currency, in the number format of a region, in full or abbreviated (<c>$1.2k</c>).</summary>
internal static class MoneyCell
{
    public static bool TryRead(ReadOnlySpan<byte> text, CurrencySigns signs, bool decimalComma, out decimal value, out string? fault)
    {
        (value, fault) = (0, null);
        var suffix = text.Length > 1 && (text[^1] | 0x20) is (byte)'k' or (byte)'m' or (byte)'b' && text[^2] is >= (byte)'0' and <= (byte)'9' ? text[^1..] : default;
        var number = text[..^suffix.Length];
        var negative = CellMoney.Split(ref number, out var sign);
        if (!sign.IsEmpty && CellMoney.FaultOf(sign, signs, CellNumber.NotAnAmount) is { } other)
        {
            fault = other;
            return false;
        }

        Span<byte> abbreviated = stackalloc byte[64];
        if (!suffix.IsEmpty && number.Length < abbreviated.Length)
        {
            number.CopyTo(abbreviated);
            abbreviated[number.Length] = suffix[0];
            return TryNumber(abbreviated[..(number.Length + 1)], decimalComma, negative, out value);
        }

        return suffix.IsEmpty && TryNumber(number, decimalComma, negative, out value);
    }

    private static bool TryNumber(ReadOnlySpan<byte> number, bool decimalComma, bool negative, out decimal value)
    {
        if (!CellFigure.TryRead(number, decimalComma, out value))
        {
            return false;
        }

        value = negative ? -value : value;
        return true;
    }
}
