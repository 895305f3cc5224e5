using System.Text.Json.Serialization;

namespace Loyalty.Creators;

/// <summary>A postal address in the columns that every source is brought to. One unit: its columns always come from one row.</summary>
/// <remarks>
/// Columns that are not known are empty. Equality is ordinal over all columns. <c>default</c> is no address. Text is kept as given but for
/// the names of US states, which become their codes, and the names of countries, which become ISO codes.
/// </remarks>
public readonly record struct PostalAddress
{
    /// <summary>How many columns there are.</summary>
    public const int Columns = 6;

    private readonly string? _line1;
    private readonly string? _line2;
    private readonly string? _city;
    private readonly string? _state;
    private readonly string? _zip;
    private readonly string? _country;

    /// <summary>An address from its columns.</summary>
    [JsonConstructor]
    public PostalAddress(string line1, string line2, string city, string state, string zip, string country)
    {
        // So that no value has two forms: an empty column is that of default.
        static string? Column(string text) => string.IsNullOrEmpty(text) ? null : text;
        (_line1, _line2, _city, _state, _zip, _country) = (Column(line1), Column(line2), Column(city), Column(state), Column(zip), Column(country));
    }

    /// <summary>Street and number; the whole address when it could not be taken apart.</summary>
    public string Line1 => _line1 ?? "";

    /// <summary>Flat, floor and the like.</summary>
    public string Line2 => _line2 ?? "";

    /// <summary>The city.</summary>
    public string City => _city ?? "";

    /// <summary>The state; of the United States its two letters.</summary>
    public string State => _state ?? "";

    /// <summary>The postal code; leading zeros stay.</summary>
    public string Zip => _zip ?? "";

    /// <summary>The country, two letters of ISO 3166 where it is known.</summary>
    public string Country => _country ?? "";

    /// <summary>Whether no column has a value.</summary>
    public bool IsEmpty => Line1.Length + Line2.Length + City.Length + State.Length + Zip.Length + Country.Length == 0;

    /// <summary>The column at a place: line 1, line 2, city, state, zip, country.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="column"/> is not from 0 to 5.</exception>
    public string this[int column] => column switch
    {
        0 => Line1,
        1 => Line2,
        2 => City,
        3 => State,
        4 => Zip,
        5 => Country,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, "An address has six columns."),
    };

    /// <summary>
    /// Takes an address in one cell apart, from the right: <c>line 1[, line 2 …], City, ST 12345[-6789]</c>. Several middle parts are joined
    /// by <c>, </c> into line 2. What does not fit stays whole in line 1, and the other columns are empty.
    /// </summary>
    /// <param name="cell">The cell; space around it does not count.</param>
    /// <param name="region">The ISO code of the country that an address without one is in.</param>
    public static PostalAddress Of(string cell, string region)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(region);
        var whole = cell.Trim();
        var parts = whole.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length < 3 || parts[0].Length == 0 || parts[^2].Length == 0 || !TryStateAndZip(parts[^1], out var state, out var zip))
        {
            return new PostalAddress(whole, "", "", "", "", "");
        }

        var middle = string.Join(", ", parts[1..^2].Where(static part => part.Length > 0));
        return new PostalAddress(parts[0], middle, parts[^2], state, zip, region);
    }

    /// <summary>An address from cells of a row: states and countries are folded, an address without a country is in the region.</summary>
    /// <param name="line1">Line 1, trimmed; so are the others.</param>
    /// <param name="line2">Line 2.</param>
    /// <param name="city">The city.</param>
    /// <param name="state">The state.</param>
    /// <param name="zip">The postal code.</param>
    /// <param name="country">The country, by name or code; may be empty.</param>
    /// <param name="region">The ISO code of the country that an address without one is in.</param>
    /// <returns>The address; <c>default</c> when only the country, or nothing, is filled.</returns>
    public static PostalAddress FromCells(string line1, string line2, string city, string state, string zip, string country, string region)
    {
        ArgumentNullException.ThrowIfNull(line1);
        ArgumentNullException.ThrowIfNull(line2);
        ArgumentNullException.ThrowIfNull(city);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(zip);
        ArgumentNullException.ThrowIfNull(country);
        if (line1.Length + line2.Length + city.Length + state.Length + zip.Length == 0)
        {
            return default;
        }

        country = country.Length == 0 ? region : CountryNames.Fold(country);
        return new PostalAddress(line1, line2, city, string.Equals(country, "US", StringComparison.Ordinal) ? UsStates.Fold(state) : state, zip, country);
    }

    /// <summary>The columns joined by commas, without the empty ones.</summary>
    public override string ToString()
    {
        var address = this;
        return string.Join(", ", Enumerable.Range(0, Columns).Select(c => address[c]).Where(static c => c.Length > 0));
    }

    private static bool TryStateAndZip(string text, out string state, out string zip)
    {
        (state, zip) = ("", "");
        var space = text.LastIndexOf(' ');
        if (space <= 0)
        {
            return false;
        }

        zip = text[(space + 1)..];
        state = text[..space].TrimEnd();
        if (!(IsDigits(zip, 0, 5) && (zip.Length == 5 || (zip.Length == 10 && zip[5] == '-' && IsDigits(zip, 6, 4)))))
        {
            return false;
        }

        var folded = UsStates.Fold(state);
        var fits = folded.Length == 2 && (char.IsAsciiLetterUpper(folded[0]) && char.IsAsciiLetterUpper(folded[1]));
        state = folded;
        return fits;
    }

    private static bool IsDigits(string text, int start, int count) =>
        text.Length >= start + count && text.AsSpan(start, count).IndexOfAnyExceptInRange('0', '9') < 0;
}
