using System.Collections.Concurrent;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;

namespace Loyalty.Hosting.Jobs;

/// <summary>A job: what is done, and when.</summary>
/// <param name="Schedule">When.</param>
/// <param name="Run">What: given the occurrence and the one that was done before, if any.</param>
public sealed record Job(JobSchedule Schedule, Func<DateTimeOffset, DateTimeOffset?, CancellationToken, Task> Run);

/// <summary>Runs jobs when they are due: each occurrence once over all hosts, those that were missed together once, none while it still runs.</summary>
/// <remarks>
/// A job that was never seen before begins to count when a host first sees it. An occurrence that failed is begun again a minute later; one whose host
/// is gone, when its lease has ended.
/// </remarks>
public sealed class JobRunner
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(250);
    private const int MostTurns = 120;
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly IReadOnlyList<Job> _jobs;
    private readonly IJobStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <summary>Creates the runner.</summary>
    /// <param name="jobs">The jobs; names differ.</param>
    /// <param name="store">Which occurrences were begun.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">Receives events without personal data.</param>
    public JobRunner(IReadOnlyList<Job> jobs, IJobStore store, TimeProvider clock, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(log);
        (_jobs, _store, _clock, _log) = (jobs, store, clock, log);
    }

    /// <summary>Begins what is due now, and waits for what was begun.</summary>
    /// <returns>How many occurrences were run by this call.</returns>
    public async Task<int> RunDueAsync(CancellationToken cancellationToken = default)
    {
        var begun = 0;
        foreach (var job in _jobs)
        {
            begun += await TryBeginAsync(job, cancellationToken).ConfigureAwait(false) ? 1 : 0;
        }

        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        return begun;
    }

    /// <summary>Runs jobs until it is told to stop; a job that is at work comes to its end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                foreach (var job in _jobs)
                {
                    try
                    {
                        await TryBeginAsync(job, cancellationToken).ConfigureAwait(false);
                    }
                    catch (StoreException e)
                    {
                        HostingLog.JobStoreFailed(_log, job.Schedule.Job, e.Fault.ToString());
                    }
                }

                await Task.Delay(Rest(), _clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to stop.
        }

        await Task.WhenAll(_running.Values).ConfigureAwait(false);
    }

    private TimeSpan Rest()
    {
        var now = _clock.GetUtcNow();
        var next = _jobs.Select(j => j.Schedule.Next(now)).OfType<DateTimeOffset>().DefaultIfEmpty(now + LongestRest).Min() - now;
        return next < LongestRest ? next > TimeSpan.FromMilliseconds(10) ? next : TimeSpan.FromMilliseconds(10) : LongestRest;
    }

    private async Task<bool> TryBeginAsync(Job job, CancellationToken cancellationToken)
    {
        var name = job.Schedule.Job;
        if (_running.TryGetValue(name, out var running))
        {
            if (!running.IsCompleted)
            {
                return false;
            }

            _running.TryRemove(name, out _);
        }

        var now = _clock.GetUtcNow();
        var last = await _store.FindLastAsync(name, null, cancellationToken).ConfigureAwait(false);
        if (last is null)
        {
            await BeginToCountAsync(job, now, cancellationToken).ConfigureAwait(false);
            return false;
        }

        var due = job.Schedule.Last(last.At, now) ?? (last.State != JobState.Done ? last.At : null);
        var token = Guid.NewGuid();
        if (due is not { } occurrence || !await _store.TryBeginAsync(name, occurrence, token, Lease, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var before = await _store.FindLastAsync(name, JobState.Done, cancellationToken).ConfigureAwait(false);
        _running[name] = Task.Run(() => RunAsync(job, occurrence, before?.At, token, cancellationToken), CancellationToken.None);
        return true;
    }

    /// <summary>Notes the occurrence before the job was first seen as done: what follows it counts, also over restarts.</summary>
    private async Task BeginToCountAsync(Job job, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var at = job.Schedule.Last(now - TimeSpan.FromDays(400), now) ?? now;
        var token = Guid.NewGuid();
        if (await _store.TryBeginAsync(job.Schedule.Job, at, token, Lease, cancellationToken).ConfigureAwait(false))
        {
            await _store.EndAsync(job.Schedule.Job, at, token, null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(Job job, DateTimeOffset occurrence, DateTimeOffset? before, Guid token, CancellationToken cancellationToken)
    {
        var name = job.Schedule.Job;
        HostingLog.JobBegins(_log, name, occurrence);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ended = new CancellationTokenSource();
        var alive = Task.Run(() => StayAliveAsync(name, occurrence, token, work, ended.Token), CancellationToken.None);
        string? error = null;
        try
        {
            await RunOnItsTurnAsync(job, occurrence, before, work.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The message of an exception may hold what a person gave; its kind does not.
            error = e is StoreException { Fault: var fault } ? $"the store: {fault}" : e.GetType().Name;
            HostingLog.JobFailed(_log, name, occurrence, error);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await alive.ConfigureAwait(false);
        try
        {
            await _store.EndAsync(name, occurrence, token, error, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            // The lease ends by itself, and the occurrence is begun again: jobs repeat harmlessly.
            HostingLog.JobStoreFailed(_log, name, e.Fault.ToString());
        }
    }

    /// <summary>Runs a job; where another run is at work on the store, maybe that of another job, it waits for its turn for a while.</summary>
    private static async Task RunOnItsTurnAsync(Job job, DateTimeOffset occurrence, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await job.Run(occurrence, before, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (StoreException e) when (e.Fault == StoreFault.AlreadyRunning && attempt < MostTurns)
            {
                // By the real clock: it is another process that is waited for, not a time of day.
                await Task.Delay(Turn, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task StayAliveAsync(string name, DateTimeOffset occurrence, Guid token, CancellationTokenSource work, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Lease / 4, _clock, ended).ConfigureAwait(false);
                try
                {
                    if (!await _store.RenewAsync(name, occurrence, token, Lease, ended).ConfigureAwait(false))
                    {
                        // Another host has it now.
                        await work.CancelAsync().ConfigureAwait(false);
                        return;
                    }
                }
                catch (StoreException e) when (e.IsTransient)
                {
                    HostingLog.JobStoreFailed(_log, name, e.Fault.ToString());
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The job has ended.
        }
    }
}
