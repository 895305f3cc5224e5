using System.Runtime.InteropServices;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>Gathers the orders of several files: later ones replace earlier ones of their key, parts of one order add up.</summary>
internal sealed class OrderCollector
{
    private readonly Dictionary<OrderKey, Order> _orders = [];
    private readonly PartsTable _parts = new();
    private readonly Dictionary<(OrderPlatform Platform, string Column, string Text), long> _unknown = [];
    private readonly Dictionary<OrderKey, decimal> _refunds = [];
    private readonly Dictionary<string, string> _emails = new(StringComparer.Ordinal);
    private readonly List<string> _currencies = [];

    public long Replaced { get; private set; }

    public IReadOnlyList<string> Currencies => _currencies;

    public IReadOnlyList<UnknownStatus> UnknownStatuses =>
    [
        .. _unknown.Select(static u => new UnknownStatus(u.Key.Platform, u.Key.Column, u.Key.Text, u.Value))
            .OrderBy(static u => u.Platform).ThenBy(static u => u.Column, StringComparer.Ordinal).ThenBy(static u => u.Text, StringComparer.Ordinal),
    ];

    public IReadOnlyList<(string Email, string Customer)> CustomerEmails =>
        [.. _emails.Select(static e => (e.Key, e.Value)).OrderBy(static e => e.Key, StringComparer.Ordinal)];

    public void Put(Order order)
    {
        Replaced += _orders.Remove(order.Key) ? 1 : 0;
        _orders.Add(order.Key, order);
    }

    /// <summary>The parts of an order so far; <paramref name="customer"/> parts the rows of an id that several customers share.</summary>
    public ref OrderParts Parts(OrderPlatform platform, string id, string customer = "") => ref _parts.Get(platform, id, customer);

    /// <summary>Notes that an order gave back an amount of another; when all of it is back, the other no longer counts.</summary>
    public void Refund(OrderKey original, decimal amount)
    {
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_refunds, original, out _);
        sum += amount;
    }

    public void Unknown(OrderPlatform platform, string column, string text)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_unknown, (platform, column, text), out _);
        count++;
    }

    public void Currency(string code)
    {
        if (!_currencies.Contains(code))
        {
            _currencies.Add(code);
        }
    }

    public void Link(string email, string customer) => _emails.TryAdd(email, customer);

    /// <summary>All orders; those of parts are made as they are asked for, so that they need not be held all at once.</summary>
    public IEnumerable<Order> Complete() => _orders.Count == 0 && _refunds.Count == 0 && !_parts.AreShared ? OfParts() : Merged();

    private IEnumerable<Order> OfParts()
    {
        for (var i = 0; i < _parts.Count; i++)
        {
            if (!_parts[i].IsEmpty)
            {
                yield return _parts[i].ToOrder();
            }
        }
    }

    private Dictionary<OrderKey, Order>.ValueCollection Merged()
    {
        var orders = new Dictionary<OrderKey, Order>(_orders);
        for (var i = 0; i < _parts.Count; i++)
        {
            if (_parts[i].IsEmpty)
            {
                continue;
            }

            var order = _parts[i].ToOrder();
            var customer = _parts[i].SharedBy;
            while (orders.ContainsKey(order.Key))
            {
                // An id that several customers share, or that looks like one made for a row without id.
                order = order with { Key = new OrderKey(order.Key.Platform, $"{order.Key.Id} ({(customer.Length > 0 ? customer : "2")})") };
            }

            orders.Add(order.Key, order);
        }

        foreach (var (key, refunded) in _refunds)
        {
            if (orders.TryGetValue(key, out var order) && order.Standing == OrderStanding.Counts && order.Gross > 0 && refunded >= order.Gross)
            {
                orders[key] = order with { Standing = OrderStanding.Refunded, Refunded = order.Gross };
            }
        }

        return orders.Values;
    }
}
