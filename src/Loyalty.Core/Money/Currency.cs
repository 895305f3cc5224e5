using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Loyalty.Money;

/// <summary>A currency of ISO 4217: its code and how many digits its amounts have after the decimal point.</summary>
/// <remarks>
/// Immutable; equal by code. Amounts are integers in minor units: 12.34 USD is 1234, 500 JPY is 500.
/// Source: ISO 4217 list one (active currencies and funds), as published by the maintenance agency in 2024.
/// </remarks>
[JsonConverter(typeof(CurrencyConverter))]
public sealed class Currency : IEquatable<Currency>
{
    private const string TwoDigits =
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
        + "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
        + "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
        + "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
        + "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

    private const string NoDigits = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    private const string ThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
    private const string FourDigits = "CLF UYW";

    private static readonly Dictionary<string, Currency> ByCode = List();
    private static readonly long[] PowersOfTen = [1, 10, 100, 1_000, 10_000];

    private Currency(string code, int digits)
    {
        Code = code;
        Digits = digits;
    }

    /// <summary>The code, three capital letters.</summary>
    public string Code { get; }

    /// <summary>Digits after the decimal point, 0 to 4.</summary>
    public int Digits { get; }

    /// <summary>How many minor units make one unit: 100 for USD, 1 for JPY.</summary>
    public long MinorUnits => PowersOfTen[Digits];

    /// <summary>Finds the currency with <paramref name="code"/>, in capitals as ISO 4217 writes it.</summary>
    public static bool TryGet(string? code, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Currency? currency)
    {
        currency = null;
        return code is not null && ByCode.TryGetValue(code, out currency);
    }

    /// <summary>The currency with <paramref name="code"/>.</summary>
    /// <exception cref="FormatException">ISO 4217 has no such code.</exception>
    public static Currency Get(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return TryGet(code, out var currency)
            ? currency
            : throw new FormatException($"'{code}' is no currency code of ISO 4217 (three capital letters, such as USD).");
    }

    /// <summary>Turns an exact decimal into minor units.</summary>
    /// <returns>Whether <paramref name="amount"/> has no more digits than the currency and fits a <see cref="long"/>.</returns>
    public bool TryToMinor(decimal amount, out long minor)
    {
        minor = 0;
        if (amount is > long.MaxValue or < long.MinValue)
        {
            return false;
        }

        var scaled = amount * MinorUnits;
        if (scaled != decimal.Truncate(scaled) || scaled is > long.MaxValue or < long.MinValue)
        {
            return false;
        }

        minor = (long)scaled;
        return true;
    }

    /// <summary>Turns an exact decimal into minor units: 12.34 USD is 1234.</summary>
    /// <exception cref="ArgumentException"><paramref name="amount"/> has more digits than the currency, or does not fit a <see cref="long"/>; nothing is rounded.</exception>
    public long ToMinor(decimal amount) => TryToMinor(amount, out var minor)
        ? minor
        : throw new ArgumentException(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{amount} is no amount in {Code}: expected at most {Digits} decimals, within 64 bits of minor units."),
            nameof(amount));

    /// <summary>An amount of minor units as a decimal with exactly <see cref="Digits"/> digits after the point, so that it prints alike wherever it comes from.</summary>
    public decimal ToAmount(long minor)
    {
        var magnitude = minor < 0 ? (ulong)-(minor + 1) + 1 : (ulong)minor;
        return new decimal((int)magnitude, (int)(magnitude >> 32), 0, minor < 0, (byte)Digits);
    }

    /// <summary>Writes an amount with exactly <see cref="Digits"/> digits after the point, such as <c>-0.05</c>.</summary>
    /// <param name="minor">The amount in minor units.</param>
    /// <param name="destination">Receives ASCII; 22 bytes are always enough.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Format(long minor, Span<byte> destination)
    {
        if (destination.Length < 22)
        {
            throw new ArgumentException("needs room for 22 bytes", nameof(destination));
        }

        if (Digits == 0)
        {
            Utf8Formatter.TryFormat(minor, destination, out var whole);
            return whole;
        }

        var position = 0;
        var magnitude = minor < 0 ? (ulong)-(minor + 1) + 1 : (ulong)minor;
        if (minor < 0)
        {
            destination[position++] = (byte)'-';
        }

        var (units, fraction) = Math.DivRem(magnitude, (ulong)MinorUnits);
        Utf8Formatter.TryFormat(units, destination[position..], out var written);
        position += written;
        destination[position++] = (byte)'.';
        for (var i = Digits - 1; i >= 0; i--)
        {
            destination[position + i] = (byte)('0' + (fraction % 10));
            fraction /= 10;
        }

        return position + Digits;
    }

    /// <summary>The amount as text with exactly <see cref="Digits"/> digits after the point.</summary>
    public string Format(long minor)
    {
        Span<byte> buffer = stackalloc byte[22];
        return System.Text.Encoding.ASCII.GetString(buffer[..Format(minor, buffer)]);
    }

    /// <inheritdoc/>
    public bool Equals(Currency? other) => other is not null && string.Equals(Code, other.Code, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Currency);

    /// <inheritdoc/>
    public override int GetHashCode() => Code.GetHashCode(StringComparison.Ordinal);

    /// <summary>The code.</summary>
    public override string ToString() => Code;

    private static Dictionary<string, Currency> List()
    {
        var all = new Dictionary<string, Currency>(StringComparer.Ordinal);
        foreach (var (codes, digits) in new[] { (TwoDigits, 2), (NoDigits, 0), (ThreeDigits, 3), (FourDigits, 4) })
        {
            foreach (var code in codes.Split(' '))
            {
                all.Add(code, new Currency(code, digits));
            }
        }

        return all;
    }
}
