using System.Diagnostics.CodeAnalysis;
using Loyalty.Identity.Phones;

namespace Loyalty.Identity;

/// <summary>A region of the numbering plan by its ISO 3166 code (<c>US</c>), or <c>001</c> for numbers of no region, such as international toll-free ones.</summary>
/// <remarks>
/// As a hint it says how a number without calling code is meant. Letters count in any case. <c>UK</c> is no region; <c>GB</c> is.
/// <c>default</c> is no region. Equality is by region.
/// </remarks>
public readonly struct PhoneRegion : IEquatable<PhoneRegion>, ISpanParsable<PhoneRegion>
{
    private readonly short _row;

    internal PhoneRegion(int index) => _row = (short)(index + 1);

    /// <summary>Whether this is <c>default</c>, no region.</summary>
    public bool IsNone => _row == 0;

    /// <summary>The code; empty for no region.</summary>
    public string Code => _row == 0 ? "" : NumberingPlan.World.NameAt(_row - 1);

    /// <summary>The calling code, without plus; 0 for no region.</summary>
    public int CallingCode => _row == 0 ? 0 : Plan.Code;

    internal PlanRegion Plan => NumberingPlan.World.RegionAt(_row - 1);

    /// <summary>Every region of the plan, in the order of the calling codes.</summary>
    public static IEnumerable<PhoneRegion> All => Enumerable.Range(0, NumberingPlan.World.Count).Select(static index => new PhoneRegion(index));

    /// <summary>The region of a code.</summary>
    /// <exception cref="FormatException">No region has the code.</exception>
    public static PhoneRegion Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var region) ? region : throw new FormatException($"'{s}' is no region of the numbering plan; expected two letters such as US.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static PhoneRegion Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>The region of two letters, in any case; never throws.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PhoneRegion result)
    {
        var index = s.Length == 2 && char.IsAscii(s[0]) && char.IsAscii(s[1]) ? NumberingPlan.World.IndexOf(s[0] & ~0x20, s[1] & ~0x20) : -1;
        result = index < 0 ? default : new PhoneRegion(index);
        return index >= 0;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out PhoneRegion)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PhoneRegion result) => TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out PhoneRegion)"/>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out PhoneRegion result)
    {
        var index = utf8.Length == 2 ? NumberingPlan.World.IndexOf(utf8[0] & ~0x20, utf8[1] & ~0x20) : -1;
        result = index < 0 ? default : new PhoneRegion(index);
        return index >= 0;
    }

    /// <summary>The code; empty for no region.</summary>
    public override string ToString() => Code;

    /// <summary>Whether both are the same region.</summary>
    public bool Equals(PhoneRegion other) => _row == other._row;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PhoneRegion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _row;

    /// <summary>Whether both are the same region.</summary>
    public static bool operator ==(PhoneRegion left, PhoneRegion right) => left.Equals(right);

    /// <summary>Whether they are two regions.</summary>
    public static bool operator !=(PhoneRegion left, PhoneRegion right) => !left.Equals(right);
}
