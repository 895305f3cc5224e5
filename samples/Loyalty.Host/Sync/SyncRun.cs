using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Activities;
using Loyalty.Host.Output;
using Loyalty.Ingest.Adjustments;
using Loyalty.Ingest.Videos;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Host.Sync;

/// <summary>One attempt of a run: its input read, its members reviewed, its files written beside their places.</summary>
internal sealed class SyncRun : IDisposable
{
    private readonly OutputFolder _output;
    private readonly RejectLog _rejects;
    private IReadOnlyList<long> _levels = [];

    private SyncRun(SyncOptions options)
    {
        _output = new OutputFolder(options.Out, options.Program, options.Videos, options.Adjustments);
        _rejects = new RejectLog(options.Out, options.SafeCsv);
    }

    public SyncInput Input { get; } = new();

    public SyncOutcome Outcome { get; private set; } = null!;

    /// <summary>The fingerprint of the videos export.</summary>
    public string Fingerprint { get; private set; } = string.Empty;

    /// <summary>Gives a open all its input, reviews, and writes the results; nothing is kept or put in place yet.</summary>
    public static async Task<SyncRun> RunAsync(
        IMemberRun open, SyncOptions options, LoyaltyProgram program, Encoding? encoding, OverflowGuard guard, HostConsole console, CancellationToken cancellation)
    {
        var run = new SyncRun(options);
        try
        {
            await run.ReadAndWriteAsync(open, options, program, encoding, guard, console, cancellation);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Writes the state beside its file.</summary>
    public void Keep(OpenedStore opened, CancellationToken cancellation)
    {
        if (opened.PrepareState(cancellation) is { } state)
        {
            _output.AddState(state.Prepared, state.Target);
        }
    }

    /// <summary>Puts all files in place.</summary>
    public Task PutInPlaceAsync(string summary) => _output.CommitAsync(summary);

    public void Dispose()
    {
        _rejects.Dispose();
        _output.Dispose();
    }

    private async Task ReadAndWriteAsync(
        IMemberRun open, SyncOptions options, LoyaltyProgram program, Encoding? encoding, OverflowGuard guard, HostConsole console, CancellationToken cancellation)
    {
        using var videos = VideosExport.Open(options.Videos, program.Currency, _rejects.Add, encoding, program.Signs, program.TimeZone);
        await foreach (var batch in BatchesOf(videos, guard, cancellation))
        {
            await open.ApplyAsync(batch, cancellation);
            console.Progress("reading", videos.BytesRead, videos.Length);
        }

        Input.Add(videos.RowsRead, videos.RowsRejected, Path.GetFileName(options.Videos), videos.UnknownColumns);
        if (options.Adjustments is not null)
        {
            var file = AdjustmentsFile.Read(options.Adjustments, program.Currency, encoding, program.Signs);
            var taken = Enumerable.Range(0, file.Adjustments.Count).ToLookup(i => guard.TryTake(file.Adjustments[i]));
            int[] fitting = [.. taken[true]];
            var unknown = await open.ApplyAsync([.. fitting.Select(i => file.Adjustments[i])], cancellation);
            Input.Add(file.RowsRead, file.ReportRejects([.. unknown.Select(i => fitting[i])], _rejects.Add, [.. taken[false]]), file.Name, file.UnknownColumns);
            await NoteAsync(open, options.Adjustments, file.RowsRead, cancellation);
        }

        // The file is looked at once more, beside the review.
        var checking = Task.Run(videos.ThrowIfChanged, CancellationToken.None);
        try
        {
            await ReviewAndWriteAsync(open, options, program, console, cancellation);
            await NoteAsync(open, options.Videos, videos.RowsRead, cancellation);
            await checking.WaitAsync(cancellation);
            Fingerprint = videos.ThrowIfChanged();
        }
        finally
        {
            await ((Task)checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (options.Report is not null)
        {
            await using var report = _output.CreateAt(options.Report);
            HtmlReport.Write(report, program, Outcome, Input, _levels, Path.GetFileName(options.Videos), Fingerprint);
        }
    }

    /// <summary>The rows of an export, several at once, or one after the other where each must be looked at.</summary>
    private static async IAsyncEnumerable<ActivityBatch> BatchesOf(
        VideosExport videos, OverflowGuard guard, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!guard.IsNeeded)
        {
            await foreach (var batch in videos.ReadAllAsync(cancellation))
            {
                yield return batch;
            }

            yield break;
        }

        videos.Overflows = guard.Take;
        var rows = new ActivityBatch();
        while (videos.Read(rows))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return rows;
        }
    }

    private async Task ReviewAndWriteAsync(
        IMemberRun open, SyncOptions options, LoyaltyProgram program, HostConsole console, CancellationToken cancellation)
    {
        console.Progress("reviewing", 0, 0);
        Outcome = await open.ReviewAsync(cancellation);
        var writing = new SyncFiles(program, options.SafeCsv, cancellation);
        await writing.WriteAsync(open, Outcome, _output.Create, (done, total) => console.Progress("writing members", done, total));
        _rejects.WriteTo(_output.Create("rejects.csv"));
        _levels = writing.Levels;
    }

    /// <summary>Notes a file in the journal of runs, where the store has one.</summary>
    private static async Task NoteAsync(IMemberRun open, string path, long records, CancellationToken cancellation)
    {
        if (open.RunId != Guid.Empty)
        {
            await using var file = File.OpenRead(path);
            open.AddInput(new RunInput(Path.GetFileName(path), file.Length, records, await SHA256.HashDataAsync(file, cancellation)));
        }
    }
}
