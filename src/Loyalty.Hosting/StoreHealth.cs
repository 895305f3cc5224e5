using Loyalty.Storage;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Loyalty.Hosting;

/// <summary>Adds the health check of stores.</summary>
public static class StoreHealth
{
    /// <summary>The name of the health check.</summary>
    public const string Name = "loyalty-stores";

    /// <summary>
    /// Asks every tenant's store that <c>AddLoyalty</c> registered for its status: unhealthy when one refuses or cannot be reached. The data say of each
    /// tenant through which day its points are closed, <c>empty</c>, or the <see cref="StoreFault"/>.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="tags">Tags by which endpoints choose checks.</param>
    public static IHealthChecksBuilder AddLoyaltyStores(this IHealthChecksBuilder builder, params IEnumerable<string> tags)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(Name, static services => new StoreHealthCheck(services.GetRequiredService<ILoyaltyStores>()), failureStatus: null, tags));
    }
}

/// <summary>Whether every tenant's store answers. All are asked, so that all faults are told.</summary>
internal sealed class StoreHealthCheck(ILoyaltyStores stores) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (var tenant in stores.Tenants)
        {
            try
            {
                var status = await stores.Of(tenant).Points.GetStatusAsync(cancellationToken).ConfigureAwait(false);
                data[tenant] = status?.AsOf.ToString("O", System.Globalization.CultureInfo.InvariantCulture) ?? "empty";
            }
            catch (StoreException e)
            {
                data[tenant] = e.Fault.ToString();
                faults.Add($"{tenant}: {e.Fault}");
            }
        }

        return faults.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(context.Registration.FailureStatus, $"Stores do not answer: {string.Join(", ", faults)}.", data: data);
    }
}
