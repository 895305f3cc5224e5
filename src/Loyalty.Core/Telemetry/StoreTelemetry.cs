using System.Diagnostics;
using System.Diagnostics.Metrics;
using Loyalty.Storage;

namespace Loyalty.Telemetry;

/// <summary>Traces and measures every call of a store, whatever store it is.</summary>
/// <remarks>
/// A call of a port is a span <c>Points.TakeOrders</c>, <c>Members.FindProgress</c> … with the tag <c>loyalty.tenant</c>; a call that throws has the
/// status Error and the tag <c>error.type</c>, which is the <see cref="Storage.Runs.StoreFault"/> or the type of the exception. Reading many items is
/// one span from the first to the last item, a run with <c>RunAsync</c> one span from its beginning to its commit. Nothing that is emitted holds a
/// handle, a name or an amount of a member. Where nobody listens a call costs next to nothing more.
/// </remarks>
public static class StoreTelemetry
{
    /// <summary>The name of the <see cref="ActivitySource"/> and of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string SourceName = "Loyalty";

    /// <summary>The histogram of the durations of calls, in seconds, by <c>loyalty.call</c>, <c>loyalty.tenant</c> and <c>error.type</c>.</summary>
    public const string DurationName = "loyalty.store.duration";

    internal static ActivitySource Source { get; } = new(SourceName);

    internal static Meter Meter { get; } = new(SourceName);

    internal static Histogram<double> Duration { get; } = Meter.CreateHistogram<double>(DurationName, "s", "Duration of calls of stores, by call, tenant and fault.");

    /// <summary>The same store, traced and measured. Stores that <c>AddLoyalty</c> registers are so already.</summary>
    /// <param name="store">The store. It is disposed with the result.</param>
    /// <param name="time">Measures durations; without it there are spans only.</param>
    /// <returns>The store; one that is traced already is returned as it is.</returns>
    public static ILoyaltyStore WithTelemetry(this ILoyaltyStore store, TimeProvider? time)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store as TracedStore ?? new TracedStore(store, time);
    }
}
