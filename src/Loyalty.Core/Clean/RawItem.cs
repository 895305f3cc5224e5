namespace Loyalty.Clean;

/// <summary>What kind of record a raw item is.</summary>
public enum RawKind
{
    /// <summary>A row of a CSV export of invoices.</summary>
    InvoiceRow,

    /// <summary>A transaction of the payment provider's API.</summary>
    Transaction,

    /// <summary>An invoice of the payment provider's API.</summary>
    Invoice,

    /// <summary>A row of a CSV export of contacts.</summary>
    ContactRow,

    /// <summary>A contact of the mailing system's API.</summary>
    Contact,
}

/// <summary>A record as it was received.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its own id; the same kind and id are the same record.</param>
/// <param name="Json">The record: an item of an API as it came, byte for byte; a row of a CSV file as an object of its cells.</param>
/// <param name="From">Where from: file and line, or the address of the page without its query's secrets.</param>
public sealed record RawItem(RawKind Kind, string Id, string Json, string From);
