using System.Runtime.CompilerServices;
using Loyalty.Money;

namespace Loyalty.Ingest.Values;

/// <summary>
/// Reads amounts and counts exactly, in one declared format: digits, optionally in groups of three by commas, a point before decimals.
/// </summary>
/// <remarks>
/// Nothing is guessed: <c>12,5</c>, <c>0,125</c>, <c>1.234,56</c>, <c>1,2,3</c>, <c>(5.00)</c>, <c>7-</c>, <c>1.2K</c>, <c>1e5</c>, <c>NaN</c>,
/// other minus signs and other digits are no numbers. The reason says why.
/// </remarks>
internal static class CellNumber
{
    public const string NotAnAmount = "not an amount; expected digits with a point before the decimals, such as 1234.56, $1,234.56 or -5.00";
    public const string TooManyDecimals = "the amount has more decimals than the currency";
    public const string TooLarge = "the number is too large";
    public const string NotACount = "not a count; expected a whole number of at least 0, such as 1234 or 1,234";
    public const string NotANumber = "not a whole number, such as 5, -5 or 1,234";
    public const string Negative = "negative; expected a whole number of at least 0";

    /// <summary>An amount in minor units; may be negative, and carry a sign or the code of the currency in front or behind.</summary>
    /// <returns><see langword="null"/>, or why the cell is no amount.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static string? TryAmount(ReadOnlySpan<byte> text, CurrencySigns signs, out long minor)
    {
        minor = 0;
        var negative = CellMoney.Split(ref text, out var sign);
        if (!sign.IsEmpty && CellMoney.FaultOf(sign, signs, NotAnAmount) is { } fault)
        {
            return fault;
        }

        return TryNumber(text, signs.Currency, negative, out minor);
    }

    /// <summary>As <see cref="TryAmount"/>, of a source that may group by points and write a comma before decimals: <c>Rp3.000.000</c>, <c>1.234,50</c>.</summary>
    /// <remarks>A point is one of groups when only three digits stand between it and the next, or the end.</remarks>
    public static string? TryAmountWithPoints(ReadOnlySpan<byte> text, CurrencySigns signs, out long minor)
    {
        minor = 0;
        var number = text;
        var negative = CellMoney.Split(ref number, out var sign);
        if (!sign.IsEmpty && CellMoney.FaultOf(sign, signs, NotAnAmount) is { } fault)
        {
            return fault;
        }

        Span<byte> swapped = stackalloc byte[64];
        return TrySwap(number, swapped, out var length) && TryNumber(swapped[..length], signs.Currency, negative, out minor) is null
            ? null
            : TryNumber(number, signs.Currency, negative, out minor);
    }

    /// <summary>As <see cref="TryCount"/>, of a source that may group by points: <c>20.000</c>.</summary>
    public static string? TryCountWithPoints(ReadOnlySpan<byte> text, long max, out long count)
    {
        Span<byte> swapped = stackalloc byte[64];
        return TrySwap(text, swapped, out var length) ? TryCount(swapped[..length], max, out count) : TryCount(text, max, out count);
    }

    /// <summary>Points for commas and commas for points, where there is a point.</summary>
    private static bool TrySwap(ReadOnlySpan<byte> text, Span<byte> swapped, out int length)
    {
        length = text.Length;
        if (length > swapped.Length || !text.Contains((byte)'.'))
        {
            return false;
        }

        for (var i = 0; i < length; i++)
        {
            swapped[i] = text[i] switch { (byte)'.' => (byte)',', (byte)',' => (byte)'.', var other => other };
        }

        return true;
    }

    /// <summary>The shortest way: digits with a point before decimals, the sign of dollars in front where it is the currency's. False as <see cref="TryPlainCount"/>.</summary>
    public static bool TryPlainAmount(ReadOnlySpan<byte> text, CurrencySigns signs, out long minor) =>
        TryPlainNumber(text is [(byte)'$', ..] && signs.Accepts("$"u8) ? text[1..] : text, signs.Currency.Digits, out minor);

    /// <summary>The shortest way: digits without groups, at most as many after a point as the currency has, few enough for 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryPlainNumber(ReadOnlySpan<byte> text, int digits, out long minor)
    {
        minor = 0;
        if (text.Length is 0 or > 14)
        {
            return false;
        }

        var point = -1;
        long sum = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                sum = (sum * 10) + digit;
            }
            else if (text[i] == (byte)'.' && point < 0)
            {
                point = i;
            }
            else
            {
                return false;
            }
        }

        var decimals = point < 0 ? 0 : text.Length - 1 - point;
        if (decimals > digits || (point >= 0 && decimals == 0))
        {
            return false;
        }

        for (; decimals < digits; decimals++)
        {
            sum *= 10;
        }

        minor = sum;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static string? TryNumber(ReadOnlySpan<byte> text, Currency currency, bool negative, out long minor)
    {
        if (TryPlainNumber(text, currency.Digits, out minor))
        {
            minor = negative ? -minor : minor;
            return null;
        }

        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if ((whole.IsEmpty && fraction.IsEmpty) || (point >= 0 && fraction.IsEmpty)
            || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return NotAnAmount;
        }

        if (!whole.IsEmpty && !IsWhole(whole))
        {
            return NotAnAmount;
        }

        if (fraction.Length > currency.Digits)
        {
            return TooManyDecimals;
        }

        // Added up below zero, because the range reaches one further there.
        long sum = 0;
        if (!TryAppend(whole, ref sum) || !TryAppend(fraction, ref sum))
        {
            return TooLarge;
        }

        for (var i = fraction.Length; i < currency.Digits; i++)
        {
            if (sum < long.MinValue / 10)
            {
                return TooLarge;
            }

            sum *= 10;
        }

        if (!negative && sum == long.MinValue)
        {
            return TooLarge;
        }

        minor = negative ? sum : -sum;
        return null;
    }

    /// <summary>The shortest way: digits alone, few enough for 64 bits. False says nothing about the cell but that it needs the long way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPlainCount(ReadOnlySpan<byte> text, long max, out long count)
    {
        count = 0;
        if (text.Length is 0 or > 18)
        {
            return false;
        }

        long sum = 0;
        foreach (var c in text)
        {
            var digit = (uint)(c - '0');
            if (digit > 9)
            {
                return false;
            }

            sum = (sum * 10) + digit;
        }

        count = sum <= max ? sum : 0;
        return sum <= max;
    }

    /// <summary>A whole number of at least 0.</summary>
    /// <returns><see langword="null"/>, or why the cell is none.</returns>
    public static string? TryCount(ReadOnlySpan<byte> text, long max, out long count)
    {
        if (TryPlainCount(text, max, out count))
        {
            return null;
        }

        var negative = TakeMinus(ref text);
        if (!IsWhole(text))
        {
            return NotACount;
        }

        long sum = 0;
        if (!TryAppend(text, ref sum) || sum < -max)
        {
            return TooLarge;
        }

        if (negative && sum != 0)
        {
            return Negative;
        }

        count = -sum;
        return null;
    }

    /// <summary>A whole number, which may be negative.</summary>
    /// <returns><see langword="null"/>, or why the cell is none.</returns>
    public static string? TryWhole(ReadOnlySpan<byte> text, out long number)
    {
        var negative = TakeMinus(ref text);
        if (text is [(byte)'-', ..])
        {
            number = 0;
            return NotANumber;
        }

        var fault = TryCount(text, long.MaxValue, out number);
        number = negative ? -number : number;
        return fault switch
        {
            null or TooLarge => fault,
            _ => NotANumber,
        };
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

    /// <summary>
    /// Digits, or digits in groups: one to three, then a comma and three, again and again. Groups start with 1 to 9: <c>0,125</c> can only
    /// mean a decimal comma.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool IsWhole(ReadOnlySpan<byte> text)
    {
        var comma = text.IndexOf((byte)',');
        if (comma < 0)
        {
            return !text.IsEmpty && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
        }

        if (comma is 0 or > 3 || text[0] == (byte)'0' || text[..comma].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || (text.Length - comma) % 4 != 0)
        {
            return false;
        }

        for (var i = comma; i < text.Length; i += 4)
        {
            if (text[i] != (byte)',' || text.Slice(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryAppend(ReadOnlySpan<byte> digits, ref long sum)
    {
        foreach (var character in digits)
        {
            if (character == (byte)',')
            {
                continue;
            }

            var digit = character - '0';
            if (sum < (long.MinValue + digit) / 10)
            {
                return false;
            }

            sum = (sum * 10) - digit;
        }

        return true;
    }
}
