using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;

namespace Loyalty.Host.Points;

/// <summary>A store of points in memory as the command uses it: opened from its place, and kept there when the run is done.</summary>
internal sealed class OpenedPoints : IDisposable
{
    private readonly StateLock? _lock;
    private readonly string? _stateFile;

    private OpenedPoints(IPointsStore store, string? stateFile, StateLock? held)
    {
        Store = store;
        _stateFile = stateFile;
        _lock = held;
    }

    public IPointsStore Store { get; }

    /// <summary>Opens the store for a run; an absent state file is an empty store.</summary>
    public static OpenedPoints ForRun(StoreChoice choice)
    {
        if (choice.StateFile is not { } path)
        {
            return new OpenedPoints(new InMemoryPointsStore(), null, null);
        }

        var held = StateLock.Take(path);
        try
        {
            return new OpenedPoints(File.Exists(path) ? PointsSnapshot.Load(path) : new InMemoryPointsStore(), path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Writes the state beside its file, to be put in place with the other results.</summary>
    public (string Prepared, string Target)? PrepareState()
    {
        if (_stateFile is null)
        {
            return null;
        }

        Unfinished.Add(StateLock.Beside(_stateFile));
        return (PointsSnapshot.Prepare((InMemoryPointsStore)Store, _stateFile), _stateFile);
    }

    public void Dispose() => _lock?.Dispose();
}
