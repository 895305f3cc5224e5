using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>Where a member stands, and where the member would stand under another program.</summary>
/// <param name="Handle">The member's handle.</param>
/// <param name="Level">The level as it is.</param>
/// <param name="Simulated">The progress under the other program, on the date through which the store was reviewed.</param>
/// <param name="FirstDifferenceOn">
/// The first date on which the level would have been another, by name; <see langword="null"/> when it never would have been.
/// </param>
public sealed record MemberSimulation(string Handle, TierLevel Level, MemberProgress Simulated, DateOnly? FirstDifferenceOn)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(MemberSimulation), PrintMembers);
}
