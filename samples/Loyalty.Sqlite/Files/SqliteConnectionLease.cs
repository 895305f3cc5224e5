using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Loyalty.Sqlite.Files;

/// <summary>A connection in use, with the statements that were prepared on it.</summary>
/// <remarks>Not thread-safe. Given back to its file when disposed; what was begun and not committed is rolled back.</remarks>
internal sealed class SqliteConnectionLease : IDisposable
{
    private readonly SqliteFile _file;
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);
    private bool _isInTransaction;

    public SqliteConnectionLease(SqliteFile file, SqliteConnection connection)
    {
        _file = file;
        _connection = connection;
    }

    /// <summary>What to do when a writer gives the connection back.</summary>
    public Action? OnEnd { get; set; }

    /// <summary>Begins to read: everything seen until the end is of one moment.</summary>
    public void BeginReading()
    {
        Execute("BEGIN");
        _isInTransaction = true;
    }

    /// <summary>Begins to write.</summary>
    /// <param name="patience">How many milliseconds to wait for another process that writes.</param>
    /// <exception cref="Storage.Runs.StoreException">Another process writes (<see cref="Storage.Runs.StoreFault.AlreadyRunning"/>).</exception>
    public void BeginWriting(int patience)
    {
        SqliteErrors.Check(Handle, raw.sqlite3_busy_timeout(Handle, patience));
        Execute("BEGIN IMMEDIATE");
        SqliteErrors.Check(Handle, raw.sqlite3_busy_timeout(Handle, SqliteFile.Patience));
        _isInTransaction = true;
    }

    /// <summary>Keeps what was written. When it returns, the disk has it.</summary>
    public void Commit()
    {
        Execute("COMMIT");
        _isInTransaction = false;
    }

    /// <summary>The statement of a text, prepared once.</summary>
    public SqliteStatement this[string sql]
    {
        get
        {
            if (!_statements.TryGetValue(sql, out var statement))
            {
                _statements.Add(sql, statement = new SqliteStatement(Handle, sql));
            }

            return statement;
        }
    }

    /// <summary>Runs statements that have no parameters and no rows.</summary>
    public void Execute(string sql) => SqliteErrors.Check(Handle, raw.sqlite3_exec(Handle, sql));

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            // A reader that gave up half way must not keep the transaction open.
            statement.Reset();
        }

        var isSound = true;
        if (_isInTransaction)
        {
            _isInTransaction = false;
            isSound = raw.sqlite3_exec(Handle, "ROLLBACK") == raw.SQLITE_OK || raw.sqlite3_get_autocommit(Handle) != 0;
        }

        var end = OnEnd;
        OnEnd = null;
        _file.TakeBack(this, isSound);
        end?.Invoke();
    }

    /// <summary>Closes the connection.</summary>
    public void Close()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _connection.Dispose();
    }

    private sqlite3 Handle => _connection.Handle ?? throw new ObjectDisposedException(nameof(SqliteConnectionLease));
}
