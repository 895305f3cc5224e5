using Loyalty.Host.Db;
using Loyalty.Host.Output;
using Loyalty.Money;
using Loyalty.Postgres;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Queue;
using Loyalty.Programs;
using Loyalty.Sqlite;
using Loyalty.Storage;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Queue;
using Npgsql;

namespace Loyalty.Host;

/// <summary>A store as a command uses it: opened from its place, and kept there when a run is done.</summary>
internal sealed class OpenedStore : IDisposable
{
    /// <summary>Whose store it is when no program says so.</summary>
    private const string NoTenant = "default";

    /// <summary>The currency when no program says so.</summary>
    private const string NoCurrency = "USD";

    private readonly IDisposable? _source;
    private readonly StateLock? _lock;
    private readonly string? _stateFile;
    private readonly string[] _paths = [];
    private IJobStore? _jobs;

    private OpenedStore(ILoyaltyStore store, IDisposable source, params string[] paths)
    {
        Store = store;
        _source = source;
        _paths = paths;
        foreach (var path in paths)
        {
            PathsInUse.Add(path, "where the SQLite file is kept", isMade: true);
        }
    }

    private OpenedStore(InMemoryLoyaltyStore store, string? stateFile, StateLock? held)
    {
        Store = store;
        _stateFile = stateFile;
        _lock = held;
    }

    public ILoyaltyStore Store { get; }

    /// <summary>Which occurrences of jobs were begun.</summary>
    public IJobStore Jobs => _jobs ?? throw new CommandException("a state file keeps no jobs; give --sqlite FILE or --postgres CONNECTION.");

    /// <summary>Whether anything of a run is there afterwards.</summary>
    public bool IsKept => IsCommitted || _stateFile is not null;

    /// <summary>Whether a run is kept by its commit, with all that it was given; of others the results put the state in place.</summary>
    public bool IsCommitted => _source is not null;

    /// <summary>Opens the store for a run; an absent state file is an empty store.</summary>
    /// <param name="choice">Where it is.</param>
    /// <param name="program">Whose it is; without one, the owner of the state file, or nobody's.</param>
    /// <param name="parts">What is used of it.</param>
    public static OpenedStore ForRun(StoreChoice choice, LoyaltyProgram? program, StateParts parts)
    {
        var (tenant, currency) = (program?.Tenant ?? NoTenant, program?.Currency ?? Currency.Get(NoCurrency));
        if (choice.Postgres is { } connection)
        {
            var source = DatabaseCommand.Open(connection);
            return new OpenedStore(new PostgresLoyaltyStore(source, tenant, currency), source) { _jobs = new PostgresJobStore(source, tenant) };
        }

        if (choice.Sqlite is { } file)
        {
            return OpenSqlite(file, program);
        }

        if (choice.StateFile is not { } path)
        {
            // Nothing of it is there after the run, whose files hold no texts of activities.
            return new OpenedStore(new InMemoryLoyaltyStore(tenant, currency, TimeProvider.System) { KeepsTexts = false }, null, null);
        }

        var held = StateLock.Take(path);
        try
        {
            var store = File.Exists(path) ? StateFile.Load(path, parts, TimeProvider.System) : new InMemoryLoyaltyStore(tenant, currency, TimeProvider.System);
            if (program is not null)
            {
                CheckOwner(store.Tenant, store.Currency, program);
            }

            return new OpenedStore(store, path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens the store for reading; it must exist.</summary>
    /// <param name="choice">Where it is.</param>
    /// <param name="tenant">Whose it is; without one, a database must have one tenant only.</param>
    /// <param name="parts">What is used of it.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<OpenedStore> ForReadingAsync(StoreChoice choice, string? tenant, StateParts parts, CancellationToken cancellation)
    {
        if (choice.Sqlite is { } file)
        {
            return File.Exists(file)
                ? OpenSqlite(file, program: null, mayCreate: false)
                : throw new CommandException($"there is no SQLite file '{file}'; `loyalty sync --sqlite` creates it.");
        }

        if (choice.Postgres is not { } connection)
        {
            return File.Exists(choice.StateFile)
                ? new OpenedStore(StateFile.Load(choice.StateFile, parts), choice.StateFile, null)
                : throw new CommandException($"there is no state file '{choice.StateFile}'; `loyalty sync --state` creates it.");
        }

        var source = DatabaseCommand.Open(connection);
        try
        {
            tenant ??= await OnlyTenantAsync(source, cancellation);
            var stored = await new PostgresMemberStore(source, tenant).GetStatusAsync(cancellation);
            return new OpenedStore(new PostgresLoyaltyStore(source, tenant, stored?.Program.Currency ?? Currency.Get(NoCurrency)), source);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes sure that a store is of a tenant, if one was named.</summary>
    public static void CheckTenant(LoyaltyProgram stored, string? tenant)
    {
        if (tenant is not null && !string.Equals(stored.Tenant, tenant, StringComparison.Ordinal))
        {
            throw new CommandException($"the store belongs to tenant '{stored.Tenant}', not to '{tenant}'.");
        }
    }

    /// <summary>Makes sure that a program is of the same tenant and currency as the store.</summary>
    public static void CheckOwner(LoyaltyProgram stored, LoyaltyProgram given) => CheckOwner(stored.Tenant, stored.Currency, given);

    /// <summary>Writes the state beside its file, if it has one, to be put in place with the other results. Until then the run can be given up.</summary>
    public (string Prepared, string Target)? PrepareState(CancellationToken cancellation)
    {
        if (IsCommitted)
        {
            return null;
        }

        (string, string)? prepared = null;
        if (_stateFile is not null)
        {
            Unfinished.Add(StateLock.Beside(_stateFile));
            prepared = (StateFile.Prepare((InMemoryLoyaltyStore)Store, _stateFile), _stateFile);
            if (cancellation.IsCancellationRequested)
            {
                // Nobody puts it in place any more.
                File.Delete(StateLock.Beside(_stateFile));
            }
        }

        cancellation.ThrowIfCancellationRequested();
        return prepared;
    }

    /// <summary>Removes the journal of the queue, when the state file that was just put in place holds what it said.</summary>
    public void RemoveJournal()
    {
        if (_stateFile is not null)
        {
            File.Delete(QueueSnapshot.JournalOf(_stateFile));
        }
    }

    public void Dispose()
    {
        _lock?.Dispose();
        _source?.Dispose();
        foreach (var path in _paths)
        {
            PathsInUse.Remove(path);
        }
    }

    /// <summary>Opens a SQLite file, which says itself whose it is.</summary>
    private static OpenedStore OpenSqlite(string path, LoyaltyProgram? program, bool mayCreate = true)
    {
        if (Directory.Exists(path))
        {
            throw new CommandException($"'{path}' is a folder; --sqlite names a file.");
        }

        if (mayCreate && Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var paths = PathsOf(path);
        var owner = SqliteLoyaltyStore.OwnerOf(path);
        if (owner is { } known && program is not null)
        {
            CheckOwner(known.Tenant, known.Currency, program);
        }

        var store = new SqliteLoyaltyStore(
            path, owner?.Tenant ?? program?.Tenant ?? NoTenant, owner?.Currency ?? program?.Currency ?? Currency.Get(NoCurrency), mayCreate);
        return new OpenedStore(store, store, paths) { _jobs = store.Jobs };
    }

    /// <summary>The files of a SQLite file: it keeps others beside it while it is open, and takes what stands there for its own.</summary>
    /// <exception cref="CommandException">The run uses one of them otherwise.</exception>
    internal static string[] PathsOf(string path)
    {
        string[] paths = [path, $"{path}-wal", $"{path}-shm", $"{path}-journal"];
        foreach (var used in paths)
        {
            PathsInUse.ThrowIfUsed(used);
        }

        return paths;
    }

    private static void CheckOwner(string tenant, Currency currency, LoyaltyProgram given)
    {
        if (!string.Equals(tenant, given.Tenant, StringComparison.Ordinal))
        {
            throw new CommandException($"The store belongs to tenant '{tenant}', but the program is of '{given.Tenant}'; use the tenant's own store.");
        }

        if (!currency.Equals(given.Currency))
        {
            throw new CommandException($"The store keeps amounts in {currency}, but the program is in {given.Currency}; the currency of a store cannot change.");
        }
    }

    /// <summary>The only tenant that a connection may see, for commands that were told none.</summary>
    private static async Task<string> OnlyTenantAsync(NpgsqlDataSource source, CancellationToken cancellation) =>
        await PostgresLoyaltyStore.ListTenantsAsync(source, cancellation) switch
        {
            [var tenant] => tenant,
            [] => throw new CommandException(
                "the connection sees no tenant: the application's role sees one only when it is named; give --tenant NAME or --program FILE."),
            var tenants => throw new CommandException($"the database has {tenants.Count} tenants; give --tenant NAME or --program FILE."),
        };
}
