namespace Loyalty.Orders;

/// <summary>The bounds of amounts of orders, within which sums are exact.</summary>
public static class OrderAmount
{
    /// <summary>Amounts stay below this in magnitude: 10^12.</summary>
    public const decimal Limit = Scoring.RfmInput.MaxNet;

    /// <summary>The most decimals of an amount: 15.</summary>
    public const int MaxDigits = Scoring.RfmColumns.MaxDigits;

    /// <summary>Whether an amount is within the bounds.</summary>
    public static bool IsWithin(decimal amount) => amount is > -Limit and < Limit && amount.Scale <= MaxDigits;

    internal static decimal Check(decimal amount, string name) => IsWithin(amount)
        ? amount
        : throw new ArgumentOutOfRangeException(name, amount, "An amount must be below 10^12 in magnitude and have at most 15 decimals.");

    /// <summary>Adds exactly.</summary>
    /// <exception cref="OverflowException">The sum is 10^12 or more in magnitude.</exception>
    internal static decimal Add(decimal left, decimal right)
    {
        var sum = left + right;
        return IsWithin(sum) ? sum : throw new OverflowException("A sum of amounts reached 10^12.");
    }
}
