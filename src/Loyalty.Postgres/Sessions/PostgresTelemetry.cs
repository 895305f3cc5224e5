using System.Diagnostics;
using System.Diagnostics.Metrics;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;

namespace Loyalty.Postgres.Sessions;

/// <summary>The names under which the store can be watched. Nothing it emits holds a handle, a name or an amount of a member.</summary>
public static class PostgresTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/> and of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string SourceName = "Loyalty.Postgres";

    internal static ActivitySource Source { get; } = new(SourceName);

    internal static Meter Meter { get; } = new(SourceName);

    internal static Counter<long> Rows { get; } = Meter.CreateCounter<long>("loyalty.sync.rows", "{row}", "Rows of completed runs, by outcome.");

    internal static Histogram<double> Duration { get; } = Meter.CreateHistogram<double>("loyalty.sync.duration", "s", "Duration of completed runs.");

    internal static Counter<long> Retries { get; } = Meter.CreateCounter<long>("loyalty.sync.retries", "{attempt}", "Attempts after the first.");
}

internal static partial class PostgresLog
{
    [LoggerMessage(1, LogLevel.Information, "Run {RunId} of tenant {TenantId} through {AsOf} begins")]
    public static partial void RunBegins(ILogger logger, Guid runId, TenantId tenantId, DateOnly asOf);

    [LoggerMessage(2, LogLevel.Debug, "Run {RunId}: {Staged} rows staged, {Inserted} new, {Updated} changed, after {Elapsed}")]
    public static partial void RowsMerged(ILogger logger, Guid runId, long staged, long inserted, long updated, TimeSpan elapsed);

    [LoggerMessage(3, LogLevel.Debug, "Run {RunId}: {Members} members reviewed, {Decisions} decisions, after {Elapsed}")]
    public static partial void MembersReviewed(ILogger logger, Guid runId, long members, int decisions, TimeSpan elapsed);

    [LoggerMessage(4, LogLevel.Information, "Run {RunId} of tenant {TenantId} completed after {Elapsed}")]
    public static partial void RunCompleted(ILogger logger, Guid runId, TenantId tenantId, TimeSpan elapsed);

    [LoggerMessage(5, LogLevel.Warning, "Run {RunId} was interrupted ({Fault}) in attempt {Attempt}; trying again in {Delay}")]
    public static partial void RunInterrupted(ILogger logger, Guid runId, StoreFault fault, int attempt, TimeSpan delay);

    [LoggerMessage(6, LogLevel.Warning, "The answer to the commit of run {RunId} was lost; looking whether it was kept")]
    public static partial void CommitUnknown(ILogger logger, Guid runId);

    [LoggerMessage(7, LogLevel.Information, "The commit of run {RunId} whose answer was lost was kept: {Kept}")]
    public static partial void CommitResolved(ILogger logger, Guid runId, bool kept);

    [LoggerMessage(9, LogLevel.Warning, "A batch of {Operations} operations was interrupted ({Fault}) in attempt {Attempt}; trying again in {Delay}")]
    public static partial void BatchInterrupted(ILogger logger, int operations, StoreFault fault, int attempt, TimeSpan delay);

    [LoggerMessage(8, LogLevel.Information, "Migration {Version} {Name} applied")]
    public static partial void MigrationApplied(ILogger logger, int version, string name);
}
