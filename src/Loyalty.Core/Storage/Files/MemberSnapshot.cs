using Loyalty.Clubs;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;

namespace Loyalty.Storage.Files;

/// <summary>One member in a snapshot: enrollments, discount operations, entries with their hashes, lots.</summary>
internal static class MemberSnapshot
{
    public static void Write(SnapshotWriter writer, SnapshotTexts texts, BookMember member, byte[] hashes)
    {
        var ledger = member.Ledger;
        texts.Write(member.Member);
        writer.Int(member.HasOrdered ? 1 : 0);
        writer.Int(ledger.LastActivityDay);
        writer.Long(ledger.Held);
        writer.Int(ledger.Entries.Length);
        foreach (var entry in ledger.Entries)
        {
            writer.Int((int)entry.Kind);
            writer.Int((int)entry.Source);
            texts.Write(entry.Id);
            writer.Int(entry.Number);
            writer.Long(entry.Points);
            writer.Int(entry.EffectiveDay);
            writer.Int(entry.BookedDay);
            writer.Long(entry.RecordedTicks);
        }

        writer.Bytes(hashes);
        writer.Int(ledger.Lots.Length);
        foreach (var lot in ledger.Lots)
        {
            writer.Int(lot.Entry);
            writer.Int(lot.ExpiryDay);
            writer.Int(lot.InactivityCode);
            writer.Long(lot.Opened);
            writer.Long(lot.Remaining);
            writer.Long(lot.Reversed);
            writer.Long(lot.Expired);
            writer.Int(lot.ExpiredTimes);
        }

        Write(writer, ledger.Movements);
        Write(writer, ledger.Settlements);
        Write(writer, texts, member.Club);
    }

    public static (BookMember Member, byte[] Hashes) Read(SnapshotReader reader, SnapshotTexts texts, LedgerArena? arena)
    {
        var ledger = new MemberLedger(texts.Read(), arena);
        var member = new BookMember(ledger);

        // Whether the member has ordered; the orders say it, and since when.
        reader.Below(2);
        var activity = reader.Int();
        var held = reader.Long();
        var entries = new LedgerEntry[reader.Count(40)];
        var balance = 0L;
        for (var i = 0; i < entries.Length; i++)
        {
            var kind = (EntryKind)reader.Below((int)EntryKind.Expired + 1);
            var key = new EntryKey((EntrySource)reader.Below((int)EntrySource.TransferIn + 1), texts.Read(), reader.Below(int.MaxValue));
            var points = reader.Long();
            balance = checked(balance + points);
            entries[i] = new LedgerEntry(i + 1, kind, key, points, balance, DayNumber(reader), DayNumber(reader), reader.Long());
        }

        var hashes = new byte[checked(entries.Length * LedgerChain.HashLength)];
        reader.Bytes(hashes);
        var lots = new LotState[reader.Count(48)];
        if (lots.Length > entries.Length)
        {
            throw new InvalidDataException("there are more lots than entries");
        }

        for (var i = 0; i < lots.Length; i++)
        {
            lots[i] = new()
            {
                Entry = reader.Below(entries.Length + 1),
                ExpiryDay = reader.Int(),
                Inactivity = ExpiryPolicy.OfInactivity(reader.Int()),
                Opened = reader.Long(),
                Remaining = reader.Long(),
                Reversed = reader.Long(),
                Expired = reader.Long(),
                ExpiredTimes = reader.Int(),
            };
            if (lots[i].Entry == 0)
            {
                throw new InvalidDataException("a lot has no entry");
            }
        }

        ledger.Restore(entries, lots, ReadMovements(reader, lots.Length), ReadMovements(reader, lots.Length), activity, held);
        ReadClub(reader, texts, member.Club);
        return (member, hashes);
    }

    private static int DayNumber(SnapshotReader reader) => reader.Below(DateOnly.MaxValue.DayNumber + 1);

    private static void Write(SnapshotWriter writer, ReadOnlySpan<LotMovement> movements)
    {
        writer.Int(movements.Length);
        foreach (var movement in movements)
        {
            writer.Int(movement.Entry);
            writer.Int(movement.Lot);
            writer.Long(movement.Points);
        }
    }

    private static LotMovement[] ReadMovements(SnapshotReader reader, int lots)
    {
        var movements = new LotMovement[reader.Count(16)];
        for (var i = 0; i < movements.Length; i++)
        {
            movements[i] = new(reader.Int(), reader.Below(lots), reader.Long());
        }

        return movements;
    }

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, Membership club)
    {
        writer.Int(club.Enrollments.Count);
        foreach (var enrollment in club.Enrollments)
        {
            texts.Write(enrollment.Stage);
            writer.Int(enrollment.EnrolledAt.DayNumber);
            writer.Int(enrollment.StartedOn.DayNumber);
            texts.Write(enrollment.StartedBy);
            writer.Int(enrollment.InitialExpiresAt.DayNumber);
            writer.Int((int)enrollment.Status);
            PointsSnapshotContent.WriteMaybe(writer, enrollment.EndedOn);
            writer.Int(enrollment.Extensions.Count);
            foreach (var extension in enrollment.Extensions)
            {
                texts.Write(extension.Order);
                writer.Int(extension.On.DayNumber);
                writer.Int(extension.ExpiresAt.DayNumber);
            }
        }

        writer.Int(club.Operations.Count);
        foreach (var operation in club.Operations)
        {
            writer.Int(operation.On.DayNumber);
            writer.Int((int)operation.Kind);
            texts.Write(operation.Stage);
            texts.Write(operation.DiscountPercent.ToString(System.Globalization.CultureInfo.InvariantCulture));
            texts.Write(operation.EnrollmentOrder);
            texts.Write(operation.CauseOrder ?? string.Empty);
        }
    }

    private static void ReadClub(SnapshotReader reader, SnapshotTexts texts, Membership club)
    {
        var enrollments = new Enrollment[reader.Count(32)];
        for (var i = 0; i < enrollments.Length; i++)
        {
            enrollments[i] = new Enrollment(
                texts.Read(), PointsSnapshotContent.Day(reader), PointsSnapshotContent.Day(reader), texts.Read(), PointsSnapshotContent.Day(reader));
            var status = (EnrollmentStatus)reader.Below((int)EnrollmentStatus.Expired + 1);
            var ended = PointsSnapshotContent.MaybeDay(reader);
            for (var left = reader.Count(12); left > 0; left--)
            {
                enrollments[i].Extend(texts.Read(), PointsSnapshotContent.Day(reader), PointsSnapshotContent.Day(reader));
            }

            if (status != EnrollmentStatus.Active)
            {
                enrollments[i].End(status, ended ?? throw new InvalidDataException("an enrollment ended on no day"));
            }
        }

        var operations = new DiscountOperation[reader.Count(24)];
        for (var i = 0; i < operations.Length; i++)
        {
            var on = PointsSnapshotContent.Day(reader);
            var kind = (DiscountOperationKind)reader.Below((int)DiscountOperationKind.Remove + 1);
            var stage = texts.Read();
            if (!decimal.TryParse(texts.Read(), System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture, out var percent))
            {
                throw new InvalidDataException("a discount is no number");
            }

            var order = texts.Read();
            operations[i] = new(i + 1, on, kind, stage, percent, order, texts.Read() is { Length: > 0 } cause ? cause : null);
        }

        club.Restore(enrollments, operations);
    }
}
