using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Scores;

/// <summary>
/// The statements of a run of scoring. <c>$1</c> is the tenant. What is staged lives in temporary tables, and what is stored is looked up by the keys
/// at hand, see <see cref="Members.SyncSql"/>.
/// </summary>
internal static class ScoreSql
{
    /// <summary>Everything that a cursor finds is read, so its plan is not made for the first rows.</summary>
    public const string Settings = "; SET LOCAL cursor_tuple_fraction = 1";

    public const string Lock =
        "SELECT orders, orders_linked, customers, as_of, all_scored_on, is_given, name, currency, program_digest, has_credits "
        + "FROM loyalty.scoring WHERE tenant_id = $1 FOR UPDATE NOWAIT";

    public const string LockPatiently = "SELECT 1 FROM loyalty.scoring WHERE tenant_id = $1 FOR UPDATE";

    public const string Create =
        "INSERT INTO loyalty.scoring (tenant_id, orders, orders_linked, customers, as_of, all_scored_on, is_given, name, currency, program_digest, has_credits) "
        + "VALUES ($1, 0, 0, 0, $2, $2, false, $3, $4, '', false) ON CONFLICT (tenant_id) DO NOTHING";

    public const string CurrencyOfTenant = "SELECT currency FROM loyalty.tenant WHERE tenant_id = $1";

    /// <summary>What the source says of an order, and what is stored of it.</summary>
    public const string Values =
        "placed_at, gross, fees, refunded, net, platform, standing, id, customer_key, contact, status, item, purchaser, refund_of";

    private const string ValueColumns =
        "placed_at timestamp, gross numeric, fees numeric, refunded numeric, net numeric, platform smallint, standing smallint, id text COLLATE \"C\", "
        + "customer_key text COLLATE \"C\", contact text COLLATE \"C\", status text COLLATE \"C\", item text COLLATE \"C\", purchaser text COLLATE \"C\", "
        + "refund_of text COLLATE \"C\"";

    public const string CreateStage =
        $"CREATE TEMPORARY TABLE loyalty_order (n bigint, is_removed boolean, is_undone boolean NOT NULL DEFAULT false, {ValueColumns}) ON COMMIT DROP";

    public const string CopyStage = $"COPY pg_temp.loyalty_order (n, is_removed, {Values}) FROM STDIN (FORMAT binary)";

    public const string AnalyzeStage = "ANALYZE pg_temp.loyalty_order (platform, id, customer_key)";

    /// <summary>Of the rows of a key the last stays.</summary>
    public const string DropSuperseded =
        "DELETE FROM pg_temp.loyalty_order s USING ("
        + "SELECT platform, id, max(n) AS n FROM pg_temp.loyalty_order GROUP BY platform, id HAVING count(*) > 1"
        + ") last WHERE s.platform = last.platform AND s.id = last.id AND s.n < last.n";

    public const string DropRemovals = "DELETE FROM pg_temp.loyalty_order WHERE is_removed";

    public const string CountStage = "SELECT count(*), coalesce(sum(net), 0) FROM pg_temp.loyalty_order WHERE NOT is_removed";

    private const string OldColumns =
        "old_customer text COLLATE \"C\", old_placed_at timestamp, old_gross numeric, old_fees numeric, old_refunded numeric, old_net numeric, old_standing smallint, "
        + "old_is_undone boolean, old_refund_of text COLLATE \"C\"";

    // Kinds: 1 new, 2 changed, 3 only the owner changed, or whether credits undid it, 4 gone.
    public const string CreateChange =
        $"CREATE TEMPORARY TABLE loyalty_order_change (kind integer, customer text COLLATE \"C\", is_undone boolean, {OldColumns}, {ValueColumns}) ON COMMIT DROP";

    /// <summary>What is stored of an order before the run.</summary>
    public const string Old =
        "old_customer, old_placed_at, old_gross, old_fees, old_refunded, old_net, old_standing, old_is_undone, old_refund_of";

    /// <inheritdoc cref="Old"/>
    public const string OldValues = "o.customer, o.placed_at, o.gross, o.fees, o.refunded, o.net, o.standing, o.is_undone, o.refund_of";

    /// <summary>An order as it is stored.</summary>
    public const string SameValues =
        "o.placed_at, o.gross, o.fees, o.refunded, o.net, o.platform, o.standing, o.id, o.customer_key, o.contact, o.status, o.item, o.purchaser, o.refund_of";

    /// <summary>The stored order of a key, each looked up by the index.</summary>
    public const string Stored =
        $"(SELECT customer, is_undone, {Values} FROM loyalty.customer_order WHERE tenant_id = $1 AND platform = s.platform AND id = s.id LIMIT 1) AS o";

    /// <summary>What is stored of the staged keys, who owns an e-mail, and orders that come in though nobody sent them.</summary>
    public const string CreateFound =
        $"CREATE TEMPORARY TABLE loyalty_order_found (n bigint, differs boolean, {OldColumns}) ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_order_owner (email text COLLATE \"C\", customer text COLLATE \"C\") ON COMMIT DROP; "
        + $"CREATE TEMPORARY TABLE loyalty_order_more (owner text COLLATE \"C\", keeps_owner boolean, is_undone boolean, {OldColumns}, {ValueColumns}) ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_order_stored (platform smallint, id text COLLATE \"C\") ON COMMIT DROP";

    private const string FoundValues =
        $"INSERT INTO pg_temp.loyalty_order_found (n, differs, {Old}) SELECT s.n, "
        + "o.placed_at <> s.placed_at OR o.gross <> s.gross OR o.fees <> s.fees OR o.refunded <> s.refunded OR o.net <> s.net "
        + "OR o.standing <> s.standing OR o.customer_key IS DISTINCT FROM s.customer_key OR o.contact <> s.contact OR o.status <> s.status "
        + $"OR o.item <> s.item OR o.purchaser <> s.purchaser OR o.refund_of IS DISTINCT FROM s.refund_of, {OldValues} "
        + $"FROM (SELECT n, {Values} FROM pg_temp.loyalty_order WHERE NOT is_removed AND ctid >= $2 AND ctid < $3) AS s ";

    /// <summary>What is stored of the staged keys, in pieces of the stage from <c>$2</c> to <c>$3</c>.</summary>
    public const string FindStored = $"{FoundValues}CROSS JOIN LATERAL {Stored}";

    /// <summary>As <see cref="FindStored"/>, where the staged rows are all there are, so that reading the stored ones once costs less.</summary>
    public const string FindManyStored =
        FoundValues + "JOIN loyalty.customer_order o ON o.tenant_id = $1 AND o.platform = s.platform AND o.id = s.id";

    /// <summary>To whom e-mails belong that were given to a customer.</summary>
    public const string FindOwners =
        "INSERT INTO pg_temp.loyalty_order_owner (email, customer) SELECT k.email, e.customer FROM ("
        + "SELECT customer_key AS email FROM pg_temp.loyalty_order WHERE customer_key IS NOT NULL "
        + "UNION SELECT customer_key FROM pg_temp.loyalty_order_more WHERE owner IS NULL AND customer_key IS NOT NULL) AS k "
        + "CROSS JOIN LATERAL (SELECT customer FROM loyalty.customer_email WHERE tenant_id = $1 AND email = k.email LIMIT 1) AS e";

    /// <summary>As <see cref="FindOwners"/>, for all e-mails of the tenant.</summary>
    public const string FindAllOwners =
        "INSERT INTO pg_temp.loyalty_order_owner (email, customer) SELECT email, customer FROM loyalty.customer_email WHERE tenant_id = $1";

    /// <summary>Staged orders that are new, differ from what is stored, have another owner on the date <c>$1</c>, or that credits undid or no longer undo.</summary>
    public const string FindChanges =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, customer, is_undone, {Old}, {Values}) "
        + $"SELECT CASE WHEN is_new THEN 1 WHEN differs THEN 2 ELSE 3 END, owner, is_undone, {Old}, {Values} FROM ("
        + "SELECT f.n IS NULL AS is_new, f.differs, CASE WHEN s.placed_at::date <= $1 THEN coalesce(e.customer, s.customer_key) END AS owner, s.is_undone, "
        + "f.old_customer, f.old_placed_at, f.old_gross, f.old_fees, f.old_refunded, f.old_net, f.old_standing, f.old_is_undone, f.old_refund_of, s.placed_at, "
        + "s.gross, s.fees, s.refunded, s.net, s.platform, s.standing, s.id, s.customer_key, s.contact, s.status, s.item, s.purchaser, s.refund_of "
        + "FROM pg_temp.loyalty_order s LEFT JOIN pg_temp.loyalty_order_found f ON f.n = s.n "
        + "LEFT JOIN pg_temp.loyalty_order_owner e ON e.email = s.customer_key WHERE NOT s.is_removed"
        + ") x WHERE is_new OR differs OR owner IS DISTINCT FROM old_customer OR is_undone <> old_is_undone";

    public const string FindRemoved =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, {Old}, platform, id) SELECT 4, {OldValues}, o.platform, o.id "
        + $"FROM (SELECT platform, id FROM pg_temp.loyalty_order WHERE is_removed) AS s CROSS JOIN LATERAL {Stored}";

    public const string CountStored = "SELECT count(*) FROM loyalty.customer_order WHERE tenant_id = $1";

    /// <summary>The keys of all stored orders; asked when a complete export lacks some of them.</summary>
    public const string KeysStored =
        "INSERT INTO pg_temp.loyalty_order_stored (platform, id) SELECT platform, id FROM loyalty.customer_order WHERE tenant_id = $1";

    public const string DropGiven =
        "DELETE FROM pg_temp.loyalty_order_stored o USING pg_temp.loyalty_order s WHERE s.platform = o.platform AND s.id = o.id";

    /// <summary>Stored orders that a complete export no longer has.</summary>
    public const string FindMissing =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, {Old}, platform, id) SELECT 4, {OldValues}, o.platform, o.id "
        + $"FROM (SELECT platform, id FROM pg_temp.loyalty_order_stored) AS s CROSS JOIN LATERAL {Stored}";

    private const string Admitted = "o.tenant_id = $1 AND o.customer IS NULL AND o.customer_key IS NOT NULL AND o.placed_at < $2 + 1";

    /// <summary>Whether the date of any order has come, up to <c>$2</c>.</summary>
    public const string IsAnyAdmitted = $"SELECT 1 FROM loyalty.customer_order o WHERE {Admitted} LIMIT 1";

    /// <summary>Orders whose date has come, up to <c>$2</c>.</summary>
    public const string FindAdmitted =
        $"INSERT INTO pg_temp.loyalty_order_more (is_undone, {Old}, {Values}) SELECT o.is_undone, {OldValues}, {SameValues} FROM loyalty.customer_order o WHERE {Admitted}";

    /// <summary>Orders of e-mails (<c>$2</c>) that went from one customer (<c>$3</c>) to another (<c>$4</c>).</summary>
    public const string FindRelinked =
        $"INSERT INTO pg_temp.loyalty_order_more (owner, is_undone, {Old}, {Values}) SELECT r.owner, o.is_undone, {OldValues}, {SameValues} "
        + "FROM unnest($2::text[], $3::text[], $4::text[]) AS r (email, old_owner, owner) CROSS JOIN LATERAL ("
        + $"SELECT customer, is_undone, {Values} FROM loyalty.customer_order WHERE tenant_id = $1 AND customer = r.old_owner AND customer_key = r.email OFFSET 0) AS o";

    /// <summary>Of those, the ones that were not sent themselves.</summary>
    public const string MoveMore =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, customer, is_undone, {Old}, {Values}) "
        + "SELECT 3, CASE WHEN m.keeps_owner THEN m.old_customer ELSE coalesce(m.owner, e.customer, m.customer_key) END, m.is_undone, m.old_customer, m.old_placed_at, "
        + "m.old_gross, m.old_fees, m.old_refunded, m.old_net, m.old_standing, m.old_is_undone, m.old_refund_of, m.placed_at, m.gross, m.fees, m.refunded, m.net, "
        + "m.platform, m.standing, m.id, m.customer_key, m.contact, m.status, m.item, m.purchaser, m.refund_of "
        + "FROM pg_temp.loyalty_order_more m LEFT JOIN pg_temp.loyalty_order_owner e ON e.email = m.customer_key "
        + "LEFT JOIN pg_temp.loyalty_order s ON s.platform = m.platform AND s.id = m.id WHERE s.id IS NULL";

    public const string AnalyzeChange = "ANALYZE pg_temp.loyalty_order_change (kind, platform, id, customer)";

    public const string DeleteOrders =
        "DELETE FROM loyalty.customer_order o USING pg_temp.loyalty_order_change c "
        + "WHERE o.tenant_id = $1 AND o.platform = ANY (ARRAY(SELECT DISTINCT platform FROM pg_temp.loyalty_order_change WHERE kind = 4)) "
        + "AND o.id = ANY (ARRAY(SELECT id FROM pg_temp.loyalty_order_change WHERE kind = 4)) "
        + "AND o.platform = c.platform AND o.id = c.id AND c.kind = 4";

    public const string DeleteAllOrders = "DELETE FROM loyalty.customer_order WHERE tenant_id = $1";

    private const string PutChanged =
        $"INSERT INTO loyalty.customer_order (tenant_id, customer, is_undone, {Values}) SELECT $1, customer, is_undone, {Values} FROM pg_temp.loyalty_order_change ";

    private const string OverStored =
        " ORDER BY platform, id ON CONFLICT (tenant_id, platform, id) DO UPDATE SET placed_at = excluded.placed_at, gross = excluded.gross, "
        + "fees = excluded.fees, refunded = excluded.refunded, net = excluded.net, standing = excluded.standing, customer = excluded.customer, "
        + "customer_key = excluded.customer_key, contact = excluded.contact, status = excluded.status, item = excluded.item, purchaser = excluded.purchaser, "
        + "refund_of = excluded.refund_of, is_undone = excluded.is_undone";

    /// <summary>By upsert, because it finds each row by its key whatever the planner thinks of a table that was never analyzed.</summary>
    public const string UpdateOrders = $"{PutChanged}WHERE kind = 2{OverStored}";

    /// <inheritdoc cref="UpdateOrders"/>
    public const string UpdateOwners = $"{PutChanged}WHERE kind = 3{OverStored}";

    public const string InsertOrders = $"{PutChanged}WHERE kind = 1 ORDER BY platform, id{TenantSql.Inserted}";

    public const string PutEmail =
        "INSERT INTO loyalty.customer_email (tenant_id, email, customer) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, email) DO NOTHING";

    public const string DropEmail = "DELETE FROM loyalty.customer_email WHERE tenant_id = $1 AND email = $2";

    public const string OwnerOfEmail = "SELECT customer FROM loyalty.customer_email WHERE tenant_id = $1 AND email = $2";

    public const string CreateDelta =
        "CREATE TEMPORARY TABLE loyalty_customer_delta (gross numeric, fees numeric, refunded numeric, net numeric, orders integer, dead_orders integer, "
        + "orders_listed integer, first_on date, last_on date, is_lost boolean, is_known boolean, customer text COLLATE \"C\") ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_customer_known (gross numeric, fees numeric, refunded numeric, net numeric, orders integer, dead_orders integer, "
        + "orders_listed integer, first_order_on date, last_order_on date, customer text COLLATE \"C\") ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_customer_span (first_on date, last_on date, customer text COLLATE \"C\") ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_customer_gone (customer text COLLATE \"C\") ON COMMIT DROP";

    /// <summary>What the changes come to for each customer. Dates that were lost are found anew, see <see cref="FindSpans"/>.</summary>
    public const string AddUp =
        "INSERT INTO pg_temp.loyalty_customer_delta (gross, fees, refunded, net, orders, dead_orders, orders_listed, first_on, last_on, is_lost, customer) "
        + "SELECT sum(gross), sum(fees), sum(refunded), sum(net), sum(orders), sum(dead_orders), sum(listed), min(first_on), max(first_on), bool_or(is_lost), customer FROM ("
        + "SELECT gross, fees, refunded, net, CASE WHEN standing = 0 AND NOT is_undone THEN 1 ELSE 0 END AS orders, "
        + "CASE WHEN standing IN (1, 2) OR is_undone THEN 1 ELSE 0 END AS dead_orders, "
        + "1 AS listed, CASE WHEN standing = 0 AND NOT is_undone THEN placed_at::date END AS first_on, false AS is_lost, customer "
        + "FROM pg_temp.loyalty_order_change WHERE customer IS NOT NULL "
        + "UNION ALL SELECT -old_gross, -old_fees, -old_refunded, -old_net, CASE WHEN old_standing = 0 AND NOT old_is_undone THEN -1 ELSE 0 END, "
        + "CASE WHEN old_standing IN (1, 2) OR old_is_undone THEN -1 ELSE 0 END, -1, NULL, old_standing = 0 AND NOT old_is_undone, old_customer "
        + "FROM pg_temp.loyalty_order_change WHERE old_customer IS NOT NULL) x GROUP BY customer";

    public const string SumLinked = "SELECT coalesce(sum(orders_listed), 0) FROM pg_temp.loyalty_customer_delta";

    public const string AnalyzeDelta = "ANALYZE pg_temp.loyalty_customer_delta (is_lost, customer)";

    /// <summary>Each lost customer's dates anew; without a date, when no order counts any more.</summary>
    public const string FindSpans =
        "INSERT INTO pg_temp.loyalty_customer_span (first_on, last_on, customer) SELECT o.first_on, o.last_on, d.customer "
        + "FROM (SELECT customer FROM pg_temp.loyalty_customer_delta WHERE is_lost) AS d CROSS JOIN LATERAL ("
        + "SELECT min(placed_at)::date AS first_on, max(placed_at)::date AS last_on FROM loyalty.customer_order "
        + "WHERE tenant_id = $1 AND customer = d.customer AND standing = 0 AND NOT is_undone) AS o";

    public const string TakeSpans =
        "UPDATE pg_temp.loyalty_customer_delta d SET first_on = p.first_on, last_on = p.last_on FROM pg_temp.loyalty_customer_span p WHERE p.customer = d.customer";

    private const string Totals = "gross, fees, refunded, net, orders, dead_orders, orders_listed, first_order_on, last_order_on";

    /// <summary>What the customers come to who are there already.</summary>
    public const string FindKnown =
        $"INSERT INTO pg_temp.loyalty_customer_known ({Totals}, customer) SELECT c.gross, c.fees, c.refunded, c.net, c.orders, c.dead_orders, c.orders_listed, "
        + "c.first_order_on, c.last_order_on, d.customer FROM (SELECT customer FROM pg_temp.loyalty_customer_delta) AS d "
        + $"CROSS JOIN LATERAL (SELECT {Totals} FROM loyalty.customer WHERE tenant_id = $1 AND customer = d.customer LIMIT 1) AS c";

    /// <inheritdoc cref="UpdateOrders"/>
    public const string UpdateTotals =
        $"INSERT INTO loyalty.customer (tenant_id, {Totals}, customer) SELECT $1, k.gross + d.gross, k.fees + d.fees, k.refunded + d.refunded, k.net + d.net, "
        + "k.orders + d.orders, k.dead_orders + d.dead_orders, k.orders_listed + d.orders_listed, "
        + "CASE WHEN d.is_lost THEN d.first_on ELSE least(k.first_order_on, d.first_on) END, "
        + "CASE WHEN d.is_lost THEN d.last_on ELSE greatest(k.last_order_on, d.last_on) END, d.customer "
        + "FROM pg_temp.loyalty_customer_known k JOIN pg_temp.loyalty_customer_delta d ON d.customer = k.customer ORDER BY d.customer "
        + "ON CONFLICT (tenant_id, customer) DO UPDATE SET gross = excluded.gross, fees = excluded.fees, refunded = excluded.refunded, net = excluded.net, "
        + "orders = excluded.orders, dead_orders = excluded.dead_orders, orders_listed = excluded.orders_listed, first_order_on = excluded.first_order_on, "
        + "last_order_on = excluded.last_order_on";

    public const string MarkKnown =
        "UPDATE pg_temp.loyalty_customer_delta d SET is_known = true FROM pg_temp.loyalty_customer_known k WHERE k.customer = d.customer";

    public const string InsertTotals =
        "INSERT INTO loyalty.customer (tenant_id, gross, fees, refunded, net, orders, dead_orders, orders_listed, first_order_on, last_order_on, customer) "
        + "SELECT $1, gross, fees, refunded, net, orders, dead_orders, orders_listed, first_on, last_on, customer FROM pg_temp.loyalty_customer_delta "
        + "WHERE is_known IS NULL ORDER BY customer" + TenantSql.Inserted;

    /// <summary>Sums beyond the bounds of amounts, <c>$2</c>.</summary>
    public const string FindOverflow =
        "SELECT 1 FROM (SELECT customer FROM pg_temp.loyalty_customer_delta) AS d CROSS JOIN LATERAL (SELECT gross, fees, refunded, net FROM loyalty.customer "
        + "WHERE tenant_id = $1 AND customer = d.customer LIMIT 1) AS c "
        + "WHERE abs(c.gross) >= $2 OR abs(c.fees) >= $2 OR abs(c.refunded) >= $2 OR abs(c.net) >= $2 LIMIT 1";

    public const string FindGone =
        "INSERT INTO pg_temp.loyalty_customer_gone (customer) SELECT d.customer FROM (SELECT customer FROM pg_temp.loyalty_customer_delta) AS d "
        + "CROSS JOIN LATERAL (SELECT orders_listed FROM loyalty.customer WHERE tenant_id = $1 AND customer = d.customer LIMIT 1) AS c "
        + "WHERE c.orders_listed = 0";

    public const string FindAllGone =
        "INSERT INTO pg_temp.loyalty_customer_gone (customer) SELECT customer FROM loyalty.customer WHERE tenant_id = $1 AND orders_listed = 0";

    private const string IsGone = "customer = ANY (ARRAY(SELECT customer FROM pg_temp.loyalty_customer_gone))";

    public const string DeleteScores = $"DELETE FROM loyalty.score WHERE tenant_id = $1 AND {IsGone}";

    public const string DeleteCustomers = $"DELETE FROM loyalty.customer WHERE tenant_id = $1 AND {IsGone}";

    public const string ForgetGiven =
        "UPDATE loyalty.customer SET orders = 0, net = 0, first_order_on = NULL, last_order_on = NULL WHERE tenant_id = $1";

    public const string CreateGiven =
        "CREATE TEMPORARY TABLE loyalty_given (net numeric, orders integer, last_order_on date, customer text COLLATE \"C\") ON COMMIT DROP";

    public const string CopyGiven = "COPY pg_temp.loyalty_given (net, orders, last_order_on, customer) FROM STDIN (FORMAT binary)";

    public const string FindAllCustomers = "INSERT INTO pg_temp.loyalty_customer_gone (customer) SELECT customer FROM loyalty.customer WHERE tenant_id = $1";

    public const string KeepGiven = "DELETE FROM pg_temp.loyalty_customer_gone c USING pg_temp.loyalty_given g WHERE g.customer = c.customer";

    public const string PutGiven =
        "INSERT INTO loyalty.customer (tenant_id, gross, fees, refunded, net, orders, dead_orders, orders_listed, first_order_on, last_order_on, customer) "
        + "SELECT $1, 0, 0, 0, net, orders, 0, 0, NULL, last_order_on, customer FROM pg_temp.loyalty_given ORDER BY customer "
        + "ON CONFLICT (tenant_id, customer) DO UPDATE SET gross = excluded.gross, fees = excluded.fees, refunded = excluded.refunded, "
        + "net = excluded.net, orders = excluded.orders, dead_orders = excluded.dead_orders, orders_listed = excluded.orders_listed, "
        + "first_order_on = excluded.first_order_on, last_order_on = excluded.last_order_on";

    public const string TouchGiven = "INSERT INTO pg_temp.loyalty_customer_delta (customer) SELECT customer FROM pg_temp.loyalty_given";

    public const string CreateToScore = "CREATE TEMPORARY TABLE loyalty_customer_to_score (customer text COLLATE \"C\") ON COMMIT DROP";

    /// <summary>Customers whom the calendar moves up to <c>$2</c>.</summary>
    public const string FindDue =
        "INSERT INTO pg_temp.loyalty_customer_to_score (customer) SELECT customer FROM loyalty.score WHERE tenant_id = $1 AND next_change_on <= $2";

    /// <summary>Customers whose orders changed.</summary>
    public const string AddChanged =
        "INSERT INTO pg_temp.loyalty_customer_to_score (customer) "
        + "SELECT customer FROM pg_temp.loyalty_customer_delta EXCEPT SELECT customer FROM pg_temp.loyalty_customer_to_score";

    public const string OpenTouched =
        "DECLARE loyalty_to_score NO SCROLL CURSOR FOR SELECT t.customer, c.orders, c.net, c.last_order_on "
        + "FROM (SELECT customer FROM pg_temp.loyalty_customer_to_score) AS t CROSS JOIN LATERAL ("
        + "SELECT orders, net, last_order_on FROM loyalty.customer WHERE tenant_id = $1 AND customer = t.customer LIMIT 1) AS c ORDER BY t.customer";

    public const string OpenAll =
        "DECLARE loyalty_to_score NO SCROLL CURSOR FOR SELECT customer, orders, net, last_order_on FROM loyalty.customer WHERE tenant_id = $1 ORDER BY customer";

    /// <summary>The stored scores of the customers <c>$2</c>.</summary>
    public const string ScoresOf =
        $"SELECT f.* FROM unnest($2::text[]) AS k (customer) CROSS JOIN LATERAL (SELECT s.customer, {ScoreRow.Columns} FROM loyalty.score s "
        + "WHERE s.tenant_id = $1 AND s.customer = k.customer LIMIT 1) AS f";

    /// <summary>The stored scores from customer <c>$2</c> to customer <c>$3</c>.</summary>
    public const string ScoresBetween =
        $"SELECT s.customer, {ScoreRow.Columns} FROM loyalty.score s WHERE s.tenant_id = $1 AND s.customer >= $2 AND s.customer <= $3";

    public const string Inputs = "SELECT orders, net, last_order_on FROM loyalty.customer WHERE tenant_id = $1 ORDER BY customer";

    private const string Touched =
        "SELECT count(*) FROM (SELECT customer FROM pg_temp.loyalty_customer_delta) AS d CROSS JOIN LATERAL ("
        + "SELECT orders, net, last_order_on FROM loyalty.customer WHERE tenant_id = $1 AND customer = d.customer LIMIT 1) AS c ";

    public const string CountTouched = Touched;

    /// <summary>Of those, the ones whose score was made of the same.</summary>
    public const string CountSame = Touched
        + "CROSS JOIN LATERAL (SELECT orders, net, last_order_on FROM loyalty.score WHERE tenant_id = $1 AND customer = d.customer LIMIT 1) AS s "
        + "WHERE s.orders = c.orders AND s.net = c.net AND s.last_order_on IS NOT DISTINCT FROM c.last_order_on";

    private const string ScoreValues =
        "net, orders, lead_score, last_order_on, next_change_on, recency, frequency, money, customer, segment";

    public const string CreateScored =
        "CREATE TEMPORARY TABLE loyalty_scored (is_new boolean, net numeric, orders integer, lead_score integer, last_order_on date, next_change_on date, "
        + "recency smallint, frequency smallint, money smallint, customer text COLLATE \"C\", segment text COLLATE \"C\") ON COMMIT DROP";

    public const string CopyScored = $"COPY pg_temp.loyalty_scored (is_new, {ScoreValues}) FROM STDIN (FORMAT binary)";

    public const string AnalyzeScored = "ANALYZE pg_temp.loyalty_scored (is_new, customer)";

    private const string PutScores =
        $"INSERT INTO loyalty.score (tenant_id, scored_on, {ScoreValues}) SELECT $1, $2, {ScoreValues} FROM pg_temp.loyalty_scored ";

    public const string InsertScores = $"{PutScores}WHERE is_new{TenantSql.Inserted}";

    /// <inheritdoc cref="UpdateOrders"/>
    public const string UpdateScores = PutScores
        + "WHERE NOT is_new ORDER BY customer ON CONFLICT (tenant_id, customer) DO UPDATE SET net = excluded.net, orders = excluded.orders, "
        + "lead_score = excluded.lead_score, last_order_on = excluded.last_order_on, scored_on = excluded.scored_on, next_change_on = excluded.next_change_on, "
        + "recency = excluded.recency, frequency = excluded.frequency, money = excluded.money, segment = excluded.segment";

    public const string UpdateScoring =
        "UPDATE loyalty.scoring SET orders = $2, orders_linked = $3, customers = $4, as_of = $5, all_scored_on = $6, is_given = $7, program_digest = $8, "
        + "has_credits = $9 WHERE tenant_id = $1";

    public const string InsertRun =
        "INSERT INTO loyalty.score_run (tenant_id, run_id, as_of, is_all, program_digest, started_at, completed_at, orders_given, net_given, "
        + "orders_inserted, orders_updated, orders_removed, customers, examined, moved) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

    public const string FindRun = "SELECT 1 FROM loyalty.score_run WHERE tenant_id = $1 AND run_id = $2";

    public const string LastRuns =
        "SELECT orders_given, net_given FROM loyalty.score_run WHERE tenant_id = $1 AND is_all AND orders_given > 0 ORDER BY completed_at DESC LIMIT $2";
}
