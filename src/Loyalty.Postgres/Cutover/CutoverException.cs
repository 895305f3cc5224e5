namespace Loyalty.Postgres.Cutover;

/// <summary>Why a cutover, a rollback or a preparation was refused or failed.</summary>
public enum CutoverFault
{
    /// <summary>Another preparation, validation, cutover or rollback of the set is at work.</summary>
    AlreadyInProgress,

    /// <summary>No generation is staged.</summary>
    NothingStaged,

    /// <summary>The staged generation is not validated.</summary>
    NotValidated,

    /// <summary>A check failed and was not answered with a reason.</summary>
    ChecksFailed,

    /// <summary>The content is not what was validated; the details name the rows.</summary>
    ContentChanged,

    /// <summary>An application changed live rows, and it was not said whether to keep these writes.</summary>
    LaterWrites,

    /// <summary>Something that depends on the live tables cannot be carried over; the details name each.</summary>
    CannotCarry,

    /// <summary>Rows of other tables refer to rows that the generation does not have.</summary>
    Orphans,

    /// <summary>Other sessions held locks, or looked at the past, for as long as was waited; the details name them.</summary>
    Blocked,

    /// <summary>There is no such generation, or it is not one to go to.</summary>
    NoSuchGeneration,

    /// <summary>A generation's tables are missing, or it was replaced too long ago.</summary>
    GenerationGone,

    /// <summary>A name has more bytes than PostgreSQL keeps.</summary>
    NameTooLong,

    /// <summary>The tables are distributed by Citus.</summary>
    Distributed,

    /// <summary>The tables of the component are missing, or of another version.</summary>
    NotMigrated,

    /// <summary>The connection was lost, or the server ended it.</summary>
    Interrupted,

    /// <summary>The connection was lost while the change was being committed, and the server could not be asked whether it was.</summary>
    OutcomeUnknown,

    /// <summary>The server refused for a reason of its own, which the inner exception tells.</summary>
    Refused,
}

/// <summary>Thrown when a set of tables cannot be prepared, validated, cut over or rolled back; nothing was changed, except that <see cref="CutoverFault.OutcomeUnknown"/> leaves it open.</summary>
public sealed class CutoverException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">Why.</param>
    /// <param name="message">What was found, where, what was expected, what to do.</param>
    /// <param name="details">What it is about, one line each.</param>
    /// <param name="innerException">What the server answered, if anything.</param>
    public CutoverException(CutoverFault fault, string message, IReadOnlyList<string>? details = null, Exception? innerException = null)
        : base(details is { Count: > 0 } ? $"{message} {string.Join("; ", details)}." : message, innerException)
    {
        Fault = fault;
        Details = details ?? [];
    }

    /// <summary>Why.</summary>
    public CutoverFault Fault { get; }

    /// <summary>What it is about, one line each.</summary>
    public IReadOnlyList<string> Details { get; }

    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsTransient => Fault is CutoverFault.AlreadyInProgress or CutoverFault.Blocked or CutoverFault.Interrupted;
}
