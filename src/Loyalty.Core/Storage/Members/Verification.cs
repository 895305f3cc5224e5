namespace Loyalty.Storage.Members;

/// <summary>Something that is stored and differs from its recomputation.</summary>
/// <param name="Handle">The member.</param>
/// <param name="What">What differs, such as <c>lifetime_sales</c> or <c>decision 2025-05-15 value</c>.</param>
/// <param name="Stored">What is stored.</param>
/// <param name="Recomputed">What all activity gives.</param>
public sealed record VerificationDifference(string Handle, string What, string Stored, string Recomputed);

/// <summary>A decision whose value cannot be compared, because data dated in its window changed after it was recorded.</summary>
/// <param name="Handle">The member.</param>
/// <param name="Date">The date of the decision.</param>
/// <param name="Recorded">The value that decided.</param>
/// <param name="Now">What the same window adds up to now.</param>
public sealed record LaterData(string Handle, DateOnly Date, long Recorded, long Now)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(LaterData), PrintMembers);
}

/// <summary>The result of recomputing everything that is stored from all activity.</summary>
/// <param name="AsOf">The date through which the store was reviewed.</param>
/// <param name="Members">Members compared.</param>
/// <param name="Activities">Activities added up.</param>
/// <param name="Decisions">Decisions compared.</param>
/// <param name="Differences">Every difference, in order of handle; none when the store is right.</param>
/// <param name="LaterData">Decisions that stand although later data changed their windows; no differences.</param>
public sealed record Verification(
    DateOnly AsOf,
    long Members,
    long Activities,
    long Decisions,
    IReadOnlyList<VerificationDifference> Differences,
    IReadOnlyList<LaterData> LaterData)
{
    /// <summary>Whether nothing differs.</summary>
    public bool IsRight => Differences.Count == 0;

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Verification), PrintMembers);
}
