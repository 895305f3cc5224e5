using Loyalty.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Loyalty.DependencyInjection;

/// <summary>The stores of the tenants that were added to an application's services.</summary>
internal sealed class RegisteredStores(IServiceProvider provider) : ILoyaltyStores
{
    public IReadOnlyList<string> Tenants { get; } = [.. provider.GetServices<TenantRegistration>().Select(static t => t.Program.Tenant)];

    public ILoyaltyStore Of(string tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        return provider.GetKeyedService<ILoyaltyStore>(tenant) ?? throw new ArgumentException(
            $"There is no tenant '{tenant}'; there are: {string.Join(", ", Tenants)}.", nameof(tenant));
    }
}
