using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory.Creators;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.InMemory.Scores;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Storage.InMemory;

/// <summary>A tenant's store in the memory of the process; <see cref="StateFile"/> keeps it between runs.</summary>
public sealed class InMemoryLoyaltyStore : ILoyaltyStore
{
    private readonly InMemoryMemberStore? _members;
    private readonly InMemoryScoreStore? _scores;
    private readonly InMemoryPointsStore? _points;
    private readonly InMemoryCreatorStore? _creators;
    private readonly InMemoryQueueStore? _queue;

    /// <summary>Creates an empty store.</summary>
    /// <param name="tenant">The tenant, as its program names it; not blank.</param>
    /// <param name="currency">The currency of all amounts.</param>
    /// <param name="clock">The clock of the queue; without one the store has none.</param>
    public InMemoryLoyaltyStore(string tenant, Currency currency, TimeProvider? clock = null)
        : this(
            tenant, currency, new InMemoryMemberStore(), new InMemoryScoreStore(), new InMemoryPointsStore(), new InMemoryCreatorStore(),
            clock is null ? null : new InMemoryQueueStore(clock))
    {
    }

    internal InMemoryLoyaltyStore(
        string tenant, Currency currency, InMemoryMemberStore? members, InMemoryScoreStore? scores, InMemoryPointsStore? points,
        InMemoryCreatorStore? creators, InMemoryQueueStore? queue = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tenant);
        ArgumentNullException.ThrowIfNull(currency);
        Tenant = tenant;
        Currency = currency;
        _members = members;
        _scores = scores;
        _points = points;
        _creators = creators;
        _queue = queue;
        if (members is not null)
        {
            members.Owner = (tenant, currency);
        }

        if (points is not null)
        {
            (points.Owner, points.Queue) = ((tenant, currency), queue);
        }

        if (creators is not null)
        {
            creators.Owner = (tenant, currency);
        }
    }

    /// <inheritdoc/>
    public string Tenant { get; }

    /// <inheritdoc/>
    public Currency Currency { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The store was read from a file without this part.</exception>
    public IMemberStore Members => _members ?? throw NotLoaded(StateParts.Members);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The store was read from a file without this part.</exception>
    public IScoreStore Scores => _scores ?? throw NotLoaded(StateParts.Scores);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The store was read from a file without this part.</exception>
    public IPointsStore Points => _points ?? throw NotLoaded(StateParts.Points);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The store was read from a file without this part.</exception>
    public ICreatorStore Creators => _creators ?? throw NotLoaded(StateParts.Creators);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The store was made without a clock, or read from a file without this part.</exception>
    public IQueueStore Queue => _queue ?? throw new InvalidOperationException(
        "The store has no queue: it was made without a clock, or read from its file without that part; give a TimeProvider, or name StateParts.Queue when reading it.");

    /// <inheritdoc cref="InMemoryMemberStore.KeepsTexts"/>
    /// <exception cref="InvalidOperationException">The store was read from a file without its members.</exception>
    public bool KeepsTexts
    {
        get => (_members ?? throw NotLoaded(StateParts.Members)).KeepsTexts;
        init => _members = new InMemoryMemberStore { KeepsTexts = value, Owner = (Tenant, Currency) };
    }

    internal InMemoryQueueStore? LoadedQueue => _queue;

    /// <summary>The file whose parts were not all read; <see langword="null"/> when none was left.</summary>
    internal string? UnreadFrom { get; init; }

    internal InMemoryMemberStore? LoadedMembers => _members;

    internal InMemoryScoreStore? LoadedScores => _scores;

    internal InMemoryPointsStore? LoadedPoints => _points;

    internal InMemoryCreatorStore? LoadedCreators => _creators;

    /// <summary>Refuses what a program of another tenant or currency left in a part.</summary>
    internal void CheckOwner(LoyaltyProgram program)
    {
        if (!string.Equals(program.Tenant, Tenant, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherTenant, $"The store belongs to tenant '{Tenant}', but a part of it to '{program.Tenant}'; use the tenant's own store.");
        }

        if (!program.Currency.Equals(Currency))
        {
            throw new StoreException(
                StoreFault.OtherCurrency,
                $"The store keeps amounts in {Currency}, but a part of it in {program.Currency}; the currency of a store cannot change.");
        }
    }

    private static InvalidOperationException NotLoaded(StateParts part) =>
        new($"The store was read from its file without {part}; name that part when reading it.");
}
