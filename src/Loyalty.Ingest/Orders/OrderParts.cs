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

    public readonly Order ToOrder() => new()
    {
        Key = new OrderKey(platform, id),
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
