using System.Data;
using Loyalty.Postgres.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loyalty.Tests.Stores.Points;

/// <summary>Options of hosts of PostgreSQL.</summary>
internal static class HostOptions
{
    /// <summary>
    /// Options of hosts that write at an isolation level. Whoever waited for the lock at a stricter one than READ COMMITTED is ended, as often as
    /// another is done before, and begins again at once.
    /// </summary>
    internal static PostgresStoreOptions At(IsolationLevel isolation, ILoggerFactory? log = null) => new()
    {
        PointsIsolation = isolation,
        RetryDelay = isolation == IsolationLevel.ReadCommitted ? TimeSpan.FromMilliseconds(5) : TimeSpan.Zero,
        MaxAttempts = isolation == IsolationLevel.ReadCommitted ? 20 : 100,
        LoggerFactory = log ?? NullLoggerFactory.Instance,
    };
}
