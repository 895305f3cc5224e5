using Loyalty.Connectors.Delivering;
using Loyalty.Hosting.Jobs;
using Loyalty.Postgres.Migrations;
using Loyalty.Queue;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loyalty.Hosting;

/// <summary>Brings the schema up to date before anything else starts.</summary>
internal sealed class MigrationService(IOptions<LoyaltyHostingOptions> options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.MigrateOnStart is { } source)
        {
            await new Migrator(source).MigrateAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The worker of the queue: sends what is due until the host stops; what is on its way then comes to its end.</summary>
internal sealed class QueueWorkerService(
    IOptions<LoyaltyHostingOptions> options, IServiceProvider services, HostedTargets targets, TimeProvider clock, ILoggerFactory logs) : BackgroundService
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var log = logs.CreateLogger<QueueWorkerService>();
        var given = options.Value;
        var delay = TimeSpan.FromSeconds(1);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var worker = new DeliveryWorker(given.Queue!(services), targets.All, DeliveryOptions.From(given.Connectors!, given.Program!.Tenant) with
                {
                    Templates = given.Templates, Workers = given.Workers, Until = RunUntil.Told, Clock = clock, LoggerFactory = logs,
                });
                await worker.RunAsync(stoppingToken, CancellationToken.None).ConfigureAwait(false);
                delay = TimeSpan.FromSeconds(1);
            }
            catch (StoreException e)
            {
                HostingLog.WorkerFailed(log, e.Fault.ToString(), delay);
                await Task.Delay(delay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }
    }
}

/// <summary>Runs the program's jobs, but for deliveries, which the worker sends all the time.</summary>
internal sealed class JobsService(IOptions<LoyaltyHostingOptions> options, IServiceProvider services, TimeProvider clock, ILoggerFactory logs) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var given = options.Value;
        if (given.Jobs is not { } store)
        {
            return;
        }

        var jobs = new LoyaltyJobs(given.Program!, given.Points!(services), given.Queue!(services), clock);
        await new JobRunner(jobs.All(), store(services), clock, logs.CreateLogger<JobsService>()).RunAsync(stoppingToken).ConfigureAwait(false);
    }
}

/// <summary>Ends holds that are over.</summary>
internal sealed class HoldTimeOutService(IOptions<LoyaltyHostingOptions> options, IServiceProvider services, TimeProvider clock, ILoggerFactory logs) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var log = logs.CreateLogger<HoldTimeOutService>();
        if (options.Value.Points is not { } points)
        {
            return;
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var ended = await points(services).TimeOutHoldsAsync(clock.GetUtcNow().UtcDateTime, stoppingToken).ConfigureAwait(false);
                if (ended > 0)
                {
                    HostingLog.HoldsTimedOut(log, ended);
                }
            }
            catch (StoreException e)
            {
                HostingLog.HoldsFailed(log, e.Fault.ToString());
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(options.Value.HoldInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>The targets of the host, shared by the worker and the health check.</summary>
internal sealed class HostedTargets(IOptions<LoyaltyHostingOptions> options, TimeProvider clock) : IDisposable
{
    public IReadOnlyList<DeliveryTarget> All { get; } = DeliveryTarget.Create(options.Value.Connectors!, clock);

    public void Dispose()
    {
        foreach (var target in All)
        {
            target.Dispose();
        }
    }
}

/// <summary>
/// Unhealthy when the queue cannot be read or a target refuses its credentials; degraded when deliveries are parked or wait for too long.
/// Its data are counts by target and status.
/// </summary>
internal sealed class QueueHealthCheck(IOptions<LoyaltyHostingOptions> options, IServiceProvider services, HostedTargets targets) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var given = options.Value;
        try
        {
            var queue = given.Queue!(services);
            var now = await queue.GetNowAsync(cancellationToken).ConfigureAwait(false);
            var counts = await queue.CountAsync(cancellationToken).ConfigureAwait(false);
            var data = counts.ToDictionary(static c => $"{c.Target}:{c.Status.Word()}", static c => (object)c.Count, StringComparer.Ordinal);
            if (targets.All.FirstOrDefault(static t => t.IsStopped) is { } stopped)
            {
                return HealthCheckResult.Unhealthy($"The target '{stopped.Options.Name}' refuses its credentials.", data: data);
            }

            var parked = counts.Where(static c => c.Status == DeliveryStatus.Parked).Sum(static c => c.Count);
            if (parked >= given.ParkedLimit)
            {
                return HealthCheckResult.Degraded($"{parked} deliveries are parked.", data: data);
            }

            var oldest = counts.Where(static c => c.Status == DeliveryStatus.Waiting).Select(static c => (DateTimeOffset?)c.OldestDueAt).Min();
            return oldest is { } due && now - due > given.WaitingLimit
                ? HealthCheckResult.Degraded("The oldest waiting delivery has waited for too long.", data: data)
                : HealthCheckResult.Healthy(data: data);
        }
        catch (StoreException e)
        {
            return HealthCheckResult.Unhealthy($"The queue cannot be read: {e.Fault}.");
        }
    }
}
