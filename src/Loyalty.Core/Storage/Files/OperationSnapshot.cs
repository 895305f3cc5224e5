using Loyalty.Points.Ledger;

namespace Loyalty.Storage.Files;

/// <summary>One operation of the ledger in a snapshot.</summary>
internal static class OperationSnapshot
{
    /// <summary>The number of the first outcome in a file is 0.</summary>
    private const int FirstOutcome = (int)LedgerOutcome.Applied;

    public static void Write(SnapshotWriter writer, SnapshotTexts texts, in OperationRecord record)
    {
        var operation = record.Operation;
        writer.Int((int)operation.Kind);
        texts.Write(operation.Id);
        texts.Write(operation.Member ?? string.Empty);
        texts.Write(operation.Target ?? string.Empty);
        writer.Int(operation.DayNumber);
        writer.Long(operation.Amount);
        writer.Long(operation.Points);
        writer.Long(operation.ExpiresAt.Ticks);
        texts.Write(operation.Reason ?? string.Empty);
        var result = record.Result;
        writer.Int((int)result.Outcome - FirstOutcome);
        writer.Int(result.FirstSequence);
        writer.Int(result.Entries);
        writer.Long(result.Points);
        writer.Long(result.Balance);
        writer.Long(result.Shortfall);
        writer.Int(record.Lot);
        writer.Int(record.BonusLot);
        writer.Long(record.Refunded);
        writer.Int(record.IsGivenBack ? 1 : 0);
        writer.Int((int)record.HoldState);
        writer.Int(record.Hold?.Count ?? 0);
        foreach (var (lot, points) in record.Hold ?? [])
        {
            writer.Int(lot);
            writer.Long(points);
        }
    }

    public static OperationRecord Read(SnapshotReader reader, SnapshotTexts texts)
    {
        var kind = (LedgerOperationKind)reader.Below((int)LedgerOperationKind.Transfer + 1);
        var id = texts.Read();
        var member = texts.Read();
        var target = texts.Read();
        var date = PointsSnapshotContent.Day(reader);
        var amount = reader.Long();
        var points = reader.Long();
        var expires = new DateTime(reader.Long(), DateTimeKind.Utc);
        var reason = texts.Read();
        var record = new OperationRecord
        {
            Operation = LedgerOperation.Restore(kind, id, member, target, date, amount, points, expires, reason),
            Result = new((LedgerOutcome)(reader.Below((int)LedgerOutcome.Overflow + 1 - FirstOutcome) + FirstOutcome), reader.Int(), reader.Int(), reader.Long(), reader.Long())
            {
                Shortfall = reader.Long(),
            },
            Lot = reader.Int(),
            BonusLot = reader.Int(),
            Refunded = reader.Long(),
            IsGivenBack = reader.Below(2) == 1,
            HoldState = (HoldState)reader.Below((int)HoldState.TimedOut + 1),
        };
        var held = new List<(int, long)>();
        for (var left = reader.Count(12); left > 0; left--)
        {
            held.Add((reader.Int(), reader.Long()));
        }

        record.Hold = kind == LedgerOperationKind.Reserve && record.Result.IsApplied && record.HoldState == HoldState.Open ? held : null;
        return record;
    }
}
