using System.Text.Json.Serialization;

namespace Loyalty.Orders;

/// <summary>What makes an order unique: its platform and the platform's id, which is text, never a number.</summary>
/// <remarks>Equal by both (ordinal). <see langword="default"/> is no key.</remarks>
public readonly struct OrderKey : IEquatable<OrderKey>
{
    /// <summary>Creates a key.</summary>
    /// <exception cref="ArgumentException">The id is blank.</exception>
    [JsonConstructor]
    public OrderKey(OrderPlatform platform, string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        Platform = platform;
        Id = id;
    }

    /// <summary>The platform.</summary>
    public OrderPlatform Platform { get; }

    /// <summary>The platform's id of the order.</summary>
    public string Id { get; }

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(OrderKey left, OrderKey right) => left.Equals(right);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(OrderKey left, OrderKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(OrderKey other) => Platform == other.Platform && string.Equals(Id, other.Id, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OrderKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Platform, Id?.GetHashCode(StringComparison.Ordinal) ?? 0);

    /// <summary>The key as <c>humanitix:4F2A</c>.</summary>
    public override string ToString() => $"{Platform.ToName()}:{Id}";
}
