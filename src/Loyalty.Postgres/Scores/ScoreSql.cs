namespace Loyalty.Postgres.Scores;

/// <summary>
/// The statements of a run of scoring. <c>$1</c> is the tenant. What is staged lives in temporary tables, see <c>SyncSql</c>.
/// </summary>
internal static class ScoreSql
{
    /// <summary>Everything that a cursor finds is read, so its plan is not made for the first rows.</summary>
    public const string Settings = "; SET LOCAL cursor_tuple_fraction = 1";

    public const string Lock =
        "SELECT orders, orders_linked, customers, as_of, all_scored_on, is_given, name, currency, program_digest "
        + "FROM loyalty.scoring WHERE tenant_id = $1 FOR UPDATE NOWAIT";

    public const string LockPatiently = "SELECT 1 FROM loyalty.scoring WHERE tenant_id = $1 FOR UPDATE";

    public const string Create =
        "INSERT INTO loyalty.scoring (tenant_id, orders, orders_linked, customers, as_of, all_scored_on, is_given, name, currency, program_digest) "
        + "VALUES ($1, 0, 0, 0, $2, $2, false, $3, $4, '') ON CONFLICT (tenant_id) DO NOTHING";

    public const string CurrencyOfTenant = "SELECT currency FROM loyalty.tenant WHERE tenant_id = $1";

    private const string Values = "placed_at, gross, fees, refunded, net, platform, standing, id, customer_key, contact, status, item, purchaser";

    private const string ValueColumns =
        "placed_at timestamp, gross numeric, fees numeric, refunded numeric, net numeric, platform smallint, standing smallint, id text COLLATE \"C\", "
        + "customer_key text COLLATE \"C\", contact text COLLATE \"C\", status text COLLATE \"C\", item text COLLATE \"C\", purchaser text COLLATE \"C\"";

    public const string CreateStage = $"CREATE TEMPORARY TABLE loyalty_order (n bigint, is_removed boolean, {ValueColumns}) ON COMMIT DROP";

    public const string CopyStage = $"COPY pg_temp.loyalty_order (n, is_removed, {Values}) FROM STDIN (FORMAT binary)";

    public const string AnalyzeStage = "ANALYZE pg_temp.loyalty_order (platform, id, customer_key)";

    /// <summary>Of the rows of a key the last stays.</summary>
    public const string DropSuperseded =
        "DELETE FROM pg_temp.loyalty_order s USING ("
        + "SELECT platform, id, max(n) AS n FROM pg_temp.loyalty_order GROUP BY platform, id HAVING count(*) > 1"
        + ") last WHERE s.platform = last.platform AND s.id = last.id AND s.n < last.n";

    public const string DropRemovals = "DELETE FROM pg_temp.loyalty_order WHERE is_removed";

    public const string CountStage = "SELECT count(*), coalesce(sum(net), 0) FROM pg_temp.loyalty_order WHERE NOT is_removed";

    // Kinds: 1 new, 2 changed, 3 only the owner changed, 4 gone.
    public const string CreateChange =
        "CREATE TEMPORARY TABLE loyalty_order_change (kind integer, customer text COLLATE \"C\", old_customer text COLLATE \"C\", old_placed_at timestamp, "
        + "old_gross numeric, old_fees numeric, old_refunded numeric, old_net numeric, old_standing smallint, " + ValueColumns + ") ON COMMIT DROP";

    private const string Old = "old_customer, old_placed_at, old_gross, old_fees, old_refunded, old_net, old_standing";

    private const string OldValues = "o.customer, o.placed_at, o.gross, o.fees, o.refunded, o.net, o.standing";

    private const string SameValues =
        "o.placed_at, o.gross, o.fees, o.refunded, o.net, o.platform, o.standing, o.id, o.customer_key, o.contact, o.status, o.item, o.purchaser";

    /// <summary>Staged orders that are new, differ from what is stored, or have another owner on the date <c>$2</c>.</summary>
    public const string FindChanges =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, customer, {Old}, {Values}) "
        + $"SELECT CASE WHEN is_new THEN 1 WHEN differs THEN 2 ELSE 3 END, owner, {Old}, {Values} FROM ("
        + "SELECT o.id IS NULL AS is_new, "
        + "o.placed_at <> s.placed_at OR o.gross <> s.gross OR o.fees <> s.fees OR o.refunded <> s.refunded OR o.net <> s.net "
        + "OR o.standing <> s.standing OR o.customer_key IS DISTINCT FROM s.customer_key OR o.contact <> s.contact OR o.status <> s.status "
        + "OR o.item <> s.item OR o.purchaser <> s.purchaser AS differs, "
        + "CASE WHEN s.placed_at::date <= $2 THEN coalesce(e.customer, s.customer_key) END AS owner, "
        + "o.customer AS old_customer, o.placed_at AS old_placed_at, o.gross AS old_gross, o.fees AS old_fees, o.refunded AS old_refunded, "
        + "o.net AS old_net, o.standing AS old_standing, "
        + "s.placed_at, s.gross, s.fees, s.refunded, s.net, s.platform, s.standing, s.id, s.customer_key, s.contact, s.status, s.item, s.purchaser "
        + "FROM pg_temp.loyalty_order s "
        + "LEFT JOIN loyalty.customer_order o ON o.tenant_id = $1 AND o.platform = s.platform AND o.id = s.id "
        + "LEFT JOIN loyalty.customer_email e ON e.tenant_id = $1 AND e.email = s.customer_key WHERE NOT s.is_removed"
        + ") x WHERE is_new OR differs OR owner IS DISTINCT FROM old_customer";

    public const string FindRemoved =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, {Old}, platform, id) SELECT 4, {OldValues}, o.platform, o.id "
        + "FROM pg_temp.loyalty_order s JOIN loyalty.customer_order o ON o.tenant_id = $1 AND o.platform = s.platform AND o.id = s.id WHERE s.is_removed";

    /// <summary>Stored orders that a complete export no longer has.</summary>
    public const string FindMissing =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, {Old}, platform, id) SELECT 4, {OldValues}, o.platform, o.id "
        + "FROM loyalty.customer_order o LEFT JOIN pg_temp.loyalty_order s ON s.platform = o.platform AND s.id = o.id "
        + "WHERE o.tenant_id = $1 AND s.id IS NULL";

    private const string Admitted = "o.tenant_id = $1 AND o.customer IS NULL AND o.customer_key IS NOT NULL AND o.placed_at < $2 + 1";

    /// <summary>Whether the date of any order has come, up to <c>$2</c>.</summary>
    public const string IsAnyAdmitted = $"SELECT 1 FROM loyalty.customer_order o WHERE {Admitted} LIMIT 1";

    /// <summary>Orders whose date has come, up to <c>$2</c>.</summary>
    public const string FindAdmitted =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, customer, {Old}, {Values}) "
        + $"SELECT 3, coalesce(e.customer, o.customer_key), {OldValues}, {SameValues} FROM loyalty.customer_order o "
        + "LEFT JOIN loyalty.customer_email e ON e.tenant_id = $1 AND e.email = o.customer_key "
        + "LEFT JOIN pg_temp.loyalty_order s ON s.platform = o.platform AND s.id = o.id "
        + $"WHERE {Admitted} AND s.id IS NULL";

    /// <summary>Orders of e-mails (<c>$2</c>) that went from one customer (<c>$3</c>) to another (<c>$4</c>).</summary>
    public const string FindRelinked =
        $"INSERT INTO pg_temp.loyalty_order_change (kind, customer, {Old}, {Values}) "
        + $"SELECT 3, r.owner, {OldValues}, {SameValues} FROM unnest($2, $3, $4) AS r (email, old_owner, owner) "
        + "JOIN loyalty.customer_order o ON o.tenant_id = $1 AND o.customer = r.old_owner AND o.customer_key = r.email "
        + "LEFT JOIN pg_temp.loyalty_order s ON s.platform = o.platform AND s.id = o.id WHERE s.id IS NULL";

    public const string AnalyzeChange = "ANALYZE pg_temp.loyalty_order_change (kind, platform, id, customer)";

    public const string DeleteOrders =
        "DELETE FROM loyalty.customer_order o USING pg_temp.loyalty_order_change c "
        + "WHERE o.tenant_id = $1 AND o.platform = c.platform AND o.id = c.id AND c.kind = 4";

    public const string DeleteAllOrders = "DELETE FROM loyalty.customer_order WHERE tenant_id = $1";

    public const string UpdateOrders =
        "UPDATE loyalty.customer_order o SET placed_at = c.placed_at, gross = c.gross, fees = c.fees, refunded = c.refunded, net = c.net, "
        + "standing = c.standing, customer = c.customer, customer_key = c.customer_key, contact = c.contact, status = c.status, item = c.item, "
        + "purchaser = c.purchaser FROM pg_temp.loyalty_order_change c "
        + "WHERE o.tenant_id = $1 AND o.platform = c.platform AND o.id = c.id AND c.kind = 2";

    public const string UpdateOwners =
        "UPDATE loyalty.customer_order o SET customer = c.customer FROM pg_temp.loyalty_order_change c "
        + "WHERE o.tenant_id = $1 AND o.platform = c.platform AND o.id = c.id AND c.kind = 3";

    public const string InsertOrders =
        $"INSERT INTO loyalty.customer_order (tenant_id, customer, {Values}) SELECT $1, customer, {Values} "
        + "FROM pg_temp.loyalty_order_change WHERE kind = 1 ORDER BY platform, id";

    public const string PutEmail =
        "INSERT INTO loyalty.customer_email (tenant_id, email, customer) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, email) DO NOTHING";

    public const string DropEmail = "DELETE FROM loyalty.customer_email WHERE tenant_id = $1 AND email = $2";

    public const string OwnerOfEmail = "SELECT customer FROM loyalty.customer_email WHERE tenant_id = $1 AND email = $2";

    public const string CreateDelta =
        "CREATE TEMPORARY TABLE loyalty_customer_delta (gross numeric, fees numeric, refunded numeric, net numeric, orders integer, dead_orders integer, "
        + "orders_listed integer, first_on date, last_on date, is_lost boolean, customer text COLLATE \"C\") ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_customer_span (first_on date, last_on date, customer text COLLATE \"C\") ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_customer_gone (customer text COLLATE \"C\") ON COMMIT DROP";

    /// <summary>What the changes come to for each customer. Dates that were lost are found anew, see <see cref="FindSpans"/>.</summary>
    public const string AddUp =
        "INSERT INTO pg_temp.loyalty_customer_delta (gross, fees, refunded, net, orders, dead_orders, orders_listed, first_on, last_on, is_lost, customer) "
        + "SELECT sum(gross), sum(fees), sum(refunded), sum(net), sum(orders), sum(dead_orders), sum(listed), min(first_on), max(first_on), bool_or(is_lost), customer FROM ("
        + "SELECT gross, fees, refunded, net, CASE WHEN standing = 0 THEN 1 ELSE 0 END AS orders, CASE WHEN standing IN (1, 2) THEN 1 ELSE 0 END AS dead_orders, "
        + "1 AS listed, CASE WHEN standing = 0 THEN placed_at::date END AS first_on, false AS is_lost, customer "
        + "FROM pg_temp.loyalty_order_change WHERE customer IS NOT NULL "
        + "UNION ALL SELECT -old_gross, -old_fees, -old_refunded, -old_net, CASE WHEN old_standing = 0 THEN -1 ELSE 0 END, "
        + "CASE WHEN old_standing IN (1, 2) THEN -1 ELSE 0 END, -1, NULL, old_standing = 0, old_customer "
        + "FROM pg_temp.loyalty_order_change WHERE old_customer IS NOT NULL) x GROUP BY customer";

    public const string SumLinked = "SELECT coalesce(sum(orders_listed), 0) FROM pg_temp.loyalty_customer_delta";

    public const string AnalyzeDelta = "ANALYZE pg_temp.loyalty_customer_delta (is_lost, customer)";

    public const string FindSpans =
        "INSERT INTO pg_temp.loyalty_customer_span (first_on, last_on, customer) "
        + "SELECT min(o.placed_at)::date, max(o.placed_at)::date, d.customer FROM pg_temp.loyalty_customer_delta d "
        + "JOIN loyalty.customer_order o ON o.tenant_id = $1 AND o.customer = d.customer WHERE d.is_lost AND o.standing = 0 GROUP BY d.customer";

    public const string UpdateTotals =
        "UPDATE loyalty.customer c SET gross = c.gross + d.gross, fees = c.fees + d.fees, refunded = c.refunded + d.refunded, net = c.net + d.net, "
        + "orders = c.orders + d.orders, dead_orders = c.dead_orders + d.dead_orders, orders_listed = c.orders_listed + d.orders_listed, "
        + "first_order_on = CASE WHEN d.is_lost THEN p.first_on ELSE least(c.first_order_on, d.first_on) END, "
        + "last_order_on = CASE WHEN d.is_lost THEN p.last_on ELSE greatest(c.last_order_on, d.last_on) END "
        + "FROM pg_temp.loyalty_customer_delta d LEFT JOIN pg_temp.loyalty_customer_span p ON p.customer = d.customer "
        + "WHERE c.tenant_id = $1 AND c.customer = d.customer";

    public const string InsertTotals =
        "INSERT INTO loyalty.customer (tenant_id, gross, fees, refunded, net, orders, dead_orders, orders_listed, first_order_on, last_order_on, customer) "
        + "SELECT $1, d.gross, d.fees, d.refunded, d.net, d.orders, d.dead_orders, d.orders_listed, d.first_on, d.last_on, d.customer "
        + "FROM pg_temp.loyalty_customer_delta d LEFT JOIN loyalty.customer c ON c.tenant_id = $1 AND c.customer = d.customer "
        + "WHERE c.customer IS NULL ORDER BY d.customer";

    /// <summary>Sums beyond the bounds of amounts, <c>$2</c>.</summary>
    public const string FindOverflow =
        "SELECT 1 FROM pg_temp.loyalty_customer_delta d JOIN loyalty.customer c ON c.tenant_id = $1 AND c.customer = d.customer "
        + "WHERE abs(c.gross) >= $2 OR abs(c.fees) >= $2 OR abs(c.refunded) >= $2 OR abs(c.net) >= $2 LIMIT 1";

    public const string FindGone =
        "INSERT INTO pg_temp.loyalty_customer_gone (customer) SELECT c.customer FROM pg_temp.loyalty_customer_delta d "
        + "JOIN loyalty.customer c ON c.tenant_id = $1 AND c.customer = d.customer WHERE c.orders_listed = 0";

    public const string FindAllGone =
        "INSERT INTO pg_temp.loyalty_customer_gone (customer) SELECT customer FROM loyalty.customer WHERE tenant_id = $1 AND orders_listed = 0";

    public const string DeleteScores =
        "DELETE FROM loyalty.score s USING pg_temp.loyalty_customer_gone g WHERE s.tenant_id = $1 AND s.customer = g.customer";

    public const string DeleteCustomers =
        "DELETE FROM loyalty.customer c USING pg_temp.loyalty_customer_gone g WHERE c.tenant_id = $1 AND c.customer = g.customer";

    public const string ForgetGiven =
        "UPDATE loyalty.customer SET orders = 0, net = 0, first_order_on = NULL, last_order_on = NULL WHERE tenant_id = $1";

    public const string CreateGiven =
        "CREATE TEMPORARY TABLE loyalty_given (net numeric, orders integer, last_order_on date, customer text COLLATE \"C\") ON COMMIT DROP";

    public const string CopyGiven = "COPY pg_temp.loyalty_given (net, orders, last_order_on, customer) FROM STDIN (FORMAT binary)";

    public const string FindNotGiven =
        "INSERT INTO pg_temp.loyalty_customer_gone (customer) SELECT c.customer FROM loyalty.customer c "
        + "LEFT JOIN pg_temp.loyalty_given g ON g.customer = c.customer WHERE c.tenant_id = $1 AND g.customer IS NULL";

    public const string PutGiven =
        "INSERT INTO loyalty.customer (tenant_id, gross, fees, refunded, net, orders, dead_orders, orders_listed, first_order_on, last_order_on, customer) "
        + "SELECT $1, 0, 0, 0, net, orders, 0, 0, NULL, last_order_on, customer FROM pg_temp.loyalty_given ORDER BY customer "
        + "ON CONFLICT (tenant_id, customer) DO UPDATE SET gross = excluded.gross, fees = excluded.fees, refunded = excluded.refunded, "
        + "net = excluded.net, orders = excluded.orders, dead_orders = excluded.dead_orders, orders_listed = excluded.orders_listed, "
        + "first_order_on = excluded.first_order_on, last_order_on = excluded.last_order_on";

    public const string TouchGiven = "INSERT INTO pg_temp.loyalty_customer_delta (customer) SELECT customer FROM pg_temp.loyalty_given";

    private const string ToScore = "c.customer, c.orders, c.net, c.last_order_on, " + ScoreRow.Columns;

    /// <summary>Customers whose orders changed, and those whom the calendar moves up to <c>$2</c>.</summary>
    public const string OpenTouched =
        $"DECLARE loyalty_to_score NO SCROLL CURSOR FOR SELECT {ToScore} FROM ("
        + "SELECT customer FROM pg_temp.loyalty_customer_delta UNION SELECT customer FROM loyalty.score WHERE tenant_id = $1 AND next_change_on <= $2"
        + ") t JOIN loyalty.customer c ON c.tenant_id = $1 AND c.customer = t.customer "
        + "LEFT JOIN loyalty.score s ON s.tenant_id = $1 AND s.customer = t.customer ORDER BY c.customer";

    /// <summary>Customers whom the calendar moves up to <c>$2</c>.</summary>
    public const string OpenDue =
        $"DECLARE loyalty_to_score NO SCROLL CURSOR FOR SELECT {ToScore} FROM loyalty.score s "
        + "JOIN loyalty.customer c ON c.tenant_id = $1 AND c.customer = s.customer WHERE s.tenant_id = $1 AND s.next_change_on <= $2 ORDER BY c.customer";

    public const string OpenAll =
        $"DECLARE loyalty_to_score NO SCROLL CURSOR FOR SELECT {ToScore} FROM loyalty.customer c "
        + "LEFT JOIN loyalty.score s ON s.tenant_id = $1 AND s.customer = c.customer WHERE c.tenant_id = $1 ORDER BY c.customer";

    public const string Inputs = "SELECT orders, net, last_order_on FROM loyalty.customer WHERE tenant_id = $1 ORDER BY customer";

    public const string FindTouched =
        "SELECT 1 FROM pg_temp.loyalty_customer_delta d JOIN loyalty.customer c ON c.tenant_id = $1 AND c.customer = d.customer "
        + "LEFT JOIN loyalty.score s ON s.tenant_id = $1 AND s.customer = d.customer "
        + "WHERE s.customer IS NULL OR s.orders <> c.orders OR s.net <> c.net OR s.last_order_on IS DISTINCT FROM c.last_order_on LIMIT 1";

    private const string ScoreValues =
        "net, orders, lead_score, last_order_on, next_change_on, recency, frequency, money, customer, segment";

    public const string CreateScored =
        "CREATE TEMPORARY TABLE loyalty_scored (is_new boolean, net numeric, orders integer, lead_score integer, last_order_on date, next_change_on date, "
        + "recency smallint, frequency smallint, money smallint, customer text COLLATE \"C\", segment text COLLATE \"C\") ON COMMIT DROP";

    public const string CopyScored = $"COPY pg_temp.loyalty_scored (is_new, {ScoreValues}) FROM STDIN (FORMAT binary)";

    public const string AnalyzeScored = "ANALYZE pg_temp.loyalty_scored (is_new, customer)";

    public const string InsertScores =
        $"INSERT INTO loyalty.score (tenant_id, scored_on, {ScoreValues}) SELECT $1, $2, {ScoreValues} FROM pg_temp.loyalty_scored WHERE is_new";

    public const string UpdateScores =
        "UPDATE loyalty.score s SET net = n.net, orders = n.orders, lead_score = n.lead_score, last_order_on = n.last_order_on, scored_on = $2, "
        + "next_change_on = n.next_change_on, recency = n.recency, frequency = n.frequency, money = n.money, segment = n.segment "
        + "FROM pg_temp.loyalty_scored n WHERE s.tenant_id = $1 AND s.customer = n.customer AND NOT n.is_new";

    public const string UpdateScoring =
        "UPDATE loyalty.scoring SET orders = $2, orders_linked = $3, customers = $4, as_of = $5, all_scored_on = $6, is_given = $7, program_digest = $8 "
        + "WHERE tenant_id = $1";

    public const string InsertRun =
        "INSERT INTO loyalty.score_run (tenant_id, run_id, as_of, is_all, program_digest, started_at, completed_at, orders_given, net_given, "
        + "orders_inserted, orders_updated, orders_removed, customers, examined, moved) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

    public const string FindRun = "SELECT 1 FROM loyalty.score_run WHERE tenant_id = $1 AND run_id = $2";

    public const string LastRuns =
        "SELECT orders_given, net_given FROM loyalty.score_run WHERE tenant_id = $1 AND is_all AND orders_given > 0 ORDER BY completed_at DESC LIMIT $2";
}
