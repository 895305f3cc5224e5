using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Scores;

namespace Loyalty.Postgres.Scores;

/// <summary>
/// Lets orders follow the credits that name them: of orders that credits may give back of otherwise than before, the credits are added up, and those that
/// they undo, or no longer undo, are changed with the others of the run.
/// </summary>
/// <param name="transaction">The run's.</param>
/// <param name="asOf">The last date whose credits count.</param>
/// <param name="scope">Whether the staged orders are all there are.</param>
/// <param name="stored">What is stored; <see langword="null"/> for nothing.</param>
internal sealed class CreditStage(TenantTransaction transaction, DateOnly asOf, OrderScope scope, ScoringState? stored)
{
    /// <summary>Whether credits may be stored that a run of changes must look at.</summary>
    private bool MayBeStored => scope == OrderScope.Changes && stored is { HasCredits: true };

    /// <summary>Whether the date of a stored credit has come since the last run.</summary>
    public async ValueTask<bool> IsAnyDueAsync(CancellationToken cancellationToken) => MayBeStored && stored!.AsOf < asOf
        && await transaction.Command(CreditSql.IsAnyDue).With(stored.AsOf).With(asOf).ScalarAsync(cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Tells of the staged orders whether credits undid them, and adds to those that come in though nobody sent them the ones that credits changed.</summary>
    /// <param name="hasStaged">Whether any staged order names another one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many orders were added.</returns>
    public async ValueTask<long> FollowAsync(bool hasStaged, CancellationToken cancellationToken)
    {
        if (!hasStaged && !MayBeStored)
        {
            return 0;
        }

        await transaction.ExecuteLocalAsync(CreditSql.Create, cancellationToken).ConfigureAwait(false);
        if (scope == OrderScope.Changes)
        {
            await FindStoredAsync(cancellationToken).ConfigureAwait(false);
        }

        if (hasStaged)
        {
            await transaction.LocalCommand(CreditSql.AddStagedCredits).With(asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.ExecuteLocalAsync($"{CreditSql.AddUp}; {CreditSql.UndoStaged}", cancellationToken).ConfigureAwait(false);
        if (scope == OrderScope.All || stored is null)
        {
            return 0;
        }

        await transaction.ExecuteLocalAsync($"{CreditSql.ForgetMore}; {CreditSql.DropKnown}", cancellationToken).ConfigureAwait(false);
        var found = await transaction.ExecuteAsync(CreditSql.FindOriginals, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteLocalAsync(CreditSql.UndoMore, cancellationToken).ConfigureAwait(false);
        return found - await transaction.ExecuteLocalAsync(CreditSql.DropSame, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask FindStoredAsync(CancellationToken cancellationToken)
    {
        await transaction.ExecuteLocalAsync(CreditSql.FindNamed, cancellationToken).ConfigureAwait(false);
        if (!MayBeStored)
        {
            return;
        }

        if (stored!.AsOf < asOf)
        {
            await transaction.Command(CreditSql.FindDue).With(stored.AsOf).With(asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.ExecuteLocalAsync(CreditSql.FindStaged, cancellationToken).ConfigureAwait(false);
        await transaction.Command(CreditSql.FindStoredCredits).With(asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteLocalAsync(CreditSql.DropSent, cancellationToken).ConfigureAwait(false);
    }
}
