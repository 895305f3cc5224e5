using Loyalty.Money;

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
    /// <summary>An adjustment with sales in units of the currency.</summary>
    /// <param name="id">The id, unique in a tenant.</param>
    /// <param name="handle">The member's normalised handle.</param>
    /// <param name="date">The date on which it counts.</param>
    /// <param name="sales">Sales, such as <c>-12.34</c>.</param>
    /// <param name="currency">The program's currency.</param>
    /// <param name="units">Units; may be negative.</param>
    /// <param name="reason">Why, in words; may be empty.</param>
    /// <exception cref="ArgumentException"><paramref name="sales"/> has more digits than the currency, or is out of bounds.</exception>
    public static Adjustment Of(string id, string handle, DateOnly date, decimal sales, Currency currency, long units, string reason)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return new(id, handle, date, currency.ToMinor(sales), units, reason);
    }

    /// <summary>What it adds to totals.</summary>
    public AdjustmentTotals Totals => new(Sales, Units);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Adjustment), PrintMembers);
}
