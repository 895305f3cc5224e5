using Loyalty.Money;

namespace Loyalty.Ingest.Orders;

/// <summary>The one currency that all amounts of a run must have when no program says which, as far as their signs and codes tell.</summary>
internal sealed class SeenCurrency
{
    private readonly List<(string Sign, string Place)> _signs = [];
    private HashSet<string>? _possible;

    /// <summary>The signs and codes that were seen, in order of first appearance.</summary>
    public IReadOnlyList<string> Signs => _signs.ConvertAll(static s => s.Sign);

    /// <summary>Notes a sign or code.</summary>
    /// <param name="sign">The sign as it stands there.</param>
    /// <param name="file">The file, named when another currency was seen before.</param>
    /// <param name="line">The line.</param>
    /// <exception cref="SourceException">It stands for none of the currencies that all amounts so far may have.</exception>
    public void Note(string sign, string file, long line)
    {
        foreach (var (known, _) in _signs)
        {
            if (string.Equals(known, sign, StringComparison.Ordinal))
            {
                return;
            }
        }

        var place = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file}, line {line}");
        var codes = CurrenciesOf(sign);
        if (_possible is not null && !_possible.Overlaps(codes))
        {
            var (other, where) = _signs.Find(s => !CurrenciesOf(s.Sign).Intersect(codes, StringComparer.Ordinal).Any()) is { Sign: not null } found
                ? found
                : _signs[^1];
            throw new SourceException(
                SourceFault.Currency,
                $"Amounts of two currencies came together: '{other}' ({where}) and '{sign}' ({place}). Without a program all amounts of a run must have one "
                + "currency; nothing was taken. Give a program with a currency, or read the files apart.");
        }

        _possible ??= new HashSet<string>(codes, StringComparer.Ordinal);
        _possible.IntersectWith(codes);
        _signs.Add((sign, place));
    }

    private static IReadOnlyList<string> CurrenciesOf(string sign) => CurrencySigns.CurrenciesOf(sign) is { Count: > 0 } codes ? codes : [sign.ToUpperInvariant()];
}
