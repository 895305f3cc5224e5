using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Loyalty.Connectors.Delivering;

/// <summary>The names under which deliveries can be watched. Nothing that a person gave, and no secret, is in what it emits.</summary>
public static class DeliveryTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/> and of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string SourceName = "Loyalty.Connectors";

    internal static ActivitySource Source { get; } = new(SourceName);

    internal static Meter Meter { get; } = new(SourceName);

    internal static Counter<long> Attempts { get; } = Meter.CreateCounter<long>("loyalty.queue.attempts", "{attempt}", "Attempts that ended, by target and outcome.");

    internal static Histogram<double> Duration { get; } = Meter.CreateHistogram<double>("loyalty.queue.attempt.duration", "s", "Duration of attempts, by target.");
}

/// <summary>Deliveries are named by the first 16 hexadecimal digits of the SHA-256 of their keys.</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(1, LogLevel.Debug, "Delivery {Name}: attempt {Attempt} at {Target} begins")]
    public static partial void Begins(ILogger logger, string name, int attempt, string target);

    [LoggerMessage(2, LogLevel.Information, "Delivery {Name} at {Target}: {Outcome}")]
    public static partial void Ended(ILogger logger, string name, string target, string outcome);

    [LoggerMessage(3, LogLevel.Warning, "Delivery {Name} at {Target}: parked ({Outcome})")]
    public static partial void Parked(ILogger logger, string name, string target, string outcome);

    [LoggerMessage(4, LogLevel.Warning, "Delivery {Name} at {Target}: another worker has it now; this one gives up")]
    public static partial void Overtaken(ILogger logger, string name, string target);

    [LoggerMessage(5, LogLevel.Error, "Target {Target} refuses its credentials and takes nothing more in this run")]
    public static partial void Stopped(ILogger logger, string target);

    [LoggerMessage(6, LogLevel.Warning, "Target {Target} asks to wait {Wait}")]
    public static partial void Held(ILogger logger, string target, TimeSpan wait);

    [LoggerMessage(7, LogLevel.Error, "Delivery {Name} at {Target}: the connector failed with {Fault}")]
    public static partial void Failed(ILogger logger, string name, string target, string fault);

    [LoggerMessage(8, LogLevel.Error, "The store of the queue failed with {Fault}; trying again in {Delay}")]
    public static partial void StoreFailed(ILogger logger, string fault, TimeSpan delay);
}
