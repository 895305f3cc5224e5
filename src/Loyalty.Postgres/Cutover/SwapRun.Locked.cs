using System.Diagnostics;

namespace Loyalty.Postgres.Cutover;

internal sealed partial class SwapRun
{
    // A process that was stopped while it holds the locks loses them, and its swap.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private readonly List<DroppedKeys> _dropped = [];

    /// <summary>Whether what is replaced is staged: at a rollback to a previous generation. To go back to a staged one is to cut over again, and what that replaces is a previous one.</summary>
    private bool IsStagedAgain => _isRollback && To.State == GenerationState.Previous && !_anotherIsStaged;

    private IEnumerable<uint> LockedTables =>
        Plan.Tables.Select(static t => t.Oid)
            .Concat(Plan.Objects.Where(o => o.Order == CarriedObjects.ForeignKeyOutside && Plan.Neighbours[o.Size].IsOwn).Select(static o => o.Size))
            .Concat(Plan.Dependants.Where(static d => d.Kind is DependantKind.ForeignKey or DependantKind.Policy or DependantKind.Rule).Select(static d => d.Relation))
            .Distinct()
            .Order();

    private IEnumerable<(uint Relation, string Name, string Owner)> LockedViews =>
        Plan.Dependants.Where(static d => d.Kind == DependantKind.View).Select(d => (d.Relation, Plan.Neighbours[d.Relation].Name, d.Owner))
            .Concat(Plan.Materialized.Select(static m => (m.View.Relation, Sql.Name(m.Schema, m.Name), m.View.Owner)))
            .OrderBy(static v => v.Item1);

    /// <summary>Sessions whose snapshot is older than the rows of the generation: they would read the new tables as empty, without an error.</summary>
    public ValueTask<List<string>> FindOldSnapshotsAsync(CancellationToken cancellationToken) => _session.QueryAsync(
        """
        SELECT format('session %s (%s) reads an older snapshot than the rows of the generation, since %s', a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, ''), a.xact_start)
        FROM (SELECT pg_stat_clear_snapshot()) c, pg_stat_activity a, loyalty_cutover.generation g
        WHERE g.set_id = $1 AND g.id = $2 AND a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend' AND a.backend_xmin IS NOT NULL
        AND ((pg_snapshot_xmax(pg_current_snapshot())::text::numeric - g.content_xid::text::numeric < 1000000000 AND age(a.backend_xmin) >= age(g.content_xid::xid))
            OR ($3 AND a.state LIKE 'idle in transaction%'))
        ORDER BY a.pid
        """,
        static r => r.GetString(0),
        cancellationToken,
        _session.SetId,
        To.Id,
        _laterWrites == LaterWrites.Keep && _early > 0);

    /// <summary>Who holds locks on what the swap needs.</summary>
    public ValueTask<List<string>> FindBlockersAsync(CancellationToken cancellationToken) =>
        TableLocks.FindHoldersAsync(_session, [.. LockedTables, .. LockedViews.Select(static v => v.Relation)], cancellationToken);

    /// <summary>Takes all locks: views first, as those who read them do, then all tables in one fixed order. From the first one on others may wait.</summary>
    public async ValueTask LockAsync(CancellationToken cancellationToken)
    {
        await _session.ExecuteAsync(
            $"SET LOCAL lock_timeout = {Sql.Milliseconds(_options.LockWait)}; SET LOCAL statement_timeout = {Sql.Milliseconds(_options.LockWait)}; "
            + $"SET LOCAL idle_in_transaction_session_timeout = {Sql.Milliseconds(LongestSilence)}",
            cancellationToken).ConfigureAwait(false);

        // LOCK TABLE on a view takes the tables below it at once; a change of the owner to the same one takes the view alone.
        List<string> statements = [.. LockedViews.Select(static v => $"ALTER TABLE {v.Name} OWNER TO {Sql.Name(v.Owner)}")];
        var tables = LockedTables.Select(o => Plan.Tables.Find(t => t.Oid == o)?.Sql ?? Plan.Neighbours[o].Name).ToList();
        if (tables.Count > 0)
        {
            statements.Add($"LOCK TABLE {string.Join(", ", tables)} IN ACCESS EXCLUSIVE MODE");
        }

        await _session.RunAsync(statements, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the catalog is still as it was when the swap was prepared.</summary>
    public async ValueTask<bool> IsStillRightAsync(CancellationToken cancellationToken)
    {
        await _session.ExecuteAsync($"SET LOCAL statement_timeout = {Sql.Milliseconds(CutoverOptions.LongestWait - _options.LockWait)}", cancellationToken).ConfigureAwait(false);
        return string.Equals(await Plan.ReadVersionAsync(_session, cancellationToken).ConfigureAwait(false), Plan.Version, StringComparison.Ordinal);
    }

    /// <summary>The swap itself, and its row in the journal; the caller commits.</summary>
    public async ValueTask<(long Kept, long Discarded)> SwapAsync(Stopwatch clock, CancellationToken cancellationToken)
    {
        await LimitAsync("; SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off").ConfigureAwait(false);
        var written = _early;
        if (From is not null)
        {
            var more = await _session.ScalarAsync<bool>(
                $"SELECT EXISTS (SELECT FROM loyalty_cutover.write_log WHERE set_id = $1 AND generation = $2 AND id > $3 AND NOT pg_visible_in_snapshot(xid, {Sql.Text(_since)}::pg_snapshot))",
                cancellationToken,
                _session.SetId,
                From.Id,
                _settled).ConfigureAwait(false);
            written += more ? await TakeLaterWritesAsync(new WrittenRows(_settled, _since), cancellationToken).ConfigureAwait(false) : 0;
            await RefuseDroppedKeysAsync(cancellationToken).ConfigureAwait(false);
        }

        var (kept, discarded) = _laterWrites == LaterWrites.Discard ? (0L, written) : (written, 0L);
        await LimitAsync(string.Empty).ConfigureAwait(false);
        await _session.RunAsync(Statements(kept, discarded), cancellationToken).ConfigureAwait(false);
        return (kept, discarded);

        // What is left of the half second is the limit of the next statement.
        async ValueTask LimitAsync(string more)
        {
            var left = CutoverOptions.LongestWait - clock.Elapsed;
            await _session.ExecuteAsync($"SET LOCAL statement_timeout = {Sql.Milliseconds(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1))}{more}", cancellationToken).ConfigureAwait(false);
        }
    }

    private List<string> Statements(long kept, long discarded)
    {
        var pending = new List<string>();
        var (set, live) = (_session.SetId, Plan.Schema);
        var statements = new List<string>();
        if (From is not null)
        {
            statements.AddRange(Plan.Tables.Select(t => RowDigests.Renew(set, From.Id, t)));
        }

        if (_laterWrites != LaterWrites.Discard)
        {
            // Deferred checks of rows that were just applied would forbid moving their table.
            statements.Add("SET CONSTRAINTS ALL IMMEDIATE");
        }

        statements.Add(Sql.SearchPath(Plan.SearchPath));
        if (From is not null)
        {
            statements.AddRange(TakeAway(_session.Set.SchemaOf(From.Id)));
        }
        else
        {
            statements.Add($"CREATE SCHEMA IF NOT EXISTS {Sql.Name(live)}");
        }

        var homes = Plan.ExtendedStatistics.ToDictionary(static s => (s.Table, s.Name), static s => s.Schema);
        statements.AddRange(Tables.Select(t => $"ALTER TABLE {t.Sql} SET SCHEMA {Sql.Name(live)}"));
        statements.AddRange(_made.Where(static o => string.Equals(o.Kind, "extended statistics", StringComparison.Ordinal)).Select(o => $"ALTER STATISTICS {Sql.Name(To.Schema, o.Name)} SET SCHEMA {Sql.Name(homes.GetValueOrDefault((o.Table, o.Name), live))}"));
        foreach (var (view, name, schema) in Plan.Materialized)
        {
            statements.Add($"ALTER MATERIALIZED VIEW {Sql.Name(To.Schema, name)} SET SCHEMA {Sql.Name(schema)}");
            statements.AddRange(Plan.ExtendedStatistics.Where(s => string.Equals(s.Table, name, StringComparison.Ordinal)).Select(s => $"ALTER STATISTICS {Sql.Name(To.Schema, s.Name)} SET SCHEMA {Sql.Name(s.Schema)}"));
            if (!string.Equals(view.Owner, _session.Role, StringComparison.Ordinal))
            {
                statements.Add($"ALTER MATERIALIZED VIEW {Sql.Name(schema, name)} OWNER TO {Sql.Name(view.Owner)}");
            }
        }

        statements.AddRange(Sequences());
        if (From is not null)
        {
            statements.AddRange(PutOn(pending));
        }

        statements.AddRange(Books());
        statements.Add(
            $"INSERT INTO loyalty_cutover.journal (set_id, number, kind, from_generation, to_generation, at, by_role, kept, discarded, pending) VALUES ({set}, {Sql.Number(JournalNumber)}, "
            + $"'{(_isRollback ? "rollback" : "cutover")}', {(From is null ? "NULL" : Sql.Number(From.Id))}, {Sql.Number(To.Id)}, clock_timestamp(), session_user, {Sql.Number(kept)}, {Sql.Number(discarded)}, "
            + $"ARRAY[{string.Join(", ", pending.Select(Sql.Text))}]::text[])");
        return statements;
    }

    /// <summary>Takes from the live tables what is another table's from now on, and moves them away.</summary>
    private IEnumerable<string> TakeAway(string schema)
    {
        foreach (var key in Plan.Dependants.Where(static d => d.Kind == DependantKind.ForeignKey))
        {
            yield return key.Unmake;
        }

        foreach (var exposed in Plan.Objects.Where(static o => o.IsExposed && o.Unmake.Length > 0).OrderByDescending(static o => o.Order))
        {
            yield return exposed.Unmake;
        }

        foreach (var table in Plan.Tables)
        {
            foreach (var statement in LaterWriteRows.Unwatch(table.Sql))
            {
                yield return statement;
            }

            yield return $"SELECT loyalty_cutover.revoke_all({Sql.Text(table.Sql)}::regclass)";
            foreach (var sequence in table.Sequences.Where(static s => !s.IsIdentity))
            {
                yield return $"ALTER SEQUENCE {Sql.Name(table.Schema, sequence.Name)} OWNED BY NONE";
            }
        }

        foreach (var (_, name, home) in Plan.Materialized)
        {
            yield return $"ALTER MATERIALIZED VIEW {Sql.Name(home, name)} SET SCHEMA {Sql.Name(schema)}";
        }

        foreach (var table in Plan.Tables)
        {
            yield return $"ALTER TABLE {table.Sql} SET SCHEMA {Sql.Name(schema)}";
            if (!IsStagedAgain)
            {
                yield return LaterWriteRows.MakeReadOnly(Sql.Name(schema, table.Name));
            }
        }

        foreach (var (_, name, home) in Plan.ExtendedStatistics)
        {
            yield return $"ALTER STATISTICS {Sql.Name(home, name)} SET SCHEMA {Sql.Name(schema)}";
        }
    }

    /// <summary>Shared sequences belong to the new columns; those of identities go on where the old ones stopped.</summary>
    private IEnumerable<string> Sequences()
    {
        foreach (var old in Plan.Tables)
        {
            foreach (var sequence in old.Sequences)
            {
                var name = Sql.Name(Plan.Schema, sequence.Name);
                if (!sequence.IsIdentity)
                {
                    if (Other(old).Columns.Exists(c => string.Equals(c.Name, sequence.Column, StringComparison.Ordinal)))
                    {
                        yield return $"ALTER SEQUENCE {name} OWNED BY {old.Sql}.{Sql.Name(sequence.Column)}";
                    }
                }
                else if (Other(old).Sequences.Exists(s => s.IsIdentity && string.Equals(s.Column, sequence.Column, StringComparison.Ordinal)))
                {
                    yield return Advance(
                        name, $"SELECT last_value FROM {Sql.Name(_session.Set.SchemaOf(From!.Id), sequence.Name)} WHERE is_called", sequence.GoesUp);
                }
            }
        }
    }

    /// <summary>Makes on the new tables what hung on the old ones, and points at them what pointed at the old ones.</summary>
    private IEnumerable<string> PutOn(List<string> pending)
    {
        var early = _made.Where(static o => o.Order == CarriedObjects.ForeignKeyOutside).Select(static o => o.Make).ToHashSet(StringComparer.Ordinal);
        foreach (var key in Plan.Objects.Where(o => o.Order == CarriedObjects.ForeignKeyOutside && !early.Contains(o.Make)))
        {
            yield return key.Make;
        }

        foreach (var key in Plan.Dependants.Where(static d => d.Kind == DependantKind.ForeignKey))
        {
            var name = Plan.Neighbours[key.Relation].Name;
            var isLate = IsCheckedLate(key);
            yield return isLate ? key.Make + " NOT VALID" : key.Make;
            if (isLate)
            {
                const string Drop = " DROP CONSTRAINT ";
                pending.Add($"ALTER TABLE {name} VALIDATE CONSTRAINT {key.Unmake[(key.Unmake.LastIndexOf(Drop, StringComparison.Ordinal) + Drop.Length)..]}");
            }

            if (key.More.Length > 0)
            {
                yield return key.More;
            }
        }

        foreach (var dependant in Plan.Dependants.Where(static d => d.Kind != DependantKind.ForeignKey))
        {
            yield return dependant.Make;
        }

        foreach (var exposed in Plan.Objects.Where(static o => o.IsExposed && o.Order != CarriedObjects.ForeignKeyOutside).Concat(Plan.OfMaterialized.Where(static o => o.IsExposed)).OrderBy(static o => o.Order))
        {
            yield return exposed.Make;
        }

        foreach (var (_, name, _) in Plan.Materialized.AsEnumerable().Reverse())
        {
            yield return $"DROP MATERIALIZED VIEW {Sql.Name(_session.Set.SchemaOf(From!.Id), name)}";
        }
    }

    /// <summary>Whether a foreign key from another table is checked after the commit, because there are many rows.</summary>
    private bool IsCheckedLate(Dependant key) => !CarriedObjects.IsUnchecked(key.Make) && key.Plain
        && Plan.Neighbours[key.Relation].Pages + Other(Plan.Tables.Find(p => p.Oid == key.Target)!).Pages > _options.PagesCheckedUnderLock;

    /// <summary>The component's own rows.</summary>
    private IEnumerable<string> Books()
    {
        var (set, to) = (_session.SetId, Sql.Number(To.Id));
        if (From is not null)
        {
            var from = Sql.Number(From.Id);
            string Last(string generation) => $"(SELECT coalesce(max(id), 0) FROM loyalty_cutover.write_log WHERE set_id = {set} AND generation = {generation})";
            if (_laterWrites != LaterWrites.Discard)
            {
                // What was applied to the new generation came from the old one; what was written to the new one before, and is not in the old one, stays to be told.
                yield return $"INSERT INTO loyalty_cutover.settled SELECT {set}, {to}, {from}, {Last(to)} WHERE coalesce((SELECT log_id FROM loyalty_cutover.settled WHERE set_id = {set} AND from_generation = {to} AND to_generation = {from}), 0) "
                    + $">= (SELECT coalesce(max(id), 0) FROM loyalty_cutover.write_log WHERE set_id = {set} AND generation = {to} AND xid <> pg_current_xact_id()) "
                    + "ON CONFLICT (set_id, from_generation, to_generation) DO UPDATE SET log_id = excluded.log_id";
                yield return $"INSERT INTO loyalty_cutover.settled VALUES ({set}, {from}, {to}, {Last(from)}) ON CONFLICT (set_id, from_generation, to_generation) DO UPDATE SET log_id = excluded.log_id";
            }

            yield return $"UPDATE loyalty_cutover.generation SET state = 'previous', schema_name = {Sql.Text(_session.Set.SchemaOf(From.Id))}, replaced_at = clock_timestamp(), digested = {Last(from)} "
                + $"WHERE set_id = {set} AND id = {from}";
        }

        yield return $"UPDATE loyalty_cutover.generation SET state = 'live', schema_name = {Sql.Text(Plan.Schema)}, live_at = clock_timestamp(), "
            + $"content_xid = CASE WHEN EXISTS (SELECT FROM loyalty_cutover.write_log WHERE set_id = {set} AND generation = {to} AND xid = pg_current_xact_id()) THEN pg_current_xact_id() ELSE content_xid END "
            + $"WHERE set_id = {set} AND id = {to}";
        if (From is not null && IsStagedAgain)
        {
            yield return $"UPDATE loyalty_cutover.generation SET state = 'validated' WHERE set_id = {set} AND id = {Sql.Number(From.Id)}";
        }
    }

    /// <summary>For large tables that refer to the live ones: the keys that the new generation lacks, found while nobody waits.</summary>
    private async ValueTask FindDroppedKeysAsync(CancellationToken cancellationToken)
    {
        _dropped.Clear();
        foreach (var (i, key) in Plan.Dependants.Where(d => d.Kind == DependantKind.ForeignKey && IsCheckedLate(d)).Index())
        {
            var live = Plan.Tables.Find(t => t.Oid == key.Target)!;
            var columns = await _session.QueryAsync(
                "SELECT a.attname::text, b.attname::text FROM pg_constraint k, unnest(k.conkey, k.confkey) u(c, f) JOIN pg_attribute a ON a.attnum = u.c JOIN pg_attribute b ON b.attnum = u.f "
                + "WHERE k.oid = $1 AND a.attrelid = k.conrelid AND b.attrelid = k.confrelid",
                static r => (Child: Sql.Name(r.GetString(0)), Parent: Sql.Name(r.GetString(1))),
                cancellationToken,
                (object)(long)key.Oid).ConfigureAwait(false);
            var temporary = $"pg_temp.loyalty_dropped_{Sql.Number(i)}";
            var parents = string.Join(", ", columns.Select(static c => c.Parent));
            var absent = $"NOT EXISTS (SELECT FROM {Other(live).Sql} n WHERE {string.Join(" AND ", columns.Select(static c => $"n.{c.Parent} = l.{c.Parent}"))})";
            await _session.ExecuteAsync(
                $"DROP TABLE IF EXISTS {temporary}; CREATE TEMPORARY TABLE loyalty_dropped_{Sql.Number(i)} ON COMMIT DROP AS SELECT {parents} FROM {live.Sql} l WHERE {absent}; ANALYZE {temporary}", cancellationToken)
                .ConfigureAwait(false);
            _dropped.Add(new DroppedKeys(
                temporary,
                Plan.Neighbours[key.Relation].Name,
                string.Join(" AND ", columns.Select(static c => $"c.{c.Child} = d.{c.Parent}")),
                $"INSERT INTO {temporary} SELECT {string.Join(", ", columns.Select(static c => $"l.{c.Parent}"))} FROM (SELECT DISTINCT w.key FROM loyalty_cutover.write_log w WHERE w.set_id = {_session.SetId} "
                + $"AND w.generation = {Sql.Number(From!.Id)} AND w.table_number = {live.Number} AND w.id > {Sql.Number(_settled)}) w JOIN {live.Sql} l ON {live.HasKey("l", "w.key")} WHERE {absent}"));
        }
    }

    /// <summary>Whether a row that came in meanwhile refers to one of these keys, or to a row that is discarded.</summary>
    private async ValueTask RefuseDroppedKeysAsync(CancellationToken cancellationToken)
    {
        foreach (var dropped in _dropped)
        {
            await _session.ExecuteAsync(dropped.AddWritten, cancellationToken).ConfigureAwait(false);
            var found = await _session.QueryAsync(
                $"SELECT d::text FROM {dropped.Temporary} d JOIN {dropped.Child} c ON {dropped.Condition} LIMIT 5", static r => r.GetString(0), cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                throw new CutoverException(CutoverFault.Orphans, $"Rows of {dropped.Child} refer to rows that generation {Sql.Number(To.Id)} does not have; nothing was changed:", found);
            }
        }
    }

    private sealed record DroppedKeys(string Temporary, string Child, string Condition, string AddWritten);
}
