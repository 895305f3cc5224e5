using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Host.Score;

/// <summary>Keeps a run in a store.</summary>
internal static class ScorePlace
{
    private const int OrdersAtOnce = 16_384;

    /// <summary>Stores the orders and scores of a run, and tells what moved since the last one.</summary>
    /// <param name="scores">The store.</param>
    /// <param name="keepsOrders">Whether the store keeps the orders, too, not only what they come to.</param>
    /// <param name="run">The run, as it was scored from the files.</param>
    /// <param name="input">What it was scored from.</param>
    /// <param name="console">Shows progress.</param>
    /// <param name="write">Writes the results; called once for each attempt, before anything is kept.</param>
    /// <param name="cancellation">Gives up; nothing is kept then.</param>
    public static async Task<SegmentMoves> KeepAsync(
        IScoreStore scores, bool keepsOrders, ScoreRun run, ScoreInput input, HostConsole console, Action<SegmentMoves> write, CancellationToken cancellation)
    {
        return await scores.RunAsync(
            run.Program,
            run.AsOf,
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

                var outcome = await session.RescoreAsync(stop);
                if (outcome.Customers != run.Count)
                {
                    throw new StoreException(
                        StoreFault.Refused,
                        $"The files come to {run.Count} customers, the database to {outcome.Customers}, because e-mails were linked there; nothing was changed. Score by the library, or unlink them.");
                }

                write(outcome.Moves);
                return outcome.Moves;
            },
            cancellation);
    }
}
