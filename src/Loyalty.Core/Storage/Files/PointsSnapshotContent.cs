using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Storage.Files;

/// <summary>The part of a snapshot that keeps clubs, points and rewards: what stands where. Version 1.</summary>
internal static class PointsSnapshotContent
{
    public static void Write(SnapshotWriter writer, KeptPoints points)
    {
        var book = points.Book;
        var texts = new SnapshotTexts(writer);
        writer.Text(points.Program.Json.Span);
        writer.Int(book.AsOf!.Value.DayNumber);
        writer.Long(book.Arrivals);
        writer.Int(book.Members.Count);
        foreach (var member in book.InOrder())
        {
            MemberSnapshot.Write(writer, texts, member, points.Hashes.GetValueOrDefault(member.Member) ?? []);
        }

        var operations = book.Ledger.Records;
        writer.Int(operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            OperationSnapshot.Write(writer, texts, operations[i]);
        }

        WriteRows(writer, book.OrdersById.Values, row =>
        {
            texts.Write(row.Id);
            texts.Write(row.Customer);
            writer.Int(row.Date.DayNumber);
            writer.Long(row.Amount);
        });
        WriteRows(writer, book.RefundsById.Values, row =>
        {
            texts.Write(row.Id);
            texts.Write(row.Order);
            writer.Int(row.Date.DayNumber);
            writer.Long(row.Amount);
        });
        WriteRows(writer, book.Claims.Values.Concat(book.Events.Values), row =>
        {
            texts.Write(row.Id);
            texts.Write(row.Customer);
            writer.Int(row.Date.DayNumber);
            texts.Write(row.Reward);
            writer.Int((int)row.Event);
        });
        writer.Int(book.Desk.Redemptions.Count);
        foreach (var redemption in book.Desk.Redemptions)
        {
            Write(writer, texts, redemption);
        }
    }

    /// <summary>Reads what the part begins with.</summary>
    public static LoyaltyProgram ReadProgram(SnapshotReader reader) => LoyaltyProgram.Parse(reader.TextBytes());

    public static KeptPoints Read(SnapshotReader reader)
    {
        var texts = new SnapshotTexts(reader);
        var program = ReadProgram(reader);
        if (program.Points is null)
        {
            throw new InvalidDataException("the program has no points");
        }

        var sealedHashes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var book = new PointsBook(program.Points) { AsOf = Day(reader), Arrivals = reader.Long() };
        for (var left = reader.Count(40); left > 0; left--)
        {
            var (member, hashes) = MemberSnapshot.Read(reader, texts, book.Ledger.Arena);
            book.Ledger.Restore(member.Ledger);
            book.MembersByName.Add(member.Member, member);
            if (hashes.Length > 0)
            {
                sealedHashes.Add(member.Member, hashes);
            }
        }

        for (var left = reader.Count(40); left > 0; left--)
        {
            book.Ledger.Restore(OperationSnapshot.Read(reader, texts));
        }

        foreach (var record in ReadRows(reader, () => new OrderRow(texts.Read(), texts.Read(), Day(reader), reader.Long())))
        {
            book.OrdersById.Add(record.Row.Id, record);
            Wait(book.OrdersWaiting, record);
            if (record.State == RowState.Taken && book.Member(record.Row.Customer) is var member && !(member.FirstOrderOn <= record.Row.Date))
            {
                member.FirstOrderOn = record.Row.Date;
            }
        }

        foreach (var record in ReadRows(reader, () => new RefundRow(texts.Read(), texts.Read(), Day(reader), reader.Long())))
        {
            book.RefundsById.Add(record.Row.Id, record);
            Wait(book.RefundsWaiting, record);
            if (!book.OrdersById.ContainsKey(record.Row.Order))
            {
                throw new InvalidDataException("a refund has no order");
            }
        }

        foreach (var record in ReadRows(reader, () => new RedemptionRow(
            texts.Read(), texts.Read(), Day(reader), texts.Read(), (RedemptionEvent)reader.Below((int)RedemptionEvent.Refunded + 1))))
        {
            if (record.Row.Event == RedemptionEvent.Claimed)
            {
                book.ClaimsById.Add(record.Row.Id, record);
            }
            else
            {
                book.EventsByKey.Add((record.Row.Id, record.Row.Event, record.Row.Date), record);
            }

            Wait(book.RedemptionsWaiting, record);
        }

        for (var left = reader.Count(32); left > 0; left--)
        {
            var redemption = ReadRedemption(reader, texts);
            book.Desk.Add(redemption);
            book.Member(redemption.Member).Redemptions.Add(redemption);
        }

        return new KeptPoints(program, book, sealedHashes);
    }

    /// <summary>Another object with the same content, made of what a file would keep.</summary>
    public static KeptPoints Copy(KeptPoints points)
    {
        using var bytes = new ChunkStream();
        using (var writer = new SnapshotWriter(bytes, bufferSize: 1 << 16))
        {
            Write(writer, points);
            writer.Seal();
        }

        return Read(new SnapshotReader(bytes, bytes.Length));
    }

    internal static DateOnly Day(SnapshotReader reader) => DateOnly.FromDayNumber(reader.Below(DateOnly.MaxValue.DayNumber + 1));

    internal static DateOnly? MaybeDay(SnapshotReader reader) =>
        reader.Below(DateOnly.MaxValue.DayNumber + 2) is var day && day == 0 ? null : DateOnly.FromDayNumber(day - 1);

    internal static void WriteMaybe(SnapshotWriter writer, DateOnly? day) => writer.Int(day is { } d ? d.DayNumber + 1 : 0);

    private static void Wait<T>(List<RowRecord<T>> waiting, RowRecord<T> record)
        where T : struct
    {
        if (record.State == RowState.Waiting)
        {
            waiting.Add(record);
        }
    }

    private static void WriteRows<T>(SnapshotWriter writer, IEnumerable<RowRecord<T>> records, Action<T> write)
        where T : struct
    {
        var all = records.ToArray();
        writer.Int(all.Length);
        foreach (var record in all)
        {
            write(record.Row);
            writer.Long(record.Arrival);
            writer.Int((int)record.State);
            writer.Int((int)record.Refusal);
            writer.Int((int)record.Column);
        }
    }

    private static IEnumerable<RowRecord<T>> ReadRows<T>(SnapshotReader reader, Func<T> read)
        where T : struct
    {
        for (var left = reader.Count(36); left > 0; left--)
        {
            var row = read();
            yield return new RowRecord<T>(
                row, reader.Long(), (RowState)reader.Below((int)RowState.Refused + 1), (RowRefusal)reader.Below((int)RowRefusal.RefundExceedsOrder + 1),
                (RowColumn)reader.Below((int)RowColumn.Event + 1));
        }
    }

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, Redemption redemption)
    {
        texts.Write(redemption.Id);
        texts.Write(redemption.Member);
        texts.Write(redemption.Reward);
        writer.Int(redemption.ClaimedOn.DayNumber);
        writer.Long(redemption.Points);
        texts.Write(redemption.Level ?? string.Empty);
        writer.Int(redemption.Achievement);
        writer.Int((int)redemption.Status);
        writer.Int(redemption.ChangedOn.DayNumber);
        WriteMaybe(writer, redemption.FulfilledOn);
        writer.Int((int)redemption.Refusal);
    }

    private static Redemption ReadRedemption(SnapshotReader reader, SnapshotTexts texts)
    {
        var redemption = new Redemption(
            texts.Read(), texts.Read(), texts.Read(), Day(reader), reader.Long(), texts.Read() is { Length: > 0 } level ? level : null, reader.Int());
        redemption.Restore(
            (RedemptionStatus)reader.Below((int)RedemptionStatus.Refused + 1), Day(reader), MaybeDay(reader), (ClaimRefusal)reader.Below((int)ClaimRefusal.InsufficientPoints + 1));
        return redemption;
    }
}
