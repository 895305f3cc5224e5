using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>One cutover or rollback inside its transaction: what is made ready first, and what happens under the locks.</summary>
internal sealed partial class SwapRun
{
    private readonly CutoverSession _session;
    private readonly CutoverOptions _options;
    private readonly bool _isRollback;
    private readonly LaterWrites _laterWrites;
    private readonly bool _anotherIsStaged;
    private string _since = string.Empty;
    private long _settled;
    private long _early;
    private List<CarriedObject> _made = [];
    private DroppedKeys? _dropped;

    private SwapRun(CutoverSession session, CutoverOptions options, bool isRollback, LaterWrites laterWrites, List<Generation> generations, Generation to)
    {
        (_session, _options, _isRollback, _laterWrites, To) = (session, options, isRollback, laterWrites, to);
        From = generations.Find(static g => g.State == GenerationState.Live);
        _anotherIsStaged = generations.Exists(g => g.State is GenerationState.Prepared or GenerationState.Validated && g.Id != to.Id);
    }

    /// <summary>The live generation.</summary>
    public Generation? From { get; }

    /// <summary>The generation that becomes live.</summary>
    public Generation To { get; }

    /// <summary>What hangs on the live tables and points at them.</summary>
    public CutoverPlan Plan { get; private set; } = null!;

    /// <summary>The tables that become live.</summary>
    public List<TableShape> Tables { get; private set; } = [];

    /// <summary>The number of the row that the journal gets.</summary>
    public long JournalNumber { get; private set; }

    /// <summary>Chooses the generation, reads the plan, and makes sure that the rows are those that were validated.</summary>
    public static async ValueTask<SwapRun> PrepareAsync(
        CutoverSession session, CutoverOptions options, bool isRollback, long? to, LaterWrites laterWrites, CancellationToken cancellationToken)
    {
        var target = await SwapTarget.ChooseAsync(session, options, isRollback, to, cancellationToken).ConfigureAwait(false);
        var run = new SwapRun(session, options, isRollback, laterWrites, await GenerationRows.ReadAsync(session, cancellationToken).ConfigureAwait(false), target);
        await run.ReadPlanAsync(cancellationToken).ConfigureAwait(false);
        await run.ReadTablesAsync(cancellationToken).ConfigureAwait(false);
        await TableLocks.TakeAsync(session, options, run.Tables, "EXCLUSIVE", cancellationToken).ConfigureAwait(false);
        if (await session.ScalarAsync<bool>($"SELECT to_regclass({Sql.Text(RowDigests.TableOf(session.SetId, target.Id))}) IS NULL", cancellationToken).ConfigureAwait(false))
        {
            throw new CutoverException(CutoverFault.GenerationGone, $"The digests of generation {Sql.Number(target.Id)} are missing; nothing was changed. Prepare and validate a new one.");
        }

        var (count, details) = await RowDigests.CompareAsync(session, target.Id, run.Tables, cancellationToken).ConfigureAwait(false);
        if (count > 0)
        {
            throw new CutoverException(
                CutoverFault.ContentChanged,
                $"The rows of generation {Sql.Number(target.Id)} are not those that were {(isRollback ? "kept" : "validated")} ({Sql.Number(count)} differ); nothing was changed. "
                + $"{(isRollback ? "Prepare a new one" : "Validate again")}:",
                details);
        }

        run.JournalNumber = await session.ScalarAsync<long>("SELECT coalesce(max(number), 0) + 1 FROM loyalty_cutover.journal WHERE set_id = $1", cancellationToken, session.SetId).ConfigureAwait(false);
        run._settled = await session.ScalarAsync<long>(
            "SELECT coalesce(max(log_id), 0) FROM loyalty_cutover.settled WHERE set_id = $1 AND from_generation = $2 AND to_generation = $3", cancellationToken, session.SetId, run.From?.Id ?? 0, target.Id)
            .ConfigureAwait(false);
        return run;
    }

    /// <summary>Everything that takes time and touches only the staged tables; can be repeated.</summary>
    public async ValueTask BuildAsync(CancellationToken cancellationToken)
    {
        await TableLocks.TakeAsync(_session, _options, Tables, "ACCESS EXCLUSIVE", cancellationToken).ConfigureAwait(false);
        await _session.ExecuteAsync(
            Sql.Run(Tables.Select(static t => $"DROP TRIGGER IF EXISTS {LaterWriteRows.ReadOnlyTrigger} ON {t.Sql}")), cancellationToken).ConfigureAwait(false);
        await BuildMaterializedViewsAsync(cancellationToken).ConfigureAwait(false);
        await ReadTablesAsync(cancellationToken).ConfigureAwait(false);
        await RequireLikenessAsync(cancellationToken).ConfigureAwait(false);
        await AdvanceIdentitiesAsync(cancellationToken).ConfigureAwait(false);
        await _session.RunAsync(
            [
                .. Tables.SelectMany(static t => (string[])[$"DROP TRIGGER IF EXISTS {LaterWriteRows.Trigger} ON {t.Sql}", $"DROP TRIGGER IF EXISTS {LaterWriteRows.TruncateTrigger} ON {t.Sql}"]),
                .. Tables.SelectMany(t => LaterWriteRows.Watch(_session.SetId, To.Id, t)),
            ],
            cancellationToken).ConfigureAwait(false);
        if (From is not null)
        {
            _since = await _session.ScalarAsync<string>("SELECT pg_current_snapshot()::text", cancellationToken).ConfigureAwait(false) ?? string.Empty;
            await _session.ExecuteAsync("SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off", cancellationToken).ConfigureAwait(false);
            _early = await TakeLaterWritesAsync(new WrittenRows(_settled), cancellationToken).ConfigureAwait(false);
            await _session.ExecuteAsync("SET LOCAL enable_seqscan = on; SET LOCAL enable_mergejoin = on", cancellationToken).ConfigureAwait(false);
            var orphans = await StandardChecks.OrphansAsync(_session, Plan, Tables, cancellationToken).ConfigureAwait(false);
            if (orphans.Count > 0)
            {
                throw new CutoverException(
                    CutoverFault.Orphans, $"Rows of other tables refer to rows that generation {Sql.Number(To.Id)} does not have; nothing was changed. Mend the source or these rows:", orphans);
            }

            _dropped = await DroppedKeys.FindAsync(_session, Plan, From, To, Tables, _settled, _options.PagesCheckedUnderLock, cancellationToken).ConfigureAwait(false);
        }

        await _session.ExecuteAsync(
            $"ANALYZE {string.Join(", ", Tables.Select(static t => t.Sql).Concat(Plan.Materialized.Select(m => Sql.Name(To.Schema, m.Name))))}", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the catalog again, after it changed.</summary>
    public ValueTask RefreshAsync(CancellationToken cancellationToken) => ReadPlanAsync(cancellationToken);

    private async ValueTask ReadPlanAsync(CancellationToken cancellationToken)
    {
        Plan = await CutoverPlan.ReadAsync(_session, cancellationToken).ConfigureAwait(false);
        List<string> faults = [.. Plan.Faults];
        if (From is null && Plan.Tables.Count > 0)
        {
            faults.Add($"{Plan.Schema} has tables of the set that were made since the preparation");
        }
        else if (From is not null)
        {
            faults.AddRange(_session.Set.Tables.Except(Plan.Tables.Select(static t => t.Name), StringComparer.Ordinal).Select(t => $"{Plan.Schema} has no table {t}"));
        }

        if (faults.Count > 0)
        {
            throw new CutoverException(
                CutoverFault.CannotCarry, "Something cannot be carried over to another generation; nothing was changed. Change or drop it, and make it again afterwards:", faults);
        }
    }

    private async ValueTask ReadTablesAsync(CancellationToken cancellationToken)
    {
        Tables = await TableShape.ReadAsync(_session, To.Schema, _session.Set.Tables, cancellationToken).ConfigureAwait(false);
        List<string> missing = [.. _session.Set.Tables.Except(Tables.Select(static t => t.Name), StringComparer.Ordinal).Select(t => $"{To.Schema} has no table {t}")];
        missing.AddRange(await Dependants.FaultsAsync(_session, [.. Tables.Select(static t => t.Oid)], cancellationToken).ConfigureAwait(false));
        if (missing.Count > 0)
        {
            throw new CutoverException(CutoverFault.GenerationGone, $"Generation {Sql.Number(To.Id)} is not complete; nothing was changed:", missing);
        }
    }

    private async ValueTask BuildMaterializedViewsAsync(CancellationToken cancellationToken)
    {
        if (Plan.Materialized.Count == 0)
        {
            return;
        }

        await _session.UseSchemasAsync(cancellationToken, [To.Schema, .. Plan.SearchPath]).ConfigureAwait(false);
        await _session.RunAsync(
            [
                .. Plan.Materialized.AsEnumerable().Reverse().Select(m => $"DROP MATERIALIZED VIEW IF EXISTS {Sql.Name(To.Schema, m.Name)}"),
                .. Plan.Materialized.Select(static m => m.View.Make),
                .. Plan.OfMaterialized.Where(static o => !o.IsExposed).Select(static o => o.Make),
                .. Plan.Materialized.Select(m => $"SELECT loyalty_cutover.revoke_all({Sql.Text(Sql.Name(To.Schema, m.Name))}::regclass)"),
            ],
            cancellationToken).ConfigureAwait(false);
        await _session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the tables stand exactly like the live ones; also notes foreign keys that were added early.</summary>
    private async ValueTask RequireLikenessAsync(CancellationToken cancellationToken)
    {
        await _session.UseSchemasAsync(cancellationToken, [To.Schema, .. Plan.SearchPath]).ConfigureAwait(false);
        uint[] oids = [.. Tables.Select(static t => t.Oid)];
        _made = await CarriedObjects.ReadAsync(_session, oids, oids, cancellationToken).ConfigureAwait(false);
        await _session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
        if (From is null)
        {
            return;
        }

        var wanted = Plan.Objects.Where(static o => !o.IsExposed).ToList();
        var have = _made.Where(static o => !o.IsExposed).ToList();
        List<string> differences =
        [
            .. wanted.ExceptBy(have.Select(static o => o.Make), static o => o.Make, StringComparer.Ordinal).Select(static o => $"{o.Kind} {o.Name} of {o.Table} could not be made ({o.Make})"),
            .. _session.Set.ColumnsMayChange
                ? []
                : have.ExceptBy(wanted.Select(static o => o.Make), static o => o.Make, StringComparer.Ordinal).Select(static o => $"{o.Kind} {o.Name} of {o.Table} is not on the live table ({o.Make})"),
        ];
        if (differences.Count > 0)
        {
            throw new CutoverException(CutoverFault.CannotCarry, $"Generation {Sql.Number(To.Id)} does not stand like the live tables; nothing was changed:", differences);
        }
    }

    /// <summary>Sequences of the generation's own identities go past its rows. What a sequence gives out is never taken back, so this may stay when the swap does not happen.</summary>
    private async ValueTask AdvanceIdentitiesAsync(CancellationToken cancellationToken)
    {
        foreach (var table in Tables)
        {
            foreach (var sequence in table.Sequences)
            {
                await _session.ExecuteAsync(SwapStatements.Advance(Sql.Name(table.Schema, sequence.Name), $"SELECT {(sequence.GoesUp ? "max" : "min")}({Sql.Name(sequence.Column)}) FROM {table.Sql}", sequence.GoesUp), cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        // Shared sequences: the rows of this generation may be ahead of them.
        foreach (var table in Plan.Tables)
        {
            foreach (var sequence in table.Sequences.Where(static s => !s.IsIdentity))
            {
                var there = Tables.Find(t => t.Number == table.Number)!;
                await _session.ExecuteAsync(
                    SwapStatements.Advance(Sql.Name(table.Schema, sequence.Name), $"SELECT {(sequence.GoesUp ? "max" : "min")}({Sql.Name(sequence.Column)}) FROM {there.Sql}", sequence.GoesUp), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Applies or counts later writes; refuses when it was not said what to do.</summary>
    private async ValueTask<long> TakeLaterWritesAsync(WrittenRows rows, CancellationToken cancellationToken)
    {
        long count = 0;
        var details = new List<string>();
        foreach (var live in Plan.Tables)
        {
            var (found, named) = await LaterWriteRows.CountAsync(_session, From!.Id, live, Other(live), rows, cancellationToken).ConfigureAwait(false);
            count += found;
            details.AddRange(named);
        }

        if (count > 0 && _laterWrites == LaterWrites.Refuse)
        {
            throw new CutoverException(
                CutoverFault.LaterWrites,
                $"{Sql.Number(count)} rows were written to the live tables since they became live, and generation {Sql.Number(To.Id)} does not have them; nothing was changed. "
                + "Say whether to keep them (--keep-later-writes) or to discard them (--discard-later-writes):",
                details);
        }

        if (count > 0 && _laterWrites == LaterWrites.Keep)
        {
            var order = ByForeignKeys();
            foreach (var live in order.AsEnumerable().Reverse())
            {
                await _session.ExecuteAsync(LaterWriteRows.Delete(_session.SetId, From!.Id, live, Other(live), rows), cancellationToken).ConfigureAwait(false);
            }

            foreach (var live in order)
            {
                await _session.ExecuteAsync(LaterWriteRows.Write(_session.SetId, From!.Id, live, Other(live), rows), cancellationToken).ConfigureAwait(false);
            }
        }

        return count;
    }

    private TableShape Other(TableShape live) => Tables.Find(t => t.Number == live.Number)!;

    /// <summary>Tables that others refer to come first.</summary>
    private List<TableShape> ByForeignKeys()
    {
        var ordered = new List<TableShape>();
        var left = Plan.Tables.ToList();
        while (left.Count > 0)
        {
            var next = left.Find(t => Plan.Objects.TrueForAll(o => o.Order != CarriedObjects.ForeignKeyInside || !string.Equals(o.Table, t.Name, StringComparison.Ordinal) || o.Size == t.Oid || !left.Exists(l => l.Oid == o.Size))) ?? left[0];
            ordered.Add(next);
            left.Remove(next);
        }

        return ordered;
    }
}
