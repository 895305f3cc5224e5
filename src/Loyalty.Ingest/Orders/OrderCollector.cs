using System.Runtime.InteropServices;
using Loyalty.Ingest.Orders.Eventbrite;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>Gathers the orders of several files: later ones replace earlier ones of their key, parts of one order add up.</summary>
internal sealed class OrderCollector(RejectHandler onReject)
{
    private readonly Dictionary<OrderKey, Order> _orders = [];
    private readonly PartsTable _parts = new();
    private readonly TicketTable _tickets = new();
    private readonly NamedOrders _named = new(onReject);
    private readonly RepeatedRecords _records = new();
    private readonly Dictionary<(OrderPlatform Platform, string Column, string Text), long> _unknown = [];
    private readonly Dictionary<string, string> _emails = new(StringComparer.Ordinal);

    /// <summary>The currency of all amounts when no program says it.</summary>
    public SeenCurrency Currency { get; } = new();

    /// <summary>How many rows replaced an earlier one of the same order or ticket.</summary>
    public long Replaced { get; private set; }

    /// <summary>How many rows an earlier file has already.</summary>
    public long Repeated { get; private set; }

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

    /// <summary>Puts an order whose key is only a name: with other content from another file, neither is taken.</summary>
    public void PutNamed(Order order, NamedRows rows)
    {
        switch (_named.Take(order, rows))
        {
            case NamedOutcome.Taken:
                Put(order);
                break;
            case NamedOutcome.Contradictory:
                _orders.Remove(order.Key);
                break;
        }
    }

    /// <summary>How many rows of a file were rejected after they had been read.</summary>
    public long RejectedLater(int file) => _named.RejectedOf(file);

    /// <summary>The parts of an order so far; <paramref name="customer"/> parts the rows of an id that several customers share.</summary>
    public ref OrderParts Parts(OrderPlatform platform, string id, string customer = "") => ref _parts.Get(platform, id, customer, out _);

    /// <summary>Adds a part of an order of a plain list: a negative one gives back on its own date.</summary>
    public void AddPlain(OrderPlatform platform, string id, DateTime placedAt, decimal amount)
    {
        ref var parts = ref _parts.Get(platform, id, string.Empty, out var position);
        parts.NegativeRefunds = true;
        parts.Add(placedAt, amount);
        if (amount < 0)
        {
            _parts.NoteRefund(position, placedAt, -amount);
        }
    }

    /// <summary>Puts a ticket of an order; the same ticket again replaces.</summary>
    /// <returns><see langword="false"/> when the order would leave the bounds of amounts; the ticket was not taken.</returns>
    public bool TryPut(string order, string ticket, in Ticket content)
    {
        if (!_tickets.TryPut(order, ticket, content, out var isReplaced))
        {
            return false;
        }

        Replaced += isReplaced ? 1 : 0;
        return true;
    }

    /// <summary>Whether a record that has no key of its own stands in an earlier file as often as in this one so far.</summary>
    public bool IsRepeated(UInt128 fingerprint, int file)
    {
        var isRepeated = _records.IsRepeated(fingerprint, file);
        Repeated += isRepeated ? 1 : 0;
        return isRepeated;
    }

    public void Unknown(OrderPlatform platform, string column, string text)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_unknown, (platform, column, text), out _);
        count++;
    }

    public void Link(string email, string customer) => _emails.TryAdd(email, customer);

    /// <summary>
    /// All orders, the credits that name an order first; those of parts are made as they are asked for, so that they need not be held all at once.
    /// </summary>
    public IEnumerable<Order> Complete() => _orders.Count == 0 && _tickets.IsEmpty && !_parts.AreShared ? OfParts() : Merged();

    private IEnumerable<Order> OfParts() => _parts.Credits().Concat(_parts.Orders());

    private IEnumerable<Order> Merged()
    {
        var orders = new Dictionary<OrderKey, Order>(_orders);
        foreach (var order in _tickets.Orders())
        {
            // The report of orders tells buyer and money better than the tickets do.
            orders.TryAdd(order.Key, order);
        }

        for (var i = 0; i < _parts.Count; i++)
        {
            if (_parts[i].IsEmpty)
            {
                continue;
            }

            var order = _parts.OrderAt(i);
            var customer = _parts[i].SharedBy;
            while (orders.ContainsKey(order.Key))
            {
                // An id that several customers share, or that looks like one made for a row without id.
                order = order with { Key = new OrderKey(order.Key.Platform, $"{order.Key.Id} ({(customer.Length > 0 ? customer : "2")})") };
            }

            orders.Add(order.Key, order);
        }

        foreach (var credit in _parts.Credits())
        {
            orders.TryAdd(credit.Key, credit);
        }

        return orders.Values.Where(static o => o.RefundOf is not null).Select(o => OfOriginal(o, orders))
            .Concat(orders.Values.Where(static o => o.RefundOf is null));
    }

    /// <summary>A credit as the order that it names makes it: whose it is if it does not say so, and nothing when no money of that order is left to give back.</summary>
    private static Order OfOriginal(Order credit, Dictionary<OrderKey, Order> orders)
    {
        if (!orders.TryGetValue(new OrderKey(credit.Key.Platform, credit.RefundOf!), out var original))
        {
            return credit;
        }

        var isDead = original.Standing is OrderStanding.Cancelled or OrderStanding.Refunded or OrderStanding.Unpaid;
        return isDead && original.Net <= 0 || credit.CustomerKey is null
            ? credit with
            {
                Net = isDead && original.Net <= 0 ? 0 : credit.Net,
                CustomerKey = credit.CustomerKey ?? original.CustomerKey,
                Contact = credit.CustomerKey is null ? original.Contact : credit.Contact,
            }
            : credit;
    }
}
