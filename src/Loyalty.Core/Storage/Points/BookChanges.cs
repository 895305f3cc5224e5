using Loyalty.Clubs;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Storage.Points;

/// <summary>What rules did to a book that a store had loaded: what the store appends and what it replaces. Everything else is as it was.</summary>
public sealed class BookChanges
{
    internal BookChanges(
        IReadOnlyList<MemberChanges> members,
        IReadOnlyList<RecordedOperation> newOperations,
        IReadOnlyList<RecordedOperation> changedOperations,
        IReadOnlyList<RowRecord<OrderRow>> orders,
        IReadOnlyList<RowRecord<RefundRow>> refunds,
        IReadOnlyList<RowRecord<RedemptionRow>> redemptionRows,
        IReadOnlyList<Redemption> redemptions)
    {
        Members = members;
        NewOperations = newOperations;
        ChangedOperations = changedOperations;
        Orders = orders;
        Refunds = refunds;
        RedemptionRows = redemptionRows;
        Redemptions = redemptions;
    }

    /// <summary>The members that are new or changed, in order of name.</summary>
    public IReadOnlyList<MemberChanges> Members { get; }

    /// <summary>The operations that were decided, in order.</summary>
    public IReadOnlyList<RecordedOperation> NewOperations { get; }

    /// <summary>Operations that later ones changed: refunded, given back, a hold ended.</summary>
    public IReadOnlyList<RecordedOperation> ChangedOperations { get; }

    /// <summary>Order rows that took their key, left their waiting or were refused.</summary>
    public IReadOnlyList<RowRecord<OrderRow>> Orders { get; }

    /// <summary>Refund rows that took their key, left their waiting or were refused.</summary>
    public IReadOnlyList<RowRecord<RefundRow>> Refunds { get; }

    /// <summary>Redemption rows that took their key, left their waiting or were refused.</summary>
    public IReadOnlyList<RowRecord<RedemptionRow>> RedemptionRows { get; }

    /// <summary>Redemptions that are new or changed, in the order of their claims.</summary>
    public IReadOnlyList<Redemption> Redemptions { get; }

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty =>
        Members.Count + NewOperations.Count + ChangedOperations.Count + Orders.Count + Refunds.Count + RedemptionRows.Count + Redemptions.Count == 0;
}

/// <summary>What is new about a member.</summary>
public sealed class MemberChanges
{
    internal MemberChanges(
        BookMember member,
        bool isNew,
        IReadOnlyList<AppendedEntry> entries,
        int settlementsBefore,
        IReadOnlyList<LotMovement> settlements,
        IReadOnlyList<ChangedEnrollment> enrollments,
        IReadOnlyList<DiscountOperation> discounts)
    {
        Member = member;
        IsNew = isNew;
        Entries = entries;
        SettlementsBefore = settlementsBefore;
        Settlements = settlements;
        Enrollments = enrollments;
        Discounts = discounts;
    }

    /// <summary>The member as it is now.</summary>
    public BookMember Member { get; }

    /// <summary>Whether the store does not have the member.</summary>
    public bool IsNew { get; }

    /// <summary>The new entries, by sequence.</summary>
    public IReadOnlyList<AppendedEntry> Entries { get; }

    /// <summary>How many settlements of holds the store has: the number of the first new one.</summary>
    public int SettlementsBefore { get; }

    /// <summary>The new settlements of holds.</summary>
    public IReadOnlyList<LotMovement> Settlements { get; }

    /// <summary>The enrollments that are new or changed.</summary>
    public IReadOnlyList<ChangedEnrollment> Enrollments { get; }

    /// <summary>The new discount operations, by sequence.</summary>
    public IReadOnlyList<DiscountOperation> Discounts { get; }

    /// <summary>The first day on which something of the member runs out, points or the enrollment; <see langword="null"/>: none.</summary>
    public DateOnly? NextDue => (Member.Ledger.NextExpiryOn, Member.Club.Active?.ExpiresAt) switch
    {
        ({ } points, { } club) => points < club ? points : club,
        var (points, club) => points ?? club,
    };
}

/// <summary>An entry with what it did to lots.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Opened">The lot that it opened.</param>
/// <param name="ReversedLot">The number of the lot whose entry it reverses, for an entry of a refund.</param>
/// <param name="Movements">What it took from lots and gave back to them.</param>
public sealed record AppendedEntry(LedgerEntry Entry, LotState? Opened, int? ReversedLot, IReadOnlyList<LotMovement> Movements);

/// <summary>An enrollment that is new or changed.</summary>
/// <param name="Number">Its place among the member's enrollments, from 0.</param>
/// <param name="Enrollment">The enrollment.</param>
public sealed record ChangedEnrollment(int Number, Enrollment Enrollment);
