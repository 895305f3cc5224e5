using Loyalty.Money;
using Loyalty.Sqlite.Creators;
using Loyalty.Sqlite.Files;
using Loyalty.Sqlite.Members;
using Loyalty.Sqlite.Points;
using Loyalty.Sqlite.Queue;
using Loyalty.Sqlite.Scores;
using Loyalty.Storage;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Scores;

namespace Loyalty.Sqlite;

/// <summary>A tenant's books in one SQLite file: durable, without a server, written by one run at a time.</summary>
/// <remarks>
/// <para>
/// May be used by several threads. Readers see what was last committed while a run is at work. A second run, in this process or another, is told
/// <see cref="Storage.Runs.StoreFault.AlreadyRunning"/>; nothing waits. A process that is killed leaves the file as it was before its run, or with all of it.
/// </para>
/// <para>Calls work before they return: SQLite has no asynchronous work to wait for. The file must lie on a disk of the machine, not on a network share.</para>
/// </remarks>
public sealed class SqliteLoyaltyStore : ILoyaltyStore, IDisposable
{
    private readonly SqliteFile _file;

    /// <summary>Creates a store; the file is opened by the first call.</summary>
    /// <param name="path">The file. The first run makes it when it is missing; its folder must exist.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    /// <param name="currency">The currency of all amounts.</param>
    /// <param name="mayCreate">Whether a run may make the file.</param>
    /// <param name="clock">The clock of the queue and of jobs; default: that of the system.</param>
    /// <exception cref="ArgumentException">The path or the tenant is empty.</exception>
    public SqliteLoyaltyStore(string path, string tenant, Currency currency, bool mayCreate = true, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        ArgumentNullException.ThrowIfNull(currency);
        (Tenant, Currency) = (tenant, currency);
        _file = new SqliteFile(path, (tenant, currency), mayCreate);
        Members = new SqliteMemberStore(_file);
        Scores = new SqliteScoreStore(_file);
        Points = new SqlitePointsStore(_file);
        Creators = new SqliteCreatorStore(_file);
        Queue = new SqliteQueueStore(_file, clock ?? TimeProvider.System);
        Jobs = new SqliteJobStore(_file, clock ?? TimeProvider.System);
    }

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public string Tenant { get; }

    /// <inheritdoc/>
    public Currency Currency { get; }

    /// <inheritdoc/>
    public IMemberStore Members { get; }

    /// <inheritdoc/>
    public IScoreStore Scores { get; }

    /// <inheritdoc/>
    public IPointsStore Points { get; }

    /// <inheritdoc/>
    public ICreatorStore Creators { get; }

    /// <inheritdoc/>
    public IQueueStore Queue { get; }

    /// <summary>Which occurrences of jobs were begun.</summary>
    public IJobStore Jobs { get; }

    /// <summary>Whose books a file holds, as its first run or call said; <see langword="null"/> when there is no such file, or nothing in it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="Storage.Runs.StoreException">The file is damaged or of another program.</exception>
    public static (string Tenant, Currency Currency)? OwnerOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = new SqliteFile(path, owner: null, mayCreate: false);
        using var lease = file.OpenForReading();
        return lease is not null && SqliteFile.OwnerOf(lease) is { } owner ? (owner.Tenant, Currency.Get(owner.Currency)) : null;
    }

    /// <summary>Closes the file; runs and reads that are open must have ended.</summary>
    public void Dispose() => _file.Dispose();
}
