using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Loyalty.DependencyInjection;

/// <summary>Adds the suite to an application's services.</summary>
public static class LoyaltyServices
{
    /// <summary>
    /// Registers the program, and an in-memory store as the <see cref="ILoyaltyStore"/>, both as singletons. A store registered before stays;
    /// the extensions of other store packages on the result replace it.
    /// </summary>
    public static LoyaltyBuilder AddLoyalty(this IServiceCollection services, LoyaltyProgram program)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(program);
        services.AddSingleton(program);
        services.TryAddSingleton<ILoyaltyStore>(static _ => new InMemoryStore());
        return new LoyaltyBuilder(services, program);
    }
}

/// <summary>What <see cref="LoyaltyServices.AddLoyalty"/> gives store packages to extend.</summary>
public sealed class LoyaltyBuilder
{
    internal LoyaltyBuilder(IServiceCollection services, LoyaltyProgram program)
    {
        Services = services;
        Program = program;
    }

    /// <summary>The services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The program.</summary>
    public LoyaltyProgram Program { get; }
}
