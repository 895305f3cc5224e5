using System.Diagnostics;
using System.Globalization;
using Loyalty.Host.Output;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Simulate;

/// <summary><c>loyalty simulate</c>: who would stand where under another program; nothing is stored.</summary>
internal static class SimulateCommand
{
    public static async Task<int> RunAsync(
        string programPath, StoreChoice choice, DateOnly? since, string folder, bool safe, bool json, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var program = ProgramFile.ReadWithTiers(programPath);
        using var opened = await OpenedStore.ForReadingAsync(choice, program.Tenant, StateParts.Members, cancellation);
        var status = await opened.Store.Members.GetStatusAsync(cancellation)
            ?? throw new CommandException("the store is empty; `loyalty sync` fills it.");
        OpenedStore.CheckOwner(status.Program, program);
        if (since > status.AsOf)
        {
            throw new CommandException($"--since {Text(since.Value)} is after {Text(status.AsOf)}, the date through which the store was reviewed.");
        }

        using var output = new OutputFolder(folder, programPath, choice.StateFile);
        var moves = new LevelMoves(status, program, since);
        using (var table = new CsvTable(output.Create("changes.csv"), safe, "handle", "level_now", "level_simulated", "first_difference_on"))
        {
            await foreach (var member in opened.Store.Members.SimulateAsync(program, since, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                moves.Count(member);
                if (member.FirstDifferenceOn is { } first)
                {
                    table.Text(member.Handle).Text(member.Level.Name).Text(member.Simulated.Level.Name).Date(first).EndRow();
                }

                console.Progress("simulating", moves.Members, status.Members);
            }
        }

        var summary = moves.Json((long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        await output.CommitAsync(summary);
        console.WriteLine(json ? summary.TrimEnd() : moves.Table(folder));
        return ExitCode.Done;
    }

    private static string Text(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
