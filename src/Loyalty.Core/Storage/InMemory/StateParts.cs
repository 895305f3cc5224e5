namespace Loyalty.Storage.InMemory;

/// <summary>The parts of a state file, one for each part of a store.</summary>
[Flags]
public enum StateParts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="ILoyaltyStore.Members"/>.</summary>
    Members = 1,

    /// <summary><see cref="ILoyaltyStore.Scores"/>: the scores of the last run, without the orders that they came from.</summary>
    Scores = 2,

    /// <summary><see cref="ILoyaltyStore.Points"/>.</summary>
    Points = 4,

    /// <summary><see cref="ILoyaltyStore.Creators"/>.</summary>
    Creators = 8,

    /// <summary><see cref="ILoyaltyStore.Queue"/>, with what the journal beside the file adds.</summary>
    Queue = 16,

    /// <summary>All of them.</summary>
    All = Members | Scores | Points | Creators | Queue,
}
