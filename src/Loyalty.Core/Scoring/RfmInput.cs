using System.Text.Json.Serialization;

namespace Loyalty.Scoring;

/// <summary>What a customer is scored from: the date of the last order, the number of orders, the lifetime net spend.</summary>
/// <remarks>Equal by value. <see langword="default"/> is a customer who never ordered. Net spend may be negative: refunds reduce it.</remarks>
public readonly struct RfmInput : IEquatable<RfmInput>
{
    /// <summary>Amounts stay below this in magnitude and have at most <see cref="RfmColumns.MaxDigits"/> decimals, so that the scores are exact.</summary>
    public const decimal MaxNet = 1_000_000_000_000m;

    /// <summary>Creates an input.</summary>
    /// <param name="lastOrderOn">The date of the last order that counts, or <see langword="null"/> for none.</param>
    /// <param name="orders">The number of orders that count, at least 0; 0 when there is no last order.</param>
    /// <param name="net">The net spend, with up to 15 decimals.</param>
    /// <exception cref="ArgumentException">There are orders, but no last one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The number of orders is negative or the largest integer, or the net spend is 10^12 or more in magnitude or has more than 15 decimals.
    /// </exception>
    [JsonConstructor]
    public RfmInput(DateOnly? lastOrderOn, int orders, decimal net)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(orders);
        ArgumentOutOfRangeException.ThrowIfEqual(orders, int.MaxValue);
        if (lastOrderOn is null && orders > 0)
        {
            throw new ArgumentException("A customer with orders has a last one.", nameof(lastOrderOn));
        }

        if (net is >= MaxNet or <= -MaxNet || net.Scale > RfmColumns.MaxDigits)
        {
            throw new ArgumentOutOfRangeException(nameof(net), net, "Net spend must be below 10^12 in magnitude and have at most 15 decimals.");
        }

        LastOrderOn = lastOrderOn;
        Orders = orders;
        Net = net;
    }

    /// <summary>The date of the last order that counts, or <see langword="null"/> when the customer never ordered.</summary>
    public DateOnly? LastOrderOn { get; }

    /// <summary>The number of orders that count.</summary>
    public int Orders { get; }

    /// <summary>The lifetime net spend in the program's currency, unrounded.</summary>
    public decimal Net { get; }

    /// <summary>Whether two inputs are the same.</summary>
    public static bool operator ==(RfmInput left, RfmInput right) => left.Equals(right);

    /// <summary>Whether two inputs differ.</summary>
    public static bool operator !=(RfmInput left, RfmInput right) => !left.Equals(right);

    /// <summary>Days since the last order on a date, or <see langword="null"/> for a customer who never ordered.</summary>
    public int? RecencyDays(DateOnly asOf) => LastOrderOn is { } last ? asOf.DayNumber - last.DayNumber : null;

    /// <inheritdoc/>
    public bool Equals(RfmInput other) => LastOrderOn == other.LastOrderOn && Orders == other.Orders && Net == other.Net;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RfmInput other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LastOrderOn, Orders, Net);
}
