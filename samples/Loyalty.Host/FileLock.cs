namespace Loyalty.Host;

/// <summary>A lock that processes share: a file held open for this one alone, and removed at the end.</summary>
/// <remarks>The system lets go of the lock when a process is killed; the file it leaves behind locks nobody out.</remarks>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _path;

    private FileLock(FileStream file, string path)
    {
        _file = file;
        _path = path;
    }

    /// <summary>Takes the lock, or gives <see langword="null"/> when another process holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        while (true)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException) when (File.Exists(path))
            {
                return null;
            }

            // Between opening and locking, the process that held it may have removed the file; then others lock a new one.
            file.SetLength(Random.Shared.Next(1, 4_096));
            var place = new FileInfo(path);
            if (place.Exists && place.Length == file.Length)
            {
                Unfinished.Add(path);
                return new FileLock(file, path);
            }

            file.Dispose();
        }
    }

    public void Dispose()
    {
        File.Delete(_path);
        Unfinished.Remove(_path);
        _file.Dispose();
    }
}
