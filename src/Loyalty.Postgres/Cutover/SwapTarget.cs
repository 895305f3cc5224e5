namespace Loyalty.Postgres.Cutover;

/// <summary>Which generation a cutover or a rollback goes to.</summary>
internal static class SwapTarget
{
    /// <summary>The staged generation, if it is validated; for a rollback the one that was asked for, or the one before.</summary>
    public static async ValueTask<Generation> ChooseAsync(CutoverSession session, CutoverOptions options, bool isRollback, long? to, CancellationToken cancellationToken)
    {
        var generations = await GenerationRows.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        var staged = generations.Find(static g => g.State is GenerationState.Prepared or GenerationState.Validated);
        if (!isRollback)
        {
            return staged switch
            {
                null => throw new CutoverException(CutoverFault.NothingStaged, "No generation is staged; nothing was changed. Prepare and validate one first."),
                { State: GenerationState.Validated } => staged,
                _ => throw await NotValidatedAsync(session, staged, cancellationToken).ConfigureAwait(false),
            };
        }

        if (generations.TrueForAll(static g => g.State != GenerationState.Live))
        {
            throw new CutoverException(CutoverFault.NoSuchGeneration, "No generation is live, so there is nothing to go back from; nothing was changed.");
        }

        var before = await session.ScalarAsync<long?>(
            "SELECT from_generation FROM loyalty_cutover.journal WHERE set_id = $1 ORDER BY number DESC LIMIT 1", cancellationToken, session.SetId).ConfigureAwait(false);
        var target = to is not null
            ? generations.Find(g => g.Id == to)
            : generations.Find(g => g.Id == before) ?? generations.Where(static g => g.State == GenerationState.Previous).OrderBy(static g => g.ReplacedAt).LastOrDefault();
        if (target is null || target.State == GenerationState.Live)
        {
            throw new CutoverException(
                CutoverFault.NoSuchGeneration,
                target is not null ? $"Generation {Sql.Number(target.Id)} is live already; nothing was changed."
                : to is null ? "There is no previous generation; nothing was changed."
                : $"There is no generation {Sql.Number(to.Value)}, or it was dropped; nothing was changed. There are",
                to is null || target is not null ? [] : [.. generations.Select(static g => $"{Sql.Number(g.Id)} ({GenerationRows.Word(g.State)})")]);
        }

        if (target.State == GenerationState.Prepared)
        {
            throw await NotValidatedAsync(session, target, cancellationToken).ConfigureAwait(false);
        }

        if (options.RollbackWindow is { } window && target.ReplacedAt is not null && await session.ScalarAsync<bool>(
            "SELECT clock_timestamp() - replaced_at > make_interval(secs => $3) FROM loyalty_cutover.generation WHERE set_id = $1 AND id = $2",
            cancellationToken,
            session.SetId,
            target.Id,
            window.TotalSeconds).ConfigureAwait(false))
        {
            throw new CutoverException(
                CutoverFault.GenerationGone, $"Generation {Sql.Number(target.Id)} was replaced longer ago than the window for rollbacks ({window:c}); nothing was changed. Prepare a new one.");
        }

        return target;
    }

    private static async ValueTask<CutoverException> NotValidatedAsync(CutoverSession session, Generation generation, CancellationToken cancellationToken)
    {
        var failed = await session.QueryAsync(
            "SELECT name || ': ' || found FROM loyalty_cutover.check_result WHERE set_id = $1 AND generation = $2 AND NOT passed AND answer IS NULL ORDER BY number",
            static r => r.GetString(0),
            cancellationToken,
            session.SetId,
            generation.Id).ConfigureAwait(false);
        return failed.Count > 0
            ? new CutoverException(CutoverFault.ChecksFailed, $"Checks of generation {Sql.Number(generation.Id)} failed; nothing was changed. Mend the source, or validate again with a reason for each:", failed)
            : new CutoverException(CutoverFault.NotValidated, $"Generation {Sql.Number(generation.Id)} is prepared, but not validated since it changed; nothing was changed. Validate it first.");
    }
}
