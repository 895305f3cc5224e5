using Loyalty.Programs;
using Loyalty.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Loyalty.DependencyInjection;

/// <summary>A tenant that was added to an application's services; store packages extend it.</summary>
public sealed class LoyaltyBuilder
{
    private readonly TenantRegistration _tenant;

    internal LoyaltyBuilder(IServiceCollection services, TenantRegistration tenant)
    {
        Services = services;
        _tenant = tenant;
    }

    /// <summary>The services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The program of the tenant.</summary>
    public LoyaltyProgram Program => _tenant.Program;

    /// <summary>Names the store of the tenant.</summary>
    /// <param name="create">Makes the store, once, when it is first asked for.</param>
    /// <exception cref="InvalidOperationException">The tenant has a store already.</exception>
    public LoyaltyBuilder UseStore(Func<IServiceProvider, ILoyaltyStore> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _tenant.UseStore(create);
        return this;
    }
}
