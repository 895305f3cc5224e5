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
                    var id = staged?.Id ?? await GenerationTables.MakeAsync(session, ct).ConfigureAwait(false);
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
                var tables = await GenerationTables.RequireTablesAsync(session, staged, ct).ConfigureAwait(false);
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

                await GenerationTables.RefuseDistributedAsync(session, plan, cancellationToken).ConfigureAwait(false);
                var missing = Set.Tables.Except(plan.Tables.Select(static t => t.Name), StringComparer.Ordinal).Select(t => $"{Set.Schema} has no table {t}, but has others of the set");
                List<string> faults = [.. missing, .. plan.Faults];
                if (faults.Count > 0)
                {
                    throw GenerationTables.CannotCarry(faults);
                }

                var id = await GenerationRows.AddAsync(session, GenerationState.Live, cancellationToken).ConfigureAwait(false);
                // Where its tables go when they are replaced.
                await session.RunAsync(GenerationTables.MakeSchema(Set.SchemaOf(id), plan), cancellationToken).ConfigureAwait(false);
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
}
