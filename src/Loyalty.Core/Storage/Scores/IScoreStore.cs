using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Scores;

/// <summary>What the orders of a run are, beside those that are stored.</summary>
public enum OrderScope
{
    /// <summary>They are changes: orders that are not put stay as they are.</summary>
    Changes,

    /// <summary>They are all there are, as in a complete export: stored orders that are not put are removed.</summary>
    All,
}

/// <summary>Where orders, what they come to for each customer, and the scores of one tenant are kept.</summary>
/// <remarks>
/// Everything is changed through runs that are kept wholly or not at all; reads see the last one that was kept. Totals and scores are
/// corrected by differences and always equal those that <see cref="OrderBook"/> and scoring everybody give.
/// </remarks>
public interface IScoreStore
{
    /// <summary>Opens a run that takes orders and scores as of a date.</summary>
    /// <param name="program">How to score. When it differs from that of the last run, everybody is scored anew.</param>
    /// <param name="asOf">The date of scoring; orders after it are kept and left out until it has come.</param>
    /// <param name="scope">What the orders of the run are.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="StoreException">The store was scored as of a later date already, or has another run open.</exception>
    ValueTask<IScoreRun> BeginRunAsync(
        ScoringProgram program, DateOnly asOf, OrderScope scope, CancellationToken cancellationToken = default);

    /// <summary>Makes a run from its beginning to its commit, and again when it was interrupted, where the store knows such a thing.</summary>
    /// <param name="program">How to score.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="scope">What the orders of the run are.</param>
    /// <param name="run">
    /// Gives the run all its input, scores, and reads what it needs. Called once for each attempt, it must give the same input each time; it must not commit.
    /// </param>
    /// <param name="cancellationToken">Gives up; nothing is kept then.</param>
    /// <returns>What <paramref name="run"/> returned in the attempt that was kept.</returns>
    /// <remarks>Attempts are bounded and share one run id, so that no run is kept twice.</remarks>
    /// <exception cref="StoreException">The store refused, or the last attempt was interrupted.</exception>
    async ValueTask<T> RunAsync<T>(
        ScoringProgram program,
        DateOnly asOf,
        OrderScope scope,
        Func<IScoreRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var open = await BeginRunAsync(program, asOf, scope, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            var result = await run(open, cancellationToken).ConfigureAwait(false);
            await open.CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
    }

    /// <summary>What the store holds; <see langword="null"/> while it is empty.</summary>
    ValueTask<ScoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The scores of all customers, or of one segment; <see langword="null"/> while the store is empty.</summary>
    /// <param name="segment">The name of a segment, or <see langword="null"/> for everybody.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    ValueTask<StoredScores?> ReadScoresAsync(string? segment = null, CancellationToken cancellationToken = default);

    /// <summary>The scores of a customer, and when they were made; <see langword="null"/> for an unknown one.</summary>
    ValueTask<Score?> FindScoreAsync(string customer, CancellationToken cancellationToken = default);

    /// <summary>What a customer's orders come to, read without adding anything up; <see langword="null"/> for an unknown one.</summary>
    ValueTask<EngagementTotals?> FindTotalsAsync(string customer, CancellationToken cancellationToken = default);

    /// <summary>A page of a customer's timeline, newest first.</summary>
    /// <param name="customer">The customer; an unknown one has an empty timeline.</param>
    /// <param name="after">Where the page starts, exclusive; <see langword="null"/> for the newest.</param>
    /// <param name="size">The most entries, from 1 to 10,000.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    ValueTask<TimelinePage> ReadTimelineAsync(
        string customer, TimelineCursor? after, int size, CancellationToken cancellationToken = default);
}

/// <summary>A run of scores: takes orders, e-mails or customers, then scores, can be read, and is kept when it is committed.</summary>
public interface IScoreRun : IRun
{
    /// <summary>Puts orders in; a later one of the same key wins.</summary>
    /// <exception cref="ArgumentException">The store cannot keep a text or a time; the message says which.</exception>
    /// <exception cref="StoreException">The store holds customers without their orders, and these are only changes.</exception>
    ValueTask PutAsync(IReadOnlyList<Order> orders, CancellationToken cancellationToken = default);

    /// <summary>Takes orders out; unknown ones are passed over.</summary>
    /// <exception cref="StoreException">The store holds customers without their orders, and this is only a change.</exception>
    ValueTask RemoveAsync(IReadOnlyList<OrderKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Gives an e-mail to a customer; its orders, known and to come, belong to that customer.</summary>
    /// <param name="email">A normalised e-mail.</param>
    /// <param name="customer">The customer's name; new or known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns><see langword="false"/> when the e-mail belongs to another customer; nothing was changed. Unlink it first.</returns>
    ValueTask<bool> TryLinkAsync(string email, string customer, CancellationToken cancellationToken = default);

    /// <summary>Takes an e-mail from its customer; its orders belong to the customer named as the e-mail again.</summary>
    /// <returns>Whether the e-mail belonged to anybody else.</returns>
    ValueTask<bool> UnlinkAsync(string email, CancellationToken cancellationToken = default);

    /// <summary>Takes customers as a list tells them, without their orders, instead of orders; stored orders are removed.</summary>
    /// <exception cref="InvalidOperationException">Orders were put already, or the scope of the run is <see cref="OrderScope.Changes"/>.</exception>
    /// <exception cref="ArgumentException">The store cannot keep a name.</exception>
    ValueTask SetCustomersAsync(CustomerPopulation customers, CancellationToken cancellationToken = default);

    /// <summary>Corrects the totals by what changed, and scores whom that or the calendar touches.</summary>
    /// <exception cref="OverflowException">A sum of a customer's amounts reached 10^12.</exception>
    ValueTask<ScoreOutcome> RescoreAsync(CancellationToken cancellationToken = default);

    /// <summary>All scores as the run leaves them.</summary>
    /// <exception cref="InvalidOperationException">The run was not scored yet.</exception>
    ValueTask<StoredScores> ReadScoresAsync(CancellationToken cancellationToken = default);
}
