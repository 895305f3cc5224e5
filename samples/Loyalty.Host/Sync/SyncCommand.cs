using System.Diagnostics;
using System.Globalization;
using System.Text;
using Loyalty.Host.Output;
using Loyalty.Ingest;
using Loyalty.Ingest.Adjustments;
using Loyalty.Ingest.Videos;
using Loyalty.Programs;
using Loyalty.Storage;

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
        Require(options.Videos);
        Require(options.Adjustments);

        using var opened = OpenedStore.ForRun(options.Store);
        await using var session = await opened.Store.BeginSyncAsync(program, asOf, cancellation);
        using var output = new OutputFolder(options.Out, options.Program, options.Videos, options.Adjustments);
        using var rejects = new RejectLog(options.Out, options.SafeCsv);
        var input = new SyncInput();
        using var videos = VideosExport.Open(options.Videos, program.Currency, rejects.Add, encoding);
        await ReadVideosAsync(videos, session, console, cancellation);
        input.Add(videos.RowsRead, videos.RowsRejected, Path.GetFileName(options.Videos), videos.UnknownColumns);
        if (options.Adjustments is not null)
        {
            var file = AdjustmentsFile.Read(options.Adjustments, program.Currency, encoding);
            var unknown = await session.ApplyAsync(file.Adjustments, cancellation);
            input.Add(file.RowsRead, file.ReportRejects(unknown, rejects.Add), file.Name, file.UnknownColumns);
        }

        console.Progress("reviewing", 0, 0);
        var outcome = await session.ReviewAsync(cancellation);
        var writing = new SyncFiles(program, options.SafeCsv, cancellation);
        await writing.WriteAsync(session, outcome, output.Create, (done, total) => console.Progress("writing members", done, total));
        rejects.WriteTo(output.Create("rejects.csv"));
        var hash = videos.ThrowIfChanged();
        if (options.Report is not null)
        {
            await using var report = output.CreateAt(options.Report);
            HtmlReport.Write(report, program, outcome, input, writing.Levels, Path.GetFileName(options.Videos), hash);
        }

        await session.CompleteAsync(cancellation);
        if (opened.PrepareState() is { } state)
        {
            output.AddState(state.Prepared, state.Target);
        }

        var summary = SyncSummary.Json(outcome, input, hash, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        await using (var file = output.Create("summary.json"))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(summary), cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        output.CommitWithStateLast();

        // Not earlier: of a run that fails there is nothing to tell but why.
        foreach (var note in input.Notes)
        {
            console.Note(note);
        }

        console.WriteLine(options.Json ? summary.TrimEnd() : SyncSummary.Table(outcome, input, options.Out));
        return options.Strict && input.RowsRejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static async Task ReadVideosAsync(VideosExport videos, ISyncSession session, HostConsole console, CancellationToken cancellation)
    {
        await foreach (var batch in videos.ReadAllAsync(cancellation))
        {
            await session.ApplyAsync(batch, cancellation);
            console.Progress("reading", videos.BytesRead, videos.Length);
        }
    }

    private static void Require(string? path)
    {
        if (path is not null && !File.Exists(path))
        {
            throw new CommandException($"there is no input file '{path}'.");
        }
    }
}

/// <summary>What came in from all files of a run.</summary>
internal sealed class SyncInput
{
    private readonly List<string> _notes = [];
    private readonly List<string> _unknown = [];

    public long RowsRead { get; private set; }

    public long RowsRejected { get; private set; }

    public IReadOnlyList<string> Notes => _notes;

    public IReadOnlyList<string> UnknownColumns => _unknown;

    public void Add(long read, long rejected, string file, IReadOnlyList<string> unknownColumns)
    {
        RowsRead += read;
        RowsRejected += rejected;
        _unknown.AddRange(unknownColumns);
        if (read == 0)
        {
            _notes.Add($"{file} has a header and no rows; dates are reviewed, nothing is deleted.");
        }

        if (unknownColumns.Count > 0)
        {
            _notes.Add($"{file}: not used: {string.Join(", ", unknownColumns.Select(static c => $"'{c}'"))}.");
        }

        if (rejected > 0)
        {
            _notes.Add(string.Create(
                CultureInfo.InvariantCulture, $"{file}: {rejected} of {read} rows rejected; rejects.csv lists each with line, column and reason."));
        }
    }
}
