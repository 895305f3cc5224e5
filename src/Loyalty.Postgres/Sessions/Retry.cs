using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Sessions;

/// <summary>The one rule of runs and batches for another attempt: which failures are worth it, how often, and after which wait.</summary>
internal sealed class Retry(PostgresStoreOptions options)
{
    private static readonly TimeSpan LongestOfItsOwn = TimeSpan.FromSeconds(1);

    /// <summary>The wait before the next attempt.</summary>
    public TimeSpan Delay { get; private set; } = options.RetryDelay;

    /// <summary>The number of the attempt, from 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>
    /// Whether another attempt is worth it: what was interrupted is tried again, and so is what meets the lock of its own lost attempt, but not what
    /// meets another run first.
    /// </summary>
    /// <param name="fault">How the attempt failed.</param>
    /// <param name="mayMeetItself">Whether an attempt before may still hold the lock.</param>
    public bool IsWorthIt(StoreFault fault, bool mayMeetItself) =>
        Attempt < options.MaxAttempts && (fault == StoreFault.Interrupted || (fault == StoreFault.AlreadyRunning && mayMeetItself));

    /// <summary>Waits; the next wait is twice as long, but not above a second unless the caller wanted that.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        var most = options.RetryDelay > LongestOfItsOwn ? options.RetryDelay : LongestOfItsOwn;
        Delay = Delay * 2 < most ? Delay * 2 : most;
        Attempt++;
    }
}
