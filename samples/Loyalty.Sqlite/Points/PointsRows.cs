using System.Globalization;
using System.Numerics;
using Loyalty.Clubs;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Sqlite.Files;

namespace Loyalty.Sqlite.Points;

/// <summary>Reads what the file holds about points, as values of the domain.</summary>
/// <param name="lease">Where to read.</param>
internal sealed class PointsRows(SqliteConnectionLease lease)
{
    private const string OperationColumns =
        "kind, id, member, target, day, amount, points, expires_at, reason, outcome, first_sequence, entries, result_points, balance, shortfall, lot, bonus_lot, "
        + "refunded, is_given_back, hold_state, is_hold";

    private const string RowColumns = "day, arrival, state, refusal, at_column";

    /// <summary>The last run; <see langword="null"/> while there was none.</summary>
    public PointsRunRow? Run()
    {
        var rows = lease["SELECT program, as_of, arrivals, issued FROM points_run"];
        if (!rows.Step())
        {
            return null;
        }

        var run = new PointsRunRow(LoyaltyProgram.Parse(rows.Bytes(0).ToArray()), rows.Date(1), rows.Long(2), rows.Long(3));
        rows.Reset();
        return run;
    }

    /// <summary>A number that one statement without parameters gives.</summary>
    public long Count(string sql)
    {
        var rows = lease[sql];
        rows.Step();
        var count = rows.Long(0);
        rows.Reset();
        return count;
    }

    /// <summary>The texts that a statement gives.</summary>
    public List<string> Texts(string sql, Action<SqliteStatement>? with = null)
    {
        var rows = lease[sql];
        with?.Invoke(rows);
        var texts = new List<string>();
        while (rows.Step())
        {
            if (!rows.IsNull(0))
            {
                texts.Add(rows.Text(0));
            }
        }

        return texts;
    }

    /// <summary>A member with points, club and claims; <see langword="null"/> when the file has none of that name.</summary>
    /// <param name="name">The member.</param>
    /// <param name="isLenient">Whether what does not hold together is passed on, to be verified.</param>
    public StoredMember? Member(string name, bool isLenient = false)
    {
        var rows = lease["SELECT balance, held, lifetime, entries, settlements, last_activity_on, first_order_on, head FROM points_member WHERE member = ?"].With(name);
        if (!rows.Step())
        {
            return null;
        }

        var (balance, held, lifetime, entries, settlements) = (rows.Long(0), rows.Long(1), rows.Long(2), rows.Int(3), rows.Int(4));
        var (activity, firstOrder, head) = (rows.MaybeDate(5), rows.MaybeDate(6), rows.Bytes(7).ToArray());
        rows.Reset();
        var builder = new MemberLedgerBuilder(name, known: null, isLenient);
        var hashes = ReadEntries(name, builder);
        var settled = lease["SELECT sequence, lot, points FROM points_settlement WHERE member = ? ORDER BY number"].With(name);
        while (settled.Step())
        {
            builder.Settle(new LotMovement(settled.Int(0), settled.Int(1), settled.Long(2)));
        }

        var holds = lease["SELECT h.lot, h.points FROM points_operation AS o JOIN points_held AS h USING (id) WHERE o.owner = ? AND o.is_hold"].With(name);
        while (holds.Step())
        {
            builder.Hold(holds.Int(0), holds.Long(1));
        }

        var ledger = builder.Build(activity, held);
        return new StoredMember(new BookMember(ledger, Club(name), Claims(name), firstOrder), head)
        {
            Hashes = hashes,
            Entries = builder.Entries,
            Row = (balance, lifetime, entries, settlements),
        };
    }

    /// <summary>The operations that concern a member's points, in the order in which they were decided.</summary>
    public List<RecordedOperation> OperationsOf(string member)
    {
        var operations = new List<RecordedOperation>();
        var rows = lease[$"SELECT {OperationColumns} FROM points_operation WHERE owner = ? ORDER BY number"].With(member);
        while (rows.Step())
        {
            operations.Add(ReadOperation(rows));
        }

        return operations;
    }

    public RecordedOperation? Operation(LedgerOperationKind kind, string id)
    {
        var rows = lease[$"SELECT {OperationColumns} FROM points_operation WHERE kind = ? AND id = ?"].With(EnumText<LedgerOperationKind>.Of(kind)).With(id);
        if (!rows.Step())
        {
            return null;
        }

        var operation = ReadOperation(rows);
        rows.Reset();
        return operation;
    }

    /// <summary>Orders: one by its id, or those that wait.</summary>
    public List<RowRecord<OrderRow>> Orders(string where, string? value = null)
    {
        var rows = Bind($"SELECT id, customer, amount, {RowColumns} FROM points_order WHERE {where}", value);
        var records = new List<RowRecord<OrderRow>>();
        while (rows.Step())
        {
            records.Add(Record(rows, new OrderRow(rows.Text(0), rows.Text(1), rows.Date(3), rows.Long(2)), 4));
        }

        return records;
    }

    /// <summary>Refunds: one by its id, or those that wait.</summary>
    public List<RowRecord<RefundRow>> Refunds(string where, string? value = null)
    {
        var rows = Bind($"SELECT id, order_id, amount, {RowColumns} FROM points_refund WHERE {where}", value);
        var records = new List<RowRecord<RefundRow>>();
        while (rows.Step())
        {
            records.Add(Record(rows, new RefundRow(rows.Text(0), rows.Text(1), rows.Date(3), rows.Long(2)), 4));
        }

        return records;
    }

    /// <summary>Rows of redemptions: those of an id, or those that wait.</summary>
    public List<RowRecord<RedemptionRow>> RedemptionRows(string where, string? value = null)
    {
        var rows = Bind($"SELECT id, customer, reward, {RowColumns}, event FROM points_redemption_row WHERE {where}", value);
        var records = new List<RowRecord<RedemptionRow>>();
        while (rows.Step())
        {
            records.Add(Record(
                rows, new RedemptionRow(rows.Text(0), rows.Text(1), rows.Date(3), rows.Text(2), EnumText<RedemptionEvent>.Parse(rows.Text(8))), 4));
        }

        return records;
    }

    /// <summary>A member's sums.</summary>
    public (long Balance, long Held, long Lifetime)? Sums(string member)
    {
        var rows = lease["SELECT balance, held, lifetime FROM points_member WHERE member = ?"].With(member);
        if (!rows.Step())
        {
            return null;
        }

        var sums = (rows.Long(0), rows.Long(1), rows.Long(2));
        rows.Reset();
        return sums;
    }

    /// <summary>The sum of the positive balances, which may leave the range of 64 bits.</summary>
    public BigInteger Outstanding()
    {
        var rows = lease["SELECT balance FROM points_member WHERE balance > 0"];
        var sum = BigInteger.Zero;
        while (rows.Step())
        {
            sum += rows.Long(0);
        }

        return sum;
    }

    /// <summary>A page of a member's entries.</summary>
    public List<LedgerEntry> Entries(string member, int after, int limit)
    {
        var rows = lease[$"SELECT {EntryColumns} FROM points_entry WHERE member = ? AND sequence > ? ORDER BY sequence LIMIT ?"].With(member).With(after).With(limit);
        var entries = new List<LedgerEntry>();
        while (rows.Step())
        {
            entries.Add(ReadEntry(rows));
        }

        return entries;
    }

    private const string EntryColumns = "sequence, kind, source, id, expiry, points, balance, effective_on, booked_on, recorded_at";

    private SqliteStatement Bind(string sql, string? value) => value is null ? lease[sql] : lease[sql].With(value);

    private static RowRecord<T> Record<T>(SqliteStatement rows, T row, int first)
        where T : struct => new(
        row, rows.Long(first), EnumText<RowState>.Parse(rows.Text(first + 1)), EnumText<RowRefusal>.Parse(rows.Text(first + 2)),
        EnumText<RowColumn>.Parse(rows.Text(first + 3)));

    private byte[] ReadEntries(string member, MemberLedgerBuilder builder)
    {
        var hashes = new List<byte>();
        var movements = lease["SELECT sequence, lot, points FROM points_movement WHERE member = ? ORDER BY sequence, place"].With(member);
        var hasMovement = movements.Step();
        var moved = new List<LotMovement>();
        var rows = lease[$"SELECT {EntryColumns}, lot_opened, lot_expires_on, lot_inactivity, reversed_lot, hash FROM points_entry WHERE member = ? ORDER BY sequence"].With(member);
        while (rows.Step())
        {
            var entry = ReadEntry(rows);
            moved.Clear();
            while (hasMovement && movements.Int(0) <= entry.Sequence)
            {
                moved.Add(new LotMovement(movements.Int(0), movements.Int(1), movements.Long(2)));
                hasMovement = movements.Step();
            }

            LotState? lot = rows.IsNull(10)
                ? null
                : new LotState
                {
                    Entry = entry.Sequence,
                    Opened = rows.Long(10),
                    ExpiresOn = rows.MaybeDate(11),
                    Inactivity = Loyalty.Points.ExpiryPolicy.OfInactivity(rows.IsNull(12) ? 0 : rows.Int(12)),
                };
            builder.Add(entry, lot, rows.IsNull(13) ? null : rows.Int(13), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(moved));
            hashes.AddRange(rows.Bytes(14));
        }

        movements.Reset();
        return [.. hashes];
    }

    private static LedgerEntry ReadEntry(SqliteStatement rows) => new(
        rows.Int(0), EnumText<EntryKind>.Parse(rows.Text(1)), new EntryKey(EnumText<EntrySource>.Parse(rows.Text(2)), rows.Text(3), rows.Int(4)),
        rows.Long(5), rows.Long(6), rows.Date(7), rows.Date(8), new DateTime(rows.Long(9), DateTimeKind.Utc));

    private Membership Club(string member)
    {
        var extensions = new Dictionary<int, List<EnrollmentExtension>>();
        var extended = lease["SELECT number, order_id, day, expires_at FROM points_extension WHERE member = ? ORDER BY number, place"].With(member);
        while (extended.Step())
        {
            if (!extensions.TryGetValue(extended.Int(0), out var list))
            {
                extensions.Add(extended.Int(0), list = []);
            }

            list.Add(new(extended.Text(1), extended.Date(2), extended.Date(3)));
        }

        var enrollments = new List<Enrollment>();
        var rows = lease["SELECT number, stage, enrolled_at, started_on, started_by, initial_expires_at, status, ended_on FROM points_enrollment WHERE member = ? ORDER BY number"].With(member);
        while (rows.Step())
        {
            enrollments.Add(new Enrollment(
                rows.Text(1), rows.Date(2), rows.Date(3), rows.Text(4), rows.Date(5), extensions.GetValueOrDefault(rows.Int(0), []),
                EnumText<EnrollmentStatus>.Parse(rows.Text(6)), rows.MaybeDate(7)));
        }

        var discounts = new List<DiscountOperation>();
        var given = lease["SELECT sequence, day, kind, stage, discount_percent, enrollment_order, cause_order FROM points_discount WHERE member = ? ORDER BY sequence"].With(member);
        while (given.Step())
        {
            discounts.Add(new DiscountOperation(
                given.Int(0), given.Date(1), EnumText<DiscountOperationKind>.Parse(given.Text(2)), given.Text(3),
                decimal.Parse(given.Text(4), CultureInfo.InvariantCulture), given.Text(5), given.MaybeText(6)));
        }

        return new Membership(enrollments, discounts);
    }

    private List<Redemption> Claims(string member)
    {
        var claims = new List<Redemption>();
        var rows = lease[
            "SELECT id, member, reward, claimed_on, points, level, achievement, status, changed_on, fulfilled_on, refusal FROM points_redemption WHERE member = ? ORDER BY number"]
            .With(member);
        while (rows.Step())
        {
            claims.Add(Redemption.FromStored(
                rows.Text(0), rows.Text(1), rows.Text(2), rows.Date(3), rows.Long(4), rows.MaybeText(5), rows.Int(6),
                EnumText<RedemptionStatus>.Parse(rows.Text(7)), rows.Date(8), rows.MaybeDate(9), EnumText<ClaimRefusal>.Parse(rows.Text(10))));
        }

        return claims;
    }

    private RecordedOperation ReadOperation(SqliteStatement rows)
    {
        var kind = EnumText<LedgerOperationKind>.Parse(rows.Text(0));
        return new RecordedOperation
        {
            Operation = LedgerOperation.Restore(
                kind, rows.Text(1), rows.MaybeText(2), rows.MaybeText(3), rows.Date(4), rows.Long(5), rows.Long(6),
                rows.IsNull(7) ? default : new DateTime(rows.Long(7), DateTimeKind.Utc), rows.MaybeText(8)),
            Result = new LedgerResult(EnumText<LedgerOutcome>.Parse(rows.Text(9)), rows.Int(10), rows.Int(11), rows.Long(12), rows.Long(13))
            {
                Shortfall = rows.Long(14),
            },
            Lot = rows.Int(15),
            BonusLot = rows.Int(16),
            Refunded = rows.Long(17),
            IsGivenBack = rows.Bool(18),
            HoldState = EnumText<HoldState>.Parse(rows.Text(19)),
            Hold = rows.Bool(20) ? Held(rows.Text(1)) : null,
        };
    }

    private List<HeldPoints> Held(string hold)
    {
        var held = new List<HeldPoints>();
        var rows = lease["SELECT lot, points FROM points_held WHERE id = ? ORDER BY place"].With(hold);
        while (rows.Step())
        {
            held.Add(new(rows.Int(0), rows.Long(1)));
        }

        return held;
    }
}

/// <summary>The row of the last run.</summary>
/// <param name="Program">The program.</param>
/// <param name="AsOf">The last day that is closed.</param>
/// <param name="Arrivals">How many rows have taken a key.</param>
/// <param name="Issued">What all members ever earned together.</param>
internal sealed record PointsRunRow(LoyaltyProgram Program, DateOnly AsOf, long Arrivals, long Issued);

/// <summary>A member as the file has it.</summary>
/// <param name="Book">Points, club and claims.</param>
/// <param name="Head">The hash of the last entry.</param>
internal sealed record StoredMember(BookMember Book, byte[] Head)
{
    /// <summary>The entries as they stand there.</summary>
    public LedgerEntry[] Entries { get; init; } = [];

    /// <summary>Their hashes.</summary>
    public byte[] Hashes { get; init; } = [];

    /// <summary>What the member's row says, which must be what the entries say.</summary>
    public (long Balance, long Lifetime, int Entries, int Settlements) Row { get; init; }
}
