using Loyalty.Host.Db;
using Loyalty.Postgres.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Creators;
using Npgsql;

namespace Loyalty.Host.Creators;

/// <summary>A store of creators as a command uses it: opened from its place, and kept there when a run is done.</summary>
internal sealed class OpenedCreators : IDisposable
{
    private readonly StateLock? _lock;
    private readonly string? _stateFile;
    private readonly NpgsqlDataSource? _source;

    private OpenedCreators(ICreatorStore store, string? stateFile, StateLock? held, NpgsqlDataSource? source) =>
        (Store, _stateFile, _lock, _source) = (store, stateFile, held, source);

    public ICreatorStore Store { get; }

    /// <summary>Opens the store for changes; an absent state file is an empty store.</summary>
    public static OpenedCreators ForRun(StoreChoice choice, string tenant)
    {
        if (choice.Postgres is not null)
        {
            return OnPostgres(choice, tenant);
        }

        if (choice.StateFile is not { } path)
        {
            return new OpenedCreators(new InMemoryCreatorStore(), null, null, null);
        }

        var held = StateLock.Take(path);
        try
        {
            return new OpenedCreators(File.Exists(path) ? CreatorsSnapshot.Load(path) : new InMemoryCreatorStore(), path, held, null);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens the store for reading; it must exist.</summary>
    public static OpenedCreators ForReading(StoreChoice choice, string tenant) => choice.Postgres is not null ? OnPostgres(choice, tenant)
        : File.Exists(choice.StateFile) ? new OpenedCreators(CreatorsSnapshot.Load(choice.StateFile), choice.StateFile, null, null)
        : throw new CommandException($"there is no state file '{choice.StateFile}'; `loyalty import --state` creates it.");

    /// <summary>Writes the state beside its file, to be put in place with the other results.</summary>
    public (string Prepared, string Target)? PrepareState()
    {
        if (_stateFile is null)
        {
            return null;
        }

        Unfinished.Add(StateLock.Beside(_stateFile));
        return (CreatorsSnapshot.Prepare((InMemoryCreatorStore)Store, _stateFile), _stateFile);
    }

    /// <summary>Keeps what was changed.</summary>
    public void Save()
    {
        if (PrepareState() is { } prepared)
        {
            File.Move(prepared.Prepared, prepared.Target, overwrite: true);
        }
    }

    public void Dispose()
    {
        _lock?.Dispose();
        _source?.Dispose();
    }

    private static OpenedCreators OnPostgres(StoreChoice choice, string tenant)
    {
        var source = DatabaseCommand.Open(choice.Postgres!);
        return new OpenedCreators(new PostgresCreatorStore(source, tenant), null, null, source);
    }
}
