namespace Loyalty.Host;

/// <summary>What a run has beside its results until they are in place; removed when the process is made to end before.</summary>
internal static class Unfinished
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal);
    private static bool s_inPlace;

    /// <summary>Notes a file, or a folder that is new, before it is made.</summary>
    public static void Add(string path)
    {
        lock (Gate)
        {
            Paths.Add(path);
        }
    }

    /// <summary>Forgets what is not there any more, or is there to stay.</summary>
    public static void Remove(string path)
    {
        lock (Gate)
        {
            Paths.Remove(path);
        }
    }

    /// <summary>Renames files to their places, all or none as far as <see cref="TryGiveUp"/> is concerned.</summary>
    public static void PutInPlace(IEnumerable<(string Beside, string Target)> files)
    {
        lock (Gate)
        {
            foreach (var (beside, target) in files)
            {
                File.Move(beside, target, overwrite: true);
                Paths.Remove(beside);
            }

            s_inPlace = true;
        }
    }

    /// <summary>Removes everything noted, unless results are in place; from then on no result is put in place.</summary>
    /// <returns>Whether it was removed; the caller ends the process.</returns>
    public static bool TryGiveUp()
    {
        Gate.Enter();
        if (s_inPlace)
        {
            Gate.Exit();
            return false;
        }

        Sweep();

        // A thread that has not heard of it yet may begin a file until the process is gone.
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => Sweep();
        return true;
    }

    private static void Sweep()
    {
        // Files before the folders they are in.
        foreach (var path in Paths.OrderByDescending(static p => p.Length))
        {
            if (!Directory.Exists(path))
            {
                File.Delete(path);
            }
            else if (!Directory.EnumerateFileSystemEntries(path).Any())
            {
                Directory.Delete(path);
            }
        }
    }
}
