namespace Loyalty.Storage;

/// <summary>The stores of all tenants that an application serves.</summary>
/// <remarks>Thread-safe. Each store is made when it is first asked for, and is the same object from then on.</remarks>
public interface ILoyaltyStores
{
    /// <summary>The tenants that were registered, in the order of their registration.</summary>
    IReadOnlyList<string> Tenants { get; }

    /// <summary>The store of a tenant.</summary>
    /// <exception cref="ArgumentException">No such tenant was registered; the message names those that were.</exception>
    ILoyaltyStore Of(string tenant);
}
