using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>Turns what the server or the network answers into a <see cref="CutoverException"/>.</summary>
internal static class CutoverErrors
{
    /// <summary>Whether others are in the way, and the same statement may succeed a moment later.</summary>
    public static bool IsContention(PostgresException e) => e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected
        or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.QueryCanceled;

    /// <summary>Others were in the way at every attempt.</summary>
    public static CutoverException Blocked(int attempts, IReadOnlyList<string> details, Exception? inner) => new(
        CutoverFault.Blocked,
        $"Others were in the way for {Sql.Number(attempts)} attempts; nothing was changed. End these sessions, or try again when they have ended:",
        details,
        inner);

    public static CutoverException Map(Exception exception) => exception switch
    {
        CutoverException e => e,
        PostgresException e => Map(e),
        _ => new CutoverException(
            CutoverFault.Interrupted, $"The connection to PostgreSQL was lost or could not be made ({(exception.InnerException ?? exception).Message}); nothing was changed, try again.",
            innerException: exception),
    };

    private static CutoverException Map(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected => new CutoverException(
            CutoverFault.Blocked, $"Others hold locks on tables that are needed ({e.MessageText}); nothing was changed, try again.", innerException: e),
        PostgresErrorCodes.QueryCanceled => new CutoverException(
            CutoverFault.Interrupted, $"PostgreSQL ended a statement ({e.MessageText}); nothing was changed. Raise the time limit of this role, such as statement_timeout, and try again.",
            innerException: e),
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.ConfigurationLimitExceeded or PostgresErrorCodes.OutOfMemory => new CutoverException(
            CutoverFault.Refused, $"PostgreSQL ran out of room ({e.SqlState}: {e.MessageText}); nothing was changed. Make room or raise the limit, and try again.", innerException: e),
        PostgresErrorCodes.InsufficientPrivilege => new CutoverException(
            CutoverFault.Refused,
            $"PostgreSQL refused ({e.SqlState}: {e.MessageText}); nothing was changed. A cutover needs the owner of the tables; where row level security is forced, one with BYPASSRLS.",
            innerException: e),
        PostgresErrorCodes.ForeignKeyViolation => new CutoverException(
            CutoverFault.Orphans, $"Rows refer to rows that the generation does not have ({e.MessageText}{Detail(e)}); nothing was changed.", innerException: e),
        PostgresErrorCodes.UniqueViolation => new CutoverException(
            CutoverFault.Refused, $"A row has a key that another row has ({e.MessageText}{Detail(e)}); nothing was changed.", innerException: e),
        PostgresErrorCodes.NotNullViolation or PostgresErrorCodes.CheckViolation or PostgresErrorCodes.ExclusionViolation => new CutoverException(
            CutoverFault.Refused, $"A row breaks a rule of the live tables ({e.MessageText}{Detail(e)}); nothing was changed.", innerException: e),
        _ when PostgresErrors.IsLoss(e) => new CutoverException(
            CutoverFault.Interrupted, $"PostgreSQL ended the connection ({e.SqlState}: {e.MessageText}); nothing was changed, try again.", innerException: e),
        _ => new CutoverException(CutoverFault.Refused, $"PostgreSQL refused ({e.SqlState}: {e.MessageText}{Detail(e)}); nothing was changed.", innerException: e),
    };

    private static string Detail(PostgresException e) =>
        e.Detail is { Length: > 0 } detail && !detail.StartsWith("Detail redacted", StringComparison.Ordinal) ? $" {detail}" : string.Empty;
}
