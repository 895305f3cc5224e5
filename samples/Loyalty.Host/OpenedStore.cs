using Loyalty.Host.Db;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;

namespace Loyalty.Host;

/// <summary>A store as a command uses it: opened from its place, and kept there when a run is done.</summary>
internal sealed class OpenedStore : IDisposable
{
    private readonly StateLock? _lock;
    private readonly PostgresPlace? _place;
    private readonly string? _stateFile;

    private OpenedStore(ILoyaltyStore store, string? stateFile, StateLock? held, PostgresPlace? place = null)
    {
        _place = place;
        Store = store;
        _stateFile = stateFile;
        _lock = held;
    }

    public ILoyaltyStore Store { get; }

    /// <summary>Opens the store for a run; an absent state file is an empty store.</summary>
    public static OpenedStore ForRun(StoreChoice choice)
    {
        if (choice.StateFile is not { } path)
        {
            return new OpenedStore(new InMemoryStore(), null, null);
        }

        var held = StateLock.Take(path);
        try
        {
            return new OpenedStore(File.Exists(path) ? SnapshotFile.Load(path) : new InMemoryStore(), path, held);
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
    /// <param name="cancellation">Gives up.</param>
    public static async Task<OpenedStore> ForReadingAsync(StoreChoice choice, string? tenant, CancellationToken cancellation)
    {
        if (choice.Postgres is { } connection)
        {
            var place = tenant is null ? await PostgresPlace.OpenOnlyAsync(connection, cancellation) : PostgresPlace.Open(connection, tenant);
            return new OpenedStore(place.Store, null, null, place);
        }

        if (!File.Exists(choice.StateFile))
        {
            throw new CommandException($"there is no state file '{choice.StateFile}'; `loyalty sync --state` creates it.");
        }

        return new OpenedStore(SnapshotFile.Load(choice.StateFile), choice.StateFile, null);
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
    public static void CheckOwner(LoyaltyProgram stored, LoyaltyProgram given)
    {
        if (!string.Equals(stored.Tenant, given.Tenant, StringComparison.Ordinal))
        {
            throw new CommandException($"the store belongs to tenant '{stored.Tenant}', but the program is of '{given.Tenant}'.");
        }

        if (!stored.Currency.Equals(given.Currency))
        {
            throw new CommandException($"the store keeps amounts in {stored.Currency}, but the program is in {given.Currency}.");
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
        return (SnapshotFile.Prepare((InMemoryStore)Store, _stateFile), _stateFile);
    }

    public void Dispose()
    {
        _lock?.Dispose();
        _place?.Dispose();
    }
}
