using System.Diagnostics;
using System.Text;
using Loyalty.Host.Output;
using Loyalty.Ingest.Points;
using Loyalty.Messages;
using Loyalty.Points.Runs;
using Loyalty.Programs;

namespace Loyalty.Host.Points;

/// <summary><c>loyalty points</c>: orders, refunds and claims in; enrollments, entries, balances, operations and messages out.</summary>
internal static class PointsCommand
{
    public static async Task<int> RunAsync(PointsOptions options, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var program = Read(options.Program);
        var encoding = ProgramFile.NamedEncoding(options.Encoding);
        foreach (var path in (ReadOnlySpan<string?>)[options.Orders, options.Redemptions, options.Refunds, options.Preferences])
        {
            if (path is not null && !File.Exists(path))
            {
                throw new CommandException($"there is no input file '{path}'.");
            }
        }

        using var opened = OpenedPoints.ForRun(options.Store);
        await using var session = await opened.Store.BeginRunAsync(program, options.AsOf, TimeProvider.System.GetUtcNow().UtcDateTime, cancellation);
        console.Progress("reading", 0, 0);
        var input = PointsInput.Read(options, program.Currency, encoding, cancellation);
        await session.AddOrdersAsync(input.Orders.Rows, cancellation);
        await session.AddRefundsAsync(input.Refunds?.Rows ?? [], cancellation);
        await session.AddRedemptionsAsync(input.Redemptions?.Rows ?? [], cancellation);
        console.Progress("closing days", 0, 0);
        var result = await session.CompleteAsync(cancellation);

        using var output = new OutputFolder(options.Out, options.Program, options.Orders, options.Redemptions, options.Refunds, options.Preferences);
        using var rejects = new RejectLog(options.Out, options.SafeCsv);
        var rows = input.Report(result, rejects);
        rejects.WriteTo(output.Create("rejects.csv"));
        console.Progress("writing", 0, 0);
        var messages = options.MessagesSince is { } since
            ? new DueMessages(program.Messages, input.Wishes, since, options.AsOf)
            : DueMessages.On(options.AsOf, program.Messages, input.Wishes);
        using var files = new PointsOutput(output, program, messages, options.SafeCsv);
        await files.WriteAsync(opened.Store, cancellation);
        files.Dispose();
        if (opened.PrepareState() is { } state)
        {
            output.AddState(state.Prepared, state.Target);
        }

        var summary = new PointsSummary(rows, result.EntriesNew, files.Totals, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        var json = summary.Json(program.Currency);
        await using (var file = output.Create("summary.json"))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(json), cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        output.CommitWithStateLast();

        // Not earlier: of a run that fails there is nothing to tell but why.
        foreach (var note in input.Notes)
        {
            console.Note(note);
        }

        if (rows.Rejected > 0)
        {
            console.Note($"{rows.Rejected} of {rows.Read} rows rejected; rejects.csv lists each with line, column and reason.");
        }

        console.WriteLine(options.Json ? json.TrimEnd() : summary.Table(program.Currency, options.AsOf, options.Out));
        return options.Strict && rows.Rejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static LoyaltyProgram Read(string path)
    {
        var program = ProgramFile.Read(path);
        var missing = program.Club is null ? "club" : program.Points is null ? "points" : null;
        return missing is null
            ? program
            : throw new CommandException($"{Path.GetFileName(path)}: the program has no \"{missing}\" section, which this command needs; add one.");
    }
}
