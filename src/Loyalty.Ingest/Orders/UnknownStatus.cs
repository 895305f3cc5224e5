using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>A word for the state of an order that is not in the platform's known vocabulary.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="Column">The column, or the member of the JSON object.</param>
/// <param name="Text">The word as given.</param>
/// <param name="Rows">How many rows had it.</param>
public sealed record UnknownStatus(OrderPlatform Platform, string Column, string Text, long Rows);
