using System.Collections.Concurrent;
using Loyalty.Queue;

namespace Loyalty.Connectors.Delivering;

/// <summary>What a run of a worker did.</summary>
/// <param name="Taken">Claims that were worked on; one that was given back untouched is none.</param>
/// <param name="Done">Sent.</param>
/// <param name="Retried">To be tried again.</param>
/// <param name="Parked">Waiting for a person.</param>
/// <param name="Skipped">Not to be sent.</param>
/// <param name="Touched">The keys of what was claimed, or became blocked.</param>
public sealed record DeliveryResult(long Taken, long Done, long Retried, long Parked, long Skipped, IReadOnlySet<string> Touched);

/// <summary>Counts what a run does. Thread-safe.</summary>
internal sealed class RunTally
{
    private readonly ConcurrentDictionary<string, byte> _touched = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _holdingBack = new(StringComparer.Ordinal);
    private readonly long[] _ends = new long[Enum.GetValues<DeliveryStatus>().Length];
    private long _taken;

    /// <summary>The customers of whom an operation was parked.</summary>
    public IReadOnlyList<string> HoldingBack => [.. _holdingBack.Keys];

    public DeliveryResult Result => new(
        _taken, _ends[(int)DeliveryStatus.Done], _ends[(int)DeliveryStatus.Waiting], _ends[(int)DeliveryStatus.Parked], _ends[(int)DeliveryStatus.Skipped],
        _touched.Keys.ToHashSet(StringComparer.Ordinal));

    public void Claimed(string key)
    {
        Interlocked.Increment(ref _taken);
        Touch(key);
    }

    public void Touch(string key) => _touched.TryAdd(key, 0);

    public void Ended(Delivery delivery, DeliveryStatus status)
    {
        Interlocked.Increment(ref _ends[(int)status]);
        if (status == DeliveryStatus.Parked && delivery.Kind == DeliveryKind.Operation)
        {
            _holdingBack.TryAdd(delivery.Customer, 0);
        }
    }
}
