using System.Buffers.Binary;
using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>
/// The digests of all stored activities of a tenant, so that a row that is stored already need not be sent. Open addressing, 16 bytes a slot,
/// at most two thirds full.
/// </summary>
internal sealed class StoredDigests
{
    /// <summary>The digests of one day come as one value, which the server makes no longer than 1 GB.</summary>
    private const long MostOfAny = 50_000_000;

    /// <summary>A slot and a half for each activity.</summary>
    private const int BytesEach = 24;

    private readonly RowDigest[] _slots;
    private readonly uint[] _seen;
    private bool _begun;
    private int _left;

    private StoredDigests(long activities)
    {
        var size = (int)Math.Max(64, activities * 3 / 2);
        _slots = new RowDigest[size];
        _seen = new uint[(size / 32) + 1];
    }

    /// <summary>Beyond this many stored activities the digests would take more than a quarter of the memory that the process may have, and every row is sent.</summary>
    public static long MostActivities => Math.Min(MostOfAny, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / BytesEach);

    /// <summary>Reads the digests of the transaction's tenant.</summary>
    /// <param name="transaction">The run's transaction.</param>
    /// <param name="activities">How many activities are stored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<StoredDigests> ReadAsync(TenantTransaction transaction, long activities, CancellationToken cancellationToken)
    {
        var digests = new StoredDigests(activities);

        // COPY takes no parameters; the tenant is a number. The digests of a day come as one value: a row for each costs three times as much.
        var command = $"COPY (SELECT string_agg(uuid_send(digest), ''::bytea) FROM loyalty.activity WHERE tenant_id = {transaction.Tenant} GROUP BY day) "
            + "TO STDOUT (FORMAT binary)";
        var stream = await transaction.Connection.BeginRawBinaryCopyAsync(command, cancellationToken).ConfigureAwait(false);

        // The server may sort for minutes before the first row.
        stream.ReadTimeout = int.MaxValue;
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[1 << 17];
            var length = 0;
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                length += read;
                var taken = digests.Take(buffer.AsSpan(0, length));
                buffer.AsSpan(taken, length - taken).CopyTo(buffer);
                length -= taken;
                if (read == 0)
                {
                    return digests;
                }
            }
        }
    }

    /// <summary>Whether a row with this digest is stored; remembers that it was asked.</summary>
    public bool Mark(RowDigest digest)
    {
        var slot = Find(digest);
        if (slot < 0)
        {
            return false;
        }

        _seen[slot >> 5] |= 1u << (slot & 31);
        return true;
    }

    /// <summary>Whether <see cref="Mark"/> was asked for a stored digest.</summary>
    public bool WasMarked(RowDigest digest) => Find(digest) is var slot and >= 0 && (_seen[slot >> 5] & (1u << (slot & 31))) != 0;

    /// <summary>Takes what is whole of COPY's binary format: 19 bytes, then for each value int16 1, int32 length and the value, then int16 -1.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (true)
        {
            var rest = bytes[taken..];
            if (_left > 0)
            {
                if (rest.Length < 16)
                {
                    return taken;
                }

                Put(RowDigest.Read(rest));
                _left -= 16;
                taken += 16;
            }
            else if (!_begun)
            {
                if (rest.Length < 19)
                {
                    return taken;
                }

                _begun = true;
                taken += 19;
            }
            else
            {
                if (rest.Length < 6 || BinaryPrimitives.ReadInt16BigEndian(rest) != 1)
                {
                    return taken;
                }

                _left = BinaryPrimitives.ReadInt32BigEndian(rest[2..]);
                taken += 6;
            }
        }
    }

    private void Put(RowDigest digest)
    {
        // The empty slot is all zeros; a digest that is all zeros is never found, and its row is sent.
        var slot = Home(digest);
        while (_slots[slot] != default)
        {
            if (_slots[slot] == digest)
            {
                return;
            }

            slot = After(slot);
        }

        _slots[slot] = digest;
    }

    private int Find(RowDigest digest)
    {
        var slot = Home(digest);
        while (_slots[slot] != default)
        {
            if (_slots[slot] == digest)
            {
                return slot;
            }

            slot = After(slot);
        }

        return -1;
    }

    private int Home(RowDigest digest) => (int)Math.BigMul(digest.Low, (ulong)_slots.Length, out _);

    private int After(int slot) => slot + 1 == _slots.Length ? 0 : slot + 1;
}
