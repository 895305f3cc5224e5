using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Members;

/// <summary>
/// The statements of a run. <c>$1</c> is the tenant. What is staged lives in temporary tables: nobody else can see them, they need no
/// policies, cost no write-ahead log, and go away with the transaction.
/// </summary>
/// <remarks>
/// Written so that a database distributed by tenant takes them, too: rows that are inserted as they are say RETURNING, which keeps them from becoming a COPY
/// (no COPY may meet a policy); what is stored is looked up by the keys at hand, each by the index (LATERAL … LIMIT), so that nothing else is read or sent,
/// whatever the planner thinks of a table that was never analyzed; no outer join meets a table of tenants.
/// </remarks>
internal static class SyncSql
{
    /// <summary>The settings of a run's transaction, with <c>work_mem</c> to be followed by megabytes.</summary>
    public static string Settings(int workMemoryMegabytes) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"; SET LOCAL jit = off; SET LOCAL lock_timeout = '1s'; SET LOCAL work_mem = '{workMemoryMegabytes}MB'");

    public const string LockTenant =
        "SELECT name, currency, program_digest, as_of, members, activities, adjustments FROM loyalty.tenant WHERE tenant_id = $1 FOR UPDATE NOWAIT";

    public const string CreateTenant =
        "INSERT INTO loyalty.tenant (tenant_id, name, currency, program_digest, as_of, members, activities, adjustments) "
        + "VALUES ($1, $2, $3, $4, $5, 0, 0, 0) ON CONFLICT (tenant_id) DO NOTHING";

    public const string MemberOffLadder =
        "SELECT handle, level FROM loyalty.member WHERE tenant_id = $1 AND level <> ALL ($2) ORDER BY handle LIMIT 1";

    private const string StageColumns =
        "n bigint, sales bigint, views bigint, day date, units integer, likes integer, comments integer, digest uuid, "
        + "key text COLLATE \"C\", handle text COLLATE \"C\", ctr text COLLATE \"C\", title text COLLATE \"C\", url text COLLATE \"C\"";

    public const string CreateStage = $"CREATE TEMPORARY TABLE loyalty_stage ({StageColumns}) ON COMMIT DROP";

    public const string CopyStage =
        "COPY pg_temp.loyalty_stage (n, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url) FROM STDIN (FORMAT binary)";

    /// <summary>Of the rows with a key that may have come more than once, the last stays.</summary>
    public const string DropSuperseded =
        "DELETE FROM pg_temp.loyalty_stage s USING ("
        + "SELECT key, max(n) AS n FROM pg_temp.loyalty_stage WHERE key = ANY ($1) GROUP BY key"
        + ") last WHERE s.key = last.key AND s.n < last.n";

    /// <summary>As <see cref="DropSuperseded"/>, over all keys.</summary>
    public const string DropAllSuperseded =
        "DELETE FROM pg_temp.loyalty_stage s USING ("
        + "SELECT key, max(n) AS n FROM pg_temp.loyalty_stage GROUP BY key HAVING count(*) > 1"
        + ") last WHERE s.key = last.key AND s.n < last.n";

    public const string LoadActivity =
        "INSERT INTO loyalty.activity (tenant_id, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url) "
        + "SELECT $1, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url FROM pg_temp.loyalty_stage ORDER BY key"
        + TenantSql.Inserted;

    public const string CreateChange =
        "CREATE TEMPORARY TABLE loyalty_change (is_new boolean, same_numbers boolean, old_sales bigint, old_views bigint, old_day date, "
        + "old_units integer, old_likes integer, old_comments integer, old_handle text COLLATE \"C\", "
        + StageColumns + ") ON COMMIT DROP";

    /// <summary>What is stored of the staged keys, and how it compares; in pieces of the stage from <c>$2</c> to <c>$3</c>.</summary>
    public const string CreateFound =
        "CREATE TEMPORARY TABLE loyalty_found (n bigint, sales bigint, views bigint, day date, units integer, likes integer, comments integer, is_same boolean, "
        + "same_numbers boolean, handle text COLLATE \"C\") ON COMMIT DROP";

    private const string FoundValues =
        "INSERT INTO pg_temp.loyalty_found (n, sales, views, day, units, likes, comments, is_same, same_numbers, handle) "
        + "SELECT s.n, a.sales, a.views, a.day, a.units, a.likes, a.comments, "
        + "a.sales = s.sales AND a.views = s.views AND a.units = s.units AND a.likes = s.likes AND a.comments = s.comments AND a.day = s.day "
        + "AND a.handle = s.handle AND a.ctr = s.ctr AND a.title = s.title, "
        + "a.handle = s.handle AND a.day = s.day AND a.sales = s.sales AND a.units = s.units AND a.views = s.views AND a.likes = s.likes "
        + "AND a.comments = s.comments, a.handle "
        + "FROM (SELECT n, sales, views, day, units, likes, comments, key, handle, ctr, title FROM pg_temp.loyalty_stage WHERE ctid >= $2 AND ctid < $3) AS s ";

    public const string FindStored = FoundValues
        + "CROSS JOIN LATERAL (SELECT sales, views, day, units, likes, comments, handle, ctr, title FROM loyalty.activity "
        + "WHERE tenant_id = $1 AND key = s.key LIMIT 1) AS a";

    /// <summary>As <see cref="FindStored"/>, where the staged rows are many beside the stored ones, so that reading those once costs less.</summary>
    public const string FindManyStored = FoundValues + "JOIN loyalty.activity a ON a.tenant_id = $1 AND a.key = s.key";

    /// <summary>Rows that are new or differ from what is stored. A row that only spells its URL differently does not differ.</summary>
    public const string FindChanges =
        "INSERT INTO pg_temp.loyalty_change (is_new, same_numbers, old_sales, old_views, old_day, old_units, old_likes, old_comments, old_handle, "
        + "n, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url) "
        + "SELECT f.n IS NULL, coalesce(f.same_numbers, false), f.sales, f.views, f.day, f.units, f.likes, f.comments, f.handle, "
        + "s.n, s.sales, s.views, s.day, s.units, s.likes, s.comments, s.digest, s.key, s.handle, s.ctr, s.title, s.url "
        + "FROM pg_temp.loyalty_stage s LEFT JOIN pg_temp.loyalty_found f ON f.n = s.n WHERE f.n IS NULL OR NOT f.is_same";

    /// <summary>So that the few rows that are new among those that changed are found without doubt about their number.</summary>
    public const string AnalyzeChange = "ANALYZE pg_temp.loyalty_change";

    public const string StoredDigestsOf =
        "SELECT f.digest FROM unnest($2::text[]) AS k (key) CROSS JOIN LATERAL (SELECT digest FROM loyalty.activity WHERE tenant_id = $1 AND key = k.key LIMIT 1) AS f";

    public const string StoredDigestsOfStaged =
        "SELECT a.digest FROM (SELECT key FROM pg_temp.loyalty_stage) AS s CROSS JOIN LATERAL (SELECT digest FROM loyalty.activity "
        + "WHERE tenant_id = $1 AND key = s.key LIMIT 1) AS a";

    public const string InsertActivity =
        "INSERT INTO loyalty.activity (tenant_id, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url) "
        + "SELECT $1, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url FROM pg_temp.loyalty_change WHERE is_new ORDER BY key" + TenantSql.Inserted;

    /// <summary>By upsert, because it finds each row by its key whatever the planner thinks of a table that was never analyzed.</summary>
    public const string UpdateActivity =
        "INSERT INTO loyalty.activity (tenant_id, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url) "
        + "SELECT $1, sales, views, day, units, likes, comments, digest, key, handle, ctr, title, url FROM pg_temp.loyalty_change WHERE NOT is_new ORDER BY key "
        + "ON CONFLICT (tenant_id, key) DO UPDATE SET sales = excluded.sales, views = excluded.views, day = excluded.day, units = excluded.units, "
        + "likes = excluded.likes, comments = excluded.comments, digest = excluded.digest, handle = excluded.handle, ctr = excluded.ctr, "
        + "title = excluded.title, url = excluded.url";

    // Kinds: 0 due, 1 activity added, -1 activity taken away, 2 adjustment added, -2 adjustment taken away.
    public const string CreateTouch =
        "CREATE TEMPORARY TABLE loyalty_touch (sales bigint, units bigint, views bigint, day date, likes integer, comments integer, kind integer, "
        + "handle text COLLATE \"C\") ON COMMIT DROP";

    public const string TouchChanged =
        "INSERT INTO pg_temp.loyalty_touch (sales, units, views, day, likes, comments, kind, handle) "
        + "SELECT sales, units, views, day, likes, comments, 1, handle FROM pg_temp.loyalty_change WHERE NOT same_numbers "
        + "UNION ALL SELECT old_sales, old_units, old_views, old_day, old_likes, old_comments, -1, old_handle "
        + "FROM pg_temp.loyalty_change WHERE NOT is_new AND NOT same_numbers";

    public const string TouchDue =
        "INSERT INTO pg_temp.loyalty_touch (kind, handle) SELECT 0, handle FROM loyalty.member WHERE tenant_id = $1 AND next_due <= $2";

    public const string TouchAll =
        "INSERT INTO pg_temp.loyalty_touch (kind, handle) SELECT 0, handle FROM loyalty.member WHERE tenant_id = $1";

    public const string CreateLater =
        "CREATE TEMPORARY TABLE loyalty_later (run_id uuid, threshold_before bigint, threshold_after bigint, value_activity bigint, value_adjustments bigint, "
        + "number integer, decided_on date, measured_start date, measured_end date, next_start date, next_end date, is_lifetime boolean, "
        + "handle text COLLATE \"C\", kind text COLLATE \"C\", metric text COLLATE \"C\", level_before text COLLATE \"C\", level_after text COLLATE \"C\", "
        + "program_version text COLLATE \"C\") ON COMMIT DROP";

    /// <summary>Decisions whose windows hold a changed day stand, but can no longer be recomputed.</summary>
    public const string FindLater =
        $"INSERT INTO pg_temp.loyalty_later (run_id, {DecisionValues}) SELECT DISTINCT d.* FROM ("
        + "SELECT handle, day FROM pg_temp.loyalty_touch WHERE kind <> 0) AS t CROSS JOIN LATERAL ("
        + $"SELECT run_id, {DecisionValues} FROM loyalty.decision WHERE tenant_id = $1 AND handle = t.handle AND NOT has_later_data "
        + "AND t.day < measured_end AND (is_lifetime OR t.day >= measured_start) OFFSET 0) AS d";

    /// <inheritdoc cref="UpdateActivity"/>
    public const string MarkLater =
        $"INSERT INTO loyalty.decision (tenant_id, run_id, has_later_data, {DecisionValues}) SELECT $1, run_id, true, {DecisionValues} "
        + "FROM pg_temp.loyalty_later ORDER BY handle, number ON CONFLICT (tenant_id, handle, number) DO UPDATE SET has_later_data = excluded.has_later_data";

    private const string AdjustmentColumns =
        "n bigint, sales bigint, units bigint, day date, id text COLLATE \"C\", handle text COLLATE \"C\", reason text COLLATE \"C\"";

    public const string CreateAdjustments = $"CREATE TEMPORARY TABLE loyalty_stage_adjustment ({AdjustmentColumns}) ON COMMIT DROP";

    public const string CopyAdjustments =
        "COPY pg_temp.loyalty_stage_adjustment (n, sales, units, day, id, handle, reason) FROM STDIN (FORMAT binary)";

    public const string KnownMembers =
        "SELECT f.handle FROM unnest($2::text[]) AS k (handle) CROSS JOIN LATERAL (SELECT handle FROM loyalty.member WHERE tenant_id = $1 AND handle = k.handle LIMIT 1) AS f";

    public const string StagedMembers = "SELECT DISTINCT handle FROM pg_temp.loyalty_stage WHERE handle = ANY ($1)";

    public const string DropSupersededAdjustments =
        "DELETE FROM pg_temp.loyalty_stage_adjustment s USING ("
        + "SELECT id, max(n) AS n FROM pg_temp.loyalty_stage_adjustment GROUP BY id) last WHERE s.id = last.id AND s.n < last.n";

    public const string CreateAdjustmentChange =
        "CREATE TEMPORARY TABLE loyalty_change_adjustment (is_new boolean, same_numbers boolean, old_sales bigint, old_units bigint, old_day date, "
        + "old_handle text COLLATE \"C\", " + AdjustmentColumns + ") ON COMMIT DROP";

    public const string CreateAdjustmentsFound =
        "CREATE TEMPORARY TABLE loyalty_found_adjustment (n bigint, sales bigint, units bigint, day date, is_same boolean, same_numbers boolean, "
        + "handle text COLLATE \"C\") ON COMMIT DROP";

    public const string FindStoredAdjustments =
        "INSERT INTO pg_temp.loyalty_found_adjustment (n, sales, units, day, is_same, same_numbers, handle) "
        + "SELECT s.n, a.sales, a.units, a.day, "
        + "a.handle = s.handle AND a.day = s.day AND a.sales = s.sales AND a.units = s.units AND a.reason = s.reason, "
        + "a.handle = s.handle AND a.day = s.day AND a.sales = s.sales AND a.units = s.units, a.handle "
        + "FROM (SELECT n, sales, units, day, id, handle, reason FROM pg_temp.loyalty_stage_adjustment) AS s "
        + "CROSS JOIN LATERAL (SELECT sales, units, day, handle, reason FROM loyalty.adjustment WHERE tenant_id = $1 AND id = s.id LIMIT 1) AS a";

    public const string FindAdjustmentChanges =
        "INSERT INTO pg_temp.loyalty_change_adjustment (is_new, same_numbers, old_sales, old_units, old_day, old_handle, "
        + "n, sales, units, day, id, handle, reason) "
        + "SELECT f.n IS NULL, coalesce(f.same_numbers, false), f.sales, f.units, f.day, f.handle, s.n, s.sales, s.units, s.day, s.id, s.handle, s.reason "
        + "FROM pg_temp.loyalty_stage_adjustment s LEFT JOIN pg_temp.loyalty_found_adjustment f ON f.n = s.n WHERE f.n IS NULL OR NOT f.is_same";

    public const string TouchAdjusted =
        "INSERT INTO pg_temp.loyalty_touch (sales, units, day, kind, handle) "
        + "SELECT sales, units, day, 2, handle FROM pg_temp.loyalty_change_adjustment WHERE NOT same_numbers "
        + "UNION ALL SELECT old_sales, old_units, old_day, -2, old_handle FROM pg_temp.loyalty_change_adjustment WHERE NOT is_new AND NOT same_numbers";

    public const string InsertAdjustments =
        "INSERT INTO loyalty.adjustment (tenant_id, sales, units, day, id, handle, reason) "
        + "SELECT $1, sales, units, day, id, handle, reason FROM pg_temp.loyalty_change_adjustment WHERE is_new ORDER BY id" + TenantSql.Inserted;

    /// <inheritdoc cref="UpdateActivity"/>
    public const string UpdateAdjustments =
        "INSERT INTO loyalty.adjustment (tenant_id, sales, units, day, id, handle, reason) "
        + "SELECT $1, sales, units, day, id, handle, reason FROM pg_temp.loyalty_change_adjustment WHERE NOT is_new ORDER BY id "
        + "ON CONFLICT (tenant_id, id) DO UPDATE SET sales = excluded.sales, units = excluded.units, day = excluded.day, handle = excluded.handle, "
        + "reason = excluded.reason";

    /// <summary>Everything that happened to members, in order of handles. On a first load what is staged is what happened.</summary>
    public const string OpenTouches =
        "DECLARE loyalty_touches NO SCROLL CURSOR FOR "
        + "SELECT handle, kind, day, sales, units, views, likes, comments FROM pg_temp.loyalty_touch ORDER BY handle";

    public const string OpenStaged =
        "DECLARE loyalty_touches NO SCROLL CURSOR FOR "
        + "SELECT handle, 1 AS kind, day, sales, units::bigint AS units, views, likes, comments FROM pg_temp.loyalty_stage "
        + "UNION ALL SELECT handle, kind, day, sales, units, views, likes, comments FROM pg_temp.loyalty_touch ORDER BY handle";

    public const string CreateReviewed =
        "CREATE TEMPORARY TABLE loyalty_reviewed (is_new boolean, lifetime_sales bigint, lifetime_units bigint, lifetime_videos bigint, "
        + "lifetime_views bigint, lifetime_likes bigint, lifetime_comments bigint, window_sales bigint, window_units bigint, window_videos bigint, "
        + "window_views bigint, window_likes bigint, window_comments bigint, lifetime_adjusted_sales bigint, lifetime_adjusted_units bigint, "
        + "window_adjusted_sales bigint, window_adjusted_units bigint, joined date, achieved_on date, window_start date, window_end date, "
        + "next_due date, decisions integer, in_grace boolean, handle text COLLATE \"C\", level text COLLATE \"C\", history bytea) ON COMMIT DROP";

    private const string MemberValues =
        "lifetime_sales, lifetime_units, lifetime_videos, lifetime_views, lifetime_likes, lifetime_comments, window_sales, window_units, "
        + "window_videos, window_views, window_likes, window_comments, lifetime_adjusted_sales, lifetime_adjusted_units, window_adjusted_sales, "
        + "window_adjusted_units, joined, achieved_on, window_start, window_end, next_due, decisions, in_grace, handle, level, history";

    public const string CopyReviewed = $"COPY pg_temp.loyalty_reviewed (is_new, {MemberValues}) FROM STDIN (FORMAT binary)";

    public const string InsertMembers =
        $"INSERT INTO loyalty.member (tenant_id, {MemberValues}) SELECT $1, {MemberValues} FROM pg_temp.loyalty_reviewed WHERE is_new{TenantSql.Inserted}";

    /// <inheritdoc cref="UpdateActivity"/>
    public const string UpdateMembers =
        $"INSERT INTO loyalty.member (tenant_id, {MemberValues}) SELECT $1, {MemberValues} FROM pg_temp.loyalty_reviewed WHERE NOT is_new ORDER BY handle "
        + "ON CONFLICT (tenant_id, handle) DO UPDATE SET lifetime_sales = excluded.lifetime_sales, lifetime_units = excluded.lifetime_units, "
        + "lifetime_videos = excluded.lifetime_videos, lifetime_views = excluded.lifetime_views, lifetime_likes = excluded.lifetime_likes, "
        + "lifetime_comments = excluded.lifetime_comments, window_sales = excluded.window_sales, window_units = excluded.window_units, "
        + "window_videos = excluded.window_videos, window_views = excluded.window_views, window_likes = excluded.window_likes, "
        + "window_comments = excluded.window_comments, lifetime_adjusted_sales = excluded.lifetime_adjusted_sales, "
        + "lifetime_adjusted_units = excluded.lifetime_adjusted_units, window_adjusted_sales = excluded.window_adjusted_sales, "
        + "window_adjusted_units = excluded.window_adjusted_units, achieved_on = excluded.achieved_on, window_start = excluded.window_start, "
        + "window_end = excluded.window_end, next_due = excluded.next_due, decisions = excluded.decisions, in_grace = excluded.in_grace, "
        + "level = excluded.level, history = excluded.history";

    public const string CreateDecisions =
        "CREATE TEMPORARY TABLE loyalty_decided (threshold_before bigint, threshold_after bigint, value_activity bigint, value_adjustments bigint, "
        + "number integer, decided_on date, measured_start date, measured_end date, next_start date, next_end date, is_lifetime boolean, "
        + "handle text COLLATE \"C\", kind text COLLATE \"C\", metric text COLLATE \"C\", level_before text COLLATE \"C\", level_after text COLLATE \"C\", "
        + "program_version text COLLATE \"C\") ON COMMIT DROP";

    private const string DecisionValues =
        "threshold_before, threshold_after, value_activity, value_adjustments, number, decided_on, measured_start, measured_end, next_start, "
        + "next_end, is_lifetime, handle, kind, metric, level_before, level_after, program_version";

    public const string CopyDecisions = $"COPY pg_temp.loyalty_decided ({DecisionValues}) FROM STDIN (FORMAT binary)";

    public const string InsertDecisions =
        $"INSERT INTO loyalty.decision (tenant_id, run_id, has_later_data, {DecisionValues}) "
        + $"SELECT $1, $2, false, {DecisionValues} FROM pg_temp.loyalty_decided{TenantSql.Inserted}";

    public const string CreateMissions =
        "CREATE TEMPORARY TABLE loyalty_tried (target bigint, current bigint, window_start date, window_end date, completed_on date, "
        + "handle text COLLATE \"C\", mission text COLLATE \"C\", metric text COLLATE \"C\", status text COLLATE \"C\") ON COMMIT DROP";

    public const string CopyMissions =
        "COPY pg_temp.loyalty_tried (target, current, window_start, window_end, completed_on, handle, mission, metric, status) FROM STDIN (FORMAT binary)";

    public const string PutMissions =
        "INSERT INTO loyalty.mission_instance (tenant_id, target, current, window_start, window_end, completed_on, handle, mission, metric, status) "
        + "SELECT $1, target, current, window_start, window_end, completed_on, handle, mission, metric, status "
        + "FROM pg_temp.loyalty_tried ORDER BY handle, mission, window_start "
        + "ON CONFLICT (tenant_id, handle, mission, window_start) DO UPDATE SET current = excluded.current, completed_on = excluded.completed_on, "
        + "status = excluded.status";

    public const string PutProgram =
        "INSERT INTO loyalty.program (tenant_id, digest, json) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, digest) DO NOTHING";

    public const string UpdateTenant =
        "UPDATE loyalty.tenant SET program_digest = $2, as_of = $3, members = $4, activities = $5, adjustments = $6 WHERE tenant_id = $1 "
        + "AND (program_digest <> $2 OR as_of <> $3 OR members <> $4 OR activities <> $5 OR adjustments <> $6)";

    public const string InsertRun =
        "INSERT INTO loyalty.run (tenant_id, run_id, as_of, program_digest, started_at, completed_at, rows_inserted, rows_updated, rows_unchanged, "
        + "rows_superseded, sales_staged, members_total, members_created, promoted, kept, demoted, grace_started, missions_completed) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

    public const string InsertRunInput =
        "INSERT INTO loyalty.run_input (tenant_id, run_id, number, name, length, records, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7)";

    public const string FindRun = "SELECT 1 FROM loyalty.run WHERE tenant_id = $1 AND run_id = $2";

    public const string LastRuns =
        "SELECT rows_inserted + rows_updated + rows_unchanged, sales_staged FROM loyalty.run "
        + "WHERE tenant_id = $1 AND rows_inserted + rows_updated + rows_unchanged > 0 ORDER BY completed_at DESC LIMIT $2";
}
