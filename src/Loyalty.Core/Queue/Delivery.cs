namespace Loyalty.Queue;

/// <summary>What a delivery tells.</summary>
public enum DeliveryKind
{
    /// <summary>A change of a member's discount in a shop.</summary>
    Operation,

    /// <summary>A message to a member.</summary>
    Message,

    /// <summary>Something that happened in the domain, for an application's own sink.</summary>
    Event,
}

/// <summary>Where a delivery stands.</summary>
public enum DeliveryStatus
{
    /// <summary>It is to be sent, now or later.</summary>
    Waiting,

    /// <summary>A worker has claimed it.</summary>
    Leased,

    /// <summary>It was sent.</summary>
    Done,

    /// <summary>It failed for good, or its answer was lost; a person decides.</summary>
    Parked,

    /// <summary>An operation behind a parked one of the same customer and target. Derived, never stored.</summary>
    Blocked,

    /// <summary>It is not to be sent: not wanted, too late, or without an address.</summary>
    Skipped,

    /// <summary>A person ended it.</summary>
    Dropped,
}

/// <summary>A worker's right to a delivery.</summary>
/// <param name="Token">Who holds it: only the holder may end the delivery.</param>
/// <param name="Until">The instant at which another worker may claim it, by the clock of the store.</param>
public readonly record struct Lease(Guid Token, DateTimeOffset Until)
{
    /// <summary>Whether it has ended; its end does not belong to it.</summary>
    public bool HasEnded(DateTimeOffset now) => now >= Until;

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Lease), PrintMembers);
}

/// <summary>One line of what happened to a delivery.</summary>
/// <param name="At">When, by the clock of the store.</param>
/// <param name="Event">A word such as <c>begun</c>, <c>retried</c> or <c>parked</c>.</param>
/// <param name="Detail">More, or empty.</param>
public sealed record DeliveryEvent(DateTimeOffset At, string Event, string Detail)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(DeliveryEvent), PrintMembers);
}

/// <summary>A delivery that is to be stored.</summary>
/// <param name="Key">The key: it exists once, for ever.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Route">Where to: <c>operations</c>, a channel, or <c>event:NAME</c>. A target is found for it when it is claimed.</param>
/// <param name="Customer">Whom it is about. Deliveries of one customer keep their order.</param>
/// <param name="What">The operation, the kind of message, or the type of the event.</param>
/// <param name="Channel">The channel of a message; empty for others.</param>
/// <param name="Payload">What to tell, as JSON.</param>
/// <param name="DueAt">Not before this instant.</param>
public sealed record NewDelivery(
    string Key, DeliveryKind Kind, string Route, string Customer, string What, string Channel, string Payload, DateTimeOffset DueAt)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(NewDelivery), PrintMembers);
}

/// <summary>A delivery as a store has it.</summary>
/// <remarks>Immutable. Compared by its members, the history by reference.</remarks>
public sealed record Delivery
{
    /// <summary>The place in the order in which deliveries were caused, within the tenant; gaps are possible.</summary>
    public required long Position { get; init; }

    /// <summary>The key.</summary>
    public required string Key { get; init; }

    /// <summary>What it tells.</summary>
    public required DeliveryKind Kind { get; init; }

    /// <summary>Where to: <c>operations</c>, a channel, or <c>event:NAME</c>.</summary>
    public required string Route { get; init; }

    /// <summary>The name of the target, kept from the first attempt on; empty before.</summary>
    public string Target { get; init; } = string.Empty;

    /// <summary>Whom it is about.</summary>
    public required string Customer { get; init; }

    /// <summary>The operation, the kind of message, or the type of the event.</summary>
    public required string What { get; init; }

    /// <summary>The channel of a message; empty for others.</summary>
    public string Channel { get; init; } = string.Empty;

    /// <summary>What to tell, as JSON.</summary>
    public required string Payload { get; init; }

    /// <summary>Not before this instant.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Where it stands.</summary>
    public DeliveryStatus Status { get; init; }

    /// <summary>How many attempts began since it was stored or put back; 0 for a skipped one.</summary>
    public int Attempts { get; init; }

    /// <summary>When it may be tried next.</summary>
    public required DateTimeOffset NextAttemptAt { get; init; }

    /// <summary>Who has claimed it.</summary>
    public Lease? Lease { get; init; }

    /// <summary>Whether an attempt began and has not ended: if its lease ends, its answer is lost.</summary>
    public bool IsBegun { get; init; }

    /// <summary>What the provider calls it; empty when unknown.</summary>
    public string ExternalId { get; init; } = string.Empty;

    /// <summary>The last error, or why it was skipped; empty when there is none.</summary>
    public string Error { get; init; } = string.Empty;

    /// <summary>What happened to it, oldest first.</summary>
    public IReadOnlyList<DeliveryEvent> History { get; init; } = [];

    /// <summary>Whether it is over: sent, skipped or dropped.</summary>
    public bool HasEnded => Status is DeliveryStatus.Done or DeliveryStatus.Skipped or DeliveryStatus.Dropped;

    /// <summary>A delivery that was just stored.</summary>
    public static Delivery Store(NewDelivery delivery, long position)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return new Delivery
        {
            Position = position,
            Key = delivery.Key,
            Kind = delivery.Kind,
            Route = delivery.Route,
            Customer = delivery.Customer,
            What = delivery.What,
            Channel = delivery.Channel,
            Payload = delivery.Payload,
            DueAt = delivery.DueAt,
            NextAttemptAt = delivery.DueAt,
        };
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Delivery), PrintMembers);
}
