namespace Loyalty.Points.Ledger;

/// <summary>What refunds ask for and found nothing to take of: it is taken when points come back.</summary>
/// <param name="operations">The operations of the ledger.</param>
internal sealed class OutstandingRefunds(OperationTable operations)
{
    /// <summary>The refund of each order that was taken last.</summary>
    private readonly Dictionary<string, string> _last = new(StringComparer.Ordinal);

    /// <summary>Notes that a refund was taken.</summary>
    public void Note(in LedgerOperation refund) => _last[refund.Target!] = refund.Id;

    /// <summary>What the refunds of an order ask for of one of its entries and have not taken; not above 0 when they ask for nothing.</summary>
    public static long Due(MemberLedger member, in OperationRecord order, in LotState lot)
    {
        var points = member.Entries[lot.Entry - 1].Points;
        var gone = Math.BigMul(points, order.Refunded, out var product) == 0 && product >= 0
            ? product / order.Operation.Amount
            : (long)((Int128)points * order.Refunded / order.Operation.Amount);
        return Math.Min(gone, points - lot.Expired) - lot.Reversed;
    }

    /// <summary>Takes back what is due of one entry of an order; says how much of it the balance did not cover.</summary>
    public static long TakeBack(MemberLedger member, in OperationRecord order, int lot, long floor, EntryKey key, int effectiveDay, int bookedDay, long ticks)
    {
        if (lot < 0)
        {
            return 0;
        }

        var due = Due(member, order, member.Lots[lot]);
        if (due <= 0)
        {
            return 0;
        }

        var most = floor == 0 ? Math.Max(0, member.Available) : (long)Int128.Min(long.MaxValue, Int128.Max(0, (Int128)member.Available - floor));
        var take = Math.Min(due, most);
        if (take > 0)
        {
            member.TakeBack(lot, key, take, effectiveDay, bookedDay, ticks);
        }

        return due - take;
    }

    /// <summary>
    /// After the points of a redemption came back: takes from each of their lots, in their order, what refunds still ask for, so that a claim that is given
    /// back leaves no points of an order whose money went back.
    /// </summary>
    public void TakeAgain(MemberLedger member, int redemption, int effectiveDay, int bookedDay, long ticks)
    {
        foreach (var lot in LotOrders.LotsTakenBy(member, redemption))
        {
            var state = member.Lots[lot];
            if (state.Remaining == 0 || LotOrders.OrderOf(member, state) is not { } order || !_last.TryGetValue(order, out var refund)
                || operations.Find(LedgerOperationKind.Earn, order) is not (>= 0 and var number))
            {
                continue;
            }

            var take = Math.Min(Due(member, operations[number], state), state.Remaining);
            if (take > 0)
            {
                var source = lot == operations[number].Lot ? EntrySource.RefundEarned : EntrySource.RefundBonus;
                member.TakeBack(lot, new(source, refund, NextNumber(member, source, refund)), take, effectiveDay, bookedDay, ticks);
            }
        }
    }

    /// <summary>The number of the next taking for a part of a refund; the first, with the refund itself, has none.</summary>
    private static int NextNumber(MemberLedger member, EntrySource source, string refund)
    {
        for (var i = member.Entries.Length - 1; i >= 0; i--)
        {
            var entry = member.Entries[i];
            if (entry.Number > 1 && entry.Source == source && string.Equals(entry.Id, refund, StringComparison.Ordinal))
            {
                return entry.Number + 1;
            }
        }

        return 2;
    }
}

/// <summary>Which orders the points of lots come from.</summary>
public static class LotOrders
{
    /// <summary>The orders whose points are in lots, or would be when the points of a redemption are given back, in no particular order.</summary>
    /// <param name="member">The ledger of the member.</param>
    /// <param name="redemption">The sequence number of the redemption's entry; 0: only those whose points are in lots.</param>
    /// <remarks>
    /// What refunds of these orders still ask for is taken when points are given back: a store that did not load all of a tenant puts these orders, and the
    /// refund of each that was taken last, back into the ledger before it gives points back.
    /// </remarks>
    public static IReadOnlySet<string> OrdersToAsk(this MemberLedger member, int redemption)
    {
        ArgumentNullException.ThrowIfNull(member);
        var orders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var lot in member.Lots)
        {
            if (lot.Remaining > 0 && OrderOf(member, lot) is { } order)
            {
                orders.Add(order);
            }
        }

        foreach (var lot in LotsTakenBy(member, redemption))
        {
            if (OrderOf(member, member.Lots[lot]) is { } order)
            {
                orders.Add(order);
            }
        }

        return orders;
    }

    /// <summary>The lots that an entry took points from, in the order in which it did.</summary>
    internal static List<int> LotsTakenBy(MemberLedger member, int entry)
    {
        var lots = new List<int>();
        var movements = member.Movements;
        for (var i = member.FirstMovement(entry); i < movements.Length && movements[i].Entry == entry; i++)
        {
            lots.Add(movements[i].Lot);
        }

        return lots;
    }

    /// <summary>The order that earned the points of a lot.</summary>
    internal static string? OrderOf(MemberLedger member, in LotState lot) =>
        member.Entries[lot.Entry - 1] is { Source: EntrySource.OrderEarned or EntrySource.OrderBonus, Id: var order } ? order : null;
}
