using Loyalty.Host.Db;
using Loyalty.Host.Output;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Queue;
using Loyalty.Sqlite;
using Loyalty.Storage.Files;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Npgsql;

namespace Loyalty.Host.Queue;

/// <summary>A queue as a command uses it: opened from its place, and kept there when the command is done.</summary>
internal sealed class OpenedQueue : IDisposable
{
    private readonly StateLock? _lock;
    private readonly QueueStateFile? _file;
    private readonly IDisposable? _source;
    private readonly string? _path;
    private readonly IPointsStore? _points;

    private OpenedQueue(IQueueStore store, string tenant, StateLock? held, QueueStateFile? file, string? path, IDisposable? source, IPointsStore? points = null)
    {
        (Store, Tenant, _points) = (store, tenant, points);
        (_lock, _file, _path, _source) = (held, file, path, source);
    }

    public IQueueStore Store { get; }

    public string Tenant { get; }

    /// <summary>Whether the queue lives in a state file, so that this process alone works on it.</summary>
    public bool IsFile => _file is not null;

    /// <summary>Opens the queue.</summary>
    /// <param name="choice">Where it is.</param>
    /// <param name="tenant">Whose it is; without one the store must have one tenant only.</param>
    /// <param name="clock">The clock of a queue in a file.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<OpenedQueue> OpenAsync(StoreChoice choice, string? tenant, TimeProvider clock, CancellationToken cancellation)
    {
        if (choice.Postgres is { } connection)
        {
            var source = DatabaseCommand.Open(connection);
            try
            {
                var name = tenant ?? await OnlyTenantAsync(source, cancellation);
                return new OpenedQueue(new PostgresQueueStore(source, name), name, null, null, null, source, new PostgresPointsStore(source, name));
            }
            catch
            {
                await source.DisposeAsync();
                throw;
            }
        }

        if (choice.Sqlite is { } sqlite)
        {
            return OpenSqlite(sqlite, tenant);
        }

        var path = choice.StateFile!;
        if (!File.Exists(path))
        {
            throw new CommandException($"there is no state file '{path}'; `loyalty points --state` creates it.");
        }

        var held = StateLock.Take(path);
        try
        {
            var file = QueueStateFile.Open(path, clock);
            if (tenant is not null && !string.Equals(tenant, file.Tenant, StringComparison.Ordinal))
            {
                throw new CommandException($"the state file belongs to tenant '{file.Tenant}', not to '{tenant}'.");
            }

            return new OpenedQueue(file.Store, file.Tenant, held, file, path, null);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Whether customers are e-mails, which the program of the points says: then each is known by its normal form.</summary>
    public async Task<bool> CustomersAreEmailsAsync(CancellationToken cancellation) => _file is not null
        ? _file.CustomersAreEmails
        : _points is not null && await _points.GetStatusAsync(cancellation) is { Program.CustomersAreEmails: true };

    /// <summary>From now on what a worker reports is on the disk before it counts.</summary>
    public void StartJournal() => _file?.StartJournal();

    /// <summary>Writes a state file beside its place, to be put there with the other results.</summary>
    public void KeepWith(OutputFolder output)
    {
        if (_file is not null)
        {
            Unfinished.Add(StateLock.Beside(_path!));
            output.AddState(_file.Prepare(), _path!);
        }
    }

    /// <summary>Puts a state file in its place.</summary>
    public void Keep()
    {
        if (_file is not null)
        {
            var beside = StateLock.Beside(_path!);
            Unfinished.Add(beside);
            _file.Prepare();
            Unfinished.PutInPlace([(beside, _path!)]);
            RemoveJournal();
        }
    }

    /// <summary>Removes the journal of a state file that was written anew.</summary>
    public void RemoveJournal()
    {
        if (_file is not null)
        {
            _file.Dispose();
            File.Delete(QueueSnapshot.JournalOf(_path!));
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
        _source?.Dispose();
    }

    private static OpenedQueue OpenSqlite(string path, string? tenant)
    {
        _ = OpenedStore.PathsOf(path);
        var owner = File.Exists(path) ? SqliteLoyaltyStore.OwnerOf(path) : throw new CommandException($"there is no SQLite file '{path}'; `loyalty points --sqlite` creates it.");
        if (owner is not { } known)
        {
            throw new CommandException($"the SQLite file '{path}' is empty; `loyalty points --sqlite` fills it.");
        }

        if (tenant is not null && !string.Equals(tenant, known.Tenant, StringComparison.Ordinal))
        {
            throw new CommandException($"the SQLite file belongs to tenant '{known.Tenant}', not to '{tenant}'.");
        }

        var store = new SqliteLoyaltyStore(path, known.Tenant, known.Currency, mayCreate: false);
        return new OpenedQueue(store.Queue, known.Tenant, null, null, null, store, store.Points);
    }

    private static async Task<string> OnlyTenantAsync(NpgsqlDataSource source, CancellationToken cancellation) =>
        await PostgresQueueStore.ListTenantsAsync(source, cancellation) switch
        {
            [var tenant] => tenant,
            [] => throw new UsageException("the connection sees no tenant: the application's role sees one only when it is named; give --tenant NAME."),
            { Count: var count } => throw new UsageException($"the database has {count} tenants; give --tenant NAME."),
        };
}

/// <summary>Thrown when a command was called wrongly in a way that only the store could tell.</summary>
internal sealed class UsageException(string message) : Exception(message);
