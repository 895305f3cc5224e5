namespace Loyalty.Host.Output;

/// <summary>The files that a run reads, keeps, locks or writes, the names that it makes beside a user's own included; none of them stands in for another.</summary>
internal static class PathsInUse
{
    private static readonly Lock Gate = new();
    private static readonly List<(FilePlace Place, string What, bool IsMade)> Used = [];

    /// <summary>Notes a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="what">What it is to the run, such as <c>an input of the run</c>.</param>
    /// <param name="isMade">Whether the run makes it beside another file, writes it and removes it.</param>
    public static void Add(string path, string what, bool isMade = false)
    {
        var place = FilePlace.Of(path);
        lock (Gate)
        {
            Used.Add((place, what, isMade));
        }
    }

    /// <summary>Notes an input, unless its name is one that the run makes beside another file, which it would write and remove.</summary>
    /// <exception cref="CommandException">It is.</exception>
    public static void AddInput(string path)
    {
        var place = FilePlace.Of(path);
        lock (Gate)
        {
            foreach (var (used, what, isMade) in Used)
            {
                if (isMade && used.IsSameAs(place))
                {
                    throw new CommandException($"'{path}' is an input of the run, and {what}; choose another place for either.");
                }
            }

            Used.Add((place, "an input of the run", false));
        }
    }

    /// <summary>Forgets a file that the run does not use any more.</summary>
    public static void Remove(string path)
    {
        var resolved = FilePlace.Resolve(path);
        lock (Gate)
        {
            Used.RemoveAll(u => string.Equals(u.Place.Path, resolved, StringComparison.Ordinal));
        }
    }

    /// <summary>Fails when a file that is to be written is one that the run uses.</summary>
    /// <exception cref="CommandException">It is.</exception>
    public static void ThrowIfUsed(string path)
    {
        var place = FilePlace.Of(path);
        lock (Gate)
        {
            foreach (var (used, what, _) in Used)
            {
                if (used.IsSameAs(place))
                {
                    throw new CommandException($"'{path}' is {what} and would be overwritten by a result; choose another place for either.");
                }
            }
        }
    }
}
