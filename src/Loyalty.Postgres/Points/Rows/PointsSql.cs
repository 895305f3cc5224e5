using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Points.Rows;

/// <summary>The statements of the points store. <c>$1</c> is the tenant; <c>{0}</c> stands for rows that go in, called <c>r</c>.</summary>
/// <remarks>
/// Look-ups by several keys at once are lateral: without statistics the planner takes a tenant to be small, and a plain join would read all of it.
/// </remarks>
internal static class PointsSql
{
    /// <summary>The settings of a run: batches of operations hold the book for less than this, so that who holds it longer is another run.</summary>
    public const string RunSettings = "; SET LOCAL jit = off; SET LOCAL lock_timeout = '1s'";

    /// <summary>The settings of a batch of operations, which waits for other hosts, and not much longer for a run.</summary>
    public const string BatchSettings = "; SET LOCAL lock_timeout = '15s'";

    private const string BookColumns = "version, arrivals, redemptions, issued, as_of, name, program_digest";

    public const string ReadBook = $"SELECT {BookColumns} FROM loyalty.points_book WHERE tenant_id = $1";

    public const string LockBook = $"SELECT {BookColumns} FROM loyalty.points_book WHERE tenant_id = $1 FOR UPDATE";

    /// <summary>
    /// The number of this transaction, and whether another one was committed. Asked under the lock of the book, which that one held, so that it is over.
    /// It needs no tenant, and names it only because every statement has it as its first parameter.
    /// </summary>
    public const string Transactions = "SELECT pg_current_xact_id()::text, $1 IS NOT NULL AND coalesce(pg_xact_status($2::xid8) = 'committed', false)";

    public const string CreateBook =
        "INSERT INTO loyalty.points_book (tenant_id, name, currency, program_digest, as_of, version, arrivals, redemptions, issued) "
        + "VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0) ON CONFLICT (tenant_id) DO NOTHING";

    public const string UpdateBook =
        "UPDATE loyalty.points_book SET version = $2, arrivals = $3, redemptions = $4, issued = $5, as_of = $6, program_digest = $7 WHERE tenant_id = $1";

    public const string NextVersion = "UPDATE loyalty.points_book SET version = $2, issued = $3 WHERE tenant_id = $1";

    public const string NextCounts =
        "UPDATE loyalty.points_book SET version = $2, issued = $3, arrivals = $4, redemptions = $5 WHERE tenant_id = $1";

    public const string ReadProgram = "SELECT json FROM loyalty.points_program WHERE tenant_id = $1 AND digest = $2";

    public const string PutProgram =
        "INSERT INTO loyalty.points_program (tenant_id, digest, json) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, digest) DO NOTHING";

    public const string InsertRun =
        "INSERT INTO loyalty.points_run (tenant_id, run_id, as_of, program_digest, started_at, completed_at, rows_read, rows_new, rows_rejected, entries_new) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    public const string FindRun = "SELECT 1 FROM loyalty.points_run WHERE tenant_id = $1 AND run_id = $2";

    public const string Totals = "SELECT count(*), coalesce(sum(entries), 0)::bigint FROM loyalty.points_member WHERE tenant_id = $1";

    public const string MemberOffStages =
        "SELECT member, stage FROM loyalty.points_member WHERE tenant_id = $1 AND stage IS NOT NULL AND stage <> ALL ($2) ORDER BY member LIMIT 1";

    public const string MembersAfter = "SELECT member FROM loyalty.points_member WHERE tenant_id = $1 AND member > $2 ORDER BY member LIMIT $3";

    public const string MembersDue = "SELECT member FROM loyalty.points_member WHERE tenant_id = $1 AND next_due <= $2";

    // What stands under each of the keys $2, which are distinct.
    private const string Each = "SELECT f.* FROM unnest($2::text[]) AS k (key) CROSS JOIN LATERAL (SELECT ";

    public const string Members =
        Each + "member, version, balance, held, lifetime, entries, settlements, last_activity_on, enrolled_until, first_order_on, stage, head "
        + "FROM loyalty.points_member WHERE tenant_id = $1 AND member = k.key LIMIT 1) AS f";

    private const string EntryColumns =
        "e.member, e.sequence, e.points, e.balance, e.recorded_at, e.effective_on, e.booked_on, e.expiry, e.kind, e.source, e.id, "
        + "e.lot_opened, e.lot_expires_on, e.lot_inactivity, e.reversed_lot, e.moved_lots, e.moved_points, e.hash";

    /// <summary>The entries of members beyond those that are known already, each member's in order.</summary>
    public const string Entries =
        $"SELECT {EntryColumns} FROM unnest($2::text[], $3::integer[]) AS known (member, entries) CROSS JOIN LATERAL (SELECT {EntryColumns} "
        + "FROM loyalty.points_entry e WHERE e.tenant_id = $1 AND e.member = known.member AND e.sequence > known.entries ORDER BY e.sequence) AS e";

    public const string Settlements =
        Each + "member, entry, lot, points FROM loyalty.points_settlement WHERE tenant_id = $1 AND member = k.key ORDER BY number) AS f";

    public const string OpenHolds =
        Each + "member, held_lots, held_points FROM loyalty.points_operation WHERE tenant_id = $1 AND member = k.key AND hold_state = 'open' OFFSET 0) AS f";

    public const string Enrollments =
        Each + "member, number, stage, enrolled_at, started_on, started_by, initial_expires_at, status, ended_on, extended_by, extended_on, extended_to "
        + "FROM loyalty.points_enrollment WHERE tenant_id = $1 AND member = k.key ORDER BY number) AS f";

    public const string Discounts =
        Each + "member, sequence, day, kind, stage, discount_percent, enrollment_order, cause_order "
        + "FROM loyalty.points_discount WHERE tenant_id = $1 AND member = k.key ORDER BY sequence) AS f";

    private const string RedemptionColumns =
        "id, member, reward, claimed_on, points, level, achievement, status, changed_on, fulfilled_on, refusal";

    public const string RedemptionsOfMembers =
        Each + RedemptionColumns + " FROM loyalty.points_redemption WHERE tenant_id = $1 AND member = k.key ORDER BY number) AS f";

    public const string Redemptions = Each + RedemptionColumns + " FROM loyalty.points_redemption WHERE tenant_id = $1 AND id = k.key LIMIT 1) AS f";

    /// <summary>What is taken of a reward. Asked of those with a stock only, so that it reads no more rows than the stock has.</summary>
    public const string Taken =
        "SELECT count(*)::integer FROM loyalty.points_redemption WHERE tenant_id = $1 AND reward = $2 AND status IN ('pending', 'fulfilled', 'concluded')";

    private const string OperationColumns =
        "o.kind, o.id, o.member, o.target, o.day, o.amount, o.points, o.expires_at, o.reason, o.outcome, o.first_sequence, o.entries, o.result_points, "
        + "o.balance, o.shortfall, o.lot, o.bonus_lot, o.refunded, o.is_given_back, o.hold_state, o.held_lots, o.held_points, o.version, o.number";

    public const string Operations =
        $"SELECT {OperationColumns} FROM unnest($2::text[], $3::text[]) AS k (kind, id) CROSS JOIN LATERAL (SELECT {OperationColumns} "
        + "FROM loyalty.points_operation o WHERE o.tenant_id = $1 AND o.kind = k.kind AND o.id = k.id LIMIT 1) AS o";

    /// <summary>Of each of some orders the refund that was taken last.</summary>
    public const string LastRefunds =
        $"SELECT {OperationColumns} FROM unnest($2::text[]) AS k (key) CROSS JOIN LATERAL (SELECT {OperationColumns} FROM loyalty.points_operation o "
        + "WHERE o.tenant_id = $1 AND o.kind = 'refund' AND o.target = k.key AND o.outcome = 'applied' ORDER BY o.version DESC, o.number DESC LIMIT 1) AS o";

    /// <summary>The first of the holds that are over, in the order in which they end.</summary>
    public const string HoldsOver =
        $"SELECT {OperationColumns} FROM loyalty.points_operation o WHERE o.tenant_id = $1 AND o.hold_state = 'open' AND o.expires_at <= $2 "
        + "ORDER BY o.expires_at, o.version, o.number LIMIT $3";

    private const string OrderColumns =
        "id, customer, day, amount, arrival, state, outcome, first_sequence, entries, result_points, balance, shortfall, lot, bonus_lot, refunded";

    public const string Orders = Each + OrderColumns + " FROM loyalty.points_order WHERE tenant_id = $1 AND id = k.key LIMIT 1) AS f";

    /// <summary>The orders of some refunds.</summary>
    public const string OrdersOfRefunds =
        "SELECT f.* FROM (" + Each + "order_id FROM loyalty.points_refund WHERE tenant_id = $1 AND id = k.key LIMIT 1) AS f) AS r CROSS JOIN LATERAL (SELECT "
        + OrderColumns + " FROM loyalty.points_order WHERE tenant_id = $1 AND id = r.order_id LIMIT 1) AS f";

    public const string WaitingOrders = $"SELECT {OrderColumns} FROM loyalty.points_order WHERE tenant_id = $1 AND state = 'waiting' ORDER BY arrival";

    private const string RefundColumns = "id, order_id, day, amount, arrival, state";

    public const string Refunds = Each + RefundColumns + " FROM loyalty.points_refund WHERE tenant_id = $1 AND id = k.key LIMIT 1) AS f";

    /// <summary>What was taken of the refunds of some orders.</summary>
    public const string RefundsOfOrders = $"SELECT {RefundColumns} FROM loyalty.points_refund WHERE tenant_id = $1 AND order_id = ANY ($2) AND state = 'taken'";

    public const string WaitingRefunds = $"SELECT {RefundColumns} FROM loyalty.points_refund WHERE tenant_id = $1 AND state = 'waiting' ORDER BY arrival";

    private const string RedemptionEventColumns = "id, customer, day, reward, event, arrival, state, refusal, at_column";

    public const string RedemptionEvents = Each + RedemptionEventColumns + " FROM loyalty.points_happening WHERE tenant_id = $1 AND id = k.key OFFSET 0) AS f";

    public const string WaitingRedemptionEvents =
        $"SELECT {RedemptionEventColumns} FROM loyalty.points_happening WHERE tenant_id = $1 AND state = 'waiting' ORDER BY arrival";

    /// <summary>The orders that wait for some members.</summary>
    public const string WaitingOrdersOf =
        $"SELECT {OrderColumns} FROM loyalty.points_order WHERE tenant_id = $1 AND state = 'waiting' AND customer = ANY ($2) ORDER BY arrival";

    /// <summary>The refunds that wait for some members, each with its order.</summary>
    public const string WaitingRefundsOf =
        "SELECT o.id, o.customer, o.day, o.amount, o.arrival, o.state, o.outcome, o.first_sequence, o.entries, o.result_points, o.balance, o.shortfall, o.lot, "
        + "o.bonus_lot, o.refunded, r.id, r.order_id, r.day, r.amount, r.arrival, r.state FROM loyalty.points_refund r JOIN loyalty.points_order o "
        + "ON o.tenant_id = $1 AND o.id = r.order_id WHERE r.tenant_id = $1 AND r.state = 'waiting' AND o.customer = ANY ($2) ORDER BY r.arrival";

    /// <summary>The redemption rows that wait for some members.</summary>
    public const string WaitingRedemptionEventsOf =
        $"SELECT {RedemptionEventColumns} FROM loyalty.points_happening WHERE tenant_id = $1 AND state = 'waiting' AND customer = ANY ($2) ORDER BY arrival";

    public const string Balance = "SELECT balance, held, lifetime FROM loyalty.points_member WHERE tenant_id = $1 AND member = $2";

    public const string Outstanding = "SELECT coalesce(sum(balance) FILTER (WHERE balance > 0), 0)::numeric FROM loyalty.points_member WHERE tenant_id = $1";

    /// <summary>Some entries of a member.</summary>
    public const string PageOfEntries =
        $"SELECT {EntryColumns} FROM loyalty.points_entry e WHERE e.tenant_id = $1 AND e.member = $2 AND e.sequence > $3 ORDER BY e.sequence LIMIT $4";

    public const string PutMembers =
        "INSERT INTO loyalty.points_member (tenant_id, version, balance, held, lifetime, entries, settlements, last_activity_on, enrolled_until, next_due, "
        + "has_ordered, first_order_on, member, stage, head) "
        + "SELECT $1, version, balance, held, lifetime, entries, settlements, last_activity_on, enrolled_until, next_due, has_ordered, first_order_on, member, "
        + "stage, head "
        + "FROM {0} WHERE true ON CONFLICT (tenant_id, member) DO UPDATE SET version = excluded.version, balance = excluded.balance, held = excluded.held, "
        + "lifetime = excluded.lifetime, entries = excluded.entries, settlements = excluded.settlements, last_activity_on = excluded.last_activity_on, "
        + "enrolled_until = excluded.enrolled_until, next_due = excluded.next_due, has_ordered = excluded.has_ordered, "
        + "first_order_on = excluded.first_order_on, stage = excluded.stage, head = excluded.head";

    public const string InsertEntries =
        "INSERT INTO loyalty.points_entry (tenant_id, points, balance, recorded_at, lot_opened, sequence, effective_on, booked_on, lot_expires_on, "
        + "lot_inactivity, expiry, reversed_lot, kind, source, id, member, hash, moved_lots, moved_points) "
        + "SELECT $1, points, balance, recorded_at, lot_opened, sequence, effective_on, booked_on, lot_expires_on, lot_inactivity, expiry, reversed_lot, "
        + "kind, source, id, member, hash, moved_lots, moved_points FROM {0}" + TenantSql.Inserted;

    public const string InsertSettlements =
        "INSERT INTO loyalty.points_settlement (tenant_id, points, number, entry, lot, member) SELECT $1, points, number, entry, lot, member FROM {0}" + TenantSql.Inserted;

    public const string InsertOperations = PutOperations + TenantSql.Inserted;

    private const string PutOperations =
        "INSERT INTO loyalty.points_operation (tenant_id, amount, points, version, number, expires_at, result_points, balance, shortfall, refunded, "
        + "first_sequence, entries, lot, bonus_lot, day, is_given_back, kind, id, outcome, hold_state, member, target, reason, held_lots, held_points) "
        + "SELECT $1, amount, points, version, number, expires_at, result_points, balance, shortfall, refunded, first_sequence, entries, lot, bonus_lot, "
        + "day, is_given_back, kind, id, outcome, hold_state, member, target, reason, held_lots, held_points FROM {0}";

    /// <summary>By upsert of whole rows, all of which are stored: it finds each by its key whatever the planner thinks of a table that was never analyzed.</summary>
    public const string UpdateOperations =
        PutOperations + " WHERE true ON CONFLICT (tenant_id, kind, id) DO UPDATE SET refunded = excluded.refunded, is_given_back = excluded.is_given_back, "
        + "hold_state = excluded.hold_state, held_lots = excluded.held_lots, held_points = excluded.held_points";

    public const string InsertOrders =
        "INSERT INTO loyalty.points_order (tenant_id, amount, arrival, day, state, id, customer) "
        + "SELECT $1, amount, arrival, day, state, id, customer FROM {0}" + TenantSql.Inserted;

    public const string AnswerOrders =
        "UPDATE loyalty.points_order o SET state = r.state, outcome = r.outcome, result_points = r.result_points, balance = r.balance, "
        + "shortfall = r.shortfall, refunded = r.refunded, first_sequence = r.first_sequence, entries = r.entries, lot = r.lot, bonus_lot = r.bonus_lot "
        + "FROM {0} WHERE o.tenant_id = $1 AND o.id = ANY (ARRAY(SELECT r.id FROM {0})) AND o.id = r.id";

    public const string InsertRefunds =
        "INSERT INTO loyalty.points_refund (tenant_id, amount, arrival, day, state, id, order_id) SELECT $1, amount, arrival, day, state, id, order_id FROM {0}" + TenantSql.Inserted;

    public const string UpdateRefunds = "UPDATE loyalty.points_refund o SET state = r.state FROM {0} WHERE o.tenant_id = $1 AND o.id = ANY (ARRAY(SELECT r.id FROM {0})) AND o.id = r.id";

    public const string InsertRedemptionEvents =
        "INSERT INTO loyalty.points_happening (tenant_id, arrival, day, event, state, refusal, at_column, id, customer, reward) "
        + "SELECT $1, arrival, day, event, state, refusal, at_column, id, customer, reward FROM {0}" + TenantSql.Inserted;

    public const string UpdateRedemptionEvents =
        "UPDATE loyalty.points_happening o SET state = r.state, refusal = r.refusal, at_column = r.at_column FROM {0} "
        + "WHERE o.tenant_id = $1 AND o.id = ANY (ARRAY(SELECT r.id FROM {0})) AND o.id = r.id AND o.event = r.event AND o.day = r.day";

    private const string WriteRedemptions =
        "INSERT INTO loyalty.points_redemption (tenant_id, number, points, achievement, claimed_on, changed_on, fulfilled_on, status, refusal, id, member, "
        + "reward, level) "
        + "SELECT $1, number, points, achievement, claimed_on, changed_on, fulfilled_on, status, refusal, id, member, reward, level FROM {0}";

    public const string InsertRedemptions = WriteRedemptions + TenantSql.Inserted;

    public const string UpdateRedemptions =
        WriteRedemptions + " WHERE true ON CONFLICT (tenant_id, id) DO UPDATE SET status = excluded.status, changed_on = excluded.changed_on, fulfilled_on = excluded.fulfilled_on";

    public const string PutEnrollments =
        "INSERT INTO loyalty.points_enrollment (tenant_id, number, enrolled_at, started_on, initial_expires_at, expires_at, ended_on, status, member, stage, "
        + "started_by, extended_by, extended_on, extended_to) "
        + "SELECT $1, number, enrolled_at, started_on, initial_expires_at, expires_at, ended_on, status, member, stage, started_by, extended_by, "
        + "extended_on, extended_to FROM {0} WHERE true "
        + "ON CONFLICT (tenant_id, member, number) DO UPDATE SET expires_at = excluded.expires_at, ended_on = excluded.ended_on, status = excluded.status, "
        + "extended_by = excluded.extended_by, extended_on = excluded.extended_on, extended_to = excluded.extended_to";

    public const string InsertDiscounts =
        "INSERT INTO loyalty.points_discount (tenant_id, discount_percent, sequence, day, kind, member, stage, enrollment_order, cause_order) "
        + "SELECT $1, discount_percent::numeric, sequence, day, kind, member, stage, enrollment_order, cause_order FROM {0}" + TenantSql.Inserted;
}
