using System.Diagnostics;
using System.Text;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Points;

namespace Loyalty.Host.Points;

/// <summary><c>loyalty points</c>: orders, refunds and claims in; enrollments, entries, balances, operations and messages out.</summary>
internal static class PointsCommand
{
    public static async Task<int> RunAsync(PointsOptions options, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var program = Read(options.Program);
        var encoding = ProgramFile.NamedEncoding(options.Encoding);
        foreach (var path in (ReadOnlySpan<string?>)[options.Orders, options.Redemptions, options.Refunds, options.Preferences, options.Contacts])
        {
            ProgramFile.RequireInput(path);
        }

        using var opened = OpenedStore.ForRun(options.Store, program, StateParts.Points | StateParts.Queue);
        using var results = await RunAsync(opened.Store.Points, options, program, encoding, console, cancellation);
        results.Keep(opened, cancellation);
        var summary = new PointsSummary(results.Rows, results.EntriesNew, results.RefundsOverOrder, results.Totals, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        var json = summary.Json(program.Currency);
        await results.PutInPlaceAsync(json);
        opened.RemoveJournal();

        // Not earlier: of a run that fails there is nothing to tell but why.
        foreach (var note in results.Input.Notes)
        {
            console.Note(note);
        }

        if (results.Rows.Rejected > 0)
        {
            console.Note($"{results.Rows.Rejected} of {results.Rows.Read} rows rejected; rejects.csv lists each with line, column and reason.");
        }

        if (results.RefundsOverOrder > 0)
        {
            console.Note(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"refunds over their order: {results.RefundsOverOrder} asked for more than was left of the order; they were taken as far as it reaches."));
        }

        console.WriteLine(options.Json ? json.TrimEnd() : summary.Table(program.Currency, options.AsOf, options.Out));
        return options.Strict && results.Rows.Rejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static async Task<PointsResults> RunAsync(
        IPointsStore points, PointsOptions options, LoyaltyProgram program, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        PointsResults? results = null;
        try
        {
            return await points.RunAsync(
                program,
                options.AsOf,
                Now,
                async (open, stop) =>
                {
                    // An attempt that was interrupted leaves files behind that the next one writes anew.
                    results?.Dispose();
                    results = null;
                    var input = await FeedAsync(open, options, program, encoding, console, stop);
                    console.Progress("closing days", 0, 0);
                    var result = await open.CloseDaysAsync(stop);
                    console.Progress("writing", 0, 0);
                    return results = await PointsResults.WriteAsync(options, program, input, result, open, Now, stop);
                },
                cancellation);
        }
        catch
        {
            results?.Dispose();
            throw;
        }
    }

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    private static async Task<PointsInput> FeedAsync(
        IPointsRun open, PointsOptions options, LoyaltyProgram program, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        console.Progress("reading", 0, 0);
        var input = PointsInput.Read(options, program, encoding, cancellation);
        await open.AddOrdersAsync(input.Orders.Rows, cancellation);
        await open.AddRefundsAsync(input.Refunds?.Rows ?? [], cancellation);
        await open.AddRedemptionsAsync(input.Redemptions?.Rows ?? [], cancellation);
        return input;
    }

    private static LoyaltyProgram Read(string path)
    {
        var program = ProgramFile.Read(path);
        return program.Points is not null
            ? program
            : throw new CommandException($"{Path.GetFileName(path)}: $.points: is missing, but this command needs it; add the section.");
    }
}
