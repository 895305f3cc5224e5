namespace Loyalty.Orders;

/// <summary>An order of any platform in one shape.</summary>
/// <remarks>Immutable, equal by value. Amounts are in the program's currency, below 10^12 in magnitude, with at most 15 decimals.</remarks>
public sealed record Order
{
    private readonly decimal _gross;
    private readonly decimal _fees;
    private readonly decimal _refunded;
    private readonly decimal _net;

    /// <summary>Platform and id.</summary>
    public required OrderKey Key { get; init; }

    /// <summary>When it was placed: the local date and time as the platform printed it.</summary>
    public required DateTime PlacedAt { get; init; }

    /// <summary>
    /// The normalised e-mail, or the platform's customer id, by which the order finds its customer; <see langword="null"/> when it has none that
    /// is usable: the order is unlinked.
    /// </summary>
    public string? CustomerKey { get; init; }

    /// <summary>The e-mail or customer id as given; empty when there is none.</summary>
    public string Contact { get; init; } = string.Empty;

    /// <summary>What the customer was charged.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The amount is out of bounds.</exception>
    public decimal Gross
    {
        get => _gross;
        init => _gross = OrderAmount.Check(value, nameof(Gross));
    }

    /// <summary>The platform's fees.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The amount is out of bounds.</exception>
    public decimal Fees
    {
        get => _fees;
        init => _fees = OrderAmount.Check(value, nameof(Fees));
    }

    /// <summary>What was given back.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The amount is out of bounds.</exception>
    public decimal Refunded
    {
        get => _refunded;
        init => _refunded = OrderAmount.Check(value, nameof(Refunded));
    }

    /// <summary>What is left for the seller, after refunds; the net spend of a customer is the sum of these.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The amount is out of bounds.</exception>
    public required decimal Net
    {
        get => _net;
        init => _net = OrderAmount.Check(value, nameof(Net));
    }

    /// <summary>Whether it counts as an order, as its source says; credits of it may undo it later, see <see cref="RefundOf"/>.</summary>
    public OrderStanding Standing { get; init; }

    /// <summary>The id of the order, of the same platform, of which this credit gives <see cref="Refunded"/> back; <see langword="null"/> for none.</summary>
    /// <remarks>
    /// A credit counts from its own date on. From the date on which credits and <see cref="Refunded"/> of an order together reach its
    /// <see cref="Gross"/>, the order is refunded in full and no longer counts.
    /// </remarks>
    public string? RefundOf { get; init; }

    /// <summary>The platform's words for the state of the order, as given.</summary>
    public string Status { get; init; } = string.Empty;

    /// <summary>The event or product; empty when there is none.</summary>
    public string Item { get; init; } = string.Empty;

    /// <summary>The name of the purchaser; empty when there is none.</summary>
    public string Purchaser { get; init; } = string.Empty;

    /// <summary>The local date of the order.</summary>
    public DateOnly Date => DateOnly.FromDateTime(PlacedAt);

    /// <summary>The standing once credits gave an amount of it back: refunded, when that and <see cref="Refunded"/> reach <see cref="Gross"/>.</summary>
    /// <param name="givenBack">The sum of <see cref="Refunded"/> over the credits that name it, up to a date; 0 or less changes nothing.</param>
    public OrderStanding StandingAfter(decimal givenBack) =>
        Standing == OrderStanding.Counts && givenBack > 0 && givenBack + Refunded >= Gross ? OrderStanding.Refunded : Standing;

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Order), PrintMembers);
}
