using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Videos;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;

namespace Loyalty.Host.Sync;

/// <summary>
/// Runs the review and the writers once on next to nothing, so that they are compiled on the idle core while the other reads a large file.
/// Saves about a tenth of a second of a cold run; the result is thrown away.
/// </summary>
internal static class WarmUp
{
    /// <summary>The length of a file, in bytes, from which on it pays.</summary>
    private const long WorthwhileLength = 16 << 20;

    /// <summary>Starts it on another thread when the file is large.</summary>
    public static void StartFor(string file)
    {
        if (File.Exists(file) && new FileInfo(file).Length > WorthwhileLength)
        {
            _ = Task.Run(() => ReadFirstRows(file));
            _ = Task.Run(RunAsync);
        }
    }

    /// <summary>Reads a few rows, so that the readers are compiled while the program and the store are opened.</summary>
    private static void ReadFirstRows(string file)
    {
        try
        {
            using var videos = VideosExport.Open(file, Currency.Get("USD"), static (in Reject _) => { });
            videos.Read(new ActivityBatch(16), most: 64);
        }
        catch (Exception e) when (e is SourceException or IOException or UnauthorizedAccessException)
        {
            // The run itself meets the same fault and tells it.
        }
    }

    private static async Task RunAsync()
    {
        var program = LoyaltyProgram.Parse("""
            {
              "tenant": "warm-up", "currency": "USD", "timeZone": "UTC",
              "tiers": { "metric": "sales", "checkpoint": { "months": 1 }, "levels": [ { "name": "A", "threshold": 0 }, { "name": "B", "threshold": 1 } ] },
              "missions": [ { "id": "a", "metric": "videos", "target": 2, "window": { "kind": "checkpoint" } } ]
            }
            """);
        var asOf = new DateOnly(2025, 6, 30);
        await using var session = await new InMemoryMemberStore().BeginRunAsync(program, asOf, CancellationToken.None);
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
