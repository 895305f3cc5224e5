using Loyalty.Money;
using Loyalty.Storage.Runs;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Loyalty.Sqlite.Files;

/// <summary>The file of a store: opens connections to it, brings its tables up to date, and lets one run write at a time.</summary>
/// <remarks>
/// The journal is written ahead (WAL) and flushed with every commit (<c>synchronous=FULL</c>): readers see the last commit while a run writes, and a
/// process that is killed leaves the file as it was before its run, or with all of it. When the last connection is closed, the file stands alone.
/// </remarks>
internal sealed partial class SqliteFile : IDisposable
{
    /// <summary>How many milliseconds statements wait that no run can hold up for long, such as the first look at a file that is being recovered.</summary>
    public const int Patience = 5_000;

    /// <summary>"LOYA": other programs' files are not ours to change.</summary>
    private const int ApplicationId = 0x4C4F5941;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly (string Tenant, string Currency)? _owner;
    private readonly bool _mayCreate;
    private SqliteConnectionLease? _idle;
    private bool _isChecked;
    private volatile bool _hasRun;
    private bool _isDisposed;

    /// <param name="path">The file.</param>
    /// <param name="owner">Whose books it must hold; <see langword="null"/>: anybody's, to read who that is.</param>
    /// <param name="mayCreate">Whether a run may make the file when it is missing.</param>
    public SqliteFile(string path, (string Tenant, Currency Currency)? owner, bool mayCreate)
    {
        Path = System.IO.Path.GetFullPath(path);
        _owner = owner is { } named ? (named.Tenant, named.Currency.Code) : null;
        _mayCreate = mayCreate;
    }

    public string Path { get; }

    /// <summary>Opens the file for reading, in one moment; <see langword="null"/> while there is none.</summary>
    public SqliteConnectionLease? OpenForReading()
    {
        if (!File.Exists(Path))
        {
            return null;
        }

        var lease = Lease();
        try
        {
            if (!CheckSchema(lease, isWriter: false))
            {
                lease.Dispose();
                return null;
            }

            lease.BeginReading();
            CheckOwner(lease);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Opens the file for a run, which keeps it as long as it likes: whoever comes meanwhile is told so.</summary>
    /// <exception cref="StoreException">Another run or call is at work on the file.</exception>
    public SqliteConnectionLease OpenForRun() => OpenForWriting(isRun: true);

    /// <summary>Opens the file for a call, which is short: others wait for it, as it waits for them, but not for a run of this process.</summary>
    /// <exception cref="StoreException">A run is at work on the file.</exception>
    public SqliteConnectionLease OpenForCall() => OpenForWriting(isRun: false);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _idle?.Close();
            _idle = null;
        }

        _writing.Dispose();
    }

    /// <summary>Keeps a connection for the next call, or closes it.</summary>
    internal void TakeBack(SqliteConnectionLease lease, bool isSound)
    {
        lock (_gate)
        {
            if (isSound && _idle is null && !_isDisposed)
            {
                _idle = lease;
                return;
            }
        }

        lease.Close();
    }

    private SqliteConnectionLease OpenForWriting(bool isRun)
    {
        if (!_writing.Wait(isRun || _hasRun ? 0 : Patience))
        {
            throw SqliteErrors.Busy(Path);
        }

        SqliteConnectionLease? lease = null;
        try
        {
            _hasRun = isRun;
            if (!_mayCreate && !File.Exists(Path))
            {
                throw new StoreException(StoreFault.Refused, $"There is no file '{Path}'.");
            }

            lease = Lease();
            CheckSchema(lease, isWriter: true);
            lease.BeginWriting(isRun ? 0 : Patience);
            if (!CheckOwner(lease) && _owner is { } owner)
            {
                lease["INSERT INTO owner (one, tenant, currency) VALUES (1, ?, ?)"].With(owner.Tenant).With(owner.Currency).Run();
            }

            lease.OnEnd = EndWriting;
            return lease;
        }
        catch
        {
            lease?.Dispose();
            EndWriting();
            throw;
        }
    }

    private void EndWriting()
    {
        _hasRun = false;
        _writing.Release();
    }

    private SqliteConnectionLease Lease()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_idle is { } idle)
            {
                _idle = null;
                return idle;
            }
        }

        var text = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = _mayCreate ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
            Pooling = false,
        };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw SqliteErrors.Map(e, Path);
        }

        var lease = new SqliteConnectionLease(this, connection);
        try
        {
            _ = raw.sqlite3_busy_timeout(connection.Handle, Patience);
            lease.Execute("PRAGMA synchronous = FULL; PRAGMA temp_store = FILE; PRAGMA cache_size = -65536; PRAGMA foreign_keys = ON");
            return lease;
        }
        catch
        {
            lease.Close();
            throw;
        }
    }

    /// <summary>Makes sure that the file is ours and has the tables of this version; a writer makes those that are missing.</summary>
    /// <returns>Whether the file has tables.</returns>
    private bool CheckSchema(SqliteConnectionLease lease, bool isWriter)
    {
        if (_isChecked)
        {
            return true;
        }

        var (application, version) = (Number(lease, "PRAGMA application_id"), Number(lease, "PRAGMA user_version"));
        if (application != ApplicationId && (application != 0 || version != 0 || Number(lease, "SELECT count(*) FROM sqlite_schema") > 0))
        {
            throw new StoreException(StoreFault.Damaged, $"'{Path}' is a SQLite file of another program; name another file.");
        }

        if (version > SqliteSchema.Version)
        {
            throw new StoreException(
                StoreFault.Newer, $"'{Path}' was written by a newer version (tables {version}, this one knows {SqliteSchema.Version}); update the library.");
        }

        if (version < SqliteSchema.Version)
        {
            if (!isWriter)
            {
                // Whose it is, is asked before the run that brings an older file up to date.
                if (version == 0 || _owner is null)
                {
                    return version >= SqliteSchema.OwnerSince;
                }

                // Older tables are brought up to date by the next run; until then they hold what a reader of today may not find.
                throw new StoreException(
                    StoreFault.NotMigrated, $"'{Path}' has the tables of an older version ({version} of {SqliteSchema.Version}); a run brings them up to date.");
            }

            lease.Execute("PRAGMA journal_mode = WAL");
            lease.BeginWriting(Patience);

            // Another process may have been first.
            version = Number(lease, "PRAGMA user_version");
            SqliteSchema.Upgrade(lease, version, ApplicationId);
            lease.Commit();
        }

        _isChecked = true;
        return true;
    }

    /// <summary>Makes sure that the file is of the store's tenant and currency.</summary>
    /// <returns>Whether it is anybody's yet.</returns>
    private bool CheckOwner(SqliteConnectionLease lease)
    {
        if (OwnerOf(lease) is not { } owner)
        {
            return false;
        }

        if (_owner is { } wanted)
        {
            if (!string.Equals(owner.Tenant, wanted.Tenant, StringComparison.Ordinal))
            {
                throw new StoreException(StoreFault.OtherTenant, $"'{Path}' belongs to tenant '{owner.Tenant}', not to '{wanted.Tenant}'; each tenant has a file of its own.");
            }

            if (!string.Equals(owner.Currency, wanted.Currency, StringComparison.Ordinal))
            {
                throw new StoreException(StoreFault.OtherCurrency, $"'{Path}' keeps amounts in {owner.Currency}, not in {wanted.Currency}.");
            }
        }

        return true;
    }

    /// <summary>Whose books the file holds; <see langword="null"/> before its first run.</summary>
    public static (string Tenant, string Currency)? OwnerOf(SqliteConnectionLease lease)
    {
        var row = lease["SELECT tenant, currency FROM owner"];
        (string, string)? owner = row.Step() ? (row.Text(0), row.Text(1)) : null;
        row.Reset();
        return owner;
    }

    private static int Number(SqliteConnectionLease lease, string sql)
    {
        var statement = lease[sql];
        statement.Step();
        var number = statement.Int(0);
        statement.Reset();
        return number;
    }
}
