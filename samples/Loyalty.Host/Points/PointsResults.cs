using Loyalty.Host.Output;
using Loyalty.Host.Queue;
using Loyalty.Messages;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Queue.Plans;
using Loyalty.Storage.Points;

namespace Loyalty.Host.Points;

/// <summary>The files of a run, written beside their places until they are put there.</summary>
internal sealed class PointsResults : IDisposable
{
    private readonly OutputFolder _output;

    private PointsResults(OutputFolder output, PointsInput input)
    {
        _output = output;
        Input = input;
    }

    public PointsInput Input { get; }

    public PointsCounts Rows { get; private set; }

    public long EntriesNew { get; private init; }

    public long RefundsOverOrder { get; private init; }

    public PointsTotals Totals { get; private set; }

    /// <summary>Writes all files but the summary.</summary>
    public static async Task<PointsResults> WriteAsync(
        PointsOptions options,
        LoyaltyProgram program,
        PointsInput input,
        PointsRunResult result,
        IPointsRun run,
        DateTime now,
        CancellationToken cancellation)
    {
        var output = new OutputFolder(options.Out, options.Program, options.Orders, options.Redemptions, options.Refunds, options.Preferences, options.Contacts);
        var results = new PointsResults(output, input) { EntriesNew = result.EntriesNew, RefundsOverOrder = result.RefundsOverOrder };
        try
        {
            using (var rejects = new RejectLog(options.Out, options.SafeCsv))
            {
                results.Rows = input.Report(result, rejects);
                rejects.WriteTo(output.Create("rejects.csv"));
            }

            var wishes = await CustomerFiles.KeepAsync(run.Outbox, input, new DateTimeOffset(now), cancellation);
            var messages = options.MessagesSince is { } since
                ? new DueMessages(program.Messages, wishes, since, options.AsOf)
                : DueMessages.On(options.AsOf, program.Messages, wishes);
            var deliveries = options.NoQueue ? null : new RunDeliveries(program, options.AsOf, options.AsOf);
            using (var files = new PointsOutput(output, program, messages, options.SafeCsv))
            {
                var caused = await files.WriteAsync(run.ReadMembersAsync(cancellation), deliveries, result, cancellation);
                results.Totals = files.Totals;
                await run.Outbox.EnqueueAsync(caused, cancellation);
            }

            return results;
        }
        catch
        {
            results.Dispose();
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

    public void Dispose() => _output.Dispose();
}
