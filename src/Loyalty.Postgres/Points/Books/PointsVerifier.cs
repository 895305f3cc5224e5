using Loyalty.Points.Ledger;
using Loyalty.Postgres.Points.Rows;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Adds a member up anew and follows the hash chain to the count and the head that stand apart from the entries.</summary>
internal static class PointsVerifier
{
    public static LedgerFault? Verify(string tenant, StoredMember member)
    {
        var ledger = member.Ledger;
        var row = member.Row;
        return LedgerChain.Verify(tenant, ledger.Member, member.Entries, member.Hashes, member.Head, row.Entries)
            ?? LedgerVerifier.Verify(ledger)
            ?? (row.Balance != ledger.Balance ? Fault($"the member's row says a balance of {row.Balance}, the entries {ledger.Balance}")
                : row.Lifetime != ledger.Lifetime ? Fault($"the member's row says {row.Lifetime} points ever earned, the entries {ledger.Lifetime}")
                : row.Settlements != ledger.Settlements.Length ? Fault($"expected {row.Settlements} settlements, found {ledger.Settlements.Length}")
                : null);

        LedgerFault Fault(string message) => new(ledger.Member, ledger.Entries.Length, message);
    }
}
