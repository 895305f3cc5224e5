using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

public sealed partial class TableCutover
{
    /// <summary>
    /// Gives the staged generation to be filled, in one transaction; where none is staged, one is made, empty and shaped like the live tables. Live tables that the component does not know yet are
    /// watched from the first call on: each gets a trigger that notes writes.
    /// </summary>
    /// <param name="fill">
    /// Writes rows through the connection, whose search path has the generation's schema first, and says whether it changed anything. When it throws, nothing is kept.
    /// </param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <returns>The staged generation.</returns>
    /// <exception cref="CutoverException">Something is at work on the set, the live tables cannot be swapped (<see cref="CutoverFault.CannotCarry"/>), or the server refused.</exception>
    public ValueTask<Generation> PrepareAsync(Func<NpgsqlConnection, Generation, CancellationToken, ValueTask<bool>> fill, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fill);
        return GuardAsync(
            async ct =>
            {
                await FinishAsync(ct).ConfigureAwait(false);
                await AdoptAsync(ct).ConfigureAwait(false);
                var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, ct).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    await GenerationRows.RequireSetAsync(session, ct).ConfigureAwait(false);
                    var staged = (await GenerationRows.ReadAsync(session, ct).ConfigureAwait(false)).Find(static g => g.State is GenerationState.Prepared or GenerationState.Validated);
                    var isNew = staged is null;
                    var id = staged?.Id ?? await MakeAsync(session, ct).ConfigureAwait(false);
                    staged = (await GenerationRows.ReadAsync(session, ct).ConfigureAwait(false)).Find(g => g.Id == id)!;
                    await session.UseSchemasAsync(ct, staged.Schema).ConfigureAwait(false);
                    var changed = await fill(session.Connection, staged, ct).ConfigureAwait(false);
                    await session.UseSchemasAsync(ct).ConfigureAwait(false);
                    if (changed || isNew)
                    {
                        await GenerationRows.ChangedAsync(session, id, ct).ConfigureAwait(false);
                    }

                    staged = (await GenerationRows.ReadAsync(session, ct).ConfigureAwait(false)).Find(g => g.Id == id)!;
                    await session.CommitAsync(ct).ConfigureAwait(false);
                    return staged;
                }
            },
            cancellationToken);
    }

    /// <summary>Checks the staged generation and notes a digest of each of its rows; it is validated when every check passed or was answered.</summary>
    /// <param name="checks">Checks of the caller's, beside those that are always made: columns, what depends on the tables, foreign keys, duplicates, later writes, row digests.</param>
    /// <param name="answers">Recorded reasons why a check that fails does not stop the cutover, by the check's name.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <returns>The results, in order.</returns>
    /// <exception cref="CutoverException">Nothing is staged, or the server refused.</exception>
    public ValueTask<IReadOnlyList<CheckResult>> ValidateAsync(
        CutoverCheck? checks = null, IReadOnlyDictionary<string, string>? answers = null, CancellationToken cancellationToken = default) => GuardAsync<IReadOnlyList<CheckResult>>(
        async ct =>
        {
            await FinishAsync(ct).ConfigureAwait(false);
            Generation staged;
            List<CheckResult> results;
            var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, ct).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var generations = await GenerationRows.ReadAsync(session, ct).ConfigureAwait(false);
                var live = generations.Find(static g => g.State == GenerationState.Live);
                staged = generations.Find(static g => g.State is GenerationState.Prepared or GenerationState.Validated) ?? throw NothingStaged();
                var tables = await RequireTablesAsync(session, staged, ct).ConfigureAwait(false);
                await session.ExecuteAsync($"LOCK TABLE {string.Join(", ", tables.Select(static t => t.Sql))} IN SHARE MODE", ct).ConfigureAwait(false);
                await session.ExecuteAsync($"ANALYZE {string.Join(", ", tables.Select(static t => t.Sql))}", ct).ConfigureAwait(false);
                var plan = await CutoverPlan.ReadAsync(session, ct).ConfigureAwait(false);
                results = await StandardChecks.RunAsync(session, plan, staged, tables, live, ct).ConfigureAwait(false);
                if (checks is not null)
                {
                    await session.UseSchemasAsync(ct, staged.Schema).ConfigureAwait(false);
                    results.AddRange(await checks(session.Connection, staged, live, ct).ConfigureAwait(false));
                    await session.UseSchemasAsync(ct).ConfigureAwait(false);
                }

                var rows = await RowDigests.TakeAsync(session, staged.Id, tables, ct).ConfigureAwait(false);
                results.Add(new CheckResult("row digests", Passed: true, "each row", $"{Sql.Number(rows.Values.Sum())} rows in {rows.Count} tables", []));
                results = [.. results.Select(r => !r.Passed && answers is not null && answers.TryGetValue(r.Name, out var answer) && !string.IsNullOrWhiteSpace(answer) ? r with { Answer = answer } : r)];
                await GenerationRows.ValidatedAsync(session, staged.Id, rows, results, ct).ConfigureAwait(false);
                await session.CommitAsync(ct).ConfigureAwait(false);
            }

            await VacuumAsync(staged.Schema, ct).ConfigureAwait(false);
            return results;
        },
        cancellationToken);

    private static CutoverException NothingStaged() => new(CutoverFault.NothingStaged, "No generation is staged; nothing was changed. Prepare one first.");

    private static async ValueTask<List<TableShape>> RequireTablesAsync(CutoverSession session, Generation generation, CancellationToken cancellationToken)
    {
        var tables = await TableShape.ReadAsync(session, generation.Schema, session.Set.Tables, cancellationToken).ConfigureAwait(false);
        var missing = session.Set.Tables.Except(tables.Select(static t => t.Name), StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            throw new CutoverException(
                CutoverFault.GenerationGone, $"Generation {Sql.Number(generation.Id)} lacks tables in the schema '{generation.Schema}'; nothing was changed. Missing are", missing);
        }

        var faults = await Dependants.FaultsAsync(session, [.. tables.Select(static t => t.Oid)], cancellationToken).ConfigureAwait(false);
        return faults.Count == 0 ? tables : throw new CutoverException(
            CutoverFault.CannotCarry, $"Tables of generation {Sql.Number(generation.Id)} cannot be swapped; nothing was changed:", faults);
    }

    private static CutoverException CannotCarry(IReadOnlyList<string> faults) => new(
        CutoverFault.CannotCarry, "Something cannot be carried over to another generation; nothing was changed. Change or drop it, and make it again afterwards:", faults);

    private static async ValueTask RefuseDistributedAsync(CutoverSession session, CutoverPlan plan, CancellationToken cancellationToken)
    {
        if (await session.ScalarAsync<bool>("SELECT to_regclass('pg_catalog.pg_dist_partition') IS NULL", cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var distributed = await session.QueryAsync(
            "SELECT logicalrelid::regclass::text FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = ANY ($1)",
            static r => r.GetString(0),
            cancellationToken,
            (object)(uint[])[.. plan.Tables.Select(static t => t.Oid), .. plan.Neighbours.Keys]).ConfigureAwait(false);
        if (distributed.Count > 0)
        {
            throw new CutoverException(
                CutoverFault.Distributed,
                "Citus distributes some of the tables; constraints, triggers and policies of distributed tables cannot be moved as a swap needs. Use a generation pointer for each tenant instead "
                + "(docs/cutover.md, \"On Citus\"). Distributed are",
                distributed);
        }
    }

    /// <summary>Watches live tables that the component does not know yet, as generation 1.</summary>
    private async ValueTask AdoptAsync(CancellationToken cancellationToken)
    {
        var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await GenerationRows.RequireSetAsync(session, cancellationToken).ConfigureAwait(false);
            var live = (await GenerationRows.ReadAsync(session, cancellationToken).ConfigureAwait(false)).Find(static g => g.State == GenerationState.Live);
            if (live is null)
            {
                var plan = await CutoverPlan.ReadAsync(session, cancellationToken).ConfigureAwait(false);
                if (plan.Tables.Count == 0)
                {
                    return;
                }

                await RefuseDistributedAsync(session, plan, cancellationToken).ConfigureAwait(false);
                var missing = Set.Tables.Except(plan.Tables.Select(static t => t.Name), StringComparer.Ordinal).Select(t => $"{Set.Schema} has no table {t}, but has others of the set");
                List<string> faults = [.. missing, .. plan.Faults];
                if (faults.Count > 0)
                {
                    throw CannotCarry(faults);
                }

                var id = await GenerationRows.AddAsync(session, GenerationState.Live, cancellationToken).ConfigureAwait(false);
                // Where its tables go when they are replaced.
                await session.RunAsync(MakeSchema(Set.SchemaOf(id), plan), cancellationToken).ConfigureAwait(false);
                List<string> statements = [$"SET LOCAL lock_timeout = {Sql.Milliseconds(_options.LockWait)}", TableLocks.Lock(plan.Tables, "SHARE ROW EXCLUSIVE")];
                foreach (var table in plan.Tables)
                {
                    statements.AddRange(LaterWriteRows.Watch(session.SetId, id, table));
                }

                await TableLocks.RunAsync(session, _options, plan.Tables, statements, cancellationToken).ConfigureAwait(false);
                await session.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await DigestLiveAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Digests live tables that were adopted; writes since the watch began are in its log.</summary>
    private async ValueTask DigestLiveAsync(CancellationToken cancellationToken)
    {
        var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var live = (await GenerationRows.ReadAsync(session, cancellationToken).ConfigureAwait(false)).Find(static g => g.State == GenerationState.Live);
            if (live is not null && await session.ScalarAsync<bool>($"SELECT to_regclass({Sql.Text(RowDigests.TableOf(session.SetId, live.Id))}) IS NULL", cancellationToken).ConfigureAwait(false))
            {
                var tables = await TableShape.ReadAsync(session, live.Schema, Set.Tables, cancellationToken).ConfigureAwait(false);
                await RowDigests.TakeAsync(session, live.Id, tables, cancellationToken).ConfigureAwait(false);
                await session.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes a generation: its schema, which nobody else may use, and its tables, empty.</summary>
    private async ValueTask<long> MakeAsync(CutoverSession session, CancellationToken cancellationToken)
    {
        var plan = await CutoverPlan.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        if (plan.Faults.Count > 0)
        {
            throw CannotCarry(plan.Faults);
        }

        var id = await GenerationRows.AddAsync(session, GenerationState.Prepared, cancellationToken).ConfigureAwait(false);
        var schema = Set.SchemaOf(id);
        await session.RunAsync(MakeSchema(schema, plan), cancellationToken).ConfigureAwait(false);
        await session.UseSchemasAsync(cancellationToken, [schema, .. plan.SearchPath]).ConfigureAwait(false);
        if (plan.Tables.Count == 0 || Set.ColumnsMayChange)
        {
            await session.ExecuteAsync(
                Set.CreateTables ?? throw new CutoverException(
                    CutoverFault.Refused, $"The schema '{Set.Schema}' has none of the tables, and the set does not say how to make them; nothing was changed. Give CreateTables, or make the live tables first."),
                cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await session.RunAsync(
                [.. plan.Tables.Select(t => $"CREATE TABLE {Sql.Name(schema, t.Name)} (LIKE {t.Sql} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION)")], cancellationToken)
                .ConfigureAwait(false);
        }

        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
        var tables = await RequireTablesOrShapeAsync(session, schema, cancellationToken).ConfigureAwait(false);
        if (plan.Tables.Count > 0)
        {
            await HandOnSequencesAsync(session, plan, tables, cancellationToken).ConfigureAwait(false);
            await ReconcileAsync(session, plan, schema, tables, cancellationToken).ConfigureAwait(false);
        }

        await session.RunAsync([.. tables.Select(t => $"SELECT loyalty_cutover.revoke_all({Sql.Text(t.Sql)}::regclass)")], cancellationToken).ConfigureAwait(false);
        await RequireTablesAsync(session, new Generation(id, GenerationState.Prepared, schema, new Dictionary<string, long>(StringComparer.Ordinal), default, null, null), cancellationToken).ConfigureAwait(false);
        return id;
    }

    private async ValueTask<List<TableShape>> RequireTablesOrShapeAsync(CutoverSession session, string schema, CancellationToken cancellationToken)
    {
        var tables = await TableShape.ReadAsync(session, schema, Set.Tables, cancellationToken).ConfigureAwait(false);
        var missing = Set.Tables.Except(tables.Select(static t => t.Name), StringComparer.Ordinal).ToList();
        return missing.Count == 0 ? tables : throw new CutoverException(CutoverFault.Refused, "CreateTables did not make all tables of the set; nothing was changed. Missing are", missing);
    }

    /// <summary>A sequence that a live column owns serves every generation, so that no number is given out twice; one of the same name that was made for the generation goes.</summary>
    private static async ValueTask HandOnSequencesAsync(CutoverSession session, CutoverPlan plan, List<TableShape> tables, CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            var live = plan.Tables.Find(t => t.Number == table.Number)!;
            foreach (var sequence in table.Sequences.Where(s => !s.IsIdentity && live.Sequences.Exists(o => !o.IsIdentity && string.Equals(o.Name, s.Name, StringComparison.Ordinal))))
            {
                await session.RunAsync(
                    [$"ALTER TABLE {table.Sql} ALTER COLUMN {Sql.Name(sequence.Column)} DROP DEFAULT", $"DROP SEQUENCE {Sql.Name(table.Schema, sequence.Name)}"], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes tables of a generation stand like the live ones, but for what would let others reach them.</summary>
    private async ValueTask ReconcileAsync(CutoverSession session, CutoverPlan plan, string schema, List<TableShape> tables, CancellationToken cancellationToken)
    {
        if (!Set.ColumnsMayChange)
        {
            List<string> differences = [.. plan.Tables.SelectMany(t => t.ColumnDifferences(tables.Find(n => n.Number == t.Number)!))];
            if (differences.Count > 0)
            {
                throw CannotCarry(differences);
            }
        }

        await session.UseSchemasAsync(cancellationToken, [schema, .. plan.SearchPath]).ConfigureAwait(false);
        uint[] oids = [.. tables.Select(static t => t.Oid)];
        var found = (await CarriedObjects.ReadAsync(session, oids, oids, cancellationToken).ConfigureAwait(false)).Where(static o => !o.IsExposed);
        var wanted = plan.Objects.Where(static o => !o.IsExposed);
        await session.RunAsync(CarriedObjects.Difference(wanted, Set.ColumnsMayChange ? found.Select(static o => o with { Unmake = string.Empty }) : found), cancellationToken).ConfigureAwait(false);
        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Marks pages as all visible, as a live table's are.</summary>
    private async ValueTask VacuumAsync(string schema, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand($"VACUUM (SKIP_LOCKED, ANALYZE) {string.Join(", ", Set.Tables.Select(t => Sql.Name(schema, t)))}", connection) { CommandTimeout = 0 };
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string[] MakeSchema(string schema, CutoverPlan plan) =>
        [$"CREATE SCHEMA {Sql.Name(schema)}", $"SELECT loyalty_cutover.close_schema({Sql.Text(schema)}, {Array(plan.Tables.Select(static t => t.Owner))})"];

    private static string Array(IEnumerable<string> texts) => $"ARRAY[{string.Join(", ", texts.Distinct(StringComparer.Ordinal).Select(Sql.Text))}]::text[]";
}
