namespace Loyalty.Connectors.Delivering;

/// <summary>How many requests a target takes from this process: in any 60 seconds, at once, and not before a time that it named.</summary>
/// <remarks>
/// A request counts from its start until 60 seconds after its answer: it arrived somewhere in between, so by the target's own clock no 60 seconds
/// hold more. Thread-safe.
/// </remarks>
internal sealed class TargetGate(int? perMinute, int? atOnce, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Queue<long> _ended = new();
    private int _inFlight;
    private long _heldUntil = long.MinValue;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a request has ended.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>How many requests could start now, at most <paramref name="most"/>.</summary>
    public int Free(int most)
    {
        lock (_gate)
        {
            Purge();
            return Math.Clamp(Math.Min((perMinute ?? int.MaxValue) - _inFlight - _ended.Count, (atOnce ?? int.MaxValue) - _inFlight), 0, most);
        }
    }

    /// <summary>How long the target has asked to be left alone; zero when it has not.</summary>
    public TimeSpan Held
    {
        get
        {
            lock (_gate)
            {
                var left = _heldUntil == long.MinValue ? TimeSpan.Zero : clock.GetElapsedTime(clock.GetTimestamp(), _heldUntil);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Lets no request start before a wait is over.</summary>
    public void Hold(TimeSpan wait)
    {
        lock (_gate)
        {
            var ticks = (decimal)Math.Min(wait.TotalSeconds, 1e8) * clock.TimestampFrequency;
            _heldUntil = Math.Max(_heldUntil, clock.GetTimestamp() + (long)ticks);
        }
    }

    /// <summary>Starts a request, or says how long to wait; without a time the end of another request is to be waited for.</summary>
    public bool TryEnter(out TimeSpan? wait)
    {
        lock (_gate)
        {
            Purge();
            wait = null;
            if (_inFlight >= atOnce)
            {
                return false;
            }

            if (_inFlight + _ended.Count >= perMinute)
            {
                wait = _ended.TryPeek(out var first) ? Window - clock.GetElapsedTime(first) + TimeSpan.FromMilliseconds(1) : null;
                return false;
            }

            _inFlight++;
            return true;
        }
    }

    /// <summary>Starts a request as soon as one may.</summary>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Changed;
            var held = Held;
            TimeSpan? wait = held;
            if (held == TimeSpan.Zero && TryEnter(out wait))
            {
                return;
            }

            var ended = changed.WaitAsync(cancellationToken);
            await (wait is { } time ? Task.WhenAny(ended, Task.Delay(time > TimeSpan.Zero ? time : TimeSpan.Zero, clock, cancellationToken)) : ended).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends a request.</summary>
    /// <param name="wasSent">Whether it left at all.</param>
    public void Leave(bool wasSent = true)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _inFlight--;
            if (wasSent && perMinute is not null)
            {
                _ended.Enqueue(clock.GetTimestamp());
            }

            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.TrySetResult();
    }

    private void Purge()
    {
        while (_ended.TryPeek(out var first) && clock.GetElapsedTime(first) >= Window)
        {
            _ended.Dequeue();
        }
    }
}
