using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;

namespace Loyalty.Connectors.Delivering;

/// <summary>A claim that may be worked on now: its target has room for a request.</summary>
/// <param name="Target">The target; one request was entered at its gate.</param>
/// <param name="Claim">The delivery.</param>
/// <param name="Customer">What was known of the customer when it was claimed.</param>
/// <param name="ClaimedAt">The timestamp before it was claimed.</param>
internal sealed record ReadyClaim(DeliveryTarget Target, ClaimedDelivery Claim, CustomerRecord Customer, long ClaimedAt);

/// <summary>Claims ahead for the workers of a process, target by target, so that none waits for the limits of another.</summary>
internal sealed class ClaimBoard : IDisposable
{
    private const int Ahead = 8;

    private readonly IQueueStore _store;
    private readonly DeliveryOptions _options;
    private readonly RunTally _tally;
    private readonly ILogger _log;
    private readonly Place[] _places;
    private readonly SemaphoreSlim _turn = new(1);
    private int _next;
    private int _atWork;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;
    private TimeSpan _storeDelay = TimeSpan.FromMilliseconds(100);

    public ClaimBoard(IQueueStore store, IReadOnlyList<DeliveryTarget> targets, DeliveryOptions options, RunTally tally, ILogger log)
    {
        (_store, _options, _tally, _log) = (store, options, tally, log);
        _places = [.. targets.Select(static t => new Place(t))];
    }

    /// <summary>The claims that nobody has begun to work on.</summary>
    public IEnumerable<(ClaimedDelivery Claim, string Target)> Left => _places.SelectMany(static p => p.Claims.Select(c => (c.Claim, p.Target.Options.Name)));

    public void Dispose() => _turn.Dispose();

    /// <summary>The next claim to work on; <see langword="null"/> when the run is over.</summary>
    public async Task<ReadyClaim?> NextAsync(CancellationToken stop)
    {
        try
        {
            await _turn.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        try
        {
            while (!_isOver && !stop.IsCancellationRequested)
            {
                var changed = _changed.Task;

                // Asked before looking: what ends while the store is asked may have freed the next one of its customer.
                var isNothingAtWork = Volatile.Read(ref _atWork) == 0;
                var (ready, wait) = await LookAsync(stop).ConfigureAwait(false);
                if (ready is not null)
                {
                    Interlocked.Increment(ref _atWork);
                    return ready;
                }

                if (wait is null && isNothingAtWork)
                {
                    if (_options.Until == RunUntil.Idle)
                    {
                        _isOver = true;
                        break;
                    }

                    wait = _options.PollInterval;
                }

                await WaitAsync(changed, wait, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over.
        }
        finally
        {
            _turn.Release();
        }

        return null;
    }

    /// <summary>Says that a claim is over, so that another one of its customer may be next.</summary>
    public void Over(DeliveryTarget target)
    {
        foreach (var place in _places)
        {
            if (ReferenceEquals(place.Target, target))
            {
                Volatile.Write(ref place.IsEmpty, false);
            }
        }

        Interlocked.Decrement(ref _atWork);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private async Task WaitAsync(Task changed, TimeSpan? wait, CancellationToken stop)
    {
        if (wait is not { } time)
        {
            await changed.WaitAsync(stop).ConfigureAwait(false);
            return;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(changed, Task.Delay(time > TimeSpan.Zero ? time : TimeSpan.Zero, _options.Clock, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        if (time >= _options.PollInterval)
        {
            Array.ForEach(_places, static p => Volatile.Write(ref p.IsEmpty, false));
        }
    }

    /// <summary>Looks at every target once, beginning after the one that was served last.</summary>
    private async Task<(ReadyClaim? Ready, TimeSpan? Wait)> LookAsync(CancellationToken stop)
    {
        TimeSpan? wait = null;
        for (var i = 0; i < _places.Length; i++)
        {
            var place = _places[(_next + i) % _places.Length];
            var gate = place.Target.Gate;
            if (place.Target.IsStopped || gate.Held > TimeSpan.Zero)
            {
                continue;
            }

            if (place.Claims.Count == 0 && !Volatile.Read(ref place.IsEmpty))
            {
                await ClaimAsync(place, stop).ConfigureAwait(false);
            }

            if (place.Claims.Count == 0)
            {
                // A store that failed for a moment is asked again, as it is when something ended meanwhile.
                wait = Volatile.Read(ref place.IsEmpty) ? wait : TimeSpan.Zero;
                continue;
            }

            if (gate.TryEnter(out var room))
            {
                _next = (_next + i + 1) % _places.Length;
                var (claim, customer, at) = place.Claims.Dequeue();
                _tally.Claimed(claim.Delivery.Key);
                return (new ReadyClaim(place.Target, claim, customer, at), null);
            }

            wait = room is null || wait < room ? wait : room;

            // Without a time another request is on its way, which says when it has ended.
            if (room is null && Volatile.Read(ref _atWork) == 0)
            {
                wait = TimeSpan.FromMilliseconds(10);
            }
        }

        return (null, wait);
    }

    private async Task ClaimAsync(Place place, CancellationToken stop)
    {
        // No more than there is room for soon: a claim that waits for long only wears its lease.
        var free = place.Target.Options.PerMinute is null ? _options.Workers * Ahead : Math.Max(1, place.Target.Gate.Free(_options.Workers * Ahead));
        var at = _options.Clock.GetTimestamp();
        Volatile.Write(ref place.IsEmpty, true);
        try
        {
            var claims = await _store.ClaimAsync(
                new ClaimRequest(place.Target.Options.Name, place.Target.Routes, free, _options.Lease, Guid.NewGuid(), _options.Shift), stop).ConfigureAwait(false);
            if (claims.Count == 0)
            {
                return;
            }

            var customers = await _store.ReadCustomersAsync([.. claims.Select(static c => c.Delivery.Customer).Distinct(StringComparer.Ordinal)], stop).ConfigureAwait(false);
            foreach (var claim in claims)
            {
                place.Claims.Enqueue((claim, customers[claim.Delivery.Customer], at));
            }

            Volatile.Write(ref place.IsEmpty, false);
            _storeDelay = TimeSpan.FromMilliseconds(100);
        }
        catch (StoreException e) when (e.IsTransient && (_options.Until == RunUntil.Told || _storeDelay < TimeSpan.FromSeconds(5)))
        {
            // What was claimed and not heard of is claimed again when its lease has ended.
            DeliveryLog.StoreFailed(_log, e.Fault.ToString(), _storeDelay);
            await Task.Delay(_storeDelay, _options.Clock, stop).ConfigureAwait(false);
            _storeDelay = _storeDelay * 2 < TimeSpan.FromSeconds(30) ? _storeDelay * 2 : TimeSpan.FromSeconds(30);
            Volatile.Write(ref place.IsEmpty, false);
        }
    }

    private sealed class Place(DeliveryTarget target)
    {
        /// <summary>Whether the last look found nothing, and nothing has ended since.</summary>
        public bool IsEmpty;

        public DeliveryTarget Target => target;

        public Queue<(ClaimedDelivery Claim, CustomerRecord Customer, long At)> Claims { get; } = new();
    }
}
