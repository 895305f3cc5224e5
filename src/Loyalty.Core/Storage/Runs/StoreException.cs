namespace Loyalty.Storage.Runs;

/// <summary>Why a store refused or failed.</summary>
public enum StoreFault
{
    /// <summary>The store belongs to another tenant.</summary>
    OtherTenant,

    /// <summary>The store keeps amounts in another currency.</summary>
    OtherCurrency,

    /// <summary>The store was reviewed through a later date already.</summary>
    Stale,

    /// <summary>A member stands on a level that the program does not have.</summary>
    UnknownLevel,

    /// <summary>Another run is at work on the store.</summary>
    AlreadyRunning,

    /// <summary>What is stored is damaged.</summary>
    Damaged,

    /// <summary>What is stored was written by a newer version of the library.</summary>
    Newer,

    /// <summary>The connection to the store was lost, or the store ended the run in favour of another one.</summary>
    Interrupted,

    /// <summary>The connection was lost while the run was being kept, and the store could not be asked whether it was.</summary>
    OutcomeUnknown,

    /// <summary>The database does not have the tables of this version of the library.</summary>
    NotMigrated,

    /// <summary>What came in differs so much from earlier runs that it was not taken.</summary>
    Suspicious,

    /// <summary>The store refused for a reason of its own, which the inner exception tells.</summary>
    Refused,
}

/// <summary>
/// Thrown when a store cannot do what it was asked; nothing was changed, except that <see cref="StoreFault.OutcomeUnknown"/> leaves it open.
/// </summary>
public sealed class StoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">Why.</param>
    /// <param name="message">What was found, where, what was expected, what to do.</param>
    /// <param name="innerException">What the store met, if anything.</param>
    public StoreException(StoreFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>Why.</summary>
    public StoreFault Fault { get; }

    /// <summary>Whether the same call may succeed later without a change: another run was at work, or the connection was lost.</summary>
    public bool IsTransient => Fault is StoreFault.AlreadyRunning or StoreFault.Interrupted;
}
