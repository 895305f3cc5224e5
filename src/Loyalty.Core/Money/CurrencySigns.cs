using System.Text;

namespace Loyalty.Money;

/// <summary>The signs and codes by which an amount in a file says its currency: <c>$</c>, <c>US$</c>, <c>€</c>, <c>Rp</c>, <c>GBP</c>.</summary>
/// <remarks>
/// A sign belongs to the currencies that print it: <c>$</c> to dollars and pesos (not to PHP), <c>¥</c> to JPY and CNY, <c>kr</c> to SEK, NOK
/// and DKK; <c>US$</c> and <c>£</c> to one. The code of ISO 4217 belongs to every currency. Letters are compared without case. A program may add
/// signs for a source that prints wrong ones. Immutable and thread-safe.
/// </remarks>
public sealed class CurrencySigns
{
    private const string Dollars =
        "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD UYU XCD";

    private static readonly (string Signs, string Codes)[] Table =
    [
        ("$", Dollars), ("US$ U$", "USD"), ("A$ AU$", "AUD"), ("CA$ C$ CAN$", "CAD"), ("NZ$", "NZD"), ("S$ SG$", "SGD"), ("HK$", "HKD"), ("NT$", "TWD"),
        ("MX$ MEX$", "MXN"), ("AR$", "ARS"), ("CL$ CLP$", "CLP"), ("CO$ COL$", "COP"), ("UY$ $U", "UYU"), ("RD$", "DOP"), ("J$ JA$", "JMD"),
        ("TT$", "TTD"), ("EC$", "XCD"), ("BDS$", "BBD"), ("BZ$", "BZD"), ("B$", "BND BSD"), ("BD$", "BMD"), ("FJ$", "FJD"), ("G$ GY$", "GYD"),
        ("CI$", "KYD"), ("L$", "LRD"), ("N$", "NAD"), ("SI$", "SBD"), ("SR$", "SRD"), ("CU$", "CUP"), ("R$", "BRL"), ("£", "GBP"), ("€", "EUR"),
        ("¥ ￥", "JPY CNY"), ("JP¥", "JPY"), ("CN¥ RMB", "CNY"), ("₱", "PHP"), ("₫ đ", "VND"), ("RP", "IDR"), ("₩", "KRW"), ("zł", "PLN"), ("₹", "INR"),
        ("KR", "SEK NOK DKK"), ("RM", "MYR"), ("฿", "THB"), ("₪", "ILS"), ("₺", "TRY"), ("₽", "RUB"), ("₴", "UAH"), ("₦", "NGN"), ("Kč", "CZK"),
        ("FT", "HUF"), ("S/", "PEN"), ("₡", "CRC"), ("₲", "PYG"), ("₵", "GHS"), ("₸", "KZT"), ("₾", "GEL"), ("₮", "MNT"), ("₭", "LAK"), ("৳", "BDT"),
    ];

    private static readonly Dictionary<string, string[]> CodesBySign = List();
    private readonly byte[][] _own;

    private CurrencySigns(Currency currency, IReadOnlyList<string> added)
    {
        Currency = currency;
        Added = added;
        _own =
        [
            .. CodesBySign.Where(s => s.Value.Contains(currency.Code)).Select(static s => Encoding.UTF8.GetBytes(s.Key)),
            Encoding.UTF8.GetBytes(currency.Code),
            .. added.Select(Encoding.UTF8.GetBytes),
        ];
    }

    /// <summary>The currency whose signs these are.</summary>
    public Currency Currency { get; }

    /// <summary>The signs that were added to its own.</summary>
    public IReadOnlyList<string> Added { get; }

    /// <summary>The signs of a currency, with others that a source prints for it.</summary>
    /// <param name="currency">The currency.</param>
    /// <param name="added">Further signs or codes that stand for it; they satisfy <see cref="IsSign"/>.</param>
    /// <exception cref="ArgumentException">A text of <paramref name="added"/> can be no sign.</exception>
    public static CurrencySigns Of(Currency currency, params IReadOnlyList<string> added)
    {
        ArgumentNullException.ThrowIfNull(currency);
        ArgumentNullException.ThrowIfNull(added);
        foreach (var sign in added)
        {
            if (!IsSign(sign))
            {
                throw new ArgumentException($"'{sign}' can be no sign of a currency: one to eight characters without digits, points, commas, minus signs and spaces.", nameof(added));
            }
        }

        return new CurrencySigns(currency, [.. added]);
    }

    /// <summary>Whether a text can be a sign: one to eight characters, none of them a digit, a point, a comma, a minus sign or a space.</summary>
    public static bool IsSign(string? text)
    {
        if (text is not { Length: > 0 and <= 8 })
        {
            return false;
        }

        foreach (var c in text)
        {
            if (char.IsDigit(c) || char.IsWhiteSpace(c) || char.IsControl(c) || c is '.' or ',' or '-')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The codes of the currencies that a sign or code may stand for; none when it is not known.</summary>
    public static IReadOnlyList<string> CurrenciesOf(string sign)
    {
        ArgumentNullException.ThrowIfNull(sign);
        var upper = sign.ToUpperInvariant();
        return CodesBySign.TryGetValue(sign, out var codes) || CodesBySign.TryGetValue(upper, out codes) ? codes
            : Currency.TryGet(upper, out _) ? [upper]
            : [];
    }

    /// <summary>Whether a sign or code, in UTF-8, stands for this currency.</summary>
    public bool Accepts(ReadOnlySpan<byte> sign)
    {
        foreach (var own in _own)
        {
            if (sign.SequenceEqual(own) || Ascii.EqualsIgnoreCase(sign, own))
            {
                return true;
            }
        }

        return false;
    }

    private static Dictionary<string, string[]> List()
    {
        var all = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (signs, codes) in Table)
        {
            foreach (var sign in signs.Split(' '))
            {
                all.Add(sign, codes.Split(' '));
            }
        }

        return all;
    }
}
