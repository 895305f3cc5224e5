using System.Diagnostics;
using System.Text;
using Loyalty.Host.Db;
using Loyalty.Programs;

namespace Loyalty.Host.Sync;

/// <summary><c>loyalty sync</c>: a videos export in, members, decisions, missions, rejects and a summary out.</summary>
internal static class SyncCommand
{
    public static async Task<int> RunAsync(SyncOptions options, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        WarmUp.StartFor(options.Videos);
        var program = ProgramFile.ReadWithTiers(options.Program);
        var encoding = ProgramFile.NamedEncoding(options.Encoding);
        var asOf = options.AsOf ?? ProgramFile.Today(program);
        ProgramFile.RequireInput(options.Videos);
        ProgramFile.RequireInput(options.Adjustments);

        using var run = options.Store.Postgres is { } connection
            ? await OnPostgresAsync(connection, options, program, asOf, encoding, console, cancellation)
            : await OnFileAsync(options, program, asOf, encoding, console, cancellation);
        var summary = SyncSummary.Json(run.Outcome, run.Input, run.Fingerprint, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        await run.PutInPlaceAsync(summary);

        // Not earlier: of a run that fails there is nothing to tell but why.
        foreach (var note in run.Input.Notes)
        {
            console.Note(note);
        }

        console.WriteLine(options.Json ? summary.TrimEnd() : SyncSummary.Table(run.Outcome, run.Input, options.Out));
        return options.Strict && run.Input.RowsRejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static async Task<SyncRun> OnFileAsync(
        SyncOptions options, LoyaltyProgram program, DateOnly asOf, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        var opened = OpenedStore.ForRun(options.Store);
        try
        {
            await using var session = await opened.Store.BeginSyncAsync(program, asOf, cancellation);
            var run = await SyncRun.RunAsync(session, options, program, encoding, console, cancellation);
            try
            {
                if (options.Store.StateFile is not null)
                {
                    // A store that nobody keeps need not be completed.
                    await session.CompleteAsync(cancellation);
                }

                run.Keep(opened, cancellation);
                return run;
            }
            catch
            {
                run.Dispose();
                throw;
            }
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private static async Task<SyncRun> OnPostgresAsync(
        string connection, SyncOptions options, LoyaltyProgram program, DateOnly asOf, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        using var place = PostgresPlace.Open(connection, program.Tenant);
        SyncRun? run = null;
        try
        {
            return await place.Store.SyncAsync(
                program,
                asOf,
                async (session, stop) =>
                {
                    // An attempt that was interrupted leaves files behind that the next one writes anew.
                    run?.Dispose();
                    run = null;
                    return run = await SyncRun.RunAsync(session, options, program, encoding, console, stop);
                },
                cancellation);
        }
        catch
        {
            run?.Dispose();
            throw;
        }
    }
}
