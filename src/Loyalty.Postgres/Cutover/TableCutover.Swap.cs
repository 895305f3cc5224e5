using System.Diagnostics;
using Loyalty.Postgres.Sessions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

public sealed partial class TableCutover
{
    /// <summary>Makes the staged generation live, in one transaction or not at all.</summary>
    /// <param name="laterWrites">What becomes of rows that an application wrote to the live tables.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <exception cref="CutoverException">The generation is not validated or changed since, something cannot be carried over, others were in the way, or the server refused.</exception>
    public ValueTask<CutoverResult> CutoverAsync(LaterWrites laterWrites = LaterWrites.Refuse, CancellationToken cancellationToken = default) =>
        GuardAsync(ct => SwapAsync(isRollback: false, null, laterWrites, ct), cancellationToken);

    /// <summary>Makes the generation live that the last cutover or rollback replaced, or another previous one; what is replaced is staged again, or kept if another is staged.</summary>
    /// <param name="to">The generation; <see langword="null"/>: the one that was live before.</param>
    /// <param name="laterWrites">What becomes of rows that an application wrote to the live tables.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <exception cref="CutoverException">There is no such generation, its rows changed, it was replaced too long ago, others were in the way, or the server refused.</exception>
    public ValueTask<CutoverResult> RollbackAsync(long? to = null, LaterWrites laterWrites = LaterWrites.Refuse, CancellationToken cancellationToken = default) =>
        GuardAsync(ct => SwapAsync(isRollback: true, to, laterWrites, ct), cancellationToken);

    private async ValueTask<CutoverResult> SwapAsync(bool isRollback, long? to, LaterWrites laterWrites, CancellationToken cancellationToken)
    {
        await FinishAsync(cancellationToken).ConfigureAwait(false);
        var early = await EarlyKeys.AddAsync(_source, Set, _options, isRollback, to, cancellationToken).ConfigureAwait(false);
        SwapRun run;
        CutoverResult result;
        try
        {
            var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                run = await SwapRun.PrepareAsync(session, _options, isRollback, to, laterWrites, cancellationToken).ConfigureAwait(false);
                await GenerationTables.RefuseDistributedAsync(session, run.Plan, cancellationToken).ConfigureAwait(false);
                await ReconcileForSwapAsync(session, run, cancellationToken).ConfigureAwait(false);
                result = await TrySwapAsync(session, run, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CutoverException e)
        {
            await early.RemoveAsync().ConfigureAwait(false);
            if (e.Fault == CutoverFault.ContentChanged && !isRollback)
            {
                await UnvalidateAsync(cancellationToken).ConfigureAwait(false);
            }

            throw;
        }
        catch
        {
            await early.RemoveAsync().ConfigureAwait(false);
            throw;
        }

        Log.Swapped(_log, isRollback ? "rollback" : "cutover", Set.Name, result.From, result.To, result.LocksHeld.TotalMilliseconds, result.Attempts, result.Kept, result.Discarded);
        var notes = new List<string>();
        foreach (var step in (Func<CancellationToken, ValueTask<List<string>>>[])[FinishAsync, DropOldAsync])
        {
            try
            {
                notes.AddRange(await step(cancellationToken).ConfigureAwait(false));
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e) || e is CutoverException or OperationCanceledException)
            {
                // The swap is made; the next call does what is left.
                notes.Add($"left for the next call: {e.Message}");
            }
        }

        return result with { Notes = notes };
    }

    /// <summary>All that takes time: done while only the staged tables are locked.</summary>
    private static async ValueTask ReconcileForSwapAsync(CutoverSession session, SwapRun run, CancellationToken cancellationToken)
    {
        if (run.Plan.Tables.Count > 0)
        {
            await GenerationTables.ReconcileAsync(session, run.Plan, run.To.Schema, run.Tables, cancellationToken).ConfigureAwait(false);
        }

        await run.BuildAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<CutoverResult> TrySwapAsync(CutoverSession session, SwapRun run, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var obstacles = await run.FindOldSnapshotsAsync(cancellationToken).ConfigureAwait(false);
            if (obstacles.Count == 0)
            {
                await session.ExecuteAsync("SAVEPOINT loyalty_swap", cancellationToken).ConfigureAwait(false);
                var clock = Stopwatch.StartNew();
                try
                {
                    await run.LockAsync(cancellationToken).ConfigureAwait(false);
                    if (await run.IsStillRightAsync(cancellationToken).ConfigureAwait(false))
                    {
                        var (kept, discarded) = await run.SwapAsync(clock, cancellationToken).ConfigureAwait(false);
                        await CommitAsync(session, run, cancellationToken).ConfigureAwait(false);
                        return new CutoverResult(run.From?.Id, run.To.Id, clock.Elapsed, attempt, kept, discarded, []);
                    }

                    await session.ExecuteAsync("ROLLBACK TO SAVEPOINT loyalty_swap", cancellationToken).ConfigureAwait(false);
                    await run.RefreshAsync(cancellationToken).ConfigureAwait(false);
                    await ReconcileForSwapAsync(session, run, cancellationToken).ConfigureAwait(false);
                    obstacles = ["the catalog changed while the swap was prepared"];
                }
                catch (PostgresException e) when (CutoverErrors.IsContention(e) && !cancellationToken.IsCancellationRequested)
                {
                    Log.Waited(_log, Set.Name, attempt, e.SqlState);
                    await session.ExecuteAsync("ROLLBACK TO SAVEPOINT loyalty_swap", cancellationToken).ConfigureAwait(false);
                    if (attempt >= _options.Attempts)
                    {
                        obstacles = await run.FindBlockersAsync(cancellationToken).ConfigureAwait(false);
                        throw CutoverErrors.Blocked(attempt, obstacles.Count > 0 ? obstacles : [e.MessageText], e);
                    }
                }
            }

            if (attempt >= _options.Attempts)
            {
                throw CutoverErrors.Blocked(attempt, obstacles, null);
            }

            await Task.Delay(_options.Pause * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Commits; where the answer was lost, the journal is asked.</summary>
    private async ValueTask CommitAsync(CutoverSession session, SwapRun run, CancellationToken cancellationToken)
    {
        try
        {
            await session.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsAnswerLost(e))
        {
            bool? made = null;
            for (var attempt = 0; attempt < 20 && made is null; attempt++)
            {
                try
                {
                    made = (await GetStatusAsync(CancellationToken.None).ConfigureAwait(false)).Journal.Any(j => j.Number == run.JournalNumber);
                    if (made is false)
                    {
                        // The lost backend may be about to commit: what it holds says whether it is gone.
                        made = await IsIdleAsync().ConfigureAwait(false) ? (await GetStatusAsync(CancellationToken.None).ConfigureAwait(false)).Journal.Any(j => j.Number == run.JournalNumber) : null;
                    }
                }
                catch (CutoverException)
                {
                    // The server is not back yet.
                }

                if (made is null)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None).ConfigureAwait(false);
                }
            }

            if (made is not true)
            {
                throw made is null
                    ? new CutoverException(CutoverFault.OutcomeUnknown, "The connection was lost while the swap was being committed, and the server could not be asked; look at the status.", innerException: e)
                    : CutoverErrors.Map(e);
            }
        }
    }

    /// <summary>Whether nobody is at work on the set.</summary>
    private async ValueTask<bool> IsIdleAsync()
    {
        try
        {
            var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, CancellationToken.None).ConfigureAwait(false);
            await session.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (CutoverException e) when (e.Fault == CutoverFault.AlreadyInProgress)
        {
            return false;
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            return false;
        }
    }

    /// <summary>The rows are not those that were validated: says so in the state, too.</summary>
    private async ValueTask UnvalidateAsync(CancellationToken cancellationToken)
    {
        var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if ((await GenerationRows.ReadAsync(session, cancellationToken).ConfigureAwait(false)).Find(static g => g.State == GenerationState.Validated) is { } staged)
            {
                await GenerationRows.ChangedAsync(session, staged.Id, cancellationToken).ConfigureAwait(false);
                await session.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Checks foreign keys that a swap added as not checked; also those of one that was ended after its commit.</summary>
    private async ValueTask<List<string>> FinishAsync(CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var pending = await session.QueryAsync(
                "SELECT number, unnest(pending) FROM loyalty_cutover.journal WHERE set_id = $1 ORDER BY number", static r => (r.GetInt64(0), r.GetString(1)), cancellationToken, session.SetId).ConfigureAwait(false);
            foreach (var (number, statement) in pending)
            {
                await session.ExecuteAsync("SAVEPOINT loyalty_finish", cancellationToken).ConfigureAwait(false);
                try
                {
                    await session.ExecuteAsync($"SET LOCAL lock_timeout = {Sql.Milliseconds(CutoverOptions.LongestWait)}; {statement}", cancellationToken).ConfigureAwait(false);
                    await session.ExecuteAsync(
                        "UPDATE loyalty_cutover.journal SET pending = array_remove(pending, $3) WHERE set_id = $1 AND number = $2", cancellationToken, session.SetId, number, statement).ConfigureAwait(false);
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ForeignKeyViolation)
                {
                    await session.ExecuteAsync("ROLLBACK TO SAVEPOINT loyalty_finish", cancellationToken).ConfigureAwait(false);
                    notes.Add($"not done yet: {statement} ({e.MessageText})");
                }
            }

            if (pending.Count > 0)
            {
                await session.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return notes;
    }

    /// <summary>Drops previous generations beyond those that are kept; one that somebody uses is kept and told.</summary>
    private async ValueTask<List<string>> DropOldAsync(CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var previous = (await GenerationRows.ReadAsync(session, cancellationToken).ConfigureAwait(false)).Where(static g => g.State == GenerationState.Previous)
                .OrderByDescending(static g => g.ReplacedAt).ThenByDescending(static g => g.Id).Skip(_options.KeepPrevious).ToList();
            foreach (var old in previous)
            {
                await session.ExecuteAsync("SAVEPOINT loyalty_drop", cancellationToken).ConfigureAwait(false);
                try
                {
                    await session.ExecuteAsync($"SET LOCAL lock_timeout = {Sql.Milliseconds(CutoverOptions.LongestWait)}", cancellationToken).ConfigureAwait(false);
                    var tables = await TableShape.ReadAsync(session, old.Schema, Set.Tables, cancellationToken).ConfigureAwait(false);
                    var drop = tables.Count == 0 ? string.Empty : $"DROP TABLE {string.Join(", ", tables.Select(static t => t.Sql))}; ";
                    await session.ExecuteAsync(
                        $"{drop}DROP SCHEMA IF EXISTS {Sql.Name(old.Schema)}; DROP TABLE IF EXISTS {RowDigests.TableOf(session.SetId, old.Id)}; "
                        + $"DELETE FROM loyalty_cutover.write_log WHERE set_id = {session.SetId} AND generation = {Sql.Number(old.Id)}; "
                        + $"DELETE FROM loyalty_cutover.generation WHERE set_id = {session.SetId} AND id = {Sql.Number(old.Id)}",
                        cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException e)
                {
                    await session.ExecuteAsync("ROLLBACK TO SAVEPOINT loyalty_drop", cancellationToken).ConfigureAwait(false);
                    notes.Add($"previous generation {Sql.Number(old.Id)} was not dropped: {e.MessageText}{(e.Detail is null ? string.Empty : $" ({e.Detail.ReplaceLineEndings("; ")})")}");
                }
            }

            if (previous.Count > 0)
            {
                await session.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return notes;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Kind} of {Set}: generation {From} -> {To}, locks held {Milliseconds} ms, {Attempts} attempts, {Kept} later writes kept, {Discarded} discarded")]
        public static partial void Swapped(ILogger logger, string kind, string set, long? from, long to, double milliseconds, int attempts, long kept, long discarded);

        [LoggerMessage(2, LogLevel.Debug, "Others hold locks on tables of {Set}; attempt {Attempt} gave way ({SqlState})")]
        public static partial void Waited(ILogger logger, string set, int attempt, string sqlState);
    }
}
