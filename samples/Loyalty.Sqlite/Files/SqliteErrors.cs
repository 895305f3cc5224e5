using Loyalty.Storage.Runs;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Loyalty.Sqlite.Files;

/// <summary>What SQLite says, in the words of stores.</summary>
internal static class SqliteErrors
{
    /// <summary>Throws unless a call succeeded.</summary>
    public static void Check(sqlite3 connection, int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw Map(code, raw.sqlite3_errmsg(connection).utf8_to_string(), raw.sqlite3_db_filename(connection, "main").utf8_to_string(), cause: null);
        }
    }

    /// <summary>The fault that an exception of the provider stands for.</summary>
    public static StoreException Map(SqliteException e, string path) => Map(e.SqliteErrorCode, e.Message, path, e);

    /// <summary>The fault of a file that another process writes.</summary>
    public static StoreException Busy(string path) => new(
        StoreFault.AlreadyRunning,
        $"Another run is at work on '{path}'; nothing was changed. Wait until it has ended.");

    private static StoreException Map(int code, string? message, string? path, Exception? cause) => (code & 0xFF) switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => Busy(path ?? string.Empty),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new(
            StoreFault.Damaged, $"'{path}' is damaged or no SQLite file ({message}); restore it from a backup.", cause),
        raw.SQLITE_FULL => new(
            StoreFault.Refused, $"There is no room for '{path}' and its journal ({message}); nothing was changed. Make room and run again.", cause),
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => new(
            StoreFault.Refused, $"'{path}' cannot be opened for writing ({message}); the file and its folder must be writable.", cause),
        _ => new(StoreFault.Refused, $"SQLite refused a statement on '{path}': {message}.", cause),
    };
}
