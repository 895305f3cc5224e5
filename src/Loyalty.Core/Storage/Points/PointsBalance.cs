using System.Numerics;
using Loyalty.Points;
using Loyalty.Points.Ledger;

namespace Loyalty.Storage.Points;

/// <summary>A member's points as they stand in the books.</summary>
/// <param name="Member">The member.</param>
/// <param name="AsOf">The last day that was closed. Lots that run out later are in the balance until something records it.</param>
/// <param name="Balance">The points, negative after a refund that took more than there was.</param>
/// <param name="Held">The points that holds keep of the balance.</param>
/// <param name="Lifetime">All earned and bonus points ever recorded.</param>
/// <param name="Value">What the balance is worth in the program's currency, rounded once, a half away from zero.</param>
public sealed record PointsBalance(string Member, DateOnly AsOf, long Balance, long Held, long Lifetime, decimal Value)
{
    /// <summary>The balance without what holds keep.</summary>
    public long Available => Balance - Held;

    /// <summary>What a store says about a member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="asOf">The last day that was closed.</param>
    /// <param name="balance">The points.</param>
    /// <param name="held">The points that holds keep.</param>
    /// <param name="lifetime">All earned and bonus points.</param>
    /// <param name="program">What points are worth.</param>
    public static PointsBalance Of(string member, DateOnly asOf, long balance, long held, long lifetime, PointsProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new(member, asOf, balance, held, lifetime, program.WorthOf(balance));
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(PointsBalance), PrintMembers);
}

/// <summary>What the books said of a member's points at the end of a day.</summary>
/// <param name="Member">The member.</param>
/// <param name="AsOf">The day.</param>
/// <param name="Balance">The balance after the last entry that was booked on or before the day.</param>
/// <param name="Lots">The lots of then that were not empty, oldest first; what holds kept is still in them.</param>
public sealed record PointsAsOf(string Member, DateOnly AsOf, long Balance, IReadOnlyList<Lot> Lots)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(PointsAsOf), PrintMembers);
}

/// <summary>What a program owes its members in points.</summary>
/// <param name="AsOf">The last day that was closed.</param>
/// <param name="Outstanding">The sum of the positive balances.</param>
/// <param name="Value">What they are worth in the program's currency, rounded once, a half away from zero.</param>
public sealed record PointsLiability(DateOnly AsOf, decimal Outstanding, decimal Value)
{
    /// <summary>What a store says of all members.</summary>
    /// <param name="asOf">The last day that was closed.</param>
    /// <param name="outstanding">The sum of the positive balances.</param>
    /// <param name="program">What points are worth.</param>
    public static PointsLiability Of(DateOnly asOf, BigInteger outstanding, PointsProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new(asOf, (decimal)outstanding, program.WorthOf(outstanding));
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(PointsLiability), PrintMembers);
}
