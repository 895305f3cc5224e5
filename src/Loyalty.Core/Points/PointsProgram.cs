using System.Numerics;
using Loyalty.Money;

namespace Loyalty.Points;

/// <summary>How a fraction of a point becomes whole.</summary>
public enum PointsRounding
{
    /// <summary>The fraction is dropped (the default).</summary>
    Down,

    /// <summary>To the nearest whole point; a half goes up.</summary>
    Nearest,

    /// <summary>Any fraction becomes a whole point.</summary>
    Up,
}

/// <summary>What a refund may take when the balance does not cover it.</summary>
public enum NegativeRule
{
    /// <summary>At most what is available (the default): a balance never goes below zero.</summary>
    Clamp,

    /// <summary>More than the balance, down to minus the limit of the program.</summary>
    AllowNegative,
}

/// <summary>How orders earn points, when points expire, and what they are worth.</summary>
/// <remarks>
/// Immutable. Points are whole numbers; amounts of money are integers in minor units. All arithmetic is exact, and what does not fit a
/// <see cref="long"/> throws <see cref="OverflowException"/> instead of wrapping.
/// </remarks>
public sealed class PointsProgram
{
    private static readonly long[] PowersOfTen = Powers();

    private readonly long _perUnit;
    private readonly long _bonus;
    private readonly long _value;
    private readonly BigInteger _earnedDivisor;
    private readonly BigInteger _bonusDivisor;
    private readonly long _smallEarnedDivisor;
    private readonly long _smallBonusDivisor;
    private readonly int _valueScale;

    /// <summary>Creates the rules.</summary>
    /// <param name="currency">The currency of amounts.</param>
    /// <param name="perUnit">Points for one unit of currency, 0 to 1,000,000, with at most 9 decimals.</param>
    /// <param name="value">What a point is worth in currency, 0 to 10,000, with at most 9 decimals.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its bounds.</exception>
    public PointsProgram(Currency currency, decimal perUnit, decimal value)
        : this(currency, perUnit, value, 0)
    {
    }

    /// <summary>Creates the rules, with a bonus.</summary>
    /// <param name="currency">The currency of amounts.</param>
    /// <param name="perUnit">Points for one unit of currency, 0 to 1,000,000, with at most 9 decimals.</param>
    /// <param name="value">What a point is worth in currency, 0 to 10,000, with at most 9 decimals.</param>
    /// <param name="bonusPercent">The bonus on top in percent, 0 to 1,000, with at most 6 decimals.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its bounds.</exception>
    public PointsProgram(Currency currency, decimal perUnit, decimal value, decimal bonusPercent)
    {
        ArgumentNullException.ThrowIfNull(currency);
        if (!IsPerUnit(perUnit))
        {
            throw new ArgumentOutOfRangeException(nameof(perUnit), perUnit, "Expected a number from 0 to 1,000,000 with at most 9 decimals.");
        }

        if (!IsValue(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a number from 0 to 10,000 with at most 9 decimals.");
        }

        if (!IsBonus(bonusPercent))
        {
            throw new ArgumentOutOfRangeException(nameof(bonusPercent), bonusPercent, "Expected a number from 0 to 1,000 with at most 6 decimals.");
        }

        Currency = currency;
        PerUnit = perUnit;
        BonusPercent = bonusPercent;
        Value = value;
        (_perUnit, var perUnitScale) = Exact(perUnit);
        (_bonus, var bonusScale) = Exact(bonusPercent);
        (_value, _valueScale) = Exact(value);
        var earnedScale = currency.Digits + perUnitScale;
        var bonusTotalScale = earnedScale + bonusScale + 2;
        _earnedDivisor = BigInteger.Pow(10, earnedScale);
        _bonusDivisor = BigInteger.Pow(10, bonusTotalScale);
        _smallEarnedDivisor = PowersOfTen[earnedScale];
        _smallBonusDivisor = bonusTotalScale < PowersOfTen.Length ? PowersOfTen[bonusTotalScale] : 0;
    }

    /// <summary>The currency of amounts.</summary>
    public Currency Currency { get; }

    /// <summary>Points for one unit of currency.</summary>
    public decimal PerUnit { get; }

    /// <summary>The bonus on top, in percent.</summary>
    public decimal BonusPercent { get; }

    /// <summary>What a point is worth in currency.</summary>
    public decimal Value { get; }

    /// <summary>
    /// Days a member must have belonged to the program before the date of an order, for it to earn, 0 to 36,600: days that enrollments cover; in a
    /// program without a club, days since the date of the member's first order. Default 365, with or without a club.
    /// </summary>
    public int MinimumMembershipDays { get; init; } = 365;

    /// <summary>How fractions become whole when earning. Default <see cref="PointsRounding.Down"/>.</summary>
    public PointsRounding Rounding { get; init; }

    /// <summary>What a refund may take. Default <see cref="NegativeRule.Clamp"/>.</summary>
    public NegativeRule Negative { get; init; }

    /// <summary>
    /// How many points below zero a balance may go under <see cref="NegativeRule.AllowNegative"/>; <see langword="null"/> (the default): no limit.
    /// </summary>
    public long? NegativeLimit { get; init; }

    /// <summary>When the points of one entry are gone. Default <see cref="ExpiryPolicy.None"/>.</summary>
    public ExpiryPolicy Expiry { get; init; }

    /// <summary>Bounds on earning. Default <see cref="EarningCaps.None"/>.</summary>
    public EarningCaps Caps { get; init; } = EarningCaps.None;

    /// <summary>What to do with refunds above the amount of the order. Default <see cref="RefundExcess.Ignore"/>.</summary>
    public RefundExcess RefundExcess { get; init; }

    /// <summary>The lowest balance that operations may leave: 0 under clamp.</summary>
    internal long Floor => Negative == NegativeRule.Clamp ? 0 : NegativeLimit is { } limit ? -limit : long.MinValue + 1;

    /// <summary>What an order earns: <c>round(amount × points per unit)</c>, and the bonus from the exact product.</summary>
    /// <param name="amount">The amount of the order in minor units, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="amount"/> is negative.</exception>
    /// <exception cref="OverflowException">The points do not fit a <see cref="long"/>.</exception>
    public (long Earned, long Bonus) Earn(long amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        if (_smallBonusDivisor != 0 && amount <= int.MaxValue && _perUnit <= int.MaxValue)
        {
            var product = amount * _perUnit;
            var high = Math.BigMul(product, _bonus, out var bonusProduct);
            if (high == 0 && bonusProduct >= 0)
            {
                return (Round(product, _smallEarnedDivisor), Round(bonusProduct, _smallBonusDivisor));
            }
        }

        var exact = (BigInteger)amount * _perUnit;
        return (Round(exact, _earnedDivisor), Round(exact * _bonus, _bonusDivisor));
    }

    /// <summary>What points are worth in minor units, rounded once, a half away from zero.</summary>
    /// <exception cref="OverflowException">The value does not fit a <see cref="long"/>.</exception>
    public long ValueOf(BigInteger points)
    {
        var exact = BigInteger.Abs(points) * _value * Currency.MinorUnits;
        var divisor = BigInteger.Pow(10, _valueScale);
        var magnitude = BigInteger.DivRem(exact, divisor, out var rest);
        magnitude += rest * 2 >= divisor ? 1 : 0;
        return checked((long)(points.Sign < 0 ? -magnitude : magnitude));
    }

    /// <summary>What points are worth in units of the currency, rounded once to minor units, a half away from zero.</summary>
    internal decimal WorthOf(BigInteger points) => (decimal)ValueOf(points) / Currency.MinorUnits;

    /// <summary>Whether a number can be <see cref="PerUnit"/>.</summary>
    internal static bool IsPerUnit(decimal number) => number is >= 0 and <= 1_000_000 && Exact(number).Scale <= 9;

    /// <summary>Whether a number can be <see cref="Value"/>.</summary>
    internal static bool IsValue(decimal number) => number is >= 0 and <= 10_000 && Exact(number).Scale <= 9;

    /// <summary>Whether a number can be <see cref="BonusPercent"/>.</summary>
    internal static bool IsBonus(decimal number) => number is >= 0 and <= 1_000 && Exact(number).Scale <= 6;

    private static (long Mantissa, int Scale) Exact(decimal number)
    {
        // Needless zeros at the end are no decimals.
        var scale = (int)number.Scale;
        while (scale > 0 && decimal.Round(number, scale - 1) == number)
        {
            scale--;
        }

        var scaled = number;
        for (var i = 0; i < scale && scale <= 9; i++)
        {
            scaled *= 10;
        }

        return (scale <= 9 ? (long)scaled : 0, scale);
    }

    private static long[] Powers()
    {
        var powers = new long[19];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }

    private long Round(long product, long divisor)
    {
        var (whole, rest) = Math.DivRem(product, divisor);
        return whole + (Rounding switch
        {
            PointsRounding.Up => rest > 0 ? 1 : 0,
            PointsRounding.Nearest => rest >= divisor - rest ? 1 : 0,
            _ => 0,
        });
    }

    private long Round(BigInteger product, BigInteger divisor)
    {
        var whole = BigInteger.DivRem(product, divisor, out var rest);
        return checked((long)(whole + (Rounding switch
        {
            PointsRounding.Up => rest > 0 ? 1 : 0,
            PointsRounding.Nearest => rest * 2 >= divisor ? 1 : 0,
            _ => 0,
        })));
    }
}
