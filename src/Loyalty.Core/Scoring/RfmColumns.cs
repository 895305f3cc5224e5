namespace Loyalty.Scoring;

/// <summary>The inputs of many customers as parallel columns, borrowed from the caller.</summary>
/// <remarks>The columns are only read; row i of each belongs to customer i.</remarks>
public readonly ref struct RfmColumns
{
    /// <summary>The last order day of a customer who never ordered.</summary>
    public const int Never = int.MinValue;

    /// <summary>The most decimals that amounts may have.</summary>
    public const int MaxDigits = 15;

    /// <summary>Creates columns.</summary>
    /// <param name="lastOrderDays">Day numbers (<see cref="DateOnly.DayNumber"/>) of the last orders, or <see cref="Never"/>; none after the date of scoring.</param>
    /// <param name="orders">Numbers of orders, from 0 to below <see cref="int.MaxValue"/>.</param>
    /// <param name="net">Net spend in units of 10^-<paramref name="digits"/>: with 2 digits, 12.34 is 1234; below <see cref="long.MaxValue"/>, above <see cref="long.MinValue"/> + 1.</param>
    /// <param name="digits">How many decimals <paramref name="net"/> has, 0 to 15.</param>
    /// <exception cref="ArgumentException">The columns differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="digits"/> is not from 0 to 15.</exception>
    public RfmColumns(ReadOnlySpan<int> lastOrderDays, ReadOnlySpan<int> orders, ReadOnlySpan<long> net, int digits)
    {
        if (lastOrderDays.Length != orders.Length || orders.Length != net.Length)
        {
            throw new ArgumentException("The columns must have one length.", nameof(orders));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(digits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, MaxDigits);
        LastOrderDays = lastOrderDays;
        Orders = orders;
        Net = net;
        Digits = digits;
    }

    /// <summary>Day numbers of the last orders, or <see cref="Never"/>.</summary>
    public ReadOnlySpan<int> LastOrderDays { get; }

    /// <summary>Numbers of orders.</summary>
    public ReadOnlySpan<int> Orders { get; }

    /// <summary>Net spend in units of 10^-<see cref="Digits"/>.</summary>
    public ReadOnlySpan<long> Net { get; }

    /// <summary>The decimals of <see cref="Net"/>.</summary>
    public int Digits { get; }

    /// <summary>The number of customers.</summary>
    public int Length => Orders.Length;
}
