using System.Diagnostics;
using Loyalty.Creators;
using Loyalty.Host.Creators;
using Loyalty.Host.Output;
using Loyalty.Ingest.Creators;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Import;

/// <summary><c>loyalty import</c>: exports of creators in, creators, conflicts, links, provenance, rejects and a summary out.</summary>
internal static class ImportCommand
{
    public static async Task<int> RunAsync(ImportOptions options, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var program = CreatorProgram.Of(options.Program);
        foreach (var source in options.Sources)
        {
            ProgramFile.RequireInput(source.Path);
        }

        // A run on a database has the stored records besides, of which much is let go of.
        using var heap = options.Store is { Postgres: null, Sqlite: null } ? new ImportHeap(options.Sources.Sum(static s => new FileInfo(s.Path).Length)) : null;
        string?[] inputs = [options.Program, .. options.Sources.Select(static s => s.Path)];
        using var output = new OutputFolder(options.Out, inputs);
        using var input = new ImportInput(
            options,
            new CreatorFileOptions
            {
                Region = options.Region, Currency = program.Currency, Signs = CurrencySigns.Of(program.Currency, program.Signs), DecimalComma = options.DecimalComma, Encoding = ProgramFile.NamedEncoding(options.Encoding),
            },
            options.Out);
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reading = input.ReadAsync(console, stopReading.Token);
        using var opened = await OpenBesideAsync(reading, stopReading, options.Store, program);
        await reading;
        input.WriteTo(output);
        console.Progress("merging", 0, 0);

        var written = output.Count;
        await using var files = new ImportFiles(program.Currency, options.SafeCsv);
        var outcome = await opened.Store.Creators.RunAsync(
            program,
            new CreatorImportOptions { Brand = options.Brand, AsOf = options.AsOf },
            async (run, stop) =>
            {
                // An attempt that was interrupted leaves files behind that the next one writes anew.
                await files.GiveUpAsync();
                output.RemoveAfter(written);
                await run.TakeAsync(input.Files, stop);
                var decided = await run.DecideAsync(stop);
                await files.ReadAsync(run, decided.Order, output, stop);
                if (opened.IsCommitted)
                {
                    // Nothing is committed of which the results cannot be written. A state file is put in place with them, and is written beside them.
                    await files.WrittenAsync();
                }

                return decided;
            },
            cancellation);
        if (opened.PrepareState(opened.IsCommitted ? CancellationToken.None : cancellation) is { } prepared)
        {
            output.AddState(prepared.Prepared, prepared.Target);
        }

        await files.WrittenAsync();

        var summary = ImportSummary.Json(outcome, input, files, options.AsOf, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        await output.CommitAsync(summary);

        // Not earlier: of a run that fails there is nothing to tell but why.
        foreach (var file in input.Files)
        {
            Tell(file, console);
        }

        console.WriteLine(options.Json ? summary.TrimEnd() : ImportSummary.Table(outcome, input, files, options.Out));
        return options.Strict && input.RowsRejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    /// <summary>Opens the store while the files are being read; when that fails, reading stops.</summary>
    private static async Task<OpenedStore> OpenBesideAsync(Task reading, CancellationTokenSource stopReading, StoreChoice store, LoyaltyProgram program)
    {
        try
        {
            return OpenedStore.ForRun(store, program, StateParts.Creators);
        }
        catch
        {
            await stopReading.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static void Tell(SourceStatements file, HostConsole console)
    {
        if (file.RowsRead == 0)
        {
            console.Note($"{file.File} has a header and no rows; nothing is deleted.");
        }
        else if (file.RowsRejected > 0)
        {
            console.Note(RejectLog.Told(file.File, file.RowsRejected, file.RowsRead));
        }
    }
}
