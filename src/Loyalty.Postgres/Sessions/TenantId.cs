using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Loyalty.Postgres.Sessions;

/// <summary>The number of a tenant in the database, made from the name, so that no table across tenants is needed to find it.</summary>
/// <remarks>
/// The first 63 bits of the SHA-256 of the name in UTF-8. The tenant's row holds the name; should two names ever share a number, the second
/// is refused. A value; equal by number.
/// </remarks>
public readonly struct TenantId : IEquatable<TenantId>
{
    private TenantId(long value) => Value = value;

    /// <summary>The number, at least 0.</summary>
    public long Value { get; }

    /// <summary>The number of the tenant called <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is blank.</exception>
    public static TenantId FromName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new((long)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) >> 1));
    }

    /// <summary>Whether both are the same number.</summary>
    public static bool operator ==(TenantId left, TenantId right) => left.Equals(right);

    /// <summary>Whether the numbers differ.</summary>
    public static bool operator !=(TenantId left, TenantId right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(TenantId other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TenantId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>The number in decimal digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
