using Loyalty.Clubs;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Storage.Points;

/// <summary>A member as the store has it: club, points, rewards.</summary>
/// <remarks>A copy: what happens later does not change it.</remarks>
/// <param name="Member">The member.</param>
/// <param name="HasOrdered">Whether an order was taken: only then the member is listed with a balance.</param>
/// <param name="Balance">The points, negative after a refund that took more than there was.</param>
/// <param name="Held">The points that holds keep of the balance.</param>
/// <param name="Lifetime">All earned and bonus points ever recorded.</param>
/// <param name="CumulativeDays">The days before the as-of date that enrollments cover; in a program without a club, those since the first order.</param>
/// <param name="Enrollments">The enrollments, in the order in which they began.</param>
/// <param name="Operations">The discount operations, by sequence.</param>
/// <param name="Entries">The entries, by sequence.</param>
/// <param name="Lots">The lots that are not empty, oldest first.</param>
/// <param name="EntryExpiries">The expiry that each entry's lot got when it was recorded; <see langword="null"/> for none, and under inactivity.</param>
/// <param name="Redemptions">The claims, granted or not, in the order in which they were taken.</param>
public sealed record MemberPoints(
    string Member,
    bool HasOrdered,
    long Balance,
    long Held,
    long Lifetime,
    int CumulativeDays,
    IReadOnlyList<Enrollment> Enrollments,
    IReadOnlyList<DiscountOperation> Operations,
    IReadOnlyList<LedgerEntry> Entries,
    IReadOnlyList<Lot> Lots,
    IReadOnlyDictionary<int, DateOnly> EntryExpiries,
    IReadOnlyList<Redemption> Redemptions)
{
    /// <summary>What a book says about a member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="points">The ledger that has the member.</param>
    /// <param name="asOf">The last day that is closed.</param>
    /// <param name="hasClub">Whether the program has a club.</param>
    public static MemberPoints Of(BookMember member, PointsLedger points, DateOnly asOf, bool hasClub)
    {
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(points);
        var ledger = member.Ledger;
        var expiries = new Dictionary<int, DateOnly>();
        foreach (var lot in ledger.Lots)
        {
            if (lot.ExpiryDay != ExpiryPolicy.Never)
            {
                expiries.Add(lot.Entry, DateOnly.FromDayNumber(lot.ExpiryDay));
            }
        }

        return new(
            member.Member, member.HasOrdered, ledger.Balance, ledger.Held, ledger.Lifetime,
            hasClub ? member.Club.CumulativeDays(asOf) : Math.Max(0, asOf.DayNumber - (member.FirstOrderOn ?? asOf).DayNumber),
            [.. member.Club.Enrollments.Select(static e => e.Copy())], [.. member.Club.Operations], ledger.Entries.ToArray(), points.LotsOf(member.Member), expiries,
            [.. member.Redemptions.Select(static r => r with { })]);
    }
}

/// <summary>What a store of points holds.</summary>
/// <param name="Program">The program of the last run.</param>
/// <param name="AsOf">The last day that was closed.</param>
/// <param name="Members">How many members have a balance, an enrollment or a claim.</param>
/// <param name="Entries">How many entries there are.</param>
public sealed record PointsStatus(Loyalty.Programs.LoyaltyProgram Program, DateOnly AsOf, int Members, long Entries)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(PointsStatus), PrintMembers);
}
