using System.Runtime.InteropServices;
using Loyalty.Scoring;

namespace Loyalty.Orders;

/// <summary>Adds orders up for each customer without keeping them: what scoring once needs of a complete export.</summary>
/// <remarks>
/// The totals are those of an <see cref="OrderBook"/>, in a fraction of its memory; orders cannot be replaced or removed, and credits that name an
/// order (<see cref="Order.RefundOf"/>) come before all orders. Not safe for use by several threads.
/// </remarks>
public sealed class OrderSums
{
    private readonly Dictionary<string, EngagementTotals> _totals = new(StringComparer.Ordinal);
    private readonly Dictionary<OrderKey, decimal> _givenBack = [];
    private bool _hasOrders;

    /// <summary>Creates empty sums.</summary>
    /// <param name="asOf">The last date whose orders count.</param>
    public OrderSums(DateOnly asOf) => AsOf = asOf;

    /// <summary>The last date whose orders count.</summary>
    public DateOnly AsOf { get; }

    /// <summary>The number of customers.</summary>
    public int CustomerCount => _totals.Count;

    /// <summary>Adds an order; one without customer, or after <see cref="AsOf"/>, changes nothing.</summary>
    /// <exception cref="OverflowException">A sum of the customer's amounts reached 10^12; the sums are of no use then.</exception>
    /// <exception cref="InvalidOperationException">The credit names an order, but orders were added already.</exception>
    public void Add(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (order.RefundOf is not { } original)
        {
            _hasOrders = true;
        }
        else if (_hasOrders)
        {
            throw new InvalidOperationException($"The credit {order.Key} names order '{original}', but orders were added already; add the credits first.");
        }
        else if (order.Date <= AsOf)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_givenBack, new OrderKey(order.Key.Platform, original), out _) += order.Refunded;
        }

        if (order.CustomerKey is { } customer && order.Date <= AsOf)
        {
            ref var totals = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, customer, out _);
            totals = (totals ?? EngagementTotals.None).Plus(order, StandingOf(order));
        }
    }

    /// <summary>The standing of an order on <see cref="AsOf"/>, after the credits that were added.</summary>
    public OrderStanding StandingOf(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return _givenBack.TryGetValue(order.Key, out var sum) ? order.StandingAfter(sum) : order.Standing;
    }

    /// <summary>What a customer's orders come to, or <see langword="null"/> for an unknown customer.</summary>
    public EngagementTotals? Find(string customer) => _totals.GetValueOrDefault(customer);

    /// <summary>All customers with what they are scored from, in order of name (ordinal).</summary>
    public CustomerPopulation ToPopulation()
    {
        var (names, totals) = (new string[_totals.Count], new EngagementTotals[_totals.Count]);
        _totals.Keys.CopyTo(names, 0);
        _totals.Values.CopyTo(totals, 0);
        Array.Sort(names, totals, StringComparer.Ordinal);
        var population = new CustomerPopulation(names.Length);
        for (var i = 0; i < names.Length; i++)
        {
            population.TryAdd(names[i], totals[i].ToRfmInput());
        }

        return population;
    }
}
