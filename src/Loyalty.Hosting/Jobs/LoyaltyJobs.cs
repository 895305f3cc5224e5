using Loyalty.Messages;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Queue.Plans;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;

namespace Loyalty.Hosting.Jobs;

/// <summary>The jobs of a program: close the day, store the messages that are due.</summary>
/// <remarks>
/// <c>expiry</c> closes the day that begins and stores operations and messages but those of the other two; <c>monthly-status</c> and
/// <c>expiry-warning</c> store theirs, of all days since they were done before. All repeat harmlessly, because keys exist once.
/// </remarks>
public sealed class LoyaltyJobs
{
    private static readonly MessageKind[] OwnJobs = [MessageKind.MonthlyStatus, MessageKind.ExpiryWarning];

    private readonly LoyaltyProgram _program;
    private readonly IPointsStore _points;
    private readonly IQueueStore _queue;
    private readonly TimeProvider _clock;

    /// <summary>Creates the jobs.</summary>
    /// <param name="program">The program.</param>
    /// <param name="points">Clubs and points.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="clock">The clock.</param>
    public LoyaltyJobs(LoyaltyProgram program, IPointsStore points, IQueueStore queue, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(clock);
        (_program, _points, _queue, _clock) = (program, points, queue, clock);
    }

    /// <summary>The jobs with the program's schedules.</summary>
    /// <param name="deliver">What the job <c>deliver</c> does; <see langword="null"/>: there is none, because a worker runs all the time.</param>
    public IReadOnlyList<Job> All(Func<CancellationToken, Task>? deliver = null)
    {
        JobSchedule Schedule(string job) => new(job, _program.Jobs[job], _program.TimeZone);
        var jobs = new List<Job>
        {
            new(Schedule("expiry"), (at, before, stop) => CloseDayAsync(at, before, stop)),
            new(Schedule("monthly-status"), (at, before, stop) => StoreMessagesAsync(MessageKind.MonthlyStatus, at, before, stop)),
            new(Schedule("expiry-warning"), (at, before, stop) => StoreMessagesAsync(MessageKind.ExpiryWarning, at, before, stop)),
        };
        if (deliver is not null)
        {
            jobs.Add(new(Schedule("deliver"), (_, _, stop) => deliver(stop)));
        }

        return jobs;
    }

    /// <summary>Closes the day of an occurrence: what runs out on it runs out, and what follows from it is stored.</summary>
    private async Task CloseDayAsync(DateTimeOffset at, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        var (day, after) = Days(at, before);
        var status = await _points.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        if (status is null || status.AsOf > day)
        {
            // Nothing was ever taken, or a later day is closed already.
            return;
        }

        // Days that no occurrence closed, because the job was not there yet, are closed now with what is due on them.
        after = status.AsOf < after ? status.AsOf : after;
        await _points.RunAsync(
            _program,
            day,
            _clock.GetUtcNow().UtcDateTime,
            async (run, stop) =>
            {
                var result = await run.CloseDaysAsync(stop).ConfigureAwait(false);
                var plan = new RunDeliveries(_program, after, day, kind => !OwnJobs.Contains(kind));
                return await plan.EnqueueAsync(run, result, stop).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task StoreMessagesAsync(MessageKind kind, DateTimeOffset at, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        var (day, after) = Days(at, before);
        var consent = new List<ConsentEntry>();
        await foreach (var entry in _queue.ReadConsentAsync(cancellationToken).ConfigureAwait(false))
        {
            consent.Add(entry);
        }

        var due = new DueMessages(_program.Messages, MessagePreferences.Of(consent), after, day);
        var plan = new DeliveryPlan(_program);
        var deliveries = new List<NewDelivery>();
        await foreach (var member in _points.ReadMembersAsync(cancellationToken).ConfigureAwait(false))
        {
            DueMessage[] messages = [.. due.For(member.Member, member.Enrollments, member.Redemptions).Where(m => m.Kind == kind)];
            deliveries.AddRange(plan.For(member, member.Operations.Count, messages));
        }

        await _queue.EnqueueAsync(deliveries, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The day of an occurrence in the program's zone, and the day of the one before; without one, the day before.</summary>
    private (DateOnly Day, DateOnly After) Days(DateTimeOffset at, DateTimeOffset? before)
    {
        DateOnly Of(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, _program.TimeZone).DateTime);
        var day = Of(at);
        return (day, before is { } earlier && Of(earlier) < day ? Of(earlier) : day.AddDays(-1));
    }
}
