using Loyalty.Programs;
using Loyalty.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Loyalty.DependencyInjection;

/// <summary>Adds the suite to an application's services.</summary>
public static class LoyaltyServices
{
    /// <summary>Adds a tenant: its program, and its store, which is in memory unless an extension of a store package on the result names another one.</summary>
    /// <remarks>
    /// <para>Called once for each tenant. <see cref="ILoyaltyStores"/> gives the store of each, as do keyed services whose key is the tenant's name.</para>
    /// <para>
    /// While there is one tenant, <see cref="ILoyaltyStore"/> and <see cref="LoyaltyProgram"/> are its own. With several they cannot be resolved
    /// without a key: nothing answers one tenant with what belongs to another.
    /// </para>
    /// <para>
    /// Every call of the store is traced and measured (<see cref="Telemetry.StoreTelemetry"/>). The time is told by the <see cref="TimeProvider"/> among the services, else by the system.
    /// </para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">The tenant was added already.</exception>
    public static LoyaltyBuilder AddLoyalty(this IServiceCollection services, LoyaltyProgram program)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(program);
        if (services.Any(d => d.ImplementationInstance is TenantRegistration known && string.Equals(known.Program.Tenant, program.Tenant, StringComparison.Ordinal)))
        {
            throw new InvalidOperationException($"The tenant '{program.Tenant}' was added already; add each tenant once.");
        }

        var tenant = new TenantRegistration(program);
        services.AddSingleton(tenant);
        services.AddKeyedSingleton(program.Tenant, program);
        services.AddKeyedSingleton<ILoyaltyStore>(program.Tenant, (provider, _) => tenant.CreateStore(provider));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILoyaltyStores>(static provider => new RegisteredStores(provider));
        services.TryAddSingleton(static provider => TenantRegistration.Only<ILoyaltyStore>(provider));
        services.TryAddSingleton(static provider => TenantRegistration.Only<LoyaltyProgram>(provider));
        return new LoyaltyBuilder(services, tenant);
    }
}
