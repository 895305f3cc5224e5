using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Loyalty.Activities;

namespace Loyalty.Postgres.Members;

/// <summary>
/// 128 bits over everything that makes an activity what it is: key, handle, date, numbers, click-through rate and title. The URL is no part,
/// because a row that only spells it differently is unchanged.
/// </summary>
/// <remarks>
/// Two independent lanes of multiply-and-fold over 64-bit words; texts go in with their lengths. Among a billion rows two have the same
/// digest by chance with a probability below 1 in 10^20. It decides only whether a row need not be sent; it is kept in the table, so what it
/// is made of must never change.
/// </remarks>
internal struct RowDigest : IEquatable<RowDigest>
{
    private const ulong First = 0xA076_1D64_78BD_642F;
    private const ulong Second = 0xE703_7ED1_A0B4_28DB;

    private ulong _high;
    private ulong _low;

    public RowDigest(ulong high, ulong low)
    {
        _high = high;
        _low = low;
    }

    public readonly ulong High => _high;

    public readonly ulong Low => _low;

    public static bool operator ==(RowDigest left, RowDigest right) => left.Equals(right);

    public static bool operator !=(RowDigest left, RowDigest right) => !left.Equals(right);

    public static RowDigest Of(in Activity activity)
    {
        var digest = new RowDigest(0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3);
        digest.Add(activity.Key);
        digest.Add(activity.Handle);
        digest.Add(activity.ClickThroughRate);
        digest.Add(activity.Title);
        digest.Add((ulong)activity.Sales);
        digest.Add((ulong)activity.Views);
        digest.Add(((ulong)(uint)activity.Units << 32) | (uint)activity.Likes);
        digest.Add(((ulong)(uint)activity.Comments << 32) | (uint)activity.Date.DayNumber);
        return digest;
    }

    /// <summary>64 bits over a key alone.</summary>
    public static ulong OfKey(ReadOnlySpan<byte> key)
    {
        var digest = new RowDigest(First, Second);
        digest.Add(key);
        return digest._high ^ digest._low;
    }

    public readonly void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    public static RowDigest Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public readonly bool Equals(RowDigest other) => _high == other._high && _low == other._low;

    public override readonly bool Equals(object? obj) => obj is RowDigest other && Equals(other);

    public override readonly int GetHashCode() => _low.GetHashCode();

    private void Add(ReadOnlySpan<byte> text)
    {
        Add((ulong)text.Length);
        while (text.Length >= 8)
        {
            Add(MemoryMarshal.Read<ulong>(text));
            text = text[8..];
        }

        if (!text.IsEmpty)
        {
            var rest = 0UL;
            for (var i = 0; i < text.Length; i++)
            {
                rest |= (ulong)text[i] << (8 * i);
            }

            Add(rest);
        }
    }

    private void Add(ulong word)
    {
        _high = Fold(_high ^ word, First) + Second;
        _low = Fold(_low + word, Second) ^ First;
    }

    private static ulong Fold(ulong value, ulong by)
    {
        var high = Math.BigMul(value, by, out var low);
        return high ^ low ^ value;
    }
}
