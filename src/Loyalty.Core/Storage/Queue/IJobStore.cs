namespace Loyalty.Storage.Queue;

/// <summary>Where an occurrence of a job stands.</summary>
public enum JobState
{
    /// <summary>A host is at it, as long as its lease has not ended.</summary>
    Running,

    /// <summary>It was done.</summary>
    Done,

    /// <summary>It failed; it may be begun again a minute later.</summary>
    Failed,
}

/// <summary>An occurrence of a job that a host began.</summary>
/// <param name="Job">The name of the job.</param>
/// <param name="At">The occurrence: the instant that the job's schedule names.</param>
/// <param name="State">Where it stands.</param>
/// <param name="StartedAt">When a host began it.</param>
/// <param name="EndedAt">When it ended; <see langword="null"/> while it runs.</param>
/// <param name="Error">Why it failed; empty otherwise.</param>
public sealed record JobOccurrence(string Job, DateTimeOffset At, JobState State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string Error)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(JobOccurrence), PrintMembers);
}

/// <summary>Which occurrences of a tenant's jobs were begun, so that over all hosts each runs once.</summary>
/// <remarks>Thread-safe. Leases end by the store's own clock.</remarks>
public interface IJobStore
{
    /// <summary>The last occurrence of a job that was begun, or that has a state; <see langword="null"/> when there is none.</summary>
    ValueTask<JobOccurrence?> FindLastAsync(string job, JobState? state = null, CancellationToken cancellationToken = default);

    /// <summary>Begins an occurrence, if none of the job runs, no later one was begun, and this one was not begun or its host is gone.</summary>
    /// <param name="job">The name of the job.</param>
    /// <param name="occurrence">The occurrence.</param>
    /// <param name="token">Who begins it; random.</param>
    /// <param name="lease">How long it may go on without a sign of life.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it is the caller's.</returns>
    ValueTask<bool> TryBeginAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Gives a sign of life.</summary>
    /// <returns>Whether the occurrence still is the caller's.</returns>
    ValueTask<bool> RenewAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Ends an occurrence that still is the caller's.</summary>
    /// <param name="job">The name of the job.</param>
    /// <param name="occurrence">The occurrence.</param>
    /// <param name="token">Who began it.</param>
    /// <param name="error">Why it failed; <see langword="null"/> when it was done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<bool> EndAsync(string job, DateTimeOffset occurrence, Guid token, string? error, CancellationToken cancellationToken = default);
}
