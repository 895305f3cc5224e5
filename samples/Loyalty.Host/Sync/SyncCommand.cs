using System.Diagnostics;
using System.Text;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Members;

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

        using var opened = OpenedStore.ForRun(options.Store, program, StateParts.Members);
        using var run = await RunAsync(opened.Store.Members, options, program, asOf, encoding, console, cancellation);
        run.Keep(opened, cancellation);
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

    private static async Task<SyncRun> RunAsync(
        IMemberStore members, SyncOptions options, LoyaltyProgram program, DateOnly asOf, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        var guard = new OverflowGuard();
        while (true)
        {
            try
            {
                return await RunAsync(members, options, program, asOf, encoding, guard, console, cancellation);
            }
            catch (MemberOverflowException e)
            {
                if (!await guard.TryWatchAsync(members, e.Handle, cancellation))
                {
                    throw;
                }
            }
        }
    }

    private static async Task<SyncRun> RunAsync(
        IMemberStore members,
        SyncOptions options,
        LoyaltyProgram program,
        DateOnly asOf,
        Encoding? encoding,
        OverflowGuard guard,
        HostConsole console,
        CancellationToken cancellation)
    {
        SyncRun? run = null;
        try
        {
            return await members.RunAsync(
                program,
                asOf,
                async (open, stop) =>
                {
                    // An attempt that was interrupted leaves files behind that the next one writes anew.
                    run?.Dispose();
                    run = null;
                    guard.Restart();
                    return run = await SyncRun.RunAsync(open, options, program, encoding, guard, console, stop);
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
