namespace Loyalty.Postgres.Cutover;

/// <summary>Which entries of the log are looked at.</summary>
/// <param name="After">Those after this one: the earlier ones are in the other generation.</param>
/// <param name="Since">Those that this snapshot of the server does not see; <see langword="null"/>: all.</param>
internal readonly record struct WrittenRows(long After, string? Since = null);

/// <summary>Rows that an application wrote to live tables: watched by a trigger, counted and applied by primary key.</summary>
/// <remarks>
/// The trigger notes the key and the row before. What counts is the difference at the end: a row that is again as it was, or as the other generation has it, is no later write.
/// The trigger is put on the generation that becomes live before rows are applied to it, so that these count as written to it, too: they are not lost when a third generation comes.
/// </remarks>
internal static class LaterWriteRows
{
    public const string Trigger = "loyalty_cutover_watch";
    public const string TruncateTrigger = "loyalty_cutover_watch_all";
    public const string ReadOnlyTrigger = "loyalty_cutover_read_only";

    private const int MostNamed = 10;

    // Names that no column has: a column would be taken for the row.
    private const string Here = "loyalty_row_here";
    private const string There = "loyalty_row_there";

    public static string FunctionOf(int set, TableShape table) => Sql.Name("loyalty_cutover", $"watch_{Sql.Number(set)}_{Sql.Number(table.Number)}");

    /// <summary>The function of a table's trigger.</summary>
    public static string MakeFunction(int set, TableShape table)
    {
        var insert = $"INSERT INTO loyalty_cutover.write_log (set_id, generation, table_number, key, before) VALUES ({set}, TG_ARGV[0]::bigint, {table.Number}, ";
        return
            $"""
            CREATE OR REPLACE FUNCTION {FunctionOf(set, table)}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C'
            SET xmlbinary = 'base64' AS $watch$
            BEGIN
                IF TG_OP = 'TRUNCATE' THEN
                    EXECUTE format({Sql.Text($"INSERT INTO loyalty_cutover.write_log (set_id, generation, table_number, key, before) SELECT {set}, $1, {table.Number}, {table.KeyOf(Here)}, {Here}::text FROM %I.%I {Here}")}, TG_TABLE_SCHEMA, TG_TABLE_NAME) USING TG_ARGV[0]::bigint;
                ELSIF TG_OP = 'UPDATE' THEN
                    IF NOT OLD *= NEW THEN
                        {insert}{table.KeyOf("OLD")}, OLD::text);
                        IF {table.KeyOf("OLD")} <> {table.KeyOf("NEW")} THEN
                            {insert}{table.KeyOf("NEW")}, NULL);
                        END IF;
                    END IF;
                ELSIF TG_OP = 'DELETE' THEN
                    {insert}{table.KeyOf("OLD")}, OLD::text);
                ELSE
                    {insert}{table.KeyOf("NEW")}, NULL);
                END IF;
                RETURN NULL;
            END
            $watch$
            """;
    }

    /// <summary>Puts the watch on a table that stands for a generation.</summary>
    public static IEnumerable<string> Watch(int set, long generation, TableShape table)
    {
        yield return MakeFunction(set, table);
        yield return $"REVOKE ALL ON FUNCTION {FunctionOf(set, table)}() FROM PUBLIC";
        yield return $"CREATE TRIGGER {Trigger} AFTER INSERT OR UPDATE OR DELETE ON {table.Sql} FOR EACH ROW EXECUTE FUNCTION {FunctionOf(set, table)}({Sql.Text(Sql.Number(generation))})";
        yield return $"CREATE TRIGGER {TruncateTrigger} BEFORE TRUNCATE ON {table.Sql} FOR EACH STATEMENT EXECUTE FUNCTION {FunctionOf(set, table)}({Sql.Text(Sql.Number(generation))})";

        // Writes by appliers of replication count, too.
        yield return $"ALTER TABLE {table.Sql} ENABLE ALWAYS TRIGGER {Trigger}, ENABLE ALWAYS TRIGGER {TruncateTrigger}";
    }

    public static IEnumerable<string> Unwatch(string table)
    {
        yield return $"DROP TRIGGER {Trigger} ON {table}";
        yield return $"DROP TRIGGER {TruncateTrigger} ON {table}";
    }

    public static string MakeReadOnly(string table) =>
        $"CREATE TRIGGER {ReadOnlyTrigger} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION loyalty_cutover.refuse_write()";

    /// <summary>How many rows of a table were written and differ from the other generation, and which.</summary>
    public static async ValueTask<(long Count, List<string> Details)> CountAsync(
        CutoverSession session, long generation, TableShape live, TableShape? other, WrittenRows rows, CancellationToken cancellationToken)
    {
        var found = await session.QueryAsync(
            $"{Changed(session.SetId, generation, live, other, rows)} SELECT key, is_gone, before IS NULL, count(*) OVER () FROM changed ORDER BY key LIMIT {MostNamed}",
            r => (Text: $"{live.Name}: the row {RowDigests.Key(r.GetFieldValue<string?[]>(0))} was {(r.GetBoolean(1) ? "deleted" : r.GetBoolean(2) ? "inserted" : "updated")}", Count: r.GetInt64(3)),
            cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? (0, []) : (found[0].Count, [.. found.Select(static f => f.Text)]);
    }

    /// <summary>Deletes from the other generation what was deleted.</summary>
    public static string Delete(int set, long generation, TableShape live, TableShape other, WrittenRows rows) =>
        $"{Changed(set, generation, live, other, rows)} DELETE FROM {other.Sql} {There} USING changed c WHERE c.is_gone AND {other.HasKey(There, "c.key")}";

    /// <summary>Writes to the other generation what was inserted or updated.</summary>
    public static string Write(int set, long generation, TableShape live, TableShape other, WrittenRows rows)
    {
        var columns = Common(live, other).Where(static c => !c.IsGenerated).ToList();
        var names = string.Join(", ", columns.Select(static c => Sql.Name(c.Name)));
        var updated = columns.Where(c => !c.IsIdentityAlways && !other.Key.Exists(k => string.Equals(k.Name, c.Name, StringComparison.Ordinal))).ToList();
        var update = updated.Count == 0 ? string.Empty
            : $", u AS (UPDATE {other.Sql} {There} SET {string.Join(", ", updated.Select(static c => $"{Sql.Name(c.Name)} = {Here}.{Sql.Name(c.Name)}"))} "
            + $"FROM changed c JOIN {live.Sql} {Here} ON {live.HasKey(Here, "c.key")} WHERE NOT c.is_gone AND {other.HasKey(There, "c.key")})";

        // Not by ON CONFLICT: a primary key may be deferrable.
        return $"{Changed(set, generation, live, other, rows)}{update} INSERT INTO {other.Sql} ({names}) OVERRIDING SYSTEM VALUE "
            + $"SELECT {string.Join(", ", columns.Select(static c => $"{Here}.{Sql.Name(c.Name)}"))} FROM changed c JOIN {live.Sql} {Here} ON {live.HasKey(Here, "c.key")} "
            + $"WHERE NOT c.is_gone AND NOT EXISTS (SELECT FROM {other.Sql} {There} WHERE {other.HasKey(There, "c.key")})";
    }

    /// <summary>The rows that were written, whose end differs from their beginning and from the other generation.</summary>
    private static string Changed(int set, long generation, TableShape live, TableShape? other, WrittenRows rows)
    {
        var common = other is null ? [] : Common(live, other).ToList();
        var (join, differs) = other is null ? (string.Empty, string.Empty) : (
            $" LEFT JOIN {other.Sql} {There} ON {other.HasKey(There, "k.key")}",
            $" AND (CASE WHEN NOT {live.IsAbsent(Here)} THEN {Row(Here, common)} END) IS DISTINCT FROM (CASE WHEN NOT {other.IsAbsent(There)} THEN {Row(There, common)} END)");
        var late = rows.Since is null ? string.Empty : $" AND NOT pg_visible_in_snapshot(w.xid, {Sql.Text(rows.Since)}::pg_snapshot)";
        return $"WITH changed AS MATERIALIZED (SELECT k.key, k.before, {live.IsAbsent(Here)} AS is_gone FROM (SELECT DISTINCT ON (w.key) w.key, w.before FROM loyalty_cutover.write_log w "
            + $"WHERE w.set_id = {set} AND w.generation = {generation} AND w.table_number = {live.Number} AND w.id > {Sql.Number(rows.After)}{late} ORDER BY w.key, w.id) k "
            + $"LEFT JOIN {live.Sql} {Here} ON {live.HasKey(Here, "k.key")}{join} WHERE {Here}::text IS DISTINCT FROM k.before{differs})";
    }

    private static string Row(string alias, List<ColumnShape> columns) => $"ROW({string.Join(", ", columns.Select(c => $"{alias}.{Sql.Name(c.Name)}"))})::text";

    private static IEnumerable<ColumnShape> Common(TableShape live, TableShape other) =>
        live.Columns.Where(c => other.Columns.Exists(o => string.Equals(o.Name, c.Name, StringComparison.Ordinal)));
}
