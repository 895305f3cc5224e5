namespace Loyalty.Postgres.Cutover;

/// <summary>The checks that every generation gets.</summary>
internal static class StandardChecks
{
    private const int MostNamed = 5;

    public static async ValueTask<List<CheckResult>> RunAsync(
        CutoverSession session, CutoverPlan plan, Generation staged, List<TableShape> tables, Generation? live, CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>();
        List<string> differences = session.Set.ColumnsMayChange ? [] : [.. plan.Tables.SelectMany(t => t.ColumnDifferences(tables.Find(n => n.Number == t.Number)!))];
        results.Add(Result("columns", "the columns of the live tables", differences));
        results.Add(Result("dependants", "everything on the live tables can be carried over", plan.Faults));
        results.Add(await DuplicatesAsync(session, tables, cancellationToken).ConfigureAwait(false));
        results.Add(await ForeignKeysAsync(session, plan, staged, tables, cancellationToken).ConfigureAwait(false));
        results.Add(await LaterWritesAsync(session, plan, tables, live, cancellationToken).ConfigureAwait(false));
        return results;
    }

    /// <summary>Rows of other tables that refer to rows which the generation does not have, by foreign key.</summary>
    public static async ValueTask<List<string>> OrphansAsync(CutoverSession session, CutoverPlan plan, List<TableShape> tables, CancellationToken cancellationToken)
    {
        var orphans = new List<string>();

        // A key that the application leaves unchecked may lead nowhere; one over periods is checked by the server alone.
        foreach (var key in plan.Dependants.Where(static d => d.Kind == DependantKind.ForeignKey && !CarriedObjects.IsUnchecked(d.Make) && !d.Make.Contains(", PERIOD ", StringComparison.Ordinal)))
        {
            var number = plan.Tables.Find(t => t.Oid == key.Target)!.Number;
            var columns = await Dependants.ColumnsAsync(session, key, cancellationToken).ConfigureAwait(false);
            await session.UseSchemasAsync(cancellationToken, plan.SearchPath).ConfigureAwait(false);
            var found = await session.QueryAsync(
                $"SELECT ROW({string.Join(", ", columns.Select(static c => $"c.{c.Child}"))})::text, count(*) OVER () FROM {plan.Neighbours[key.Relation].Name} c "
                + $"WHERE {string.Join(" AND ", columns.Select(static c => $"c.{c.Child} IS NOT NULL"))} "
                + $"AND NOT EXISTS (SELECT FROM {tables.Find(t => t.Number == number)!.Sql} p WHERE {string.Join(" AND ", columns.Select(static c => $"p.{c.Parent} = c.{c.Child}"))}) LIMIT {MostNamed}",
                r => (Text: r.GetString(0), Count: r.GetInt64(1)),
                cancellationToken).ConfigureAwait(false);
            await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                orphans.Add($"{key.Name}: {Sql.Number(found[0].Count)} rows without a row to refer to, such as {string.Join(", ", found.Select(static f => f.Text))}");
            }
        }

        return orphans;
    }

    private static async ValueTask<CheckResult> DuplicatesAsync(CutoverSession session, List<TableShape> tables, CancellationToken cancellationToken)
    {
        var duplicates = new List<string>();
        foreach (var table in tables)
        {
            duplicates.AddRange(await session.QueryAsync(
                $"SELECT {table.KeyOf("loyalty_row")}, count(*) FROM {table.Sql} loyalty_row GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT {MostNamed}",
                r => $"{table.Name}: the row {RowDigests.Key(r.GetFieldValue<string?[]>(0))} stands {Sql.Number(r.GetInt64(1))} times",
                cancellationToken).ConfigureAwait(false));
        }

        return Result("duplicates", "each key once", duplicates);
    }

    private static async ValueTask<CheckResult> ForeignKeysAsync(
        CutoverSession session, CutoverPlan plan, Generation staged, List<TableShape> tables, CancellationToken cancellationToken)
    {
        var faults = await OrphansAsync(session, plan, tables, cancellationToken).ConfigureAwait(false);
        uint[] oids = [.. tables.Select(static t => t.Oid)];
        await session.UseSchemasAsync(cancellationToken, staged.Schema).ConfigureAwait(false);
        var open = plan.Objects.Where(static o => o.Order is CarriedObjects.ForeignKeyInside or CarriedObjects.ForeignKeyOutside && CarriedObjects.IsUnchecked(o.Make)).Select(static o => (o.Table, o.Name)).ToHashSet();
        faults.AddRange((await session.QueryAsync(
            "SELECT c.relname::text, k.conname::text, format('foreign key %I of %s is not checked', k.conname, k.conrelid::regclass) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
            + "WHERE k.conrelid = ANY ($1) AND k.contype = 'f' AND NOT k.convalidated",
            static r => (Table: r.GetString(0), Name: r.GetString(1), Text: r.GetString(2)),
            cancellationToken,
            oids).ConfigureAwait(false)).Where(k => !open.Contains((k.Table, k.Name))).Select(static k => k.Text));
        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
        return Result("foreign keys", "every row that is referred to", faults);
    }

    private static async ValueTask<CheckResult> LaterWritesAsync(
        CutoverSession session, CutoverPlan plan, List<TableShape> tables, Generation? live, CancellationToken cancellationToken)
    {
        long count = 0;
        var details = new List<string>();
        if (live is not null)
        {
            foreach (var table in plan.Tables)
            {
                var (found, rows) = await LaterWriteRows.CountAsync(session, live.Id, table, tables.Find(t => t.Number == table.Number), new WrittenRows(0), cancellationToken).ConfigureAwait(false);
                count += found;
                details.AddRange(rows);
            }
        }

        // Not a fault of the generation: the cutover asks what to do with them.
        return new CheckResult("later writes", Passed: true, "0, or --keep-later-writes or --discard-later-writes at the cutover", Sql.Number(count), details);
    }

    private static CheckResult Result(string name, string expected, List<string> faults) =>
        new(name, faults.Count == 0, expected, faults.Count == 0 ? "as expected" : $"{Sql.Number(faults.Count)} faults", [.. faults]);
}
