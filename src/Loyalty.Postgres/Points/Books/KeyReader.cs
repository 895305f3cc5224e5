using System.Data.Common;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Rows of operations and of what runs have taken, as objects.</summary>
internal static class KeyReader
{
    /// <summary>How many columns an order has.</summary>
    public const int OrderColumns = 15;

    /// <summary>An operation, the version of the book that it came with, and its place there.</summary>
    public static (RecordedOperation Record, long Version, int Number) Operation(DbDataReader reader)
    {
        var held = new List<HeldPoints>();
        var (lots, points) = (MemberReader.Array<int>(reader, 20) ?? [], MemberReader.Array<long>(reader, 21) ?? []);
        for (var i = 0; i < lots.Length; i++)
        {
            held.Add(new(lots[i], points[i]));
        }

        var hold = reader.GetString(19);
        var record = new RecordedOperation
        {
            Operation = LedgerOperation.Restore(
                EnumText.Operation.Parse(reader.GetString(0)), reader.GetString(1), MemberReader.Text(reader, 2), MemberReader.Text(reader, 3),
                reader.GetFieldValue<DateOnly>(4), reader.GetInt64(5), reader.GetInt64(6),
                reader.IsDBNull(7) ? default : new DateTime(reader.GetInt64(7), DateTimeKind.Utc), MemberReader.Text(reader, 8)),
            Result = new LedgerResult(
                EnumText.Outcome.Parse(reader.GetString(9)), reader.GetInt32(10), reader.GetInt32(11), reader.GetInt64(12), reader.GetInt64(13))
            {
                Shortfall = reader.GetInt64(14),
            },
            Lot = reader.GetInt32(15),
            BonusLot = reader.GetInt32(16),
            Refunded = reader.GetInt64(17),
            IsGivenBack = reader.GetBoolean(18),
            HoldState = EnumText.ParseHold(hold),
            Hold = string.Equals(hold, "open", StringComparison.Ordinal) ? held : null,
        };
        return (record, reader.GetInt64(22), reader.GetInt32(23));
    }

    /// <summary>An order as the ledger has it, or <see langword="null"/> when it did not come there under its own key.</summary>
    public static RecordedOperation? Earned(DbDataReader reader) => reader.IsDBNull(6)
        ? null
        : new RecordedOperation
        {
            Operation = LedgerOperation.Earn(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetInt64(3)),
            Result = new LedgerResult(
                EnumText.Outcome.Parse(reader.GetString(6)), reader.GetInt32(7), reader.GetInt32(8), reader.GetInt64(9), reader.GetInt64(10))
            {
                Shortfall = reader.GetInt64(11),
            },
            Lot = reader.GetInt32(12),
            BonusLot = reader.GetInt32(13),
            Refunded = reader.GetInt64(14),
        };

    public static RowRecord<OrderRow> Order(DbDataReader reader)
    {
        var state = EnumText.Row.Parse(reader.GetString(5));
        var row = new OrderRow(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetInt64(3));

        // Nothing else refuses an order.
        return new(row, reader.GetInt64(4), state, state == RowState.Refused ? RowRefusal.Overflow : RowRefusal.None,
            state == RowState.Refused ? RowColumn.Amount : RowColumn.None);
    }

    /// <summary>A refund.</summary>
    /// <param name="reader">Stands on its row.</param>
    /// <param name="first">Its first column.</param>
    public static RowRecord<RefundRow> Refund(DbDataReader reader, int first = 0)
    {
        var state = EnumText.Row.Parse(reader.GetString(first + 5));
        var row = new RefundRow(reader.GetString(first), reader.GetString(first + 1), reader.GetFieldValue<DateOnly>(first + 2), reader.GetInt64(first + 3));

        // Nothing else refuses a refund.
        return new(row, reader.GetInt64(first + 4), state, state == RowState.Refused ? RowRefusal.RefundExceedsOrder : RowRefusal.None,
            state == RowState.Refused ? RowColumn.Amount : RowColumn.None);
    }

    public static RowRecord<RedemptionRow> RedemptionEvent(DbDataReader reader) => new(
        new RedemptionRow(
            reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3), EnumText.Event.Parse(reader.GetString(4))),
        reader.GetInt64(5), EnumText.Row.Parse(reader.GetString(6)), EnumText.Refusal.Parse(reader.GetString(7)), EnumText.Column.Parse(reader.GetString(8)));
}
