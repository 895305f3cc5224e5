using Loyalty.Storage.Queue;

namespace Loyalty.Storage.InMemory.Queue;

/// <summary>Occurrences of jobs in the memory of one process.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class InMemoryJobStore : IJobStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, SortedDictionary<DateTimeOffset, Entry>> _jobs = new(StringComparer.Ordinal);

    /// <summary>Creates an empty store.</summary>
    /// <param name="clock">The clock of the store.</param>
    public InMemoryJobStore(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
    }

    /// <inheritdoc/>
    public ValueTask<JobOccurrence?> FindLastAsync(string job, JobState? state = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(_jobs.TryGetValue(job, out var own)
                ? own.Values.Select(static e => e.Occurrence).LastOrDefault(o => state is null || o.State == state)
                : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> TryBeginAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            if (!_jobs.TryGetValue(job, out var own))
            {
                _jobs.Add(job, own = []);
            }

            if (own.Values.Any(e => e.Occurrence.State == JobState.Running && e.Until > now) || own.Keys.Any(k => k > occurrence)
                || (own.TryGetValue(occurrence, out var known) && (known.Occurrence.State == JobState.Done || known.Until > now)))
            {
                return new(false);
            }

            own[occurrence] = new(new JobOccurrence(job, occurrence, JobState.Running, now, null, string.Empty), token, now + lease);
            return new(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default) =>
        Change(job, occurrence, token, (entry, now) => entry with { Until = now + lease });

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(string job, DateTimeOffset occurrence, Guid token, string? error, CancellationToken cancellationToken = default) =>
        Change(job, occurrence, token, (entry, now) => entry with
        {
            Until = error is null ? now : now + Pause,
            Occurrence = entry.Occurrence with { State = error is null ? JobState.Done : JobState.Failed, EndedAt = now, Error = error ?? string.Empty },
        });

    private ValueTask<bool> Change(string job, DateTimeOffset occurrence, Guid token, Func<Entry, DateTimeOffset, Entry> change)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(job, out var own) || !own.TryGetValue(occurrence, out var entry) || entry.Token != token
                || entry.Occurrence.State != JobState.Running)
            {
                return new(false);
            }

            own[occurrence] = change(entry, _clock.GetUtcNow());
            return new(true);
        }
    }

    private sealed record Entry(JobOccurrence Occurrence, Guid Token, DateTimeOffset Until);
}
