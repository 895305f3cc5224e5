using System.Globalization;
using Loyalty.Clubs;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Points;

namespace Loyalty.Sqlite.Points;

/// <summary>Writes what rules did to a loaded book: appends entries and operations, replaces the few rows that change.</summary>
/// <param name="lease">Where to write.</param>
/// <param name="tenant">The tenant, for the chains of new members.</param>
internal sealed class PointsWriter(SqliteConnectionLease lease, string tenant)
{
    /// <summary>Writes what changed.</summary>
    /// <param name="loaded">The book, after the rules.</param>
    /// <param name="program">The program that the book follows from now on.</param>
    /// <returns>Whether there was anything to write.</returns>
    public bool Write(LoadedBook loaded, LoyaltyProgram program)
    {
        var changes = loaded.Mark.Changes();
        if (changes.IsEmpty)
        {
            return false;
        }

        foreach (var order in changes.Orders)
        {
            Put("points_order", "id, customer, amount", order, s => s.With(order.Row.Id).With(order.Row.Customer).With(order.Row.Amount), order.Row.Date);
        }

        foreach (var refund in changes.Refunds)
        {
            Put("points_refund", "id, order_id, amount", refund, s => s.With(refund.Row.Id).With(refund.Row.Order).With(refund.Row.Amount), refund.Row.Date);
        }

        foreach (var row in changes.RedemptionRows)
        {
            Put(
                "points_redemption_row", "id, event, customer, reward", row,
                s => s.With(row.Row.Id).With(EnumText<RedemptionEvent>.Of(row.Row.Event)).With(row.Row.Customer).With(row.Row.Reward), row.Row.Date);
        }

        foreach (var member in changes.Members)
        {
            Put(member, loaded.Heads.GetValueOrDefault(member.Member.Member));
        }

        var number = Next("SELECT max(number) FROM points_operation");
        foreach (var operation in changes.NewOperations)
        {
            Put(operation, number++, Owner(operation, loaded.Book.Ledger));
        }

        foreach (var operation in changes.ChangedOperations)
        {
            Update(operation);
        }

        var claims = Next("SELECT max(number) FROM points_redemption");
        foreach (var redemption in changes.Redemptions)
        {
            claims += Put(redemption, claims) ? 1 : 0;
        }

        PutRun(loaded.Book, program);
        return true;
    }

    /// <summary>Writes the row of the run.</summary>
    public void PutRun(PointsBook book, LoyaltyProgram program) => lease[
        "INSERT OR REPLACE INTO points_run (one, tenant, currency, program, as_of, arrivals, issued) VALUES (1, ?, ?, ?, ?, ?, ?)"]
        .With(program.Tenant).With(program.Currency.Code).WithText(program.Json.Span).With(book.AsOf).With(book.Arrivals).With(book.Ledger.Issued).Run();

    private void Put<T>(string table, string columns, RowRecord<T> record, Func<SqliteStatement, SqliteStatement> bind, DateOnly day)
        where T : struct
    {
        var marks = string.Join(", ", Enumerable.Repeat("?", columns.Count(static c => c == ',') + 6));
        bind(lease[$"INSERT OR REPLACE INTO {table} ({columns}, day, arrival, state, refusal, at_column) VALUES ({marks})"])
            .With(day).With(record.Arrival).With(EnumText<RowState>.Of(record.State)).With(EnumText<RowRefusal>.Of(record.Refusal))
            .With(EnumText<RowColumn>.Of(record.Column)).Run();
    }

    private void Put(MemberChanges changes, byte[]? head)
    {
        var (member, name) = (changes.Member, changes.Member.Member);
        if (head is null)
        {
            head = new byte[LedgerChain.HashLength];
            LedgerChain.Start(tenant, name, head);
        }

        foreach (var appended in changes.Entries)
        {
            LedgerChain.Next(head, appended.Entry, head);
            Put(name, appended, head);
        }

        for (var i = 0; i < changes.Settlements.Count; i++)
        {
            var settlement = changes.Settlements[i];
            lease["INSERT INTO points_settlement (member, number, sequence, lot, points) VALUES (?, ?, ?, ?, ?)"]
                .With(name).With(changes.SettlementsBefore + i).With(settlement.Entry).With(settlement.Lot).With(settlement.Points).Run();
        }

        foreach (var (number, enrollment) in changes.Enrollments)
        {
            Put(name, number, enrollment);
        }

        foreach (var discount in changes.Discounts)
        {
            lease["INSERT INTO points_discount (member, sequence, day, kind, stage, discount_percent, enrollment_order, cause_order) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"]
                .With(name).With(discount.Sequence).With(discount.On).With(EnumText<DiscountOperationKind>.Of(discount.Kind)).With(discount.Stage)
                .With(discount.DiscountPercent.ToString(CultureInfo.InvariantCulture)).With(discount.EnrollmentOrder).With(discount.CauseOrder).Run();
        }

        var ledger = member.Ledger;
        lease[
            "INSERT OR REPLACE INTO points_member (member, balance, held, lifetime, entries, settlements, last_activity_on, first_order_on, stage, next_due, head) "
            + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
            .With(name).With(ledger.Balance).With(ledger.Held).With(ledger.Lifetime).With(ledger.Entries.Length).With(ledger.Settlements.Length)
            .With(ledger.LastActivityOn).With(member.FirstOrderOn).With(member.Club.Active?.Stage).With(changes.NextDue).WithBytes(head).Run();
    }

    private void Put(string member, AppendedEntry appended, byte[] hash)
    {
        var (entry, opened) = (appended.Entry, appended.Opened);
        lease[
            "INSERT INTO points_entry (member, sequence, kind, source, id, expiry, points, balance, effective_on, booked_on, recorded_at, "
            + "lot_opened, lot_expires_on, lot_inactivity, reversed_lot, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
            .With(member).With(entry.Sequence).With(EnumText<EntryKind>.Of(entry.Kind)).With(EnumText<EntrySource>.Of(entry.Source)).With(entry.Id)
            .With(entry.Number).With(entry.Points).With(entry.Balance).With(entry.EffectiveOn).With(entry.BookedOn).With(entry.RecordedAt.Ticks)
            .With(opened?.Opened).With(opened?.ExpiresOn).With(opened is { IsInactivity: true } lot ? lot.InactivityCode : (long?)null)
            .With((long?)appended.ReversedLot).WithBytes(hash).Run();
        for (var place = 0; place < appended.Movements.Count; place++)
        {
            var movement = appended.Movements[place];
            lease["INSERT INTO points_movement (member, sequence, place, lot, points) VALUES (?, ?, ?, ?, ?)"]
                .With(member).With(movement.Entry).With(place).With(movement.Lot).With(movement.Points).Run();
        }
    }

    private void Put(string member, int number, Enrollment enrollment)
    {
        lease[
            "INSERT OR REPLACE INTO points_enrollment (member, number, stage, enrolled_at, started_on, started_by, initial_expires_at, status, ended_on) "
            + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"]
            .With(member).With(number).With(enrollment.Stage).With(enrollment.EnrolledAt).With(enrollment.StartedOn).With(enrollment.StartedBy)
            .With(enrollment.InitialExpiresAt).With(EnumText<EnrollmentStatus>.Of(enrollment.Status)).With(enrollment.EndedOn).Run();
        for (var place = 0; place < enrollment.Extensions.Count; place++)
        {
            var extension = enrollment.Extensions[place];
            lease["INSERT OR IGNORE INTO points_extension (member, number, place, order_id, day, expires_at) VALUES (?, ?, ?, ?, ?, ?)"]
                .With(member).With(number).With(place).With(extension.Order).With(extension.On).With(extension.ExpiresAt).Run();
        }
    }

    private void Put(in RecordedOperation record, long number, string? owner)
    {
        var (operation, result) = (record.Operation, record.Result);
        lease[
            "INSERT INTO points_operation (kind, id, owner, member, target, day, amount, points, expires_at, reason, outcome, first_sequence, entries, "
            + "result_points, balance, shortfall, lot, bonus_lot, refunded, is_given_back, hold_state, is_hold, number) "
            + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
            .With(EnumText<LedgerOperationKind>.Of(operation.Kind)).With(operation.Id).With(owner).With(operation.Member).With(operation.Target)
            .With(operation.Date).With(operation.Amount).With(operation.Points)
            .With(operation.Kind == LedgerOperationKind.Reserve ? operation.ExpiresAt.Ticks : null).With(operation.Reason)
            .With(EnumText<LedgerOutcome>.Of(result.Outcome)).With(result.FirstSequence).With(result.Entries).With(result.Points).With(result.Balance)
            .With(result.Shortfall).With(record.Lot).With(record.BonusLot).With(record.Refunded).With(record.IsGivenBack)
            .With(EnumText<HoldState>.Of(record.HoldState)).With(record.Hold is not null).With(number).Run();
        for (var place = 0; place < record.Hold?.Count; place++)
        {
            lease["INSERT INTO points_held (id, place, lot, points) VALUES (?, ?, ?, ?)"]
                .With(operation.Id).With(place).With(record.Hold[place].Lot).With(record.Hold[place].Points).Run();
        }
    }

    private void Update(in RecordedOperation record)
    {
        lease["UPDATE points_operation SET refunded = ?, is_given_back = ?, hold_state = ?, is_hold = ? WHERE kind = ? AND id = ?"]
            .With(record.Refunded).With(record.IsGivenBack).With(EnumText<HoldState>.Of(record.HoldState)).With(record.Hold is not null)
            .With(EnumText<LedgerOperationKind>.Of(record.Operation.Kind)).With(record.Operation.Id).Run();
        if (record.Operation.Kind == LedgerOperationKind.Reserve && record.Hold is null)
        {
            lease["DELETE FROM points_held WHERE id = ?"].With(record.Operation.Id).Run();
        }
    }

    private bool Put(Redemption redemption, long number)
    {
        var isKnown = lease["UPDATE points_redemption SET status = ?, changed_on = ?, fulfilled_on = ? WHERE id = ?"]
            .With(EnumText<RedemptionStatus>.Of(redemption.Status)).With(redemption.ChangedOn).With(redemption.FulfilledOn).With(redemption.Id).Run() > 0;
        if (!isKnown)
        {
            lease[
                "INSERT INTO points_redemption (id, number, member, reward, claimed_on, points, level, achievement, status, changed_on, fulfilled_on, refusal) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
                .With(redemption.Id).With(number).With(redemption.Member).With(redemption.Reward).With(redemption.ClaimedOn).With(redemption.Points)
                .With(redemption.Level).With(redemption.Achievement).With(EnumText<RedemptionStatus>.Of(redemption.Status)).With(redemption.ChangedOn)
                .With(redemption.FulfilledOn).With(EnumText<ClaimRefusal>.Of(redemption.Refusal)).Run();
        }

        return !isKnown;
    }

    /// <summary>Whose points an operation is about.</summary>
    private static string? Owner(in RecordedOperation record, PointsLedger ledger)
    {
        if (record.Operation.Member is { } member)
        {
            return member;
        }

        var target = ledger.Operations.Find(
            record.Operation.Kind switch
            {
                LedgerOperationKind.GiveBack => LedgerOperationKind.Redeem,
                LedgerOperationKind.Refund => LedgerOperationKind.Earn,
                _ => LedgerOperationKind.Reserve,
            },
            record.Operation.Target!);
        return target < 0 ? null : ledger.Operations[target].Operation.Member;
    }

    private long Next(string sql)
    {
        var rows = lease[sql];
        rows.Step();
        var next = rows.IsNull(0) ? 0 : rows.Long(0) + 1;
        rows.Reset();
        return next;
    }
}
