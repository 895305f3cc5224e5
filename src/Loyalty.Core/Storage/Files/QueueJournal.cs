using System.Buffers.Binary;
using System.Security.Cryptography;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>What changed in a queue since its part of the state file was written: records with a checksum each, flushed one by one.</summary>
/// <remarks>
/// A record that a kill or a crash cut short is the last one, and did not count yet: nothing was sent on its word. One that does not hold together while others follow was
/// damaged later: it may say that something was sent, so the journal is refused.
/// </remarks>
internal sealed class QueueJournal : IQueueJournal, IDisposable
{
    private const int HeadLength = 8 + 4 + 16 + HeadHashLength;
    private const int HeadHashLength = 8;
    private const int Version = 2;
    private const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>How far records are looked for behind one that does not hold together.</summary>
    private const int MostLookedThrough = 1 << 26;

    private readonly FileStream _file;

    /// <summary>Goes on with the journal of a writing of the part, or begins it.</summary>
    public QueueJournal(string path, (long Number, long At) mark)
    {
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1);
        try
        {
            var whole = Scan(_file, mark, static (_, _) => { });
            if (whole == 0)
            {
                Span<byte> head = stackalloc byte[HeadLength];
                Magic.CopyTo(head);
                BinaryPrimitives.WriteInt32LittleEndian(head[8..], Version);
                BinaryPrimitives.WriteInt64LittleEndian(head[12..], mark.Number);
                BinaryPrimitives.WriteInt64LittleEndian(head[20..], mark.At);
                HashOf(head).CopyTo(head[^HeadHashLength..]);
                _file.SetLength(0);
                _file.Write(head);
                whole = HeadLength;
            }

            _file.SetLength(whole);
            _file.Position = whole;
            _file.Flush(flushToDisk: true);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    private static ReadOnlySpan<byte> Magic => "LOYALTYQ"u8;

    /// <summary>Adds what a journal says to the queue that it belongs to; one of another writing says nothing.</summary>
    public static void Replay(string path, InMemoryQueueStore store)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        try
        {
            Scan(file, store.Mark, (reader, kind) =>
            {
                switch (kind)
                {
                    case 0:
                        store.Put(QueueRecords.ReadDelivery(reader));
                        break;
                    case 1:
                        store.Put(QueueRecords.ReadContact(reader));
                        break;
                    default:
                        store.Put(QueueRecords.ReadConsent(reader));
                        break;
                }
            });
        }
        catch (InvalidDataException e)
        {
            throw new StoreException(
                StoreFault.Damaged, $"The journal '{path}' of the queue is damaged: {e.Message}; nothing was changed. Restore it and its state file from a copy.", e);
        }
    }

    public void Append(IReadOnlyList<Delivery> deliveries, IReadOnlyList<Contact> contacts, IReadOnlyList<ConsentEntry> consent)
    {
        if (deliveries.Count + contacts.Count + consent.Count == 0)
        {
            return;
        }

        using var buffer = new MemoryStream();
        buffer.Write([0, 0, 0, 0]);
        using (var writer = new SnapshotWriter(buffer, 1 << 14))
        {
            writer.Int(deliveries.Count);
            writer.Int(contacts.Count);
            writer.Int(consent.Count);
            foreach (var delivery in deliveries)
            {
                QueueRecords.Write(writer, delivery);
            }

            foreach (var contact in contacts)
            {
                QueueRecords.Write(writer, contact);
            }

            foreach (var entry in consent)
            {
                QueueRecords.Write(writer, entry);
            }

            writer.Seal();
        }

        var record = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - 4);
        var start = _file.Position;
        try
        {
            _file.Write(record);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a record must not stand before the next one.
            _file.SetLength(start);
            _file.Position = start;
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static ReadOnlySpan<byte> HashOf(ReadOnlySpan<byte> head) => SHA256.HashData(head[..^HeadHashLength]).AsSpan(0, HeadHashLength);

    /// <summary>Whether the journal is of this writing of the part; one of an earlier writing is void, as is one whose first bytes a kill cut short.</summary>
    /// <exception cref="InvalidDataException">It is no journal, is damaged, or was written by another version.</exception>
    private static bool IsOf(FileStream file, (long Number, long At) mark)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        file.Position = 0;
        head = head[..file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false)];
        var magic = head[..Math.Min(head.Length, Magic.Length)];
        if (!Magic.StartsWith(magic))
        {
            throw new InvalidDataException("it is a file of something else");
        }

        if (head.Length >= 12 && BinaryPrimitives.ReadInt32LittleEndian(head[8..]) is not Version and var version)
        {
            throw new InvalidDataException(version > Version ? "a newer version wrote it" : "an earlier version, whose `deliver` was ended in its middle, wrote it; let that version end its work first");
        }

        if (head.Length < HeadLength)
        {
            return false;
        }

        return HashOf(head).SequenceEqual(head[^HeadHashLength..])
            ? BinaryPrimitives.ReadInt64LittleEndian(head[12..]) == mark.Number && BinaryPrimitives.ReadInt64LittleEndian(head[20..]) == mark.At
            : throw new InvalidDataException("its head does not hold together");
    }

    /// <summary>The record at a place, without its length and its hash; <see langword="null"/> when none stands there that holds together.</summary>
    private static byte[]? RecordAt(FileStream file, long position)
    {
        Span<byte> length = stackalloc byte[4];
        file.Position = position;
        if (file.ReadAtLeast(length, 4, throwOnEndOfStream: false) < 4 || !IsLength(length, file.Length - position, out var size))
        {
            return null;
        }

        var record = new byte[size];
        file.ReadExactly(record);
        return HoldsTogether(record) ? record[..^HashLength] : null;
    }

    private static bool IsLength(ReadOnlySpan<byte> bytes, long left, out int size)
    {
        size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return size > HashLength && size <= left - 4;
    }

    private static bool HoldsTogether(ReadOnlySpan<byte> record) => SHA256.HashData(record[..^HashLength]).AsSpan().SequenceEqual(record[^HashLength..]);

    /// <summary>Whether behind a place another record begins that holds together.</summary>
    private static bool IsFollowed(FileStream file, long position)
    {
        file.Position = position;
        var rest = new byte[Math.Min(file.Length - position, MostLookedThrough)];
        file.ReadExactly(rest);
        for (var at = 1; at < rest.Length - 4 - HashLength; at++)
        {
            if (IsLength(rest.AsSpan(at), rest.Length - at, out var size) && HoldsTogether(rest.AsSpan(at + 4, size)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads the whole records of a journal that belongs to a writing; gives the length of what is whole, 0 for none.</summary>
    /// <exception cref="InvalidDataException">It is no journal, is damaged, or was written by another version.</exception>
    private static long Scan(FileStream file, (long Number, long At) mark, Action<SnapshotReader, int> take)
    {
        if (!IsOf(file, mark))
        {
            return 0;
        }

        var whole = (long)HeadLength;
        while (RecordAt(file, whole) is { } record)
        {
            using var stream = new MemoryStream(record);
            var reader = new SnapshotReader(stream, stream.Length);
            var counts = (reader.Count(1), reader.Count(1), reader.Count(1));
            foreach (var (kind, count) in (ReadOnlySpan<(int, int)>)[(0, counts.Item1), (1, counts.Item2), (2, counts.Item3)])
            {
                for (var i = 0; i < count; i++)
                {
                    take(reader, kind);
                }
            }

            whole += 4 + record.Length + HashLength;
        }

        return IsFollowed(file, whole) ? throw new InvalidDataException("a record does not hold together, and others follow it") : whole;
    }
}
