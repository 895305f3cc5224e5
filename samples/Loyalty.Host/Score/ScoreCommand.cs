using System.Diagnostics;
using System.Text;
using Loyalty.Host.Output;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Scoring;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Score;

/// <summary><c>loyalty score</c>: orders of any platform in, scores, segments, moves, rejects, a picture and a summary out.</summary>
internal static class ScoreCommand
{
    public static async Task<int> RunAsync(ScoreOptions options, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var program = options.Program is { } path ? ProgramFile.Read(path) : null;
        var currency = program?.Currency ?? Currency.Get("USD");
        var scoring = Choose(program, options);
        if (options.Cuts is not null && scoring.Model == ScoringModel.Thresholds)
        {
            console.Note("--cuts has no effect under the threshold model; add --model quantiles.");
        }

        using var opened = OpenedStore.ForRun(options.Store, program, StateParts.Scores);
        string?[] inputs = [options.Program, options.Customers, .. options.Orders.Select(static o => o.Path)];
        using var output = new OutputFolder(options.Out, inputs);
        using var rejects = new RejectLog(options.Out, options.SafeCsv);
        var keepsOrders = opened.IsCommitted;
        var input = ScoreInput.Read(options, program, keepsOrders, rejects.Add, console, cancellation);
        foreach (var note in input.Notes())
        {
            console.Note(note);
        }

        rejects.WriteTo(output.Create("rejects.csv"));
        ScoreRun run;
        SegmentMoves? moves = null;
        if (opened.IsKept)
        {
            // Rejects are written once; the other files by each attempt, before it is kept.
            var written = output.Count;
            (run, moves) = await ScorePlace.KeepAsync(
                opened.Store.Scores, keepsOrders, scoring, input, console,
                (scored, found) =>
                {
                    output.RemoveAfter(written);
                    Write(options, currency, output, scored, input, found, cancellation);
                },
                cancellation);
        }
        else
        {
            console.Progress("scoring", 0, 0);
            run = scoring.Score(input.Customers, options.AsOf);
            Write(options, currency, output, run, input, moves, cancellation);
        }

        if (opened.PrepareState(cancellation) is { } state)
        {
            output.AddState(state.Prepared, state.Target);
        }

        var summary = ScoreSummary.Json(run, input, moves, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        await output.CommitAsync(summary);
        console.WriteLine(options.Json ? summary.TrimEnd() : ScoreSummary.Table(run, input, moves, options.Out));
        return options.Strict && input.RowsRejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static void Write(
        ScoreOptions options, Currency currency, OutputFolder output, ScoreRun run, ScoreInput input, SegmentMoves? moves, CancellationToken cancellation)
    {
        var files = new ScoreFiles(currency, options.SafeCsv, cancellation);
        files.WriteScores(output.Create("scores.csv"), run);
        files.WriteSegments(output.Create("segments.csv"), run);
        if (moves is not null)
        {
            files.WriteMoves(output.Create("moves.csv"), moves);
        }

        if (options.Marketing is { } marketing)
        {
            files.WriteMarketing(output.CreateAt(marketing), run, input);
        }

        using (var picture = output.Create("rfm.svg"))
        {
            picture.Write(Encoding.UTF8.GetBytes(ScorePicture.Svg(run)));
        }

        if (options.Report is { } report)
        {
            using var page = output.CreateAt(report);
            ScoreReport.Write(page, run, input, currency, moves);
        }
    }

    /// <summary>The program's way of scoring, or the default one, with what the command line says instead.</summary>
    private static ScoringProgram Choose(LoyaltyProgram? program, ScoreOptions options)
    {
        var scoring = program?.Scoring ?? ScoringProgram.Default;
        scoring = scoring with { Model = options.Model ?? scoring.Model, Cuts = options.Cuts ?? scoring.Cuts };
        return options.Segments switch
        {
            SegmentChoice.Lead => scoring with { Segments = SegmentPlan.FromBands(SegmentPlan.LeadBands, scoring.Weights) },
            SegmentChoice.Grid => scoring with { Segments = SegmentPlan.Grid },
            SegmentChoice.R => scoring with { Segments = SegmentPlan.RPackage },
            _ => scoring,
        };
    }
}
