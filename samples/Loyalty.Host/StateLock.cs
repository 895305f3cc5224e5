using Loyalty.Host.Output;
using Loyalty.Storage.Files;

namespace Loyalty.Host;

/// <summary>Keeps a second run off a state file: a lock file beside it.</summary>
internal sealed class StateLock : IDisposable
{
    private readonly FileLock _lock;
    private readonly string _stateFile;

    private StateLock(FileLock held, string stateFile)
    {
        _lock = held;
        _stateFile = stateFile;
    }

    /// <summary>Takes the lock, makes the folder if it is missing, and removes what a killed run left beside the file.</summary>
    /// <exception cref="CommandException">Another run is at work on the file, or it is a folder.</exception>
    public static StateLock Take(string stateFile)
    {
        if (Directory.Exists(stateFile))
        {
            throw new CommandException($"'{stateFile}' is a folder; --state names a file.");
        }

        if (Path.GetDirectoryName(stateFile) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        PathsInUse.ThrowIfUsed(stateFile);
        PathsInUse.ThrowIfUsed(Beside(stateFile));
        PathsInUse.ThrowIfUsed(QueueSnapshot.JournalOf(stateFile));
        var path = stateFile + ".lock";
        PathsInUse.ThrowIfUsed(path);
        ThrowIfForeign(Beside(stateFile), "LOYALTY\n"u8, "the new state");
        ThrowIfForeign(QueueSnapshot.JournalOf(stateFile), "LOYALTYQ"u8, "what the queue does");
        var held = FileLock.TryTake(path) ?? throw new CommandException(
            $"another run is at work on the state file '{stateFile}' (it holds '{path}'); nothing was changed. Wait until it has ended.");
        PathsInUse.Add(stateFile, "the state file");
        PathsInUse.Add(Beside(stateFile), "where the new state is written", isMade: true);
        PathsInUse.Add(QueueSnapshot.JournalOf(stateFile), "where it is written what the queue does", isMade: true);
        return new StateLock(held, stateFile);
    }

    /// <summary>Fails when the state file is an input of the run, too.</summary>
    public static void ThrowIfInput(string stateFile)
    {
        PathsInUse.Remove(stateFile);
        PathsInUse.ThrowIfUsed(stateFile);
        PathsInUse.Add(stateFile, "the state file");
    }

    /// <summary>What a killed run left is overwritten; a file of somebody else's is not.</summary>
    private static void ThrowIfForeign(string path, ReadOnlySpan<byte> magic, string what)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[8];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (!magic.StartsWith(head))
        {
            throw new CommandException($"'{path}' is where {what} is to be written, but it is a file of something else; move it, or give another --state.");
        }
    }

    /// <summary>Where a state is written before it takes the place of the old one.</summary>
    public static string Beside(string stateFile) => stateFile + ".new";

    public void Dispose()
    {
        PathsInUse.Remove(_stateFile);
        PathsInUse.Remove(Beside(_stateFile));
        PathsInUse.Remove(QueueSnapshot.JournalOf(_stateFile));
        _lock.Dispose();
    }
}
