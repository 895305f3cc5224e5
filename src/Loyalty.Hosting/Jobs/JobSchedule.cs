using Cronos;

namespace Loyalty.Hosting.Jobs;

/// <summary>When a job runs: a cron expression of five fields in a time zone.</summary>
/// <remarks>
/// On a day whose clocks leave the time out it runs at the first instant after the gap; on a day that has the time twice, once. Immutable.
/// </remarks>
public sealed class JobSchedule
{
    private readonly CronExpression _expression;
    private readonly TimeZoneInfo _zone;

    /// <summary>Creates the schedule.</summary>
    /// <param name="job">The name of the job.</param>
    /// <param name="cron">The cron expression.</param>
    /// <param name="zone">The zone.</param>
    /// <exception cref="ArgumentException">The expression cannot be read.</exception>
    public JobSchedule(string job, string cron, TimeZoneInfo zone)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(job);
        ArgumentNullException.ThrowIfNull(zone);
        Job = job;
        Cron = cron;
        _zone = zone;
        _expression = CronExpression.TryParse(cron, out var expression)
            ? expression
            : throw new ArgumentException($"The job '{job}' has the schedule '{cron}', which is no cron expression of five fields.", nameof(cron));
    }

    /// <summary>The name of the job.</summary>
    public string Job { get; }

    /// <summary>The cron expression.</summary>
    public string Cron { get; }

    /// <summary>The first occurrence after an instant; <see langword="null"/> when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => _expression.GetNextOccurrence(after, _zone)?.ToUniversalTime();

    /// <summary>The last occurrence in <c>(after, until]</c>; <see langword="null"/> when there is none. Of several that were missed it is the one to run.</summary>
    public DateTimeOffset? Last(DateTimeOffset after, DateTimeOffset until)
    {
        // Windows that grow: the last occurrence is usually near the end.
        for (var window = TimeSpan.FromHours(1); ; window *= 8)
        {
            var from = until - after > window ? until - window : after;
            DateTimeOffset? last = null;
            for (var next = Next(from); next is { } at && at <= until; next = Next(at))
            {
                last = at;
            }

            if (last is not null || from == after)
            {
                return last;
            }
        }
    }
}
