using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>Writes what a batch appended to its part of the book, and commits, in one round trip.</summary>
/// <param name="transaction">Where to write.</param>
/// <param name="tenant">The tenant, for the chains of new members.</param>
/// <param name="version">The version that the book gets.</param>
/// <param name="before">The place there before that of the first new operation.</param>
internal sealed class BatchWriter(TenantTransaction transaction, string tenant, long version, int before = 0)
{
    private readonly List<RowBlock> _blocks = [];
    private long _redemptions;

    /// <summary>Writes and commits.</summary>
    /// <param name="loaded">The book after the batch.</param>
    public async ValueTask WriteAsync(BatchBook loaded)
    {
        AddMembers(loaded);
        AddOrders(loaded);
        AddRedemptions(loaded);
        AddOperations(loaded);
        var batch = transaction.Batch();
        await using (batch.ConfigureAwait(false))
        {
            var filled = _blocks.Where(static b => b.Count > 0).ToLookup(static b => b.IsJoined);
            foreach (var block in filled[false])
            {
                batch.BatchCommands.Add(block.ToCommand(transaction.Tenant));
            }

            if (filled[true].Any())
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(KeptPlans.PlanForRows));
                foreach (var block in filled[true])
                {
                    batch.BatchCommands.Add(block.ToCommand(transaction.Tenant));
                }
            }

            batch.BatchCommands.Add(transaction.BatchCommand(PointsSql.NextCounts)
                .With(version).With(loaded.Book.Ledger.Issued).With(loaded.Book.Arrivals).With(_redemptions));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void AddMembers(BatchBook loaded)
    {
        var ledger = loaded.Book.Ledger;
        var (members, entries, settlements, enrollments, discounts) = (new MemberRows(), new EntryRows(), new SettlementRows(), new EnrollmentRows(), new DiscountRows());
        foreach (var name in ledger.Members)
        {
            if (!loaded.Members.TryGetValue(name, out var member))
            {
                member = new StoredMember(ledger.FindMember(name)!, tenant);
                loaded.Members.Add(name, member);
                if (loaded.Book.Members.TryGetValue(name, out var book))
                {
                    member.Begin(book);
                }
            }

            if (member.CollectClub(enrollments, discounts) | member.IsChanged)
            {
                member.Collect(entries, settlements, entry => ledger.ReversedLot(entry));
                members.Add(member, version);
            }
        }

        _blocks.AddRange([members, entries, settlements, enrollments, discounts]);
    }

    private void AddOrders(BatchBook loaded)
    {
        var operations = loaded.Book.Ledger.Operations;
        var (fresh, answers) = (new OrderRows(), new AnsweredOrderRows());
        foreach (var order in loaded.Book.Orders.Values)
        {
            var isNew = loaded.IsNew(order);
            if (isNew)
            {
                fresh.Add(order.Row, order.Arrival, order.State);
            }

            if (!isNew && !loaded.IsMoved(order))
            {
                continue;
            }

            // An operation that did not come with the order keeps its key in its own row.
            var number = operations.Find(LedgerOperationKind.Earn, order.Row.Id);
            RecordedOperation? earned = number >= loaded.Operations.Count && loaded.IsOfRow(number) ? operations[number] : null;
            if (!isNew || (earned is { } told && !EarnedOrders.IsTold(told)))
            {
                answers.Add(order.Row.Id, order.State, earned);
            }
        }

        var (freshRefunds, movedRefunds) = (new RefundRows(PointsSql.InsertRefunds), new RefundRows(PointsSql.UpdateRefunds));
        foreach (var refund in loaded.Book.Refunds.Values)
        {
            (loaded.IsNew(refund) ? freshRefunds : loaded.IsMoved(refund) ? movedRefunds : null)?.Add(refund);
        }

        _blocks.AddRange([fresh, answers, freshRefunds, movedRefunds]);
    }

    private void AddRedemptions(BatchBook loaded)
    {
        var book = loaded.Book;
        var (fresh, moved) = (new RedemptionEventRows(PointsSql.InsertRedemptionEvents), new RedemptionEventRows(PointsSql.UpdateRedemptionEvents));
        var (redemptions, changed) = (new RedemptionRows(PointsSql.InsertRedemptions), new RedemptionRows(PointsSql.UpdateRedemptions));
        _redemptions = loaded.Stored.Redemptions;
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var redemption in book.Desk.Redemptions.Skip(loaded.ClaimsBefore))
        {
            written.Add(redemption.Id);
            redemptions.Add(_redemptions++, redemption);
        }

        foreach (var record in book.Claims.Values.Concat(book.Events.Values))
        {
            var isNew = loaded.IsNew(record);
            if (!isNew && !loaded.IsMoved(record))
            {
                continue;
            }

            if (!isNew)
            {
                moved.Add(record);
            }
            else if (!ToldClaims.IsTold(record, book.Desk.Find(record.Row.Id)))
            {
                fresh.Add(record);
            }

            if (record.Row.Event != Loyalty.Rewards.RedemptionEvent.Claimed && record.State == RowState.Taken && written.Add(record.Row.Id))
            {
                changed.Add(0, book.Desk.Find(record.Row.Id)!);
            }
        }

        _blocks.AddRange([fresh, moved, redemptions, changed]);
    }

    private void AddOperations(BatchBook loaded)
    {
        var ledger = loaded.Book.Ledger;
        var difference = new LedgerDifference(ledger, loaded.Operations);
        var operations = new OperationRows(PointsSql.InsertOperations, before);
        foreach (var number in difference.New)
        {
            // Orders of rows stand in rows of their own, their claims with their redemptions.
            var record = ledger.Operations[number];
            if (!loaded.IsOfRow(number) || (record.Operation.Kind != LedgerOperationKind.Earn && !ToldClaims.IsTold(record)))
            {
                operations.Add(record, version);
            }
        }

        var (changed, refunded) = difference.ChangedRows(loaded.OwnOrders);
        _blocks.AddRange([operations, changed, refunded]);
    }
}
