using Loyalty.Identity;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Creators.Tables;

/// <summary>How the cells of a file are read, with nothing left to the region's custom.</summary>
/// <param name="Region">Where phone numbers without calling code and addresses without country are.</param>
/// <param name="Currency">The currency of all amounts.</param>
/// <param name="Signs">The signs that amounts may carry.</param>
/// <param name="Dates">The order of day and month.</param>
/// <param name="HasDecimalComma">Whether decimals stand after a comma and points group.</param>
/// <param name="OnUnusedCell">Takes the cells that fill nothing though their row is taken.</param>
internal sealed record CellReading(PhoneRegion Region, Currency Currency, CurrencySigns Signs, DateOrder Dates, bool HasDecimalComma, RejectHandler? OnUnusedCell);
