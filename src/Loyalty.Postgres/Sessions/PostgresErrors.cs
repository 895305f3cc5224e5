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

    /// <summary>
    /// Whether a transaction may have been committed though it ended with an error: then the journal is asked, never guessed. The same losses as are worth
    /// another try, and whatever a node of a cluster did not answer.
    /// </summary>
    public static bool IsAnswerLost(Exception e) =>
        IsOutside(e) && (e is not PostgresException p || IsLoss(p) || p.SqlState is PostgresErrorCodes.InternalError);

    /// <summary>The store error for an exception of the outside world.</summary>
    public static StoreException Map(Exception exception) => exception switch
    {
        PostgresException e => Map(e),
        NpgsqlException e => new StoreException(
            StoreFault.Interrupted, $"The connection to PostgreSQL was lost or could not be made ({Cause(e)}); nothing was changed, try again.", e),
        _ => new StoreException(
            StoreFault.Interrupted, $"The connection to PostgreSQL was lost ({exception.Message}); nothing was changed, try again.", exception),
    };

    /// <summary>What to do about refusals that need no knowledge of the statement.</summary>
    internal static IReadOnlyDictionary<string, string> Advice { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [PostgresErrorCodes.InsufficientPrivilege] = "Runs need a member of `loyalty_app`, migrations the owner.",
        [PostgresErrorCodes.QueryCanceled] =
            "A statement was cancelled: by `statement_timeout`, or by an administrator; raise it for this role (ALTER ROLE … SET statement_timeout = …, or `Options=-c statement_timeout=0` in the connection string).",
        [PostgresErrorCodes.ReadOnlySqlTransaction] =
            "The server or the role is read-only: connect to the primary (`Target Session Attributes=primary`), or unset default_transaction_read_only.",
        [PostgresErrorCodes.DiskFull] = "The disk of the server is full; free some, then run again.",
        [PostgresErrorCodes.OutOfMemory] = "The server is out of memory; lower WorkMemoryMegabytes, or raise what the server may use.",
        [PostgresErrorCodes.ConfigurationLimitExceeded] = "A limit of the server was met, such as temp_file_limit or, on a cluster, citus.max_intermediate_result_size; raise it for this role.",
        [PostgresErrorCodes.InvalidPassword] = "Check Username and Password of the connection string.",
        [PostgresErrorCodes.InvalidAuthorizationSpecification] = "Check Username of the connection string, and what pg_hba.conf lets in.",
        [PostgresErrorCodes.InvalidCatalogName] = "Check Database of the connection string.",
    };

    /// <summary>Losses of a connection, a worker or a server that are worth another try: each a SQLSTATE, or its first characters.</summary>
    internal static IReadOnlyList<(string State, string Meaning)> Losses { get; } =
    [
        ("08", "the connection was lost or could not be made; on a cluster, that to a worker"),
        ("57P", "the server is shutting down, crashed or is starting, or the session was ended"),
        ("53300", "too many connections"),
        ("25P03", "idle in a transaction for longer than the server allows"),
        ("25P04", "a transaction longer than the server allows"),
        ("58030", "the server could not read or write a file"),
        ("XX000", "a worker of a cluster was lost: only with a message that tells of a connection or of a commit on a node"),
    ];

    private static StoreException Map(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable => new StoreException(
            StoreFault.AlreadyRunning, "Another run is at work on this tenant; wait until it is done.", e),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => new StoreException(
            StoreFault.Interrupted, $"PostgreSQL ended the run in favour of another one ({e.SqlState}); nothing was changed, try again.", e),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn => new StoreException(
            StoreFault.NotMigrated, $"The database has no tables of this version ({e.MessageText}); run `loyalty db migrate` or Migrator.MigrateAsync.", e),
        _ when IsLoss(e) => new StoreException(
            StoreFault.Interrupted, $"PostgreSQL ended the connection ({e.SqlState}: {e.MessageText}); nothing was changed, try again.", e),
        _ => new StoreException(
            StoreFault.Refused,
            $"PostgreSQL refused ({e.SqlState}: {e.MessageText}); nothing was changed.{(Advice.TryGetValue(e.SqlState, out var advice) ? $" {advice}" : string.Empty)}",
            e),
    };

    /// <summary>Whether the server said that the connection, a worker or the server itself is lost: a line of <see cref="Losses"/>.</summary>
    public static bool IsLoss(PostgresException e)
    {
        foreach (var (state, _) in Losses)
        {
            if (e.SqlState.StartsWith(state, StringComparison.Ordinal))
            {
                return state is not PostgresErrorCodes.InternalError || IsLostWorker(e.MessageText);
            }
        }

        return false;
    }

    // The coordinator of a cluster passes on no state when a worker is gone; its own messages are not translated.
    private static bool IsLostWorker(string message) =>
        message.Contains("connection", StringComparison.Ordinal) || message.Contains("remote node", StringComparison.Ordinal)
        || message.Contains("could not commit transaction", StringComparison.Ordinal) || message.Contains("could not receive query results", StringComparison.Ordinal);

    private static string Cause(Exception e) => e.InnerException is { } inner ? inner.Message : e.Message;
}
