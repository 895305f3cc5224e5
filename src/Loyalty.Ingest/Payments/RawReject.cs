using Loyalty.Clean;

namespace Loyalty.Ingest.Payments;

/// <summary>A record that cannot be used, and why; it is kept raw all the same.</summary>
/// <param name="Item">The record.</param>
/// <param name="Field">The field at fault.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Value">The value at fault.</param>
public sealed record RawReject(RawItem Item, string Field, string Reason, string Value);
