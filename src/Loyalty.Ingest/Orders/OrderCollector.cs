using System.Runtime.InteropServices;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>Gathers the orders of several files: later ones replace earlier ones of their key, parts of one order add up.</summary>
internal sealed class OrderCollector
{
    private readonly Dictionary<OrderKey, Order> _orders = [];
    private readonly Dictionary<PartsKey, OrderParts> _parts = [];
    private readonly Dictionary<(OrderPlatform Platform, string Column, string Text), long> _unknown = [];
    private readonly Dictionary<OrderKey, decimal> _refunds = [];
    private readonly Dictionary<string, string> _emails = new(StringComparer.Ordinal);
    private readonly List<string> _currencies = [];
    private bool _areShared;

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
    public OrderParts Parts(OrderPlatform platform, string id, string customer = "")
    {
        ref var parts = ref CollectionsMarshal.GetValueRefOrAddDefault(_parts, new PartsKey(platform, id, customer), out _);
        _areShared |= customer.Length > 0;
        return parts ??= new OrderParts();
    }

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
    public IEnumerable<Order> Complete() => _orders.Count == 0 && _refunds.Count == 0 && !_areShared ? OfParts() : Merged();

    private IEnumerable<Order> OfParts()
    {
        foreach (var (key, parts) in _parts)
        {
            if (!parts.IsEmpty)
            {
                yield return parts.ToOrder(new OrderKey(key.Platform, key.Id));
            }
        }
    }

    private Dictionary<OrderKey, Order>.ValueCollection Merged()
    {
        var orders = new Dictionary<OrderKey, Order>(_orders);
        foreach (var ((platform, id, customer), parts) in _parts)
        {
            if (parts.IsEmpty)
            {
                continue;
            }

            var order = parts.ToOrder(new OrderKey(platform, id));
            while (orders.ContainsKey(order.Key))
            {
                // An id that several customers share, or that looks like one made for a row without id.
                order = order with { Key = new OrderKey(platform, $"{order.Key.Id} ({(customer.Length > 0 ? customer : "2")})") };
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

    private readonly record struct PartsKey(OrderPlatform Platform, string Id, string Customer)
    {
        public bool Equals(PartsKey other) => Platform == other.Platform
            && string.Equals(Id, other.Id, StringComparison.Ordinal) && string.Equals(Customer, other.Customer, StringComparison.Ordinal);

        public override int GetHashCode() =>
            Id.GetHashCode(StringComparison.Ordinal) + (31 * (int)Platform) + (Customer.Length == 0 ? 0 : 17 * Customer.GetHashCode(StringComparison.Ordinal));
    }
}

/// <summary>An order of which each row is a part.</summary>
internal sealed class OrderParts
{
    private DateTime _placedAt = DateTime.MaxValue;
    private decimal _charged;
    private decimal _givenBack;
    private decimal _fees;
    private bool _isOrder;
    private bool _isDead;
    private int _rows;

    /// <summary>Whether no row was added: all were rejected.</summary>
    public bool IsEmpty => _rows == 0;

    public string? CustomerKey { get; set; }

    public string Contact { get; set; } = string.Empty;

    public string Item { get; set; } = string.Empty;

    public string Purchaser { get; set; } = string.Empty;

    public string Status { get; set; } = string.Empty;

    /// <summary>Whether an order with a negative part and nothing left is refunded, as in plain lists.</summary>
    public bool NegativeRefunds { get; set; }

    /// <summary>Whether an amount can be added without leaving the bounds of amounts.</summary>
    public bool Fits(decimal amount, decimal fees = 0) =>
        OrderAmount.IsWithin(_charged + Math.Abs(amount)) && OrderAmount.IsWithin(_givenBack + Math.Abs(amount)) && OrderAmount.IsWithin(_fees + fees);

    public void Add(DateTime placedAt, decimal amount, decimal fees = 0, bool isOrder = true, bool isDead = false)
    {
        _placedAt = placedAt < _placedAt ? placedAt : _placedAt;
        _charged += amount > 0 ? amount : 0;
        _givenBack -= amount < 0 ? amount : 0;
        _fees += fees;
        _isOrder |= isOrder;
        _isDead = (_rows == 0 || _isDead) && isDead;
        _rows++;
    }

    public Order ToOrder(OrderKey key) => new()
    {
        Key = key,
        PlacedAt = _placedAt,
        CustomerKey = CustomerKey,
        Contact = Contact,
        Gross = _charged,
        Fees = _fees,
        Refunded = _givenBack,
        Net = _charged - _givenBack - _fees,
        Standing = !_isOrder ? OrderStanding.Credit
            : _isDead || (NegativeRefunds && _givenBack > 0 && _charged <= _givenBack) ? OrderStanding.Refunded
            : OrderStanding.Counts,
        Status = Status,
        Item = Item,
        Purchaser = Purchaser,
    };
}
