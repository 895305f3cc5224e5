namespace Loyalty.Postgres.Cutover;

/// <summary>For large tables that refer to the live ones: the keys that the new generation lacks.</summary>
internal sealed class DroppedKeys
{
    private readonly CutoverSession _session;
    private readonly Generation _to;
    private readonly List<KeysOfTable> _keys;

    private DroppedKeys(CutoverSession session, Generation to, List<KeysOfTable> keys) => (_session, _to, _keys) = (session, to, keys);

    /// <summary>Finds the keys while nobody waits.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="plan">What refers to the live tables.</param>
    /// <param name="from">The live generation.</param>
    /// <param name="to">The generation that becomes live.</param>
    /// <param name="tables">Its tables.</param>
    /// <param name="settled">The last write to the live generation that the other one has.</param>
    /// <param name="pagesCheckedUnderLock">How large tables may be whose references are checked under the locks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<DroppedKeys> FindAsync(
        CutoverSession session, CutoverPlan plan, Generation from, Generation to, List<TableShape> tables, long settled, long pagesCheckedUnderLock, CancellationToken cancellationToken)
    {
        var keys = new List<KeysOfTable>();
        foreach (var (i, key) in plan.Dependants.Where(d => d.Kind == DependantKind.ForeignKey && plan.IsCheckedLate(d, tables, pagesCheckedUnderLock)).Index())
        {
            var live = plan.Tables.Find(t => t.Oid == key.Target)!;
            var columns = await Dependants.ColumnsAsync(session, key, cancellationToken).ConfigureAwait(false);
            var temporary = $"pg_temp.loyalty_dropped_{Sql.Number(i)}";
            var parents = string.Join(", ", columns.Select(static c => c.Parent));
            var absent = $"NOT EXISTS (SELECT FROM {tables.Find(t => t.Number == live.Number)!.Sql} n WHERE {string.Join(" AND ", columns.Select(static c => $"n.{c.Parent} = l.{c.Parent}"))})";
            await session.ExecuteAsync(
                $"DROP TABLE IF EXISTS {temporary}; CREATE TEMPORARY TABLE loyalty_dropped_{Sql.Number(i)} ON COMMIT DROP AS SELECT {parents} FROM {live.Sql} l WHERE {absent}; ANALYZE {temporary}", cancellationToken)
                .ConfigureAwait(false);
            keys.Add(new KeysOfTable(
                temporary,
                plan.Neighbours[key.Relation].Name,
                string.Join(" AND ", columns.Select(static c => $"c.{c.Child} = d.{c.Parent}")),
                $"INSERT INTO {temporary} SELECT {string.Join(", ", columns.Select(static c => $"l.{c.Parent}"))} FROM (SELECT DISTINCT w.key FROM loyalty_cutover.write_log w WHERE w.set_id = {session.SetId} "
                + $"AND w.generation = {Sql.Number(from.Id)} AND w.table_number = {live.Number} AND w.id > {Sql.Number(settled)}) w JOIN {live.Sql} l ON {live.HasKey("l", "w.key")} WHERE {absent}"));
        }

        return new DroppedKeys(session, to, keys);
    }

    /// <summary>Refuses a swap where a row that came in meanwhile refers to one of these keys, or to a row that is discarded.</summary>
    public async ValueTask RefuseAsync(CancellationToken cancellationToken)
    {
        foreach (var dropped in _keys)
        {
            await _session.ExecuteAsync(dropped.AddWritten, cancellationToken).ConfigureAwait(false);
            var found = await _session.QueryAsync(
                $"SELECT d::text FROM {dropped.Temporary} d JOIN {dropped.Child} c ON {dropped.Condition} LIMIT 5", static r => r.GetString(0), cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                throw new CutoverException(CutoverFault.Orphans, $"Rows of {dropped.Child} refer to rows that generation {Sql.Number(_to.Id)} does not have; nothing was changed:", found);
            }
        }
    }

    private sealed record KeysOfTable(string Temporary, string Child, string Condition, string AddWritten);
}
