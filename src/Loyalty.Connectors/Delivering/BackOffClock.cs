namespace Loyalty.Connectors.Delivering;

/// <summary>The clock of due times and back-off: that of the store, moved by what was asked for, or standing still.</summary>
/// <remarks>The store is asked once; from then on the time that has passed is added, which no wrong clock of this machine can falsify.</remarks>
internal sealed class BackOffClock(DeliveryOptions options, DateTimeOffset storeNow)
{
    private readonly long _started = options.Clock.GetTimestamp();

    public DateTimeOffset Now => options.FixedNow ?? storeNow + options.Shift + options.Clock.GetElapsedTime(_started);
}
