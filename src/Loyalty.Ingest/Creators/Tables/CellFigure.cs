using System.Globalization;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators.Tables;

/// <summary>Reads exact decimals as dashboards print them: <c>1,234.56</c>, <c>15k</c>, <c>1.2M</c>; with a decimal comma <c>1.234,56</c>.</summary>
internal static class CellFigure
{
    public const string NotANumber = "not a number; expected digits such as 1234, 1,234, 15k or 1.2m";
    public const string NotANumberWithComma = "not a number; expected digits such as 1234, 1.234, 15k or 1,2m (a comma before the decimals, as the region writes)";
    public const string NotWhole = "not a whole number of at least 0";
    private const int MaxDigits = 26;

    /// <summary>A decimal, exact, optionally negative and with K, M or B behind it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, bool decimalComma, out decimal value)
    {
        value = 0;
        var negative = text is [(byte)'-', ..];
        text = negative ? text[1..] : text;
        var factor = 1m;
        if (text.Length > 1)
        {
            factor = (text[^1] | 0x20) switch { (byte)'k' => 1_000m, (byte)'m' => 1_000_000m, (byte)'b' => 1_000_000_000m, _ => 1m };
            text = factor == 1 ? text : text[..^1].TrimEnd((byte)' ');
        }

        Span<byte> plain = stackalloc byte[MaxDigits * 2];
        if (text.Length > plain.Length)
        {
            return false;
        }

        var (group, point) = decimalComma ? ((byte)'.', (byte)',') : ((byte)',', (byte)'.');
        for (var i = 0; i < text.Length; i++)
        {
            plain[i] = text[i] == group ? (byte)',' : text[i] == point ? (byte)'.' : text[i];
            if (!char.IsAsciiDigit((char)text[i]) && text[i] != group && text[i] != point)
            {
                return false;
            }
        }

        plain = plain[..text.Length];
        var at = plain.IndexOf((byte)'.');
        var whole = at < 0 ? plain : plain[..at];
        ReadOnlySpan<byte> fraction = at < 0 ? default : plain[(at + 1)..];
        if ((whole.IsEmpty && fraction.IsEmpty) || (at >= 0 && fraction.IsEmpty) || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0
            || !(whole.IsEmpty || CellNumber.IsWhole(whole)) || plain.Length - plain.Count((byte)',') > MaxDigits)
        {
            return false;
        }

        var length = 0;
        for (var i = 0; i < plain.Length; i++)
        {
            if (plain[i] != (byte)',')
            {
                plain[length++] = plain[i];
            }
        }

        // At most 26 digits times 10^9 may be too large for a decimal; then it is no number that anybody counts.
        if (!decimal.TryParse(plain[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) || value > decimal.MaxValue / factor)
        {
            return false;
        }

        value *= negative ? -factor : factor;
        return true;
    }
}
