namespace Loyalty.Postgres.Cutover;

/// <summary>What a swap says to the server while it holds the locks.</summary>
internal sealed class SwapStatements
{
    public required CutoverSession Session { get; init; }

    public required CutoverPlan Plan { get; init; }

    public required Generation? From { get; init; }

    public required Generation To { get; init; }

    /// <summary>The tables that become live.</summary>
    public required List<TableShape> Tables { get; init; }

    /// <summary>What stands on them already.</summary>
    public required List<CarriedObject> Made { get; init; }

    public required LaterWrites LaterWrites { get; init; }

    public required bool IsRollback { get; init; }

    /// <summary>Whether what is replaced is staged: at a rollback to a previous generation. To go back to a staged one is to cut over again, and what that replaces is a previous one.</summary>
    public required bool IsStagedAgain { get; init; }

    public required long PagesCheckedUnderLock { get; init; }

    public required long JournalNumber { get; init; }

    /// <summary>Moves a sequence on, never back.</summary>
    public static string Advance(string sequence, string value, bool goesUp) =>
        $"SELECT setval({Sql.Text(sequence)}::regclass, v.v) FROM (SELECT ({value})::bigint AS v) v, {sequence} s, pg_sequence q WHERE q.seqrelid = {Sql.Text(sequence)}::regclass "
        + $"AND v.v BETWEEN q.seqmin AND q.seqmax AND (v.v {(goesUp ? ">" : "<")} s.last_value OR (v.v = s.last_value AND NOT s.is_called))";

    public List<string> All(long kept, long discarded)
    {
        var pending = new List<string>();
        var (set, live) = (Session.SetId, Plan.Schema);
        var statements = new List<string>();
        if (From is not null)
        {
            statements.AddRange(Plan.Tables.Select(t => RowDigests.Renew(set, From.Id, t)));
        }

        if (LaterWrites != Cutover.LaterWrites.Discard)
        {
            // Deferred checks of rows that were just applied would forbid moving their table.
            statements.Add("SET CONSTRAINTS ALL IMMEDIATE");
        }

        statements.Add(Sql.SearchPath(Plan.SearchPath));
        if (From is not null)
        {
            statements.AddRange(TakeAway(Session.Set.SchemaOf(From.Id)));
        }
        else
        {
            statements.Add($"CREATE SCHEMA IF NOT EXISTS {Sql.Name(live)}");
        }

        var homes = Plan.ExtendedStatistics.ToDictionary(static s => (s.Table, s.Name), static s => s.Schema);
        statements.AddRange(Tables.Select(t => $"ALTER TABLE {t.Sql} SET SCHEMA {Sql.Name(live)}"));
        statements.AddRange(Made.Where(static o => string.Equals(o.Kind, "extended statistics", StringComparison.Ordinal)).Select(o => $"ALTER STATISTICS {Sql.Name(To.Schema, o.Name)} SET SCHEMA {Sql.Name(homes.GetValueOrDefault((o.Table, o.Name), live))}"));
        foreach (var (view, name, schema) in Plan.Materialized)
        {
            statements.Add($"ALTER MATERIALIZED VIEW {Sql.Name(To.Schema, name)} SET SCHEMA {Sql.Name(schema)}");
            statements.AddRange(Plan.ExtendedStatistics.Where(s => string.Equals(s.Table, name, StringComparison.Ordinal)).Select(s => $"ALTER STATISTICS {Sql.Name(To.Schema, s.Name)} SET SCHEMA {Sql.Name(s.Schema)}"));
            if (!string.Equals(view.Owner, Session.Role, StringComparison.Ordinal))
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
            + $"'{(IsRollback ? "rollback" : "cutover")}', {(From is null ? "NULL" : Sql.Number(From.Id))}, {Sql.Number(To.Id)}, clock_timestamp(), session_user, {Sql.Number(kept)}, {Sql.Number(discarded)}, "
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
                        name, $"SELECT last_value FROM {Sql.Name(Session.Set.SchemaOf(From!.Id), sequence.Name)} WHERE is_called", sequence.GoesUp);
                }
            }
        }
    }

    /// <summary>Makes on the new tables what hung on the old ones, and points at them what pointed at the old ones.</summary>
    private IEnumerable<string> PutOn(List<string> pending)
    {
        var early = Made.Where(static o => o.Order == CarriedObjects.ForeignKeyOutside).Select(static o => o.Make).ToHashSet(StringComparer.Ordinal);
        foreach (var key in Plan.Objects.Where(o => o.Order == CarriedObjects.ForeignKeyOutside && !early.Contains(o.Make)))
        {
            yield return key.Make;
        }

        foreach (var key in Plan.Dependants.Where(static d => d.Kind == DependantKind.ForeignKey))
        {
            var name = Plan.Neighbours[key.Relation].Name;
            var isLate = Plan.IsCheckedLate(key, Tables, PagesCheckedUnderLock);
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
            yield return $"DROP MATERIALIZED VIEW {Sql.Name(Session.Set.SchemaOf(From!.Id), name)}";
        }
    }

    /// <summary>The component's own rows.</summary>
    private IEnumerable<string> Books()
    {
        var (set, to) = (Session.SetId, Sql.Number(To.Id));
        if (From is not null)
        {
            var from = Sql.Number(From.Id);
            string Last(string generation) => $"(SELECT coalesce(max(id), 0) FROM loyalty_cutover.write_log WHERE set_id = {set} AND generation = {generation})";
            if (LaterWrites != Cutover.LaterWrites.Discard)
            {
                // What was applied to the new generation came from the old one; what was written to the new one before, and is not in the old one, stays to be told.
                yield return $"INSERT INTO loyalty_cutover.settled SELECT {set}, {to}, {from}, {Last(to)} WHERE coalesce((SELECT log_id FROM loyalty_cutover.settled WHERE set_id = {set} AND from_generation = {to} AND to_generation = {from}), 0) "
                    + $">= (SELECT coalesce(max(id), 0) FROM loyalty_cutover.write_log WHERE set_id = {set} AND generation = {to} AND xid <> pg_current_xact_id()) "
                    + "ON CONFLICT (set_id, from_generation, to_generation) DO UPDATE SET log_id = excluded.log_id";
                yield return $"INSERT INTO loyalty_cutover.settled VALUES ({set}, {from}, {to}, {Last(from)}) ON CONFLICT (set_id, from_generation, to_generation) DO UPDATE SET log_id = excluded.log_id";
            }

            yield return $"UPDATE loyalty_cutover.generation SET state = 'previous', schema_name = {Sql.Text(Session.Set.SchemaOf(From.Id))}, replaced_at = clock_timestamp(), digested = {Last(from)} "
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

    private TableShape Other(TableShape live) => Tables.Find(t => t.Number == live.Number)!;
}
