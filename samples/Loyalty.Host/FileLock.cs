using Loyalty.Host.Output;

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
    /// <exception cref="CommandException">There is a file of that name that is no lock, or one that the run uses otherwise.</exception>
    public static FileLock? TryTake(string path)
    {
        PathsInUse.ThrowIfUsed(path);
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

            if (!IsLock(file))
            {
                file.Dispose();
                throw new CommandException($"'{path}' is the name of a lock, but a file of something else stands there; move it, or choose another place.");
            }

            // Between opening and locking, the process that held it may have removed the file; then others lock a new one.
            file.SetLength(Random.Shared.Next(1, 4_096));
            var place = new FileInfo(path);
            if (place.Exists && place.Length == file.Length)
            {
                Unfinished.Add(path);
                PathsInUse.Add(path, "the lock of the run");
                return new FileLock(file, path);
            }

            file.Dispose();
        }
    }

    /// <summary>A lock that a killed run left is some zeros; anything else is not ours to overwrite and delete.</summary>
    private static bool IsLock(FileStream file)
    {
        Span<byte> content = stackalloc byte[4_096];
        if (file.Length > content.Length)
        {
            return false;
        }

        content = content[..file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
        return content.IndexOfAnyExcept((byte)0) < 0;
    }

    public void Dispose()
    {
        PathsInUse.Remove(_path);
        File.Delete(_path);
        Unfinished.Remove(_path);
        _file.Dispose();
    }
}
