namespace Loyalty.Postgres.Queue;

/// <summary>The statements of the queue. Each names the tenant as <c>$1</c>.</summary>
/// <remarks>
/// A change by many keys says the keys twice, as rows to join and as <c>= ANY</c>: without statistics of a new tenant the planner would else read all of its rows and join them.
/// </remarks>
internal static class QueueSql
{
    /// <summary>The database's clock in microseconds since 1970. Constant within a transaction, which is as short as a statement here.</summary>
    private const string Now = "(extract(epoch FROM now()) * 1000000)::bigint";

    public const string ReadNow = "SELECT " + Now + " WHERE $1 IS NOT NULL";

    public const string CreateBook =
        "INSERT INTO loyalty.queue_book (tenant_id, next_position, next_event, name) VALUES ($1, 1, 1, $2) ON CONFLICT (tenant_id) DO NOTHING";

    public const string FindBook = "SELECT name FROM loyalty.queue_book WHERE tenant_id = $1";

    /// <summary>Takes places in the order; the row stays locked to the commit.</summary>
    public const string TakePlaces =
        "UPDATE loyalty.queue_book SET next_position = next_position + $2, next_event = next_event + $3 WHERE tenant_id = $1 "
        + "RETURNING next_position - $2, next_event - $3";

    /// <summary>Takes the lock that <see cref="TakePlaces"/> takes.</summary>
    public const string LockBook = "SELECT next_position FROM loyalty.queue_book WHERE tenant_id = $1 FOR UPDATE";

    public const string HasBlocks = "SELECT EXISTS (SELECT FROM loyalty.queue_block WHERE tenant_id = $1)";

    /// <summary>Whether a block has deliveries of the routes <c>$2</c>.</summary>
    public const string HasBlocksOfRoutes = "SELECT EXISTS (SELECT FROM loyalty.queue_block WHERE tenant_id = $1 AND routes && $2::text[] COLLATE \"C\")";

    public const string InsertBlock = "INSERT INTO loyalty.queue_block (tenant_id, first_position, deliveries, layout, routes, rows) VALUES ($1, $2, $3, $4, $5, $6)";

    /// <summary>Takes the first block away; waits for whoever is at it, and finds none when that one took it.</summary>
    public const string TakeFirstBlock =
        "DELETE FROM loyalty.queue_block WHERE tenant_id = $1 AND first_position = (SELECT min(first_position) FROM loyalty.queue_block WHERE tenant_id = $1) "
        + "RETURNING first_position, layout, rows";

    /// <summary>Stores deliveries whose key is new, and makes the first of each lane that had none its next one.</summary>
    public const string InsertDeliveries =
        "WITH fresh AS (" + InsertThem + " FROM {0} ON CONFLICT (tenant_id, id) DO NOTHING RETURNING customer, route, position, next_at) "
        + "INSERT INTO loyalty.queue_lane AS l (tenant_id, customer, route, head, next_at) "
        + "SELECT DISTINCT ON (f.customer, f.route) $1, f.customer, f.route, f.position, f.next_at FROM fresh AS f ORDER BY f.customer, f.route, f.position "
        + AtItsEnd;

    /// <summary>Stores many deliveries whose key is new; <see cref="BeginLanes"/> follows.</summary>
    /// <remarks>It is counted, and a cluster counts what is sent and not what is inserted, unless something is returned.</remarks>
    public const string InsertManyDeliveries = InsertThem + " FROM {0} ON CONFLICT (tenant_id, id) DO NOTHING RETURNING 1";

    /// <summary>Makes the deliveries at the places <c>$2</c>, each the first of its lane, the next ones of the lanes that had none. Lanes are locked in the order of <see cref="LockLanes"/>.</summary>
    public const string BeginLanes =
        "INSERT INTO loyalty.queue_lane AS l (tenant_id, customer, route, head, next_at) SELECT $1, r.customer, r.route, r.position, r.due_at "
        + "FROM unnest($2::bigint[]) AS f (position) JOIN {0} ON r.position = f.position ORDER BY r.customer, r.route " + AtItsEnd;

    private const string InsertThem =
        "INSERT INTO loyalty.queue_delivery (tenant_id, position, due_at, next_at, attempts, is_begun, id, kind, status, route, customer, what, channel, "
        + "key, external_id, error, payload, history) SELECT $1, r.position, r.due_at, r.due_at, 0, false, r.id, r.kind, 'waiting', r.route, r.customer, r.what, "
        + "r.channel, r.key, '', '', r.payload, ''";

    private const string AtItsEnd =
        "ON CONFLICT (tenant_id, customer, route) DO UPDATE SET head = excluded.head, next_at = excluded.next_at, target = NULL, lease_until = NULL "
        + "WHERE l.head IS NULL";

    /// <summary>Locks lanes whose next delivery is due and that no other worker is at, the longest due first.</summary>
    /// <remarks>
    /// Of several lanes of one customer that lead to one target only the one whose next was caused first is taken: <c>$4</c> are the routes,
    /// <c>$5</c> the target.
    /// </remarks>
    public const string LockNewLanes = "SELECT l.customer, l.route, l.head, l.next_at FROM loyalty.queue_lane AS l WHERE l.tenant_id = $1 AND l.route = $6 AND l.target IS NULL" + Due;

    /// <summary>As <see cref="LockNewLanes"/>, of deliveries that were tried at the target already, whatever their route.</summary>
    public const string LockTriedLanes = "SELECT l.customer, l.route, l.head, l.next_at FROM loyalty.queue_lane AS l WHERE l.tenant_id = $1 AND l.target = $5" + Due;

    private const string Due =
        " AND l.next_at <= " + Now + " + $2 AND (l.lease_until IS NULL OR l.lease_until <= " + Now + ") AND NOT EXISTS (SELECT FROM loyalty.queue_lane AS o "
        + "WHERE o.tenant_id = $1 AND o.customer = l.customer AND o.route <> l.route AND o.next_at IS NOT NULL AND o.head < l.head "
        + "AND (o.target = $5 OR (o.target IS NULL AND o.route = ANY ($4)))) ORDER BY l.next_at, l.head LIMIT $3 FOR UPDATE OF l SKIP LOCKED";

    public const string LeaseLanes =
        "UPDATE loyalty.queue_lane AS l SET lease_until = " + Now + " + $2 FROM unnest($3::text[], $4::text[]) AS g (customer, route) "
        + "WHERE l.tenant_id = $1 AND l.customer = ANY ($3::text[]) AND l.customer = g.customer AND l.route = g.route";

    /// <summary>The deliveries that are next of some lanes, which are locked.</summary>
    public const string FindHeads =
        "SELECT d.id FROM unnest($2::text[], $3::text[], $4::bigint[]) AS g (customer, route, head) CROSS JOIN LATERAL (SELECT d.id FROM loyalty.queue_delivery AS d "
        + "WHERE d.tenant_id = $1 AND d.customer = g.customer AND d.route = g.route AND d.position = g.head AND d.status IN ('waiting', 'leased') LIMIT 1) AS d";

    public const string LeaseDeliveries =
        "UPDATE loyalty.queue_delivery AS d SET status = 'leased', lease_token = $3, lease_until = " + Now + " + $2 "
        + "WHERE d.tenant_id = $1 AND d.id = ANY ($4::bytea[]) RETURNING " + Columns;

    /// <summary>Locks lanes in one order, so that workers and whoever stores deliveries wait for each other and never for good.</summary>
    public const string LockLanes =
        "SELECT l.customer FROM loyalty.queue_lane AS l WHERE l.tenant_id = $1 AND l.customer = ANY ($2::text[]) AND (l.customer, l.route) IN (SELECT g.customer, g.route "
        + "FROM unnest($2::text[], $3::text[]) AS g (customer, route)) ORDER BY l.customer, l.route FOR UPDATE OF l";

    /// <summary>What reports make of their deliveries, of those whose token still holds; only what is leased has one.</summary>
    /// <remarks>It does not say that they are leased: the planner would take the index of what has not ended, and without statistics read all of it.</remarks>
    public const string Report =
        "UPDATE loyalty.queue_delivery AS d SET status = g.status, attempts = CASE WHEN g.status = 'skipped' THEN 0 ELSE d.attempts + g.begins END, "
        + "is_begun = coalesce(g.is_begun, d.is_begun), target = coalesce(g.target, d.target), next_at = coalesce(g.next_at, d.next_at), "
        + "lease_token = CASE WHEN g.status = 'leased' THEN d.lease_token END, lease_until = " + Now + " + g.lease, "
        + "error = coalesce(g.error, d.error), external_id = coalesce(g.external_id, d.external_id), history = d.history || g.line "
        + "FROM unnest($2::bytea[], $3::uuid[], $4::text[], $5::integer[], $6::boolean[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[]) "
        + "AS g (id, token, status, begins, is_begun, target, next_at, lease, error, external_id, line) "
        + "WHERE d.tenant_id = $1 AND d.id = ANY ($2::bytea[]) AND d.id = g.id AND d.lease_token = g.token RETURNING d.id, g.token";

    /// <summary>Makes lanes say again which delivery is next: the first that waits or, of operations, is parked.</summary>
    public const string AdvanceLanes =
        "UPDATE loyalty.queue_lane AS l SET (head, next_at, lease_until, target) = (SELECT d.position, CASE WHEN d.status <> 'parked' THEN d.next_at END, d.lease_until, "
        + "d.target FROM loyalty.queue_delivery AS d WHERE d.tenant_id = $1 AND d.customer = l.customer AND d.route = l.route "
        + "AND d.status IN ('waiting', 'leased', 'parked') AND (d.status <> 'parked' OR d.kind = 'operation') ORDER BY d.position LIMIT 1) "
        + "FROM unnest($2::text[], $3::text[]) AS g (customer, route) WHERE l.tenant_id = $1 AND l.customer = ANY ($2::text[]) AND l.customer = g.customer "
        + "AND l.route = g.route";

    /// <summary>A delivery with its status as people see it.</summary>
    private const string Shown =
        "CASE WHEN d.status = 'waiting' AND d.kind = 'operation' AND EXISTS (SELECT FROM loyalty.queue_delivery AS p WHERE p.tenant_id = $1 "
        + "AND p.customer = d.customer AND p.route = d.route AND p.status = 'parked' AND p.position < d.position) THEN 'blocked' ELSE d.status END";

    private const string Columns =
        "d.position, d.due_at, d.next_at, d.lease_until, d.attempts, d.is_begun, d.lease_token, d.kind, d.status, d.route, d.customer, d.what, d.channel, d.target, d.key, "
        + "d.external_id, d.error, d.payload, d.history";

    private const string SelectShown = "SELECT " + Columns + ", " + Shown + " FROM loyalty.queue_delivery AS d WHERE d.tenant_id = $1";

    // Each by its key, whatever the planner thinks of a table that was never analyzed.
    private const string OfKeys = " FROM unnest($2::bytea[]) AS k (id) CROSS JOIN LATERAL (SELECT " + Columns
        + " FROM loyalty.queue_delivery AS d WHERE d.tenant_id = $1 AND d.id = k.id LIMIT 1";

    public const string CountKeys = "SELECT count(*)" + OfKeys + ") AS d";

    public const string PlacesOfKeys = "SELECT d.position" + OfKeys + ") AS d";

    public const string ReadAll = SelectShown + " ORDER BY d.position";

    public const string ReadByKeys = "SELECT " + Columns + ", " + Shown + OfKeys + ") AS d";

    /// <summary>The same rows, locked for a change by a person.</summary>
    public const string LockByKeys = SelectShown + " AND d.id = ANY ($2) ORDER BY d.position FOR UPDATE OF d";

    public const string LockParked = SelectShown + " AND d.status = 'parked' ORDER BY d.position FOR UPDATE OF d";

    public const string ReadBlocked =
        SelectShown + " AND d.customer = ANY ($2) AND d.route = 'operations' AND d.kind = 'operation' AND d.status = 'waiting'";

    public const string Count =
        "SELECT coalesce(s.target, ''), s.shown, count(*), min(s.due_at) FROM (SELECT d.target, d.due_at, " + Shown
        + " AS shown FROM loyalty.queue_delivery AS d WHERE d.tenant_id = $1) AS s GROUP BY 1, 2 ORDER BY 1, 2";

    public const string PutBack =
        "UPDATE loyalty.queue_delivery AS d SET status = 'waiting', attempts = 0, next_at = least(d.due_at, " + Now + "), history = d.history || g.line "
        + "FROM unnest($2::bytea[], $3::text[]) AS g (id, line) WHERE d.tenant_id = $1 AND d.id = ANY ($2::bytea[]) AND d.id = g.id";

    public const string Drop =
        "UPDATE loyalty.queue_delivery AS d SET status = 'dropped', is_begun = false, history = d.history || g.line "
        + "FROM unnest($2::bytea[], $3::text[]) AS g (id, line) WHERE d.tenant_id = $1 AND d.id = ANY ($2::bytea[]) AND d.id = g.id";

    public const string PutContacts =
        "INSERT INTO loyalty.queue_contact AS c (tenant_id, customer, email, phone, first_name, last_name, locale) "
        + "SELECT $1, r.customer, r.email, r.phone, r.first_name, r.last_name, r.locale FROM {0} "
        + "ON CONFLICT (tenant_id, customer) DO UPDATE SET email = excluded.email, phone = excluded.phone, first_name = excluded.first_name, "
        + "last_name = excluded.last_name, locale = excluded.locale WHERE (c.email, c.phone, c.first_name, c.last_name, c.locale) "
        + "IS DISTINCT FROM (excluded.email, excluded.phone, excluded.first_name, excluded.last_name, excluded.locale)";

    public const string InsertConsent =
        "INSERT INTO loyalty.queue_consent (tenant_id, sequence, at, allowed, is_hard, customer, kind, channel, source, words) "
        + "SELECT $1, r.sequence, r.at, r.allowed, r.is_hard, r.customer, r.kind, r.channel, r.source, r.words FROM {0} "
        + "ON CONFLICT (tenant_id, customer, sequence) DO NOTHING";

    public const string ReadContacts =
        "SELECT c.* FROM unnest($2::text[]) AS k (customer) CROSS JOIN LATERAL (SELECT customer, email, phone, first_name, last_name, locale "
        + "FROM loyalty.queue_contact WHERE tenant_id = $1 AND customer = k.customer LIMIT 1) AS c";

    private const string SelectConsent =
        "SELECT c.customer, c.kind, c.channel, c.allowed, c.is_hard, c.at, c.source, c.words FROM loyalty.queue_consent AS c WHERE c.tenant_id = $1";

    public const string ReadConsentOf =
        "SELECT c.* FROM unnest($2::text[]) AS k (customer) CROSS JOIN LATERAL (SELECT customer, kind, channel, allowed, is_hard, at, source, words "
        + "FROM loyalty.queue_consent WHERE tenant_id = $1 AND customer = k.customer ORDER BY sequence) AS c";

    public const string ReadConsent = SelectConsent + " ORDER BY c.customer, c.sequence";
}
