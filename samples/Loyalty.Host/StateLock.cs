namespace Loyalty.Host;

/// <summary>Keeps a second run off a state file: a lock file beside it.</summary>
internal sealed class StateLock : IDisposable
{
    private readonly FileLock _lock;

    private StateLock(FileLock held) => _lock = held;

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

        var path = stateFile + ".lock";
        var held = FileLock.TryTake(path) ?? throw new CommandException(
            $"another run is at work on the state file '{stateFile}' (it holds '{path}'); nothing was changed. Wait until it has ended.");
        File.Delete(Beside(stateFile));
        return new StateLock(held);
    }

    /// <summary>Where a state is written before it takes the place of the old one.</summary>
    public static string Beside(string stateFile) => stateFile + ".new";

    public void Dispose() => _lock.Dispose();
}
