using Loyalty.Scoring;
using Loyalty.Storage.Scores;

namespace Loyalty.Host.Score;

/// <summary>Scores in a store.</summary>
internal static class ScorePlace
{
    private const int OrdersAtOnce = 16_384;

    /// <summary>Gives a store the orders, lets it score, and keeps what it came to.</summary>
    /// <param name="scores">The store.</param>
    /// <param name="keepsOrders">Whether the store keeps the orders, too, not only what they come to.</param>
    /// <param name="scoring">How to score.</param>
    /// <param name="input">What to score from.</param>
    /// <param name="console">Shows progress.</param>
    /// <param name="write">Writes the results; called once for each attempt, before anything is kept.</param>
    /// <param name="cancellation">Gives up; nothing is kept then.</param>
    /// <returns>The scores as the store has them, whose customers are those of the files but for e-mails that were linked, and what moved since the last run.</returns>
    public static async Task<(ScoreRun Run, SegmentMoves Moves)> KeepAsync(
        IScoreStore scores,
        bool keepsOrders,
        ScoringProgram scoring,
        ScoreInput input,
        HostConsole console,
        Action<ScoreRun, SegmentMoves> write,
        CancellationToken cancellation)
    {
        return await scores.RunAsync(
            scoring,
            input.AsOf,
            OrderScope.All,
            async (session, stop) =>
            {
                console.Progress("storing", 0, 0);
                if (input.AreCustomers || !keepsOrders)
                {
                    await session.SetCustomersAsync(input.Customers, stop);
                }
                else
                {
                    foreach (var orders in input.Orders.Chunk(OrdersAtOnce))
                    {
                        await session.PutAsync(orders, stop);
                    }
                }

                console.Progress("scoring", 0, 0);
                var outcome = await session.RescoreAsync(stop);
                var run = ScoreRun.FromStored(scoring, await session.ReadScoresAsync(stop));
                write(run, outcome.Moves);
                return (run, outcome.Moves);
            },
            cancellation);
    }
}
