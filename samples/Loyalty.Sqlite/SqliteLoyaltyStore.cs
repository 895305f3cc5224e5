using Loyalty.Sqlite.Files;
using Loyalty.Sqlite.Members;
using Loyalty.Sqlite.Scores;
using Loyalty.Storage.Members;
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
public sealed class SqliteLoyaltyStore : IDisposable
{
    private readonly SqliteFile _file;

    /// <summary>Creates a store; the file is opened by the first call.</summary>
    /// <param name="path">The file. The first run makes it when it is missing; its folder must exist.</param>
    /// <param name="mayCreate">Whether a run may make the file.</param>
    public SqliteLoyaltyStore(string path, bool mayCreate = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _file = new SqliteFile(path, mayCreate);
        Members = new SqliteMemberStore(_file);
        Scores = new SqliteScoreStore(_file);
    }

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>Members, their activity and what was decided.</summary>
    public IMemberStore Members { get; }

    /// <summary>Orders and scores.</summary>
    public IScoreStore Scores { get; }

    /// <summary>Closes the file; runs and reads that are open must have ended.</summary>
    public void Dispose() => _file.Dispose();
}
