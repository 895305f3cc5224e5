using Loyalty.Hosting;
using System.Globalization;
using Loyalty.Hosting.Jobs;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loyalty.Tests.Hosting;

/// <summary>Jobs over a simulated year: daylight-saving changes, days without a host, two hosts at once.</summary>
public sealed class JobTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    [Fact]
    public async Task Over_a_year_each_occurrence_runs_once_on_two_hosts_and_missed_days_are_caught_up_once()
    {
        var clock = new SteppedClock(At("2025-01-01T00:00:00Z"));
        var store = new InMemoryJobStore(clock);
        var runs = new List<(string Job, DateTimeOffset At)>();
        Job Of(string name, string cron) => new(new JobSchedule(name, cron, NewYork), (at, _, _) =>
        {
            lock (runs)
            {
                runs.Add((name, at));
            }

            return Task.CompletedTask;
        });
        Job[] jobs = [Of("monthly-status", "0 9 1 * *"), Of("expiry-warning", "0 10 * * *"), Of("expiry", "0 2 * * *")];
        JobRunner[] hosts = [.. Enumerable.Range(0, 2).Select(_ => new JobRunner(jobs, store, clock, NullLogger.Instance))];
        var end = At("2026-01-01T12:00:00Z");
        while (clock.GetUtcNow() < end)
        {
            // From Jun 10 to Jun 14 there is no host; at other times both look at the same moment.
            if (clock.GetUtcNow() < At("2025-06-10T00:00:00Z") || clock.GetUtcNow() >= At("2025-06-14T12:30:00Z"))
            {
                await Task.WhenAll(hosts.Select(static h => Task.Run(() => h.RunDueAsync())));
            }

            clock.Advance(TimeSpan.FromMinutes(30));
        }

        Assert.Equal(runs.Count, runs.Distinct().Count());
        Assert.Equal(12, runs.Count(static r => r.Job == "monthly-status"));
        Assert.Equal(365 - 3, runs.Count(static r => r.Job == "expiry-warning")); // four days were missed and caught up as one
        Assert.Equal(366 - 4, runs.Count(static r => r.Job == "expiry")); // with the first of 2026; five were missed
        var days = runs.Where(static r => r.Job == "expiry").Select(static r => TimeZoneInfo.ConvertTime(r.At, NewYork)).ToArray();

        // On Mar 9 there is no 02:00: the job runs at the first instant after it. On Nov 2 it runs once.
        Assert.Contains(days, static d => d.Date == new DateTime(2025, 3, 9) && d.Hour == 3);
        Assert.Single(days, static d => d.Date == new DateTime(2025, 11, 2));
        Assert.Equal(days.Length, days.DistinctBy(static d => d.Date).Count());
    }

    [Fact]
    public async Task A_job_that_runs_is_not_begun_again_and_one_whose_host_is_gone_is_when_its_lease_has_ended()
    {
        var clock = new SteppedClock(At("2025-01-01T00:00:00Z"));
        var store = new InMemoryJobStore(clock);
        var (first, second) = (At("2025-01-01T01:00:00Z"), At("2025-01-01T02:00:00Z"));
        Assert.True(await store.TryBeginAsync("j", first, Guid.NewGuid(), TimeSpan.FromMinutes(2)));
        Assert.False(await store.TryBeginAsync("j", first, Guid.NewGuid(), TimeSpan.FromMinutes(2)));
        Assert.False(await store.TryBeginAsync("j", second, Guid.NewGuid(), TimeSpan.FromMinutes(2)));
        clock.Advance(TimeSpan.FromMinutes(2));
        var token = Guid.NewGuid();
        Assert.True(await store.TryBeginAsync("j", first, token, TimeSpan.FromMinutes(2)));
        Assert.True(await store.EndAsync("j", first, token, "failed"));
        Assert.False(await store.TryBeginAsync("j", first, Guid.NewGuid(), TimeSpan.FromMinutes(2)));
        clock.Advance(TimeSpan.FromMinutes(1));
        token = Guid.NewGuid();
        Assert.True(await store.TryBeginAsync("j", first, token, TimeSpan.FromMinutes(2)));
        Assert.True(await store.EndAsync("j", first, token, null));
        Assert.False(await store.EndAsync("j", first, token, null));
        Assert.False(await store.TryBeginAsync("j", first, Guid.NewGuid(), TimeSpan.FromMinutes(2)));
        Assert.True(await store.TryBeginAsync("j", second, Guid.NewGuid(), TimeSpan.FromMinutes(2)));
        Assert.Equal(first, (await store.FindLastAsync("j", JobState.Done))!.At);
    }

    [Fact]
    public async Task The_first_close_stores_what_is_due_on_every_day_that_it_closes()
    {
        var program = LoyaltyProgram.Parse(
            """
            { "tenant": "club", "currency": "USD", "timeZone": "America/New_York", "club": { "stages": [ { "name": "Bronze", "discountPercent": 10, "months": 1, "minimumPurchase": 100 } ] },
              "points": { "perUnit": 1, "minimumMembershipDays": 0 }, "messages": { "channels": ["email"] } }
            """);
        var clock = new SteppedClock(At("2025-03-05T12:00:00Z"));
        var store = new InMemoryLoyaltyStore("club", program.Currency, clock);
        OrderRow[] orders = [.. Enumerable.Range(1, 3).Select(n => new OrderRow($"o{n}", $"c{n}@x.example", new DateOnly(2025, 2, n), 150_00))];
        await store.Points.RunAsync(program, new DateOnly(2025, 2, 20), clock.GetUtcNow().UtcDateTime, async (run, stop) =>
        {
            await run.AddOrdersAsync(orders, stop);
            return await run.CloseDaysAsync(stop);
        });
        var close = new LoyaltyJobs(program, store.Points, store.Queue, clock).All().Single(static j => j.Schedule.Job == "expiry");

        // The runner first saw the job on the fifth and notes the occurrence before as done, although nothing was closed since February.
        await close.Run(At("2025-03-06T07:00:00Z"), At("2025-03-05T07:00:00Z"), CancellationToken.None);
        var expired = new List<string>();
        await foreach (var delivery in store.Queue.ReadAsync())
        {
            if (delivery.What == "expired")
            {
                expired.Add(delivery.Customer);
            }
        }

        Assert.Equal(["c1@x.example", "c2@x.example", "c3@x.example"], expired.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_job_waits_for_its_turn_at_a_store_on_which_another_run_is_at_work()
    {
        var clock = new SteppedClock(At("2025-01-01T00:00:00Z"));
        var (store, attempts) = (new InMemoryJobStore(clock), 0);
        var job = new Job(new JobSchedule("j", "0 * * * *", NewYork), (_, _, _) =>
            ++attempts < 3 ? throw new StoreException(StoreFault.AlreadyRunning, "Another run is at work.") : Task.CompletedTask);
        var runner = new JobRunner([job], store, clock, NullLogger.Instance);
        await runner.RunDueAsync();
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await runner.RunDueAsync());
        Assert.Equal((3, JobState.Done), (attempts, (await store.FindLastAsync("j", null))!.State));
    }

    [Theory]
    [InlineData("*/5 * * * *", "2025-01-01T00:03:00Z", "2025-06-01T00:02:00Z", "2025-06-01T00:00:00Z")]
    [InlineData("0 9 1 * *", "2025-01-01T00:00:00Z", "2025-05-31T00:00:00Z", "2025-05-01T13:00:00Z")]
    [InlineData("0 9 1 * *", "2025-05-01T13:00:00Z", "2025-05-31T00:00:00Z", null)]
    public void Of_several_missed_occurrences_the_last_is_the_one_to_run(string cron, string after, string until, string? expected) =>
        Assert.Equal(expected is null ? null : At(expected), new JobSchedule("j", cron, NewYork).Last(At(after), At(until)));

    [Fact]
    public void A_schedule_that_cannot_be_read_is_refused_by_name() =>
        Assert.Contains("'j'", Assert.Throws<ArgumentException>(static () => new JobSchedule("j", "0 25 * * *", NewYork)).Message, StringComparison.Ordinal);

    /// <summary>A clock that a test moves.</summary>
    private sealed class SteppedClock(DateTimeOffset now) : TimeProvider
    {
        private long _ticks = now.UtcTicks;

        public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

        public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
    }
}
