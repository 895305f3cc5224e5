using Loyalty.Hosting.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Loyalty.Hosting;

/// <summary>Adds the hosted services of the suite.</summary>
public static class LoyaltyHosting
{
    /// <summary>The name of the health check of the queue.</summary>
    public const string QueueHealth = "loyalty-queue";

    /// <summary>Adds migration on start, the worker of the queue, the jobs, time-outs of holds, and a health check.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; they are checked when the host starts.</param>
    public static IServiceCollection AddLoyaltyHosting(this IServiceCollection services, Action<LoyaltyHostingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<LoyaltyHostingOptions>().Configure(configure).ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LoyaltyHostingOptions>, LoyaltyHostingOptionsCheck>());
        services.TryAddSingleton<HostedTargets>();
        services.AddHostedService<MigrationService>();
        services.AddHostedService<QueueWorkerService>();
        services.AddHostedService<JobsService>();
        services.AddHostedService<HoldTimeOutService>();
        services.AddHealthChecks().AddCheck<QueueHealthCheck>(QueueHealth);
        return services;
    }
}
