using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Loyalty.Points.Ledger;

/// <summary>The first thing wrong with a member's entries.</summary>
/// <param name="Member">Whose entries.</param>
/// <param name="Sequence">The sequence number at which the entry is wrong or missing.</param>
/// <param name="Message">What was found and what was expected.</param>
public sealed record LedgerFault(string Member, int Sequence, string Message)
{
    /// <summary>Member, sequence number and message on one line.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Member} #{Sequence}: {Message}");
}

/// <summary>
/// The hash chain of a member's entries: the hash of an entry is the SHA-256 of the hash before it and of everything the entry says, so that
/// no entry can be changed, taken out or moved without breaking every hash after it.
/// </summary>
/// <remarks>
/// The hash before the first entry is that of the tenant and the member. The chain shows tampering to whoever kept the last hash (the head)
/// elsewhere; who can write all rows and all heads can write a new chain.
/// </remarks>
public static class LedgerChain
{
    /// <summary>The bytes of a hash.</summary>
    public const int HashLength = 32;

    private const int FixedLength = HashLength + 46;

    /// <summary>The hash before the first entry of a member.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="member">The member.</param>
    /// <param name="hash">Receives <see cref="HashLength"/> bytes.</param>
    public static void Start(string tenant, string member, Span<byte> hash)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        ArgumentNullException.ThrowIfNull(member);
        SHA256.HashData(Encoding.UTF8.GetBytes($"loyalty ledger 1\n{tenant}\n{member}"), hash);
    }

    /// <summary>The hash of an entry.</summary>
    /// <param name="previous">The hash of the entry before it, or of the start.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="hash">Receives <see cref="HashLength"/> bytes; may be the same memory as <paramref name="previous"/>.</param>
    public static void Next(ReadOnlySpan<byte> previous, in LedgerEntry entry, Span<byte> hash)
    {
        var length = FixedLength + Encoding.UTF8.GetMaxByteCount(entry.Id.Length);
        var buffer = length <= 512 ? stackalloc byte[512] : new byte[length];
        previous[..HashLength].CopyTo(buffer);
        var rest = buffer[HashLength..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, entry.Sequence);
        rest[4] = (byte)entry.Kind;
        rest[5] = (byte)entry.Source;
        BinaryPrimitives.WriteInt32LittleEndian(rest[6..], entry.Number);
        BinaryPrimitives.WriteInt64LittleEndian(rest[10..], entry.Points);
        BinaryPrimitives.WriteInt64LittleEndian(rest[18..], entry.Balance);
        BinaryPrimitives.WriteInt32LittleEndian(rest[26..], entry.EffectiveDay);
        BinaryPrimitives.WriteInt32LittleEndian(rest[30..], entry.BookedDay);
        BinaryPrimitives.WriteInt64LittleEndian(rest[34..], entry.RecordedTicks);
        var id = Encoding.UTF8.GetBytes(entry.Id, rest[46..]);
        BinaryPrimitives.WriteInt32LittleEndian(rest[42..], id);
        SHA256.HashData(buffer[..(FixedLength + id)], hash);
    }

    /// <summary>Finds the first entry of a member that is not as it was recorded.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="member">The member.</param>
    /// <param name="entries">The entries as they stand now, in the order of their sequence.</param>
    /// <param name="hashes">The hash stored with each, <see cref="HashLength"/> bytes each.</param>
    /// <param name="head">The last hash as kept elsewhere; empty when it was not kept.</param>
    /// <param name="count">How many entries there should be, as kept elsewhere; <see langword="null"/> when it was not kept.</param>
    /// <returns>The fault, or <see langword="null"/> when all is well.</returns>
    /// <exception cref="ArgumentException"><paramref name="hashes"/> does not hold one hash for each entry.</exception>
    public static LedgerFault? Verify(
        string tenant, string member, ReadOnlySpan<LedgerEntry> entries, ReadOnlySpan<byte> hashes, ReadOnlySpan<byte> head = default, int? count = null)
    {
        if (hashes.Length != entries.Length * HashLength)
        {
            throw new ArgumentException("needs one hash for each entry", nameof(hashes));
        }

        Span<byte> hash = stackalloc byte[HashLength];
        Start(tenant, member, hash);
        var balance = (Int128)0;
        for (var i = 0; i < entries.Length; i++)
        {
            ref readonly var entry = ref entries[i];
            if (entry.Sequence != i + 1)
            {
                return new(member, i + 1, $"expected sequence {i + 1}, found {entry.Sequence}: an entry is missing or moved");
            }

            balance += entry.Points;
            if (balance != entry.Balance)
            {
                return new(member, i + 1, $"the entries up to here sum up to {balance}, but the balance says {entry.Balance}");
            }

            Next(hash, entry, hash);
            if (!hash.SequenceEqual(hashes.Slice(i * HashLength, HashLength)))
            {
                return new(member, i + 1, "the entry does not fit its hash: it, or the hash, was changed after it was recorded");
            }
        }

        if (count is { } expected && expected != entries.Length)
        {
            return new(member, entries.Length + 1, $"expected {expected} entries, found {entries.Length}");
        }

        return head.IsEmpty || hash.SequenceEqual(head)
            ? null
            : new(member, entries.Length, "the last hash is not the one that was kept: the end of the chain was replaced");
    }
}
