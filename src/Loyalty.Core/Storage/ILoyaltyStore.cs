using Loyalty.Money;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Scores;

namespace Loyalty.Storage;

/// <summary>All that is kept for one tenant: members with their activity and tiers, customers with their orders and scores, clubs with their points, and creators.</summary>
/// <remarks>
/// The parts are changed apart from each other: a run of one waits for no run of another, and each is kept wholly or not at all. Thread-safe as
/// far as its parts are.
/// </remarks>
public interface ILoyaltyStore
{
    /// <summary>The tenant.</summary>
    string Tenant { get; }

    /// <summary>The currency of all amounts.</summary>
    Currency Currency { get; }

    /// <summary>Members, their activity, and what was decided about them.</summary>
    IMemberStore Members { get; }

    /// <summary>Orders, what they come to for each customer, and the scores.</summary>
    IScoreStore Scores { get; }

    /// <summary>Clubs, points and rewards.</summary>
    IPointsStore Points { get; }

    /// <summary>Creators, what the sources say of them, and what was said to them.</summary>
    /// <exception cref="NotSupportedException">The store keeps no creators.</exception>
    ICreatorStore Creators => throw new NotSupportedException("The store keeps no creators.");

    /// <summary>What is to be told to outside systems, contacts, and consent.</summary>
    /// <exception cref="NotSupportedException">The store keeps no queue.</exception>
    IQueueStore Queue => throw new NotSupportedException("The store keeps no queue.");
}
