using System.Net.Sockets;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>Turns what the server or the network answers into the family of store errors.</summary>
/// <remarks>
/// Errors are told apart by SQLSTATE only: on a distributed database constraint and table names are empty or carry the number of a shard.
/// </remarks>
internal static class PostgresErrors
{
    /// <summary>Whether an exception came from the server or the network.</summary>
    /// <remarks>A connection that the driver closes because of a timeout may be met as a socket that is gone.</remarks>
    public static bool IsOutside(Exception exception) => exception is NpgsqlException or SocketException or IOException or TimeoutException
        or ObjectDisposedException { ObjectName: "System.Net.Sockets.Socket" };

    /// <summary>Whether a transaction may have been committed though it ended with an error.</summary>
    public static bool IsAnswerLost(Exception e) => IsOutside(e)
        && (e is not PostgresException { SqlState: var state }
            || state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal));

    /// <summary>The store error for an exception of the outside world.</summary>
    public static StoreException Map(Exception exception) => exception switch
    {
        PostgresException e => Map(e),
        NpgsqlException e => new StoreException(
            StoreFault.Interrupted, $"The connection to PostgreSQL was lost or could not be made ({Cause(e)}); nothing was changed, try again.", e),
        _ => new StoreException(
            StoreFault.Interrupted, $"The connection to PostgreSQL was lost ({exception.Message}); nothing was changed, try again.", exception),
    };

    private static StoreException Map(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable => new StoreException(
            StoreFault.AlreadyRunning, "Another run is at work on this tenant; wait until it is done.", e),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => new StoreException(
            StoreFault.Interrupted, $"PostgreSQL ended the run in favour of another one ({e.SqlState}); nothing was changed, try again.", e),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn => new StoreException(
            StoreFault.NotMigrated, $"The database has no tables of this version ({e.MessageText}); run `loyalty db migrate`.", e),
        PostgresErrorCodes.InsufficientPrivilege => new StoreException(
            StoreFault.Refused,
            $"PostgreSQL refused ({e.SqlState}: {e.MessageText}); nothing was changed. Runs need a member of `loyalty_app`, migrations the owner.", e),
        _ when IsConnection(e.SqlState) => new StoreException(
            StoreFault.Interrupted, $"PostgreSQL ended the connection ({e.SqlState}: {e.MessageText}); nothing was changed, try again.", e),
        _ => new StoreException(
            StoreFault.Refused, $"PostgreSQL refused ({e.SqlState}: {e.MessageText}); nothing was changed.", e),
    };

    // Class 08: connection; 57P: server shut down or the backend was ended; 53300: too many connections; 25P03, 25P04: ended by a time limit.
    private static bool IsConnection(string state) =>
        state.StartsWith("08", StringComparison.Ordinal)
        || state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.TooManyConnections or "25P03" or "25P04";

    private static string Cause(Exception e) => e.InnerException is { } inner ? inner.Message : e.Message;
}
