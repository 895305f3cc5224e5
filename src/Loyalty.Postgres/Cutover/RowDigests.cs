namespace Loyalty.Postgres.Cutover;

/// <summary>A digest of every row and every cell of a generation, as it was validated; compared, it names what changed since.</summary>
/// <remarks>
/// One table for each generation. A row that an application changed while the generation was live gets a later entry; the last one counts. 64 bits for a row decide
/// whether it changed; 32 bits for a cell only tell which one.
/// </remarks>
internal static class RowDigests
{
    private const int MostNamed = 20;

    // A name that no column has: a column would be taken for the row.
    private const string Row = "loyalty_row";

    public static string TableOf(int set, long generation) => Sql.Name("loyalty_cutover", $"digest_{Sql.Number(set)}_{Sql.Number(generation)}");

    /// <summary>Makes the table anew, and fills it.</summary>
    public static async ValueTask<Dictionary<string, long>> TakeAsync(
        CutoverSession session, long generation, IReadOnlyList<TableShape> tables, CancellationToken cancellationToken)
    {
        var digests = TableOf(session.SetId, generation);
        await session.ExecuteAsync(
            $"DROP TABLE IF EXISTS {digests}; "
            + $"CREATE TABLE {digests} (table_number smallint NOT NULL, key text[] NOT NULL, digest bigint, cells bytea, entry bigint NOT NULL); "
            + $"REVOKE ALL ON {digests} FROM PUBLIC; COMMENT ON TABLE {digests} IS 'Digests of the rows of a generation. Cost: one row for each row, and one for each later change.'",
            cancellationToken).ConfigureAwait(false);
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            rows[table.Name] = await session.ExecuteAsync(
                $"INSERT INTO {digests} SELECT {table.Number}, {table.KeyOf(Row)}, {Digest(Row)}, {Cells(Row, table)}, 0 FROM {table.Sql} {Row}", cancellationToken).ConfigureAwait(false);
        }

        await session.ExecuteAsync($"ANALYZE {digests}", cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Adds entries for rows that were written while the generation was live, as they are now.</summary>
    public static string Renew(int set, long generation, TableShape table) =>
        $"INSERT INTO {TableOf(set, generation)} SELECT {table.Number}, w.key, CASE WHEN NOT {table.IsAbsent(Row)} THEN {Digest(Row)} END, CASE WHEN NOT {table.IsAbsent(Row)} THEN {Cells(Row, table)} END, w.id "
        + $"FROM (SELECT w.key, max(w.id) AS id FROM loyalty_cutover.write_log w JOIN loyalty_cutover.generation g ON g.set_id = w.set_id AND g.id = w.generation "
        + $"WHERE w.set_id = {set} AND w.generation = {generation} AND w.table_number = {table.Number} AND w.id > g.digested GROUP BY w.key) w "
        + $"LEFT JOIN {table.Sql} {Row} ON {table.HasKey(Row, "w.key")}";

    /// <summary>Names what is not as it was validated, up to a number; how many there are is in front.</summary>
    public static async ValueTask<(long Count, List<string> Details)> CompareAsync(
        CutoverSession session, long generation, IReadOnlyList<TableShape> tables, CancellationToken cancellationToken)
    {
        var digests = TableOf(session.SetId, generation);
        var later = await session.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM {digests} WHERE entry > 0)", cancellationToken).ConfigureAwait(false);
        var details = new List<string>();
        long count = 0;
        foreach (var table in tables)
        {
            var source = later
                ? $"(SELECT DISTINCT ON (key) key, digest, cells FROM {digests} WHERE table_number = {table.Number} ORDER BY key, entry DESC)"
                : $"(SELECT key, digest, cells FROM {digests} WHERE table_number = {table.Number})";
            var found = await session.QueryAsync(
                $"WITH f AS MATERIALIZED (SELECT coalesce(d.key, s.key) AS key, d.digest AS was, s.digest AS is_now, d.cells AS cells_were, s.cells AS cells_are "
                + $"FROM (SELECT * FROM {source} x WHERE digest IS NOT NULL) d FULL JOIN (SELECT {table.KeyOf(Row)} AS key, {Digest(Row)} AS digest, {Cells(Row, table)} AS cells FROM {table.Sql} {Row}) s "
                + $"ON d.key = s.key WHERE d.digest IS DISTINCT FROM s.digest) "
                + $"SELECT key, was IS NULL, is_now IS NULL, cells_were, cells_are, count(*) OVER () FROM f ORDER BY key LIMIT {MostNamed}",
                r => (Text: Describe(table, r.GetFieldValue<string?[]>(0), r.GetBoolean(1), r.GetBoolean(2), r.IsDBNull(3) ? null : r.GetFieldValue<byte[]>(3), r.IsDBNull(4) ? null : r.GetFieldValue<byte[]>(4)), Count: r.GetInt64(5)),
                cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                count += found[0].Count;
                details.AddRange(found.Select(static f => f.Text));
            }

            // With its primary key gone, a row may stand twice under one key.
            var twice = await session.QueryAsync(
                $"SELECT {table.KeyOf(Row)}, count(*) FROM {table.Sql} {Row} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT {MostNamed}",
                r => $"{table.Name}: the row {Key(r.GetFieldValue<string?[]>(0))} stands {r.GetInt64(1)} times",
                cancellationToken).ConfigureAwait(false);
            count += twice.Count;
            details.AddRange(twice);
        }

        return (count, details.Count > MostNamed ? [.. details.Take(MostNamed), $"and {count - MostNamed} more"] : details);
    }

    public static string Key(string?[] key) => $"({string.Join(", ", key.Select(static k => k ?? "NULL"))})";

    private static string Digest(string alias) => $"hashtextextended({alias}::text, 0)";

    private static string Cells(string alias, TableShape table) =>
        string.Join(" || ", table.Columns.Select(c => $"coalesce(int4send(hashtext({alias}.{Sql.Name(c.Name)}::text)), '\\x00000000'::bytea)"));

    private static string Describe(TableShape table, string?[] key, bool isExtra, bool isMissing, byte[]? were, byte[]? are)
    {
        if (isExtra || isMissing)
        {
            return $"{table.Name}: the row {Key(key)} {(isExtra ? "was not there" : "is missing")}";
        }

        var columns = were is null || are is null || were.Length != are.Length
            ? []
            : table.Columns.Where((_, i) => !were.AsSpan(i * 4, 4).SequenceEqual(are.AsSpan(i * 4, 4))).Select(static c => c.Name).ToList();
        return columns.Count == 0 ? $"{table.Name}: the row {Key(key)} changed" : $"{table.Name}: the row {Key(key)} changed in {string.Join(", ", columns)}";
    }
}
