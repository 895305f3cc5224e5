using Loyalty.Activities;
using Loyalty.Host.Output;
using Loyalty.Programs;
using Loyalty.Storage;

namespace Loyalty.Host.Sync;

/// <summary>
/// Runs the review and the writers once on next to nothing, so that they are compiled on the idle core while the other reads a large file.
/// Saves about a tenth of a second of a cold run; the result is thrown away.
/// </summary>
internal static class WarmUp
{
    /// <summary>The length of a file, in bytes, from which on it pays.</summary>
    public const long WorthwhileLength = 16 << 20;

    public static async Task RunAsync(LoyaltyProgram program, DateOnly asOf)
    {
        if (asOf.DayNumber < 365)
        {
            return;
        }

        await using var session = await new InMemoryStore().BeginSyncAsync(program, asOf, CancellationToken.None);
        var batch = new ActivityBatch(16);
        for (var i = 0; i < 12; i++)
        {
            batch.Add(new Activity
            {
                Handle = i % 2 == 0 ? "some.creator"u8 : "other.creator"u8,
                Key = (ReadOnlySpan<byte>)[(byte)('a' + i)],
                Date = asOf.AddDays(-20 * i),
                Sales = 1_000_000,
                Views = 1_000,
            });
        }

        await session.ApplyAsync(batch);
        var outcome = await session.ReviewAsync();
        await new SyncFiles(program, safe: false, CancellationToken.None).WriteAsync(session, outcome, static _ => new MemoryStream(), progress: null);
    }
}
