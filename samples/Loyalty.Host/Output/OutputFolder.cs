using System.Text;

namespace Loyalty.Host.Output;

/// <summary>The files of a run: written beside their places, and put in place together when the run succeeded.</summary>
/// <remarks>
/// One run at a time writes to a folder. Nothing is deleted but what this run made: what a killed one left beside is overwritten by the next one of the
/// same results.
/// </remarks>
internal sealed class OutputFolder : IDisposable
{
    /// <summary>The ending of files that are not in place yet.</summary>
    public const string Ending = ".loyalty-new";

    private readonly List<(string Beside, string Target)> _files = [];
    private readonly string _folder;
    private readonly List<string> _inputs = [];
    private readonly bool _isNew;
    private readonly FileLock _lock;
    private string? _state;
    private bool _committed;

    /// <summary>Creates the folder if it is missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="inputs">The files that the run reads; none of them is replaced.</param>
    /// <exception cref="CommandException">Another run is writing to the folder.</exception>
    public OutputFolder(string folder, params ReadOnlySpan<string?> inputs)
    {
        _folder = folder = FilePlace.Resolve(folder);
        foreach (var input in inputs)
        {
            if (input is not null)
            {
                PathsInUse.AddInput(input);
                _inputs.Add(input);
            }
        }

        _isNew = !Directory.Exists(folder);
        if (_isNew)
        {
            Unfinished.Add(folder);
        }

        Make(folder);
        _lock = FileLock.TryTake(Path.Combine(folder, ".loyalty.lock")) ?? throw new CommandException(
            $"another run is writing to '{folder}'; nothing was changed. Wait until it has ended, or choose another --out.");
    }

    /// <summary>The folder.</summary>
    public string Folder => _folder;

    /// <summary>How many files were written so far.</summary>
    public int Count => _files.Count;

    /// <summary>Removes the files that were written after the first ones, so that they can be written anew.</summary>
    public void RemoveAfter(int count)
    {
        foreach (var (beside, _) in _files.Skip(count))
        {
            File.Delete(beside);
        }

        _files.RemoveRange(count, _files.Count - count);
    }

    private static void Make(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CommandException(
                $"the folder '{folder}' for the results cannot be made ({e.Message.TrimEnd('.')}); give a folder that can be written to.", e);
        }
    }

    /// <summary>A new file that will have this name in the folder.</summary>
    public FileStream Create(string name) => CreateAt(Path.Combine(_folder, name));

    /// <summary>A new file that will have this path.</summary>
    public FileStream CreateAt(string path)
    {
        path = FilePlace.Resolve(path);
        ThrowIfTaken(path);
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Make(folder);
        }

        var beside = path + Ending;
        PathsInUse.ThrowIfUsed(beside);
        Unfinished.Add(beside);
        var stream = new ResultFile(beside);
        _files.Add((beside, path));
        return stream;
    }

    /// <summary>Adds the state, which was written elsewhere; it is put in place last.</summary>
    public void AddState(string prepared, string target)
    {
        try
        {
            StateLock.ThrowIfInput(target);
        }
        catch
        {
            File.Delete(prepared);
            throw;
        }

        _files.Add((prepared, target));
        _state = prepared;
    }

    /// <summary>Writes the summary of the run beside the other files, and puts all in place.</summary>
    public async Task CommitAsync(string summary)
    {
        await using (var file = Create("summary.json"))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(summary));
        }

        CommitWithStateLast();
    }

    /// <summary>Puts all files in place, the state last: a run cut short here is repeated with the same results.</summary>
    public void CommitWithStateLast()
    {
        Unfinished.PutInPlace(_files.OrderBy(f => f.Beside == _state));
        _files.Clear();
        _committed = true;
    }

    /// <summary>Removes what was written and not put in place.</summary>
    public void Dispose()
    {
        try
        {
            foreach (var (beside, _) in _files)
            {
                File.Delete(beside);
            }
        }
        finally
        {
            _files.Clear();
            _inputs.ForEach(PathsInUse.Remove);
            _lock.Dispose();
        }

        if (_isNew && !_committed && !Directory.EnumerateFileSystemEntries(_folder).Any())
        {
            Directory.Delete(_folder);
        }
    }

    private void ThrowIfTaken(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CommandException($"'{path}' is a folder, but a file is to be written there; remove it or choose another place.");
        }

        PathsInUse.ThrowIfUsed(path);
        var place = FilePlace.Of(path);
        if (_files.Exists(f => FilePlace.Of(f.Target).IsSameAs(place) || FilePlace.Of(f.Beside).IsSameAs(place)))
        {
            throw new CommandException($"two results are to be written to '{path}'; choose another place for one of them.");
        }
    }
}
