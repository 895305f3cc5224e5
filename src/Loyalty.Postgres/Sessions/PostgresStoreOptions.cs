using System.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loyalty.Postgres.Sessions;

/// <summary>How a <see cref="PostgresLoyaltyStore"/> works.</summary>
/// <remarks>Immutable.</remarks>
public sealed class PostgresStoreOptions
{
    /// <summary>The defaults.</summary>
    public static PostgresStoreOptions Default { get; } = new();

    /// <summary>What tells the time of runs, and waits between attempts. Default: the system's clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Receives events without personal data. Default: nobody.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// The memory that PostgreSQL may use for each sort or join of a run, in megabytes, 1 to 2,048 (<c>work_mem</c>, for the run's transaction
    /// only). Default: 256. Less makes it write to disk.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public int WorkMemoryMegabytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 2_048);
            field = value;
        }
    } = 256;

    /// <summary>How often a store tries a run that was interrupted, 1 to 100. Default: 5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public int MaxAttempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100);
            field = value;
        }
    } = 5;

    /// <summary>The wait before the second attempt; it doubles from attempt to attempt. Default: 200 milliseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or above one minute.</exception>
    public TimeSpan RetryDelay
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMinutes(1));
            field = value;
        }
    } = TimeSpan.FromMilliseconds(200);

    internal StoreLimits Limits { get; init; } = StoreLimits.Standard;

    /// <summary>
    /// The isolation of transactions that write points. Not offered: under the lock of the book a stricter level ends whoever waited for the lock,
    /// and gives nothing; the tests show that the rules hold there, too.
    /// </summary>
    internal IsolationLevel PointsIsolation { get; init; } = IsolationLevel.ReadCommitted;

    /// <summary>Stops a run whose input looks wrong beside earlier ones; <see langword="null"/>, the default, lets every run pass.</summary>
    public RunGate? Gate { get; init; }
}
