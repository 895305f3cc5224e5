using System.Globalization;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>An order of which each row is a part.</summary>
internal struct OrderParts(OrderPlatform platform, string id, string sharedBy)
{
    private DateTime _placedAt = DateTime.MaxValue;
    private decimal _charged;
    private decimal _givenBack;
    private decimal _fees;
    private bool _isOrder;
    private bool _isDead;
    private int _rows;

    /// <summary>Whether no row was added: all were rejected.</summary>
    public readonly bool IsEmpty => _rows == 0;

    /// <summary>The customer by whom the rows of an id that several share are told apart; empty in other orders.</summary>
    public readonly string SharedBy => sharedBy;

    public string? CustomerKey { get; set; }

    public string Contact { get; set; } = string.Empty;

    public string Item { get; set; } = string.Empty;

    public string Purchaser { get; set; } = string.Empty;

    public string Status { get; set; } = string.Empty;

    /// <summary>Whether an order with a negative part and nothing left is refunded, as in plain lists.</summary>
    public bool NegativeRefunds { get; set; }

    /// <summary>Whether an amount can be added without leaving the bounds of amounts.</summary>
    public readonly bool Fits(decimal amount, decimal fees = 0) =>
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

    /// <summary>The date of the order: that of its earliest part.</summary>
    public readonly DateOnly Date => DateOnly.FromDateTime(_placedAt);

    /// <summary>The order on its own date.</summary>
    /// <param name="later">What was given back after it.</param>
    public readonly Order ToOrder(decimal later) => new()
    {
        Key = new OrderKey(platform, id),
        PlacedAt = _placedAt,
        CustomerKey = CustomerKey,
        Contact = Contact,
        Gross = _charged,
        Fees = _fees,
        Refunded = _givenBack - later,
        Net = _charged - (_givenBack - later) - _fees,
        Standing = !_isOrder ? OrderStanding.Credit
            : _isDead || (NegativeRefunds && _givenBack > later && _charged <= _givenBack - later) ? OrderStanding.Refunded
            : OrderStanding.Counts,
        Status = Status,
        Item = Item,
        Purchaser = Purchaser,
    };

    /// <summary>What the order gave back on a later date.</summary>
    public readonly Order ToCredit(DateTime at, decimal amount) => new()
    {
        Key = new OrderKey(platform, string.Create(CultureInfo.InvariantCulture, $"{id} (refund {at:yyyy-MM-dd})")),
        RefundOf = id,
        PlacedAt = at,
        CustomerKey = CustomerKey,
        Contact = Contact,
        Refunded = amount,
        Net = -amount,
        Standing = OrderStanding.Credit,
        Item = Item,
        Purchaser = Purchaser,
    };
}
