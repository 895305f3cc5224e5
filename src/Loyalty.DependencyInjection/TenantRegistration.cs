using Loyalty.Programs;
using Loyalty.Storage;
using Loyalty.Storage.InMemory;
using Loyalty.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Loyalty.DependencyInjection;

/// <summary>A tenant as it was added: its program, and what makes its store.</summary>
internal sealed class TenantRegistration(LoyaltyProgram program)
{
    private Func<IServiceProvider, ILoyaltyStore>? _create;

    public LoyaltyProgram Program => program;

    /// <summary>What is registered for the only tenant.</summary>
    /// <exception cref="InvalidOperationException">There are several tenants.</exception>
    public static T Only<T>(IServiceProvider provider)
        where T : notnull
    {
        string[] tenants = [.. provider.GetServices<TenantRegistration>().Select(static t => t.Program.Tenant)];
        return tenants is [var tenant]
            ? provider.GetRequiredKeyedService<T>(tenant)
            : throw new InvalidOperationException(
                $"There are {tenants.Length} tenants ({string.Join(", ", tenants)}); ask ILoyaltyStores for the store of one, "
                + $"or for the service {typeof(T).Name} whose key is the tenant.");
    }

    public void UseStore(Func<IServiceProvider, ILoyaltyStore> create) => _create = _create is null
        ? create
        : throw new InvalidOperationException($"The tenant '{program.Tenant}' has a store already; name one.");

    public ILoyaltyStore CreateStore(IServiceProvider provider)
    {
        var time = provider.GetRequiredService<TimeProvider>();
        var store = _create?.Invoke(provider) ?? new InMemoryLoyaltyStore(program.Tenant, program.Currency, time);
        return string.Equals(store.Tenant, program.Tenant, StringComparison.Ordinal) && store.Currency.Equals(program.Currency)
            ? store.WithTelemetry(time)
            : throw new InvalidOperationException(
                $"The store that was named for tenant '{program.Tenant}' in {program.Currency} is of '{store.Tenant}' in {store.Currency}.");
    }
}
