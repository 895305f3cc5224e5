using Loyalty.Points.Ledger;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Writes what operations appended to a ledger, and commits, in one round trip.</summary>
/// <param name="transaction">Where to write.</param>
/// <param name="tenant">The tenant, for the chains of new members.</param>
/// <param name="version">The version that the book gets.</param>
/// <param name="before">The place there before that of the first new operation.</param>
internal sealed class LedgerWriter(TenantTransaction transaction, string tenant, long version, int before = 0)
{
    /// <summary>Writes and commits.</summary>
    /// <param name="ledger">The ledger after the operations.</param>
    /// <param name="members">The members that the database has; receives the new ones.</param>
    /// <param name="stored">The operations that the database has.</param>
    /// <param name="ownOrders">Those of them that stand in the rows of orders.</param>
    public async ValueTask WriteAsync(
        PointsLedger ledger,
        Dictionary<string, StoredMember> members,
        IReadOnlyDictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> stored,
        HashSet<string> ownOrders)
    {
        var rows = new MemberRows();
        var (entries, settlements) = (new EntryRows(), new SettlementRows());
        foreach (var name in ledger.Members)
        {
            if (!members.TryGetValue(name, out var member))
            {
                members.Add(name, member = new StoredMember(ledger.FindMember(name)!, tenant));
            }

            if (member.IsChanged)
            {
                member.Collect(entries, settlements, entry => ledger.ReversedLot(entry));
                rows.Add(member, version);
            }
        }

        var difference = new LedgerDifference(ledger, stored);
        var operations = new OperationRows(PointsSql.InsertOperations, before);
        foreach (var number in difference.New)
        {
            operations.Add(ledger.Operations[number], version);
        }

        var (changed, refunded) = difference.ChangedRows(ownOrders);

        var batch = transaction.Batch();
        await using (batch.ConfigureAwait(false))
        {
            foreach (var block in (ReadOnlySpan<RowBlock>)[rows, entries, settlements, operations, changed, refunded])
            {
                if (block.Count > 0)
                {
                    batch.BatchCommands.Add(block.ToCommand(transaction.Tenant));
                }
            }

            batch.BatchCommands.Add(transaction.BatchCommand(PointsSql.NextVersion).With(version).With(ledger.Issued));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
