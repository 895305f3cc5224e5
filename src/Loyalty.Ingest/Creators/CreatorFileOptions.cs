using System.Text;
using Loyalty.Identity;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Creators;

/// <summary>How the files of creators are written: nothing of it is guessed from a value.</summary>
public sealed record CreatorFileOptions
{
    /// <summary>The region of the shop: phone numbers without calling code, addresses without country, dates and numbers are read as written there.</summary>
    public PhoneRegion Region { get; init; } = PhoneRegion.Parse("US", null);

    /// <summary>The currency of all amounts.</summary>
    public Currency Currency { get; init; } = Currency.Get("USD");

    /// <summary>The signs that amounts may carry; <see langword="null"/> for those of the currency.</summary>
    public CurrencySigns? Signs { get; init; }

    /// <summary>The order of day and month; <see langword="null"/> for that of the region: month first in the United States, else day first.</summary>
    public DateOrder? Dates { get; init; }

    /// <summary>Whether decimals stand after a comma and points group; <see langword="null"/> for the custom of the region.</summary>
    public bool? DecimalComma { get; init; }

    /// <summary>The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>Takes the cells that fill nothing though their row is taken: phone numbers that are not valid and texts that are no e-mail address.</summary>
    public RejectHandler? OnUnusedCell { get; init; }

    internal CellReading ToReading() => new(
        Region,
        Currency,
        Signs ?? CurrencySigns.Of(Currency),
        Dates ?? (Region.Code is "US" or "PR" or "GU" or "VI" or "AS" or "MP" ? DateOrder.MonthFirst : DateOrder.DayFirst),
        DecimalComma ?? Array.BinarySearch(CommaRegions, Region.Code, StringComparer.Ordinal) >= 0,
        OnUnusedCell);

    /// <summary>Regions that write a comma before decimals (CLDR), in ordinal order.</summary>
    private static readonly string[] CommaRegions =
    [
        "AR", "AT", "BE", "BG", "BO", "BR", "CL", "CO", "CR", "CZ", "DE", "DK", "EC", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "ID", "IT", "LT", "LU", "LV",
        "NL", "NO", "PL", "PT", "PY", "RO", "RS", "RU", "SE", "SI", "SK", "TR", "UA", "UY", "VE", "VN",
    ];
}
