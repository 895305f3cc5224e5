using Loyalty.Ingest;
using Loyalty.Ingest.Payments;
using Loyalty.Postgres.Cutover;
using Loyalty.Storage.Runs;

namespace Loyalty.Host;

/// <summary>Turns what can go wrong into an exit code and one message on stderr.</summary>
internal static class Failures
{
    /// <summary>ENOSPC, EFBIG, EDQUOT of Linux: the disk is full, the file too large, the quota used up.</summary>
    private static readonly int[] OutOfRoom = [28, 27, 122];

    /// <summary>What is said when a command was cancelled.</summary>
    public const string Cancelled = "loyalty: cancelled; nothing was changed.";

    public static async Task<int> GuardAsync(Func<Task<int>> run, bool verbose, CancellationToken cancellation)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(Cancelled);
            return ExitCode.Cancelled;
        }
        catch (ProgramFileException e)
        {
            await Console.Error.WriteLineAsync($"loyalty: the program file '{e.Path}' cannot be used; it has {e.Faults.Count} fault{(e.Faults.Count == 1 ? "" : "s")}:");
            foreach (var fault in e.Faults)
            {
                await Console.Error.WriteLineAsync($"  {fault}");
            }

            return ExitCode.Failed;
        }
        catch (Exception e) when (e is CommandException or SourceException or StoreException or CutoverException or PageSourceException or OverflowException or IOException
            or UnauthorizedAccessException or System.Data.Common.DbException or ArgumentException or OutOfMemoryException)
        {
            await Console.Error.WriteLineAsync($"loyalty: {Message(e).ReplaceLineEndings(" ")}");
            if (verbose)
            {
                await Console.Error.WriteLineAsync(e.ToString());
            }

            return ExitCode.Failed;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync(
                $"loyalty: an unexpected error, nothing was changed: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} (--verbose shows where)");
            if (verbose)
            {
                await Console.Error.WriteLineAsync(e.ToString());
            }

            return ExitCode.Failed;
        }
    }

    /// <summary>What happened and, where the system's own words do not say it, what to do.</summary>
    private static string Message(Exception e) => e switch
    {
        // The name of a parameter is nothing to a user.
        ArgumentException { ParamName: { } name } => e.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal),
        UnauthorizedAccessException => $"{e.Message} Nothing was changed; give this user the right to it, or choose another place.",
        IOException when Array.IndexOf(OutOfRoom, e.HResult) >= 0 => $"{e.Message}; nothing was changed. Make room, or choose another place.",
        _ => e.Message,
    };
}
