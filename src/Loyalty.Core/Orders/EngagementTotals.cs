using Loyalty.Scoring;

namespace Loyalty.Orders;

/// <summary>What a customer's orders come to.</summary>
/// <param name="Orders">How many orders count.</param>
/// <param name="DeadOrders">How many were cancelled or refunded in full.</param>
/// <param name="Gross">What was charged, over all orders, dead ones included.</param>
/// <param name="Fees">The platforms' fees.</param>
/// <param name="Refunded">What was given back.</param>
/// <param name="Net">The net spend; refunds reduce it.</param>
/// <param name="FirstOrderOn">The date of the first order that counts.</param>
/// <param name="LastOrderOn">The date of the last order that counts.</param>
public sealed record EngagementTotals(
    int Orders, int DeadOrders, decimal Gross, decimal Fees, decimal Refunded, decimal Net, DateOnly? FirstOrderOn, DateOnly? LastOrderOn)
{
    /// <summary>A customer without any order.</summary>
    public static EngagementTotals None { get; } = new(0, 0, 0, 0, 0, 0, null, null);

    /// <summary>What the customer is scored from.</summary>
    public RfmInput ToRfmInput() => new(LastOrderOn, Orders, Net);

    /// <summary>A customer of whom only the input of scoring is known.</summary>
    public static EngagementTotals Of(in RfmInput input) => None with { Orders = input.Orders, Net = input.Net, LastOrderOn = input.LastOrderOn };

    /// <summary>These totals with an order more, which has the given standing at the time.</summary>
    /// <exception cref="OverflowException">A sum reached 10^12.</exception>
    public EngagementTotals Plus(Order order, OrderStanding standing)
    {
        ArgumentNullException.ThrowIfNull(order);
        var counts = standing == OrderStanding.Counts;
        return Change(
            order, standing, 1, counts && !(FirstOrderOn <= order.Date) ? order.Date : FirstOrderOn, counts && !(LastOrderOn >= order.Date) ? order.Date : LastOrderOn);
    }

    /// <summary>These totals with an order more, which stands as its source says.</summary>
    /// <exception cref="OverflowException">A sum reached 10^12.</exception>
    public EngagementTotals Plus(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return Plus(order, order.Standing);
    }

    /// <summary>These totals with an order less; the first and last date are to be found anew when it carried one of them.</summary>
    internal EngagementTotals Minus(Order order, OrderStanding standing) => Change(order, standing, -1, FirstOrderOn, LastOrderOn);

    private EngagementTotals Change(Order order, OrderStanding standing, int sign, DateOnly? first, DateOnly? last) => new(
        Orders + (standing == OrderStanding.Counts ? sign : 0),
        DeadOrders + (standing is OrderStanding.Cancelled or OrderStanding.Refunded ? sign : 0),
        OrderAmount.Add(Gross, sign * order.Gross),
        OrderAmount.Add(Fees, sign * order.Fees),
        OrderAmount.Add(Refunded, sign * order.Refunded),
        OrderAmount.Add(Net, sign * order.Net),
        first,
        last);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(EngagementTotals), PrintMembers);
}
