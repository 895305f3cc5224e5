using System.Diagnostics;
using System.Text;
using Loyalty.Host.Db;
using Loyalty.Money;
using Loyalty.Postgres.Points;
using Loyalty.Programs;
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
        foreach (var path in (ReadOnlySpan<string?>)[options.Orders, options.Redemptions, options.Refunds, options.Preferences])
        {
            ProgramFile.RequireInput(path);
        }

        using var results = options.Store.Postgres is { } connection
            ? await OnPostgresAsync(connection, options, program, encoding, console, cancellation)
            : await OnFileAsync(options, program, encoding, console, cancellation);
        var summary = new PointsSummary(results.Rows, results.EntriesNew, results.Totals, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        var json = summary.Json(program.Currency);
        await results.PutInPlaceAsync(json);

        // Not earlier: of a run that fails there is nothing to tell but why.
        foreach (var note in results.Input.Notes)
        {
            console.Note(note);
        }

        if (results.Rows.Rejected > 0)
        {
            console.Note($"{results.Rows.Rejected} of {results.Rows.Read} rows rejected; rejects.csv lists each with line, column and reason.");
        }

        console.WriteLine(options.Json ? json.TrimEnd() : summary.Table(program.Currency, options.AsOf, options.Out));
        return options.Strict && results.Rows.Rejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static async Task<PointsResults> OnFileAsync(
        PointsOptions options, LoyaltyProgram program, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        var opened = OpenedPoints.ForRun(options.Store);
        try
        {
            await using var session = await opened.Store.BeginRunAsync(program, options.AsOf, Now, cancellation);
            var input = await FeedAsync(session, options, program, encoding, console, cancellation);
            console.Progress("closing days", 0, 0);
            var result = await session.CompleteAsync(cancellation);
            console.Progress("writing", 0, 0);
            var results = await PointsResults.WriteAsync(options, program, input, result, opened.Store.ReadMembersAsync(cancellation), cancellation);
            try
            {
                results.Keep(opened, cancellation);
                return results;
            }
            catch
            {
                results.Dispose();
                throw;
            }
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private static async Task<PointsResults> OnPostgresAsync(
        string connection, PointsOptions options, LoyaltyProgram program, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        await using var source = DatabaseCommand.Open(connection);
        var store = new PostgresPointsStore(source, program.Tenant);
        PointsInput? input = null;
        PointsResults? results = null;
        try
        {
            await store.RunAsync(
                program,
                options.AsOf,
                Now,
                async (session, stop) =>
                {
                    input = await FeedAsync(session, options, program, encoding, console, stop);
                    console.Progress("closing days", 0, 0);
                },
                async (result, members, stop) =>
                {
                    // An attempt that was interrupted leaves files behind that the next one writes anew.
                    results?.Dispose();
                    results = null;
                    console.Progress("writing", 0, 0);
                    results = await PointsResults.WriteAsync(options, program, input!, result, members, stop);
                },
                cancellation);
            return results!;
        }
        catch
        {
            results?.Dispose();
            throw;
        }
    }

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    private static async Task<PointsInput> FeedAsync(
        IPointsSession session, PointsOptions options, LoyaltyProgram program, Encoding? encoding, HostConsole console, CancellationToken cancellation)
    {
        console.Progress("reading", 0, 0);
        var input = PointsInput.Read(options, program, encoding, cancellation);
        await session.AddOrdersAsync(input.Orders.Rows, cancellation);
        await session.AddRefundsAsync(input.Refunds?.Rows ?? [], cancellation);
        await session.AddRedemptionsAsync(input.Redemptions?.Rows ?? [], cancellation);
        return input;
    }

    private static LoyaltyProgram Read(string path)
    {
        var program = ProgramFile.Read(path);
        return program.Points is not null
            ? program
            : throw new CommandException($"{Path.GetFileName(path)}: the program has no \"points\" section, which this command needs; add one.");
    }
}
