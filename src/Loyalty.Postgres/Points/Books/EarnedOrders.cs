using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points.Rows;

namespace Loyalty.Postgres.Points.Books;

/// <summary>What the ledger did with orders of runs. Mostly the entries tell it, so that a row of an order needs no answer and can be written before there is one.</summary>
internal static class EarnedOrders
{
    /// <summary>Whether the entries tell all of it: the order earned, with or without a bonus, nothing was over at once, and nothing was refunded.</summary>
    public static bool IsTold(in RecordedOperation order) =>
        order.Result is { IsApplied: true, Shortfall: 0 } result && order.Refunded == 0 && order.Lot >= 0
        && result.Entries == 1 + (order.BonusLot >= 0 ? 1 : 0);

    /// <summary>Finds in the entries what orders earned; those that are not found did not come to the ledger.</summary>
    /// <param name="orders">The orders.</param>
    /// <param name="members">Their members.</param>
    public static IEnumerable<RecordedOperation> Find(IEnumerable<OrderRow> orders, IReadOnlyDictionary<string, StoredMember> members)
    {
        foreach (var ofMember in orders.GroupBy(static o => o.Customer, StringComparer.Ordinal))
        {
            if (members.TryGetValue(ofMember.Key, out var member))
            {
                foreach (var earned in Find(member.Ledger, ofMember.ToDictionary(static o => o.Id, StringComparer.Ordinal)))
                {
                    yield return earned;
                }
            }
        }
    }

    private static IEnumerable<RecordedOperation> Find(MemberLedger ledger, Dictionary<string, OrderRow> orders)
    {
        for (var i = 0; i < ledger.Entries.Length; i++)
        {
            var entry = ledger.Entries[i];
            if (entry.Source != EntrySource.OrderEarned || entry.Number > 0 || !orders.TryGetValue(entry.Id, out var order))
            {
                continue;
            }

            LedgerEntry? bonus = i + 1 < ledger.Entries.Length && ledger.Entries[i + 1] is { Source: EntrySource.OrderBonus, Number: 0 } next
                && string.Equals(next.Id, entry.Id, StringComparison.Ordinal) ? next : null;
            var lot = ledger.FirstLotAfter(entry.Sequence - 1);
            yield return new RecordedOperation
            {
                Operation = LedgerOperation.Earn(order.Id, order.Customer, order.Date, order.Amount),
                Result = new LedgerResult(
                    LedgerOutcome.Applied, entry.Sequence, bonus is null ? 1 : 2, entry.Points + (bonus?.Points ?? 0), bonus?.Balance ?? entry.Balance),
                Lot = lot,
                BonusLot = bonus is null ? -1 : lot + 1,
            };
        }
    }
}
