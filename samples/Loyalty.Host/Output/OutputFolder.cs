namespace Loyalty.Host.Output;

/// <summary>The files of a run: written beside their places, and put in place together when the run succeeded.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly List<(string Beside, string Target)> _files = [];
    private readonly string _folder;
    private string? _state;

    public OutputFolder(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>A new file that will have this name in the folder.</summary>
    public FileStream Create(string name) => CreateAt(Path.Combine(_folder, name));

    /// <summary>A new file that will have this path.</summary>
    public FileStream CreateAt(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CommandException($"'{path}' is a folder, but a file is to be written there; remove it or choose another --out.");
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var beside = $"{path}.{Environment.ProcessId}.new";
        var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        _files.Add((beside, path));
        return stream;
    }

    /// <summary>Adds the state, which was written elsewhere; it is put in place last.</summary>
    public void AddState(string prepared, string target)
    {
        _files.Add((prepared, target));
        _state = prepared;
    }

    /// <summary>Puts all files in place, the state last: a run cut short here is repeated with the same results.</summary>
    public void CommitWithStateLast()
    {
        foreach (var (beside, target) in _files.Where(f => f.Beside != _state).Concat(_files.Where(f => f.Beside == _state)))
        {
            File.Move(beside, target, overwrite: true);
        }

        _files.Clear();
    }

    /// <summary>Removes what was written and not put in place.</summary>
    public void Dispose()
    {
        foreach (var (beside, _) in _files)
        {
            File.Delete(beside);
        }

        _files.Clear();
    }
}
