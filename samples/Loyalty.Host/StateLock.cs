namespace Loyalty.Host;

/// <summary>Keeps a second run off a state file: a lock file beside it, held open and removed at the end.</summary>
internal sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <exception cref="CommandException">Another run is at work on the file.</exception>
    public static StateLock Take(string stateFile)
    {
        var path = stateFile + ".lock";
        try
        {
            return new StateLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new CommandException(
                $"another run is at work on the state file '{stateFile}' (it holds '{path}'); nothing was changed. Wait until it has ended.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
