namespace Loyalty.Activities;

/// <summary>A dated manual correction of a member's sales or units.</summary>
/// <remarks>Immutable; equal when all parts are. It counts in the windows that hold its date, and in lifetime totals.</remarks>
/// <param name="Id">The id, unique in a tenant; the same id again replaces the earlier adjustment.</param>
/// <param name="Handle">The member's normalised handle.</param>
/// <param name="Date">The date on which it counts.</param>
/// <param name="Sales">Sales in minor units of the program's currency; may be negative.</param>
/// <param name="Units">Units; may be negative.</param>
/// <param name="Reason">Why, in words; may be empty.</param>
public sealed record Adjustment(string Id, string Handle, DateOnly Date, long Sales, long Units, string Reason)
{
    /// <summary>What it adds to totals.</summary>
    public AdjustmentTotals Totals => new(Sales, Units);
}
