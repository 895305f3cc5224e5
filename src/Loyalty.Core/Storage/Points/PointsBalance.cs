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

    internal static PointsBalance Of(string member, DateOnly asOf, long balance, long held, long lifetime, PointsProgram program) =>
        new(member, asOf, balance, held, lifetime, program.WorthOf(balance));
}

/// <summary>What the books said of a member's points at the end of a day.</summary>
/// <param name="Member">The member.</param>
/// <param name="AsOf">The day.</param>
/// <param name="Balance">The balance after the last entry that was booked on or before the day.</param>
/// <param name="Lots">The lots of then that were not empty, oldest first; what holds kept is still in them.</param>
public sealed record PointsAsOf(string Member, DateOnly AsOf, long Balance, IReadOnlyList<Lot> Lots);

/// <summary>What a program owes its members in points.</summary>
/// <param name="AsOf">The last day that was closed.</param>
/// <param name="Outstanding">The sum of the positive balances.</param>
/// <param name="Value">What they are worth in the program's currency, rounded once, a half away from zero.</param>
public sealed record PointsLiability(DateOnly AsOf, decimal Outstanding, decimal Value)
{
    internal static PointsLiability Of(DateOnly asOf, BigInteger outstanding, PointsProgram program) => new(asOf, (decimal)outstanding, program.WorthOf(outstanding));
}
