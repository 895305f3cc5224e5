using Microsoft.Extensions.Logging;

namespace Loyalty.Hosting.Jobs;

/// <summary>What hosted services say. Nothing that a person gave is in it.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Job {Job} of {Occurrence} begins")]
    public static partial void JobBegins(ILogger logger, string job, DateTimeOffset occurrence);

    [LoggerMessage(2, LogLevel.Error, "Job {Job} of {Occurrence} failed: {Error}; it is begun again")]
    public static partial void JobFailed(ILogger logger, string job, DateTimeOffset occurrence, string error);

    [LoggerMessage(3, LogLevel.Warning, "The store of job {Job} failed: {Fault}")]
    public static partial void JobStoreFailed(ILogger logger, string job, string fault);

    [LoggerMessage(4, LogLevel.Error, "The worker of the queue failed: {Error}; it begins again in {Delay}")]
    public static partial void WorkerFailed(ILogger logger, string error, TimeSpan delay);

    [LoggerMessage(5, LogLevel.Information, "{Count} holds timed out")]
    public static partial void HoldsTimedOut(ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Warning, "Timing out holds failed: {Error}")]
    public static partial void HoldsFailed(ILogger logger, string error);
}
